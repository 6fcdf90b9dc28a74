/* render/find_files.c: the index of find.c as script files.
 *
 * A page opened from a disk may load nothing but classic scripts, so each file is one call with one string, which the
 * page splits (a string is read much faster than a literal of objects):
 *
 *	S("find/root","...")
 *
 * find/table.js	how words fold: render/theme/make/table.c; for pages that have words to mark
 * find/root.js	lines: version, number of documents; the first form of each block and its file, blanks between; the
 *		first term of each block of lists and its file; the line of names of find_called.c; those of table.js, as
 *		two files take longer than one
 * find/facets.js	read when hits are there already, or one is chosen from; three lines for each facet: its name, each
 *		value and what people call it, TABs between; its sets, each the numbers of its values, blanks
 *		between; the column, each document's set, all in as many digits as tell the sets apart
 * find-t/H.js	a block (find_blocks.c) of forms; behind each the terms of its lists but the one that is the form: "!", the
 *		count of UTF-16 units that it begins with like the form, as one digit, the rest
 * find-p/H.js	a block of terms; behind each "!" and its list: a posting is a number, the document less the one before
 *		less 1, and a digit, the impact
 * find-d/N.js	FIND_DOCS documents, a line each, TABs between: name, language, kind, owner, date, label unless it is
 *		TLP:CLEAR, title, summary; kind and owner as people call them
 *
 * Digits are the 90 of find_digits; numbers as find_number writes them. Nothing needs an escape in the blocks, so that
 * their sizes are those of the files. A block's file is called by its hash in 8 hex digits. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#define SUMMARY 140			/* characters of a summary */

/* ---- text in a script ---- */

/* Inside a string of a script: nothing ends the string, the script or the line, or hides what stands there. */
static void script_escape(struct buf *b, struct str s)
{
	size_t i = 0, from;

	while (i < s.n) {
		uint32_t c;

		for (from = i; i < s.n && s.p[i] >= ' ' && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\' && s.p[i] != '<'; i++)
			;
		buf_str_add(b, str_sub(s, from, i));	/* most of it needs no second look */
		if (i == s.n)
			break;
		from = i;
		c = str_utf8_next(s, &i);
		if (c == '\n')
			buf_puts(b, "\\n");
		else if (c == '\t')
			buf_puts(b, "\\t");
		else if (c == '"' || c == '\\')
			buf_printf(b, "\\%c", (char)c);
		else if (c < 0x20 || c == '<' || c == 0x7f || (c >= 0x80 && c < 0xa0) || c == 0x00ad || c == 0x061c ||
		    (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
		    c == 0xfffd)
			buf_printf(b, "\\u%04x", (unsigned)c);
		else
			buf_str_add(b, str_sub(s, from, i));
	}
}

static void script(struct buf *out, struct str name, struct str text, bool plain)
{
	buf_puts(out, "S(\"");
	buf_str_add(out, str_sub(name, 0, name.n - 3));
	buf_puts(out, "\",\"");
	(plain ? buf_str_add : script_escape)(out, text);
	buf_puts(out, "\")\n");
}

/* The text of such a file, where it needs no escape. false: it is none of that name. */
static bool script_text(struct str *text, struct str file, struct str name)
{
	size_t head = strlen("S(\"\",\"") + name.n - strlen(".js"), tail = strlen("\")\n");

	*text = str_sub(file, head, file.n < tail ? 0 : file.n - tail);
	return file.n >= head + tail;
}

/* A field: on one line, ids of documents that are left out replaced. */
static void field(struct buf *b, const struct copy *c, struct str s)
{
	size_t from = b->n, i;

	copy_html(b, c, s, COPY_NOT_HERE);
	for (i = from; i < b->n; i++)
		if ((unsigned char)b->p[i] < 0x20)
			b->p[i] = ' ';
}

/* ---- files ---- */

static void documents(struct buf *b, const struct find *f, size_t block)
{
	struct buf whole = BUF_INIT;
	struct str s;
	size_t i;

	for (i = block * FIND_DOCS; i < f->n && i < (block + 1) * FIND_DOCS; i++) {
		const struct entry *e = f->docs[i];
		const struct str row[] = { e->name, e->lang, find_label(f, 0, cstr(e->kind->name)), find_owner(f, e->owner),
			e->date, tlp_rank(e->tlp) > 0 ? e->tlp : STR_NONE, e->title };
		size_t k, end = 0, n;

		for (k = 0; k < sizeof row / sizeof row[0]; k++) {
			field(b, f->copy, row[k]);
			buf_putc(b, '\t');
		}
		buf_clear(&whole);	/* ids go first: half of one would be none */
		field(&whole, f->copy, e->summary);
		s = buf_str(&whole);
		for (n = 0; n < SUMMARY && end < s.n; n++)
			(void)str_utf8_next(s, &end);
		for (n = end; end < s.n && n > end / 2; n--)	/* at a blank, where the script has them */
			if (s.p[n] == ' ') {
				end = n;
				break;
			}
		buf_str_add(b, str_sub(s, 0, end));
		buf_puts(b, end < s.n ? "…\n" : "\n");
	}
	buf_free(&whole);
}

static void facet(struct buf *b, const struct find *f, const struct find_facet *k)
{
	size_t i, first, of;

	for (first = 1; first * sizeof find_digits < k->nsets; first *= sizeof find_digits)
		;			/* what the first digit of a set counts */
	buf_puts(b, k->name);
	for (i = 0; i < k->nvalues; i++) {
		buf_putc(b, '\t');
		field(b, f->copy, k->values[i]);
		buf_putc(b, '\t');
		field(b, f->copy, k->labels[i]);
	}
	buf_putc(b, '\n');
	for (i = 0; i < k->nsets; i++) {
		buf_str_add(b, k->sets[i]);
		buf_putc(b, ' ');
	}
	buf_putc(b, '\n');
	for (i = 0; i < f->n; i++)
		for (of = first; of > 0; of /= sizeof find_digits)
			buf_putc(b, find_digits[k->column[i] / of % sizeof find_digits]);
	buf_putc(b, '\n');
}

static void facets(struct buf *b, const struct find *f)
{
	size_t i;

	for (i = 0; i < FIND_FACETS; i++)
		facet(b, f, &f->facets[i]);
}

static void block_file(struct buf *b, const struct find_block *k)
{
	buf_printf(b, "%08x", (unsigned)k->name);
	if (k->twin)
		buf_printf(b, "-%u", (unsigned)k->twin);
}

static void block_path(struct buf *b, const struct find_block *k, unsigned kind)
{
	buf_printf(b, "find-%c/", "tp"[kind]);
	block_file(b, k);
	buf_puts(b, ".js");
}

bool find_block_read(struct str *text, struct buf *b, const struct find_block *block, unsigned kind, find_read_fn *read,
    void *ctx)
{
	struct buf name = BUF_INIT;
	bool ok;

	block_path(&name, block, kind);
	buf_clear(b);
	ok = read(ctx, b, buf_str(&name)) && script_text(text, buf_str(b), buf_str(&name));
	buf_free(&name);
	return ok;
}

static void table(struct buf *b, const struct find *f)
{
	(void)f;
	buf_add(b, find_table, find_table_n);
}

static void root(struct buf *b, const struct find *f)
{
	unsigned kind;
	size_t i;

	buf_printf(b, "5 %zu\n", f->n);
	for (kind = 0; kind < FIND_KINDS; kind++) {
		for (i = 0; i < f->blocks[kind].n; i++) {
			buf_str_add(b, f->blocks[kind].v[i].first);
			buf_putc(b, ' ');
			block_file(b, &f->blocks[kind].v[i]);
			buf_putc(b, ' ');
		}
		buf_putc(b, '\n');
	}
	find_called(b, f);
	buf_putc(b, '\n');
	table(b, f);
}

static const struct { const char *name; void (*write)(struct buf *b, const struct find *f); } fixed[] = {
	{ "find/facets.js", facets }, { "find/root.js", root }, { "find/table.js", table },
};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

static size_t fixed_of(struct str name)	/* FIXED: none */
{
	size_t i;

	for (i = 0; i < FIXED && !str_is(name, fixed[i].name); i++)
		;
	return i;
}

struct str *find_names(size_t *n, struct arena *a, const struct find *f)
{
	size_t docs = (f->n + FIND_DOCS - 1) / FIND_DOCS, got = 0, i;
	struct str *v = arena_array(a, docs + f->blocks[0].n + f->blocks[1].n + FIXED, sizeof *v);
	struct buf b = BUF_INIT;
	unsigned kind;

	for (i = 0; i < FIXED; i++)
		v[got++] = cstr(fixed[i].name);
	for (i = 0; i < docs; i++)
		v[got++] = cstr(arena_printf(a, "find-d/%zu.js", i));
	for (kind = 0; kind < FIND_KINDS; kind++)
		for (i = 0; i < f->blocks[kind].n; i++) {
			buf_clear(&b);
			block_path(&b, &f->blocks[kind].v[i], kind);
			v[got++] = arena_str(a, buf_str(&b));
		}
	qsort(v, got, sizeof *v, str_order);
	buf_free(&b);
	*n = got;
	return v;
}

/* "find-t/0123abcd.js", "find-d/12.js": its letter, and what stands before the dot. */
static bool block_name(char *letter, struct str *rest, struct str name)
{
	size_t i;

	if (!str_starts(name, STR("find-")) || name.n < 11 || name.n > 24 || name.p[6] != '/' || !str_ends(name, STR(".js")) ||
	    !memchr("dpt", name.p[5], 3))
		return false;
	*letter = name.p[5];
	*rest = str_sub(name, 7, name.n - 3);
	for (i = 0; i < rest->n; i++)
		if (!memchr("0123456789abcdef-", rest->p[i], 17) || (i == 0 && rest->p[i] == '-'))
			return false;
	return true;
}

bool find_is_name(struct str name)
{
	struct str rest;
	char letter;

	return fixed_of(name) < FIXED || block_name(&letter, &rest, name);
}

/* The block that is called so, or NULL. */
static const struct find_block *block_called(const struct find_blocks *b, struct str file)
{
	uint64_t twin = 0;
	uint32_t name = 0;
	size_t i;

	for (i = 0; i < file.n && i < 8 && file.p[i] != '-'; i++)
		name = name << 4 | (uint32_t)(file.p[i] <= '9' ? file.p[i] - '0' : file.p[i] - 'a' + 10);
	if (i < 8 || (file.n > 8 && (file.p[8] != '-' || !str_u64(&twin, str_sub(file, 9, file.n)) || !twin)))
		return NULL;
	for (i = 0; i < b->n && (b->v[i].name != name || b->v[i].twin != twin); i++)
		;
	return i < b->n ? &b->v[i] : NULL;
}

bool find_makes(const struct find *f, struct str name)
{
	const struct find_block *block;
	struct str rest;
	uint64_t i;
	char letter;

	if (!f->patched)
		return true;
	if (str_is(name, "find/root.js"))
		return !f->root_stays;
	if (str_is(name, "find/facets.js"))
		return !f->facets_stay;
	if (!block_name(&letter, &rest, name))
		return false;
	if (letter == 'd')
		return str_u64(&i, rest) && i * FIND_DOCS < f->n && !f->docs_stay[i];
	block = block_called(&f->blocks[letter == 't' ? FIND_BY_FORM : FIND_BY_TERM], rest);
	return block && block->n;
}

bool find_write(struct buf *out, const struct find *f, struct str name)
{
	const struct find_block *block;
	struct buf b = BUF_INIT;
	struct str rest, plain = STR_NONE;	/* plain: needs no escape */
	uint64_t i;
	size_t k = fixed_of(name);
	char letter;
	bool found = true;

	if (k < FIXED) {
		fixed[k].write(&b, f);
	} else if (!block_name(&letter, &rest, name)) {
		found = false;
	} else if (letter == 'd') {
		if ((found = str_u64(&i, rest) && i < f->n && i * FIND_DOCS < f->n))
			documents(&b, f, i);
	} else {
		const struct find_blocks *of = &f->blocks[letter == 't' ? FIND_BY_FORM : FIND_BY_TERM];

		if ((found = (block = block_called(of, rest)) && block->n))
			plain = str_sub(buf_str(&of->bytes), block->at, block->at + block->n);
	}
	if (found)
		script(out, name, plain.n ? plain : buf_str(&b), plain.n > 0);
	buf_free(&b);
	return found;
}
