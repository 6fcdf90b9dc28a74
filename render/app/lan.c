/* render/app/lan.c: see lan.h.
 *
 * The code is 12 random digits, new at each start: 40 bits. Who types it into the form gets a cookie of 128 random bits;
 * git has it as the first part of the path (https://HOST:PORT/CODE), which costs no second request as a password would,
 * or as a password. Wrong codes are counted by address and in all: TRIES a minute of one address, ALL_TRIES of all, and
 * then no code is looked at, not even the right one. Guessing for a year hits with a chance of 1 to
 * 30,000.
 *
 *	GET  /                          the form, or with the cookie the pages of serve.h
 *	POST /code                      code=...: the cookie, and on to /
 *	GET  /CODE                      the same, for a link that was sent or typed
 *	GET  [/CODE]/info/refs?service=git-upload-pack
 *	POST [/CODE]/git-upload-pack    git's smart protocol, answered by `git upload-pack` (sync/sync.h)
 *
 * A turn of git runs in a process of its own, which ends with the connection it is for. */
#include "render/app/lan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "kb/gate/sodium.h"
#include "kb/gate/deflate.h"
#include "sync/sync.h"

enum {
	DIGITS = 12, TOKEN = 32,	/* characters */
	TRIES = 5, ALL_TRIES = 60, WINDOW = 60,	/* wrong codes in so many seconds */
	ADDRESSES = 256,		/* whose wrong codes are remembered at a time */
	UPLOADS = 16, UPLOADS_EACH = 4,	/* processes at a time, in all and for one address */
	FORM_MAX = 256			/* bytes of the form */
};
#define ASK_MAX ((size_t)2 << 20)	/* bytes of a request of git's, as sent */
#define ASK_FULL_MAX ((size_t)8 << 20)	/* and unpacked */
#define COOKIE "__Host-colep"

struct tries {				/* wrong codes of an address, since the first in this window */
	unsigned char peer[16];
	time_t since;
	unsigned n;
};

struct running {			/* a turn of git */
	struct upload up;
	unsigned char peer[16];
	bool used;
};

struct lan {
	const struct node *node;
	struct serve *pages;
	char code[DIGITS + 1], shown[LAN_CODE + 1], token[TOKEN + 1], cookie[128];
	struct tries all, tries[ADDRESSES];
	struct running running[UPLOADS];
};

void lan_open(struct lan **out, const struct node *node, struct serve *pages)
{
	struct lan *l = xmalloc(sizeof *l);
	unsigned char token[TOKEN / 2];
	uint64_t code;
	size_t i;

	*l = (struct lan){ .node = node, .pages = pages };
	random_bytes(&code, sizeof code);
	snprintf(l->code, sizeof l->code, "%012llu", (unsigned long long)(code % 1000000000000u));
	snprintf(l->shown, sizeof l->shown, "%.4s-%.4s-%.4s", l->code, l->code + 4, l->code + 8);
	random_bytes(token, sizeof token);
	for (i = 0; i < sizeof token; i++)
		snprintf(l->token + 2 * i, 3, "%02x", token[i]);
	snprintf(l->cookie, sizeof l->cookie, COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict", l->token);
	*out = l;
}

void lan_close(struct lan *l)
{
	if (l)
		secret_wipe(l, sizeof *l);
	free(l);
}

const char *lan_code(const struct lan *l)
{
	return l->shown;
}

/* ---- who may ---- */

bool lan_code_read(char digits[DIGITS + 1], struct str typed)
{
	size_t i, n = 0;

	for (i = 0; i < typed.n; i++) {
		if (typed.p[i] == '-' || typed.p[i] == ' ' || typed.p[i] == '+')
			continue;
		if (typed.p[i] < '0' || typed.p[i] > '9' || n == DIGITS)
			return false;
		digits[n++] = typed.p[i];
	}
	digits[n] = '\0';
	return n == DIGITS;
}

static time_t minutes_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static void again(struct tries *t, time_t now)
{
	if (!t->n || now - t->since >= WINDOW)
		*t = (struct tries){ .since = now };
}

/* The row of an address; a new one takes the place of the oldest. One with a whole network (IPv6) counts as one. */
static struct tries *tries_of(struct lan *l, const unsigned char peer[16], time_t now)
{
	static const unsigned char v4[12] = { [10] = 0xff, [11] = 0xff };
	size_t same = memcmp(peer, v4, sizeof v4) == 0 ? 16 : 8, i, old = 0;

	for (i = 0; i < ADDRESSES; i++) {
		if (l->tries[i].n && memcmp(l->tries[i].peer, peer, same) == 0)
			break;
		if (!l->tries[i].n || (l->tries[old].n && l->tries[i].since < l->tries[old].since))
			old = i;
	}
	if (i == ADDRESSES)
		l->tries[i = old].n = 0;
	again(&l->tries[i], now);
	memcpy(l->tries[i].peer, peer, 16);
	return &l->tries[i];
}

enum verdict { RIGHT, WRONG, TOO_MANY };

static enum verdict code_verdict(struct lan *l, const unsigned char peer[16], struct str typed)
{
	time_t now = minutes_clock();
	struct tries *t = tries_of(l, peer, now);
	char digits[DIGITS + 1] = { 0 };
	bool is_code = lan_code_read(digits, typed);

	again(&l->all, now);
	if (t->n >= TRIES || l->all.n >= ALL_TRIES)
		return TOO_MANY;
	if (is_code && secret_same(digits, l->code, DIGITS))
		return RIGHT;
	t->n++;
	l->all.n++;
	return WRONG;
}

static bool has_cookie(const struct lan *l, const struct http_request *rq)
{
	struct str v = http_cookie(rq, COOKIE);

	return v.n == TOKEN && secret_same(v.p, l->token, TOKEN);
}

/* "Basic BASE64(USER:PASSWORD)": the code is the password, or the user when that is empty. */
static bool basic_code(struct buf *code, const struct http_request *rq)
{
	struct str v = http_header(rq, "Authorization"), user;
	struct buf b = BUF_INIT;
	bool is;

	is = v.n <= 128 && v.n > 6 && strncasecmp(v.p, "Basic ", 6) == 0 && base64_decode(&b, str_sub(v, 6, v.n));
	v = buf_str(&b);
	if (is) {
		user = str_sub(v, 0, str_chr(v, ':'));
		buf_str_add(code, user.n + 1 < v.n ? str_sub(v, user.n + 1, v.n) : user);
	}
	buf_free(&b);
	return is;
}

/* ---- answers ---- */

static void field(struct http_reply *r, const char *name, const char *value)
{
	size_t i = r->field[0].name ? 1 : 0;

	r->field[i] = (struct http_field){ name, value };
}

static void refuse(struct http_reply *r, enum verdict v)
{
	if (v == TOO_MANY) {
		http_plain(r, 429, "Too many wrong codes; wait a minute.");
		field(r, "Retry-After", "60");
	} else {
		http_plain(r, 403, "That is not the code of this node; it stands on the screen there, and is another one after each start.");
	}
}

static void form(struct http_reply *r, unsigned status, const char *said)
{
	r->status = status;
	buf_puts(&r->body, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Code</title>\n"
	    "<link rel=\"stylesheet\" href=\"/colep.css\">\n</head>\n<body>\n<main id=\"main\">\n<h1>What is the code?</h1>\n");
	if (said)
		buf_printf(&r->body, "<p class=\"notice\" role=\"alert\">%s</p>\n", said);
	buf_puts(&r->body, "<p>It stands on the screen where this knowledge base is shared: twelve digits.</p>\n"
	    "<p class=\"quiet\">Your browser warned you of the certificate, since nobody but that screen vouches for it. To be sure, "
	    "compare the fingerprint (SHA-256) that your browser shows with the one on that screen.</p>\n"
	    "<form class=\"search\" action=\"/code\" method=\"post\"><label for=\"code\">Code</label> <input id=\"code\" name=\"code\" "
	    "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"20\" size=\"16\" required autofocus> <button>Open</button></form>\n"
	    "</main>\n</body>\n</html>\n");
}

static void let_in(const struct lan *l, struct http_reply *r)
{
	http_plain(r, 303, "The code is right.");
	field(r, "Location", "/");
	field(r, "Set-Cookie", l->cookie);
}

static void typed_code(struct lan *l, const struct http_request *rq, struct http_reply *r)
{
	struct str v = rq->body;
	enum verdict is;

	v = str_starts(v, STR("code=")) ? str_sub(v, 5, str_chr(v, '&') == SIZE_MAX ? v.n : str_chr(v, '&')) : STR("");
	if ((is = code_verdict(l, rq->peer, v)) == RIGHT)
		let_in(l, r);
	else if (is == TOO_MANY)
		form(r, 429, "Too many wrong codes. Wait a minute and try again.");
	else
		form(r, 403, "That is not the code. It is another one after each start.");
}

/* ---- git ---- */

static void upload_ended(void *ctx)
{
	struct running *u = ctx;

	u->up.out = -1;			/* closed by who read it */
	upload_close(&u->up);
	u->used = false;
}

/* A free place for one more process of this address, or NULL. */
static struct running *place(struct lan *l, const unsigned char peer[16])
{
	struct running *free_one = NULL;
	size_t i, same = 0;

	for (i = 0; i < UPLOADS; i++) {
		if (!l->running[i].used)
			free_one = &l->running[i];
		else
			same += memcmp(l->running[i].peer, peer, 16) == 0;
	}
	return same < UPLOADS_EACH ? free_one : NULL;
}

static void git_turn(struct lan *l, const struct http_request *rq, struct http_reply *r, struct str ask)
{
	struct running *u = place(l, rq->peer);
	struct str protocol = http_header(rq, "Git-Protocol");
	struct err e = ERR_INIT;

	if (!u) {
		http_plain(r, 503, "Too many are fetching at once; try again in a minute.");
		field(r, "Retry-After", "60");
		return;
	}
	if (upload_open(&u->up, l->node, protocol.p, ask, &e)) {
		http_plain(r, 500, e.msg);
		return;
	}
	u->used = true;
	memcpy(u->peer, rq->peer, sizeof u->peer);
	r->type = ask.p ? "application/x-git-upload-pack-result" : "application/x-git-upload-pack-advertisement";
	if (!ask.p && (!protocol.p || str_find(protocol, STR("version=2")) == SIZE_MAX))
		buf_puts(&r->body, "001e# service=git-upload-pack\n0000");
	r->stream = u->up.out;
	r->ended = upload_ended;
	r->ended_with = u;
}

static void git_post(struct lan *l, const struct http_request *rq, struct http_reply *r)
{
	struct str packing = http_header(rq, "Content-Encoding");
	struct buf full = BUF_INIT;
	struct err e = ERR_INIT;

	if (!packing.n || str_is(packing, "identity"))
		git_turn(l, rq, r, rq->body);
	else if (!str_is(packing, "gzip") && !str_is(packing, "x-gzip"))
		http_plain(r, 415, "Only gzip is unpacked here.");
	else if (gzip_unpack(&full, rq->body, ASK_FULL_MAX, &e))
		http_plain(r, e.rc == RC_INVALID ? 400 : 500, e.msg);
	else
		git_turn(l, rq, r, full.n ? buf_str(&full) : STR(""));
	buf_free(&full);
}

/* What of git's protocol is asked for. */
enum git { NO_GIT, GIT_REFS, GIT_ASK, GIT_PUSH, GIT_OLD };

static enum git git_of(struct str path, const struct http_request *rq)
{
	struct str service = http_arg(rq, "service");

	if (str_is(path, "/git-receive-pack") || (str_is(path, "/info/refs") && str_is(service, "git-receive-pack")))
		return GIT_PUSH;
	if (str_is(path, "/git-upload-pack"))
		return rq->post ? GIT_ASK : NO_GIT;
	if (!str_is(path, "/info/refs") || rq->post)
		return NO_GIT;
	return str_is(service, "git-upload-pack") ? GIT_REFS : GIT_OLD;
}

static void git_answer(struct lan *l, enum git what, const struct http_request *rq, struct http_reply *r)
{
	if (what == GIT_PUSH)
		http_plain(r, 403, "Nothing can be pushed here: this node only lends. Run 'colep serve --lan' on yours too, and let this "
		    "one fetch from it.");
	else if (what == GIT_OLD)
		http_plain(r, 403, "Only git's smart protocol is spoken here; use git 1.6.6 or newer.");
	else if (l->node->foreign)
		http_plain(r, 403, "This folder belongs to another user there; its history is not lent.");
	else if (what == GIT_REFS)
		git_turn(l, rq, r, STR_NONE);
	else
		git_post(l, rq, r);
}

/* The code in front of a path: "/1234-5678-9012/info/refs" gives that, and leaves "/info/refs". */
static bool path_code(struct str *code, struct str *rest, struct str path)
{
	struct str part = str_sub(path, 1, path.n);
	size_t slash = str_chr(part, '/'), i;

	part = str_sub(part, 0, slash);
	for (i = 0; i < part.n; i++)
		if ((part.p[i] < '0' || part.p[i] > '9') && part.p[i] != '-')
			return false;
	*code = part;
	*rest = str_sub(path, 1 + part.n, path.n);
	return part.n > 0;
}

/* May they? If not, the reply is made. *path: without the code. */
static bool may(struct lan *l, struct str *path, bool *by_path, const struct http_request *rq, struct http_reply *r)
{
	struct buf code = BUF_INIT;
	struct str given = STR_NONE;
	enum verdict is;

	if (!(*by_path = path_code(&given, path, cstr(rq->path)))) {
		*path = cstr(rq->path);
		if (has_cookie(l, rq))
			return true;
		if (!basic_code(&code, rq)) {
			if (git_of(*path, rq) == NO_GIT)
				return form(r, 403, NULL), false;
			http_plain(r, 401, "The code is missing; add it to the address: https://HOST:PORT/CODE");
			field(r, "WWW-Authenticate", "Basic realm=\"colep: the code is the password\"");
			return false;
		}
		given = buf_str(&code);
	}
	if ((is = code_verdict(l, rq->peer, given)) != RIGHT)
		refuse(r, is);
	buf_free(&code);
	return is == RIGHT;
}

size_t lan_expect(void *ctx, const struct http_request *rq, struct http_reply *r)
{
	struct lan *l = ctx;
	struct str path;
	bool by_path;
	enum git what;

	if (strcmp(rq->path, "/code") == 0)
		return FORM_MAX;
	if (!may(l, &path, &by_path, rq, r))
		return 0;
	if ((what = git_of(path, rq)) == GIT_ASK)
		return ASK_MAX;
	if (what == GIT_PUSH)
		git_answer(l, what, rq, r);
	else
		http_plain(r, 405, "Only GET and HEAD are answered here.");
	return 0;
}

void lan_answer(void *ctx, const struct http_request *rq, struct http_reply *r)
{
	struct lan *l = ctx;
	struct str path;
	bool by_path;
	enum git what;

	if (strcmp(rq->path, "/colep.css") == 0) {
		serve_answer(l->pages, rq, r);
		return;
	}
	if (rq->post && strcmp(rq->path, "/code") == 0) {
		typed_code(l, rq, r);
		return;
	}
	if (!may(l, &path, &by_path, rq, r))
		return;
	if ((what = git_of(path, rq)) != NO_GIT)
		git_answer(l, what, rq, r);
	else if (by_path)
		let_in(l, r);
	else
		serve_answer(l->pages, rq, r);
}
