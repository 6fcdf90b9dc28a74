/* kb/gate/tls.h: the gate to GnuTLS, loaded when first used: a certificate that nobody vouches for, made for one
 * start of a server, and its like at the other end. People compare its words (kb/base/words.h). */
#ifndef KB_GATE_TLS_H
#define KB_GATE_TLS_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/oid.h"
#include "kb/base/str.h"

struct tls_certificate {		/* empty: TLS_NONE; to be freed */
	struct buf cert, key;		/* PEM; key: only of one that was made */
	unsigned char print[32];	/* SHA-256 of the certificate, as browsers show it */
};
#define TLS_NONE { BUF_INIT, BUF_INIT, { 0 } }

/* A new key and a certificate for these addresses (4 or 16 bytes each). Valid whatever a clock says, nearly: it
 * lives as long as the server runs, and machines without network have clocks that are years wrong. */
enum rc tls_make(struct tls_certificate *t, const struct str *addresses, size_t n, struct err *e) NODISCARD;

/* The certificate a server shows; nothing is verified, nothing sent. RC_IO: not reached in so many seconds. */
enum rc tls_fetch(struct tls_certificate *t, const char *host, const char *port, unsigned seconds, struct err *e) NODISCARD;
void tls_free(struct tls_certificate *t);

struct oid tls_words(const struct tls_certificate *t);	/* what words_format makes words of */

#endif
