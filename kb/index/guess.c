/* kb/index/guess.c: see guess.h.
 *
 * A word that no document has may stand for several that are. What the rest of the query is about tells which: its best
 * documents are looked at, and the words it may be that stand in them are the likelier, the higher these rank (1 / 2 for
 * the first, 1 / 3 for the next). How frequent a word is in the whole index decides where they tell nothing: it is one part in
 * FREQUENCY of the whole. */
#include "kb/index/guess.h"

#include <stdlib.h>

#include "kb/base/arena.h"
#include "kb/index/postings.h"

enum { TERMS_MAX = 64, FREQUENCY = 4 };

struct choice {
	struct guess g;
	uint64_t n, seen;		/* occurrences; sum over the best documents that have it */
};

static int by_place(const void *x, const void *y)
{
	const struct pick *a = *(struct pick *const *)x, *b = *(struct pick *const *)y;

	if (a->seg != b->seg)
		return a->seg < b->seg ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

/* The best documents in order of segment and place. */
static size_t in_order(struct pick *order[LOOKED_AT_BEST], const struct top *best)
{
	size_t n = best->n < LOOKED_AT_BEST ? best->n : LOOKED_AT_BEST, i;

	for (i = 0; i < n; i++)
		order[i] = &best->v[i];
	qsort(order, n, sizeof *order, by_place);
	return n;
}

/* How much the best documents that have a term count. */
static enum rc seen_of(uint64_t *seen, struct snap *s, struct str term, struct pick *const *order, size_t n, const struct top *best,
    struct err *e)
{
	struct cursor *c = NULL;
	struct listing x;
	size_t i, found = 0, seg = SIZE_MAX;
	enum iter more;
	enum rc rc = RC_OK;

	*seen = 0;
	for (i = 0; i < n && !rc; i++) {
		if (order[i]->seg != seg) {
			seg = order[i]->seg;
			if (c)
				cursor_close(c);
			if ((rc = segment_find(&x, &found, &s->segments[seg], &term, 1, e)) || !found)
				continue;
			if (!c)
				c = xmalloc(sizeof *c);
			if ((rc = cursor_open(c, &s->segments[seg], &x, e)))
				continue;
		}
		if (!found)
			continue;
		if ((more = cursor_seek(c, order[i]->place, e)) == ITER_ERROR)
			rc = e->rc;
		else if (more == ITER_ITEM && c->docs[c->i] == order[i]->place)
			*seen += 65536 / (uint64_t)(order[i] - best->v + 2);
	}
	if (c)
		cursor_close(c);
	free(c);
	return rc;
}

static int by_share(const void *x, const void *y)
{
	const struct choice *a = x, *b = y;

	if (a->g.share != b->g.share)
		return a->g.share > b->g.share ? -1 : 1;
	return str_cmp(a->g.term, b->g.term);
}

enum rc guess_words(struct guess out[GUESSES], size_t *n, uint64_t *often, struct arena *a, struct snap *s,
    const struct form_list *forms, const struct top *best, bool seen, struct err *e)
{
	struct choice *v = arena_array(a, TERMS_MAX, sizeof *v);
	struct pick *order[LOOKED_AT_BEST];
	size_t norder = in_order(order, best), m = 0, i, k;
	uint64_t all_n = 0, all_seen = 0;
	enum rc rc = RC_OK;

	*n = *often = 0;
	for (i = 0; i < forms->n; i++) {
		const struct form *f = &forms->v[i];

		for (k = 0; k < m && !str_eq(v[k].g.term, f->term); k++)
			;
		if (k == TERMS_MAX)
			continue;
		if (k == m)
			v[m++] = (struct choice){ .g = { f->term, f->form, 0 } };
		v[k].n += f->n;
		all_n += f->n;
	}
	for (i = 0; i < m && !rc; i++) {
		*often += ((v[i].n << 16) + all_n - 1) / all_n * v[i].n;
		rc = seen_of(&v[i].seen, s, v[i].g.term, order, norder, best, e);
		all_seen += v[i].seen;
	}
	*often >>= 16;
	for (i = 0; i < m && !rc; i++) {
		uint64_t frequent = (v[i].n << 16) / (all_n ? all_n : 1);

		v[i].g.share = (uint32_t)(all_seen ? (((v[i].seen << 16) / all_seen) * (FREQUENCY - 1) + frequent) / FREQUENCY : frequent);
		if (seen && !v[i].seen)
			v[i].g.share = 0;
	}
	qsort(v, m, sizeof *v, by_share);
	for (i = 0; i < m && i < GUESSES && v[i].g.share && !rc; i++)
		out[(*n)++] = v[i].g;
	return rc;
}
