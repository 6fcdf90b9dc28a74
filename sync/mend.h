/* sync/mend.h: a move of main and the work tree after it, finished also when the command that began it was killed. */
#ifndef SYNC_MEND_H
#define SYNC_MEND_H

#include "kb/gate/git.h"
#include "kb/node.h"

/* All under the node's lock. Before main moves: note from where (what the work tree was made from; none: nothing to be
 * mended, a node that is being made) and where to. */
enum rc mend_begin(const struct node *n, const struct oid *from, const struct oid *to, struct err *e) NODISCARD;
/* The work tree was brought after, or main did not move. done = false: it could not be, and mend does it later. */
void mend_end(const struct node *n, bool done);

/* First thing of whoever holds the lock: when a note stands and main did move, bring the work tree after; remove halves of files and, when it was killed, the locks of git's that it held. */
enum rc mend(const struct node *n, struct repo *r, struct err *e) NODISCARD;
/* Last thing before the lock is given back; who is killed does not get here, so that the next one knows. */
void mend_close(const struct node *n);

#endif
