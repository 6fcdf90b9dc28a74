/* render/strings.c: see strings.h. */
#include "render/strings.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"

/* Eight bytes at a time; which machine's order they are read in is seen in no result. */
uint32_t strings_hash(struct str s, uint8_t tag)
{
	uint64_t h = 0x9e3779b97f4a7c15u * (s.n + 1) ^ tag, eight;
	size_t i;

	for (i = 0; i < s.n; i += 8) {
		eight = 0;
		memcpy(&eight, s.p + i, s.n - i < 8 ? s.n - i : 8);
		h = (h ^ eight) * 0xbf58476d1ce4e5b9u;
		h ^= h >> 29;
	}
	return (uint32_t)(h ^ h >> 32);
}

struct str strings_at(const struct strings *s, size_t i)
{
	return (struct str){ s->bytes.p + s->v[i].at, s->v[i].n };
}

static void grow(struct strings *s)
{
	size_t i, k;

	s->nslots = s->nslots ? s->nslots * 2 : 1024;
	free(s->slots);
	s->slots = xmalloc(s->nslots * sizeof *s->slots);
	memset(s->slots, 0, s->nslots * sizeof *s->slots);
	for (i = 0; i < s->n; i++) {
		for (k = s->v[i].hash & (s->nslots - 1); s->slots[k]; k = (k + 1) & (s->nslots - 1))
			;
		s->slots[k] = (uint64_t)s->v[i].hash << 32 | (i + 1);
	}
}

/* The slot that has a string, or the free one where it belongs. */
static uint64_t *slot_of(const struct strings *s, struct str text, uint8_t tag, uint32_t hash)
{
	const struct string *v;
	size_t k;

	for (k = hash & (s->nslots - 1); s->slots[k]; k = (k + 1) & (s->nslots - 1)) {
		if (s->slots[k] >> 32 != hash)
			continue;
		v = &s->v[(uint32_t)s->slots[k] - 1];
		if (v->n == text.n && v->tag == tag && memcmp(s->bytes.p + v->at, text.p, text.n) == 0)
			break;
	}
	return &s->slots[k];
}

void strings_add(struct strings *s, struct str text, uint8_t tag, uint32_t hash)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 1024;
		s->v = xrealloc(s->v, s->cap * sizeof *s->v);
	}
	s->v[s->n++] = (struct string){ (uint32_t)s->bytes.n, hash, 0, (uint8_t)text.n, tag };
	buf_str_add(&s->bytes, text);
}

size_t strings_put(struct strings *s, struct str text, uint8_t tag, uint32_t hash, bool *is_new)
{
	uint64_t *slot;

	if (s->n * 4 >= s->nslots * 3)
		grow(s);
	slot = slot_of(s, text, tag, hash);
	if (is_new)
		*is_new = !*slot;
	if (*slot)
		return (uint32_t)*slot - 1;
	strings_add(s, text, tag, hash);
	*slot = (uint64_t)hash << 32 | s->n;
	return s->n - 1;
}

void strings_expect(const struct strings *s, const struct strings *of, size_t i)
{
	enum { FAR = 24, MIDDLE = 16, NEAR = 8 };	/* what stands in a slot tells where to look next */
	uint64_t slot;

	if (!s->nslots)
		return;
	if (i + FAR < of->n)
		__builtin_prefetch(&s->slots[of->v[i + FAR].hash & (s->nslots - 1)]);
	if (i + MIDDLE < of->n && (slot = s->slots[of->v[i + MIDDLE].hash & (s->nslots - 1)]))
		__builtin_prefetch(&s->v[(uint32_t)slot - 1]);
	if (i + NEAR < of->n && (slot = s->slots[of->v[i + NEAR].hash & (s->nslots - 1)]))
		__builtin_prefetch(s->bytes.p + s->v[(uint32_t)slot - 1].at);
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
	free(s->v);
	free(s->slots);
	*s = (struct strings){ 0 };
}

void strs_insert(struct str *v, size_t n, struct str s)
{
	for (; n > 0 && str_cmp(v[n - 1], s) > 0; n--)
		v[n] = v[n - 1];
	v[n] = s;
}
