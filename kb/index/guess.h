/* kb/index/guess.h: which words somebody meant who typed a beginning, or one with a wrong letter. */
#ifndef KB_INDEX_GUESS_H
#define KB_INDEX_GUESS_H

#include "kb/index/evaluate.h"
#include "kb/index/forms.h"

enum { GUESSES = 2, LOOKED_AT_BEST = 16, LOOKED_AT_FIRST = 3 };

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
/* Is a word, by segment parts[segment * step], in one of the best documents that the rest of the query finds at least half
 * as good as the one it finds best? best: closed; when these are fewer than LOOKED_AT_BEST, those behind them may matter,
 * in which the rest of the query scores `unseen` at most, as shown: !*sure. */
enum rc guess_right(bool *yes, bool *sure, struct snap *s, const struct bm25 *f, const struct part *parts, size_t step,
    const struct top *best, uint64_t unseen, struct err *e) NODISCARD;

#endif
