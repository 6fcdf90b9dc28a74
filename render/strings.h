/* render/strings.h: sets of short strings, each with a number from 0 in the order in which they came. */
#ifndef RENDER_STRINGS_H
#define RENDER_STRINGS_H

#include "kb/base/str.h"

struct strings {			/* owned; zeroed is empty */
	struct buf bytes;		/* of each: number u32, length and tag a byte each, its bytes */
	uint32_t *at;			/* where each begins */
	size_t n, cap;
	uint64_t *slots;		/* hash << 32 | at + 1; 0: free. A power of two, at most three quarters full */
	size_t nslots;
};

uint32_t strings_hash(struct str s, uint8_t tag);	/* the same on every machine */
struct str strings_at(const struct strings *s, size_t i);	/* valid until the next strings_put */
uint8_t strings_tag(const struct strings *s, size_t i);	/* the same bytes with another tag are another string */
/* Its number; put there when missing. text: at most 255 bytes. hash: of strings_hash. is_new may be NULL. */
size_t strings_put(struct strings *s, struct str text, uint8_t tag, uint32_t hash, bool *is_new);
/* Before the string with the i-th of n hashes is put, one after the other: fetches from memory what those behind it will need. */
void strings_expect(const struct strings *s, const uint32_t *hashes, size_t n, size_t i);
void strings_clear(struct strings *s);	/* empty, keeps the memory */
void strings_seal(struct strings *s);		/* nothing is looked up any more: frees what is only for that */
void strings_free(struct strings *s);

/* Put s in its place among n sorted ones, which is at their end or near by. */
void strs_insert(struct str *v, size_t n, struct str s);
void strs_merge(struct str *v, size_t n, const struct str *more, size_t k);	/* put k sorted ones among n sorted ones */

#endif
