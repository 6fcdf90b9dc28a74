/* kb/text/stem.c: see stem.h.
 *
 * Stemming costs ten times what cutting a text into words does, and a text repeats its words, so terms are
 * kept: a table of 2^15 slots by hash of (language, word), overwritten when two meet. It serves snippets and
 * phrases, some thousand words a query: pages of it that no word met are never touched. And it serves documents that are
 * replaced one after another: for these it is four times as large, in large pages, as with small ones most of a word's time
 * is looking up where its page is. Making a whole index remembers every word itself (kb/index/build.c). */
#include "kb/text/stem.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <libstemmer.h>

#include "kb/base/arena.h"
#include "kb/text/strip.h"

_Static_assert(TEXT_POINTS == WORD_MAX, "of ASCII, small letters are the surface");

/* The scripts of letters that a stemmer looks at, as bits. What has none of them, it leaves as it is. */
enum { LATIN = 1, CYRILLIC = 2, ARABIC = 4, GREEK = 8, OTHER = 16, ALL = 31 };
static const struct { const char *lang, *snowball; unsigned scripts; } stemmers[] = {
	{ "", NULL, 0 },		/* 0: none */
	{ "en", "english", LATIN }, { "ar", "arabic", ARABIC }, { "de", "german", LATIN }, { "fr", "french", LATIN },
	{ "es", "spanish", LATIN }, { "ru", "russian", CYRILLIC }, { "sr", "serbian", LATIN },
	{ "tr", "turkish", LATIN }, { "it", "italian", LATIN }, { "pt", "portuguese", LATIN },
	{ "nl", "dutch", LATIN }, { "hu", "hungarian", LATIN }, { "ro", "romanian", LATIN },
	{ "sv", "swedish", LATIN }, { "da", "danish", LATIN }, { "no", "norwegian", LATIN },
	{ "fi", "finnish", LATIN }, { "el", "greek", GREEK }, { "id", "indonesian", LATIN },
	{ "hi", "hindi", OTHER }, { "ga", "irish", LATIN }, { "lt", "lithuanian", LATIN },
	{ "ca", "catalan", LATIN }, { "eu", "basque", LATIN }, { "hy", "armenian", OTHER },
	{ "ne", "nepali", OTHER }, { "ta", "tamil", OTHER }, { "yi", "yiddish", OTHER },
};
enum { ENGLISH = 1, SERBIAN = 7, TURKISH = 8, STEMMERS = sizeof stemmers / sizeof *stemmers };	/* tables of strip.h behind them */

struct slot {				/* one line of the processor's cache: what a word waits for */
	uint64_t word[KEY_NEAR / 8];	/* zeroes behind it */
	char term[37];			/* longer ones are not kept */
	unsigned char lang, nword, nterm;
};
enum { SLOTS = 1 << 15, SLOTS_LARGE = 4 * SLOTS, LARGE = 2 << 20 };	/* LARGE: bytes of a large page */
_Static_assert(sizeof(struct slot) == 64, "a line each");
struct stems {
	struct sb_stemmer *open[STEMMERS];
	struct buf surface, low, term, other;
	struct slot *slots;
	uint32_t nslots;		/* a power of two */
	void *room;			/* that they are in */
	size_t nroom;
};

struct stems *stems_open_once(void)
{
	struct stems *s = xmalloc(sizeof *s);

	*s = (struct stems){ .slots = NULL };
	return s;
}

static struct stems *open_with(uint32_t slots, size_t more)
{
	struct stems *s = stems_open_once();
	const size_t room = slots * sizeof(struct slot) + more;

	s->nslots = slots;
	s->nroom = room;
	if ((s->room = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) == MAP_FAILED)
		out_of_memory();
	s->slots = s->room;
	return s;
}

struct stems *stems_open(void)
{
	return open_with(SLOTS, 0);
}

struct stems *stems_open_large(void)
{
	struct stems *s = open_with(SLOTS_LARGE, LARGE);

	s->slots = (struct slot *)(void *)((char *)s->room + (LARGE - (uintptr_t)s->room % LARGE));
	(void)madvise(s->slots, SLOTS_LARGE * sizeof *s->slots, MADV_HUGEPAGE);	/* where there are none it is pages as any others */
	return s;
}

void stems_close(struct stems *s)
{
	unsigned i;

	if (!s)
		return;
	for (i = 0; i < STEMMERS; i++)
		if (s->open[i])
			sb_stemmer_delete(s->open[i]);
	buf_free(&s->surface);
	buf_free(&s->low);
	buf_free(&s->term);
	buf_free(&s->other);
	if (s->slots)
		munmap(s->room, s->nroom);
	free(s);
}

unsigned stems_count(void)
{
	return STEMMERS + strip_count();
}

unsigned stems_lang(struct str lang)
{
	struct str base = str_sub(lang, 0, str_chr(lang, '-'));
	unsigned i;

	if (str_is(base, "bs") || str_is(base, "hr") || str_is(base, "sh"))
		base = STR("sr");
	if (str_is(base, "nb") || str_is(base, "nn"))
		base = STR("no");
	for (i = 1; i < STEMMERS; i++)
		if (str_is(base, stemmers[i].lang))
			return i;
	i = strip_lang(base);
	return i ? STEMMERS + i - 1 : 0;
}

struct look { unsigned scripts; char before, last; };

/* The scripts of a word's letters, and its last two bytes. */
static struct look looked_at(struct str low)
{
	unsigned scripts = 0, c;
	size_t i;

	for (i = 0; i < low.n; i++) {
		c = (unsigned char)low.p[i];
		if (c < 0x80)
			scripts |= c >= 'a' && c <= 'z' ? LATIN : 0;
		else if (c < 0xc0)		/* in a character */
			continue;
		else if (c < 0xcc)
			scripts |= LATIN;
		else if (c == 0xce || c == 0xcf)
			scripts |= GREEK;
		else if (c >= 0xd0 && c < 0xd4)
			scripts |= CYRILLIC;
		else if (c >= 0xd8 && c < 0xdc)
			scripts |= ARABIC;
		else
			scripts |= ALL;
	}
	return (struct look){ scripts, low.n > 1 ? low.p[low.n - 2] : '\0', low.n ? low.p[low.n - 1] : '\0' };
}

/* Has a word none of the endings that English takes off or turns into others, by its last two letters: s, e, y behind a
 * consonant; ed, eed; ing; al, ful, ll; er, or; ant, ent, ist; ism; abli, ogi, anci, aliti; ic; ion. */
static bool not_english(char before, char last)
{
	static const char *const befores[26] = { [2] = "i", [3] = "e", [6] = "n", [8] = "cglt", [11] = "alu", [12] = "s", [13] = "o",
		[17] = "eo", [19] = "ns" };

	if (last < 'a' || last > 'z')
		return true;
	if (last == 's' || last == 'e')
		return false;
	if (last == 'y')
		return before && strchr("aeiou", before);
	return !befores[last - 'a'] || !strchr(befores[last - 'a'], before);
}

/* Does a stemmer leave a word as it is, to be seen without asking it? English is asked of all words. Turkish asks for a
 * hundred endings where English asks for one; none of them ends in these letters. */
static bool leaves(unsigned lang, struct look word)
{
	return !(word.scripts & stemmers[lang].scripts) || (lang == TURKISH && strchr("fhjlopqstvwxy", word.last)) ||
	    (lang == ENGLISH && not_english(word.before, word.last));
}

static struct str snowball(struct stems *s, struct str word, unsigned lang)
{
	const sb_symbol *p;

	if (!s->open[lang] && !(s->open[lang] = sb_stemmer_new(stemmers[lang].snowball, NULL)))
		out_of_memory();	/* the names are libstemmer's own */
	if (!(p = sb_stemmer_stem(s->open[lang], (const sb_symbol *)word.p, (int)word.n)))
		out_of_memory();
	return (struct str){ (const char *)p, (size_t)sb_stemmer_length(s->open[lang]) };
}

/* Snowball's serbian knows words without hooks: so read, a word typed with and one typed without them meet. */
static bool reads_surface(unsigned lang)
{
	return lang == 0 || lang == SERBIAN || lang >= STEMMERS;
}

/* The term of what a stemmer reads: a surface or small letters. */
static void make_term(struct buf *term, struct stems *s, struct str read, unsigned lang, struct look look)
{
	buf_clear(term);
	if (lang == 0 || lang >= STEMMERS) {
		buf_str_add(term, read);
		strip_word(term, lang ? lang - STEMMERS + 1 : 0);
	} else {
		text_fold(term, leaves(lang, look) ? read : snowball(s, read, lang));
	}
	if (term->n > WORD_MAX)
		term->n = str_utf8_cut(buf_str(term), WORD_MAX).n;
}

struct stemmed stems_both(struct stems *s, struct str word, unsigned lang, unsigned other)
{
	struct str read[2];		/* small letters, the surface */
	struct look look[2];
	struct stemmed to;
	bool a = reads_surface(lang), b = reads_surface(other);
	size_t i;

	for (i = 0; i < word.n && (unsigned char)word.p[i] < 0x80; i++)
		;
	buf_clear(&s->surface);
	text_surface(&s->surface, word);
	to.surface = read[0] = read[1] = buf_str(&s->surface);
	if (i < word.n) {		/* else they are the same */
		buf_clear(&s->low);
		text_lower(&s->low, word);
		read[0] = buf_str(&s->low);
	}
	look[0] = looked_at(read[0]);
	look[1] = i < word.n ? looked_at(read[1]) : look[0];
	make_term(&s->term, s, read[a], lang, look[a]);
	to.term = to.other = buf_str(&s->term);
	if (other != lang && (a || b || !leaves(lang, look[0]) || !leaves(other, look[0]))) {
		make_term(&s->other, s, read[b], other, look[b]);
		to.other = buf_str(&s->other);
	}
	return to;
}

static struct slot *slot_of(const struct stems *s, const struct word_key *key)
{
	return &s->slots[key->hash & (s->nslots - 1)];
}

void stems_soon(const struct stems *s, const struct word_key *key)
{
	if (s->slots)
		__builtin_prefetch(slot_of(s, key));
}

struct str stems_keyed(struct stems *s, struct str word, const struct word_key *key, unsigned lang)
{
	struct slot *slot = s->slots && word.n && word.n <= KEY_NEAR ? slot_of(s, key) : NULL;

	if (slot && slot->nword == word.n && slot->lang == lang && key_same(slot->word, key->near))
		return (struct str){ slot->term, slot->nterm };
	buf_clear(&s->low);
	(reads_surface(lang) ? text_surface : text_lower)(&s->low, word);
	make_term(&s->term, s, buf_str(&s->low), lang, looked_at(buf_str(&s->low)));
	if (slot && s->term.n <= sizeof slot->term) {
		slot->lang = (unsigned char)lang;
		slot->nword = (unsigned char)word.n;
		slot->nterm = (unsigned char)s->term.n;
		memcpy(slot->word, key->near, sizeof slot->word);
		if (s->term.n)
			memcpy(slot->term, s->term.p, s->term.n);
	}
	return buf_str(&s->term);
}

struct str stems_term(struct stems *s, struct str word, unsigned lang)
{
	struct word_key key;

	word_key(&key, word, lang);
	return stems_keyed(s, word, &key, lang);
}

void stems_each(struct stems *s, struct str word, const bool *wanted, unsigned n, term_fn *fn, void *ctx)
{
	bool plain = false, left;		/* the term of a word that is left as it is was given */
	struct look look;
	unsigned lang;

	buf_clear(&s->low);
	text_lower(&s->low, word);
	look = looked_at(buf_str(&s->low));
	for (lang = 1; lang < n && lang < stems_count(); lang++) {
		left = lang < STEMMERS && lang != SERBIAN && leaves(lang, look);
		if (!wanted[lang] || (left && plain))
			continue;
		plain |= left;
		fn(ctx, stems_term(s, word, lang));
	}
}
