/* kb/base/out.c: see out.h. */
#include "kb/base/out.h"

#include <string.h>

void out_open(struct out *o, FILE *f, bool json, bool terminal)
{
	*o = (struct out){ .f = f, .json = json, .aligned = terminal && !json };
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
	if (o->aligned)
		buf_str_add(&o->rows, buf_str(&o->line));
	else
		fwrite(o->line.p, 1, o->line.n, o->f);
}

void out_close(struct out *o)
{
	enum { COLUMNS = 32, WIDEST = 48 };	/* columns aligned; characters a column is padded to at most */
	size_t width[COLUMNS] = { 0 }, col, w;
	struct str rows, row, cell;

	for (rows = buf_str(&o->rows); str_line(&row, &rows);)
		for (col = 0; str_split(&cell, &row, '\t'); col++)
			if (col < COLUMNS && (w = str_utf8_count(cell)) <= WIDEST && w > width[col])
				width[col] = w;
	for (rows = buf_str(&o->rows); str_line(&row, &rows); putc('\n', o->f)) {
		for (col = 0; str_split(&cell, &row, '\t'); col++) {
			fwrite(cell.p, 1, cell.n, o->f);
			if (!row.n)	/* the last */
				continue;
			for (w = str_utf8_count(cell); col < COLUMNS && w < width[col]; w++)
				putc(' ', o->f);
			fputs("  ", o->f);
		}
	}
	buf_free(&o->line);
	buf_free(&o->rows);
}
