/* kb/index/related.c: see related.h.
 *
 * Who may be near: the answers to a query made of the document's own words, and the documents that it names. Own
 * words are those frequent in it and rare in the corpus: occurrences here times the logarithm of how seldom a word comes
 * (forms.h, exact at any time), KEY_WORDS of them. Each candidate gets, in whole numbers: up to WORDS for its score among
 * the answers, and a fixed sum for each topic, country and crime that both have, and for naming one the other. Documents
 * with nothing but some words in common are none. */
#include "kb/index/related.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/index/forms.h"
#include "kb/index/parts.h"
#include "kb/index/query.h"
#include "kb/text/fold.h"

enum { KEY_WORDS = 24, CANDIDATES = 100, WORDS = 1000, TOPIC = 150, COUNTRY = 100, CRIME = 150, NAMED = 4000, LEAST = 200, SHARED_MAX = 4 };

struct word { struct str form; uint64_t n, weight; };

static int by_form(const void *x, const void *y)
{
	return str_cmp(((const struct word *)x)->form, ((const struct word *)y)->form);
}

static int by_weight(const void *x, const void *y)
{
	const struct word *a = x, *b = y;

	return a->weight != b->weight ? (a->weight > b->weight ? -1 : 1) : by_form(x, y);
}

static uint64_t rarity(uint64_t all, uint64_t n)	/* quarter steps of log2(all / n) */
{
	uint64_t r = 0;

	for (all = 4 * all / (n ? n : 1); all > 4; all = all * 27 / 32)	/* about the fourth root of a half */
		r++;
	return r;
}

/* The words of a document that tell it from others, as a query. */
static enum rc own_words(struct buf *query, struct arena *a, struct snap *s, const struct record *r, struct str text, struct err *e)
{
	struct buf plain = BUF_INIT, form = BUF_INIT;
	struct word *v = NULL;
	size_t n = 0, cap = 0, i, k, kept;
	struct words w;
	struct str one;
	enum rc rc = RC_OK;

	record_plain(&plain, r, text);
	for (w = (struct words){ buf_str(&plain), 0, 0 }; words_next(&w, &one);) {
		buf_clear(&form);
		text_surface(&form, one);
		if (str_utf8_count(buf_str(&form)) < 2)
			continue;
		if (n == cap)
			v = arena_grow(a, v, &cap, sizeof *v);
		v[n++] = (struct word){ arena_str(a, buf_str(&form)), 1, 0 };
	}
	if (n)
		qsort(v, n, sizeof *v, by_form);
	for (i = kept = 0; i < n; i++)
		if (kept && str_eq(v[kept - 1].form, v[i].form))
			v[kept - 1].n++;
		else
			v[kept++] = v[i];
	for (i = 0; i < kept && !rc; i++) {
		struct form_list list;
		uint64_t all = 0;

		if ((rc = forms_exact(&list, a, s, v[i].form, e)))
			break;
		for (k = 0; k < list.n; k++)
			all += list.v[k].n;
		v[i].weight = (v[i].n < 8 ? v[i].n : 8) * rarity(s->stamp.length, all);
	}
	if (kept)
		qsort(v, kept, sizeof *v, by_weight);
	for (i = 0; i < kept && i < KEY_WORDS; i++)
		buf_printf(query, "%.*s ", FMT_STR(v[i].form));
	buf_free(&plain);
	buf_free(&form);
	return rc;
}

static uint32_t shared(const struct str *x, size_t nx, const struct str *y, size_t ny)
{
	uint32_t n = 0;
	size_t i, j;

	for (i = 0; i < nx; i++)
		for (j = 0; j < ny; j++)
			if (str_eq(x[i], y[j])) {
				n++;
				break;
			}
	return n < SHARED_MAX ? n : SHARED_MAX;
}

static struct str original(struct str id)
{
	return str_sub(id, 0, str_chr(id, '.'));
}

/* Does a front matter hold the id as a word of its own? */
static bool names(struct str text, struct str id)
{
	size_t end = str_find(text, STR("\n---\n")), at = 0, i;
	struct str front = str_sub(text, 0, end == SIZE_MAX ? 0 : end);

	while ((i = str_find(str_sub(front, at, front.n), id)) != SIZE_MAX) {
		at += i + id.n;
		if (at == front.n || !strchr("-abcdefghijklmnopqrstuvwxyz0123456789", front.p[at]))
			return true;
	}
	return false;
}

struct near { struct record record; uint32_t score; };

static int by_score(const void *x, const void *y)
{
	const struct near *a = x, *b = y;

	return a->score != b->score ? (a->score > b->score ? -1 : 1) : str_cmp(a->record.id, b->record.id);
}

static enum rc crimes(const struct str **v, size_t *n, struct arena *a, struct str text)
{
	struct err odd = ERR_INIT;
	const struct key *k;
	struct place at;
	struct doc d;

	*n = 0;
	if (doc_parse(&d, &at, a, text, &odd) || !(k = front_key(&d.front, "crime")))
		return RC_OK;
	*v = k->values;
	*n = k->n;
	if (*n == 1 && str_is((*v)[0], "not-stated"))
		*n = 0;
	return RC_OK;
}

/* Candidates that the document names. */
static enum rc add_named(struct near *v, size_t *n, size_t cap, struct snap *s, struct str text, struct err *e)
{
	size_t end = str_find(text, STR("\n---\n")), i, k;
	struct str rest = str_sub(text, 0, end == SIZE_MAX ? 0 : end);
	struct record r;
	enum rc rc;

	for (i = 0; i < rest.n; i = k + 1) {
		for (k = i; k < rest.n && !strchr(" \t\n,[]\"'", rest.p[k]); k++)
			;
		if (!doc_id_valid(str_sub(rest, i, k), NULL, NULL))
			continue;
		rc = snap_find(&r, s, str_sub(rest, i, k), e);
		if (rc && rc != RC_NOTFOUND)
			return rc;
		if (!rc && *n < cap)
			v[(*n)++] = (struct near){ r, 0 };
		*e = (struct err)ERR_INIT;
	}
	return RC_OK;
}

enum rc related_find(struct record **found, size_t *n, struct arena *a, struct snap *s, const struct record *r, size_t limit, struct err *e)
{
	struct buf text = BUF_INIT, query = BUF_INIT, other = BUF_INIT;
	struct filters f = FILTERS_INIT;
	const struct str *mine = NULL, *theirs = NULL;
	size_t nmine = 0, ntheirs = 0, i, nv = 0, kept = 0;
	struct near *v = arena_array(a, 2 * CANDIDATES, sizeof *v);
	struct result res = { 0 };
	struct query *q;
	enum rc rc;

	if ((rc = snap_text(&text, s, r, e)) || (rc = crimes(&mine, &nmine, a, buf_str(&text))) ||
	    (rc = own_words(&query, a, s, r, buf_str(&text), e)))
		goto out;
	if (query.n) {
		if ((rc = query_parse(&q, &f, a, buf_str(&query), e)) || (rc = query_run(&res, a, s, q, &f, CANDIDATES, COUNT_NONE, e)) ||
		    (rc = query_records(&res, a, s, e)))
			goto out;
	}
	for (i = 0; i < res.n; i++)
		v[nv++] = (struct near){ res.hits[i].record, 0 };
	if ((rc = add_named(v, &nv, 2 * CANDIDATES, s, buf_str(&text), e)))
		goto out;
	for (i = 0; i < nv; i++) {
		struct record *o = &v[i].record;
		uint32_t score = i < res.n ? (uint32_t)((uint64_t)res.hits[i].score * WORDS / (res.hits[0].score ? res.hits[0].score : 1)) : 0;
		size_t k;
		bool twice = false;

		for (k = 0; k < kept && !twice; k++)
			twice = str_eq(original(v[k].record.id), original(o->id));
		if (twice || str_eq(original(o->id), original(r->id)))
			continue;
		buf_clear(&other);
		if ((rc = snap_text(&other, s, o, e)) || (rc = crimes(&theirs, &ntheirs, a, buf_str(&other))))
			goto out;
		score = score / 2 + TOPIC * shared(r->topics, r->ntopics, o->topics, o->ntopics) +
		    COUNTRY * shared(r->countries, r->ncountries, o->countries, o->ncountries) + CRIME * shared(mine, nmine, theirs, ntheirs);
		if (names(buf_str(&text), original(o->id)) || names(buf_str(&other), original(r->id)))
			score += NAMED;
		if (score >= LEAST)
			v[kept++] = (struct near){ *o, score };
	}
	if (kept)
		qsort(v, kept, sizeof *v, by_score);
	*n = kept < limit ? kept : limit;
	*found = arena_array(a, *n, sizeof **found);
	for (i = 0; i < *n; i++)
		(*found)[i] = v[i].record;
out:
	buf_free(&text);
	buf_free(&query);
	buf_free(&other);
	return rc;
}
