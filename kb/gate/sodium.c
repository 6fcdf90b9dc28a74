/* kb/gate/sodium.c: see sodium.h. */
#include "kb/gate/sodium.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

static void ready(void)
{
	if (sodium_init() < 0) {
		fputs("colep: random numbers: this machine gives none; see random(7)\n", stderr);
		exit(3);
	}
}

static const unsigned char *bytes(struct str s)
{
	return (const unsigned char *)(s.p ? s.p : "");
}

void sha256_of(unsigned char out[32], struct str s)
{
	crypto_hash_sha256(out, (const unsigned char *)s.p, s.n);
}

void sha512_of(unsigned char out[64], struct str s)
{
	crypto_hash_sha512(out, bytes(s), s.n);
}

void random_bytes(void *p, size_t n)
{
	ready();
	randombytes_buf(p, n);
}

void secret_wipe(void *p, size_t n)
{
	sodium_memzero(p, n);
}

bool secret_same(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void ed25519_make(struct ed25519 *k, const unsigned char seed[32])
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];

	if (seed)
		memcpy(k->seed, seed, sizeof k->seed);
	else
		random_bytes(k->seed, sizeof k->seed);
	crypto_sign_seed_keypair(k->public, secret, k->seed);
	sodium_memzero(secret, sizeof secret);
}

void ed25519_sign(unsigned char sig[64], const struct ed25519 *k, struct str message)
{
	unsigned char secret[crypto_sign_SECRETKEYBYTES];

	memcpy(secret, k->seed, 32);	/* libsodium's form: seed, then public key */
	memcpy(secret + 32, k->public, 32);
	crypto_sign_detached(sig, NULL, bytes(message), message.n, secret);
	sodium_memzero(secret, sizeof secret);
}

bool ed25519_verify(const unsigned char sig[64], const unsigned char public[32], struct str message)
{
	return crypto_sign_verify_detached(sig, bytes(message), message.n, public) == 0;
}

void base64_encode(struct buf *b, struct str s)
{
	size_t room = sodium_base64_encoded_len(s.n, sodium_base64_VARIANT_ORIGINAL);	/* its NUL included */

	buf_reserve(b, room);
	sodium_bin2base64(b->p + b->n, room, bytes(s), s.n, sodium_base64_VARIANT_ORIGINAL);
	b->n += room - 1;
}

bool base64_decode(struct buf *b, struct str s)
{
	const char *end;
	size_t n;

	buf_reserve(b, s.n);
	if (s.n && (sodium_base642bin((unsigned char *)b->p + b->n, s.n, s.p, s.n, " \t\r\n", &n, &end,
	    sodium_base64_VARIANT_ORIGINAL) || end != s.p + s.n)) {
		b->p[b->n] = '\0';
		return false;
	}
	b->n += s.n ? n : 0;
	b->p[b->n] = '\0';
	return true;
}
