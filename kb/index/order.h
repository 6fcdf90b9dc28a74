/* kb/index/order.h: hundreds of thousands of strings in order of bytes. */
#ifndef KB_INDEX_ORDER_H
#define KB_INDEX_ORDER_H

#include "kb/base/str.h"

struct ordered {
	uint64_t head;			/* of the string: order_head */
	size_t i;			/* the caller's */
};
uint64_t order_head(struct str s);	/* its first eight bytes, as a number that sorts like them */
/* By head; those of one head as cmp says of two structs. */
typedef int order_fn(const void *x, const void *y, void *ctx);
void order(struct ordered *v, size_t n, order_fn *cmp, void *ctx);

#endif
