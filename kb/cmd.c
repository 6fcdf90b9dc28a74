/* kb/cmd.c: see cmd.h. */
#include "kb/cmd.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "kb/node.h"

static void print_help(struct ctx *c, const struct opt *opts, size_t n)
{
	enum { LEFT = 28 };
	const struct screen s = c->out_terminal ? c->screen : (struct screen){ .f = c->out, .width = INT_MAX };
	const char *args = c->command->args;
	size_t i;

	fputs("usage: ", c->out);
	screen_text(&s, 7, 7, cstr(arena_printf(c->arena, "colep [-C DIR] %s%s%s", c->command->name, *args ? " " : "", args)));
	screen_text(&s, 0, 0, cstr(c->command->about));
	putc('\n', c->out);
	for (i = 0; i < n; i++) {
		const struct opt *o = &opts[i];
		int at = fprintf(c->out, "  %s%.1s%s--%s%s%s", o->letter ? "-" : "", o->letter ? &o->letter : "", o->letter ? ", " : "    ",
		    o->name, o->arg ? " " : "", o->arg ? o->arg : "");

		if (at > 2 + LEFT)
			at = fprintf(c->out, "\n") - 1;
		screen_text(&s, (size_t)at, 2 + LEFT + 1, cstr(o->about));
	}
}

int cmd_options(int *left, struct ctx *c, int argc, char **argv, const struct opt *opts, size_t n)
{
	struct err e = ERR_INIT;
	struct opt *all = arena_array(c->arena, n + 2, sizeof *all);
	bool help = false;

	if (n)
		memcpy(all, opts, n * sizeof *opts);
	all[n] = (struct opt){ "help", 'h', OPT_FLAG, &help, NULL, "print this" };
	all[n + 1] = (struct opt){ "json", 0, OPT_FLAG, &c->json, NULL, "answer in JSON Lines" };
	if (opt_parse(left, argc, argv, all, n + 2, c->arena, &e))
		return cmd_usage(c, "%s", e.msg);
	if (!help)
		return -1;
	print_help(c, all, n + 2);
	return EXIT_YES;
}

/* One line "colep: PLACETEXT"; names of others must not steer a terminal. */
static void PRINTF_LIKE(3, 0) say(struct ctx *c, const char *place, const char *fmt, va_list ap)
{
	enum { FRONT = 600, BACK = 300 };	/* bytes shown of a text that is too long: its end has the cure */
	struct buf line = BUF_INIT, text = BUF_INIT;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n >= 0) {
		buf_reserve(&text, (size_t)n + 1);
		vsnprintf(text.p, (size_t)n + 1, fmt, ap);
		text.n = (size_t)n;
	}
	if (text.n > FRONT + BACK) {
		buf_text_escape(&line, str_utf8_cut(buf_str(&text), FRONT));
		buf_puts(&line, " … ");
		buf_text_escape(&line, str_sub(buf_str(&text), text.n - BACK, text.n));
	} else {
		buf_text_escape(&line, buf_str(&text));
	}
	fprintf(c->err, "colep: %s%s%s\n", place, *place ? ": " : "", buf_cstr(&line));
	buf_free(&line);
	buf_free(&text);
}

int cmd_usage(struct ctx *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, c->command ? c->command->name : "arguments", fmt, ap);
	va_end(ap);
	if (c->command)
		fprintf(c->err, "usage: colep [-C DIR] %s%s%s\n", c->command->name, *c->command->args ? " " : "", c->command->args);
	return EXIT_USAGE;
}

int cmd_fail(struct ctx *c, const struct err *e)
{
	cmd_say(c, "%s", e->msg);
	return e->rc == RC_NOTFOUND ? EXIT_NO : EXIT_FAIL;
}

void cmd_say(struct ctx *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(c, "", fmt, ap);
	va_end(ap);
}

void cmd_out(struct out *o, const struct ctx *c)
{
	out_open(o, c->out, c->json, c->out_terminal ? &c->screen : NULL);
}

void cmd_out_close(struct ctx *c, struct out *o, const char *none)
{
	if (o->screen && !o->rows.n)
		cmd_say(c, "%s", none);
	out_close(o);
}

void cmd_progress(struct ctx *c, const char *what, uint64_t n, uint64_t total, bool done)
{
	static struct timespec last;	/* when a line was last drawn: there is one terminal */
	struct timespec now;

	if (!c->err_terminal)
		return;
	if (done) {
		fputs("\r\033[K", c->err);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (now.tv_sec == last.tv_sec && now.tv_nsec - last.tv_nsec < 100000000)
		return;
	last = now;
	if (total)
		fprintf(c->err, "\r\033[K%s: %llu of %llu", what, (unsigned long long)n, (unsigned long long)total);
	else if (n)
		fprintf(c->err, "\r\033[K%s: %llu", what, (unsigned long long)n);
	else
		fprintf(c->err, "\r\033[K%s", what);
	fflush(c->err);
}

void cmd_leave_out(struct ctx *c, const struct node *n, const char *path)
{
	struct err e = ERR_INIT;
	bool added;

	if (node_leave_out(&added, c->arena, n, path, &e))
		cmd_say(c, "%s", e.msg);
	else if (added)
		cmd_say(c, "%s: lies in the node's own folder, but is no document: save and check leave it alone "
		    "(.git/info/exclude)", path);
}
