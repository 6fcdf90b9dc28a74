/* render/strings.c: see strings.h. */
#include "render/strings.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"

enum { HEAD = 6 };			/* bytes in front of a string */

static uint64_t eight(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

static uint64_t four(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

/* Eight bytes at a time, the last ones with some again. */
uint32_t strings_hash(struct str s, uint8_t tag)
{
	uint64_t h = 0x9e3779b97f4a7c15u * (s.n + 1) ^ tag;
	size_t i;

	for (i = 8; i < s.n; i += 8) {
		h = (h ^ eight(s.p + i - 8)) * 0xbf58476d1ce4e5b9u;
		h ^= h >> 29;
	}
	if (s.n >= 8)
		h ^= eight(s.p + s.n - 8);
	else if (s.n >= 4)
		h ^= four(s.p) | four(s.p + s.n - 4) << 32;
	else if (s.n)
		h ^= (unsigned char)s.p[0] | (unsigned)(unsigned char)s.p[s.n / 2] << 8 | (unsigned)(unsigned char)s.p[s.n - 1] << 16;
	h ^= h >> 32;			/* what differs at the end alone is to be seen in all bits */
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 29;
	return (uint32_t)(h ^ h >> 32);
}

struct str strings_at(const struct strings *s, size_t i)
{
	const char *p = s->bytes.p + s->at[i];

	return (struct str){ p + HEAD, (unsigned char)p[4] };
}

uint8_t strings_tag(const struct strings *s, size_t i)
{
	return (uint8_t)s->bytes.p[s->at[i] + 5];
}

static void grow(struct strings *s)
{
	uint64_t *old = s->slots;
	size_t i, k, n = s->nslots;

	s->nslots = n ? n * 2 : 1024;
	s->slots = xmalloc_large(s->nslots * sizeof *s->slots);
	memset(s->slots, 0, s->nslots * sizeof *s->slots);
	for (i = 0; i < n; i++) {
		if (!old[i])
			continue;
		for (k = old[i] >> 32 & (s->nslots - 1); s->slots[k]; k = (k + 1) & (s->nslots - 1))
			;
		s->slots[k] = old[i];
	}
	free(old);
}

/* The slot that has a string, or the free one where it belongs. */
static uint64_t *slot_of(const struct strings *s, struct str text, uint8_t tag, uint32_t hash)
{
	const char *p;
	size_t k;

	for (k = hash & (s->nslots - 1); s->slots[k]; k = (k + 1) & (s->nslots - 1)) {
		if (s->slots[k] >> 32 != hash)
			continue;
		p = s->bytes.p + (uint32_t)s->slots[k] - 1;
		if ((unsigned char)p[4] == text.n && (uint8_t)p[5] == tag && memcmp(p + HEAD, text.p, text.n) == 0)
			break;
	}
	return &s->slots[k];
}

static void add(struct strings *s, struct str text, uint8_t tag)
{
	uint32_t number = (uint32_t)s->n;
	char *p;

	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->at = xrealloc(s->at, s->cap * sizeof *s->at);
	}
	s->at[s->n++] = (uint32_t)s->bytes.n;
	buf_reserve(&s->bytes, HEAD + text.n);
	p = s->bytes.p + s->bytes.n;
	memcpy(p, &number, sizeof number);
	p[4] = (char)text.n;
	p[5] = (char)tag;
	if (text.n)
		memcpy(p + HEAD, text.p, text.n);
	s->bytes.n += HEAD + text.n;
}

size_t strings_put(struct strings *s, struct str text, uint8_t tag, uint32_t hash, bool *is_new)
{
	uint64_t *slot;
	uint32_t number;

	if (s->n * 4 >= s->nslots * 3)
		grow(s);
	slot = slot_of(s, text, tag, hash);
	if (is_new)
		*is_new = !*slot;
	if (*slot) {
		memcpy(&number, s->bytes.p + (uint32_t)*slot - 1, sizeof number);
		return number;
	}
	*slot = (uint64_t)hash << 32 | (s->bytes.n + 1);
	add(s, text, tag);
	return s->n - 1;
}

void strings_expect(const struct strings *s, const uint32_t *hashes, size_t n, size_t i)
{
	enum { FAR = 16, NEAR = 8 };	/* what stands in a slot tells where to look next */
	uint32_t hash;
	size_t k;

	if (!s->nslots)
		return;
	if (i + FAR < n)
		__builtin_prefetch(&s->slots[hashes[i + FAR] & (s->nslots - 1)]);
	if (i + NEAR >= n)
		return;
	hash = hashes[i + NEAR];
	for (k = hash & (s->nslots - 1); s->slots[k] && s->slots[k] >> 32 != hash; k = (k + 1) & (s->nslots - 1))
		;
	if (s->slots[k])
		__builtin_prefetch(s->bytes.p + (uint32_t)s->slots[k] - 1);
}

void strings_clear(struct strings *s)
{
	buf_clear(&s->bytes);
	s->n = 0;
	if (s->nslots)
		memset(s->slots, 0, s->nslots * sizeof *s->slots);
}

void strings_seal(struct strings *s)
{
	free(s->slots);
	s->slots = NULL;
	s->nslots = 0;
}

void strings_free(struct strings *s)
{
	buf_free(&s->bytes);
	free(s->at);
	free(s->slots);
	*s = (struct strings){ 0 };
}

void strs_merge(struct str *v, size_t n, const struct str *more, size_t k)
{
	size_t i;

	for (i = n + k; k > 0; i--)	/* from the end */
		v[i - 1] = n > 0 && str_cmp(v[n - 1], more[k - 1]) > 0 ? v[--n] : more[--k];
}

void strs_insert(struct str *v, size_t n, struct str s)
{
	for (; n > 0 && str_cmp(v[n - 1], s) > 0; n--)
		v[n] = v[n - 1];
	v[n] = s;
}
