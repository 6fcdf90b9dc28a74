/* render/piece.c: see piece.h. */
#include "render/piece.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "render/strings.h"

#define BYTES_MAX ((size_t)6 << 20)	/* kept; what comes then is made each time */

struct piece {
	struct piece_key key;		/* but for its code */
	uint32_t hash, code, facts, html;	/* offsets in bytes: one behind the other */
	uint32_t ncode, nfacts, nhtml;
};

static uint32_t hash_of(const struct piece_key *k)
{
	uintptr_t h = (uintptr_t)k->texts * 31 + (uintptr_t)k->of + (uintptr_t)k->sort * 2 + k->with + (*k->up ? 16 : 0);

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
		if (p->key.of == k->of && p->key.texts == k->texts && p->key.sort == k->sort &&
		    p->key.with == k->with && *p->key.up == *k->up && p->ncode == k->code.n &&
		    (!k->code.n || !memcmp(x->bytes.p + p->code, k->code.p, k->code.n)))
			break;
	}
	return &x->slots[i];
}

static void grow(struct pieces *x)
{
	size_t i, k;

	x->nslots = x->nslots ? x->nslots * 2 : 1024;
	free(x->slots);
	x->slots = xmalloc(x->nslots * sizeof *x->slots);
	memset(x->slots, 0, x->nslots * sizeof *x->slots);
	for (i = 0; i < x->n; i++) {
		for (k = x->v[i].hash & (x->nslots - 1); x->slots[k]; k = (k + 1) & (x->nslots - 1))
			;
		x->slots[k] = (uint64_t)x->v[i].hash << 32 | (i + 1);
	}
}

bool piece_put(struct buf *b, struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k)
{
	const struct piece *p;
	uint64_t i;

	mark->html = b->n;
	if (!x)
		return false;
	if (2 * x->n >= x->nslots)
		grow(x);
	if (!(i = *slot_of(x, k, hash_of(k)))) {
		mark->facts = facts_record(f);
		return false;
	}
	p = &x->v[(uint32_t)i - 1];
	facts_again(f, x->bytes.p + p->facts, p->nfacts);
	buf_add(b, x->bytes.p + p->html, p->nhtml);
	return true;
}

void piece_keep(const struct buf *b, const struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k)
{
	struct str facts, html = str_sub(buf_str(b), mark->html, b->n);
	struct piece *p;
	uint32_t hash;

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
	hash = hash_of(k);
	p = &x->v[x->n];
	*p = (struct piece){ .key = *k, .hash = hash, .ncode = (uint32_t)k->code.n, .nfacts = (uint32_t)(facts.n / sizeof(uint32_t)),
	    .nhtml = (uint32_t)html.n };
	p->code = (uint32_t)x->bytes.n;
	buf_str_add(&x->bytes, k->code);
	p->facts = (uint32_t)x->bytes.n;
	buf_str_add(&x->bytes, facts);
	p->html = (uint32_t)x->bytes.n;
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
