/* kb/index/joint.c: see joint.h. Nothing is ranked: what a part counts is its idf alone, so the answer hangs on which documents
 * have which words, and on nothing else: neither on segments nor on filters.
 *
 * A document that has none of the parts that count most has not enough of the rest, so documents are taken from the lists of these, or
 * from that of the word itself, whichever are the shorter; the others are sought in each, until one document has enough.
 * Mostly that is one of the first; where words are rare there are few. */
#include "kb/index/joint.h"

#include <stdlib.h>

#include "kb/index/postings.h"

struct joined {				/* a part in a segment */
	const struct part *p;
	struct cursor *c;		/* of its lists */
	size_t at;			/* in p->found: the first at or behind what was looked at */
	uint32_t looked;		/* the place that was looked at last; UINT32_MAX: they must begin again */
	uint64_t size;			/* postings */
};
struct joining {
	struct segment *s;
	const uint64_t *out;
	struct joined *v;		/* those that must be there first, then those that count most */
	size_t n;
	struct joined *word, *rest[REST];	/* of these */
	size_t nrest;
	uint64_t all, need;		/* what the rest counts; so much of it is enough */
	struct err *e;
};

static int first(const void *x, const void *y)
{
	const struct joined *a = x, *b = y;

	if (a->p->must != b->p->must)
		return a->p->must ? -1 : 1;
	if (a->p->idf != b->p->idf)
		return a->p->idf > b->p->idf ? -1 : 1;
	return (a->p > b->p) - (a->p < b->p);
}

static void begin(struct joined *w)
{
	size_t i;

	w->at = w->looked = 0;
	for (i = 0; i < w->p->n; i++)
		cursor_rewind(&w->c[i]);
}

static enum rc has(bool *yes, const struct joining *j, struct joined *w, uint32_t place)
{
	const struct found *f = w->p->found;
	uint32_t weight;
	size_t i;

	if (place < w->looked)
		begin(w);
	w->looked = place;
	while (f && w->at < f->n && f->places[w->at] < place)
		w->at++;
	*yes = f && w->at < f->n && f->places[w->at] == place;
	for (i = 0; i < w->p->n && !*yes; i++) {
		if (cursor_look(&weight, &w->c[i], place, j->e))
			return j->e->rc;
		*yes = weight > 0;
	}
	return RC_OK;
}

/* Has a document of one part enough? */
static enum rc enough(bool *yes, const struct joining *j, const struct joined *of, uint32_t place)
{
	uint64_t sum = 0, rest = j->all;
	size_t i;
	enum rc rc;

	*yes = false;
	if (segment_dead(j->s, place) || (j->out && j->out[place / 64] >> place % 64 & 1))
		return RC_OK;
	if (of != j->word && ((rc = has(yes, j, j->word, place)) || !*yes))
		return rc;
	for (i = 0; i < j->nrest && sum + rest >= j->need; i++) {
		struct joined *w = j->rest[i];

		*yes = w == of;
		if (!*yes && (rc = has(yes, j, w, place)))
			return rc;
		if (!*yes && w->p->must)
			return RC_OK;
		rest -= w->p->idf;
		sum += *yes ? w->p->idf : 0;
	}
	*yes = sum >= j->need;
	return RC_OK;
}

/* Has one of a part's documents enough? */
static enum rc any_of(bool *yes, const struct joining *j, struct joined *w)
{
	const struct found *f = w->p->found;
	enum iter more;
	size_t i;
	unsigned k;
	enum rc rc;

	begin(w);
	w->looked = UINT32_MAX;
	for (i = 0; f && i < f->n && !*yes; i++)
		if ((rc = enough(yes, j, w, f->places[i])))
			return rc;
	for (i = 0; i < w->p->n && !*yes; i++)
		while (!*yes && (more = cursor_docs(&w->c[i], j->e)) != ITER_DONE) {
			if (more == ITER_ERROR)
				return j->e->rc;
			for (k = 0; k < w->c[i].n && !*yes; k++)
				if ((rc = enough(yes, j, w, w->c[i].docs[k])))
					return rc;
		}
	return RC_OK;
}

static enum rc in_segment(bool *yes, const struct joining *j)
{
	uint64_t size = 0, rest = j->all;
	size_t i, n;
	enum rc rc = RC_OK;

	for (n = 0; n < j->nrest && rest >= j->need && size < j->word->size; n++) {
		size += j->rest[n]->size;
		rest -= j->rest[n]->p->idf;
	}
	if (rest >= j->need || size >= j->word->size)
		return any_of(yes, j, j->word);
	for (i = 0; i < n && !*yes && !rc; i++)
		rc = any_of(yes, j, j->rest[i]);
	return rc;
}

/* What is the word, and what the rest? */
static void set_apart(struct joining *j, const struct part *word)
{
	size_t i;

	j->word = NULL;
	j->all = j->nrest = 0;
	for (i = 0; i < j->n && (j->nrest < REST || !j->word); i++)
		if (j->v[i].p == word) {
			j->word = &j->v[i];
		} else if (j->nrest < REST) {
			j->all += j->v[i].p->idf;
			j->rest[j->nrest++] = &j->v[i];
		}
	j->need = j->all * JOINT / JOINTS;
}

/* Open the parts in a segment. */
static enum rc open_parts(struct joining *j, size_t *opened, struct cursor *c, const struct part *p)
{
	size_t i, k;
	enum rc rc;

	for (i = 0; i < j->n; i++) {
		j->v[i] = (struct joined){ .p = &p[i], .c = c + *opened, .size = p[i].found ? p[i].found->n : 0 };
		for (k = 0; k < p[i].n; k++) {
			j->v[i].size += p[i].lists[k].df;
			if ((rc = cursor_open(&c[(*opened)++], j->s, &p[i].lists[k], j->e)))
				return rc;
		}
	}
	qsort(j->v, j->n, sizeof *j->v, first);
	return RC_OK;
}

enum rc joint_find(struct joint *v, size_t m, struct snap *s, const struct part *parts, size_t step, size_t n,
    uint64_t *const *out, struct err *e)
{
	struct joining j = { .n = n, .e = e };
	size_t seg, i, k, lists = 0, opened, left = m;
	struct cursor *c;
	enum rc rc = RC_OK;

	for (seg = 0; seg < s->stamp.nsegments; seg++) {
		for (i = k = 0; i < n; i++)
			k += parts[seg * step + i].n;
		lists = k > lists ? k : lists;
	}
	c = xmalloc(lists * sizeof *c);
	j.v = xmalloc(n * sizeof *j.v);
	for (i = 0; i < m; i++)
		v[i].yes = false;
	for (seg = 0; seg < s->stamp.nsegments && left && !rc; seg++) {
		const struct part *p = parts + seg * step;

		j.s = &s->segments[seg];
		j.out = out[seg];
		opened = 0;
		rc = open_parts(&j, &opened, c, p);
		for (i = 0; i < m && !rc; i++) {
			if (v[i].yes)
				continue;
			set_apart(&j, &p[v[i].part]);
			if (j.word->size)
				rc = in_segment(&v[i].yes, &j);
			left -= v[i].yes;
		}
		while (opened)
			cursor_close(&c[--opened]);
	}
	free(j.v);
	free(c);
	return rc;
}
