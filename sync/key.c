/* sync/key.c: see key.h. The agent speaks OpenSSH's protocol (draft-miller-ssh-agent): a 4-byte big-endian
 * length, a type, and strings. */
#include "sync/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "kb/base/file.h"

#define KEY_FILE_MAX ((size_t)16 << 10)

void signer_make(struct signer *s)
{
	*s = (struct signer){ 0 };
	ed25519_make(&s->key, NULL);
	memcpy(s->public, s->key.public, sizeof s->public);
}

static bool ends_pub(const char *path)
{
	return str_ends(cstr(path), STR(".pub"));
}

static enum rc read_public(struct signer *s, struct str file, const char *path, struct err *e)
{
	struct str line = str_trim(file), type, key;

	if (!str_split(&type, &line, ' ') || !str_split(&key, &line, ' ') || !str_is(type, "ssh-ed25519") ||
	    !sshkey_public_parse(s->public, key))
		return err_set(e, RC_INVALID, "%s: not a public key of type ssh-ed25519", path);
	s->agent = true;
	return RC_OK;
}

enum rc signer_read(struct signer *out, const char *path, const char *socket_path, struct err *e)
{
	struct signer s = { .socket = socket_path };
	struct buf file = BUF_INIT;
	struct stat st;
	enum rc rc = file_read(&file, path, KEY_FILE_MAX, e);

	if (!rc && ends_pub(path)) {
		rc = read_public(&s, buf_str(&file), path, e);
	} else if (!rc) {
		if (lstat(path, &st) == 0 && (st.st_mode & 077))
			rc = err_set(e, RC_INVALID, "%s: others can read this private key; close it with: chmod 600 %s", path, path);
		else if ((rc = sshkey_parse(&s.key, buf_str(&file), e)))
			rc = err_prefix(e, "%s", path);
		memcpy(s.public, s.key.public, sizeof s.public);
	}
	if (file.n)
		secret_wipe(file.p, file.n);
	buf_free(&file);
	if (!rc)
		*out = s;
	secret_wipe(&s.key, sizeof s.key);
	return rc;
}

void signer_close(struct signer *s)
{
	secret_wipe(&s->key, sizeof s->key);
}

static void add_string(struct buf *b, struct str s)
{
	const char n[4] = { (char)(s.n >> 24), (char)(s.n >> 16), (char)(s.n >> 8), (char)s.n };

	buf_add(b, n, 4);
	buf_str_add(b, s);
}

static bool take_string(struct str *out, struct str *s)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t n;

	if (s->n < 4)
		return false;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (n > s->n - 4)
		return false;
	*out = str_sub(*s, 4, 4 + n);
	*s = str_sub(*s, 4 + n, s->n);
	return true;
}

static bool all_io(int fd, char *p, size_t n, bool out)
{
	ssize_t k;

	for (; n; p += k, n -= (size_t)k) {
		k = out ? send(fd, p, n, MSG_NOSIGNAL) : recv(fd, p, n, 0);
		if (k < 0 && errno == EINTR)
			k = 0;
		else if (k <= 0)
			return false;
	}
	return true;
}

static enum rc agent_sign(unsigned char sig[64], const struct signer *s, struct str data, struct err *e)
{
	enum { SIGN_REQUEST = 13, SIGN_RESPONSE = 14, ANSWER_MAX = 4096 };
	struct timeval wait = { 60, 0 };	/* somebody may have to confirm */
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct buf blob = BUF_INIT, body = BUF_INIT, msg = BUF_INIT;
	struct str rest, signature, type, raw;
	unsigned char head[5];
	char answer[ANSWER_MAX];
	size_t n;
	int fd = -1;
	enum rc rc = RC_IO;

	(void)err_set(e, RC_IO, "ssh-agent: has not the key of this node, or does not answer; add it with ssh-add");
	if (!s->socket || strlen(s->socket) >= sizeof to.sun_path)
		goto out;
	memcpy(to.sun_path, s->socket, strlen(s->socket) + 1);
	add_string(&blob, STR("ssh-ed25519"));
	add_string(&blob, (struct str){ (const char *)s->public, 32 });
	buf_putc(&body, SIGN_REQUEST);
	add_string(&body, buf_str(&blob));
	add_string(&body, data);
	buf_add(&body, "\0\0\0\0", 4);
	add_string(&msg, buf_str(&body));
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) ||
	    connect(fd, (struct sockaddr *)&to, sizeof to) || !all_io(fd, msg.p, msg.n, true) ||
	    !all_io(fd, (char *)head, 5, false))
		goto out;
	n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (head[4] != SIGN_RESPONSE || n < 1 || n - 1 > sizeof answer || !all_io(fd, answer, n - 1, false))
		goto out;
	rest = (struct str){ answer, n - 1 };
	if (!take_string(&signature, &rest) || !take_string(&type, &signature) || !str_is(type, "ssh-ed25519") ||
	    !take_string(&raw, &signature) || raw.n != 64)
		goto out;
	memcpy(sig, raw.p, 64);
	rc = RC_OK;
out:
	if (fd >= 0)
		close(fd);
	buf_free(&blob);
	buf_free(&body);
	buf_free(&msg);
	return rc;
}

enum rc signer_sign(struct buf *b, const struct signer *s, struct str message, struct err *e)
{
	struct buf data = BUF_INIT;
	unsigned char sig[64];
	enum rc rc;

	if (!s->agent) {
		sshsig_sign(b, &s->key, message);
		return RC_OK;
	}
	sshsig_payload(&data, message);
	if ((rc = agent_sign(sig, s, buf_str(&data), e)) == RC_OK) {
		if (ed25519_verify(sig, s->public, buf_str(&data)))
			sshsig_format(b, s->public, sig);
		else
			rc = err_set(e, RC_IO, "ssh-agent: its signature does not verify");
	}
	buf_free(&data);
	return rc;
}

char *key_path(struct arena *a, const char *keys, const struct oid *space, struct str id)
{
	char hex[OID_HEX + 1];

	oid_format(hex, space);
	return path_join(a, keys, arena_printf(a, "%s-%.*s", hex, FMT_STR(id)));
}

enum rc key_store(const struct signer *s, const char *path, struct str comment, struct err *e)
{
	unsigned char check[4];
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	const char *slash = strrchr(path, '/');
	enum rc rc = RC_OK;

	if (slash && slash != path)
		rc = dir_make(arena_cstr(&a, (struct str){ path, (size_t)(slash - path) }), 0700, e);
	if (!rc && s->agent) {
		buf_puts(&b, "ssh-ed25519 ");
		sshkey_public(&b, s->public);
		buf_printf(&b, " %.*s\n", FMT_STR(comment));
		rc = file_write(arena_printf(&a, "%s.pub", path), buf_str(&b), 0644, e);
	} else if (!rc) {
		random_bytes(check, sizeof check);
		sshkey_format(&b, &s->key, comment, check);
		rc = file_write(path, buf_str(&b), 0600, e);
		secret_wipe(b.p, b.n);
	}
	buf_free(&b);
	arena_free(&a);
	return rc;
}

enum rc key_open(struct signer *s, struct arena *a, const char *path, const char *socket_path, struct err *e)
{
	enum rc rc = signer_read(s, path, socket_path, e);

	if (rc == RC_NOTFOUND)
		rc = signer_read(s, arena_printf(a, "%s.pub", path), socket_path, e);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "%s: no key; this node can be read but not written from here (a copy without its key?)", path);
	return rc;
}

static struct str line_value(struct str file, struct str key)
{
	struct str line;

	while (str_line(&line, &file))
		if (str_starts(line, key))
			return str_sub(line, key.n, line.n);
	return STR_NONE;
}

struct ed25519 *keys_secret(size_t *n, struct arena *a, const char *keys, const struct oid *space, struct str id)
{
	static const char *const ends[] = { "", ".next", ".old" };
	struct ed25519 *list = arena_array(a, sizeof ends / sizeof *ends, sizeof *list);
	struct err odd = ERR_INIT;
	struct signer s;
	size_t i;

	*n = 0;
	for (i = 0; keys && id.n && i < sizeof ends / sizeof *ends; i++) {
		if (key_open(&s, a, arena_printf(a, "%s%s", key_path(a, keys, space, id), ends[i]), NULL, &odd))
			continue;
		if (!s.agent)
			list[(*n)++] = s.key;
		signer_close(&s);
	}
	return list;
}

static struct str machine(struct arena *a)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char host[256] = "";
	struct str id;

	if (file_read(&b, "/etc/machine-id", 4096, &e) == RC_OK && str_trim(buf_str(&b)).n) {
		id = arena_str(a, str_trim(buf_str(&b)));
	} else {
		gethostname(host, sizeof host - 1);
		id = arena_str(a, cstr(host));
	}
	buf_free(&b);
	return id;
}

void incarnation_make(char hex[INCARNATION_HEX + 1])
{
	unsigned char random[INCARNATION_HEX / 2];
	size_t i;

	random_bytes(random, sizeof random);
	for (i = 0; i < sizeof random; i++) {
		hex[i * 2] = "0123456789abcdef"[random[i] >> 4];
		hex[i * 2 + 1] = "0123456789abcdef"[random[i] & 15];
	}
	hex[INCARNATION_HEX] = '\0';
}

enum rc key_adopt(struct arena *a, const char *path, const char *folder, const char hex[INCARNATION_HEX + 1], struct err *e)
{
	char *real = realpath(folder, NULL);
	struct buf text = BUF_INIT;
	enum rc rc;

	if (!real)
		return err_errno(e, "%s", folder);
	buf_printf(&text, "incarnation %s\nmachine %.*s\nfolder %s\n", hex, FMT_STR(machine(a)), real);
	rc = file_write(arena_printf(a, "%s.node", path), buf_str(&text), 0600, e);
	free(real);
	buf_free(&text);
	return rc;
}

enum rc key_incarnation(char hex[INCARNATION_HEX + 1], bool *renewed, bool *fresh, struct arena *a, const char *path,
    const char *folder, struct err *e)
{
	char *real = realpath(folder, NULL);
	struct buf b = BUF_INIT;
	struct str got;
	enum rc rc;
	size_t i;

	*renewed = *fresh = false;
	if (!real)
		return err_errno(e, "%s", folder);
	rc = file_read(&b, arena_printf(a, "%s.node", path), 64 << 10, e);
	if (rc && rc != RC_NOTFOUND)
		goto out;
	got = line_value(buf_str(&b), STR("incarnation "));
	for (i = 0; i < got.n && ((got.p[i] >= '0' && got.p[i] <= '9') || (got.p[i] >= 'a' && got.p[i] <= 'f')); i++)
		;
	if (got.n == INCARNATION_HEX && i == got.n && str_eq(line_value(buf_str(&b), STR("machine ")), machine(a)) &&
	    str_is(line_value(buf_str(&b), STR("folder ")), real)) {
		memcpy(hex, got.p, INCARNATION_HEX);
		hex[INCARNATION_HEX] = '\0';
		rc = RC_OK;
	} else {
		*renewed = b.n > 0;
		*fresh = true;
		incarnation_make(hex);
		rc = RC_OK;
	}
out:
	free(real);
	buf_free(&b);
	return rc;
}
