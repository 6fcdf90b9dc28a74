/* render/piece.c: see piece.h. In memory, so that one that is looked at is in few places of it:
 *
 *	piece	struct piece, its code, its facts (u32 each), its HTML */
#include "render/piece.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "render/strings.h"

#define BYTES_MAX ((size_t)7 << 19)	/* kept; what comes then is made each time. Its offsets, and the length of a code, fit */

struct piece {
	const void *texts, *of;
	uint32_t nhtml;
	uint16_t nfacts;
	uint8_t ncode, what;		/* what: see what_of */
};

static unsigned what_of(const struct piece_key *k)
{
	return (unsigned)k->sort << 1 | (*k->up != '\0');
}

static uint32_t hash_of(const struct piece_key *k)
{
	uintptr_t h = (uintptr_t)k->texts * 31 + (uintptr_t)k->of + what_of(k);

	return (uint32_t)((uint64_t)h * 0x9e3779b97f4a7c15u >> 32) ^ (k->code.n ? strings_hash(k->code, 0) : 0);
}

/* The piece at an offset, and where its code begins. */
static const char *piece_at(struct piece *p, const struct pieces *x, size_t offset)
{
	memcpy(p, x->bytes.p + offset, sizeof *p);
	return x->bytes.p + offset + sizeof *p;
}

static uint64_t *slot_of(const struct pieces *x, const struct piece_key *k, uint32_t hash)
{
	struct piece p;
	const char *code;
	size_t i;

	for (i = hash & (x->nslots - 1); x->slots[i]; i = (i + 1) & (x->nslots - 1)) {
		if (x->slots[i] >> 32 != hash)
			continue;
		code = piece_at(&p, x, (uint32_t)x->slots[i] - 1);
		if (p.of == k->of && p.texts == k->texts && p.what == what_of(k) &&
		    str_eq((struct str){ code, p.ncode }, k->code))
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

static uint32_t *placed(struct pieces *x, const struct piece_key *k)
{
	if (!x->placed) {
		x->nplaced = (size_t)k->places * 2;
		x->placed = xmalloc(x->nplaced * sizeof *x->placed);
		memset(x->placed, 0, x->nplaced * sizeof *x->placed);
	}
	return &x->placed[(size_t)k->place * 2 + (*k->up != '\0')];
}

/* The offset of the piece + 1, or 0. */
static uint32_t look_up(struct pieces *x, const struct piece_key *k)
{
	if (k->places)
		return *placed(x, k);
	if (2 * x->n >= x->nslots)
		grow(x);
	return (uint32_t)*slot_of(x, k, hash_of(k));
}

bool piece_put(struct buf *b, struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k)
{
	struct piece p;
	const char *at;
	uint32_t found;

	mark->html = b->n;
	if (!x)
		return false;
	if (!(found = look_up(x, k))) {
		mark->facts = facts_record(f);
		return false;
	}
	at = piece_at(&p, x, found - 1) + p.ncode;
	facts_again(f, at, p.nfacts);
	buf_add(b, at + p.nfacts * sizeof(uint32_t), p.nhtml);
	return true;
}

void piece_keep(const struct buf *b, const struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k)
{
	struct str facts, html = str_sub(buf_str(b), mark->html, b->n);
	struct piece p = { k->texts, k->of, (uint32_t)html.n, 0, (uint8_t)k->code.n, (uint8_t)what_of(k) };
	uint32_t hash, at;

	if (!x)
		return;
	facts = facts_recorded(f, mark->facts);
	p.nfacts = (uint16_t)(facts.n / sizeof(uint32_t));
	if (sizeof p + html.n + facts.n + k->code.n > BYTES_MAX - x->bytes.n || p.ncode != k->code.n ||
	    p.nfacts != facts.n / sizeof(uint32_t))
		return;
	at = (uint32_t)x->bytes.n + 1;
	buf_add(&x->bytes, &p, sizeof p);
	buf_str_add(&x->bytes, k->code);
	buf_str_add(&x->bytes, facts);
	buf_str_add(&x->bytes, html);
	if (k->places) {
		*placed(x, k) = at;
		return;
	}
	if (2 * x->n >= x->nslots)	/* by pieces in this one */
		grow(x);
	hash = hash_of(k);
	*slot_of(x, k, hash) = (uint64_t)hash << 32 | at;
	x->n++;
}

void pieces_free(struct pieces *x)
{
	free(x->slots);
	free(x->placed);
	buf_free(&x->bytes);
	*x = (struct pieces){ 0 };
}
