/* sync/conflict.c: see conflict.h. */
#include "sync/conflict.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/text/fold.h"

static const char *const marks[] = { "<!-- conflict -->", "<!-- or -->", "<!-- /conflict -->" };

static size_t mark_of(struct str line)		/* 1 to 3; 0: none */
{
	size_t i;

	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	for (i = 0; i < 3; i++)
		if (str_is(line, marks[i]))
			return i + 1;
	return 0;
}

/* A variant as it was before it was put between marks. */
static struct str unescaped(struct arena *a, struct str text)
{
	struct buf b = BUF_INIT;
	struct str rest = text, line, out;
	size_t i;

	while (str_line(&line, &rest)) {
		for (i = 0; i < line.n && line.p[i] == '\\'; i++)
			;
		buf_str_add(&b, i && mark_of(str_sub(line, i, line.n)) ? str_sub(line, 1, line.n) : line);
		buf_putc(&b, '\n');
	}
	out = b.n ? arena_str(a, buf_str(&b)) : STR("");
	buf_free(&b);
	return out;
}

struct finding_list { struct open_conflict *v; size_t n, cap; struct arena *a; };

static struct open_conflict *add(struct finding_list *l)
{
	if (l->n == l->cap)
		l->v = arena_grow(l->a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n] = (struct open_conflict){ 0 };
	return &l->v[l->n++];
}

static void find_keys(struct finding_list *l, const struct front *f, struct str text)
{
	size_t i, j, count;

	for (i = 0; i < f->n; i++) {
		const struct key *k = &f->keys[i];
		struct open_conflict *c;

		for (j = 0; j < i && !str_eq(f->keys[j].name, k->name); j++)
			;
		if (j < i)
			continue;
		for (j = i, count = 0; j < f->n; j++)
			count += str_eq(f->keys[j].name, k->name);
		if (count == 1 && k->variant == 1)
			continue;
		c = add(l);
		*c = (struct open_conflict){ .kind = CONFLICT_KEY, .where = k->name, .line = k->place.line,
			.from = k->from, .to = k->to };
		if (str_is(k->name, "gone") && k->variant == 2 && count == 1) {
			c->kind = CONFLICT_GONE;
			c->v = arena_array(l->a, 2, sizeof *c->v);
			c->v[0].text = STR("here");
			c->v[1].text = STR("gone");
			c->n = 2;
			continue;
		}
		c->v = arena_array(l->a, count, sizeof *c->v);
		for (j = i; j < f->n; j++) {
			const struct key *x = &f->keys[j];
			struct str raw = str_sub(text, x->from, x->to);
			struct buf b = BUF_INIT;
			size_t m;

			if (!str_eq(x->name, k->name))
				continue;
			for (m = 0; m < x->n; m++) {
				buf_puts(&b, m ? ", " : "");
				buf_str_add(&b, x->values[m]);
			}
			c->v[c->n++] = (struct claim){ .text = b.n ? arena_str(l->a, buf_str(&b)) :
				x->variant > 1 && !x->list ? STR_NONE : STR(""), .from = x->from, .to = x->to,
				.raw = str_sub(raw, str_chr(raw, ':'), raw.n), .values = x->values, .nvalues = x->n, .list = x->list };
			buf_free(&b);
		}
	}
}

/* The well-made group at an offset: where it ends; 0: none. *n variants. */
static size_t group_end(struct str text, size_t from, size_t *n)
{
	struct str rest = str_sub(text, from, text.n), line;
	size_t k;

	for (*n = 0; str_line(&line, &rest);) {
		k = mark_of(line);
		if ((k == 1) != (*n == 0))
			return 0;
		*n += k == 1 || k == 2;
		if (k == 3)
			return *n > 1 ? text.n - rest.n : 0;
	}
	return 0;
}

static void find_passages(struct finding_list *l, struct str text, size_t body, unsigned number)
{
	struct str rest = str_sub(text, body, text.n), line;
	size_t at, end, n, from;

	for (; rest.n; number++) {
		struct open_conflict *c;

		at = text.n - rest.n;
		if (!str_line(&line, &rest) || mark_of(line) != 1 || !(end = group_end(text, at, &n)))
			continue;
		c = add(l);
		*c = (struct open_conflict){ .kind = CONFLICT_PASSAGE, .line = number, .from = at, .to = end,
			.where = cstr(arena_printf(l->a, "passage:%u", number)), .v = arena_array(l->a, n, sizeof *c->v) };
		for (from = text.n - rest.n; text.n - rest.n < end; number++) {
			at = text.n - rest.n;
			(void)str_line(&line, &rest);
			if (!mark_of(line))
				continue;
			c->v[c->n++].text = unescaped(l->a, str_sub(text, from, at));
			from = text.n - rest.n;
		}
	}
}

void conflicts_find(struct open_conflict **list, size_t *n, struct arena *a, struct str text)
{
	struct finding_list l = { .a = a };
	struct err e = ERR_INIT;
	struct place at;
	struct front f;

	if (front_parse(&f, &at, a, text, &e)) {
		find_passages(&l, text, 0, 1);
	} else {
		find_keys(&l, &f, text);
		find_passages(&l, text, f.body, f.body_line);
	}
	*list = l.v;
	*n = l.n;
}

/* ---- whose they are ---- */

static void name_nodes(struct claim *c, struct arena *a, const struct variant *v, const struct view_document *d,
    const struct graph *g)
{
	size_t i, n = 0;

	c->nodes = arena_array(a, v->n, sizeof *c->nodes);
	for (i = 0; i < v->n; i++)
		c->nodes[i] = g->v[d->commits[v->edits[i]]]->node;
	if (v->n > 1)
		qsort(c->nodes, v->n, sizeof *c->nodes, str_order);
	for (i = 0; i < v->n; i++)
		if (!n || !str_eq(c->nodes[n - 1], c->nodes[i]))
			c->nodes[n++] = c->nodes[i];
	c->nnodes = n;
}

/* A key's value as the merge compares it; a passage without the line end that its block may have given it. */
static bool same(struct arena *a, const struct open_conflict *c, const struct claim *x, struct str text)
{
	struct buf b = BUF_INIT;
	bool yes;
	size_t i;

	if (c->kind == CONFLICT_GONE)
		return str_eq(x->text, text);
	if (c->kind == CONFLICT_PASSAGE) {
		if (text.n && text.p[text.n - 1] != '\n')
			text = cstr(arena_printf(a, "%.*s\n", (int)text.n, text.p));
		return str_eq(x->text, text);
	}
	if (!x->text.p || !text.p)
		return !x->text.p && !text.p;
	if (x->list)
		buf_putc(&b, '[');
	for (i = 0; i < x->nvalues; i++) {
		buf_puts(&b, i ? "\x1f" : "");
		text_nfc(&b, x->values[i]);
	}
	yes = str_eq(buf_str(&b), text);
	buf_free(&b);
	return yes;
}

void conflicts_attribute(struct open_conflict *list, size_t n, struct arena *a, const struct view_document *d,
    const struct graph *g)
{
	size_t i, j, k, m, fits;
	bool *taken = arena_array(a, d->merged.nconflicts, sizeof *taken);

	for (i = 0; i < n; i++) {
		struct open_conflict *c = &list[i];

		for (j = 0; j < d->merged.nconflicts; j++) {
			const struct conflict *x = &d->merged.conflicts[j];

			if (taken[j] || x->n != c->n || !(c->kind == CONFLICT_PASSAGE ? str_is(x->where, "passage") :
			    str_eq(x->where, c->where)))
				continue;
			for (k = fits = 0; k < c->n; k++)
				for (m = 0; m < x->n; m++)
					if (same(a, c, &c->v[k], x->variants[m].text)) {
						fits++;
						break;
					}
			if (fits < c->n)
				continue;
			for (k = 0; k < c->n; k++)
				for (m = 0; m < x->n; m++)
					if (same(a, c, &c->v[k], x->variants[m].text))
						name_nodes(&c->v[k], a, &x->variants[m], d, g);
			taken[j] = true;
			break;
		}
	}
}

/* ---- settled ---- */

/* A key's lines away but one, which becomes this ("" or "name: value\n"). */
static void replace_key(struct buf *out, struct str text, const struct open_conflict *c, struct str line)
{
	size_t i, at = 0;

	for (i = 0; i < c->n; i++) {
		buf_str_add(out, str_sub(text, at, c->v[i].from));
		if (i == 0)
			buf_str_add(out, line);
		at = c->v[i].to;
	}
	buf_str_add(out, str_sub(text, at, text.n));
}

static void replace_passage(struct buf *out, struct str text, const struct open_conflict *c, struct str with)
{
	buf_str_add(out, str_sub(text, 0, c->from));
	buf_str_add(out, with);
	if (with.n && with.p[with.n - 1] != '\n')
		buf_putc(out, '\n');
	buf_str_add(out, str_sub(text, c->to, text.n));
}

void conflict_take(struct buf *out, struct str text, const struct open_conflict *c, size_t claim)
{
	struct buf line = BUF_INIT;

	if (c->kind == CONFLICT_GONE) {
		replace_passage(out, text, c, STR_NONE);
	} else if (c->kind == CONFLICT_PASSAGE) {
		replace_passage(out, text, c, c->v[claim].text);
	} else {
		if (c->v[claim].text.p) {
			buf_str_add(&line, c->where);
			buf_str_add(&line, c->v[claim].raw);
		}
		replace_key(out, text, c, buf_str(&line));
	}
	buf_free(&line);
}

enum rc conflict_both(struct buf *out, struct arena *a, struct str text, const struct open_conflict *c, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str *all;
	size_t i, j, k, n = 0, most = 0;

	if (c->kind == CONFLICT_GONE)
		return err_set(e, RC_INVALID, "a document is here or gone, not both; say whose with --take");
	for (i = 0; i < c->n && c->kind == CONFLICT_KEY; i++) {
		most += c->v[i].nvalues;
		if (!c->v[i].list && c->v[i].text.p)
			return err_set(e, RC_INVALID, "%.*s has one value; say whose with --take, or give another with --text",
			    FMT_STR(c->where));
	}
	if (c->kind == CONFLICT_PASSAGE) {
		for (i = 0; i < c->n; i++)
			buf_str_add(&b, c->v[i].text);
		replace_passage(out, text, c, buf_str(&b));
	} else {
		all = arena_array(a, most, sizeof *all);
		for (i = 0; i < c->n; i++)
			for (j = 0; j < c->v[i].nvalues; j++) {
				for (k = 0; k < n && !str_eq(all[k], c->v[i].values[j]); k++)
					;
				if (k == n)
					all[n++] = c->v[i].values[j];
			}
		buf_printf(&b, "%.*s: [", FMT_STR(c->where));
		for (i = 0; i < n; i++) {
			buf_puts(&b, i ? ", " : "");
			front_quote(&b, all[i], true);
		}
		buf_puts(&b, "]\n");
		replace_key(out, text, c, buf_str(&b));
	}
	buf_free(&b);
	return RC_OK;
}

enum rc conflict_write(struct buf *out, struct str text, const struct open_conflict *c, struct str with, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str rest = with, line, part;
	bool list = false;
	size_t i;

	if (c->kind == CONFLICT_GONE)
		return err_set(e, RC_INVALID, "a document is here or gone; say whose with --take");
	while (str_line(&line, &rest))
		if (mark_of(line))
			return err_set(e, RC_INVALID, "has a mark of a conflict in it (%.*s); write what shall stand", FMT_STR(line));
	if (c->kind == CONFLICT_PASSAGE) {
		replace_passage(out, text, c, with);
		return RC_OK;
	}
	with = str_trim(with);
	if (str_chr(with, '\n') != SIZE_MAX)
		return err_set(e, RC_INVALID, "has several lines; the value of %.*s is one", FMT_STR(c->where));
	for (i = 0; i < c->n; i++)
		list |= c->v[i].list;
	buf_printf(&b, "%.*s: ", FMT_STR(c->where));
	if (list) {			/* as with --set: a,b */
		buf_putc(&b, '[');
		for (i = 0; str_split(&part, &with, ','); i++) {
			buf_puts(&b, i ? ", " : "");
			front_quote(&b, str_trim(part), true);
		}
		buf_putc(&b, ']');
	} else {
		front_quote(&b, with, false);
	}
	buf_putc(&b, '\n');
	replace_key(out, text, c, buf_str(&b));
	buf_free(&b);
	return RC_OK;
}
