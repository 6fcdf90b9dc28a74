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

void blake2b_of(unsigned char out[16], struct str s)
{
	ready();			/* chooses the fastest code for this processor */
	crypto_generichash(out, 16, bytes(s), s.n, NULL, 0);
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

bool ed25519_to_x25519(unsigned char out[32], const unsigned char public[32])
{
	return crypto_sign_ed25519_pk_to_curve25519(out, public) == 0;
}

void ed25519_secret_x25519(unsigned char out[32], const struct ed25519 *k)
{
	unsigned char hash[64];

	crypto_hash_sha512(hash, k->seed, sizeof k->seed);
	memcpy(out, hash, 32);
	sodium_memzero(hash, sizeof hash);
}

void x25519_public(unsigned char out[32], const unsigned char secret[32])
{
	crypto_scalarmult_base(out, secret);
}

bool x25519(unsigned char out[32], const unsigned char secret[32], const unsigned char point[32])
{
	unsigned char made[32];		/* libsodium writes to it before it has read the point */
	bool ok = crypto_scalarmult(made, secret, point) == 0;

	memcpy(out, made, sizeof made);
	sodium_memzero(made, sizeof made);
	return ok;
}

static void hmac(unsigned char out[32], struct str key, struct str s, struct str more)
{
	crypto_auth_hmacsha256_state st;

	crypto_auth_hmacsha256_init(&st, bytes(key), key.n);
	crypto_auth_hmacsha256_update(&st, bytes(s), s.n);
	crypto_auth_hmacsha256_update(&st, bytes(more), more.n);
	crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

void hmac_sha256(unsigned char out[32], const unsigned char key[32], struct str s)
{
	hmac(out, (struct str){ (const char *)key, 32 }, s, STR_NONE);
}

void hkdf_sha256(unsigned char out[32], struct str key, struct str salt, struct str info)
{
	unsigned char prk[32];

	hmac(prk, salt, key, STR_NONE);
	hmac(out, (struct str){ (const char *)prk, 32 }, info, STR("\x01"));
	sodium_memzero(prk, sizeof prk);
}

bool secret_eq(const void *p, const void *q, size_t n)
{
	return sodium_memcmp(p, q, n) == 0;
}

void aead_seal(char *out, struct str s, const unsigned char key[32], const unsigned char nonce[12])
{
	crypto_aead_chacha20poly1305_ietf_encrypt((unsigned char *)out, NULL, bytes(s), s.n, NULL, 0, NULL, nonce, key);
}

bool aead_open(char *out, struct str s, const unsigned char key[32], const unsigned char nonce[12])
{
	return crypto_aead_chacha20poly1305_ietf_decrypt((unsigned char *)out, NULL, NULL, bytes(s), s.n, NULL, 0, nonce, key) == 0;
}

static void encode(struct buf *b, struct str s, int variant)
{
	size_t room = sodium_base64_encoded_len(s.n, variant);	/* its NUL included */

	buf_reserve(b, room);
	sodium_bin2base64(b->p + b->n, room, bytes(s), s.n, variant);
	b->n += room - 1;
}

static bool decode(struct buf *b, struct str s, int variant, const char *skip)
{
	const char *end;
	size_t n = 0, i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] & 0x80)
			return false;	/* libsodium 1.0.18 takes some of these for letters */
	buf_reserve(b, s.n);
	if (s.n && (sodium_base642bin((unsigned char *)b->p + b->n, s.n, s.p, s.n, skip, &n, &end, variant) || end != s.p + s.n)) {
		b->p[b->n] = '\0';
		return false;
	}
	b->n += n;
	b->p[b->n] = '\0';
	return true;
}

void base64_encode(struct buf *b, struct str s)
{
	encode(b, s, sodium_base64_VARIANT_ORIGINAL);
}

bool base64_decode(struct buf *b, struct str s)
{
	return decode(b, s, sodium_base64_VARIANT_ORIGINAL, " \t\r\n");
}

void base64_bare_encode(struct buf *b, struct str s)
{
	encode(b, s, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

bool base64_bare_decode(struct buf *b, struct str s)
{
	return decode(b, s, sodium_base64_VARIANT_ORIGINAL_NO_PADDING, NULL);
}
