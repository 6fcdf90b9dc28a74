/* sync/git.h: running the git program for transport (DESIGN 7), with a clean environment and no code of others:
 * no hooks, no fsmonitor, no system configuration, only the protocols file, http, https and ssh. */
#ifndef SYNC_GIT_H
#define SYNC_GIT_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/str.h"

struct git_run {
	const char *dir;		/* to work in */
	const char *objects;		/* quarantine: objects are written here, NULL: to the repository */
	const char *alternates;		/* where it reads besides, or NULL */
	const char *index;		/* an index of its own, or NULL: the repository's */
	const char *protocol;		/* for GIT_PROTOCOL, or NULL */
	struct str input;		/* for its standard input */
	unsigned seconds;		/* at most so long without end; 0: an hour */
};

/* Run `git ARGS…` (args ended by NULL); its standard output is appended to *out (at most 64 MiB). RC_IO: it cannot
 * be run, or answered other than 0: the message holds the last lines of what it said. */
enum rc git_run(struct buf *out, const struct git_run *how, const char *const *args, struct err *e) NODISCARD;

#endif
