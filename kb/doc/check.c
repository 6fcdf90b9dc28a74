/* kb/doc/check.c: see check.h. What a document must have comes from the table of kinds; this file holds the
 * rules that go across keys, and reads the body line by line. Personal data: personal.c. */
#include "kb/doc/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/date.h"
#include "kb/limits.h"

struct checker {
	struct findings *f;
	struct arena *a;
	const struct check_env *env;
	const struct doc *d;
	const struct kind *kind;
	bool translation;
};

void finding_add(struct findings *f, struct arena *a, struct place place, enum level level, const char *rule,
    const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (f->n == f->cap)
		f->v = arena_grow(a, f->v, &f->cap, sizeof *f->v);
	f->v[f->n++] = (struct finding){ place, level, rule, arena_str(a, str_utf8_cut(cstr(text), 1000)), false };
}

#define ADD(c, place, level, rule, ...) finding_add((c)->f, (c)->a, place, level, rule, __VA_ARGS__)
#define AT_FILE ((struct place){ 0, 0 })
#define AT_FRONT ((struct place){ 1, 1 })

static struct place place_of(const struct checker *c, const char *name)
{
	const struct key *k = front_key(&c->d->front, name);

	return k ? k->place : AT_FRONT;
}

/* A value as messages show it: not at all, when it looks like personal data. */
static const char *shown(const struct checker *c, struct str v)
{
	struct findings f = { 0 };

	check_personal(&f, c->a, v, 1, false);
	return f.n ? "***" : arena_cstr(c->a, str_utf8_cut(v, 200));
}

static struct str nearest_word(const char *words, struct str got)
{
	struct str rest = cstr(words), w, near = STR_NONE;
	size_t d, best = 4;

	while (str_split(&w, &rest, ' '))
		if ((d = str_distance(w, got, 3)) < best) {
			best = d;
			near = w;
		}
	return near;
}

static bool all_digits(struct str s)
{
	uint64_t v;

	return str_u64(&v, s);
}

static bool grading_valid(struct str v)
{
	struct str rest = v, scale;

	if (!str_split(&scale, &rest, ':'))
		return false;
	if (str_is(scale, "admiralty"))
		return rest.n == 2 && rest.p[0] >= 'A' && rest.p[0] <= 'F' && rest.p[1] >= '1' && rest.p[1] <= '6';
	if (str_is(scale, "4x4"))
		return rest.n == 2 && strchr("ABCX", rest.p[0]) && rest.p[1] >= '1' && rest.p[1] <= '4';
	if (str_is(scale, "3x5x2"))
		return rest.n == 3 && rest.p[0] >= '1' && rest.p[0] <= '3' && rest.p[1] >= 'A' && rest.p[1] <= 'E' &&
		    (rest.p[2] == 'P' || rest.p[2] == 'C');
	return false;
}

/* An owner's code: a country in small letters, or an institution. Upper case is taken too, as countries are
 * written elsewhere. */
static bool owner_known(const struct checker *c, struct str v, struct str *near)
{
	const struct vocab_table *countries = vocab_table(c->env->vocab, STR("countries"));
	const struct vocab_table *institutions = vocab_table(c->env->vocab, STR("institutions"));
	char up[3];

	*near = STR_NONE;
	if (v.n == 2) {
		up[0] = (char)(v.p[0] & ~0x20);
		up[1] = (char)(v.p[1] & ~0x20);
		return !countries || vocab_term(countries, (struct str){ up, 2 });
	}
	if (!institutions || vocab_term(institutions, v))
		return true;
	*near = vocab_nearest(institutions, v);
	return false;
}

static void check_code(struct checker *c, const struct key *k, const struct key_rule *r, struct str v)
{
	const struct vocab_table *t;
	struct str near;

	if (r->values) {
		if (word_in(r->values, v))
			return;
		near = nearest_word(r->values, v);
		if (near.n)
			ADD(c, k->value_place, LEVEL_ERROR, "value", "%s: %s is not allowed; did you mean %.*s", r->name, shown(c, v),
			    FMT_STR(near));
		else
			ADD(c, k->value_place, LEVEL_ERROR, "value", "%s: %s is not allowed; use one of: %s", r->name, shown(c, v),
			    r->values);
		return;
	}
	if (!r->vocab)
		return;
	if (strcmp(r->vocab, "lang") == 0) {
		if (!lang_valid(v))
			ADD(c, k->value_place, LEVEL_ERROR, "lang", "%s: %s is no language code; write en, bg, sr-Latn and so on",
			    r->name, shown(c, v));
		return;
	}
	if (strcmp(r->vocab, "grading") == 0) {
		if (!grading_valid(v))
			ADD(c, k->value_place, LEVEL_ERROR, "grading", "%s: %s is no grading; write admiralty:B2, 4x4:B2 or 3x5x2:1AP",
			    r->name, shown(c, v));
		return;
	}
	if (strcmp(r->vocab, "owners") == 0) {
		if (!owner_known(c, v, &near))
			ADD(c, k->value_place, LEVEL_ERROR, "code", "%s: %s is no country or institution we know%s%.*s; "
			    "vocab/institutions.md lists them", r->name, shown(c, v), near.n ? "; did you mean " : "", FMT_STR(near));
		return;
	}
	if (strcmp(r->vocab, "countries") == 0 && c->kind && strcmp(c->kind->name, "exercise") == 0) {
		if (v.n == 2 && v.p[0] == 'X' && v.p[1] >= 'A' && v.p[1] <= 'Z' && v.p[1] != 'K')
			return;
		ADD(c, k->value_place, LEVEL_ERROR, "exercise-country", "%s: %s is not made up; an exercise uses XA, XB, XC and so on",
		    r->name, shown(c, v));
		return;
	}
	t = vocab_table(c->env->vocab, cstr(r->vocab));
	if (!t || vocab_term(t, v))
		return;
	near = vocab_nearest(t, v);
	if (near.n)
		ADD(c, k->value_place, LEVEL_ERROR, "code", "%s: %s is no code we know; did you mean %.*s", r->name, shown(c, v),
		    FMT_STR(near));
	else
		ADD(c, k->value_place, LEVEL_ERROR, "code", "%s: %s is no code we know; vocab/%s.md lists them", r->name, shown(c, v),
		    r->vocab);
}

static void check_value(struct checker *c, const struct key *k, const struct key_rule *r, struct str v)
{
	int64_t first, last;

	switch (r->type) {
	case KEY_DATE:
		if (!date_parse(&first, &last, v))
			ADD(c, k->value_place, LEVEL_ERROR, "date", "%s: %s is no date; write 2022, 2022-05, 2022-05-18 or "
			    "2021-03/2021-11", r->name, shown(c, v));
		break;
	case KEY_NUMBER:
		if (!all_digits(v))
			ADD(c, k->value_place, LEVEL_ERROR, "number", "%s: %s is no whole number", r->name, shown(c, v));
		break;
	case KEY_YESNO:
		if (r->values ? !word_in(r->values, v) : !str_is(v, "yes") && !str_is(v, "no"))
			ADD(c, k->value_place, LEVEL_ERROR, "value", "%s: %s is not allowed; use %s", r->name, shown(c, v),
			    r->values ? r->values : "yes or no");
		break;
	case KEY_ID:
	case KEY_IDLIST:
		if (!doc_id_valid(v, NULL, NULL))
			ADD(c, k->value_place, LEVEL_ERROR, "relation", "%s: %s is no id of a document", r->name, shown(c, v));
		else if (c->env->known && strcmp(r->name, "id") != 0 && !c->env->known(c->env->ctx, v))
			ADD(c, k->value_place, LEVEL_WARNING, "relation", "%s: there is no %.*s here; it may not have arrived yet",
			    r->name, FMT_STR(v));
		break;
	case KEY_CODE:
	case KEY_LIST:
	case KEY_TEXT:
		check_code(c, k, r, v);
		break;
	}
}

static const struct key_rule *rule_of(const struct checker *c, struct str name)
{
	const struct key_rule *r;

	if (c->translation) {
		for (r = translation_keys; r->name; r++)
			if (str_is(name, r->name))
				return r;
		return NULL;
	}
	return kind_key(c->kind, name);
}

static void unknown_key(struct checker *c, const struct key *k)
{
	const struct key_rule *lists[3] = { c->translation ? translation_keys : common_keys,
		c->translation || !c->kind ? NULL : c->kind->keys, NULL }, *r;
	const char *near = NULL;
	size_t i, d, best = 3;

	if (c->translation && kind_key(c->kind, k->name)) {
		ADD(c, k->place, LEVEL_WARNING, "translation-key", "%.*s: a translation takes it from its original; remove it",
		    FMT_STR(k->name));
		return;
	}
	for (i = 0; lists[i]; i++)
		for (r = lists[i]; r->name; r++)
			if ((d = str_distance(cstr(r->name), k->name, 2)) < best) {
				best = d;
				near = r->name;
			}
	ADD(c, k->place, LEVEL_WARNING, "key-unknown", "%.*s: no key of this kind%s%s; one of your own begins with x-",
	    FMT_STR(k->name), near ? "; did you mean " : "", near ? near : "");
}

static void check_keys(struct checker *c)
{
	const struct front *f = &c->d->front;
	const struct key_rule *r;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		const struct key *k = &f->keys[i];

		if (k->variant > 1) {
			ADD(c, k->place, LEVEL_WARNING, "conflict", "%.*s has %s; settle it with 'colep resolve'", FMT_STR(k->name),
			    "a conflict that is open");
			continue;
		}
		if (str_starts(k->name, STR("x-")))
			continue;
		if (!(r = rule_of(c, k->name))) {
			if (c->kind && strcmp(c->kind->name, "contact") == 0 && str_is(k->name, "person"))
				ADD(c, k->place, LEVEL_ERROR, "person", "person: a contact is a desk, never a person, since history cannot "
				    "forget; remove it");
			else
				unknown_key(c, k);
			continue;
		}
		if ((r->type == KEY_LIST || r->type == KEY_IDLIST) && !k->list && k->n) {
			ADD(c, k->value_place, LEVEL_ERROR, "list", "%s: a list is wanted; write %s: [%s]", r->name, r->name,
			    shown(c, k->values[0]));
			continue;
		}
		if (r->type != KEY_LIST && r->type != KEY_IDLIST && k->list) {
			ADD(c, k->value_place, LEVEL_ERROR, "list", "%s: one value is wanted, not a list", r->name);
			continue;
		}
		if (strcmp(r->name, "lint-ok") == 0 || strcmp(r->name, "tlp") == 0)
			continue;	/* pass(), check_label() */
		for (j = 0; j < k->n; j++)
			check_value(c, k, r, k->values[j]);
	}
}

static bool has(const struct checker *c, const char *name)
{
	const struct key *k = front_key(&c->d->front, name);

	return k && k->n > 0;
}

static void check_missing(struct checker *c, const struct key_rule *rules, bool published)
{
	const struct key_rule *r;

	for (r = rules; r->name; r++) {
		const struct key *k = front_key(&c->d->front, r->name);

		if (r->need == NEED_OPTIONAL || (r->need == NEED_PUBLISHED && !published) || has(c, r->name))
			continue;
		if (rules == common_keys && c->kind && kind_key(c->kind, cstr(r->name)) != r)
			continue;	/* the kind has a rule of its own for it */
		if (r->need == NEED_PUBLISHED && k && k->list && !k->n)
			ADD(c, k->place, LEVEL_ERROR, "key-missing", "%s is empty; a published document needs it: %s", r->name, r->about);
		else
			ADD(c, k ? k->place : AT_FRONT, LEVEL_ERROR, strcmp(r->name, "tlp") == 0 ? "label-missing" : "key-missing",
			    "%s is missing; %s%s%s", r->name, r->about, r->values ? ": " : "", r->values ? r->values : "");
	}
}

static void check_label(struct checker *c)
{
	int rank = tlp_rank(c->d->tlp), ceiling = tlp_rank(c->env->ceiling);
	struct place at = place_of(c, "tlp");

	if (!c->d->tlp.n)
		return;			/* said as missing */
	if (str_is(c->d->tlp, "TLP:WHITE"))
		ADD(c, at, LEVEL_WARNING, "label-white", "tlp: TLP:WHITE is the old name; write TLP:CLEAR");
	else if (rank < 0)
		ADD(c, at, LEVEL_ERROR, "label-missing", "tlp: %s is no label; write TLP:CLEAR, TLP:GREEN or TLP:AMBER",
		    shown(c, c->d->tlp));
	if (rank > ceiling)
		ADD(c, at, LEVEL_ERROR, "label-ceiling", "tlp: %.*s is above %.*s, the highest label this community stores; keep it out",
		    FMT_STR(c->d->tlp), FMT_STR(c->env->ceiling));
}

static void check_across(struct checker *c)
{
	const struct front *f = &c->d->front;
	const char *kind = c->kind ? c->kind->name : "";
	struct str handling = front_text(f, "handling");

	if (c->d->title.n && str_utf8_count(c->d->title) > LIMIT_TITLE)
		ADD(c, place_of(c, "title"), LEVEL_ERROR, "title-long", "title: more than 300 characters");
	if (c->d->summary.n && str_utf8_count(c->d->summary) > LIMIT_SUMMARY)
		ADD(c, place_of(c, "summary"), LEVEL_ERROR, "summary-long", "summary: more than 300 characters; shorten it");
	if (str_is(handling, "H3") && !has(c, "handling-note"))
		ADD(c, place_of(c, "handling"), LEVEL_ERROR, "handling-note", "handling H3 needs a handling-note that says what holds");
	if (strcmp(kind, "request") == 0) {
		struct str urgency = front_text(f, "urgency");

		if (urgency.n && !str_is(urgency, "routine") && !has(c, "needed-by"))
			ADD(c, AT_FRONT, LEVEL_ERROR, "key-missing", "needed-by is missing; a request that is not routine says a date");
	} else if (strcmp(kind, "contact") == 0) {
		if (!has(c, "country") && !has(c, "institution"))
			ADD(c, AT_FRONT, LEVEL_ERROR, "key-missing", "country or institution is missing; say whose desk it is");
		if (tlp_rank(c->d->tlp) == 0)
			ADD(c, place_of(c, "tlp"), LEVEL_ERROR, "label-contact", "tlp: a contact is TLP:GREEN or higher");
	} else if (strcmp(kind, "case-study") == 0) {
		if (front_key(f, "hypothetical"))
			ADD(c, place_of(c, "hypothetical"), LEVEL_ERROR, "real-life", "a case study is never hypothetical; make it an exercise");
	}
}

/* id, kind, owner against the path. */
static void check_identity(struct checker *c, const struct doc_path *p)
{
	const struct kind *k;
	struct str owner, near;

	if (c->translation) {
		struct str of = front_text(&c->d->front, "translation-of");

		if (of.n && !str_eq(of, p->id))
			ADD(c, place_of(c, "translation-of"), LEVEL_ERROR, "id-name", "translation-of: %s is not what the file's name "
			    "says: %.*s", shown(c, of), FMT_STR(p->id));
		if (c->d->lang.n && p->lang.n && !str_eq(c->d->lang, p->lang))
			ADD(c, place_of(c, "lang"), LEVEL_ERROR, "id-name", "lang: %s is not what the file's name says: %.*s",
			    shown(c, c->d->lang), FMT_STR(p->lang));
		return;
	}
	if (c->d->id.n && !doc_id_valid(c->d->id, &k, &owner))
		ADD(c, place_of(c, "id"), LEVEL_ERROR, "id", "id: %s is no id; it is prefix-owner-year-slug, as in cs-mk-2022-taiwan",
		    shown(c, c->d->id));
	else if (c->d->id.n && !str_eq(c->d->id, p->id))
		ADD(c, place_of(c, "id"), LEVEL_ERROR, "id-name", "id: %s is not the file's name, %.*s.md", shown(c, c->d->id),
		    FMT_STR(p->id));
	if (front_text(&c->d->front, "kind").n && !c->d->kind) {
		struct buf names = BUF_INIT;

		for (k = kinds; k->name; k++)
			buf_printf(&names, "%s%s", names.n ? " " : "", k->name);
		near = nearest_word(buf_cstr(&names), front_text(&c->d->front, "kind"));
		ADD(c, place_of(c, "kind"), LEVEL_ERROR, "kind", "kind: %s is no kind; %s%.*s", shown(c, front_text(&c->d->front,
		    "kind")), near.n ? "did you mean " : "use one of: ", FMT_STR(near.n ? near : buf_str(&names)));
		buf_free(&names);
	} else if (c->d->kind && c->d->kind != p->kind) {
		ADD(c, place_of(c, "kind"), LEVEL_ERROR, "kind", "kind: a %s has ids that begin with %s-, and lies in %s/", c->d->kind->name,
		    c->d->kind->prefix, c->d->kind->folder);
	}
	if (c->d->owner.n && !str_eq(c->d->owner, p->owner))
		ADD(c, place_of(c, "owner"), LEVEL_ERROR, "owner", "owner: %s is not the owner that the id names, %.*s",
		    shown(c, c->d->owner), FMT_STR(p->owner));
}

/* Is what stands at s[i] == '<' raw HTML, and not a link in angle brackets or just a sign? */
static bool raw_html(struct str s, size_t i)
{
	size_t j = i + 1;
	char ch = j < s.n ? s.p[j] : ' ';

	if (ch == '!' || ch == '?')
		return true;
	if (ch == '/')
		ch = ++j < s.n ? s.p[j] : ' ';
	if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')))
		return false;
	for (; j < s.n; j++) {
		ch = s.p[j];
		if (ch == ' ' || ch == '\t' || ch == '>' || ch == '/')
			return str_chr(str_sub(s, j, s.n), '>') != SIZE_MAX || j + 1 >= s.n || ch != ' ';
		if (ch == ':' || ch == '@' || ch == '.' || ch == '+')
			return false;
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '-'))
			return false;
	}
	return true;
}

static const char *const marks[] = { "<!-- conflict -->", "<!-- or -->", "<!-- /conflict -->" };

static size_t mark_of(struct str line)		/* 1, 2, 3 of a conflict's marks; 0 none */
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (str_is(line, marks[i]))
			return i + 1;
	return 0;
}

static void scan_html(struct checker *c, struct str line, unsigned number)
{
	size_t i, j, ticks;

	for (i = 0; i < line.n; i++) {
		if (line.p[i] == '\\') {
			i++;
		} else if (line.p[i] == '`') {	/* a code span, when it closes on this line */
			for (ticks = 0; i + ticks < line.n && line.p[i + ticks] == '`'; ticks++)
				;
			for (j = i + ticks; j + ticks <= line.n; j++) {
				size_t run = 0;

				while (j + run < line.n && line.p[j + run] == '`')
					run++;
				if (run == ticks)
					break;
				j += run ? run - 1 : 0;
			}
			i = j + ticks <= line.n ? j + ticks - 1 : i + ticks - 1;
		} else if (line.p[i] == '<' && raw_html(line, i)) {
			ADD(c, ((struct place){ number, (unsigned)str_utf8_count(str_sub(line, 0, i)) + 1 }), LEVEL_ERROR, "raw-html",
			    "raw HTML; it is not shown, so write it in Markdown, or between backquotes when it is an example");
			return;
		}
	}
}

struct body {				/* what the body's lines told */
	struct str heading;		/* of the section we are in */
	bool filled[16], seen[16];	/* by index into kind->headings */
	int in;				/* index of the section, or -1 */
};

static void section_text(struct body *b, struct str line)
{
	if (b->in >= 0 && line.n)
		b->filled[b->in] = true;
}

static void check_body(struct checker *c, struct body *b)
{
	struct str rest = c->d->body, line, fence = STR_NONE;
	unsigned number = c->d->front.body_line;
	bool open = false, blank = true;
	size_t i, mark;

	b->in = -1;
	for (; str_line(&line, &rest); number++) {
		struct str bare = str_trim(line);
		size_t indent = 0;

		while (indent < line.n && line.p[indent] == ' ')
			indent++;
		if (indent < line.n && line.p[indent] == '\t')
			indent = 4;
		if (fence.n) {
			size_t run = 0;

			while (run < bare.n && bare.p[run] == fence.p[0])
				run++;
			if (indent < 4 && run >= fence.n && run == bare.n)
				fence = STR_NONE;
			section_text(b, bare);
			continue;
		}
		if (indent < 4 && bare.n >= 3 && (bare.p[0] == '`' || bare.p[0] == '~')) {
			for (i = 0; i < bare.n && bare.p[i] == bare.p[0]; i++)
				;
			if (i >= 3 && !(bare.p[0] == '`' && str_chr(str_sub(bare, i, bare.n), '`') != SIZE_MAX)) {
				fence = str_sub(bare, 0, i);
				section_text(b, bare);
				continue;
			}
		}
		if (indent >= 4 && blank) {	/* indented code */
			section_text(b, bare);
			continue;
		}
		blank = bare.n == 0;
		if ((mark = mark_of(str_trim(line)))) {
			if (mark == 1 && !open)
				ADD(c, ((struct place){ number, 1 }), LEVEL_WARNING, "conflict", "the text has a conflict that is open; "
				    "settle it with 'colep resolve'");
			else if (mark == 1 || !open)
				ADD(c, ((struct place){ number, 1 }), LEVEL_WARNING, "conflict-marks", "a mark of a conflict stands alone; "
				    "it is taken as text");
			open = mark != 3;
			continue;
		}
		if (indent < 4 && str_starts(bare, STR("## ")) && c->kind) {
			struct str name = str_trim(str_sub(bare, 3, bare.n));

			while (name.n && name.p[name.n - 1] == '#')
				name = str_trim(str_sub(name, 0, name.n - 1));
			b->in = -1;
			for (i = 0; c->kind->headings[i].text; i++)
				if (str_is(name, c->kind->headings[i].text)) {
					b->in = (int)i;
					b->seen[i] = true;
				}
			continue;
		}
		if (!str_starts(bare, STR("#")) || b->in < 0)
			section_text(b, bare);
		else
			b->filled[b->in] = true;
		scan_html(c, line, number);
	}
}

static void check_headings(struct checker *c, const struct body *b, bool published)
{
	const struct heading *h = c->kind->headings;
	bool case_study = strcmp(c->kind->name, "case-study") == 0, some = false;
	size_t i;

	if (!published || (case_study && str_is(front_text(&c->d->front, "detail"), "outline")))
		return;
	for (i = 0; h[i].text; i++) {
		if (h[i].must && !b->filled[i])
			ADD(c, AT_FILE, LEVEL_ERROR, "heading", "\"## %s\" %s; write what is known, or \"Not stated.\"", h[i].text,
			    b->seen[i] ? "is empty" : "is missing");
		else if (case_study && !b->seen[i])
			ADD(c, AT_FILE, LEVEL_WARNING, "heading", "\"## %s\" is missing; write \"Not stated.\" where nothing is known",
			    h[i].text);
		if (b->filled[i] && (strcmp(h[i].text, "What worked") == 0 || strcmp(h[i].text, "What did not work") == 0 ||
		    strcmp(h[i].text, "Lessons") == 0))
			some = true;
	}
	if (case_study && !some)
		ADD(c, AT_FILE, LEVEL_ERROR, "heading", "one of What worked, What did not work, Lessons must have text");
}

static int by_place(const void *x, const void *y)
{
	const struct finding *a = x, *b = y;
	int c;

	if (a->place.line != b->place.line)
		return a->place.line < b->place.line ? -1 : 1;
	if (a->place.column != b->place.column)
		return a->place.column < b->place.column ? -1 : 1;
	c = strcmp(a->rule, b->rule);
	return c ? c : str_cmp(a->message, b->message);
}

/* Values that the file spells otherwise than they read ("\x40" for "@"): the text as a whole hides them. */
static void check_escaped(struct checker *c, bool contact)
{
	const struct front *f = &c->d->front;
	size_t i, j, n;

	for (i = 0; i < f->n; i++)
		for (j = 0; j < f->keys[i].n; j++) {
			const struct key *k = &f->keys[i];

			if (str_find(str_sub(c->d->text, k->from, k->to), k->values[j]) != SIZE_MAX)
				continue;
			n = c->f->n;
			check_personal(c->f, c->a, k->values[j], 1, contact);
			for (; n < c->f->n; n++)
				c->f->v[n].place = k->value_place;
		}
}

/* lint-ok: "PD05 vessel number" passes the findings of PD05 in this document. */
static void pass(struct checker *c)
{
	const struct key *k = front_key(&c->d->front, "lint-ok");
	size_t i, j;

	for (j = 0; k && j < k->n; j++) {
		struct str rest = k->values[j], rule = STR_NONE;
		bool used = false;

		(void)str_split(&rule, &rest, ' ');
		if (rule.n != 4 || !str_starts(rule, STR("PD")) || !str_trim(rest).n) {
			ADD(c, k->place, LEVEL_ERROR, "lint-ok", "lint-ok: %s; write the rule and why it is a false alarm: PD05 vessel "
			    "number", shown(c, k->values[j]));
			continue;
		}
		for (i = 0; i < c->f->n; i++)
			if (str_is(rule, c->f->v[i].rule))
				used = c->f->v[i].passed = true;
		if (!used)
			ADD(c, k->place, LEVEL_WARNING, "lint-ok", "lint-ok: nothing here is a %.*s; remove the line", FMT_STR(rule));
	}
}

static bool code_valid(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && (s.p[i] == '-' || (s.p[i] >= '0' && s.p[i] <= '9') || ((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z')); i++)
		;
	return i == s.n;
}

static int by_code(const void *x, const void *y)
{
	const struct term *const *a = x, *const *b = y;
	int k = str_cmp((*a)->code, (*b)->code);

	return k ? k : (*a > *b) - (*a < *b);
}

/* By term: its code stood in a row before. */
static const bool *codes_again(struct arena *a, const struct vocab_table *t)
{
	const struct term **sorted = arena_array(a, t->n, sizeof *sorted);
	bool *again = arena_array(a, t->n, sizeof *again);
	size_t i;

	for (i = 0; i < t->n; i++)
		sorted[i] = &t->terms[i];
	if (t->n)
		qsort(sorted, t->n, sizeof *sorted, by_code);
	for (i = 1; i < t->n; i++)
		again[sorted[i] - t->terms] = str_eq(sorted[i - 1]->code, sorted[i]->code);
	return again;
}

/* A vocabulary: a table that is none would leave the one it takes the place of, and nobody would know. */
static void check_vocab(struct checker *c, struct str name, struct str text)
{
	struct vocab v;
	const struct vocab_table *t;
	struct err e = ERR_INIT;
	const bool *again;
	size_t i;

	vocab_default(&v, c->a);
	if (!vocab_table(&v, name))
		ADD(c, AT_FILE, LEVEL_WARNING, "vocab", "no key takes its codes from a vocabulary of this name; see colep(5)");
	if (str_utf8_bad(text) != text.n || vocab_read(&v, c->a, name, text, &e)) {
		ADD(c, AT_FILE, LEVEL_ERROR, "vocab", "no table 'code | label | group | also called | note' in it");
		return;
	}
	t = vocab_table(&v, name);
	if (!t->n)
		ADD(c, AT_FILE, LEVEL_ERROR, "vocab", "no code in its table");
	again = codes_again(c->a, t);
	for (i = 0; i < t->n; i++) {
		struct str code = t->terms[i].code;

		if (!code_valid(code))
			ADD(c, AT_FILE, LEVEL_ERROR, "vocab", "%s: no code; it is of letters without accents, digits and hyphens", shown(c, code));
		else if (again[i])
			ADD(c, AT_FILE, LEVEL_ERROR, "vocab", "%s: stands twice", shown(c, code));
	}
}

void check_document(struct findings *f, struct arena *a, struct str path, struct str text, const struct check_env *env)
{
	struct checker c = { .f = f, .a = a, .env = env };
	struct body body = { .in = -1 };
	struct err e = ERR_INIT;
	struct doc_path p = { 0 };
	struct place at = { 0, 0 };
	struct doc d = { 0 };
	const char *why = NULL;
	size_t i, start = f->n;
	bool draft = str_starts(path, STR("drafts/")), contact, published, parsed;
	const struct str given = path;

	c.d = &d;
	if (str_starts(path, STR("vocab/")) && str_ends(path, STR(".md"))) {
		check_vocab(&c, str_sub(path, 6, path.n - 3), text);
		goto out;
	}
	if (draft) {
		struct str name = str_sub(path, 7, path.n);

		if (str_ends(name, STR(".md")))
			name = str_sub(name, 0, name.n - 3);
		path = doc_path_of(a, name);
		if (!path.n)
			ADD(&c, AT_FILE, LEVEL_ERROR, "path", "the file's name is no id; it is prefix-owner-year-slug.md");
	}
	if (path.n && !doc_path_parse(&p, path, &why))
		ADD(&c, AT_FILE, LEVEL_ERROR, "path", "%s", why);
	parsed = doc_parse(&d, &at, a, text, &e) == RC_OK;
	c.kind = p.kind ? p.kind : d.kind;
	contact = c.kind && strcmp(c.kind->name, "contact") == 0;
	if (!parsed) {
		ADD(&c, at, LEVEL_ERROR, "front", "%s", e.msg);
		if (str_utf8_bad(text) == text.n && str_chr(text, '\0') == SIZE_MAX && text.n <= LIMIT_DOC)
			check_personal(f, a, text, 1, contact);
	} else {
		int rank = status_rank(d.status);

		/* By its name; else one key would free an original from its label. */
		c.translation = p.kind ? p.lang.n > 0 : front_key(&d.front, "translation-of") != NULL;
		published = !c.translation && (rank == 3 || rank == 4);
		check_keys(&c);
		check_missing(&c, c.translation ? translation_keys : common_keys, published);
		if (!c.translation) {
			if (c.kind)
				check_missing(&c, c.kind->keys, published);
			check_label(&c);
			check_across(&c);
		}
		if (p.kind)
			check_identity(&c, &p);
		check_body(&c, &body);
		if (c.kind && !c.translation)
			check_headings(&c, &body, published);
		check_personal(f, a, text, 1, contact);
		check_escaped(&c, contact);
		if (!draft && rank == 0)
			ADD(&c, place_of(&c, "status"), LEVEL_WARNING, "status", "status: a draft lies in drafts/; 'colep submit' moves it");
	}
	check_personal(f, a, given, 0, contact);
	if (parsed)
		pass(&c);
out:
	if (f->n > start + 1)
		qsort(f->v + start, f->n - start, sizeof *f->v, by_place);
	for (i = start; i < f->n; i++) {
		f->errors += f->v[i].level == LEVEL_ERROR && !f->v[i].passed;
		f->warnings += f->v[i].level == LEVEL_WARNING && !f->v[i].passed;
	}
}

bool check_holds_back(const struct finding *f)
{
	if (f->passed || f->level != LEVEL_ERROR)
		return false;
	if (strncmp(f->rule, "PD0", 3) == 0)
		return f->rule[3] <= '7';
	return strcmp(f->rule, "path") == 0 || strcmp(f->rule, "front") == 0 || strcmp(f->rule, "label-missing") == 0 ||
	    strcmp(f->rule, "label-ceiling") == 0 || strcmp(f->rule, "vocab") == 0;
}
