/* kb/index/hint.h: words of a query that name a kind, a stage, a role, a country or a topic, in any language of the
 * interface. "open actions" is looked for as words, as any other query, and the documents that are open and those that are
 * actions count more. The less so the more words it has besides: who types a line of a text means the text, where "meeting"
 * or "challenge" is a word as any other. A country in it is still what it is about, and who asks "when is" does not quote.
 *
 * Names come from kb/doc/called.h; a document is indexed under its codes (codes_each). What is named in several words ("next
 * step") is not also what some of these name ("next"). Words by which a question only is one ("who", "is") are told too:
 * they count less. */
#ifndef KB_INDEX_HINT_H
#define KB_INDEX_HINT_H

#include "kb/index/query.h"
#include "kb/text/stem.h"

enum { HINTS_MAX = 8, ASKING = 4 };	/* of one query; what only makes a question counts so much less */

struct hints {				/* all in the arena */
	struct str codes[HINTS_MAX];	/* the first ones, none twice */
	size_t n;
	bool *ask;			/* by clause: it only makes the query a question */
	bool *names;			/* by clause: it names something, alone or with those beside it */
	size_t others;			/* words that neither name anything nor ask */
};
void hints_find(struct hints *h, struct arena *a, struct stems *stems, const struct query *q);

/* How much a hint counts whose code would as a word count so much, 16.16. asks: the query begins with a word that only
 * makes it a question. */
uint32_t hint_weight(uint32_t idf, struct str code, size_t others, bool asks);

/* The same of a value that somebody filters by: may it be a name of this code? */
bool hint_names(struct str name, struct str code);

#endif
