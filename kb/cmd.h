/* kb/cmd.h: what every command gets. Only main.c and cmd_*.c files include it: they parse arguments
 * and print; all other files take arguments and return values. */
#ifndef KB_CMD_H
#define KB_CMD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/opt.h"
#include "kb/out.h"

struct ctx;
struct node;

enum exit_status { EXIT_YES = 0, EXIT_NO = 1, EXIT_USAGE = 2, EXIT_FAIL = 3 };

struct command {
	const char *name;
	int (*run)(struct ctx *c, int argc, char **argv);	/* argv[0] is the name; returns an exit status */
	const char *args;		/* "ID", "[FILTERS] QUERY…" */
	const char *about;		/* one line, lower case, no full stop */
};

struct ctx {
	const char *dir;		/* the node's folder: first -C, else COLEP_DIR, else "." */
	const char **dirs;		/* every -C (at least one entry), for reading commands */
	size_t ndirs;
	struct arena *arena;		/* dies with the command */
	int64_t now;			/* seconds since 1970, UTC: SOURCE_DATE_EPOCH or the clock */
	FILE *out, *err;
	bool json;
	bool out_terminal, in_terminal, err_terminal;
	struct screen screen;		/* out, when it is a terminal */
	const char *lang;		/* interface language: COLEP_LANG, default "en" */
	const char *keys;		/* folder of private keys (DESIGN 3), resolved from the environment */
	const char *agent;		/* socket of ssh-agent, or NULL */
	const struct command *command;	/* the row in the table */
	const struct command *commands;	/* the table, ended by a NULL name */
	const struct as_site *as_site;	/* cmd_as_site.h */
};

/* Read a command's own options; --help and --json are known everywhere. *left as opt_parse. Returns -1
 * to go on, else the exit status to end with (--help printed, or a usage error). */
int cmd_options(int *left, struct ctx *c, int argc, char **argv, const struct opt *opts, size_t n);

/* "colep: WHERE: WHAT; HOW TO MEND" on stderr; returns 2. */
int cmd_usage(struct ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same of an error; returns 1 for RC_NOTFOUND (the answer is no), else 3. */
int cmd_fail(struct ctx *c, const struct err *e);

/* One line "colep: TEXT" on stderr. */
void cmd_say(struct ctx *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* node_leave_out of what the command wrote, and a line about it; that it cannot be done is no failure of the command. */
void cmd_leave_out(struct ctx *c, const struct node *n, const char *path);

/* out_open with the context's settings. */
void cmd_out(struct out *o, const struct ctx *c);
/* out_close; to a person at a terminal an answer without a record says so. */
void cmd_out_close(struct ctx *c, struct out *o, const char *none);

/* Do answers go to a person at a terminal (kb/screen.h), rather than to a program? */
static inline bool cmd_to_screen(const struct ctx *c)
{
	return c->out_terminal && !c->json;
}

/* Progress on a terminal's stderr, for what takes over a second: overwrites one line, drawn at most ten
 * times a second; total 0 = unknown. done = true removes the line. Quiet when stderr is no terminal. */
void cmd_progress(struct ctx *c, const char *what, uint64_t n, uint64_t total, bool done);

#endif
