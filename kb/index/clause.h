/* kb/index/clause.h: a query as it was parsed, and what its words were found as: what query.c, rank.c share. */
#ifndef KB_INDEX_CLAUSE_H
#define KB_INDEX_CLAUSE_H

#include "kb/index/query.h"

struct word {
	struct str raw;			/* as typed */
	struct str *terms;		/* what it was found as: set by query_run */
	size_t n;
};
static inline bool word_has(const struct word *w, struct str term)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_eq(w->terms[i], term))
			return true;
	return false;
}

struct clause {
	struct word *words;		/* one, or a phrase's */
	size_t n;
	bool phrase, not, must;
};
struct query {
	struct clause *clauses;
	size_t n, positive;
	struct str no_date;		/* since: or until: with what is none, the first such; else STR_NONE */
	bool open_end;			/* the text ends in a word, so it may be a beginning */
	bool typing;			/* somebody is at it: it is a beginning too */
};

#endif
