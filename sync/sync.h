/* sync/sync.h: what render/ may know and ask of sync/: which writer changed which document when, and the history lent
 * to whoever asks over the web application. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include <sys/types.h>

#include "kb/gate/git.h"
#include "kb/node.h"

struct revision {			/* one document in one authored commit */
	struct str name;		/* "cs-mk-2022-taiwan", "cs-mk-2022-taiwan.fa" */
	int64_t time;			/* seconds since 1970, cut to the hour */
	struct str node;		/* who saved it: "bg"; STR_NONE of a commit that nobody authored */
	struct oid old, new;		/* blobs; none: was not, or is no longer there */
};

/* Every change below main, by name and then the newest first (children before parents). Strings live in the arena. */
enum rc sync_revisions(struct revision **v, size_t *n, struct arena *a, struct repo *repo, const struct oid *main,
    struct err *e) NODISCARD;
/* The same of commits above `since` alone, which stand before all others then: when one line of at most that many, none of
 * them a merge, leads down to it. RC_NOTFOUND: it does not. */
enum rc sync_revisions_since(struct revision **v, size_t *n, struct arena *a, struct repo *repo, const struct oid *main,
    const struct oid *since, size_t most, struct err *e) NODISCARD;

/* One turn of git's smart HTTP protocol: `git upload-pack --stateless-rpc` in a clean environment. It offers main and
 * nothing else: not what was pushed here, nor what waits in inbox/. */
struct upload {
	pid_t pid;			/* of a process group of its own; dies with us */
	int out;			/* what it answers, non-blocking; -1 once handed on */
};
/* ask: the body of the request, or STR_NONE: what is to be had. protocol: the header Git-Protocol, or NULL. */
enum rc upload_open(struct upload *u, const struct node *n, const char *protocol, struct str ask, struct err *e) NODISCARD;
/* Its end, whether it was done or not. */
void upload_close(struct upload *u);

#endif
