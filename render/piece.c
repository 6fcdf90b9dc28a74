/* render/piece.c: see piece.h. */
#include "render/piece.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "render/strings.h"

#define BYTES_MAX ((size_t)3 << 20)	/* kept; what comes then is made each time. Its offsets, and the length of a code, fit */

struct piece {				/* 32 bytes: a piece is looked at more often than it is in the cache */
	const void *texts, *of;
	uint32_t html, nhtml, nfacts;	/* its offset in bytes; facts stand in front of it, the code in front of these */
	uint32_t ncode : 24, what : 8;	/* what: see what_of */
};

static unsigned what_of(const struct piece_key *k)
{
	return (unsigned)k->sort << 1 | (*k->up != '\0');
}

static size_t facts_of(const struct piece *p)
{
	return p->html - p->nfacts * sizeof(uint32_t);
}

static uint32_t hash_of(const struct piece_key *k)
{
	uintptr_t h = (uintptr_t)k->texts * 31 + (uintptr_t)k->of + what_of(k);

	return (uint32_t)((uint64_t)h * 0x9e3779b97f4a7c15u >> 32) ^ (k->code.n ? strings_hash(k->code, 0) : 0);
}

static uint64_t *slot_of(const struct pieces *x, const struct piece_key *k, uint32_t hash)
{
	const struct piece *p;
	size_t i;

	for (i = hash & (x->nslots - 1); x->slots[i]; i = (i + 1) & (x->nslots - 1)) {
		if (x->slots[i] >> 32 != hash)
			continue;
		p = &x->v[(uint32_t)x->slots[i] - 1];
		if (p->of == k->of && p->texts == k->texts && p->what == what_of(k) && p->ncode == k->code.n &&
		    (!p->ncode || !memcmp(x->bytes.p + facts_of(p) - p->ncode, k->code.p, k->code.n)))
			break;
	}
	return &x->slots[i];
}

static void grow(struct pieces *x)
{
	size_t n = x->nslots ? x->nslots * 2 : 1024, i, k;
	uint64_t *slots = xmalloc(n * sizeof *slots);

	memset(slots, 0, n * sizeof *slots);
	for (i = 0; i < x->nslots; i++) {
		if (!x->slots[i])
			continue;
		for (k = (x->slots[i] >> 32) & (n - 1); slots[k]; k = (k + 1) & (n - 1))
			;
		slots[k] = x->slots[i];
	}
	free(x->slots);
	x->slots = slots;
	x->nslots = n;
}

bool piece_put(struct buf *b, struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k)
{
	const struct piece *p;
	uint64_t slot;

	mark->html = b->n;
	if (!x)
		return false;
	if (2 * x->n >= x->nslots)
		grow(x);
	if (!(slot = *slot_of(x, k, hash_of(k)))) {
		mark->facts = facts_record(f);
		return false;
	}
	p = &x->v[(uint32_t)slot - 1];
	facts_again(f, x->bytes.p + facts_of(p), p->nfacts);
	buf_add(b, x->bytes.p + p->html, p->nhtml);
	return true;
}

void piece_keep(const struct buf *b, const struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k)
{
	struct str facts, html = str_sub(buf_str(b), mark->html, b->n);
	uint32_t hash = hash_of(k);

	if (!x)
		return;
	facts = facts_recorded(f, mark->facts);
	if (html.n + facts.n + k->code.n > BYTES_MAX - x->bytes.n)
		return;
	if (x->n == x->cap) {
		x->cap = x->cap ? x->cap * 2 : 512;
		x->v = xrealloc(x->v, x->cap * sizeof *x->v);
	}
	if (2 * x->n >= x->nslots)	/* by pieces in this one */
		grow(x);
	x->v[x->n] = (struct piece){ .texts = k->texts, .of = k->of, .html = (uint32_t)(x->bytes.n + k->code.n + facts.n),
	    .nhtml = (uint32_t)html.n, .nfacts = (uint32_t)(facts.n / sizeof(uint32_t)), .ncode = k->code.n & 0xffffff,
	    .what = what_of(k) & 0xff };
	buf_str_add(&x->bytes, k->code);
	buf_str_add(&x->bytes, facts);
	buf_str_add(&x->bytes, html);
	*slot_of(x, k, hash) = (uint64_t)hash << 32 | (x->n + 1);
	x->n++;
}

void pieces_free(struct pieces *x)
{
	free(x->v);
	free(x->slots);
	buf_free(&x->bytes);
	*x = (struct pieces){ 0 };
}
