/* kb/index/hint.c: see hint.h.
 *
 * A word of the query is compared with the names whose first bytes are its own: by surface, then by stem in the name's
 * language, since "встречи" is a form of "встреча" that no table has. */
#include "kb/index/hint.h"

#include <string.h>
#include <strings.h>

#include "kb/base/arena.h"
#include "kb/doc/called.h"
#include "kb/index/bm25.h"
#include "kb/index/clause.h"
#include "kb/index/parts.h"

enum { BEGIN = 4, STEM_FROM = 4 };	/* BEGIN: bytes that both begin with; STEM_FROM: letters of a word that is stemmed */
enum { HINT = 2 };			/* it counts as so many words that are rarer than it is */
_Static_assert(BEGIN == sizeof *called_heads, "the head of a name tells what it begins with");
enum { COUNTRY = 3, QUESTION = 2 };	/* COUNTRY: bytes of its code; QUESTION: so many other words more are none */

/* A word of the query. */
struct asked {
	struct str raw, surface;	/* surface empty: it names nothing */
	struct str *stems;		/* by language, once asked for; NULL: none was */
};

static struct str begin_of(struct str surface)
{
	return str_sub(surface, 0, surface.n < BEGIN ? surface.n : BEGIN);
}

/* The first name that is not before these bytes, BEGIN at most. */
static size_t first_of(struct str begin)
{
	const uint32_t head = called_head(begin);
	size_t from = 0, to = called_n;

	while (from < to) {
		size_t mid = (from + to) / 2;

		if (called_heads[mid] < head)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static struct str stem_of(struct asked *w, struct arena *a, struct stems *stems, unsigned lang)
{
	if (!w->stems)
		w->stems = arena_array(a, LANGS, sizeof *w->stems);
	if (!w->stems[lang].p)
		w->stems[lang] = arena_str(a, stems_term(stems, w->raw, lang));
	return w->stems[lang];
}

/* How many words in a row are a name; 0: they are none. */
static size_t named(struct called_name name, struct asked *w, size_t n, struct arena *a, struct stems *stems)
{
	struct str surface, stem;
	size_t i;

	for (i = 0; str_split(&surface, &name.surfaces, ' '); i++) {
		str_split(&stem, &name.stems, ' ');
		if (i == n || !w[i].surface.n)
			return 0;
		if (!str_eq(surface, w[i].surface) && !(name.lang && name.lang < LANGS && str_eq(begin_of(surface), begin_of(w[i].surface)) &&
		    str_utf8_count(w[i].surface) >= STEM_FROM && str_eq(stem, stem_of(&w[i], a, stems, name.lang))))
			return 0;
	}
	return i;
}

static bool has(const struct str *v, size_t n, struct str code)
{
	size_t i;

	for (i = 0; i < n && !str_eq(v[i], code); i++)
		;
	return i < n;
}

/* One word, which may be of a name or make a question; not what is a phrase or must not be there. */
static bool plain(const struct clause *c)
{
	return !c->phrase && !c->not;
}

void hints_find(struct hints *h, struct arena *a, struct stems *stems, const struct query *q)
{
	struct asked *w = arena_array(a, q->n, sizeof *w);
	struct buf b = BUF_INIT;
	size_t i, k, words, longest;

	*h = (struct hints){ .ask = arena_array(a, q->n, sizeof *h->ask), .names = arena_array(a, q->n, sizeof *h->names) };
	for (i = 0; i < q->n; i++) {
		if (!plain(&q->clauses[i]))
			continue;
		buf_clear(&b);
		w[i].raw = q->clauses[i].words[0].raw;
		called_surface(&b, w[i].raw);
		w[i].surface = arena_str(a, buf_str(&b));
	}
	for (i = 0; i < q->n; i += longest ? longest : 1) {
		const struct str begin = begin_of(w[i].surface);
		const size_t from = h->n;

		longest = 0;
		for (k = begin.n ? first_of(begin) : called_n; k < called_n && str_starts(called_line(k), begin); k++) {
			const struct called_name name = called_name(k);

			words = named(name, &w[i], q->n - i, a, stems);
			if (!words || words < longest)
				continue;
			if (words > longest) {
				h->n = from;
				h->ask[i] = false;
			}
			longest = words;
			if (str_is(name.code, "0ask"))
				h->ask[i] = true;
			else if (h->n < HINTS_MAX && !has(h->codes, h->n, name.code))
				h->codes[h->n++] = name.code;
		}
		if (longest && h->ask[i])	/* what makes a question names nothing */
			h->n = from;
		for (k = i; k < i + longest; k++)
			h->names[k] = !h->ask[i];
		h->others += !longest && !q->clauses[i].not;
	}
	buf_free(&b);
}

uint32_t hint_weight(uint32_t idf, struct str code, size_t others, bool asks)
{
	const size_t none = (code.n == COUNTRY ? 1u : 0u) + (asks ? QUESTION : 0u), n = others > none + 1 ? others - none : 1;

	return HINT * (idf + BM25_ONE / 2) / (uint32_t)(n * n);
}

bool hint_names(struct str name, struct str code)
{
	struct filters none = FILTERS_INIT;
	struct arena a = ARENA_INIT;
	struct stems *stems = stems_open_once();
	struct hints h = { .n = 0 };
	struct err e = ERR_INIT;
	struct query *q;
	bool yes = false;

	if (!query_parse(&q, &none, &a, name, &e))
		hints_find(&h, &a, stems, q);
	while (h.n-- && !yes)
		yes = code.n == h.codes[h.n].n - 1 && strncasecmp(h.codes[h.n].p + 1, code.p, code.n) == 0;
	stems_close(stems);
	arena_free(&a);
	return yes;
}
