/* sync/sshsig.h: signatures as `git commit -S` with gpg.format=ssh makes them, and keys as ssh-keygen
 * writes them: ed25519 only. */
#ifndef SYNC_SSHSIG_H
#define SYNC_SSHSIG_H

#include "kb/base/err.h"
#include "kb/gate/sodium.h"

/* Append the armored signature (with its last newline) over message, namespace "git". The same key and
 * message give the same bytes. */
void sshsig_sign(struct buf *b, const struct ed25519 *k, struct str message);

/* The two halves of it, for a secret that lives elsewhere: the bytes to sign, and the armor around a
 * signature of 64 bytes over them. */
void sshsig_payload(struct buf *b, struct str message);
void sshsig_format(struct buf *b, const unsigned char public[32], const unsigned char sig[64]);

/* RC_OK: armored is a signature over message, namespace "git", by the key in public_out. RC_UNTRUSTED: well
 * formed, but it does not verify. RC_INVALID: not of this form. */
enum rc sshsig_verify(unsigned char public_out[32], struct str armored, struct str message, struct err *e) NODISCARD;

/* The key that a signature names, without asking whether it verifies. */
bool sshsig_key(unsigned char public[32], struct str armored);

/* The bytes of an ssh-ed25519 public key. */
void sshkey_blob(struct buf *b, const unsigned char public[32]);
/* "AAAAC3NzaC1lZDI1NTE5AAAAI...": the base64 of an ssh-ed25519 public key, and back. */
void sshkey_public(struct buf *b, const unsigned char public[32]);
bool sshkey_public_parse(unsigned char public[32], struct str base64);

/* OpenSSH's private key file, unencrypted (the folder is 0700, the file 0600). check: 4 random bytes.
 * parse: RC_INVALID when it has a passphrase (use the .pub with ssh-agent), is of another type or damaged. */
void sshkey_format(struct buf *b, const struct ed25519 *k, struct str comment, const unsigned char check[4]);
enum rc sshkey_parse(struct ed25519 *k, struct str file, struct err *e) NODISCARD;

#endif
