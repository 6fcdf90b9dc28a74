/* kb/base/sha1.h: SHA-1, because git names its objects by it. Not for anything that must withstand an
 * attacker who makes collisions: what is signed is checked by the signature gate. */
#ifndef KB_BASE_SHA1_H
#define KB_BASE_SHA1_H

#include <stddef.h>
#include <stdint.h>

struct sha1 {
	uint32_t h[5];
	uint64_t n;			/* bytes so far */
	unsigned char block[64];
};

void sha1_init(struct sha1 *s);
void sha1_add(struct sha1 *s, const void *p, size_t n);
void sha1_done(unsigned char out[20], struct sha1 *s);	/* s is used up */

#endif
