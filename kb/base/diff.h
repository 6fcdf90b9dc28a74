/* kb/base/diff.h: which lines two texts share, for people to read (`colep diff`). Merging has a pinned diff of its
 * own, which must never change; this one may. */
#ifndef KB_BASE_DIFF_H
#define KB_BASE_DIFF_H

#include "kb/base/arena.h"
#include "kb/base/str.h"

/* Append a unified diff with three lines of context; nothing when the texts are equal. label: the path shown in
 * the two heading lines; old or new .p NULL: /dev/null. */
void diff_unified(struct buf *out, struct str label, struct str old, struct str new);

/* Mark what differs between two lists of strings (lines, words): del[i] of a[i], ins[i] of b[i] become 1; the arrays
 * are zero before. Lists too far apart are marked whole. */
void diff_strs(char *del, char *ins, const struct str *a, size_t n, const struct str *b, size_t m);

#endif
