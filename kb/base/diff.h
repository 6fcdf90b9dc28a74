/* kb/base/diff.h: which lines two texts share, for people to read (`colep diff`). Merging has a pinned diff of its
 * own, which must never change; this one may. */
#ifndef KB_BASE_DIFF_H
#define KB_BASE_DIFF_H

#include "kb/base/arena.h"
#include "kb/base/str.h"

/* Append a unified diff with three lines of context; nothing when the texts are equal. label: the path shown in
 * the two heading lines; old or new .p NULL: /dev/null. */
void diff_unified(struct buf *out, struct str label, struct str old, struct str new);

#endif
