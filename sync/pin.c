/* sync/pin.c: see pin.h. */
#include "sync/pin.h"

#include <string.h>

#include "kb/base/file.h"

enum { REACH = 20 };			/* seconds */

/* Host and port of "https://[USER@]HOST[:PORT][/...]"; a host in brackets with them. */
static bool place(struct str *host, struct str *port, const char *url)
{
	const struct str scheme = STR("https://");
	struct str s = cstr(url);
	size_t at, i;

	if (!str_starts(s, scheme))
		return false;
	s = str_sub(s, scheme.n, s.n);
	s = str_sub(s, 0, str_chr(s, '/'));
	while ((at = str_chr(s, '@')) != SIZE_MAX)
		s = str_sub(s, at + 1, s.n);
	at = s.n && s.p[0] == '[' ? str_chr(s, ']') : 0;
	if (at == SIZE_MAX)
		return false;
	i = str_chr(str_sub(s, at, s.n), ':');
	*host = str_sub(s, 0, i == SIZE_MAX ? s.n : at + i);
	*port = i == SIZE_MAX ? STR("443") : str_sub(s, at + i + 1, s.n);
	for (i = 0; i < host->n; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-[]:", host->p[i]))
			return false;
	for (i = 0; i < port->n; i++)
		if (port->p[i] < '0' || port->p[i] > '9')
			return false;
	return host->n && host->n < 200 && port->n && port->n < 6 && host->p[0] != '.' && host->p[0] != '-';
}

const char *pin_file(struct arena *a, const char *cache, const char *url)
{
	struct str host, port;

	return place(&host, &port, url) ? arena_printf(a, "%s/pins/%.*s_%.*s.pem", cache, FMT_STR(host), FMT_STR(port)) : NULL;
}

enum rc pin_fetch(struct tls_certificate *t, const char *url, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct str host, port;
	enum rc rc;

	if (!place(&host, &port, url))
		return err_set(e, RC_INVALID, "%s: only an https:// address has a certificate", url);
	if (host.p[0] == '[')
		host = str_sub(host, 1, host.n - 1);
	rc = tls_fetch(t, arena_cstr(&a, host), arena_cstr(&a, port), REACH, e);
	arena_free(&a);
	return rc;
}

enum rc pin_keep(const struct node *n, const char *url, const struct tls_certificate *t, struct err *e)
{
	struct arena a = ARENA_INIT;
	const char *path = pin_file(&a, n->cache, url);
	enum rc rc;

	if (!path)
		return err_set(e, RC_INVALID, "%s: only an https:// address has a certificate", url);
	if (!(rc = dir_make(path_join(&a, n->cache, "pins"), 0755, e)))
		rc = file_write(path, buf_str(&t->cert), 0644, e);
	arena_free(&a);
	return rc;
}

bool pin_wanted(const char *url, const struct err *e)
{
	return strncmp(url, "https://", 8) == 0 && strstr(e->msg, "certificate");
}
