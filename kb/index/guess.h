/* kb/index/guess.h: which words somebody meant who typed a beginning, or one with a wrong letter. */
#ifndef KB_INDEX_GUESS_H
#define KB_INDEX_GUESS_H

#include "kb/index/evaluate.h"
#include "kb/index/forms.h"

enum { GUESSES = 2, LOOKED_AT_BEST = 16 };

struct guess {				/* in the arena; the likeliest first */
	struct str term, form;		/* form: its most frequent word */
	uint32_t share;			/* how likely it is that this was meant, 16.16; those left out have the rest */
};
/* Of the words it may be, most frequent first: those that the best documents for the rest of the query have, the more the
 * better these are, and those that are frequent. best: closed, its first LOOKED_AT_BEST count; seen: only words that are in
 * one of these. *often: how many occurrences the word is expected to have that was meant, when the frequent ones are meant
 * as often as they are written. */
enum rc guess_words(struct guess out[GUESSES], size_t *n, uint64_t *often, struct arena *a, struct snap *s,
    const struct form_list *forms, const struct top *best, bool seen, struct err *e) NODISCARD;

#endif
