/* kb/index/expand.c: see expand.h. */
#include "kb/index/expand.h"

#include <string.h>

#include "kb/index/parts.h"
#include "kb/text/fold.h"

enum { PREFIX_TERMS = 64, NEAR_TERMS = 3, ONE_FROM = 5, TWO_FROM = 9 };

static void put_term(struct expansion *x, struct arena *a, size_t *cap, struct str term)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (str_eq(x->terms[i], term))
			return;
	if (!term.n)
		return;
	if (x->n == *cap)
		x->terms = arena_grow(a, x->terms, cap, sizeof *x->terms);
	x->terms[x->n++] = arena_str(a, term);
}

static bool has_digit(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

/* The stems of a word in every language of the index, and in English, that of the codes' names. */
static void stems_of(struct snap *s, struct str word, term_fn *fn, void *ctx)
{
	bool wanted[LANGS];
	unsigned lang;

	for (lang = 0; lang < LANGS; lang++)
		wanted[lang] = s->stamp.langs[lang] > 0;
	wanted[stems_lang(STR("en"))] = true;
	stems_each(index_stems(s->ix), word, wanted, LANGS, fn, ctx);
}

struct putting { struct expansion *x; struct arena *a; size_t *cap; };

static void put_stem(void *ctx, struct str term)
{
	const struct putting *p = ctx;

	put_term(p->x, p->a, p->cap, term);
}

/* Only of a word that stands in no document: what another one is indexed under is known (forms.h), in each language that
 * has it, and looking there costs a tenth of asking twenty stemmers. */
static void put_stems(struct expansion *x, struct arena *a, size_t *cap, struct snap *s, struct str word)
{
	struct putting p = { x, a, cap };

	stems_of(s, word, put_stem, &p);
}

static void add_forms(struct form_list *to, size_t *cap, struct arena *a, const struct form_list *more)
{
	size_t i;

	for (i = 0; i < more->n; i++) {
		if (to->n == *cap)
			to->v = arena_grow(a, to->v, cap, sizeof *to->v);
		to->v[to->n++] = more->v[i];
	}
}

/* Ways to write what a keyboard lacks: ae for ä, zh for ж. Each set makes one spelling of a surface, replaced from left to
 * right, first match first. */
static const char *const spellings[][40] = {
	{ "ae", "a", "oe", "o", "ue", "u", NULL },
	{ "shch", "st", "sht", "st", "zh", "z", "ch", "c", "sh", "s", "ts", "c", "kh", "h", "gj", "g", "kj", "k", "ya", "ja", "yu", "ju", NULL },
	{ "zh", "z", "ch", "c", "sh", "s", "ts", "c", "gj", "g", "kj", "k", "ya", "ja", "yu", "ju", "y", "j", NULL },
	{ "dzh", "dz", "dj", "g", "xh", "dz", "x", "h", "w", "v", "y", "i", NULL },
	{ "lj", "l", "nj", "n", "ch", "c", "sh", "s", "zh", "z", NULL },
	{ "lyu", "lju", "lu", "lju", "zh", "z", "ch", "c", "sh", "s", NULL },
	/* As Bulgarian is written on a telephone. */
	{ "sht", "st", "zh", "z", "ch", "c", "sh", "s", "ts", "c", "tz", "c", "ya", "ja", "ia", "ja", "yu", "ju", "iu", "ju", "ai", "aj", "ei", "ej",
	    "oi", "oj", "j", "z", "q", "ja", "x", "h", "y", "a", NULL },
	{ "sht", "st", "zh", "z", "ch", "c", "sh", "s", "ts", "c", "tz", "c", "ya", "ja", "ia", "ja", "yu", "ju", "iu", "ju", "j", "z", "q", "ja",
	    "x", "h", "y", "a", "u", "a", NULL },
};
enum { SPELLINGS = sizeof spellings / sizeof *spellings, FAR_SPELLINGS = 6 };	/* from this one on they are said */

/* Back to Cyrillic: the stemmer of Russian reads no other letters, so an inflection nobody wrote was no word. */
static const char *const russian[] = { "shch", "щ", "zh", "ж", "kh", "х", "ts", "ц", "ch", "ч", "sh", "ш", "yu", "ю", "ya", "я",
	"ay", "ай", "ey", "ей", "iy", "ий", "oy", "ой", "uy", "уй", "yy", "ый", "a", "а", "b", "б", "v", "в", "g", "г", "d", "д", "e", "е",
	"z", "з", "i", "и", "j", "й", "k", "к", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "r", "р", "s", "с", "t", "т", "u", "у",
	"f", "ф", "h", "х", "c", "ц", "y", "ы", NULL };

/* One spelling of a surface; false: it is the same. */
static bool respell(struct buf *out, struct str s, const char *const *set)
{
	size_t i = 0, k;

	buf_clear(out);
	while (i < s.n) {
		for (k = 0; set[k] && !str_starts(str_sub(s, i, s.n), cstr(set[k])); k += 2)
			;
		if (set[k]) {
			buf_puts(out, set[k + 1]);
			i += strlen(set[k]);
		} else {
			buf_putc(out, s.p[i++]);
		}
	}
	return !str_eq(buf_str(out), s);
}

/* Umlauts of the word itself as two letters, for text that was written without them. */
static bool without_umlauts(struct buf *out, struct str word)
{
	size_t i = 0, at;
	bool any = false;

	buf_clear(out);
	while (i < word.n) {
		uint32_t c;

		at = i;
		c = str_utf8_next(word, &i) | 0x20;	/* of either size: U+00C4 and U+00E4, U+00D6 and U+00F6, U+00DC and U+00FC */
		if (c == 0xe4 || c == 0xf6 || c == 0xfc) {
			buf_puts(out, c == 0xe4 ? "ae" : c == 0xf6 ? "oe" : "ue");
			any = true;
		} else {
			buf_str_add(out, str_sub(word, at, i));
		}
	}
	return any;
}

/* Bit k: the first k letters of a surface are a stem of it, and a misspelling of another one if they are that many. */
struct cutting { struct str surface; size_t from; uint64_t stems; };

static void cut_stem(void *ctx, struct str term)
{
	struct cutting *c = ctx;
	size_t letters = str_utf8_count(term);

	if (letters >= c->from && letters < WORD_MAX && str_starts(c->surface, term))
		c->stems |= (uint64_t)1 << letters;
}

/* What Arabic writes in front of a word: "and", "so", "by", "as", "to", and the article; longest first. */
static const char *const clitics[] = { "وبال", "وكال", "وال", "فال", "بال", "كال", "ولل", "لل", "ال" };

/* A word that has such in front of it and that nobody wrote so: as it is alone, and with the article. Their number, or 0. */
static size_t without_clitic(struct str out[2], struct arena *a, struct str surface)
{
	size_t i;

	for (i = 0; i < sizeof clitics / sizeof *clitics; i++) {
		const struct str clitic = cstr(clitics[i]), rest = str_sub(surface, clitic.n, surface.n);

		if (!str_starts(surface, clitic) || str_utf8_count(rest) < 3)
			continue;
		out[0] = rest;
		out[1] = cstr(arena_printf(a, "ال%.*s", FMT_STR(rest)));
		return 2;
	}
	return 0;
}

/* The words that a surface becomes by edits behind its first letter. */
static enum rc near_forms(struct form_list *list, struct arena *a, struct snap *s, struct str word, struct str surface, enum tier tier,
    struct err *e)
{
	const size_t from = tier == TIER_ONE ? ONE_FROM : TWO_FROM;
	const unsigned edits = tier == TIER_ONE ? 1 : 2;
	struct cutting c = { surface, from, 0 };
	struct form_list more;
	struct str bare[2];
	size_t i, n, cap;
	enum rc rc;

	stems_of(s, word, cut_stem, &c);
	rc = forms_near(list, a, s, surface, edits, c.stems, e);
	n = !rc && !list->n ? without_clitic(bare, a, surface) : 0;
	for (i = cap = 0; i < n && !rc; i++)
		if (str_utf8_count(bare[i]) >= from && !(rc = forms_near(&more, a, s, bare[i], edits, 0, e)))
			add_forms(list, &cap, a, &more);
	forms_sort(list);
	return rc;
}

/* The words that begin so. */
static enum rc begun_forms(struct form_list *list, struct arena *a, struct snap *s, struct str surface, struct err *e)
{
	struct form_list more;
	struct str bare[2];
	size_t i, n, cap = 0;
	struct buf b = BUF_INIT;
	enum rc rc = forms_prefix(list, a, s, surface, e);
	const bool none = !rc && !list->n;

	n = none ? without_clitic(bare, a, surface) : 0;
	for (i = 0; i < n && !rc; i++)
		if (!(rc = forms_prefix(&more, a, s, bare[i], e)))
			add_forms(list, &cap, a, &more);
	for (i = 0; none && i < FAR_SPELLINGS && !rc; i++)
		if (respell(&b, surface, spellings[i]) && !(rc = forms_prefix(&more, a, s, buf_str(&b), e)))
			add_forms(list, &cap, a, &more);
	forms_sort(list);
	buf_free(&b);
	return rc;
}

/* The words that a surface becomes by another first letter, one less or one more before it, or the first two swapped. Each
 * is looked up: the letters of a script are few. */
static enum rc first_forms(struct form_list *list, struct arena *a, struct snap *s, struct str surface, struct err *e)
{
	static const struct { uint32_t first, last; } alphabets[] = { { 'a', 'z' }, { 0x0627, 0x063a }, { 0x0641, 0x064a }, { 0x067e, 0x067e },
	    { 0x0686, 0x0686 }, { 0x0698, 0x0698 }, { 0x06af, 0x06af }, { 0x0985, 0x09b9 } };
	struct buf b = BUF_INIT;
	size_t one = 0, two, i, cap = 0, way;
	struct form_list got;
	uint32_t first = str_utf8_next(surface, &one), c, latin = first < 0x80;
	enum rc rc = RC_OK;

	two = one;
	(void)str_utf8_next(surface, &two);
	for (i = 0; i < sizeof alphabets / sizeof *alphabets && !rc; i++)
		for (c = alphabets[i].first; c <= alphabets[i].last && !rc; c++)
			for (way = 0; way < 2 && (c < 0x80) == latin && (first >= 0x0900) == (c >= 0x0900) && !rc; way++) {
				buf_clear(&b);
				buf_utf8(&b, c);
				buf_str_add(&b, str_sub(surface, way ? one : 0, surface.n));
				if (!(rc = forms_exact(&got, a, s, buf_str(&b), e)))
					add_forms(list, &cap, a, &got);
			}
	for (way = 0; way < 2 && !rc; way++) {
		buf_clear(&b);
		if (way)
			buf_str_add(&b, str_sub(surface, one, two));
		if (way)
			buf_str_add(&b, str_sub(surface, 0, one));
		buf_str_add(&b, str_sub(surface, way ? two : one, surface.n));
		if (!(rc = forms_exact(&got, a, s, buf_str(&b), e)))
			add_forms(list, &cap, a, &got);
	}
	for (i = 0; i < list->n; i++)
		list->v[i].edits = 1;
	forms_sort(list);
	buf_free(&b);
	return rc;
}

static enum rc put_spellings(struct expansion *x, struct arena *a, size_t *cap, struct snap *s, struct str word, struct str surface,
    struct err *e)
{
	struct buf b = BUF_INIT, twice = BUF_INIT;
	size_t set, i, sets = SPELLINGS;
	bool found = false;
	struct form_list list;
	enum rc rc = RC_OK;

	for (set = 0; set <= sets && !rc; set++) {
		if (!(set < sets ? respell(&b, surface, spellings[set]) : without_umlauts(&b, word)))
			continue;
		buf_clear(&twice);
		text_surface(&twice, buf_str(&b));
		rc = forms_exact(&list, a, s, buf_str(&twice), e);
		for (i = 0; !rc && i < list.n; i++)
			put_term(x, a, cap, list.v[i].term);
		if (!rc && list.n && !found && set >= FAR_SPELLINGS && set < sets)
			x->shown = arena_str(a, list.v[0].form);
		found |= !rc && list.n > 0;
		if (!rc && !list.n && (set < FAR_SPELLINGS || set == sets))
			put_stems(x, a, cap, s, buf_str(&b));
	}
	if (!rc && s->stamp.langs[stems_lang(STR("ru"))] && (unsigned char)word.p[0] < 0x80 && respell(&b, surface, russian))
		put_stems(x, a, cap, s, buf_str(&b));
	buf_free(&b);
	buf_free(&twice);
	return rc;
}

enum rc expand_word(struct expansion *x, struct arena *a, struct snap *s, struct str word, enum tier tier, enum typed typed,
    struct err *e)
{
	struct form_list list = { 0 };
	struct buf b = BUF_INIT;
	size_t cap = 0, letters, i, most = SIZE_MAX;
	struct str surface;
	enum rc rc = RC_OK;

	*x = (struct expansion){ 0 };
	text_surface(&b, word);
	surface = buf_str(&b);
	letters = str_utf8_count(surface);
	switch (tier) {
	case TIER_EXACT:
		if ((rc = forms_exact(&list, a, s, surface, e)))
			break;
		x->written = list.n > 0;
		if (!list.n)
			put_stems(x, a, &cap, s, word);
		if (typed == TYPED_PART && letters > 1) {
			for (i = 0; i < list.n; i++)
				put_term(x, a, &cap, list.v[i].term);
			rc = begun_forms(&list, a, s, surface, e);
			most = PREFIX_TERMS;
		}
		break;
	case TIER_SPELLING:
		if (letters > 3 && !has_digit(surface))
			rc = put_spellings(x, a, &cap, s, word, surface, e);
		break;
	case TIER_PREFIX:
		if (typed == TYPED_LAST && letters > 1)
			rc = begun_forms(&list, a, s, surface, e);
		most = PREFIX_TERMS;
		x->forms = list;
		break;
	case TIER_ONE: case TIER_FIRST: case TIER_TWO:
		if (letters >= (tier == TIER_TWO ? TWO_FROM : ONE_FROM) && !has_digit(surface))
			rc = tier == TIER_FIRST ? first_forms(&list, a, s, surface, e) : near_forms(&list, a, s, word, surface, tier, e);
		most = NEAR_TERMS;
		x->forms = list;
		if (list.n)
			x->shown = arena_str(a, list.v[0].form);
		break;
	default:
		break;
	}
	for (i = 0; i < list.n && x->n < most; i++)
		put_term(x, a, &cap, list.v[i].term);
	buf_free(&b);
	return rc;
}
