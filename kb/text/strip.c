/* kb/text/strip.c: see strip.h.
 *
 * A table is a row of steps. A step is a list of affixes, longest first: "-affix" is an ending, "affix-" a beginning,
 * with the letters that must be left at least; the first one that fits is cut off, and the next step follows. An ending
 * may be replaced: "-ci>k". What is cut is what inflects: number, case, article, possession; never what makes another
 * word of it. */
#include "kb/text/strip.h"

#include <string.h>

#include "kb/base/arena.h"

struct step { const char *affixes; size_t left; };
static const struct table { const char *lang; struct step steps[5]; } tables[] = {
/* Article; plural; the last vowel; consonants that soften before it; what looks like an article, of every word alike. */
{ "bg", { { "-ijata>ija -jata>ja -ata>a -oto>o -eto>e -ijat>i -jat -at -ite>i -ete>e -tta>t", 3 }, { "-ove -eve -ista -ii -i", 3 },
	{ "-ija -ja -a -o -e", 3 }, { "-k>c -g>z -h>s", 2 }, { "-at", 3 } } },
{ "mk", { { "-ijata>ija -iot>i -jata>ja -ata>a -oto>o -eto>e -ite>i -ete>e -ot", 3 }, { "-ovi -evi -ista -inja -ii -i", 3 },
	{ "-ija -ja -a -o -e", 3 }, { "-k>c -g>z -h>s", 2 }, { "-ot", 3 } } },
/* Beginning of verbs; plural with what follows it; comparison; what is left of an ezafe or an indefinite. */
{ "fa", { { "نمي- مي-", 4 }, { "-هايشان -هايمان -هايتان -هايي -هايم -هايت -هايش -هاي -ها -ترين -تر -شان -مان -تان", 2 },
	{ "-ان -ات -ين", 3 }, { "-ي -ه", 3 } } },
/* Plural and oblique; the last vowel, which is what genders and the oblique change. */
{ "ur", { { "-ييون -يون -ييان -يان -ون -ين -ات", 2 }, { "-ي -ا -ه -و", 2 } } },
/* Emphasis; cases on the article of many or of one; the vowel of a locative; a last r, of every word alike. */
{ "bn", { { "-গুলোকে -গুলোতে -গুলোর -গুলিকে -গুলিতে -গুলির -গুলো -গুলি -দেরকে -দের -টিকে -টিতে -টির -টাকে -টাতে -টার -খানা -খানি -টি -টা -রা", 2 },
	{ "-য়ের -ের -য়ে -কে -াতে>া -িতে>ি -ুতে>ু -য় -র", 2 }, { "-ে", 2 }, { "-র", 2 } } },
/* Cases; possession; number. Vowels in harmony, as their surfaces are. */
{ "az", { { "-dakilar -dekiler -daki -deki -dan -den -da -de -nin -nun -in -un -ya -ye -na -ne -ni -nu -yi -yu -a -e -i -u", 3 },
	{ "-imiz -umuz -iniz -unuz -lari -leri -si -su -im -um -i -u", 3 }, { "-lar -ler", 3 }, { "-liq -lik -luq -luk", 4 } } },
/* Cases of many; article, case and plural; the last vowel. */
{ "sq", { { "-ve", 4 }, { "-at -et -it -ut -te -es -se -in -en -un -an", 3 }, { "-i -a -e -u", 3 } } },
};
enum { TABLES = sizeof tables / sizeof *tables };

unsigned strip_lang(struct str lang)
{
	unsigned i;

	for (i = 0; i < TABLES; i++)
		if (str_is(lang, tables[i].lang))
			return i + 1;
	return 0;
}

unsigned strip_count(void)
{
	return TABLES;
}

/* Cut one affix off; false: it does not fit. */
static bool cut(struct buf *b, struct str affix, size_t left)
{
	struct str word = buf_str(b), with;
	size_t arrow;

	if (affix.p[0] != '-') {
		affix.n--;
		if (!str_starts(word, affix) || str_utf8_count(str_sub(word, affix.n, word.n)) < left)
			return false;
		memmove(b->p, b->p + affix.n, word.n - affix.n + 1);
		b->n -= affix.n;
		return true;
	}
	affix = str_sub(affix, 1, affix.n);
	for (arrow = 1; arrow < affix.n && affix.p[arrow] != '>'; arrow++)
		;
	with = str_sub(affix, arrow + 1, affix.n);
	affix.n = arrow;
	if (word.p[word.n - 1] != affix.p[affix.n - 1] || !str_ends(word, affix) || str_utf8_count(str_sub(word, 0, word.n - affix.n)) < left)
		return false;
	buf_splice(b, word.n - affix.n, affix.n, with);
	return true;
}

/* No affix of a table fits a word of other letters: ASCII, or any but ASCII, as all affixes of a table are. */
static bool foreign(struct str word, const char *affixes)
{
	size_t i;

	if ((unsigned char)affixes[1] < 0x80)	/* these are endings */
		return (unsigned char)word.p[word.n - 1] >= 0x80;
	for (i = 0; i < word.n && (unsigned char)word.p[i] < 0x80; i++)
		;
	return i == word.n;
}

void strip_word(struct buf *surface, unsigned table)
{
	const struct step *s;
	struct str rest, affix;

	if (!table || table > TABLES || !surface->n || foreign(buf_str(surface), tables[table - 1].steps->affixes))
		return;
	for (s = tables[table - 1].steps; s < tables[table - 1].steps + 5 && s->affixes; s++)
		for (rest = cstr(s->affixes); rest.n; rest = str_sub(rest, affix.n + 1, rest.n)) {
			for (affix = (struct str){ rest.p, 1 }; affix.n < rest.n && rest.p[affix.n] != ' '; affix.n++)
				;
			if (cut(surface, affix, s->left))
				break;
		}
}

bool strip_affix(struct str *affix, unsigned table, size_t i)
{
	const struct step *s;
	struct str rest;

	for (s = tables[table - 1].steps; s < tables[table - 1].steps + 5 && s->affixes; s++)
		for (rest = cstr(s->affixes); str_split(affix, &rest, ' ');)
			if (!i--)
				return true;
	return false;
}
