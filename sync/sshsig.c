/* sync/sshsig.c: see sshsig.h. The forms are those of OpenSSH's PROTOCOL.sshsig and PROTOCOL.key; a
 * "string" is a 4-byte big-endian length and its bytes.
 *
 *	signature blob: "SSHSIG" uint32 1, string key, string "git", string "", string "sha512", string sig
 *	signed bytes:   "SSHSIG" string "git", string "", string "sha512", string SHA-512(message)
 *	key, sig:       string "ssh-ed25519", string 32 or 64 bytes
 *	armor:          BEGIN line, base64 in lines of 70 (private keys too), END line */
#include "sync/sshsig.h"

#include <string.h>

#define BEGIN_SIG STR("-----BEGIN SSH SIGNATURE-----\n")
#define END_SIG STR("-----END SSH SIGNATURE-----")
#define BEGIN_KEY STR("-----BEGIN OPENSSH PRIVATE KEY-----\n")
#define END_KEY STR("-----END OPENSSH PRIVATE KEY-----")
#define ARMOR_MAX ((size_t)8 << 10)	/* bytes; ours have under 500 */

static void add_u32(struct buf *b, size_t v)
{
	const unsigned char p[4] = { (unsigned char)(v >> 24), (unsigned char)(v >> 16), (unsigned char)(v >> 8),
		(unsigned char)v };

	buf_add(b, p, sizeof p);
}

static void add_string(struct buf *b, struct str s)
{
	add_u32(b, s.n);
	buf_str_add(b, s);
}

static bool take(struct str *out, struct str *s, size_t n)
{
	if (s->n < n)
		return false;
	*out = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool take_u32(uint32_t *v, struct str *s)
{
	const unsigned char *p;
	struct str four;

	if (!take(&four, s, 4))
		return false;
	p = (const unsigned char *)four.p;
	*v = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return true;
}

static bool take_string(struct str *out, struct str *s)
{
	uint32_t n;

	return take_u32(&n, s) && take(out, s, n);
}

static bool take_is(struct str *s, const char *want)
{
	struct str got;

	return take_string(&got, s) && str_is(got, want);
}

static void armor(struct buf *b, struct str begin, struct str blob, struct str end)
{
	struct buf text = BUF_INIT;
	struct str rest, line;

	base64_encode(&text, blob);
	buf_str_add(b, begin);
	for (rest = buf_str(&text); rest.n; rest = str_sub(rest, 70, rest.n)) {
		line = str_sub(rest, 0, 70);
		buf_str_add(b, line);
		buf_putc(b, '\n');
	}
	buf_str_add(b, end);
	buf_putc(b, '\n');
	secret_wipe(text.p, text.n);
	buf_free(&text);
}

static bool unarmor(struct buf *blob, struct str begin, struct str text, struct str end)
{
	size_t at;

	if (text.n > ARMOR_MAX || !str_starts(text, begin) || (at = str_find(text, end)) == SIZE_MAX ||
	    str_trim(str_sub(text, at + end.n, text.n)).n)
		return false;
	return base64_decode(blob, str_sub(text, begin.n, at));
}

void sshkey_blob(struct buf *b, const unsigned char public[32])
{
	add_string(b, STR("ssh-ed25519"));
	add_string(b, (struct str){ (const char *)public, 32 });
}

static bool take_key(unsigned char public[32], struct str *s)
{
	struct str p;

	if (!take_is(s, "ssh-ed25519") || !take_string(&p, s) || p.n != 32)
		return false;
	memcpy(public, p.p, 32);
	return true;
}

void sshsig_payload(struct buf *b, struct str message)
{
	unsigned char hash[64];

	sha512_of(hash, message);
	buf_puts(b, "SSHSIG");
	add_string(b, STR("git"));
	add_string(b, STR(""));
	add_string(b, STR("sha512"));
	add_string(b, (struct str){ (const char *)hash, sizeof hash });
}

void sshsig_format(struct buf *b, const unsigned char public[32], const unsigned char sig[64])
{
	struct buf part = BUF_INIT, blob = BUF_INIT;

	buf_puts(&blob, "SSHSIG");
	add_u32(&blob, 1);
	sshkey_blob(&part, public);
	add_string(&blob, buf_str(&part));
	add_string(&blob, STR("git"));
	add_string(&blob, STR(""));
	add_string(&blob, STR("sha512"));
	buf_clear(&part);
	add_string(&part, STR("ssh-ed25519"));
	add_string(&part, (struct str){ (const char *)sig, 64 });
	add_string(&blob, buf_str(&part));
	armor(b, BEGIN_SIG, buf_str(&blob), END_SIG);
	buf_free(&part);
	buf_free(&blob);
}

void sshsig_sign(struct buf *b, const struct ed25519 *k, struct str message)
{
	struct buf data = BUF_INIT;
	unsigned char sig[64];

	sshsig_payload(&data, message);
	ed25519_sign(sig, k, buf_str(&data));
	sshsig_format(b, k->public, sig);
	buf_free(&data);
}

/* The key and the raw signature of an armored one. */
static bool parse_signature(unsigned char public[32], unsigned char sig_out[64], struct str armored)
{
	struct buf blob = BUF_INIT;
	struct str s, key, sig, raw;
	uint32_t version;
	bool ok = unarmor(&blob, BEGIN_SIG, armored, END_SIG);

	s = buf_str(&blob);
	ok = ok && take(&raw, &s, 6) && str_is(raw, "SSHSIG") && take_u32(&version, &s) && version == 1 &&
	    take_string(&key, &s) && take_is(&s, "git") && take_is(&s, "") && take_is(&s, "sha512") && take_string(&sig, &s) &&
	    !s.n && take_key(public, &key) && !key.n && take_is(&sig, "ssh-ed25519") && take_string(&raw, &sig) &&
	    raw.n == 64 && !sig.n;
	if (ok)
		memcpy(sig_out, raw.p, 64);
	buf_free(&blob);
	return ok;
}

bool sshsig_key(unsigned char public[32], struct str armored)
{
	unsigned char sig[64];

	return parse_signature(public, sig, armored);
}

enum rc sshsig_verify(unsigned char public_out[32], struct str armored, struct str message, struct err *e)
{
	unsigned char public[32], sig[64];
	struct buf data = BUF_INIT;
	enum rc rc = RC_OK;

	if (!parse_signature(public, sig, armored))
		return err_set(e, RC_INVALID, "signature: not ed25519 over SHA-512 in the namespace git, armored as SSH does");
	sshsig_payload(&data, message);
	if (!ed25519_verify(sig, public, buf_str(&data)))
		rc = err_set(e, RC_UNTRUSTED, "signature: does not fit what was signed");
	else
		memcpy(public_out, public, 32);
	buf_free(&data);
	return rc;
}

void sshkey_public(struct buf *b, const unsigned char public[32])
{
	struct buf blob = BUF_INIT;

	sshkey_blob(&blob, public);
	base64_encode(b, buf_str(&blob));
	buf_free(&blob);
}

bool sshkey_public_parse(unsigned char public[32], struct str base64)
{
	struct buf blob = BUF_INIT;
	struct str s;
	bool ok = base64.n <= 128 && base64_decode(&blob, base64);

	s = buf_str(&blob);
	ok = ok && take_key(public, &s) && s.n == 0;
	buf_free(&blob);
	return ok;
}

void sshkey_format(struct buf *b, const struct ed25519 *k, struct str comment, const unsigned char check[4])
{
	struct buf blob = BUF_INIT, part = BUF_INIT;
	unsigned char pad = 0;

	buf_add(&blob, "openssh-key-v1", 15);	/* its NUL belongs to it */
	add_string(&blob, STR("none"));
	add_string(&blob, STR("none"));
	add_string(&blob, STR(""));
	add_u32(&blob, 1);
	sshkey_blob(&part, k->public);
	add_string(&blob, buf_str(&part));
	buf_clear(&part);
	buf_add(&part, check, 4);
	buf_add(&part, check, 4);
	sshkey_blob(&part, k->public);
	add_u32(&part, 64);
	buf_add(&part, k->seed, 32);
	buf_add(&part, k->public, 32);
	add_string(&part, comment);
	while (part.n % 8)
		buf_putc(&part, (char)++pad);
	add_string(&blob, buf_str(&part));
	armor(b, BEGIN_KEY, buf_str(&blob), END_KEY);
	secret_wipe(part.p, part.n);
	secret_wipe(blob.p, blob.n);
	buf_free(&blob);
	buf_free(&part);
}

enum rc sshkey_parse(struct ed25519 *k, struct str file, struct err *e)
{
	enum rc rc = RC_OK;
	struct buf blob = BUF_INIT;
	struct str s, raw, key, secret, cipher;
	unsigned char public[32];
	struct ed25519 made;
	uint32_t n, c1, c2;

	if (!unarmor(&blob, BEGIN_KEY, file, END_KEY)) {
		rc = err_set(e, RC_INVALID, "not an OpenSSH private key; make one with ssh-keygen -t ed25519");
		goto out;
	}
	s = buf_str(&blob);
	if (!take(&raw, &s, 15) || memcmp(raw.p, "openssh-key-v1", 15) != 0 || !take_string(&cipher, &s) ||
	    !take_string(&raw, &s) || !take_string(&raw, &s)) {
		rc = err_set(e, RC_INVALID, "a damaged OpenSSH private key; take it from a backup");
		goto out;
	}
	if (!str_is(cipher, "none")) {
		rc = err_set(e, RC_INVALID, "a key with a passphrase; add it to ssh-agent and give its .pub file");
		goto out;
	}
	if (!take_u32(&n, &s) || n != 1 || !take_string(&key, &s) || !take_string(&secret, &s) || s.n ||
	    !take_u32(&c1, &secret) || !take_u32(&c2, &secret) || c1 != c2 || !take_key(public, &secret) ||
	    !take_string(&raw, &secret) || raw.n != 64) {
		rc = err_set(e, RC_INVALID, "not an undamaged ed25519 key; colep signs with ed25519 only");
		goto out;
	}
	ed25519_make(&made, (const unsigned char *)raw.p);
	if (memcmp(made.public, public, 32) != 0)
		rc = err_set(e, RC_INVALID, "a damaged key: its two halves do not fit; take it from a backup");
	else
		*k = made;
	secret_wipe(&made, sizeof made);
out:
	if (blob.p)
		secret_wipe(blob.p, blob.n);
	buf_free(&blob);
	return rc;
}
