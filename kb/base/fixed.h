/* kb/base/fixed.h: numbers with a fraction, in whole numbers, so that every machine gives the same: 16 bits behind the
 * point. */
#ifndef KB_BASE_FIXED_H
#define KB_BASE_FIXED_H

#include <stdint.h>

/* log2 of a 48.16 number of at least 1, rounded down. */
uint32_t fixed_log2(uint64_t x);
/* The largest whole number whose square is no more. */
uint64_t whole_root(uint64_t x);

#endif
