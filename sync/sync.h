/* sync/sync.h: what render/ may know of sync/: which writer changed which document when. */
#ifndef SYNC_SYNC_H
#define SYNC_SYNC_H

#include "kb/gate/git.h"

struct revision {			/* one document in one authored commit */
	struct str name;		/* "cs-mk-2022-taiwan", "cs-mk-2022-taiwan.fa" */
	int64_t time;			/* seconds since 1970, cut to the hour */
	struct str node;		/* who saved it: "bg"; STR_NONE of a commit that nobody authored */
	struct oid old, new;		/* blobs; none: was not, or is no longer there */
};

/* Every change below main, by name and then the newest first (children before parents). Strings live in the arena. */
enum rc sync_revisions(struct revision **v, size_t *n, struct arena *a, struct repo *repo, const struct oid *main,
    struct err *e) NODISCARD;

#endif
