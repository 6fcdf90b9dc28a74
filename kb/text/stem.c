/* kb/text/stem.c: see stem.h.
 *
 * Stemming costs ten times what cutting a text into words does, and a text repeats its words, so terms are
 * kept: a table of 2^10 slots by hash of (language, word), overwritten when two meet. It serves snippets and
 * phrases, some thousand words a query; a larger one costs a new process more page faults than it saves
 * stemming. Building an index remembers every word itself (kb/index/segment.c). */
#include "kb/text/stem.h"

#include <stdlib.h>
#include <string.h>

#include <libstemmer.h>

#include "kb/base/arena.h"
#include "kb/text/strip.h"

static const struct { const char *lang, *snowball; } stemmers[] = {
	{ "", NULL },			/* 0: none */
	{ "en", "english" }, { "ar", "arabic" }, { "de", "german" }, { "fr", "french" }, { "es", "spanish" },
	{ "ru", "russian" }, { "sr", "serbian" }, { "tr", "turkish" }, { "it", "italian" }, { "pt", "portuguese" },
	{ "nl", "dutch" }, { "hu", "hungarian" }, { "ro", "romanian" }, { "sv", "swedish" }, { "da", "danish" },
	{ "no", "norwegian" }, { "fi", "finnish" }, { "el", "greek" }, { "id", "indonesian" }, { "hi", "hindi" },
	{ "ga", "irish" }, { "lt", "lithuanian" }, { "ca", "catalan" }, { "eu", "basque" }, { "hy", "armenian" },
	{ "ne", "nepali" }, { "ta", "tamil" }, { "yi", "yiddish" },
};
enum { SERBIAN = 7, STEMMERS = sizeof stemmers / sizeof *stemmers, SLOTS = 1 << 10 };	/* tables of strip.h behind them */

struct slot {
	unsigned char lang, nword, nterm;
	char word[24], term[24];	/* longer ones are not kept */
};
struct stems {
	struct sb_stemmer *open[STEMMERS];
	struct buf low, term;
	struct slot *slots;
};

struct stems *stems_open(void)
{
	struct stems *s = xmalloc(sizeof *s);

	*s = (struct stems){ .slots = xmalloc(SLOTS * sizeof *s->slots) };
	memset(s->slots, 0, SLOTS * sizeof *s->slots);
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
	buf_free(&s->low);
	buf_free(&s->term);
	free(s->slots);
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

static struct slot *slot_of(struct stems *s, struct str word, unsigned lang)
{
	uint64_t h = 0xcbf29ce484222325u ^ lang;
	size_t i;

	for (i = 0; i < word.n; i++)
		h = (h ^ (unsigned char)word.p[i]) * 0x100000001b3u;
	return &s->slots[(h ^ h >> 32) % SLOTS];
}

static struct str snowball(struct stems *s, struct str word, unsigned lang)
{
	const sb_symbol *p;

	if (!word.n)
		return word;
	if (!s->open[lang] && !(s->open[lang] = sb_stemmer_new(stemmers[lang].snowball, NULL)))
		out_of_memory();	/* the names are libstemmer's own */
	if (!(p = sb_stemmer_stem(s->open[lang], (const sb_symbol *)word.p, (int)word.n)))
		out_of_memory();
	return (struct str){ (const char *)p, (size_t)sb_stemmer_length(s->open[lang]) };
}

struct str stems_term(struct stems *s, struct str word, unsigned lang)
{
	struct slot *slot = word.n && word.n <= sizeof slot->word ? slot_of(s, word, lang) : NULL;

	if (slot && slot->nword == word.n && slot->lang == lang && memcmp(slot->word, word.p, word.n) == 0)
		return (struct str){ slot->term, slot->nterm };
	buf_clear(&s->low);
	buf_clear(&s->term);
	if (lang == 0 || lang >= STEMMERS) {
		text_surface(&s->term, word);
		strip_word(&s->term, lang ? lang - STEMMERS + 1 : 0);
	} else {
		/* Snowball's serbian knows words without hooks: so read, a word typed with and one typed without them meet. */
		(lang == SERBIAN ? text_surface : text_lower)(&s->low, word);
		text_fold(&s->term, snowball(s, buf_str(&s->low), lang));
	}
	if (s->term.n > WORD_MAX)
		s->term.n = str_utf8_cut(buf_str(&s->term), WORD_MAX).n;
	if (slot && s->term.n <= sizeof slot->term) {
		slot->lang = (unsigned char)lang;
		slot->nword = (unsigned char)word.n;
		slot->nterm = (unsigned char)s->term.n;
		memcpy(slot->word, word.p, word.n);
		if (s->term.n)
			memcpy(slot->term, s->term.p, s->term.n);
	}
	return buf_str(&s->term);
}
