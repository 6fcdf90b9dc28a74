/* sync/git.h: running the git program for transport (DESIGN 7), with a clean environment and no code of others:
 * no hooks, no fsmonitor, no system configuration, only the protocols file, http, https and ssh. It dies with us. With
 * COLEP_TRACE set each run is told on standard error. */
#ifndef SYNC_GIT_H
#define SYNC_GIT_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/str.h"

#include <sys/types.h>

struct node;

/* What others may send (DESIGN 9): git config colep.packMax, objectsMax, depthMax, inflatedMax; k, m, g may stand behind;
 * and colep.patience. */
struct git_limits {
	uint64_t pack;			/* bytes of one pack */
	uint64_t objects, depth;	/* in it, and deltas upon each other */
	uint64_t inflated;		/* bytes when unpacked, and of memory it may take */
	uint64_t patience;		/* seconds until an answer, and between two words */
};
enum rc git_limits_read(struct git_limits *l, struct arena *a, const struct node *n, struct err *e) NODISCARD;

struct git_run {
	const char *dir;		/* to work in */
	const char *objects;		/* quarantine: objects are written here, NULL: to the repository */
	const char *alternates;		/* where it reads besides, or NULL */
	const char *index;		/* an index of its own, or NULL: the repository's */
	const char *protocol;		/* for GIT_PROTOCOL, or NULL */
	struct str input;		/* for its standard input */
	const char *from;		/* or this file, behind its first bytes */
	off_t skip;
	const char *to;			/* a file that its standard output becomes, or NULL */
	const struct git_limits *limits;	/* of what it may write and take; NULL: it handles our own things */
	uint64_t seconds;		/* at most so long without end; 0: an hour */
	uint64_t silent;		/* at most so long without a word; 0: as it likes */
	void (*tick)(void *ctx, const char *said);	/* told what it said last, for progress; may be NULL */
	void *ctx;
};

/* Run `git ARGS…` (args ended by NULL); its standard output is appended to *out (at most 64 MiB). RC_IO: it cannot
 * be run, or answered other than 0: the message holds the last lines of what it said. */
enum rc git_run(struct buf *out, const struct git_run *how, const char *const *args, struct err *e) NODISCARD;

/* Let git pack the node's objects in the background, when they have become many: each sync leaves a pack, each save a few
 * loose objects, and all that is read later is looked for in each of them. Costs a look into two folders otherwise. */
void git_tidy(struct arena *a, const char *dir);

#endif
