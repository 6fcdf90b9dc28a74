/* sync/merge/block.c: the bytes of a conflict block, and finding them in a text: rule 6 of merge.c. */
#include "sync/merge/parts.h"

static const char *const marks[] = { "<!-- conflict -->", "<!-- or -->", "<!-- /conflict -->" };

static size_t mark_of(struct str line)		/* 1 to 3; 0: none */
{
	size_t i;

	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	for (i = 0; i < 3; i++)
		if (str_is(line, marks[i]))
			return i + 1;
	return 0;
}

static bool escaped(struct str line, size_t least)	/* at least so many backslashes, then a mark */
{
	size_t i = 0;

	while (i < line.n && line.p[i] == '\\')
		i++;
	return i >= least && mark_of(str_sub(line, i, line.n));
}

void variant_write(struct buf *b, struct str text)
{
	while (text.n) {
		struct str line = next_line(&text);

		if (escaped(line, 0))
			buf_putc(b, '\\');
		buf_str_add(b, line);
		if (!text.n && line.p[line.n - 1] != '\n')
			buf_putc(b, '\n');
	}
}

struct str variant_read(struct arena *a, struct str text)
{
	struct buf b = BUF_INIT;
	struct str out;

	while (text.n) {
		struct str line = next_line(&text);

		buf_str_add(&b, escaped(line, 1) ? str_sub(line, 1, line.n) : line);
	}
	out = b.n ? arena_str(a, buf_str(&b)) : STR("");
	buf_free(&b);
	return out;
}

void block_format(struct arena *a, struct block *b)
{
	struct buf out = BUF_INIT;
	size_t i;

	buf_puts(&out, b->lead ? "\n" : "");
	for (i = 0; i < b->n; i++) {
		buf_printf(&out, "%s\n", marks[i ? 1 : 0]);
		variant_write(&out, b->v[i].text);
	}
	buf_printf(&out, "%s\n", marks[2]);
	b->bytes = arena_str(a, buf_str(&out));
	buf_free(&out);
}

/* The well-made group that begins with text's first line: its length in bytes, 0 none; *n variants. */
size_t block_group(struct str text, size_t *n)
{
	struct str rest = text, line;
	size_t len, k;

	line = next_line(&rest);
	if (mark_of(line) != 1)
		return 0;
	for (*n = 1, len = line.n; rest.n;) {
		line = next_line(&rest);
		len += line.n;
		k = mark_of(line);
		if (k == 1)
			return 0;
		*n += k == 2;
		if (k == 3)
			return *n > 1 ? len : 0;
	}
	return 0;
}

struct str *block_variants(struct arena *a, struct str text, size_t n)
{
	struct str *v = arena_array(a, n, sizeof *v), line = next_line(&text);
	const char *from = text.p;
	size_t i = 0, k;

	while (i < n) {
		const char *at = text.p;

		line = next_line(&text);
		if (!(k = mark_of(line)))
			continue;
		v[i++] = variant_read(a, (struct str){ from, (size_t)(at - from) });
		from = text.p;
	}
	return v;
}
