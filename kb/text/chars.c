/* kb/text/chars.c: see chars.h.
 *
 * The table is made as it is needed, 256 code points at a time, from utf8proc's properties and the few letters named
 * here: a text touches two or three of 4,352 blocks. Two threads may make the same block; the first one published
 * stays. A block is 256 rows and the bytes they lead to. Most blocks have no letter; they are all the same one. */
#include "kb/text/chars.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "kb/base/arena.h"

enum { BLOCKS = 0x110000 >> 8, PARTS = 32 };
struct cell { unsigned char class, nlower, nsurface; bool joins; uint32_t at; };	/* at: of lower in bytes; surface follows */
struct block {
	struct cell cells[256];
	const char *bytes;
};
static const struct block no_letters = { .bytes = "" };
static _Atomic(const struct block *) blocks[BLOCKS];

static bool in(uint32_t c, uint32_t first, uint32_t last)
{
	return c - first <= last - first;
}

/* Nothing of a word: what is invisible, and the marks that alphabets can do without. Vowel signs of Indic scripts
 * carry meaning and stay. */
static bool dropped(uint32_t c)
{
	return in(c, 0x0300, 0x036f) || in(c, 0x1ab0, 0x1aff) || in(c, 0x1dc0, 0x1dff) || in(c, 0x20d0, 0x20ff) ||
	    in(c, 0xfe00, 0xfe0f) || in(c, 0xfe20, 0xfe2f) || in(c, 0xe0100, 0xe01ef) ||
	    in(c, 0x0483, 0x0489) || in(c, 0x2de0, 0x2dff) || in(c, 0xa66f, 0xa672) || in(c, 0xa674, 0xa67d) ||	/* Cyrillic */
	    in(c, 0x0591, 0x05bd) || c == 0x05bf || in(c, 0x05c1, 0x05c2) || in(c, 0x05c4, 0x05c5) || c == 0x05c7 ||
	    in(c, 0x0610, 0x061a) || c == 0x0640 || in(c, 0x064b, 0x065f) || c == 0x0670 || in(c, 0x06d6, 0x06dc) ||
	    in(c, 0x06df, 0x06e4) || in(c, 0x06e7, 0x06e8) || in(c, 0x06ea, 0x06ed) || in(c, 0x08ca, 0x08e1) || in(c, 0x08e3, 0x08ff) ||
	    in(c, 0x0730, 0x074a) ||
	    in(c, 0x02b9, 0x02c1) || in(c, 0x02c6, 0x02d1) || c == 0x02ec || c == 0x02ee ||	/* ayn, hamza in transliteration */
	    c == 0x00ad || c == 0x034f || c == 0x061c || in(c, 0x180b, 0x180f) || in(c, 0x200c, 0x200f) || in(c, 0x202a, 0x202e) ||
	    in(c, 0x2060, 0x206f) || c == 0xfeff || in(c, 0x1bca0, 0x1bca3) || in(c, 0xe0000, 0xe007f);
}

/* Dropped from surfaces, but a stemmer reads the letter they make. */
static bool accent(uint32_t c)
{
	return (in(c, 0x0300, 0x036f) && c != 0x0345 && c != 0x034f) || in(c, 0x0653, 0x0655);
}

static bool unspaced(uint32_t c)
{
	return in(c, 0x0e00, 0x0eff) || in(c, 0x1000, 0x109f) || in(c, 0x1780, 0x17ff) || in(c, 0x3005, 0x3007) ||
	    in(c, 0x3040, 0x312f) || in(c, 0x31a0, 0x31bf) || in(c, 0x31f0, 0x31ff) || in(c, 0x3400, 0x4dbf) || in(c, 0x4e00, 0x9fff) ||
	    in(c, 0xa9e0, 0xa9fe) || in(c, 0xaa60, 0xaa7f) || in(c, 0xf900, 0xfaff) || in(c, 0xff66, 0xff9f) || in(c, 0x20000, 0x323af);
}

/* May it be one with the code point before it: those are marks, and the later parts of a Hangul syllable. */
static bool joins(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
		return true;
	default:
		return in(c, 0x1161, 0x1175) || in(c, 0x11a8, 0x11c2);
	}
}

static enum char_class class_of(uint32_t c)
{
	if (dropped(c))
		return CHAR_DROP;
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_NL:
		return unspaced(c) ? CHAR_PAIR : CHAR_LETTER;
	case UTF8PROC_CATEGORY_ND:
		return CHAR_LETTER;
	case UTF8PROC_CATEGORY_NO:	/* but not one and a half as 112 */
		return in(c, 0x00bc, 0x00be) || in(c, 0x2150, 0x215f) || c == 0x2189 ? CHAR_BREAK : CHAR_LETTER;
	default:
		return CHAR_BREAK;
	}
}

/* One letter of the Arabic script to the one letter used for all its keyboards. */
static uint32_t arabic(uint32_t c)
{
	switch (c) {
	case 0x06cc: case 0x06d2: case 0x06d0: return 0x064a;	/* Persian, Urdu yeh, alef maksura */
	case 0x06a9: case 0x06aa: return 0x0643;				/* keheh */
	case 0x06c1: case 0x06be: case 0x06d5: return 0x0647;		/* Urdu heh */
	case 0x06c3: return 0x0629;						/* teh marbuta goal */
	case 0x0671: return 0x0627;						/* alef wasla */
	default: return c;
	}
}

uint32_t text_digit(uint32_t c)		/* those of a script stand in a row, from zero on */
{
	uint32_t n = 0;

	if (utf8proc_category((utf8proc_int32_t)c) != UTF8PROC_CATEGORY_ND)
		return 0;
	while (utf8proc_category((utf8proc_int32_t)(c - n - 1)) == UTF8PROC_CATEGORY_ND)
		n++;
	return '0' + n % 10;
}

/* Cyrillic as Latin typed without hooks. Serbian, Macedonian, Bulgarian, Russian and Ukrainian alike, so that
 * one word is one term whichever script it was typed in. */
static const char *const cyrillic[] = {	/* U+0430 to U+045F */
	"a", "b", "v", "g", "d", "e", "z", "z", "i", "j", "k", "l", "m", "n", "o", "p",
	"r", "s", "t", "u", "f", "h", "c", "c", "s", "st", "a", "y", "", "e", "ju", "ja",
	"e", "e", "dj", "g", "e", "dz", "i", "i", "j", "lj", "nj", "c", "k", "i", "u", "dz",
};

static const char *latin(uint32_t c)	/* letters whose decomposition says nothing; NULL: none */
{
	switch (c) {
	case 0x0111: return "dj";		/* d with stroke */
	case 0x00e6: return "ae";
	case 0x0153: return "oe";
	case 0x00f8: return "o";
	case 0x0142: return "l";
	case 0x0131: return "i";		/* dotless */
	case 0x00fe: return "th";
	case 0x00f0: return "d";
	case 0x0259: case 0x01dd: return "e";	/* Azerbaijani schwa, and the letter that looks like it */
	case 0x0127: return "h";
	case 0x0491: return "g";		/* Ukrainian */
	case 0x0649: return "\xd9\x8a";
	case 0x0629: return "\xd9\x87";	/* ta marbuta as heh */
	case 0x0621: return "";		/* hamza alone */
	case 0x06ba: return "\xd9\x86";	/* Urdu noon ghunna as noon */
	case 0x06ce: return "\xd9\x8a";	/* Kurdish yeh, waw, reh, lam with a hook */
	case 0x06c6: return "\xd9\x88";
	case 0x0695: return "\xd8\xb1";
	case 0x06b5: return "\xd9\x84";
	default: return NULL;
	}
}

/* What is left of a code point, fully decomposed and in small letters. */
static size_t parts_of(utf8proc_int32_t part[PARTS], uint32_t c)
{
	int boundary = 0;
	utf8proc_ssize_t n, i, kept = 0;
	uint32_t d = text_digit(c);

	if (d || c == 0x0130) {		/* capital dotted i: one small i, without a combining dot */
		part[0] = (utf8proc_int32_t)(d ? d : 'i');
		return 1;
	}
	n = utf8proc_decompose_char((utf8proc_int32_t)c, part, PARTS, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &boundary);
	for (i = 0; i < n && i < PARTS; i++) {
		c = arabic((uint32_t)part[i]);
		if (class_of(c) != CHAR_BREAK)
			part[kept++] = (utf8proc_int32_t)c;
	}
	return (size_t)kept;
}

static void compose_last(struct buf *b, size_t start)
{
	uint32_t first, second, both;
	size_t i, last = b->n, before;

	while (last > start && ((unsigned char)b->p[--last] & 0xc0) == 0x80)
		;
	before = last;
	while (before > start && ((unsigned char)b->p[--before] & 0xc0) == 0x80)
		;
	if (before == last)
		return;
	i = before;
	first = str_utf8_next(buf_str(b), &i);
	second = str_utf8_next(buf_str(b), &i);
	if ((both = text_pair(first, second))) {
		b->n = before;
		buf_utf8(b, both);
	}
}

static bool lower_joins(struct str lower)
{
	size_t i = 0;

	return lower.n && joins(str_utf8_next(lower, &i));
}

static void row_make(struct cell *cell, struct buf *bytes, uint32_t c)
{
	enum char_class class = class_of(c);
	utf8proc_int32_t part[PARTS];
	size_t n, i, start = bytes->n;

	*cell = (struct cell){ .class = (unsigned char)class, .at = (uint32_t)start };
	if (class == CHAR_BREAK)
		return;
	if (class == CHAR_DROP) {
		if (accent(c))
			buf_utf8(bytes, c);
		cell->nlower = (unsigned char)(bytes->n - start);
		cell->joins = cell->nlower;
		return;
	}
	n = parts_of(part, c);
	for (i = 0; i < n; i++)
		if (!dropped((uint32_t)part[i]) || accent((uint32_t)part[i])) {
			buf_utf8(bytes, (uint32_t)part[i]);
			compose_last(bytes, start);
		}
	cell->nlower = (unsigned char)(bytes->n - start);
	cell->joins = lower_joins(str_sub(buf_str(bytes), start, bytes->n));
	start = bytes->n;
	for (i = 0; i < n; i++) {
		const char *as = in((uint32_t)part[i], 0x0430, 0x045f) ? cyrillic[part[i] - 0x0430] : latin((uint32_t)part[i]);

		if (i + 1 < n && part[i] == 0x0438 && part[i + 1] == 0x0306)
			as = "j";
		if (as)
			buf_puts(bytes, as);
		else if (!dropped((uint32_t)part[i]))
			buf_utf8(bytes, (uint32_t)part[i]);
	}
	cell->nsurface = (unsigned char)(bytes->n - start);
}

static const struct block *block_make(uint32_t number)
{
	struct block *made = xmalloc(sizeof *made);
	const struct block *b = made, *other = NULL;
	struct buf bytes = BUF_INIT;
	bool letters = false;
	uint32_t i;

	buf_reserve(&bytes, 1);		/* never NULL, which nothing may be added to */
	for (i = 0; i < 256; i++) {
		row_make(&made->cells[i], &bytes, number << 8 | i);
		letters |= made->cells[i].class != CHAR_BREAK;
	}
	made->bytes = bytes.p;
	if (!letters)
		b = &no_letters;
	if (!atomic_compare_exchange_strong(&blocks[number], &other, b))
		b = other;
	if (b != made) {
		buf_free(&bytes);
		free(made);
	}
	return b;
}

static const struct block *block_of(uint32_t c)
{
	const struct block *b = atomic_load_explicit(&blocks[c >> 8], memory_order_acquire);

	return b ? b : block_make(c >> 8);
}

enum char_class text_class(uint32_t c)
{
	return c < 0x110000 ? (enum char_class)block_of(c)->cells[c & 0xff].class : CHAR_BREAK;
}

struct text_row text_char(uint32_t c)
{
	const struct block *b;
	const struct cell *k;

	if (c >= 0x110000)
		return (struct text_row){ CHAR_BREAK, false, STR_NONE, STR_NONE };
	b = block_of(c);
	k = &b->cells[c & 0xff];
	return (struct text_row){ (enum char_class)k->class, k->joins, { b->bytes + k->at, k->nlower }, { b->bytes + k->at + k->nlower, k->nsurface } };
}

size_t text_columns(uint32_t cp)
{
	const int n = utf8proc_charwidth((utf8proc_int32_t)cp);

	return n > 0 ? (size_t)n : 0;
}

uint32_t text_pair(uint32_t first, uint32_t second)
{
	utf8proc_int32_t two[3] = { (utf8proc_int32_t)first, (utf8proc_int32_t)second };

	if (second < 0x0300)
		return 0;
	return utf8proc_normalize_utf32(two, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) == 1 ? (uint32_t)two[0] : 0;
}

void text_nfc(struct buf *out, struct str text)
{
	utf8proc_uint8_t *nfc = NULL;
	utf8proc_ssize_t n;
	size_t i = 0;

	while (i < text.n && (unsigned char)text.p[i] < 0x80)
		i++;
	n = i == text.n ? -1 : utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &nfc,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	buf_str_add(out, n < 0 ? text : (struct str){ (const char *)nfc, (size_t)n });
	free(nfc);
}
