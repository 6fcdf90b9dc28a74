/* render/find_files.c: the index of find.c as script files.
 *
 * A page opened from a disk may load nothing but classic scripts, so each file is one call with one string, which the
 * page splits (a string is read much faster than a literal of objects):
 *
 *	S("find/root","...")
 *
 * find/table.js	how words fold: find_table.c
 * find/root.js	lines: version, id of this index, number of documents; the first form of each block, blanks
 *		between; the first list of each file of lists, as numbers, each less the one before
 * find/facets.js	read when hits are there already, or one is chosen from; three lines for each facet: its name, each
 *		value and what people call it, TABs between; its sets, each the numbers of its values, blanks
 *		between; the column, each document's set in one or two digits (90 sets or more)
 * find-t/N.js	a block of forms: the number of lists before it, a blank, then for each form: the count of UTF-16
 *		units that it begins with like the one before, as one digit; the rest; "!"; its lists, each 0 for
 *		the next list that no form before has, else how far back from that; a blank
 * find-p/N.js	lists, blanks between; a posting is a number, the document less the one before less 1, and a digit,
 *		the impact
 * find-d/N.js	FIND_DOCS documents, a line each, TABs between: name, language, label, date, owner, title, summary
 *
 * Digits are the 90 of find_digits; numbers as find_number writes them. Nothing needs an escape in the blocks, so that
 * their sizes are those of the files. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/gate/sodium.h"

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

static void script(struct buf *out, struct str name, struct str text)
{
	buf_printf(out, "S(\"%.*s\",\"", FMT_STR(str_sub(name, 0, name.n - 3)));
	script_escape(out, text);
	buf_puts(out, "\")\n");
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

/* ---- blocks ---- */

static size_t units(struct str s)	/* UTF-16 */
{
	size_t n = 0, i;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80 ? 1u + ((unsigned char)s.p[i] >= 0xf0) : 0u;
	return n;
}

/* Bytes that a and b begin with alike, whole characters. */
static size_t alike(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	while (i && i < b.n && ((unsigned char)b.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

static void put_form(struct buf *b, const struct find *f, size_t i, bool first, uint32_t *next)
{
	size_t same = first ? 0 : alike(f->forms[i - 1], f->forms[i]);
	uint32_t k;

	buf_putc(b, find_digits[units(str_sub(f->forms[i], 0, same))]);
	buf_str_add(b, str_sub(f->forms[i], same, f->forms[i].n));
	buf_putc(b, '!');
	for (k = f->ref_at[i]; k < f->ref_at[i + 1]; k++) {
		if (f->refs[k] == *next) {
			find_number(b, 0);
			++*next;
		} else {
			find_number(b, *next - f->refs[k]);
		}
	}
	buf_putc(b, ' ');
}

static void encode_forms(struct find *f)
{
	struct buf one = BUF_INIT, *b = &f->form_bytes;
	uint32_t next = 0, was;
	size_t i, cap = 0, start = 0;

	for (i = 0; i < f->nforms; i++) {
		was = next;
		buf_clear(&one);
		put_form(&one, f, i, i == 0, &next);
		if (i == 0 || b->n - start + one.n > FIND_BLOCK) {
			if (f->nform_blocks + 1 >= cap) {
				size_t same = cap;

				f->form_block = arena_grow(&f->a, f->form_block, &same, sizeof *f->form_block);
				f->form_off = arena_grow(&f->a, f->form_off, &cap, sizeof *f->form_off);
			}
			start = b->n;
			f->form_block[f->nform_blocks] = (uint32_t)i;
			f->form_off[f->nform_blocks++] = (uint32_t)start;
			find_number(b, was);
			buf_putc(b, ' ');
			next = was;
			buf_clear(&one);
			put_form(&one, f, i, true, &next);
		}
		buf_str_add(b, buf_str(&one));
	}
	if (f->nform_blocks) {
		f->form_block[f->nform_blocks] = (uint32_t)f->nforms;
		f->form_off[f->nform_blocks] = (uint32_t)b->n;
	}
	buf_free(&one);
}

static void encode_lists(struct find *f)
{
	struct buf one = BUF_INIT, *b = &f->list_bytes;
	size_t i, cap = 0, start = 0;
	uint32_t k, before, v;

	for (i = 0; i < f->nlists; i++) {
		char *p;

		buf_clear(&one);
		buf_reserve(&one, (f->list_at[i + 1] - f->list_at[i]) * 8 + 1);	/* a number has 6 digits at most */
		p = one.p;
		for (k = f->list_at[i], before = 0; k < f->list_at[i + 1]; k++) {
			for (v = (f->posts[k] >> 8) - before; v >= 45; v = v / 45 - 1)
				*p++ = find_digits[45 + v % 45];
			*p++ = find_digits[v];
			*p++ = find_digits[f->posts[k] & 0xff];
			before = (f->posts[k] >> 8) + 1;
		}
		*p++ = ' ';
		one.n = (size_t)(p - one.p);
		if (i == 0 || b->n - start + one.n > FIND_BLOCK) {
			if (f->nlist_blocks + 1 >= cap) {
				size_t same = cap;

				f->list_block = arena_grow(&f->a, f->list_block, &same, sizeof *f->list_block);
				f->list_off = arena_grow(&f->a, f->list_off, &cap, sizeof *f->list_off);
			}
			start = b->n;
			f->list_block[f->nlist_blocks] = (uint32_t)i;
			f->list_off[f->nlist_blocks++] = (uint32_t)start;
		}
		buf_str_add(b, buf_str(&one));
	}
	if (f->nlist_blocks) {
		f->list_block[f->nlist_blocks] = (uint32_t)f->nlists;
		f->list_off[f->nlist_blocks] = (uint32_t)b->n;
	}
	buf_free(&one);
}

void find_blocks(struct find *f)
{
	encode_forms(f);
	encode_lists(f);
}

/* ---- files ---- */

static void documents(struct buf *b, const struct find *f, size_t block)
{
	struct buf whole = BUF_INIT;
	struct str s;
	size_t i;

	for (i = block * FIND_DOCS; i < f->n && i < (block + 1) * FIND_DOCS; i++) {
		const struct entry *e = f->docs[i];
		const struct str row[] = { e->name, e->lang, e->tlp, e->date, e->owner, e->title };
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
	size_t i;

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
	for (i = 0; i < f->n; i++) {
		if (k->nsets > sizeof find_digits)
			buf_putc(b, find_digits[k->column[i] / sizeof find_digits]);
		buf_putc(b, find_digits[k->column[i] % sizeof find_digits]);
	}
	buf_putc(b, '\n');
}

static void facets(struct buf *b, const struct find *f)
{
	size_t i;

	for (i = 0; i < FIND_FACETS; i++)
		facet(b, f, &f->facets[i]);
}

static void root(struct buf *b, const struct find *f)
{
	struct buf docs = BUF_INIT, rest = BUF_INIT, sides = BUF_INIT;
	unsigned char hashes[5][16], id[16];
	size_t i;

	for (i = 0; i < f->nform_blocks; i++) {
		buf_str_add(&rest, f->forms[f->form_block[i]]);
		buf_putc(&rest, ' ');
	}
	buf_putc(&rest, '\n');
	for (i = 0; i < f->nlist_blocks; i++)
		find_number(&rest, f->list_block[i] - (i ? f->list_block[i - 1] : 0));
	buf_putc(&rest, '\n');
	facets(&sides, f);
	for (i = 0; i * FIND_DOCS < f->n; i++)
		documents(&docs, f, i);
	blake2b_of(hashes[0], buf_str(&rest));
	blake2b_of(hashes[1], buf_str(&f->form_bytes));
	blake2b_of(hashes[2], buf_str(&f->list_bytes));
	blake2b_of(hashes[3], buf_str(&docs));
	blake2b_of(hashes[4], buf_str(&sides));
	blake2b_of(id, (struct str){ (const char *)hashes, sizeof hashes });
	buf_puts(b, "2 ");
	for (i = 0; i < 8; i++)
		buf_printf(b, "%02x", id[i]);
	buf_printf(b, " %zu\n", f->n);
	buf_str_add(b, buf_str(&rest));
	buf_free(&docs);
	buf_free(&rest);
	buf_free(&sides);
}

static void table(struct buf *b, const struct find *f)
{
	(void)f;
	find_table(b);
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

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str *find_names(size_t *n, struct arena *a, const struct find *f)
{
	size_t counts[] = { (f->n + FIND_DOCS - 1) / FIND_DOCS, f->nlist_blocks, f->nform_blocks }, got = 0, i, k;
	struct str *v = arena_array(a, counts[0] + counts[1] + counts[2] + FIXED, sizeof *v);

	for (i = 0; i < FIXED; i++)
		v[got++] = cstr(fixed[i].name);
	for (k = 0; k < 3; k++)
		for (i = 0; i < counts[k]; i++)
			v[got++] = cstr(arena_printf(a, "find-%c/%zu.js", "dpt"[k], i));
	qsort(v, got, sizeof *v, by_name);
	*n = got;
	return v;
}

/* "find-t/12.js": its letter and number. */
static bool block_name(char *letter, uint64_t *number, struct str name)
{
	if (!str_starts(name, STR("find-")) || name.n < 11 || name.p[6] != '/' || !str_ends(name, STR(".js")) ||
	    !memchr("dpt", name.p[5], 3))
		return false;
	*letter = name.p[5];
	return name.n <= 18 && str_u64(number, str_sub(name, 7, name.n - 3));
}

bool find_is_name(struct str name)
{
	uint64_t number;
	char letter;

	return fixed_of(name) < FIXED || block_name(&letter, &number, name);
}

bool find_write(struct buf *out, const struct find *f, struct str name)
{
	struct buf b = BUF_INIT;
	uint64_t i;
	size_t k = fixed_of(name);
	char letter;
	bool found = true;

	if (k < FIXED)
		fixed[k].write(&b, f);
	else if (!block_name(&letter, &i, name))
		found = false;
	else if (letter == 'd' && i * FIND_DOCS < f->n)
		documents(&b, f, i);
	else if (letter == 'p' && i < f->nlist_blocks)
		buf_str_add(&b, str_sub(buf_str(&f->list_bytes), f->list_off[i], f->list_off[i + 1]));
	else if (letter == 't' && i < f->nform_blocks)
		buf_str_add(&b, str_sub(buf_str(&f->form_bytes), f->form_off[i], f->form_off[i + 1]));
	else
		found = false;
	if (found)
		script(out, name, buf_str(&b));
	buf_free(&b);
	return found;
}
