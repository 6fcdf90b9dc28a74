/* kb/index/top.h: the best documents so far, of those that were offered. */
#ifndef KB_INDEX_TOP_H
#define KB_INDEX_TOP_H

#include "kb/index/parts.h"

enum { SHOWN = 6 };			/* bits of a score, 16.16, that are not shown and decide nothing */

struct pick {
	uint32_t score, place;		/* score as shown: 1/1024 */
	size_t seg;
	struct str id;			/* empty until it is asked for */
};
struct top {
	struct snap *s;
	struct arena *a;		/* of ids */
	struct pick *v;			/* a heap: the worst on top; after top_close: best first */
	size_t n, limit;
	enum rc rc;			/* of looking an id up */
	struct err *e;
};
void top_open(struct top *t, size_t limit, struct snap *s, struct arena *a, struct err *e);
/* Higher scores (16.16) come before lower ones; ties go by id, which is the order of places within a segment. */
void top_offer(struct top *t, uint32_t score, uint32_t place, size_t seg);
/* The least score with which a document would get in that stands in segment seg behind all offered of it. */
uint64_t top_need(const struct top *t, size_t seg);
enum rc top_close(struct top *t) NODISCARD;

#endif
