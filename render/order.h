/* render/order.h: the order of names in a list that people read, in the alphabet of the page: an Afghan looks for
 * his country where his alphabet has it, not where its code has. One order for all languages of a script: letters
 * that only one of them has stand where that one has them. No locale is asked, so it is the same everywhere. */
#ifndef RENDER_ORDER_H
#define RENDER_ORDER_H

#include "kb/base/str.h"

/* Append what a comparison of bytes puts in order. */
void order_key(struct buf *out, struct str name);

#endif
