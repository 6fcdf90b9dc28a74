/* sync/guard.h: may this member write this change of a path? The rights of DESIGN 3 and the guarded keys of
 * DESIGN 6, looked at where work is taken in; merging looks again, with the roster of the commit's own past. */
#ifndef SYNC_GUARD_H
#define SYNC_GUARD_H

#include "kb/doc/doc.h"
#include "sync/roster.h"

/* old, new: the file before and after; .p NULL when there is none. Returns NULL when allowed, else a sentence
 * with its cure, in the arena. Only texts that parse are looked into. */
const char *guard_refuses(struct arena *a, const struct member *m, struct str path, struct str old, struct str new);

/* One guarded key of a document at a path: may this member write it so? old, new: values, .p NULL when absent.
 * true for every other key. */
bool guard_key(const struct member *m, const struct doc_path *p, struct str key, struct str old, struct str new);

/* Do two versions of a document have front matter, and the same guarded keys in it, none of them in conflict? Then who
 * made one of the other wrote to none. */
bool guard_keys_same(struct str old, struct str new);

#endif
