/* kb/gate/sodium.h: the gate to libsodium: hashes, ed25519, random bytes, base64. Nothing here fails but for
 * a machine without a random source, which ends the program. */
#ifndef KB_GATE_SODIUM_H
#define KB_GATE_SODIUM_H

#include <stdbool.h>

#include "kb/base/str.h"

struct ed25519 {			/* secret: wipe with secret_wipe */
	unsigned char seed[32], public[32];
};

void sha256_of(unsigned char out[32], struct str s);
void sha512_of(unsigned char out[64], struct str s);
void random_bytes(void *p, size_t n);
void secret_wipe(void *p, size_t n);
bool secret_same(const void *a, const void *b, size_t n);	/* takes as long whether it is or not */

void ed25519_make(struct ed25519 *k, const unsigned char seed[32]);	/* NULL: a random one */
void ed25519_sign(unsigned char sig[64], const struct ed25519 *k, struct str message);
bool ed25519_verify(const unsigned char sig[64], const unsigned char public[32], struct str message);

void base64_encode(struct buf *b, struct str s);	/* with padding, one line */
/* Append the bytes; line ends and blanks are skipped. false: not base64, b is as before. */
bool base64_decode(struct buf *b, struct str s);

#endif
