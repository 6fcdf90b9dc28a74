/* kb/cmd_search.c: colep search. */
#include "kb/cmd_card.h"
#include "kb/cmd_filters.h"
#include "kb/commands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "kb/base/file.h"
#include "kb/doc/kind.h"
#include "kb/index/hint.h"
#include "kb/text/fold.h"
#include "kb/cmd_as_site.h"

/* How a snippet's words are marked, and what else becomes of it. */
struct style { const char *on, *off; void (*add)(struct buf *b, struct str s); };
static const struct style in_text = { "[[", "]]", buf_str_add }, in_json = { "<mark>", "</mark>", buf_html_escape },
    on_screen = { (const char[]){ SCREEN_MARK, 0 }, (const char[]){ SCREEN_PLAIN, 0 }, buf_text_escape };

static struct str snippet(const struct ctx *c, const struct style *style, const struct snippet *sn)
{
	struct buf b = BUF_INIT;
	size_t i, at = 0;
	struct str s;

	if (sn->cut_front)
		buf_puts(&b, "… ");
	for (i = 0; i < sn->n; at = sn->spans[i++].to) {
		style->add(&b, str_sub(sn->text, at, sn->spans[i].from));
		buf_puts(&b, style->on);
		style->add(&b, str_sub(sn->text, sn->spans[i].from, sn->spans[i].to));
		buf_puts(&b, style->off);
	}
	style->add(&b, str_sub(sn->text, at, sn->text.n));
	if (sn->cut_back)
		buf_puts(&b, " …");
	s = arena_str(c->arena, buf_str(&b));
	buf_free(&b);
	return s;
}

struct answer {				/* a hit, and the node it is from */
	struct hit hit;
	struct str snippet, card;	/* card: the quiet line, on a terminal */
	size_t dir;
};

static int by_rank(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;
	int k;

	if (a->hit.score != b->hit.score)
		return a->hit.score > b->hit.score ? -1 : 1;
	k = str_cmp(a->hit.id, b->hit.id);
	return k ? k : (a->dir > b->dir) - (a->dir < b->dir);
}

static void put(struct ctx *c, struct out *o, const struct answer *a, size_t rank)
{
	const struct record *r = &a->hit.record;

	if (a->card.n) {
		fputs(rank > 1 ? "\n" : "", c->out);
		screen_card(&c->screen, r->title, a->card, a->snippet);
		return;
	}
	out_begin(o);
	out_number(o, "rank", (int64_t)rank);
	out_text(o, "id", a->hit.id);
	out_number(o, "score", a->hit.score);
	out_text(o, "title", r->title);
	out_text(o, "kind", r->kind);
	out_text(o, "owner", r->owner);
	out_text(o, "lang", r->lang);
	out_text(o, "path", c->ndirs > 1 ? cstr(path_join(c->arena, c->dirs[a->dir], arena_cstr(c->arena, r->path))) : r->path);
	out_text(o, "snippet", a->snippet);
	out_end(o);
}

/* On a terminal, a paragraph for each field, apart from the hits. */
static void facet_cards(struct ctx *c, const struct facet *v, size_t n, bool hits)
{
	struct buf line = BUF_INIT;
	size_t i;

	if (hits && n)
		putc('\n', c->out);
	for (i = 0; i < n; i++) {
		const bool begins = !i || strcmp(v[i].field, v[i - 1].field) != 0;

		if (begins)
			buf_printf(&line, "%s: ", v[i].field);
		else
			buf_puts(&line, ", ");
		buf_text_escape(&line, v[i].value);
		buf_printf(&line, " %u", v[i].count);
		if (i + 1 == n || strcmp(v[i].field, v[i + 1].field) != 0) {
			screen_text(&c->screen, 0, 0, buf_str(&line));
			buf_clear(&line);
		}
	}
	buf_free(&line);
}

static void put_facet(struct ctx *c, struct out *o, const struct facet *f)
{
	out_begin(o);
	if (c->json) {
		out_text(o, "facet", cstr(f->field));
	} else {
		out_text(o, "", STR("facet"));
		out_text(o, "", cstr(f->field));
	}
	out_text(o, "value", f->value);
	out_number(o, "count", f->count);
	out_end(o);
}

static void put_facets(struct ctx *c, struct out *o, const struct facet *v, size_t n, bool hits)
{
	size_t i;

	if (cmd_to_screen(c))
		facet_cards(c, v, n, hits);
	else
		for (i = 0; i < n; i++)
			put_facet(c, o, &v[i]);
}

struct facets {				/* of several nodes, added up */
	struct facet *v;
	size_t n, cap;
};

static void add_facets(struct facets *all, struct arena *a, const struct facet *v, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < all->n && !(strcmp(all->v[j].field, v[i].field) == 0 && str_eq(all->v[j].value, v[i].value)); j++)
			;
		if (j < all->n) {
			all->v[j].count += v[i].count;
			continue;
		}
		if (all->n == all->cap)
			all->v = arena_grow(a, all->v, &all->cap, sizeof *all->v);
		all->v[all->n] = v[i];
		all->v[all->n++].value = arena_str(a, v[i].value);
	}
}

static size_t field_number(const char *field)
{
	size_t i;

	for (i = 0; i < FILTER_FIELDS && strcmp(filter_fields[i], field) != 0; i++)
		;
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

/* What is printed of a record, for longer than its snapshot. */
static void keep(struct record *r, struct arena *a)
{
	struct str *const shown[] = { &r->title, &r->kind, &r->owner, &r->lang, &r->path };
	size_t i;

	for (i = 0; i < sizeof shown / sizeof *shown; i++)
		if (shown[i]->p)
			*shown[i] = arena_str(a, *shown[i]);
}

static uint64_t microseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Where queries are asked: the node's index, or the site's. */
struct ranking {
	struct reading in;
	const struct as_site *as_site;	/* NULL: the node's */
	void *site;
};

static enum rc ranking_open(struct ranking *r, struct ctx *c, const char *audience, struct err *e)
{
	return r->as_site ? r->as_site->open(&r->site, c, c->dir, audience, e) : reading_open(&r->in, c, c->dir, e);
}

static void ranking_close(struct ranking *r)
{
	if (r->as_site)
		r->as_site->close(r->site);
	else
		reading_close(&r->in);
}

static enum rc ask(struct result *res, struct arena *a, struct ranking *r, struct str text, const struct filters *filters,
    uint64_t limit, struct err *e)
{
	struct filters f = *filters;
	struct query *q;
	enum rc rc;

	if (r->as_site)
		return r->as_site->run(res, a, r->site, text, &f, limit, e);
	if ((rc = query_parse(&q, &f, a, text, e)))
		return rc;
	return query_run(res, a, r->in.snap, q, &f, limit, COUNT_NONE, e);
}

static int batch(struct ctx *c, struct ranking *r, const char *audience, const char *file, const struct filters *filters,
    uint64_t limit, bool timing)
{
	struct buf text = BUF_INIT;
	struct err e = ERR_INIT;
	struct str rest, line, qid;
	struct out o;
	enum rc rc;
	size_t i;

	cmd_out(&o, c);
	if ((rc = file_read_stream(&text, file, (size_t)256 << 20, &e)) || (rc = ranking_open(r, c, audience, &e)))
		goto out;
	for (rest = buf_str(&text); !rc && str_line(&line, &rest);) {
		struct arena a = ARENA_INIT;
		struct result res = { 0 };
		uint64_t start = microseconds();

		if (!str_split(&qid, &line, '\t') || !qid.n)
			continue;
		rc = ask(&res, &a, r, line, filters, limit, &e);
		if (timing)
			fprintf(c->err, "%.*s %llu\n", FMT_STR(qid), (unsigned long long)(microseconds() - start));
		for (i = 0; i < res.n && !rc; i++) {
			out_begin(&o);
			out_text(&o, "qid", qid);
			out_text(&o, "id", res.hits[i].id);
			out_number(&o, "rank", (int64_t)i + 1);
			out_number(&o, "score", res.hits[i].score);
			out_end(&o);
		}
		if (rc == RC_INVALID) {
			cmd_say(c, "%.*s: %s", FMT_STR(qid), e.msg);
			rc = RC_OK;
		}
		arena_free(&a);
	}
out:
	out_close(&o);
	ranking_close(r);
	buf_free(&text);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}

/* --as-site: hits in the site's order; a summary instead of a snippet, as on the page. */
static int as_site(struct ctx *c, struct ranking *r, const char *audience, struct str text, const struct filters *f,
    uint64_t limit)
{
	struct result res = { 0 };
	struct err e = ERR_INIT;
	struct out o;
	size_t i;
	enum rc rc;

	if (!(rc = ranking_open(r, c, audience, &e)))
		rc = ask(&res, c->arena, r, text, f, limit, &e);
	if (rc == RC_INVALID) {
		ranking_close(r);
		return cmd_usage(c, "%s", e.msg);
	}
	cmd_out(&o, c);
	for (i = 0; i < res.n && !rc; i++) {
		const struct snippet sn = { .text = res.hits[i].record.summary };

		put(c, &o, &(struct answer){ .hit = res.hits[i], .snippet = snippet(c, c->json ? &in_json : &in_text, &sn) }, i + 1);
	}
	out_close(&o);
	if (rc)
		cmd_fail(c, &e);
	else if (!res.total)
		cmd_say(c, "nothing found; try fewer or other words");
	ranking_close(r);
	return rc ? EXIT_FAIL : res.total ? EXIT_YES : EXIT_NO;
}

static bool has_word(struct str text, struct str surface)
{
	struct words w = { text, 0, 0 };
	struct buf b = BUF_INIT;
	struct str word;
	bool yes = false;

	while (!yes && words_next(&w, &word)) {
		buf_clear(&b);
		text_surface(&b, word);
		yes = str_eq(buf_str(&b), surface);
	}
	buf_free(&b);
	return yes;
}

/* Is a code called so: by its label, one of its words, or in another language? "Macedonia" is MK, "réunion" meeting. */
static bool called(const struct vocab *v, struct str code, struct str want)
{
	static const char *const tables[] = { "countries", "institutions", "topics" };
	const struct term *m = NULL;
	struct buf upper = BUF_INIT, surface = BUF_INIT;
	bool yes;
	size_t i;

	for (i = 0; i < code.n; i++)		/* owners are countries' codes in small letters */
		buf_putc(&upper, (char)(code.p[i] >= 'a' && code.p[i] <= 'z' ? code.p[i] - 32 : code.p[i]));
	for (i = 0; i < sizeof tables / sizeof *tables && !m; i++)
		if (vocab_table(v, cstr(tables[i])))
			m = vocab_term(vocab_table(v, cstr(tables[i])), i ? code : buf_str(&upper));
	text_surface(&surface, want);
	yes = (m && (str_eq(m->label, want) || (want.n > 3 && has_word(m->label, buf_str(&surface))))) || hint_names(want, code);
	buf_free(&upper);
	buf_free(&surface);
	return yes;
}

/* A value that a filter asks for, and the nearest to it that documents have. */
struct wish {
	const char *field;
	struct str value, near;
	size_t best;			/* how far off, one more than that as long as there is none */
	bool there;			/* one has just this */
};

/* Among the values of one more node. */
static void wish_look(struct wish *w, struct arena *a, const struct result *res, const struct vocab *v)
{
	const struct str want = w->value;
	size_t k, d;

	for (k = 0; k < res->nfacets; k++) {
		const struct str have = res->facets[k].value;

		if (strcmp(res->facets[k].field, w->field) != 0)
			continue;
		w->there |= want.n == have.n && strncasecmp(want.p, have.p, want.n) == 0;
		d = w->best && called(v, have, want) ? 0 :
		    want.n > 2 && str_alike(want, have) + (want.n > 4) >= want.n ? 1 : str_distance(want, have, 2);
		if (d < w->best) {
			w->best = d;
			w->near = arena_str(a, have);
		}
	}
}

/* Add the languages of one more node, in a line; *other: none is this one. */
static void add_langs(struct buf *langs, bool *other, const struct result *res, struct str lang)
{
	const struct str sep = STR(", ");
	struct buf with = BUF_INIT, all = BUF_INIT;
	size_t i;

	for (i = 0; i < res->nfacets; i++) {
		const struct str have = res->facets[i].value;

		if (strcmp(res->facets[i].field, "lang") != 0)
			continue;
		*other &= !str_eq(str_sub(have, 0, str_chr(have, '-')), lang);
		buf_clear(&with);
		buf_clear(&all);
		buf_printf(&with, "%.*s%.*s%.*s", FMT_STR(sep), FMT_STR(have), FMT_STR(sep));
		buf_printf(&all, "%.*s%.*s%.*s", FMT_STR(sep), FMT_STR(buf_str(langs)), FMT_STR(sep));
		if (str_find(buf_str(&all), buf_str(&with)) == SIZE_MAX)
			buf_printf(langs, "%s%.*s", langs->n ? ", " : "", FMT_STR(have));
	}
	buf_free(&with);
	buf_free(&all);
}

/* How often each value is there, in all documents of a node. */
static bool count_all(struct result *res, const struct vocab **v, struct ctx *c, struct snap *snap)
{
	struct filters all = FILTERS_INIT;
	struct err e = ERR_INIT;
	struct query *q;
	size_t i;

	for (i = 0; kinds[i].name; i++)		/* of any kind: every document */
		(void)filters_add(&all, c->arena, cstr(filter_fields[0]), cstr(kinds[i].name));
	return !query_parse(&q, &all, c->arena, STR_NONE, &e) && !query_run(res, c->arena, snap, q, &all, 0, COUNT_FACETS, &e) &&
	    !snap_vocab(v, snap, &e);
}

void filters_offer(struct ctx *c, const struct filters *f, struct str text)
{
	const struct str lang = cstr(text_language(text));
	const char *of = c->ndirs > 1 ? " of these nodes" : "";
	struct wish *wishes = NULL;
	struct err e = ERR_INIT;
	struct buf langs = BUF_INIT;
	size_t i, j, n, d, nwishes = 0, cap = 0;
	bool other = lang.n > 0, whole = true;

	for (i = 0; i < FILTER_FIELDS; i++) {
		const struct str *list = filters_list(&n, f, i);

		for (j = 0; j < n; j++) {
			if (nwishes == cap)
				wishes = arena_grow(c->arena, wishes, &cap, sizeof *wishes);
			wishes[nwishes++] = (struct wish){ .field = filter_fields[i], .value = list[j], .best = list[j].n > 4 ? 3 : 2 };
		}
	}
	for (d = 0; d < c->ndirs && whole && (nwishes || other); d++) {
		const struct vocab *v;
		struct result res;
		struct reading in;

		if (reading_open(&in, c, c->dirs[d], &e))
			return;
		whole = count_all(&res, &v, c, in.snap);
		for (i = 0; whole && i < nwishes; i++)
			wish_look(&wishes[i], c->arena, &res, v);
		if (whole)
			add_langs(&langs, &other, &res, lang);
		reading_close(&in);
	}
	for (i = 0; whole && i < nwishes; i++) {
		const struct wish *w = &wishes[i];

		if (!w->there && w->near.n)
			cmd_say(c, "%s %.*s: no document%s has it; did you mean %.*s", w->field, FMT_STR(w->value), of, FMT_STR(w->near));
		else if (!w->there)
			cmd_say(c, "%s %.*s: no document%s has it%s", w->field, FMT_STR(w->value), of, text.n ? "; --facets shows what there is" : "");
	}
	if (whole && other && langs.n)
		cmd_say(c, "no document%s is in the language of these words, which looks like %.*s; there are %.*s", of,
		    FMT_STR(lang), FMT_STR(buf_str(&langs)));
	buf_free(&langs);
}

/* All words of the command line as one query; a word with blanks in it was quoted, so it is a phrase. */
static struct str join(struct ctx *c, int left, char **argv)
{
	struct buf b = BUF_INIT;
	struct str s;
	int i;

	for (i = 1; i < left; i++) {
		bool phrase = left > 2 && strchr(argv[i] + (argv[i][0] == ' '), ' ') && !strchr(argv[i], '"');

		buf_printf(&b, "%s%s", i > 1 ? " " : "", phrase ? "\"" : "");
		buf_puts(&b, argv[i]);
		buf_puts(&b, phrase ? "\"" : "");
	}
	s = arena_str(c->arena, buf_str(&b));
	buf_free(&b);
	return s;
}

/* Is it an option with its number behind ("-n5"), or a long one with a dash too few, which is told? */
static bool option_like(const char *arg, const struct opt *o)
{
	return strcmp(arg + 1, o->name) == 0 || (o->type == OPT_NUMBER && o->letter == arg[1] && !arg[2 + strspn(arg + 2, "0123456789")]);
}

/* "-word" leaves a word out, as it does within a query; with a blank in front it is no option. */
static void words_left_out(struct ctx *c, int argc, char **argv, const struct opt *opts, size_t n)
{
	size_t k;
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (argv[i][0] != '-' || argv[i][1] == '-' || strlen(argv[i]) < 3)
			continue;
		for (k = 0; k < n && !option_like(argv[i], &opts[k]); k++)
			;
		if (k == n)
			argv[i] = arena_printf(c->arena, strpbrk(argv[i], " \t") && argv[i][1] != '"' ? " -\"%s\"" : " -%s", argv[i] + 1);
	}
}

int cmd_search(struct ctx *c, int argc, char **argv)
{
	struct filter_args args = { 0 };
	struct filters f = FILTERS_INIT, asked = FILTERS_INIT;	/* asked: those of the query too */
	const char *batch_file = NULL, *audience = NULL;
	bool facets = false, timing = false, site = false;
	struct ranking ranking = { 0 };
	uint64_t limit = 10, total = 0;
	struct opt opts[FILTER_OPTIONS + 6];
	struct answer *answers = NULL;
	struct facets all = { 0 };
	size_t n = 0, cap = 0, d, i;
	struct err e = ERR_INIT;
	struct str text;
	struct out o;
	enum rc rc = RC_OK;
	int left, status;

	filter_options(opts, &args);
	opts[FILTER_OPTIONS] = (struct opt){ "limit", 'n', OPT_NUMBER, &limit, "N", "at most so many hits; default: 10" };
	opts[FILTER_OPTIONS + 1] = (struct opt){ "facets", 0, OPT_FLAG, &facets, NULL, "count the hits by kind, owner, country …" };
	opts[FILTER_OPTIONS + 2] = (struct opt){ "batch", 0, OPT_TEXT, &batch_file, "FILE", "queries from a file (- for standard input): qid TAB query" };
	opts[FILTER_OPTIONS + 3] = (struct opt){ "timing", 0, OPT_FLAG, &timing, NULL, "tell each query's microseconds" };
	opts[FILTER_OPTIONS + 4] = (struct opt){ "as-site", 0, OPT_FLAG, &site, NULL, "find and rank as the static site does" };
	opts[FILTER_OPTIONS + 5] = (struct opt){ "audience", 0, OPT_TEXT, &audience, "public|community",
	    "of that site; default public" };
	words_left_out(c, argc, argv, opts, sizeof opts / sizeof *opts);
	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof *opts)) >= 0)
		return status;
	if ((status = filter_read(&f, c, &args)) >= 0)
		return status;
	if (limit > 100000)
		limit = 100000;
	if (site && (facets || c->ndirs > 1))
		return cmd_usage(c, "--as-site asks one node, and its page counts facets itself");
	if (audience && !site)
		return cmd_usage(c, "--audience goes with --as-site");
	ranking.as_site = site ? c->as_site : NULL;
	if (batch_file)
		return left > 1 ? cmd_usage(c, "--batch takes its queries from the file")
		    : batch(c, &ranking, audience, batch_file, &f, limit, timing);
	text = join(c, left, argv);
	if (site)
		return as_site(c, &ranking, audience, text, &f, limit);
	cmd_out(&o, c);
	for (d = 0; d < c->ndirs && !rc; d++) {
		struct filters mine = f;
		struct result res = { 0 };
		struct reading in;
		struct query *q;
		uint64_t start;

		if ((rc = query_parse(&q, &mine, c->arena, text, &e)) == RC_INVALID) {
			out_close(&o);
			return cmd_usage(c, "%s", e.msg);
		}
		if (rc || (rc = reading_open(&in, c, c->dirs[d], &e)))
			break;
		start = microseconds();
		rc = query_run(&res, c->arena, in.snap, q, &mine, limit, facets ? COUNT_FACETS : limit ? COUNT_NONE : COUNT_TOTAL, &e);
		if (timing)
			fprintf(c->err, "%llu\n", (unsigned long long)(microseconds() - start));
		if (!rc)
			rc = query_records(&res, c->arena, in.snap, &e);
		for (i = 0; i < res.n && !rc; i++) {
			const struct record *r = &res.hits[i].record;
			struct snippet sn;
			struct str card;

			if ((rc = query_snippet(&sn, c->arena, in.snap, q, r, &e)) ||
			    (rc = card_line(&card, c, in.snap, c->dirs[d], r, &e)))
				break;
			if (n == cap)
				answers = arena_grow(c->arena, answers, &cap, sizeof *answers);
			answers[n++] = (struct answer){ .hit = res.hits[i], .dir = d,
			    .snippet = snippet(c, c->json ? &in_json : cmd_to_screen(c) ? &on_screen : &in_text, &sn),
			    .card = card };
		}
		if (c->ndirs == 1) {
			for (i = 0; i < n; i++)
				put(c, &o, &answers[i], i + 1);
			put_facets(c, &o, res.facets, res.nfacets, n > 0);
		} else {		/* the records borrow this node's snapshot */
			for (i = 0; i < n; i++)
				if (answers[i].dir == d)
					keep(&answers[i].hit.record, c->arena);
			add_facets(&all, c->arena, res.facets, res.nfacets);
		}
		if (res.note.n)
			cmd_say(c, "%.*s", FMT_STR(res.note));
		total += res.total;
		reading_close(&in);
		asked = mine;
	}
	if (!rc && c->ndirs > 1) {
		if (n)
			qsort(answers, n, sizeof *answers, by_rank);
		for (i = 0; i < n && i < limit; i++)
			put(c, &o, &answers[i], i + 1);
		if (all.n)
			qsort(all.v, all.n, sizeof *all.v, by_count);
		put_facets(c, &o, all.v, all.n, n && limit);
	}
	out_close(&o);
	if (rc)
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!total)
		filters_offer(c, &asked, text);
	if (!total)
		cmd_say(c, "nothing found; try fewer or other words");
	return total ? EXIT_YES : EXIT_NO;
}
