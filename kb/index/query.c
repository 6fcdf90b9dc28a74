/* kb/index/query.c: see query.h.
 *
 * Ranking is BM25 (k1 1.2, b 0.75) over the weighted counts of segment.c, in whole numbers, so that every
 * machine gives the same scores. A word of the query stands for all the terms it may be: its stem in every
 * language the index has documents in. Where none occurs, the word is tried as the beginning of terms (only
 * the last one, which may still be being typed), then with one edit, then with two: strictly in this order,
 * and said. A document's count for a word is the highest of these terms' counts in it.
 *
 * Evaluation: for each segment a flat array of scores, filled word by word; the best are picked by a heap.
 * Phrases are looked for in the stored text of the documents that have all their words. Filters are
 * applied to what scored, before counting and picking. */
#include "kb/index/query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kb/base/date.h"
#include "kb/index/expand.h"
#include "kb/index/parts.h"
#include "kb/index/plain.h"

enum { WORDS_MAX = 1000, SNIPPET = 240 };

const char *const filter_fields[FILTER_FIELDS] = { "kind", "owner", "country", "topic", "lang", "status", "meeting" };

struct word {
	struct str raw;			/* as typed */
	struct str *terms;		/* what it was found as: set by query_run */
	size_t n;
};
struct clause {
	struct word *words;		/* one, or a phrase's */
	size_t n;
	bool phrase, not;
};
struct query {
	struct clause *clauses;
	size_t n, positive;
	bool open_end;			/* the text ends in a word, so it may be a beginning */
};

/* ---- filters ---- */

static struct str **list_of(struct filters *f, size_t i, size_t **n)
{
	struct str **lists[] = { &f->kind, &f->owner, &f->country, &f->topic, &f->lang, &f->status, &f->meeting };
	size_t *counts[] = { &f->nkind, &f->nowner, &f->ncountry, &f->ntopic, &f->nlang, &f->nstatus, &f->nmeeting };

	*n = counts[i];
	return lists[i];
}

bool filters_add(struct filters *f, struct arena *a, struct str field, struct str value)
{
	int64_t first, last;
	struct str **list, *more;
	size_t i, *n;

	for (i = 0; i < FILTER_FIELDS; i++)
		if (str_is(field, filter_fields[i])) {
			list = list_of(f, i, &n);
			more = arena_array(a, *n + 1, sizeof *more);
			if (*n)
				memcpy(more, *list, *n * sizeof *more);
			more[(*n)++] = value;
			*list = more;
			return true;
		}
	if (!(str_is(field, "since") || str_is(field, "until")) || !date_parse(&first, &last, value))
		return false;
	if (f->since > f->until) {
		f->since = INT64_MIN;
		f->until = INT64_MAX;
	}
	if (str_is(field, "since"))
		f->since = first;
	else
		f->until = last;
	return true;
}

static bool same(struct str a, struct str b)	/* codes are written in either case */
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static bool any_of(struct str *want, size_t n, struct str v)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (same(want[i], v))
			return true;
	return n == 0;
}

static bool any_of_list(struct str *want, size_t n, const struct str *v, size_t nv)
{
	size_t i;

	for (i = 0; i < nv; i++)
		if (any_of(want, n, v[i]))
			return true;
	return n == 0;
}

bool filters_match(const struct filters *f, const struct record *r)
{
	int64_t first, last;

	if (!any_of(f->kind, f->nkind, r->kind) || !any_of(f->owner, f->nowner, r->owner) ||
	    !any_of(f->lang, f->nlang, r->lang) || !any_of(f->status, f->nstatus, r->status) ||
	    !any_of_list(f->country, f->ncountry, r->countries, r->ncountries) ||
	    !any_of_list(f->topic, f->ntopic, r->topics, r->ntopics) ||
	    !any_of_list(f->meeting, f->nmeeting, r->meetings, r->nmeetings))
		return false;
	if (f->since > f->until)
		return true;
	return date_parse(&first, &last, r->date) && last >= f->since && first <= f->until;
}

static bool filters_any(const struct filters *f)
{
	return f->nkind || f->nowner || f->ncountry || f->ntopic || f->nlang || f->nstatus || f->nmeeting || f->since <= f->until;
}

/* ---- parsing ---- */

static void add_word(struct clause *c, size_t *cap, struct arena *a, struct str raw)
{
	if (c->n == *cap)
		c->words = arena_grow(a, c->words, cap, sizeof *c->words);
	c->words[c->n++] = (struct word){ .raw = raw };
}

static void add_clause(struct query *q, size_t *cap, struct arena *a, struct str text, bool phrase, bool not, size_t *words)
{
	struct words w = { text, 0, 0 };
	struct clause c = { .phrase = phrase, .not = not };
	struct str word;
	size_t wcap = 0;

	while (*words <= WORDS_MAX && words_next(&w, &word)) {
		if (!phrase)
			c = (struct clause){ .not = not }, wcap = 0;
		add_word(&c, &wcap, a, word);
		++*words;
		if (!phrase) {
			if (q->n == *cap)
				q->clauses = arena_grow(a, q->clauses, cap, sizeof *q->clauses);
			q->clauses[q->n++] = c;
			q->positive += !not;
		}
	}
	if (phrase && c.n) {
		c.phrase = c.n > 1;
		if (q->n == *cap)
			q->clauses = arena_grow(a, q->clauses, cap, sizeof *q->clauses);
		q->clauses[q->n++] = c;
		q->positive += !not;
	}
}

enum rc query_parse(struct query **out, struct filters *f, struct arena *a, struct str text, struct err *e)
{
	struct query *q = arena_alloc(a, sizeof *q);
	size_t cap = 0, words = 0, i = 0, start, end, colon;
	bool filtered = filters_any(f);

	text = arena_str(a, text);
	while (i < text.n && words <= WORDS_MAX) {
		bool not = false;

		while (i < text.n && strchr(" \t\r\n", text.p[i]))
			i++;
		if (i < text.n && text.p[i] == '-' && i + 1 < text.n && !strchr(" \t-", text.p[i + 1])) {
			not = true;
			i++;
		}
		if (i < text.n && text.p[i] == '"') {
			end = str_chr(str_sub(text, i + 1, text.n), '"');
			end = end == SIZE_MAX ? text.n : i + 1 + end;	/* no closing quote: to the end */
			add_clause(q, &cap, a, str_sub(text, i + 1, end), true, not, &words);
			i = end + 1;
			q->open_end = false;
			continue;
		}
		for (start = i; i < text.n && !strchr(" \t\r\n\"", text.p[i]); i++)
			;
		if (start == i)
			continue;
		colon = str_chr(str_sub(text, start, i), ':');
		if (!not && colon != SIZE_MAX && colon && start + colon + 1 < i &&
		    filters_add(f, a, str_sub(text, start, start + colon), str_sub(text, start + colon + 1, i))) {
			filtered = true;
			words++;
			continue;
		}
		add_clause(q, &cap, a, str_sub(text, start, i), false, not, &words);
		q->open_end = !not && i == text.n;
	}
	if (words > WORDS_MAX)
		return err_set(e, RC_INVALID, "a query of more than 1,000 words; shorten it");
	if (!q->positive && !filtered)
		return err_set(e, RC_INVALID, q->n ? "only words to leave out; add one to look for" : "no word to look for");
	*out = q;
	return RC_OK;
}

/* ---- evaluation ---- */

struct run {
	struct snap *s;
	struct arena *a;
	struct query *q;
	uint32_t *base;			/* first slot of each segment; base[nsegments] = number of slots */
	uint32_t *length;		/* of each slot; 0 = dead */
	uint64_t *score;		/* 16.16 fixed point, summed */
	uint32_t *count;		/* of the word in work */
	uint32_t *touched;
	size_t ntouched;
	unsigned char *state;		/* bits below */
	struct buf *note;
};
enum { HIT = 1, OUT = 2 };

static bool has_term(const struct word *w, struct str term)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_eq(w->terms[i], term))
			return true;
	return false;
}

static enum rc get_list(struct str *v, struct run *r, size_t seg, struct str term, struct err *e)
{
	unsigned char key[4 + 64];
	size_t n;

	segment_key(key, &n, r->s->segments[seg].id, term);
	return txn_get(v, r->s->txn, r->s->t.terms, (struct str){ (const char *)key, n }, e);
}

/* Fold one term's list into count[]: the highest count of a document wins. */
static enum rc take_list(struct run *r, size_t seg, struct str list, struct err *e)
{
	struct postings p;
	enum iter more;
	uint32_t slot;

	postings_open(&p, list);
	while ((more = postings_next(&p, e)) == ITER_ITEM) {
		if (p.place >= r->s->segments[seg].n)
			return err_set(e, RC_CORRUPT, "index: postings name a document that is not there");
		slot = r->base[seg] + p.place;
		if (!r->length[slot])
			continue;
		if (!r->count[slot])
			r->touched[r->ntouched++] = slot;
		if (p.weight > r->count[slot])
			r->count[slot] = p.weight;
	}
	return more == ITER_ERROR ? e->rc : RC_OK;
}

static enum rc take_terms(struct run *r, const struct word *w, struct err *e)
{
	size_t seg, i;
	struct str list;
	enum rc rc;

	for (seg = 0; seg < r->s->stamp.nsegments; seg++)
		for (i = 0; i < w->n; i++) {
			rc = get_list(&list, r, seg, w->terms[i], e);
			if (rc == RC_NOTFOUND)
				continue;
			if (rc || (rc = take_list(r, seg, list, e)))
				return rc;
		}
	return RC_OK;
}

static void clear_counts(struct run *r)
{
	while (r->ntouched)
		r->count[r->touched[--r->ntouched]] = 0;
}

/* count[] and touched of a word, by the first tier that finds a document; exact: by no other. */
static enum rc find_word(struct run *r, struct word *w, bool last, bool exact, struct err *e)
{
	struct expansion x;
	enum rc rc = RC_OK;
	enum tier tier;

	for (tier = 0; tier < (exact ? TIER_EXACT + 1 : TIERS); tier++) {
		clear_counts(r);
		if ((rc = expand_word(&x, r->a, r->s, w->raw, tier, last, e)))
			break;
		w->terms = x.terms;
		w->n = x.n;
		if ((rc = take_terms(r, w, e)) || r->ntouched)
			break;
	}
	if (!rc && tier < TIERS && r->ntouched && x.shown.n) {
		if (r->note->n)
			buf_puts(r->note, ", ");
		buf_printf(r->note, "showing %.*s for %.*s", FMT_STR(x.shown), FMT_STR(w->raw));
	}
	return rc;
}

/* log2 of a 48.16 number, as 16.16: whole bits, then one bit of the fraction at a time by squaring. */
static uint32_t log2_fixed(uint64_t x)
{
	uint32_t whole = 0, frac = 0, i;

	while (x >= (uint64_t)2 << 16)
		x >>= 1, whole++;
	for (i = 0; i < 16; i++) {
		x = x * x >> 16;
		frac <<= 1;
		if (x >= (uint64_t)2 << 16) {
			x >>= 1;
			frac |= 1;
		}
	}
	return whole << 16 | frac;
}

static void add_scores(struct run *r)
{
	uint64_t n = r->s->stamp.documents, total = r->s->stamp.length ? r->s->stamp.length : 1, df = r->ntouched;
	/* ln(1 + (n - df + 0.5) / (df + 0.5)), 16.16: ln 2 is 45426 / 65536 */
	uint64_t idf = (uint64_t)log2_fixed(((2 * n + 2) << 16) / (2 * df + 1)) * 45426 >> 16;
	size_t i;

	for (i = 0; i < r->ntouched; i++) {
		uint32_t slot = r->touched[i];
		uint64_t tf = r->count[slot], len = r->length[slot];

		r->score[slot] += idf * tf * 2200 / (tf * 1000 + 300 + 900 * len * n / total);
		r->state[slot] |= HIT;
	}
}

/* ---- phrases ---- */

static bool phrase_in(const struct clause *c, struct stems *st, unsigned lang, struct str plain)
{
	struct words w = { plain, 0, 0 };
	struct str word;
	unsigned char *on = xmalloc(c->n + 1);	/* on[i]: the last word was the phrase's word i - 1 in a row */
	bool found = false;
	size_t i;

	memset(on, 0, c->n + 1);
	on[0] = 1;
	while (!found && words_next(&w, &word)) {
		struct str term = stems_term(st, word, lang);

		for (i = c->n; i > 0; i--)
			on[i] = on[i - 1] && has_term(&c->words[i - 1], term);
		found = on[c->n];
	}
	free(on);
	return found;
}

static uint32_t ordinal_of(const struct run *r, uint32_t slot)
{
	size_t seg = 0;

	while (seg + 1 < r->s->stamp.nsegments && r->base[seg + 1] <= slot)
		seg++;
	return segment_ordinal(&r->s->segments[seg], slot - r->base[seg]);
}

/* Which slots have the phrase: 1 in *has. */
static enum rc find_phrase(struct run *r, struct clause *c, unsigned char *has, struct err *e)
{
	uint32_t slots = r->base[r->s->stamp.nsegments], i;
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT, plain = BUF_INIT;
	struct record rec;
	enum rc rc = RC_OK;
	size_t w, j;

	memset(has, 0, slots);
	for (w = 0; w < c->n && !rc; w++) {
		rc = find_word(r, &c->words[w], false, true, e);
		for (j = 0; j < r->ntouched; j++)
			if (has[r->touched[j]] == (w > 255 ? 255 : w))
				has[r->touched[j]] = (unsigned char)(w + 1 > 255 ? 255 : w + 1);
	}
	for (i = 0; i < slots && !rc; i++) {
		if (has[i] != (c->n > 255 ? 255 : c->n)) {
			has[i] = 0;
			continue;
		}
		arena_reset(&a);
		buf_clear(&text);
		buf_clear(&plain);
		if ((rc = snap_by_ordinal(&rec, r->s, &a, ordinal_of(r, i), e)) || (rc = snap_text(&text, r->s, &rec, e)))
			break;
		record_plain(&plain, &rec, buf_str(&text));
		has[i] = phrase_in(c, index_stems(r->s->ix), record_stemmer(&rec, buf_str(&text)), buf_str(&plain));
	}
	arena_free(&a);
	buf_free(&text);
	buf_free(&plain);
	return rc;
}

static enum rc run_clause(struct run *r, struct clause *c, bool last, struct err *e)
{
	unsigned char *has = NULL;
	enum rc rc = RC_OK;
	size_t w, i, kept;

	if (c->phrase) {
		has = xmalloc(r->base[r->s->stamp.nsegments] + 1);
		if ((rc = find_phrase(r, c, has, e)))
			goto out;
	}
	for (w = 0; w < c->n && !rc; w++) {
		if ((rc = find_word(r, &c->words[w], last && !c->phrase, c->phrase || c->not, e)))
			break;
		if (has) {
			for (i = kept = 0; i < r->ntouched; i++) {
				if (has[r->touched[i]])
					r->touched[kept++] = r->touched[i];
				else
					r->count[r->touched[i]] = 0;
			}
			r->ntouched = kept;
		}
		if (c->not)
			for (i = 0; i < r->ntouched; i++)
				r->state[r->touched[i]] |= OUT;
		else
			add_scores(r);
	}
out:
	clear_counts(r);
	free(has);
	return rc;
}

/* ---- picking ---- */

struct pick {
	uint64_t score;
	uint32_t slot;
	struct str id;
};

/* Does a come before b? By score as it is shown, then by id. */
static bool before(const struct pick *a, const struct pick *b)
{
	return a->score != b->score ? a->score > b->score : str_cmp(a->id, b->id) < 0;
}

static void sift(struct pick *h, size_t n, size_t i)	/* the worst on top */
{
	for (;;) {
		size_t k = i * 2 + 1;
		struct pick t;

		if (k >= n)
			return;
		if (k + 1 < n && before(&h[k], &h[k + 1]))
			k++;
		if (!before(&h[i], &h[k]))
			return;
		t = h[i], h[i] = h[k], h[k] = t;
		i = k;
	}
}

static int by_rank(const void *x, const void *y)
{
	const struct pick *a = x, *b = y;

	return before(a, b) ? -1 : before(b, a) ? 1 : 0;
}

struct counts {
	struct facet *v;
	size_t n, cap;
	size_t *slots;			/* index into v, plus 1, by hash; a power of two, at most half full */
	size_t nslots;
};

static size_t counts_hash(const struct counts *c, const char *field, struct str value)
{
	uint64_t h = (uint64_t)(unsigned char)field[0] * 31 + (unsigned char)field[1];
	size_t i;

	for (i = 0; i < value.n; i++)
		h = (h ^ (unsigned char)value.p[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 31) & (c->nslots - 1);
}

static void count_value(struct counts *c, struct arena *a, const char *field, struct str value)
{
	size_t i, j;

	if (!value.n)
		return;
	if ((c->n + 1) * 2 > c->nslots) {
		c->nslots = c->nslots ? c->nslots * 2 : 256;
		c->slots = arena_array(a, c->nslots, sizeof *c->slots);
		for (j = 0; j < c->n; j++) {
			for (i = counts_hash(c, c->v[j].field, c->v[j].value); c->slots[i]; i = (i + 1) & (c->nslots - 1))
				;
			c->slots[i] = j + 1;
		}
	}
	for (i = counts_hash(c, field, value); c->slots[i]; i = (i + 1) & (c->nslots - 1)) {
		struct facet *f = &c->v[c->slots[i] - 1];

		if (f->field == field && str_eq(f->value, value)) {
			f->count++;
			return;
		}
	}
	if (c->n == c->cap)
		c->v = arena_grow(a, c->v, &c->cap, sizeof *c->v);
	c->v[c->n++] = (struct facet){ field, value, 1 };
	c->slots[i] = c->n;
}

static void count_record(struct counts *c, struct arena *a, const struct record *r)
{
	size_t i;

	count_value(c, a, filter_fields[0], r->kind);
	count_value(c, a, filter_fields[1], r->owner);
	for (i = 0; i < r->ncountries; i++)
		count_value(c, a, filter_fields[2], r->countries[i]);
	for (i = 0; i < r->ntopics; i++)
		count_value(c, a, filter_fields[3], r->topics[i]);
	count_value(c, a, filter_fields[4], r->lang);
	count_value(c, a, filter_fields[5], r->status);
	for (i = 0; i < r->nmeetings; i++)
		count_value(c, a, filter_fields[6], r->meetings[i]);
}

static size_t field_number(const char *field)
{
	size_t i;

	for (i = 0; i < FILTER_FIELDS; i++)
		if (filter_fields[i] == field)
			break;
	return i;
}

static int by_count(const void *x, const void *y)
{
	const struct facet *a = x, *b = y;
	size_t i = field_number(a->field), j = field_number(b->field);

	if (i != j)
		return i < j ? -1 : 1;
	if (a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return str_cmp(a->value, b->value);
}

/* Where nothing is looked for but the filters, every document is a hit of score 0, newest id order. */
static enum rc pick_best(struct result *res, struct run *r, const struct filters *f, size_t limit, bool facets, struct err *e)
{
	uint32_t slots = r->base[r->s->stamp.nsegments], i;
	bool filtered = filters_any(f), all = r->q->positive == 0;
	struct counts counts = { 0 };
	struct arena scratch = ARENA_INIT;
	struct pick *heap = arena_array(r->a, limit + 1, sizeof *heap);
	size_t n = 0, k;
	enum rc rc = RC_OK;

	for (i = 0; i < slots && !rc; i++) {
		struct pick p = { r->score[i] >> 6, i, STR_NONE };
		struct record rec;

		if (!r->length[i] || (r->state[i] & OUT) || !(all || (r->state[i] & HIT)))
			continue;
		if (filtered || facets) {
			if (!facets)
				arena_reset(&scratch);
			if ((rc = snap_by_ordinal(&rec, r->s, facets ? r->a : &scratch, ordinal_of(r, i), e)))
				break;
			if (filtered && !filters_match(f, &rec))
				continue;
			if (facets)
				count_record(&counts, r->a, &rec);
			p.id = rec.id;
		}
		res->total++;
		if (!limit || (n == limit && p.score < heap[0].score))
			continue;
		if (!p.id.n) {
			if ((rc = snap_by_ordinal(&rec, r->s, &scratch, ordinal_of(r, i), e)))
				break;
			p.id = rec.id;
		}
		if (n < limit) {
			heap[n++] = p;
			if (n == limit)
				for (k = n / 2; k-- > 0;)
					sift(heap, n, k);
		} else if (before(&p, &heap[0])) {
			heap[0] = p;
			sift(heap, n, 0);
		}
	}
	if (n)
		qsort(heap, n, sizeof *heap, by_rank);
	res->hits = arena_array(r->a, n, sizeof *res->hits);
	for (k = 0; k < n && !rc; k++) {
		res->hits[k].score = heap[k].score > UINT32_MAX ? UINT32_MAX : (uint32_t)heap[k].score;
		rc = snap_by_ordinal(&res->hits[k].record, r->s, r->a, ordinal_of(r, heap[k].slot), e);
	}
	res->n = n;
	if (counts.n)
		qsort(counts.v, counts.n, sizeof *counts.v, by_count);
	res->facets = counts.v;
	res->nfacets = counts.n;
	arena_free(&scratch);
	return rc;
}

enum rc query_run(struct result *res, struct arena *a, struct snap *s, struct query *q, const struct filters *f,
    size_t limit, bool facets, struct err *e)
{
	struct run r = { .s = s, .a = a, .q = q };
	struct buf note = BUF_INIT;
	size_t seg, i, last = SIZE_MAX;
	enum rc rc = RC_OK;
	uint32_t n = 0, k;

	*res = (struct result){ 0 };
	r.note = &note;
	r.base = arena_array(a, s->stamp.nsegments + 1, sizeof *r.base);
	for (seg = 0; seg < s->stamp.nsegments; seg++) {
		r.base[seg] = n;
		n += s->segments[seg].n;
	}
	r.base[seg] = n;
	if (limit > n)
		limit = n;
	r.length = xmalloc((n + 1) * sizeof *r.length);
	r.score = xmalloc((n + 1) * sizeof *r.score);
	r.count = xmalloc((n + 1) * sizeof *r.count);
	r.touched = xmalloc((n + 1) * sizeof *r.touched);
	r.state = xmalloc(n + 1);
	memset(r.score, 0, (n + 1) * sizeof *r.score);
	memset(r.count, 0, (n + 1) * sizeof *r.count);
	memset(r.state, 0, n + 1);
	for (seg = 0; seg < s->stamp.nsegments; seg++)
		for (k = 0; k < s->segments[seg].n; k++)
			r.length[r.base[seg] + k] = segment_length(&s->segments[seg], k);
	for (i = 0; q->open_end && i < q->n; i++)
		last = i;
	for (i = 0; i < q->n && !rc; i++)
		rc = run_clause(&r, &q->clauses[i], i == last, e);
	if (!rc)
		rc = pick_best(res, &r, f, limit, facets, e);
	if (note.n)
		res->note = arena_str(a, buf_str(&note));
	free(r.length);
	free(r.score);
	free(r.count);
	free(r.touched);
	free(r.state);
	buf_free(&note);
	return rc;
}

/* ---- snippets ---- */

struct mark { size_t from, to, word; };

static size_t which_word(const struct query *q, struct str term)
{
	size_t i, j, n = 0;

	for (i = 0; i < q->n; i++)
		for (j = 0; j < q->clauses[i].n; j++, n++)
			if (!q->clauses[i].not && has_term(&q->clauses[i].words[j], term))
				return n;
	return SIZE_MAX;
}

/* Lines as one row of words: single blanks, a colon behind a heading. */
static void running_text(struct buf *out, struct str plain)
{
	struct str line;
	size_t i;

	while (str_line(&line, &plain)) {
		bool heading = line.n && line.p[0] == PLAIN_HEADING;

		line = str_trim(str_sub(line, heading, line.n));
		if (!line.n)
			continue;
		if (out->n)
			buf_putc(out, ' ');
		for (i = 0; i < line.n; i++)
			if (!strchr(" \t", line.p[i]))
				buf_putc(out, line.p[i]);
			else if (out->p[out->n - 1] != ' ')
				buf_putc(out, ' ');
		if (heading)
			buf_putc(out, ':');
	}
}

/* Back to the beginning of a word, at most 24 bytes; forward alike. */
static size_t word_start(struct str s, size_t i)
{
	size_t from = i > 24 ? i - 24 : 0, k;

	for (k = i; k > from; k--)
		if (s.p[k - 1] == ' ' || s.p[k - 1] == '\n')
			return k;
	for (k = i; k > 0 && ((unsigned char)s.p[k] & 0xc0) == 0x80; k--)
		;
	return k;
}

enum rc query_snippet(struct snippet *out, struct arena *a, struct snap *s, const struct query *q,
    const struct record *r, struct err *e)
{
	struct buf text = BUF_INIT, plain = BUF_INIT, run = BUF_INIT;
	struct snippet sn = { 0 };
	struct mark *marks = NULL;
	struct words w;
	struct str body, word;
	size_t n = 0, cap = 0, i, j, best = 0, best_n = 0, from, to, skip;
	unsigned lang;
	enum rc rc;

	if ((rc = snap_text(&text, s, r, e)))
		goto out;
	record_plain(&plain, r, buf_str(&text));
	lang = record_stemmer(r, buf_str(&text));
	skip = r->title.n + 1;			/* the title is shown beside the snippet */
	running_text(&run, str_sub(buf_str(&plain), skip, plain.n));
	body = buf_str(&run);
	for (w = (struct words){ body, 0, 0 }; n < 4096 && words_next(&w, &word);) {
		size_t k = which_word(q, stems_term(index_stems(s->ix), word, lang));

		if (k == SIZE_MAX)
			continue;
		if (n == cap)
			marks = arena_grow(a, marks, &cap, sizeof *marks);
		marks[n].from = (size_t)(word.p - body.p);
		marks[n].to = marks[n].from + word.n;
		marks[n++].word = k;
	}
	for (i = 0; i < n; i++) {		/* the window that begins at mark i: different words, then words */
		uint64_t seen = 0;
		size_t value = 0;

		for (j = i; j < n && j < i + 64 && marks[j].to <= marks[i].from + SNIPPET * 3 / 4; j++) {
			value += seen >> (marks[j].word % 64) & 1 ? 1 : 100;
			seen |= (uint64_t)1 << marks[j].word % 64;
		}
		if (value > best_n) {
			best_n = value;
			best = i;
		}
	}
	from = n ? marks[best].from : 0;
	from = word_start(body, from > SNIPPET / 4 ? from - SNIPPET / 4 : 0);
	while (from < body.n && strchr(" \n", body.p[from]))
		from++;
	to = from + str_utf8_cut(str_sub(body, from, body.n), SNIPPET).n;
	if (to < body.n) {
		size_t k = word_start(body, to);

		to = k > from + SNIPPET / 2 ? k : to;
	}
	while (to > from && strchr(" \n", body.p[to - 1]))
		to--;
	sn.text = arena_str(a, str_sub(body, from, to));
	sn.cut_front = from > 0;
	sn.cut_back = to < body.n;
	sn.spans = arena_array(a, n, sizeof *sn.spans);
	for (i = 0; i < n; i++)
		if (marks[i].from >= from && marks[i].to <= to && (sn.n == 0 || marks[i].from - from >= sn.spans[sn.n - 1].to))
			sn.spans[sn.n++] = (struct span){ marks[i].from - from, marks[i].to - from };
	*out = sn;
out:
	buf_free(&text);
	buf_free(&plain);
	buf_free(&run);
	return rc;
}
