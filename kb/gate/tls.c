/* kb/gate/tls.c: see tls.h. The only file that includes <gnutls/...>. */
#include "kb/gate/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "kb/gate/load.h"
#include "kb/gate/sodium.h"

#define LIBRARY "libgnutls.so.30"
#define CERTIFICATE_MAX ((size_t)16 << 10)
#define FROM ((time_t)1577836800)	/* 2020-01-01 */
#define UNTIL ((time_t)2524607999)	/* 2049-12-31, the last that X.509 writes with two digits */

#define FUNCTIONS(X) X(x509_privkey_init) X(x509_privkey_deinit) X(x509_privkey_generate) X(x509_privkey_export2) \
	X(x509_crt_init) X(x509_crt_deinit) X(x509_crt_set_version) X(x509_crt_set_serial) X(x509_crt_set_activation_time) \
	X(x509_crt_set_expiration_time) X(x509_crt_set_dn_by_oid) X(x509_crt_set_key) X(x509_crt_set_subject_alt_name) \
	X(x509_crt_set_key_usage) X(x509_crt_set_key_purpose_oid) X(x509_crt_sign2) X(x509_crt_export2) X(init) X(deinit) \
	X(set_default_priority) X(server_name_set) X(certificate_allocate_credentials) X(certificate_free_credentials) \
	X(credentials_set) X(transport_set_int2) X(handshake) X(handshake_set_timeout) X(error_is_fatal) \
	X(certificate_get_peers) X(pem_base64_encode2) X(strerror)

#define X(name) static __typeof__(gnutls_##name) *p_##name;
FUNCTIONS(X)
#undef X
static gnutls_free_function *free_of;	/* points to the library's own variable */

static enum rc load(struct err *e)
{
#define X(name) { "gnutls_" #name, &p_##name },
	static const struct load_function functions[] = { FUNCTIONS(X) { "gnutls_free", &free_of }, { NULL, NULL } };
#undef X

	return free_of ? RC_OK : load_library(LIBRARY, "libgnutls30", functions, e);
}

/* Append and free what the library made. */
static void take(struct buf *b, gnutls_datum_t *d)
{
	buf_add(b, d->data, d->size);
	(*free_of)(d->data);
	*d = (gnutls_datum_t){ NULL, 0 };
}

enum rc tls_make(struct tls_certificate *t, const struct str *addresses, size_t n, struct err *e)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t pem = { NULL, 0 };
	struct buf der = BUF_INIT;
	unsigned char serial[16];
	size_t i;
	enum rc rc;
	int no;

	*t = (struct tls_certificate)TLS_NONE;
	if ((rc = load(e)))
		return rc;
	random_bytes(serial, sizeof serial);
	serial[0] &= 0x7f;			/* a positive number */
	serial[0] |= 0x40;
	if ((no = p_x509_privkey_init(&key)) || (no = p_x509_crt_init(&crt)) ||
	    (no = p_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0)) ||
	    (no = p_x509_crt_set_version(crt, 3)) || (no = p_x509_crt_set_serial(crt, serial, sizeof serial)) ||
	    (no = p_x509_crt_set_activation_time(crt, FROM)) || (no = p_x509_crt_set_expiration_time(crt, UNTIL)) ||
	    (no = p_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "colep", 5)) || (no = p_x509_crt_set_key(crt, key)) ||
	    (no = p_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE)) ||
	    (no = p_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0)))
		goto out;
	for (i = 0; i < n; i++)
		if ((no = p_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, addresses[i].p, (unsigned)addresses[i].n,
		    GNUTLS_FSAN_APPEND)))
			goto out;
	if ((no = p_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0)) || (no = p_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &pem)))
		goto out;
	take(&der, &pem);
	sha256_of(t->print, buf_str(&der));
	if ((no = p_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem)))
		goto out;
	take(&t->cert, &pem);
	if ((no = p_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem)))
		goto out;
	take(&t->key, &pem);
out:
	if (no) {
		rc = err_set(e, RC_IO, "making a certificate: %s", p_strerror(no));
		tls_free(t);
	}
	buf_free(&der);
	if (crt)
		p_x509_crt_deinit(crt);
	if (key)
		p_x509_privkey_deinit(key);
	return rc;
}

static bool connected(int fd, const struct addrinfo *at, unsigned seconds)
{
	struct pollfd p = { fd, POLLOUT, 0 };
	socklen_t n = sizeof(int);
	int failed = 0, flags = fcntl(fd, F_GETFL);
	const struct timeval wait = { (time_t)seconds, 0 };

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || (connect(fd, at->ai_addr, at->ai_addrlen) && errno != EINPROGRESS))
		return false;
	if (poll(&p, 1, (int)seconds * 1000) != 1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &n) || failed)
		return errno = failed ? failed : ETIMEDOUT, false;
	return fcntl(fd, F_SETFL, flags) == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) == 0;
}

static enum rc dial(int *out, const char *host, const char *port, unsigned seconds, struct err *e)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *all, *at;
	int no = getaddrinfo(host, port, &hints, &all), fd = -1;

	if (no)
		return err_set(e, RC_IO, "%s: %s", host, gai_strerror(no));
	errno = 0;
	for (at = all; at && fd < 0; at = at->ai_next) {
		if ((fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0 && !connected(fd, at, seconds)) {
			no = errno;
			close(fd);
			errno = no;
			fd = -1;
		}
	}
	freeaddrinfo(all);
	if (fd < 0)
		return err_errno(e, "%s port %s", host, port);
	*out = fd;
	return RC_OK;
}

enum rc tls_fetch(struct tls_certificate *t, const char *host, const char *port, unsigned seconds, struct err *e)
{
	gnutls_certificate_credentials_t trust = NULL;
	gnutls_session_t session = NULL;
	gnutls_datum_t pem = { NULL, 0 };
	const gnutls_datum_t *chain;
	unsigned count = 0;
	int fd = -1, no;
	enum rc rc;

	*t = (struct tls_certificate)TLS_NONE;
	if ((rc = load(e)) || (rc = dial(&fd, host, port, seconds, e)))
		return rc;
	if ((no = p_init(&session, GNUTLS_CLIENT)) || (no = p_set_default_priority(session)) ||
	    (no = p_certificate_allocate_credentials(&trust)) || (no = p_credentials_set(session, GNUTLS_CRD_CERTIFICATE, trust)))
		goto out;
	if (!strchr(host, ':') && strspn(host, "0123456789.") != strlen(host) &&
	    (no = p_server_name_set(session, GNUTLS_NAME_DNS, host, strlen(host))))
		goto out;
	p_transport_set_int2(session, fd, fd);
	p_handshake_set_timeout(session, seconds * 1000);
	while ((no = p_handshake(session)) && !p_error_is_fatal(no))
		;
	if (no)
		goto out;
	if (!(chain = p_certificate_get_peers(session, &count)) || !count || chain[0].size > CERTIFICATE_MAX) {
		rc = err_set(e, RC_INVALID, "%s port %s: shows no certificate of a usual size", host, port);
		goto out;
	}
	if ((no = p_pem_base64_encode2("CERTIFICATE", &chain[0], &pem)))
		goto out;
	sha256_of(t->print, (struct str){ (const char *)chain[0].data, chain[0].size });
	take(&t->cert, &pem);
out:
	if (no)
		rc = err_set(e, RC_IO, "%s port %s: %s", host, port, p_strerror(no));
	if (session)
		p_deinit(session);
	if (trust)
		p_certificate_free_credentials(trust);
	close(fd);
	return rc;
}

void tls_free(struct tls_certificate *t)
{
	if (t->key.n)
		secret_wipe(t->key.p, t->key.n);
	buf_free(&t->key);
	buf_free(&t->cert);
}

struct oid tls_words(const struct tls_certificate *t)
{
	struct oid o;

	memcpy(o.b, t->print, sizeof o.b);
	return o;
}
