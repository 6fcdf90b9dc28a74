/* kb/index/forms.h: every word of the corpus as people spell it: its surface (kb/text/chars.h), and the term it is
 * indexed under. Terms are stems: what is still being typed, or typed with a wrong letter or without its accents, is a
 * word and no stem, so it is looked for here, and the terms found are what is searched. Layout: forms.c. */
#ifndef KB_INDEX_FORMS_H
#define KB_INDEX_FORMS_H

#include "kb/base/arena.h"
#include "kb/index/index.h"
#include "kb/index/segment.h"

/* ---- writing, by segment ---- */

struct forms;				/* words being collected; owned */

struct forms *forms_open(void);
void forms_close(struct forms *f);	/* no-op on NULL */
/* n occurrences of a word more, or (n < 0) less than other segments tell. Copied; a word of an empty form or term is
 * none. */
void forms_add(struct forms *f, struct str form, struct str term, int64_t n);
void forms_settle(struct forms *f);	/* add up what is equal, put it in order; the others do so when it was not done */
bool forms_none(struct forms *f);	/* nothing is left when all is added up */
/* All as those of a segment that has none yet; segments come in rising order. */
enum rc forms_write(struct forms *f, struct txn *t, const struct segment_tables *tables, uint32_t segment, struct err *e) NODISCARD;
/* Add the words of a segment, and what it says is gone. */
enum rc forms_copy(struct forms *f, struct txn *t, const struct segment_tables *tables, uint32_t segment, struct err *e) NODISCARD;
/* The words of the segments 0 to n - 1 of another store, which nothing is gone of, as those of one that has none yet: read side
 * by side, in memory that does not grow with them. */
enum rc forms_merge(struct txn *t, const struct segment_tables *tables, uint32_t segment, struct txn *from,
    const struct segment_tables *sources, size_t n, struct err *e) NODISCARD;
enum rc forms_drop(struct txn *t, const struct segment_tables *tables, uint32_t segment, struct err *e) NODISCARD;

/* ---- reading a snapshot ---- */

struct form {
	struct str form, term;
	uint64_t n;			/* occurrences in living documents, at least 1 */
	unsigned edits;
};
struct form_list {			/* in the arena; fewest edits first, most frequent first, ties by form, then term */
	struct form *v;
	size_t n;
};
void forms_sort(struct form_list *l);	/* into that order */
enum { FORMS_MAX = 1 << 16, FORMS_BEST = 256 };	/* entries looked at of one beginning in one segment; words that are given out of it */

enum rc forms_exact(struct form_list *out, struct arena *a, struct snap *s, struct str form, struct err *e) NODISCARD;
/* The most frequent of those that begin with `form`, itself included. */
enum rc forms_prefix(struct form_list *out, struct arena *a, struct snap *s, struct str form, struct err *e) NODISCARD;
/* Those that begin with the same letter and become `form` by at most `edits` (1 or 2) letters more, less, other or two
 * swapped. Bit k of `stems`: the first k letters of form are a stem of it; then also those whose
 * term, a beginning of them, becomes one of these stems so: an inflection nobody wrote is found by another. */
enum rc forms_near(struct form_list *out, struct arena *a, struct snap *s, struct str form, unsigned edits, uint64_t stems,
    struct err *e) NODISCARD;

#endif
