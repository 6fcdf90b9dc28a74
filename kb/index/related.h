/* kb/index/related.h: the documents that somebody who reads one of them may want next. */
#ifndef KB_INDEX_RELATED_H
#define KB_INDEX_RELATED_H

#include "kb/index/index.h"

/* At most `limit` documents near r, nearest first; in the arena. The order is decided by what both say of themselves
 * (one names the other, topics, countries, kinds of crime) and by r's own words; never by the day or by chance. */
enum rc related_find(struct record **found, size_t *n, struct arena *a, struct snap *s, const struct record *r, size_t limit,
    struct err *e) NODISCARD;

#endif
