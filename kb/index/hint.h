/* kb/index/hint.h: words of a query that name a kind, a stage, a role, a country or a topic, in any language of the
 * interface. "open actions" is looked for as words, as any other query, and the documents that are open and those that are
 * actions count more, the less so the more words it has besides.
 *
 * Names come from kb/doc/called.h; a document is indexed under its codes (codes_each). What is named in several words ("next
 * step") is not also what some of these name ("next"). Words by which a question only is one ("who", "is") are told too:
 * they count less. */
#ifndef KB_INDEX_HINT_H
#define KB_INDEX_HINT_H

#include "kb/index/query.h"
#include "kb/text/stem.h"

enum { HINTS_MAX = 8 };			/* of one query */

/* The codes that a query hints at, its first HINTS_MAX and none twice; returns their number. ask[i]: clause i only makes it a question. */
size_t hints_find(struct str out[HINTS_MAX], bool *ask, struct arena *a, struct stems *stems, const struct query *q);

/* The same of a value that somebody filters by: may it be a name of this code? */
bool hint_names(struct str name, struct str code);

#endif
