/* render/cmd_serve.c: colep serve: the node's pages and its search in a browser on this machine, or (--lan) for
 * browsers and nodes on the local network. */
#include "kb/cmd.h"
#include "render/commands.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kb/base/words.h"
#include "kb/doc/doc.h"
#include "kb/gate/tls.h"
#include "kb/node.h"
#include "render/app/lan.h"
#include "render/app/serve.h"
#include "render/theme.h"

#define ADDRESSES 8

static void index_progress(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "indexing", n, total, false);
}

static void tidy(void *ctx)
{
	struct err odd = ERR_INIT;

	if (index_tidy(ctx, &odd))
		odd.rc = RC_OK;		/* nothing that was asked for */
}

static enum rc prepare(struct http_app *app, struct http_address at[ADDRESSES], struct tls_certificate *t, struct err *e)
{
	struct str raw[ADDRESSES];
	size_t i, n = http_addresses(at, ADDRESSES);
	enum rc rc;

	for (i = 0; i < n; i++)
		raw[i] = (struct str){ (const char *)at[i].b, at[i].n };
	if ((rc = tls_make(t, raw, n, e)))
		return rc;
	*app = (struct http_app){ .answer = lan_answer, .expect = lan_expect, .cert = buf_cstr(&t->cert), .key = buf_cstr(&t->key),
		.at = at, .n = n };
	return RC_OK;
}

/* The first line is the address; what else one needs to get in follows, and how. */
static void tell(struct ctx *c, const struct http_app *app, uint16_t port, const struct lan *lan, const struct tls_certificate *t)
{
	struct buf words = BUF_INIT, print = BUF_INIT;
	struct oid o = tls_words(t);
	size_t i;

	words_format(&words, &o);
	for (i = 0; i < sizeof t->print; i++)
		buf_printf(&print, "%s%02X", i ? ":" : "", t->print[i]);
	fprintf(c->out, "https://%s:%u/\n", app->at[0].text, (unsigned)port);
	fprintf(c->out, "code\t%s\nwords\t%s\nfingerprint\t%s\n", lan_code(lan), buf_cstr(&words), buf_cstr(&print));
	for (i = 1; i < app->n; i++)
		fprintf(c->out, "also\thttps://%s:%u/\n", app->at[i].text, (unsigned)port);
	cmd_say(c, "to read in a browser: open https://%s:%u/ there, go on past the warning, and type the code %s", app->at[0].text,
	    (unsigned)port, lan_code(lan));
	cmd_say(c, "to take it over into another node: type there 'colep sync https://%s:%u/%s', and then the words %s", app->at[0].text,
	    (unsigned)port, lan_code(lan), buf_cstr(&words));
	if (app->at[0].b[0] == 127 && app->at[0].n == 4)
		cmd_say(c, "this machine is on no network: nobody else can reach it; join one and begin again");
	buf_free(&words);
	buf_free(&print);
}

/* -1, or the exit status of the usage error that was told: the interface has no words in this language. */
static int speaks(struct ctx *c, const char *lang)
{
	struct theme *theme = NULL;
	struct err e = ERR_INIT;
	struct buf known = BUF_INIT;
	int status = -1;
	size_t i;

	if (!lang_valid(cstr(lang)))
		return cmd_usage(c, "--lang %s: no language code; it is like bg or sr-Latn", lang);
	if (theme_open(&theme, NULL, &e))
		return cmd_fail(c, &e);
	for (i = 0; i < theme->ntexts; i++)
		buf_printf(&known, " %.*s", FMT_STR(theme->texts[i].lang));
	if (!theme_texts(theme, cstr(lang)))
		status = cmd_usage(c, "--lang %s: no words of the interface are in this language; one of:%s", lang, buf_cstr(&known));
	buf_free(&known);
	theme_close(theme);
	return status;
}

int cmd_serve(struct ctx *c, int argc, char **argv)
{
	uint64_t port = 8022;
	bool lan = false, stale = false;
	const char *lang = NULL;
	const struct opt opts[] = {
		{ "port", 0, OPT_NUMBER, &port, "N", "port; 0 = any free; default 8022" },
		{ "lan", 0, OPT_FLAG, &lan, NULL, "for others on the local network too, who need a code" },
		{ "lang", 0, OPT_TEXT, &lang, "L", "interface and, where there are translations, titles in this language" },
	};
	struct progress indexing = { .fn = index_progress, .ctx = c };
	struct err e = ERR_INIT;
	struct node node = { 0 };
	struct index *ix = NULL;
	struct serve *pages = NULL;
	struct http_address at[ADDRESSES];
	struct tls_certificate certificate = TLS_NONE;
	struct http_app app = { .answer = serve_answer };
	struct lan *guests = NULL;
	struct http *http = NULL;
	struct md *md = NULL;
	const char *why = NULL;
	sigset_t end;
	int left, status, stop = -1;

	if ((status = cmd_options(&left, c, argc, argv, opts, 3)) >= 0)
		return status;
	if (left != 1)
		return cmd_usage(c, "takes no operand; name the node with -C");
	if (port > 65535)
		return cmd_usage(c, "--port %llu: no port; it is 0 to 65535", (unsigned long long)port);
	if (lang && (status = speaks(c, lang)) >= 0)
		return status;
	/* Before the worker is made, so that the terminal's Ctrl-C ends us and we end it. */
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	if (sigprocmask(SIG_BLOCK, &end, NULL) || (stop = signalfd(-1, &end, SFD_CLOEXEC)) < 0) {
		(void)err_errno(&e, "signals");
		return cmd_fail(c, &e);
	}
	status = EXIT_FAIL;
	/* The worker is a fork: before the index. */
	if (md_open(&md, &e) || node_open(&node, c->arena, c->dir, &e) ||
	    index_open(&ix, &node, false, &indexing, &why, &stale, &e) ||
	    serve_open(&pages, &node, ix, md, lan ? AUDIENCE_COMMUNITY : AUDIENCE_NODE, cstr(lang), c->now, &e) ||
	    (lan && prepare(&app, at, &certificate, &e))) {
		cmd_progress(c, "", 0, 0, true);
		cmd_fail(c, &e);
		goto out;
	}
	app.ctx = pages;
	app.idle = tidy;
	app.idle_ctx = ix;
	if (lan) {
		lan_open(&guests, &node, pages);
		app.ctx = guests;
	}
	if (http_open(&http, (uint16_t)port, &app, &e)) {
		cmd_progress(c, "", 0, 0, true);
		cmd_fail(c, &e);
		goto out;
	}
	cmd_progress(c, "", 0, 0, true);
	if (stale)
		cmd_say(c, "the index is behind and cannot be written; pages are of an earlier state");
	if (lan)
		tell(c, &app, http_port(http), guests, &certificate);
	else
		fprintf(c->out, "http://127.0.0.1:%u/\n", (unsigned)http_port(http));
	if (fflush(c->out))
		goto out;
	if (c->err_terminal)
		cmd_say(c, "Ctrl-C ends it");
	if (http_run(http, stop, &e))
		cmd_fail(c, &e);
	else
		status = EXIT_YES;
out:
	http_close(http);
	lan_close(guests);
	tls_free(&certificate);
	serve_close(pages);
	if (ix)
		index_close(ix);
	md_close(md);
	if (stop >= 0)
		close(stop);
	return status;
}
