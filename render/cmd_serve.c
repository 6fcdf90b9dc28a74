/* render/cmd_serve.c: colep serve: the node's pages and its search in a browser on this machine. */
#include "kb/cmd.h"
#include "render/commands.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "kb/node.h"
#include "render/app/serve.h"

static void index_progress(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "indexing", n, total, false);
}

int cmd_serve(struct ctx *c, int argc, char **argv)
{
	uint64_t port = 8022;
	bool lan = false, stale = false;
	const struct opt opts[] = {
		{ "port", 0, OPT_NUMBER, &port, "N", "port on 127.0.0.1; 0 = any free; default 8022" },
		{ "lan", 0, OPT_FLAG, &lan, NULL, "for others on the local network: not yet" },
	};
	struct progress indexing = { index_progress, c };
	struct err e = ERR_INIT;
	struct node node = { 0 };
	struct index *ix = NULL;
	struct serve *app = NULL;
	struct http *http = NULL;
	struct md *md = NULL;
	const char *why = NULL;
	sigset_t end;
	int left, status, stop = -1;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if (left != 1)
		return cmd_usage(c, "takes no operand; name the node with -C");
	if (lan)
		return cmd_usage(c, "--lan: not yet: this version serves this machine only; leave --lan out");
	if (port > 65535)
		return cmd_usage(c, "--port %llu: no port; it is 0 to 65535", (unsigned long long)port);
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
	    index_open(&ix, &node, false, &indexing, &why, &stale, &e) || serve_open(&app, &node, ix, md, c->now, &e) ||
	    http_open(&http, (uint16_t)port, serve_answer, app, &e)) {
		cmd_progress(c, "", 0, 0, true);
		cmd_fail(c, &e);
		goto out;
	}
	cmd_progress(c, "", 0, 0, true);
	if (stale)
		cmd_say(c, "the index is behind and cannot be written; pages are of an earlier state");
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
	serve_close(app);
	if (ix)
		index_close(ix);
	md_close(md);
	if (stop >= 0)
		close(stop);
	return status;
}
