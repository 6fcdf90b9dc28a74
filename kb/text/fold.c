/* kb/text/fold.c: see fold.h. The only file that asks utf8proc. */
#include "kb/text/fold.h"

#include <stdlib.h>
#include <string.h>


#include <utf8proc.h>

#include "kb/base/arena.h"

enum class { SPACE, WORD, PAIR };	/* PAIR: a script written without spaces */

static const bool ascii_word[0x80] = {
	['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
	['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1, ['I'] = 1, ['J'] = 1,
	['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1, ['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1,
	['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1, ['Y'] = 1, ['Z'] = 1,
	['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1,
	['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1,
	['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

static enum class class_of(uint32_t c)
{
	if (c < 0x80)
		return ascii_word[c] ? WORD : SPACE;
	if ((c >= 0xc0 && c < 0x250 && c != 0xd7 && c != 0xf7) || (c >= 0x400 && c < 0x482) || (c >= 0x620 && c < 0x66a))
		return WORD;			/* Latin, Cyrillic, Arabic: letters, marks and digits all, as utf8proc has them */
	if ((c >= 0x0e00 && c < 0x0e80) || (c >= 0x3040 && c < 0x3100) || (c >= 0x31f0 && c < 0x3200) ||
	    (c >= 0x3400 && c < 0xa000) || (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x30000))
		return PAIR;
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
		return WORD;
	default:
		return SPACE;
	}
}

bool words_next(struct words *w, struct str *word)
{
	size_t i = w->at, next, start, second;
	enum class k = SPACE;

	if (!w->run) {
		for (start = i; i < w->text.n; start = i) {
			k = class_of(str_utf8_next(w->text, &i));
			if (k != SPACE)
				break;
		}
		if (k == SPACE) {
			w->at = w->text.n;
			return false;
		}
		for (; i < w->text.n; i = next) {
			while (k == WORD && i < w->text.n && (unsigned char)w->text.p[i] < 0x80 && ascii_word[(unsigned char)w->text.p[i]])
				i++;
			if (i >= w->text.n)
				break;
			next = i;
			if (class_of(str_utf8_next(w->text, &next)) != k)
				break;
		}
		if (k == WORD) {
			*word = str_sub(w->text, start, i);
			w->at = i;
			return true;
		}
		w->at = start;
		w->run = i;
	}
	/* In a run: the pair at w->at, or the run's only character. */
	second = w->at;
	(void)str_utf8_next(w->text, &second);
	next = second;
	if (next < w->run)
		(void)str_utf8_next(w->text, &next);
	*word = str_sub(w->text, w->at, next);
	w->at = second;
	if (next >= w->run) {
		w->at = w->run;
		w->run = 0;
	}
	return true;
}

/* One letter of the Arabic script to the one letter used for all its keyboards; 0 drops it. */
static uint32_t arabic(uint32_t c)
{
	switch (c) {
	case 0x06cc: case 0x06d2: case 0x0649: case 0x06d0: return 0x064a;	/* Persian, Urdu yeh, alef maksura */
	case 0x06a9: case 0x06aa: return 0x0643;				/* keheh */
	case 0x06c1: case 0x06be: case 0x06d5: return 0x0647;		/* Urdu heh */
	case 0x06c3: return 0x0629;						/* teh marbuta goal */
	case 0x0640: return 0;							/* tatweel */
	case 0x0671: return 0x0627;						/* alef wasla */
	default: break;
	}
	if ((c >= 0x064b && c <= 0x065f && c != 0x0653 && c != 0x0654 && c != 0x0655) || c == 0x0670 ||
	    (c >= 0x0610 && c <= 0x061a) || (c >= 0x06d6 && c <= 0x06ed))
		return 0;
	return c;
}

static uint32_t digit_of(uint32_t c)		/* ASCII digit of any decimal digit, else 0 */
{
	static const uint32_t zeros[] = { 0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6,
		0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x17e0, 0x1810, 0xff10 };
	size_t i;

	if (c < 0x0660)
		return 0;
	for (i = 0; i < sizeof zeros / sizeof *zeros; i++)
		if (c >= zeros[i] && c < zeros[i] + 10)
			return '0' + (c - zeros[i]);
	return 0;
}

static bool ascii(struct str s)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

void text_lower(struct buf *out, struct str word)
{
	utf8proc_int32_t part[64];
	utf8proc_uint8_t *nfc = NULL;
	struct buf b = BUF_INIT;
	size_t i = 0;

	word = str_utf8_cut(word, WORD_MAX * 2);
	if (ascii(word)) {
		word = str_sub(word, 0, WORD_MAX);
		for (; i < word.n; i++)
			buf_putc(out, (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] | 0x20 : word.p[i]));
		return;
	}
	while (i < word.n) {
		uint32_t c = str_utf8_next(word, &i), d;
		utf8proc_ssize_t n, k;
		int boundary = 0;

		if ((d = digit_of(c))) {
			buf_putc(&b, (char)d);
			continue;
		}
		if (c == 0x0130)		/* capital dotted i: one small i, without a combining dot */
			c = 'i';
		n = utf8proc_decompose_char((utf8proc_int32_t)c, part, 64,
		    UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &boundary);
		for (k = 0; k < n && k < 64; k++)
			if ((c = arabic((uint32_t)part[k])))
				buf_utf8(&b, c);
	}
	if (b.n) {
		utf8proc_map((const utf8proc_uint8_t *)b.p, (utf8proc_ssize_t)b.n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		buf_str_add(out, str_utf8_cut(nfc ? cstr((const char *)nfc) : buf_str(&b), WORD_MAX));
		free(nfc);
	}
	buf_free(&b);
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
	case 0x00df: return "ss";
	case 0x00e6: return "ae";
	case 0x0153: return "oe";
	case 0x00f8: return "o";
	case 0x0142: return "l";
	case 0x0131: return "i";		/* dotless */
	case 0x00fe: return "th";
	case 0x00f0: return "d";
	case 0x0259: return "e";		/* Azerbaijani schwa */
	case 0x0127: return "h";
	case 0x0491: return "g";		/* Ukrainian */
	case 0x0629: return "\xd9\x87";	/* ta marbuta as heh */
	case 0x0621: return "";		/* hamza alone */
	case 0x0622: case 0x0623: case 0x0625: return "\xd8\xa7";
	case 0x0624: return "\xd9\x88";
	case 0x0626: return "\xd9\x8a";
	default: return NULL;
	}
}

void text_fold(struct buf *out, struct str word)
{
	utf8proc_int32_t part[64];
	size_t i = 0;

	if (ascii(word)) {
		buf_str_add(out, word);
		return;
	}
	while (i < word.n) {
		uint32_t c = str_utf8_next(word, &i);
		const char *as = c >= 0x0430 && c < 0x0460 ? cyrillic[c - 0x0430] : latin(c);
		utf8proc_ssize_t n, k;
		int boundary = 0;

		if (as) {
			buf_puts(out, as);
			continue;
		}
		n = utf8proc_decompose_char((utf8proc_int32_t)c, part, 64, UTF8PROC_DECOMPOSE, &boundary);
		for (k = 0; k < n && k < 64; k++) {
			c = (uint32_t)part[k];
			/* Vowel signs of Indic scripts carry meaning, so only the marks of alphabets go. */
			if ((c >= 0x0300 && c < 0x0370) || (c >= 0x0653 && c < 0x0656))
				continue;
			as = c >= 0x0430 && c < 0x0460 ? cyrillic[c - 0x0430] : latin(c);
			if (as)
				buf_puts(out, as);
			else
				buf_utf8(out, c);
		}
	}
}

void text_romanise(struct buf *out, struct str text)
{
	struct buf low = BUF_INIT, folded = BUF_INIT;
	struct words w = { text, 0, 0 };
	struct str word;
	size_t i, last = 0;
	bool first = true;

	while (words_next(&w, &word)) {
		size_t at = (size_t)(word.p - text.p);

		if (!first && at >= last)
			buf_putc(out, ' ');
		first = false;
		last = at + word.n;
		buf_clear(&low);
		buf_clear(&folded);
		text_lower(&low, word);
		text_fold(&folded, buf_str(&low));
		for (i = 0; i < folded.n; i++)
			if ((unsigned char)folded.p[i] < 0x80)
				buf_putc(out, folded.p[i]);
	}
	buf_free(&low);
	buf_free(&folded);
}

void text_nfc(struct buf *out, struct str text)
{
	utf8proc_uint8_t *nfc = NULL;
	utf8proc_ssize_t n = ascii(text) ? -1 : utf8proc_map((const utf8proc_uint8_t *)text.p, (utf8proc_ssize_t)text.n, &nfc,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE);

	buf_str_add(out, n < 0 ? text : (struct str){ (const char *)nfc, (size_t)n });
	free(nfc);
}

void text_plain(struct buf *out, size_t **from, struct str text)
{
	size_t *map = xmalloc((text.n + 1) * sizeof *map), i = 0, at, start = out->n;

	while (i < text.n) {
		uint32_t c, d;

		at = i;
		c = str_utf8_next(text, &i);
		if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0x00ad || c == 0x034f ||
		    c == 0x061c || c == 0x180e || (c >= 0x202a && c <= 0x202e) || (c >= 0xfe00 && c <= 0xfe0f))
			continue;
		d = digit_of(c);
		if (c == 0x00a0 || c == 0x202f || (c >= 0x2000 && c <= 0x200a) || c == 0x205f || c == 0x3000)
			d = ' ';
		if (c == 0x2010 || c == 0x2011)
			d = '-';
		if (d) {
			map[out->n - start] = at;
			buf_putc(out, (char)d);
			continue;
		}
		for (; at < i; at++) {
			map[out->n - start] = at;
			buf_putc(out, text.p[at]);
		}
	}
	map[out->n - start] = text.n;
	*from = map;
}

static const struct { const char *lang, *words; } common[] = {
	{ "en", "the of and to in is for that are with" }, { "de", "der die und das ist nicht ein mit den zu" },
	{ "fr", "le les et des est une dans que pour la" }, { "es", "el los las una que para por del es con" },
	{ "pt", "os uma que para com do da em um por" }, { "it", "il che di una per gli del non con sono" },
	{ "nl", "het een van en dat niet zijn voor op te" }, { "tr", "ve bir bu ile olarak olan daha gibi ancak ya" },
	{ "pl", "jest nie na do oraz w z się przez dla" }, { "id", "yang dan untuk dengan ini dari pada adalah dalam tidak" },
	{ "vi", "và của là các cho một được có không với" }, { "hu", "az egy hogy nem és meg ez van a is" },
	{ "ro", "și în la cu pe de este nu care pentru" }, { "az", "və bir bu ilə üçün olan də edir ki olaraq" },
	{ "bs", "je da se na su za i od koji nije" }, { "cs", "je se na že by ale jako jsou která pro" },
	{ "sv", "och att det som en på är av för inte" }, { "da", "og at det som en på er af til ikke" },
};

const char *text_language(struct str text)
{
	size_t ar = 0, fa = 0, ur = 0, bn = 0, cyr = 0, uk = 0, mk = 0, sr = 0, ru = 0, han = 0, kana = 0, hangul = 0, th = 0,
	    el = 0, latin_n = 0, i = 0, k, best = 0, score[sizeof common / sizeof *common] = { 0 };
	struct words w = { str_utf8_cut(text, 8192), 0, 0 };
	struct buf low = BUF_INIT;
	struct str word;
	const char *lang = "";

	while (i < w.text.n) {
		uint32_t c = str_utf8_next(w.text, &i);

		if (c < 0x250) { latin_n += c >= 'A'; continue; }
		if (c >= 0x370 && c < 0x400) el++;
		else if (c >= 0x400 && c < 0x530) {
			cyr++;
			uk += c == 0x0456 || c == 0x0457 || c == 0x0454;
			mk += c == 0x0453 || c == 0x045c || c == 0x0455;
			sr += c == 0x0452 || c == 0x045b;
			ru += c == 0x044b || c == 0x044d;
		} else if (c >= 0x600 && c < 0x700) {
			ar++;
			fa += c == 0x067e || c == 0x0686 || c == 0x0698 || c == 0x06af;
			ur += c == 0x0679 || c == 0x0688 || c == 0x0691 || c == 0x06ba || c == 0x06d2;
		} else if (c >= 0x980 && c < 0xa00) bn++;
		else if (c >= 0xe00 && c < 0xe80) th++;
		else if (c >= 0x3040 && c < 0x3100) kana++;
		else if (c >= 0x4e00 && c < 0xa000) han++;
		else if (c >= 0xac00 && c < 0xd7b0) hangul++;
	}
	if (cyr > latin_n / 4 && cyr > ar)
		return uk * 50 > cyr ? "uk" : mk * 100 > cyr ? "mk" : sr * 100 > cyr ? "sr" : ru * 200 > cyr ? "ru" : "bg";
	if (ar > latin_n / 4)
		return ur * 100 > ar ? "ur" : fa * 100 > ar ? "fa" : "ar";
	if (bn > latin_n / 4) return "bn";
	if (th > latin_n / 4) return "th";
	if (hangul > latin_n / 4) return "ko";
	if (kana + han > latin_n / 8) return kana * 20 > han ? "ja" : "zh";
	if (el > latin_n / 4) return "el";
	while (words_next(&w, &word)) {
		buf_clear(&low);
		text_lower(&low, word);
		for (k = 0; k < sizeof common / sizeof *common; k++) {
			struct str rest = cstr(common[k].words), one;

			while (str_split(&one, &rest, ' '))
				score[k] += str_eq(one, buf_str(&low));
		}
	}
	for (k = 0; k < sizeof common / sizeof *common; k++)
		if (score[k] > best) {
			best = score[k];
			lang = common[k].lang;
		}
	buf_free(&low);
	return best >= 2 ? lang : "";
}
