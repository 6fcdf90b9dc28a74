/* sync/carry.h: the work tree after a move of main, with unsaved work carried over. */
#ifndef SYNC_CARRY_H
#define SYNC_CARRY_H

#include "kb/gate/git.h"
#include "kb/node.h"

/* From one commit (NULL: nothing) to another, under the node's lock. told (may be NULL): unsaved work that could not
 * simply be kept. Doing it again after a failure or a kill goes on where it stopped. */
typedef void told_fn(void *ctx, const char *what);
enum rc carry(const struct node *n, struct repo *r, const struct oid *from, const struct oid *to, told_fn *told, void *ctx,
    struct err *e) NODISCARD;
/* The last move is done and noted: what is known of it is of no more use. */
void carry_forget(const struct node *n);

#endif
