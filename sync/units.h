/* sync/units.h: a body as units, and which of them two bodies share: rules 1 and 2 of merge.c. Pinned: what
 * these functions answer is part of the merge rules and never changes within a version. */
#ifndef SYNC_UNITS_H
#define SYNC_UNITS_H

#include "kb/base/arena.h"
#include "kb/base/str.h"

/* Append the units of a text to *units (n of cap, in the arena): joined they are the text. */
void units_split(struct str **units, size_t *n, size_t *cap, struct arena *a, struct str text);

/* For units in a row: where the structure each belongs to begins (a fence, a table, else its line). */
void units_structure(size_t *begin, const struct str *units, size_t n);

/* Equal units of two rows, as pairs rising in both: match[i] = index in b of a's unit i, or SIZE_MAX. */
void units_match(size_t *match, const struct str *a, size_t na, const struct str *b, size_t nb);

#endif
