/* kb/base/oid.h: git's object ids, without libgit2, so that reading commands need not load it. */
#ifndef KB_BASE_OID_H
#define KB_BASE_OID_H

#include <stdbool.h>
#include <string.h>

#include "kb/base/str.h"

struct oid {				/* SHA-1; all zero = none */
	unsigned char b[20];
};
#define OID_HEX 40			/* characters */
#define OID_NONE ((struct oid){ { 0 } })

bool oid_parse(struct oid *o, struct str hex);		/* exactly 40 hex digits */
void oid_format(char out[OID_HEX + 1], const struct oid *o);

static inline bool oid_eq(const struct oid *a, const struct oid *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}
static inline int oid_cmp(const struct oid *a, const struct oid *b)
{
	return memcmp(a->b, b->b, sizeof a->b);
}
static inline bool oid_is_none(const struct oid *o)
{
	static const struct oid none;

	return oid_eq(o, &none);
}

#endif
