/* sync/age.h: files encrypted for nodes, in the age format, version 1, with recipients of type ssh-ed25519:
 * the age program opens what is written here, with the node's key file, and the other way round. */
#ifndef SYNC_AGE_H
#define SYNC_AGE_H

#include <stdbool.h>

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/gate/sodium.h"

#define AGE_KEY 16			/* bytes of a file key */
#define AGE_CHUNK ((size_t)64 << 10)	/* bytes of text sealed at once */

/* Does a file begin as an age file does? The first 22 bytes tell. */
bool age_begins(struct str head);

/* What is read from one open file and written to another, from where they stand; name is for messages.
 * seal: for each of these ed25519 keys. RC_INVALID: one of them is no key. */
enum rc age_seal(int in, int out, const unsigned char (*to)[32], size_t n, const char *name, struct err *e) NODISCARD;
/* open: with one of these keys. RC_UNTRUSTED: it is encrypted for others. RC_INVALID: not of this format, damaged or
 * cut off; what was written to out until then is to be thrown away. */
enum rc age_open(int in, int out, const struct ed25519 *keys, size_t n, const char *name, struct err *e) NODISCARD;

/* The header alone: pure, for tests. Strings borrow the text. */
struct age_stanza { struct str *args; size_t nargs; struct str body; };	/* args[0]: its type; body decoded, in the arena */
struct age_header {
	struct age_stanza *stanzas;
	size_t n;
	struct str maced;		/* what the MAC is over */
	unsigned char mac[32];
	size_t length;			/* bytes up to the payload */
};
#define AGE_HEADER_MAX ((size_t)64 << 10)
enum rc age_header_parse(struct age_header *h, struct arena *a, struct str text, struct err *e) NODISCARD;
bool age_header_fits(const struct age_header *h, const unsigned char key[AGE_KEY]);
/* The payload: nonce and sealed chunks. */
enum rc age_payload_open(int in, int out, const unsigned char key[AGE_KEY], const char *name, struct err *e) NODISCARD;

#endif
