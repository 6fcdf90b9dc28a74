/* sync/pack.h: packs that others sent, looked at once git has indexed them and before anything of them is read. */
#ifndef SYNC_PACK_H
#define SYNC_PACK_H

#include "sync/git.h"

/* All packs of an objects folder: RC_UNTRUSTED when there are more objects, deltas upon each other, or bytes when
 * inflated than the limits allow. Only sizes and places are read. */
enum rc pack_check(const char *objects, const struct git_limits *l, struct err *e) NODISCARD;

#endif
