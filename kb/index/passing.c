/* kb/index/passing.c: see passing.h. Who narrows a list down asks for the same filters again and again, with other words; and a
 * segment never changes, but for what of it is dead, which is not told here. So the bits of the last KEPT pairs of segment
 * and filters are kept as long as the store is open: of a million documents, 690 kB each. */
#include "kb/index/passing.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/pack.h"

enum { KEPT = 32 };

struct kept {
	uint32_t segment;
	struct buf filters;		/* as filters_told gives them */
	struct passing p;		/* bits NULL: not looked through yet */
	uint64_t round;			/* it was asked for last */
};
struct passings {
	struct kept **v;
	size_t n;
	uint64_t round;
	struct buf told;
};

struct passings *passings_open(void)
{
	struct passings *k = xmalloc(sizeof *k);

	*k = (struct passings){ .told = BUF_INIT };
	return k;
}

static void empty(struct kept *x)
{
	buf_free(&x->filters);
	free(x->p.bits);
	free(x->p.row);
	free(x->p.below);
	*x = (struct kept){ .filters = BUF_INIT };
}

void passings_close(struct passings *k)
{
	if (!k)
		return;
	while (k->n) {
		empty(k->v[--k->n]);
		free(k->v[k->n]);
	}
	free(k->v);
	buf_free(&k->told);
	free(k);
}

void passings_begin(struct passings *k)
{
	k->round++;
}

static void filters_told(struct buf *b, const struct filters *f)
{
	size_t i, j, n;

	buf_clear(b);
	for (i = 0; i < FILTER_FIELDS; i++) {
		const struct str *list = filters_list(&n, f, i);

		varint_put(b, n);
		for (j = 0; j < n; j++) {
			varint_put(b, list[j].n);
			buf_str_add(b, list[j]);
		}
	}
	buf_add(b, &f->since, sizeof f->since);
	buf_add(b, &f->until, sizeof f->until);
}

/* Where a pair stands, or will: then nothing is known of it. */
static struct kept *kept_of(struct passings *k, uint32_t segment, struct str told)
{
	struct kept *oldest = NULL;
	size_t i;

	for (i = 0; i < k->n; i++) {
		struct kept *x = k->v[i];

		if (x->segment == segment && str_eq(buf_str(&x->filters), told))
			return x;
		if (x->round < k->round && (!oldest || x->round < oldest->round))
			oldest = x;
	}
	if (k->n < KEPT || !oldest) {
		k->v = xrealloc(k->v, (k->n + 1) * sizeof *k->v);
		oldest = k->v[k->n++] = xmalloc(sizeof *oldest);
		*oldest = (struct kept){ .filters = BUF_INIT };
	}
	empty(oldest);
	oldest->segment = segment;
	buf_str_add(&oldest->filters, told);
	return oldest;
}

/* Sixteen bits, four times each. */
static uint64_t four_each(uint64_t bits)
{
	bits = (bits | bits << 24) & 0x000000ff000000ff;
	bits = (bits | bits << 12) & 0x000f000f000f000f;
	bits = (bits | bits << 6) & 0x0303030303030303;
	bits = (bits | bits << 3) & 0x1111111111111111;
	return bits * 15;
}

static enum rc look_through(struct passing *p, struct arena *a, struct segment *s, const struct filters *f, struct err *e)
{
	const size_t words = ((size_t)s->info.n + 63) / 64;
	struct column_filter *filter;
	struct passing found = { 0 };
	size_t i;
	enum rc rc = columns_filter(&filter, a, s, f, e);

	if (rc)
		return rc;
	found.bits = xmalloc((words + 1) * sizeof *found.bits);
	if ((rc = columns_passing(found.bits, filter, s, e))) {
		free(found.bits);
		return rc;
	}
	found.below = xmalloc((words + 1) * sizeof *found.below);
	found.row = xmalloc((4 * words + 1) * sizeof *found.row);
	for (i = 0; i < 4 * words; i++)
		found.row[i] = four_each(found.bits[i / 4] >> i % 4 * 16 & 0xffff);
	for (i = 0; i < words; i++) {
		found.below[i] = found.n;
		found.n += (uint32_t)__builtin_popcountll(found.bits[i]);
	}
	found.below[words] = found.n;
	*p = found;
	return RC_OK;
}

enum rc passings_get(const struct passing **p, struct passings *k, struct arena *a, struct segment *s, const struct filters *f,
    bool now, struct err *e)
{
	struct kept *x;
	enum rc rc;

	filters_told(&k->told, f);
	x = kept_of(k, s->info.id, buf_str(&k->told));
	if (!x->p.bits && (now || x->round) && (rc = look_through(&x->p, a, s, f, e)))
		return rc;
	x->round = k->round;
	*p = x->p.bits ? &x->p : NULL;
	return RC_OK;
}

uint32_t passing_from(const struct passing *p, uint32_t place, uint32_t documents)
{
	const size_t words = ((size_t)documents + 63) / 64;
	size_t i = place / 64;
	uint64_t bits;

	if (place >= documents)
		return documents;
	for (bits = p->bits[i] >> place % 64 << place % 64; !bits && ++i < words; bits = p->bits[i])
		;
	return bits ? (uint32_t)(64 * i) + (uint32_t)__builtin_ctzll(bits) : documents;
}
