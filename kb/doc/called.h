/* kb/doc/called.h: what codes of documents are called in the languages of the interface: kinds, stages, roles, countries and
 * topics. kb/doc/make/called.c makes the table from render/theme/texts. */
#ifndef KB_DOC_CALLED_H
#define KB_DOC_CALLED_H

#include <stddef.h>
#include <stdint.h>

#include "kb/base/str.h"

/* A code as a word that no text has: "0case-study", "0open", "0pk"; "0ask" is that of words that only make a question. */
enum { CALLED_CODE = 48 };		/* bytes, with the last 0 */
extern const char called_codes[][CALLED_CODE];	/* in order, each once */
extern const size_t called_ncodes;

/* The names, in order of what they begin with: lines of surfaces of the words, blanks between them, TAB, the stems of these,
 * TAB, number of their stemmer, TAB, code. */
extern const char called_lines[];
extern const uint32_t called_at[];	/* where each begins, and the end of all */
extern const uint32_t called_heads[];	/* the first four bytes of each, as a number that sorts like them */
extern const size_t called_n;

static inline uint32_t called_head(struct str begin)	/* zero bytes behind it */
{
	uint32_t head = 0;
	size_t i;

	for (i = 0; i < sizeof head; i++)
		head = head << 8 | (i < begin.n ? (unsigned char)begin.p[i] : 0);
	return head;
}

static inline struct str called_line(size_t i)
{
	return (struct str){ called_lines + called_at[i], called_at[i + 1] - called_at[i] - 1 };
}

struct called_name {
	struct str surfaces, stems, code;
	unsigned lang;			/* number of their stemmer; 0: none, the stems are the surfaces */
};
static inline struct called_name called_name(size_t i)
{
	struct called_name name;
	struct str rest = called_line(i), lang;
	uint64_t number = 0;

	str_split(&name.surfaces, &rest, '\t');
	str_split(&name.stems, &rest, '\t');
	str_split(&lang, &rest, '\t');
	name.code = rest;
	(void)str_u64(&number, lang);	/* the table has numbers */
	name.lang = (unsigned)number;
	return name;
}

/* Append a word's surface as names have it: Arabic's article is off. */
void called_surface(struct buf *b, struct str word);

#endif
