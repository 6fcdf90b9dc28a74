/* render/find_called.c: what words of a query name (kb/index/hint.h), for a page that has no stemmer.
 *
 * A copy has a line of names: for each code that is a form of its texts, in order, and for the words that make a
 * question, the code, its names ("|" before each, blanks between their words), a TAB. Behind a word that begins with its
 * stem stands a capital: A, the stem is all of it; B, but for the last UTF-16 unit; and so on. A word of a query is one of
 * a name that is the same; or that it shares the first BEGIN units and the stem with, and has at most ENDING more. The
 * longest name is taken, of such those whose words are all the same. search.js reads it so too. */
#include "render/find_parts.h"

#include <stdlib.h>

#include "kb/doc/called.h"

enum { BEGIN = 4, ENDING = 3, LETTERS = 26 };

static int by_code(const void *code, const void *el)
{
	return str_cmp(*(const struct str *)code, cstr(el));
}

/* A code's number, or called_ncodes. */
static size_t code_at(struct str code)
{
	const char (*at)[CALLED_CODE] = bsearch(&code, called_codes, called_ncodes, sizeof *called_codes, by_code);

	return at ? (size_t)(at - called_codes) : called_ncodes;
}

void find_called_form(struct find *f, struct str form, bool there)
{
	size_t i = form.n && form.p[0] == '0' ? code_at(form) : called_ncodes;

	if (i < called_ncodes)
		f->coded[i] = there;
}

static void put_name(struct buf *b, struct str surfaces, struct str stems)
{
	char before = '|';
	struct str surface, stem = STR_NONE;
	size_t cut;

	while (str_split(&surface, &surfaces, ' ')) {
		str_split(&stem, &stems, ' ');
		buf_putc(b, before);
		buf_str_add(b, surface);
		if (stem.n && str_starts(surface, stem) && (cut = find_units(str_sub(surface, stem.n, surface.n))) < LETTERS)
			buf_putc(b, (char)('A' + cut));
		before = ' ';
	}
}

void find_called(struct buf *b, const struct find *f)
{
	struct arena a = ARENA_INIT;
	struct buf *names = arena_array(&a, called_ncodes, sizeof *names);
	const size_t ask = code_at(STR("0ask"));
	size_t i, k;

	for (i = 0; i < called_n; i++) {
		const struct called_name name = called_name(i);

		if ((k = code_at(name.code)) < called_ncodes && (f->coded[k] || k == ask))
			put_name(&names[k], name.surfaces, name.lang ? name.stems : STR_NONE);
	}
	for (i = 0; i < called_ncodes; i++)
		if (names[i].n) {
			buf_puts(b, called_codes[i]);
			buf_str_add(b, buf_str(&names[i]));
			buf_putc(b, '\t');
			buf_free(&names[i]);
		}
	arena_free(&a);
}

/* ---- reading ---- */

/* 0: this word of a name is none of the query; 1: a form of it, 2: it itself. */
static unsigned fits(struct str word, struct str w)
{
	const size_t cut = word.n ? (size_t)(unsigned char)word.p[word.n - 1] - 'A' : SIZE_MAX;	/* great: none */
	const struct str whole = cut < LETTERS ? str_sub(word, 0, word.n - 1) : word;
	const size_t units = find_units(whole), alike = find_units(str_sub(whole, 0, str_utf8_alike(whole, w)));

	if (str_eq(whole, w))
		return 2;
	return cut < LETTERS && alike >= BEGIN && alike >= units - cut && find_units(w) <= units - cut + ENDING;
}

/* How well words of a query are a name, the more the longer it is; 0: they are not. */
static size_t named(struct str name, const struct find_asked *w, size_t n)
{
	size_t i, same = 1;
	struct str word;

	for (i = 0; str_split(&word, &name, ' '); i++) {
		const unsigned how = i < n && !w[i].not ? fits(word, w[i].called) : 0;

		if (!how)
			return 0;
		same &= how == 2;
	}
	return 2 * i + same;
}

void find_names_in(struct find_named *to, struct str line, const struct find_asked *w, size_t n)
{
	size_t i, k, best, how, from;
	struct str rest, item, code, name;

	*to = (struct find_named){ 0 };
	for (i = 0; i < n; i += best > 1 ? best / 2 : 1) {
		best = 0;
		from = to->n;
		for (rest = line; !w[i].not && str_split(&item, &rest, '\t');)
			for (str_split(&code, &item, '|'); str_split(&name, &item, '|');) {
				how = named(name, w + i, n - i);
				if (!how || how < best)
					continue;
				if (how > best) {
					best = how;
					to->n = from;
					to->ask[i] = false;
				}
				to->ask[i] |= str_is(code, "0ask");
				for (k = 0; k < to->n && !str_eq(to->codes[k], code); k++)
					;
				if (k == to->n && k < HINTS_MAX)
					to->codes[to->n++] = code;
			}
		if (to->ask[i])
			to->n = from;
		to->others += !best && !w[i].not;
	}
}
