/* kb/out.c: see out.h. */
#include "kb/out.h"

#include <string.h>

void out_open(struct out *o, FILE *f, bool json, const struct screen *screen)
{
	*o = (struct out){ .f = f, .json = json, .screen = json ? NULL : screen };
}

void out_begin(struct out *o)
{
	o->field = 0;
	buf_clear(&o->line);
	if (o->json)
		buf_putc(&o->line, '{');
}

static void key(struct out *o, const char *name)
{
	if (o->screen && !o->rows.n)
		buf_printf(&o->keys, "%s%s", o->field ? "\t" : "", name);
	if (o->field++)
		buf_putc(&o->line, o->json ? ',' : '\t');
	if (o->json)
		buf_printf(&o->line, "\"%s\":", name);
}

static void value(struct out *o, struct str v)
{
	if (!o->json) {
		buf_text_escape(&o->line, v);
		return;
	}
	buf_putc(&o->line, '"');
	buf_json_escape(&o->line, v);
	buf_putc(&o->line, '"');
}

void out_null(struct out *o, const char *name)
{
	key(o, name);
	if (o->json)
		buf_puts(&o->line, "null");
}

void out_text(struct out *o, const char *name, struct str v)
{
	if (!v.p) {
		out_null(o, name);
		return;
	}
	key(o, name);
	value(o, v);
}

void out_number(struct out *o, const char *name, int64_t v)
{
	key(o, name);
	buf_printf(&o->line, "%lld", (long long)v);
}

void out_list(struct out *o, const char *name, const struct str *v, size_t n)
{
	size_t i;

	key(o, name);
	if (o->json)
		buf_putc(&o->line, '[');
	for (i = 0; i < n; i++) {
		if (i)
			buf_putc(&o->line, ',');
		value(o, v[i]);
	}
	if (o->json)
		buf_putc(&o->line, ']');
}

void out_end(struct out *o)
{
	if (o->json)
		buf_putc(&o->line, '}');
	buf_putc(&o->line, '\n');
	if (o->screen)
		screen_add(&o->rows, buf_str(&o->line));
	else
		fwrite(o->line.p, 1, o->line.n, o->f);
}

enum { COLUMNS = 32, LEAST = 24 };	/* of a table at most; that its last column is wrapped to at least, if it is */

static void widen(size_t width[COLUMNS], size_t *n, struct str row)
{
	struct str cell;
	size_t col, w;

	for (col = 0; col < COLUMNS && str_split(&cell, &row, '\t'); col++)
		if ((w = screen_columns(cell)) > width[col])
			width[col] = w;
	*n = col > *n ? col : *n;
}

static void table_row(const struct screen *s, const size_t width[COLUMNS], size_t n, struct str row)
{
	struct str cell;
	size_t col, at = 0, to = 0;

	for (col = 0; str_split(&cell, &row, '\t'); col++) {
		for (; at < to; at++)
			putc(' ', s->f);
		if (col + 1 == n)
			break;
		fwrite(cell.p, 1, cell.n, s->f);
		at += screen_columns(cell);
		to += width[col] + 2;
		cell = STR_NONE;
	}
	screen_text(s, at, to, cell);
}

static void table(const struct out *o, const size_t width[COLUMNS], size_t n)
{
	struct str rows, row;
	struct buf head = BUF_INIT;
	size_t i;

	buf_str_add(&head, buf_str(&o->keys));
	for (i = 0; i < head.n; i++)
		head.p[i] = (char)(head.p[i] >= 'a' && head.p[i] <= 'z' ? head.p[i] - 32 : head.p[i]);
	table_row(o->screen, width, n, buf_str(&head));
	for (rows = buf_str(&o->rows); str_line(&row, &rows);)
		table_row(o->screen, width, n, row);
	buf_free(&head);
}

static void lists(const struct out *o, size_t widest)
{
	struct str rows, row, names, name, cell;
	bool first = true;

	for (rows = buf_str(&o->rows); str_line(&row, &rows); first = false) {
		if (!first)
			putc('\n', o->f);
		for (names = buf_str(&o->keys); str_split(&name, &names, '\t') && str_split(&cell, &row, '\t');) {
			if (!cell.n)
				continue;
			fwrite(name.p, 1, name.n, o->f);
			screen_text(o->screen, name.n, widest + 2, cell);
		}
	}
}

/* A table when its columns but the last leave room for that. */
static void show(const struct out *o)
{
	size_t width[COLUMNS] = { 0 }, n = 0, i, all = 0, widest = 0;
	struct str rows, row, names, name;

	widen(width, &n, buf_str(&o->keys));
	for (rows = buf_str(&o->rows); str_line(&row, &rows);)
		widen(width, &n, row);
	for (i = 0; i < n; i++)
		all += i + 1 < n ? width[i] + 2 : width[i] < LEAST ? width[i] : LEAST;
	for (names = buf_str(&o->keys); str_split(&name, &names, '\t');)
		widest = name.n > widest ? name.n : widest;
	if (n == 1)
		fwrite(o->rows.p, 1, o->rows.n, o->f);
	else if (all <= o->screen->width)
		table(o, width, n);
	else
		lists(o, widest);
}

void out_close(struct out *o)
{
	if (o->rows.n)
		show(o);
	buf_free(&o->line);
	buf_free(&o->keys);
	buf_free(&o->rows);
}
