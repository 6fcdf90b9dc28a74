/* kb/index/query.c: see query.h: filters, the language of queries, snippets. What ranks stands in rank.c. */
#include "kb/index/query.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kb/base/date.h"
#include "kb/doc/doc.h"
#include "kb/index/clause.h"
#include "kb/index/parts.h"
#include "kb/index/plain.h"

enum { WORDS_MAX = 1000, SNIPPET = 240 };

const char *const filter_fields[FILTER_FIELDS] = { "kind", "owner", "country", "topic", "lang", "status", "meeting" };

/* ---- filters ---- */

static struct str **list_of(struct filters *f, size_t i, size_t **n)
{
	struct str **lists[] = { &f->kind, &f->owner, &f->country, &f->topic, &f->lang, &f->status, &f->meeting };
	size_t *counts[] = { &f->nkind, &f->nowner, &f->ncountry, &f->ntopic, &f->nlang, &f->nstatus, &f->nmeeting };

	*n = counts[i];
	return lists[i];
}

const struct str *filters_list(size_t *n, const struct filters *f, size_t i)
{
	struct filters copy = *f;
	struct str **list;
	size_t *count;

	list = list_of(&copy, i, &count);
	*n = *count;
	return *list;
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

bool filters_any(const struct filters *f)
{
	return f->nkind || f->nowner || f->ncountry || f->ntopic || f->nlang || f->nstatus || f->nmeeting || f->since <= f->until;
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

/* ---- parsing ---- */

static void add_word(struct clause *c, size_t *cap, struct arena *a, struct str raw)
{
	if (c->n == *cap)
		c->words = arena_grow(a, c->words, cap, sizeof *c->words);
	c->words[c->n++] = (struct word){ .raw = raw };
}

static void add_clause(struct query *q, size_t *cap, struct arena *a, struct str text, bool phrase, bool not, bool must, size_t *words)
{
	struct words w = { text, 0, 0 };
	struct clause c = { .phrase = phrase, .not = not, .must = must };
	struct str word;
	size_t wcap = 0;

	while (*words <= WORDS_MAX && words_next(&w, &word)) {
		if (!phrase)
			c = (struct clause){ .not = not, .must = must }, wcap = 0;
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

/* The id of a document, as one word (record_words): beside its parts, so that this document is the first. */
static void add_id(struct query *q, size_t *cap, struct arena *a, struct str id, bool not)
{
	struct clause c = { .not = not };
	size_t wcap = 0;

	add_word(&c, &wcap, a, id);
	if (q->n == *cap)
		q->clauses = arena_grow(a, q->clauses, cap, sizeof *q->clauses);
	q->clauses[q->n++] = c;
	q->positive += !not;
}

/* "hawala?" is whole: nobody is still typing it. "hawal*" is not: so others write a beginning. */
static bool ends_in_word(struct str s)
{
	struct words w = { s, 0, 0 };
	struct str word = STR_NONE;

	s.n -= s.n && s.p[s.n - 1] == '*';
	while (words_next(&w, &word))
		;
	return word.n && word.p + word.n == s.p + s.n;
}

enum rc query_parse(struct query **out, struct filters *f, struct arena *a, struct str text, struct err *e)
{
	struct query *q = arena_alloc(a, sizeof *q);
	size_t cap = 0, words = 0, i = 0, start, end, colon;
	bool filtered = filters_any(f);

	text = arena_str(a, text);
	while (i < text.n && words <= WORDS_MAX) {
		bool not = false, must = false;

		while (i < text.n && strchr(" \t\r\n", text.p[i]))
			i++;
		if (i < text.n && text.p[i] == '-' && i + 1 < text.n && !strchr(" \t-", text.p[i + 1])) {
			not = true;
			i++;
		} else if (i < text.n && text.p[i] == '+' && i + 1 < text.n && !strchr(" \t+", text.p[i + 1])) {
			must = true;
			i++;
		}
		if (i < text.n && text.p[i] == '"') {
			end = str_chr(str_sub(text, i + 1, text.n), '"');
			end = end == SIZE_MAX ? text.n : i + 1 + end;	/* no closing quote: to the end */
			add_clause(q, &cap, a, str_sub(text, i + 1, end), true, not, must, &words);
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
		if (!not && !q->no_date.n && colon != SIZE_MAX && start + colon + 1 < i &&
		    (str_is(str_sub(text, start, start + colon), "since") || str_is(str_sub(text, start, start + colon), "until")))
			q->no_date = str_sub(text, start, i);
		add_clause(q, &cap, a, str_sub(text, start, i), false, not, must, &words);
		if (doc_id_valid(str_sub(text, start, start + str_chr(str_sub(text, start, i), '.')), NULL, NULL))
			add_id(q, &cap, a, str_sub(text, start, i), not);
		q->open_end = !not && i == text.n && ends_in_word(str_sub(text, start, i));
	}
	if (words > WORDS_MAX)
		return err_set(e, RC_INVALID, "a query of more than 1,000 words; shorten it");
	if (!q->positive && !filtered)
		return err_set(e, RC_INVALID, q->n ? "only words to leave out; add one to look for" : "no word to look for");
	*out = q;
	return RC_OK;
}

void query_typing(struct query *q)
{
	q->typing = true;
}

/* ---- snippets ---- */

struct mark { size_t from, to, word; };

static size_t which_word(const struct query *q, struct str term)
{
	size_t i, j, n = 0;

	for (i = 0; i < q->n; i++)
		for (j = 0; j < q->clauses[i].n; j++, n++)
			if (!q->clauses[i].not && word_has(&q->clauses[i].words[j], term))
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
