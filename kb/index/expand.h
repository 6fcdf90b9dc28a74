/* kb/index/expand.h: from a word as somebody typed it to the terms it may be in the index, tier by tier: the next one
 * is for when the one before found no document. */
#ifndef KB_INDEX_EXPAND_H
#define KB_INDEX_EXPAND_H

#include "kb/base/arena.h"
#include "kb/index/forms.h"

enum tier {
	TIER_EXACT,			/* the word in any script and keyboard, and its inflections */
	TIER_SPELLING,			/* ae for ä, zh for ж: other ways to write what keyboards lack */
	TIER_PREFIX,			/* what begins so: only of the word that is still being typed */
	TIER_ONE,			/* one letter wrong, not the first: from 5 letters, never with a digit */
	TIER_FIRST,			/* the first letter wrong */
	TIER_TWO,			/* two, not the first: from 9 letters */
	TIERS
};

struct expansion {			/* in the arena */
	struct str *terms;		/* of the index; not all need have documents */
	size_t n;
	struct form_list forms;		/* from TIER_PREFIX on: the words it may be, most likely first; terms are of the first few */
	struct str shown;		/* the word looked for instead, when it is another; else STR_NONE */
	bool written;			/* by TIER_EXACT: it stands so in a document */
};
enum typed {
	TYPED_WHOLE,
	TYPED_LAST,			/* the last word: a beginning, where it is no word */
	TYPED_PART			/* still being typed: a beginning in any case */
};
enum rc expand_word(struct expansion *x, struct arena *a, struct snap *s, struct str word, enum tier tier, enum typed typed,
    struct err *e) NODISCARD;

#endif
