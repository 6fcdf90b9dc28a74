/* kb/gate/sodium.h: the gate to libsodium: hashes, ed25519, X25519, ChaCha20-Poly1305, random bytes, base64. Nothing
 * here fails but for a machine without a random source, which ends the program. */
#ifndef KB_GATE_SODIUM_H
#define KB_GATE_SODIUM_H

#include <stdbool.h>

#include "kb/base/str.h"

struct ed25519 {			/* secret: wipe with secret_wipe */
	unsigned char seed[32], public[32];
};

void sha256_of(unsigned char out[32], struct str s);
void sha512_of(unsigned char out[64], struct str s);
void blake2b_of(unsigned char out[16], struct str s);	/* BLAKE2b of 128 bits: several times as fast */
void random_bytes(void *p, size_t n);
void secret_wipe(void *p, size_t n);
bool secret_same(const void *a, const void *b, size_t n);	/* takes as long whether it is or not */

void ed25519_make(struct ed25519 *k, const unsigned char seed[32]);	/* NULL: a random one */
void ed25519_sign(unsigned char sig[64], const struct ed25519 *k, struct str message);
bool ed25519_verify(const unsigned char sig[64], const unsigned char public[32], struct str message);

/* An ed25519 key as one of X25519. false: not a point that can be used. */
bool ed25519_to_x25519(unsigned char out[32], const unsigned char public[32]);
void ed25519_secret_x25519(unsigned char out[32], const struct ed25519 *k);
void x25519_public(unsigned char out[32], const unsigned char secret[32]);
bool x25519(unsigned char out[32], const unsigned char secret[32], const unsigned char point[32]);	/* false: all zeroes */

void hmac_sha256(unsigned char out[32], const unsigned char key[32], struct str s);
void hkdf_sha256(unsigned char out[32], struct str key, struct str salt, struct str info);	/* RFC 5869, 32 bytes */
bool secret_eq(const void *p, const void *q, size_t n);	/* in constant time */

/* ChaCha20-Poly1305 (RFC 8439) without further data: out gets s.n + AEAD_TAG bytes; open gets s.n - AEAD_TAG.
 * false: damaged, or another key. */
#define AEAD_TAG 16
void aead_seal(char *out, struct str s, const unsigned char key[32], const unsigned char nonce[12]);
bool aead_open(char *out, struct str s, const unsigned char key[32], const unsigned char nonce[12]);

void base64_encode(struct buf *b, struct str s);	/* with padding, one line */
/* Append the bytes; line ends and blanks are skipped. false: not base64, b is as before. */
bool base64_decode(struct buf *b, struct str s);
/* The same without padding; decoding takes the one canonical form alone. */
void base64_bare_encode(struct buf *b, struct str s);
bool base64_bare_decode(struct buf *b, struct str s);

#endif
