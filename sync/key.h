/* sync/key.h: a node's key, outside the node (DESIGN 3), and its incarnation (DESIGN 6).
 *
 *	<keys>/<space>-<id>		OpenSSH private key, 0600 (or <space>-<id>.pub: the secret is in ssh-agent)
 *	<keys>/<space>-<id>.node	three lines: "incarnation HEX", "machine TEXT", "folder PATH"
 *
 * The incarnation is renewed when machine or folder are no longer those of the side file: a restored disk or a
 * copied folder then begins a chain of its own and never writes the same number twice. */
#ifndef SYNC_KEY_H
#define SYNC_KEY_H

#include "kb/base/arena.h"
#include "kb/base/oid.h"
#include "sync/sshsig.h"

#define INCARNATION_HEX 16

struct signer {
	unsigned char public[32];
	bool agent;			/* the secret is in ssh-agent */
	struct ed25519 key;		/* else it is here; wipe with signer_close */
	const char *socket;		/* of ssh-agent, or NULL */
};

/* A new key. */
void signer_make(struct signer *s);
/* Read a key file: a private key without passphrase, or a .pub whose secret is in the agent at socket.
 * RC_NOTFOUND, RC_INVALID (of another kind, readable by others). */
enum rc signer_read(struct signer *s, const char *path, const char *socket, struct err *e) NODISCARD;
void signer_close(struct signer *s);
/* Append the armored signature over message. RC_IO: the agent does not answer, or has not the key. */
enum rc signer_sign(struct buf *b, const struct signer *s, struct str message, struct err *e) NODISCARD;

/* The path a node's key has, without ".pub". */
char *key_path(struct arena *a, const char *keys, const struct oid *space, struct str id);
/* Put a key at its place; makes the folder (0700). */
enum rc key_store(const struct signer *s, const char *path, struct str comment, struct err *e) NODISCARD;
/* Open the key at its place, private or .pub. RC_NOTFOUND: this machine has no key of the node. */
enum rc key_open(struct signer *s, struct arena *a, const char *path, const char *socket, struct err *e) NODISCARD;

/* Secrets of a node that are on this machine: its key, the one it had before, the one it proposed. Wipe them. For what is
 * encrypted to them; an agent only signs. */
struct ed25519 *keys_secret(size_t *n, struct arena *a, const char *keys, const struct oid *space, struct str id);

/* Read the side file. Missing (*fresh), or made for another machine or folder (*fresh and *renewed): a new incarnation,
 * which key_adopt is to write down before it is used. */
enum rc key_incarnation(char hex[INCARNATION_HEX + 1], bool *renewed, bool *fresh, struct arena *a, const char *path,
    const char *folder, struct err *e) NODISCARD;
/* A new incarnation, and writing it to the side file as that of this machine and folder. */
void incarnation_make(char hex[INCARNATION_HEX + 1]);
enum rc key_adopt(struct arena *a, const char *path, const char *folder, const char hex[INCARNATION_HEX + 1],
    struct err *e) NODISCARD;

#endif
