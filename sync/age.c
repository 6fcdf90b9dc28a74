/* sync/age.c: see age.h. The format is that of age-encryption.org/v1 (C2SP). Base64 is the canonical form without
 * padding; HKDF and HMAC are those with SHA-256; seal is ChaCha20-Poly1305.
 *
 *	age-encryption.org/v1
 *	-> ssh-ed25519 TAG SHARE		one stanza a recipient; other types are skipped
 *	BODY					in lines of 64; the last one is shorter, or empty
 *	--- MAC					HMAC(HKDF(file key, "", "header")) of all up to and with "---"
 *	nonce (16 bytes), chunks
 *
 *	TAG	the first 4 bytes of SHA-256(ssh key)		ssh key: the bytes of the public key as SSH has them
 *	SHARE	X25519(ephemeral, base)
 *	BODY	seal(file key, zero nonce), its key HKDF(shared, SHARE + converted key, LABEL)
 *	shared	X25519(tweak, X25519(ephemeral, converted key)), tweak = HKDF("", ssh key, LABEL)
 *	chunk	seal of 64 KiB; its key HKDF(file key, nonce, "payload"); its nonce 11 bytes of counter and 1 on the
 *		last one, which alone may be shorter, and empty only if it is the first */
#include "sync/age.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "sync/sshsig.h"

#define FIRST STR("age-encryption.org/v1\n")
#define LABEL STR("age-encryption.org/v1/ssh-ed25519")
#define TYPE STR("ssh-ed25519")
#define NONCE 16
enum { TAG = 4, COLUMNS = 64, RECIPIENTS_MAX = 256 };	/* recipients: a header stays below AGE_HEADER_MAX */

static const unsigned char zero_nonce[12];

static struct str bytes_of(const unsigned char *p, size_t n)
{
	return (struct str){ (const char *)p, n };
}

bool age_begins(struct str head)
{
	return str_starts(head, FIRST);
}

/* ---- the header ---- */

static enum rc bad_header(struct err *e, const char *what)
{
	return err_set(e, RC_INVALID, "not a whole age file: %s", what);
}

static bool take_args(struct age_stanza *st, struct arena *a, struct str line)
{
	size_t cap = 0, i;
	struct str arg;

	*st = (struct age_stanza){ 0 };
	for (;;) {
		size_t end = str_chr(line, ' ');

		arg = str_sub(line, 0, end == SIZE_MAX ? line.n : end);
		for (i = 0; i < arg.n && arg.p[i] > ' ' && arg.p[i] < 0x7f; i++)
			;
		if (!arg.n || i < arg.n)
			return false;
		if (st->nargs == cap)
			st->args = arena_grow(a, st->args, &cap, sizeof *st->args);
		st->args[st->nargs++] = arg;
		if (end == SIZE_MAX)
			return true;
		line = str_sub(line, end + 1, line.n);
	}
}

/* A line with its end: str_line would take the last one without. */
static bool take_line(struct str *line, struct str *rest)
{
	size_t end = str_chr(*rest, '\n');

	if (end == SIZE_MAX)
		return false;
	*line = str_sub(*rest, 0, end);
	*rest = str_sub(*rest, end + 1, rest->n);
	return true;
}

static bool take_body(struct age_stanza *st, struct arena *a, struct str *rest)
{
	struct buf b = BUF_INIT;
	struct str line;
	bool ok;

	do {
		ok = take_line(&line, rest) && line.n <= COLUMNS && base64_bare_decode(&b, line);
	} while (ok && line.n == COLUMNS);
	if (ok && b.n)
		st->body = arena_str(a, buf_str(&b));
	buf_free(&b);
	return ok;
}

enum rc age_header_parse(struct age_header *out, struct arena *a, struct str text, struct err *e)
{
	struct age_header h = { 0 };
	struct str rest = str_sub(text, FIRST.n, text.n), line;
	struct buf mac = BUF_INIT;
	size_t cap = 0;
	enum rc rc = RC_OK;

	if (!age_begins(text))
		return bad_header(e, "it is of another version, or something else");
	for (;;) {
		size_t at = (size_t)(rest.p - text.p);

		if (!take_line(&line, &rest))
			return bad_header(e, "its header does not end");
		if (str_starts(line, STR("---"))) {
			h.maced = str_sub(text, 0, at + 3);
			if (!h.n)
				rc = bad_header(e, "it is encrypted for nobody");
			else if (line.n < 4 || line.p[3] != ' ' || !base64_bare_decode(&mac, str_sub(line, 4, line.n)) || mac.n != sizeof h.mac)
				rc = bad_header(e, "its header has no proper end");
			else
				memcpy(h.mac, mac.p, sizeof h.mac);
			break;
		}
		if (h.n == cap)
			h.stanzas = arena_grow(a, h.stanzas, &cap, sizeof *h.stanzas);
		if (!str_starts(line, STR("-> ")) || !take_args(&h.stanzas[h.n], a, str_sub(line, 3, line.n)) ||
		    !take_body(&h.stanzas[h.n], a, &rest))
			return bad_header(e, "a line of its header is none");
		h.n++;
	}
	h.length = (size_t)(rest.p - text.p);
	buf_free(&mac);
	if (!rc)
		*out = h;
	return rc;
}

static void header_mac(unsigned char mac[32], const unsigned char key[AGE_KEY], struct str maced)
{
	unsigned char k[32];

	hkdf_sha256(k, bytes_of(key, AGE_KEY), STR_NONE, STR("header"));
	hmac_sha256(mac, k, maced);
	secret_wipe(k, sizeof k);
}

bool age_header_fits(const struct age_header *h, const unsigned char key[AGE_KEY])
{
	unsigned char mac[32];

	header_mac(mac, key, h->maced);
	return secret_eq(mac, h->mac, sizeof mac);
}

/* ---- one recipient ---- */

struct recipient {
	struct buf blob;		/* the key as SSH has it */
	unsigned char point[32], tweak[32], tag[TAG];
};

static bool recipient_make(struct recipient *r, const unsigned char public[32])
{
	unsigned char hash[32];

	r->blob = (struct buf)BUF_INIT;
	if (!ed25519_to_x25519(r->point, public))
		return false;
	sshkey_blob(&r->blob, public);
	sha256_of(hash, buf_str(&r->blob));
	memcpy(r->tag, hash, TAG);
	hkdf_sha256(r->tweak, STR_NONE, buf_str(&r->blob), LABEL);
	return true;
}

/* The key that seals the file key, from one side's secret and the other's point. */
static bool wrap_key(unsigned char key[32], const struct recipient *r, const unsigned char secret[32], const unsigned char point[32],
    const unsigned char share[32])
{
	unsigned char shared[32], salt[64];
	bool ok = x25519(shared, secret, point) && x25519(shared, r->tweak, shared);

	memcpy(salt, share, 32);
	memcpy(salt + 32, r->point, 32);
	if (ok)
		hkdf_sha256(key, bytes_of(shared, sizeof shared), bytes_of(salt, sizeof salt), LABEL);
	secret_wipe(shared, sizeof shared);
	return ok;
}

static bool add_stanza(struct buf *b, const struct recipient *r, const unsigned char key[AGE_KEY])
{
	unsigned char secret[32], share[32], k[32];
	char body[AGE_KEY + AEAD_TAG];
	bool ok;

	random_bytes(secret, sizeof secret);
	x25519_public(share, secret);
	if ((ok = wrap_key(k, r, secret, r->point, share))) {
		aead_seal(body, bytes_of(key, AGE_KEY), k, zero_nonce);
		buf_printf(b, "-> ssh-ed25519 ");
		base64_bare_encode(b, bytes_of(r->tag, TAG));
		buf_putc(b, ' ');
		base64_bare_encode(b, bytes_of(share, sizeof share));
		buf_putc(b, '\n');
		base64_bare_encode(b, (struct str){ body, sizeof body });	/* 43 columns */
		buf_putc(b, '\n');
	}
	secret_wipe(secret, sizeof secret);
	secret_wipe(k, sizeof k);
	return ok;
}

static bool take_key(unsigned char key[AGE_KEY], const struct age_stanza *st, const struct ed25519 *mine)
{
	unsigned char secret[32], k[32];
	struct buf tag = BUF_INIT, share = BUF_INIT;
	struct recipient r;
	bool ok = recipient_make(&r, mine->public) && st->nargs == 3 && str_eq(st->args[0], TYPE) && st->body.n == AGE_KEY + AEAD_TAG &&
	    base64_bare_decode(&tag, st->args[1]) && tag.n == TAG && memcmp(tag.p, r.tag, TAG) == 0 &&
	    base64_bare_decode(&share, st->args[2]) && share.n == 32;

	if (ok) {
		const unsigned char *point = (const unsigned char *)share.p;

		ed25519_secret_x25519(secret, mine);
		ok = wrap_key(k, &r, secret, point, point) && aead_open((char *)key, st->body, k, zero_nonce);
		secret_wipe(secret, sizeof secret);
		secret_wipe(k, sizeof k);
	}
	buf_free(&tag);
	buf_free(&share);
	buf_free(&r.blob);
	return ok;
}

/* ---- the payload ---- */

struct chunks {
	unsigned char key[32], nonce[12];
};

static void chunks_begin(struct chunks *c, const unsigned char key[AGE_KEY], const unsigned char nonce[NONCE])
{
	*c = (struct chunks){ 0 };
	hkdf_sha256(c->key, bytes_of(key, AGE_KEY), bytes_of(nonce, NONCE), STR("payload"));
}

static void chunks_next(struct chunks *c)
{
	size_t i = 11;

	while (i-- > 0 && ++c->nonce[i] == 0)
		;
}

/* Chunks of `size` bytes from in through seal or open to out. A chunk is the last one if nothing comes behind it. */
static enum rc run_chunks(struct chunks *c, int in, int out, bool open, const char *name, struct err *e)
{
	size_t size = AGE_CHUNK + (open ? AEAD_TAG : 0), n, ahead;
	char *text = xmalloc(2 * size), *next = text + size, *made = xmalloc(AGE_CHUNK + AEAD_TAG), *swap;
	bool first = true;
	enum rc rc = fd_read(&n, in, text, size, name, e);

	while (!rc && !(rc = fd_read(&ahead, in, next, size, name, e))) {
		c->nonce[11] = ahead == 0;
		if (!open)
			aead_seal(made, (struct str){ text, n }, c->key, c->nonce);
		else if (n < AEAD_TAG || (n == AEAD_TAG && !first) || !aead_open(made, (struct str){ text, n }, c->key, c->nonce))
			rc = err_set(e, RC_INVALID, "%s: damaged or cut off; copy it again", name);
		if (!rc)
			rc = fd_write(out, (struct str){ made, open ? n - AEAD_TAG : n + AEAD_TAG }, name, e);
		if (rc || !ahead)
			break;
		chunks_next(c);
		first = false;
		swap = text;
		text = next;
		next = swap;
		n = ahead;
	}
	free(text < next ? text : next);
	free(made);
	secret_wipe(c, sizeof *c);
	return rc;
}

enum rc age_payload_open(int in, int out, const unsigned char key[AGE_KEY], const char *name, struct err *e)
{
	unsigned char nonce[NONCE];
	struct chunks c;
	size_t n;
	enum rc rc = fd_read(&n, in, (char *)nonce, sizeof nonce, name, e);

	if (!rc && n < sizeof nonce)
		rc = err_set(e, RC_INVALID, "%s: cut off; copy it again", name);
	if (rc)
		return rc;
	chunks_begin(&c, key, nonce);
	return run_chunks(&c, in, out, true, name, e);
}

/* ---- whole files ---- */

enum rc age_seal(int in, int out, const unsigned char (*to)[32], size_t n, const char *name, struct err *e)
{
	unsigned char key[AGE_KEY], nonce[NONCE], mac[32];
	struct buf head = BUF_INIT;
	struct chunks c;
	enum rc rc = RC_OK;
	size_t i;

	if (!n || n > RECIPIENTS_MAX)
		return err_set(e, RC_INVALID, "%s: a file is encrypted for 1 to %d keys, not %zu", name, RECIPIENTS_MAX, n);
	random_bytes(key, sizeof key);
	random_bytes(nonce, sizeof nonce);
	buf_str_add(&head, FIRST);
	for (i = 0; i < n && !rc; i++) {
		struct recipient r;

		if (!recipient_make(&r, to[i]) || !add_stanza(&head, &r, key))
			rc = err_set(e, RC_INVALID, "%s: a key of the roster is none that can be encrypted for", name);
		buf_free(&r.blob);
	}
	buf_puts(&head, "---");
	header_mac(mac, key, buf_str(&head));
	buf_putc(&head, ' ');
	base64_bare_encode(&head, bytes_of(mac, sizeof mac));
	buf_putc(&head, '\n');
	buf_add(&head, nonce, sizeof nonce);
	if (!rc && !(rc = fd_write(out, buf_str(&head), name, e))) {
		chunks_begin(&c, key, nonce);
		rc = run_chunks(&c, in, out, false, name, e);
	}
	secret_wipe(key, sizeof key);
	buf_free(&head);
	return rc;
}

enum rc age_open(int in, int out, const struct ed25519 *keys, size_t n, const char *name, struct err *e)
{
	off_t start = lseek(in, 0, SEEK_CUR);
	unsigned char key[AGE_KEY];
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct age_header h;
	bool mine = false;
	size_t got, i, k;
	enum rc rc;

	buf_reserve(&text, AGE_HEADER_MAX);
	if ((rc = fd_read(&got, in, text.p, AGE_HEADER_MAX, name, e)))
		goto out;
	text.n = got;
	if ((rc = age_header_parse(&h, &a, buf_str(&text), e))) {
		rc = err_prefix(e, "%s", name);
		goto out;
	}
	for (i = 0; i < h.n && !mine; i++)
		for (k = 0; k < n && !mine; k++)
			mine = take_key(key, &h.stanzas[i], &keys[k]);
	if (!mine)
		rc = err_set(e, RC_UNTRUSTED, "%s: encrypted for others, not for this node's key", name);
	else if (!age_header_fits(&h, key))
		rc = err_set(e, RC_INVALID, "%s: its header was altered; copy it again", name);
	else if (start < 0 || lseek(in, start + (off_t)h.length, SEEK_SET) < 0)
		rc = err_errno(e, "%s", name);
	else
		rc = age_payload_open(in, out, key, name, e);
	secret_wipe(key, sizeof key);
out:
	buf_free(&text);
	arena_free(&a);
	return rc;
}
