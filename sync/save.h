/* sync/save.h: unsaved work of a node's folder, and taking it into history (DESIGN 4, `save`). */
#ifndef SYNC_SAVE_H
#define SYNC_SAVE_H

#include "sync/author.h"

struct unsaved {			/* one path that differs from what main has; strings in the arena */
	struct str path;
	struct oid old, new;		/* none: added, deleted */
	unsigned mode;
};

/* Everything that differs from the newest authored commit, by path; drafts and what git ignores excepted. */
enum rc save_list(struct unsaved **list, size_t *n, struct arena *a, struct repo *repo, const struct oid *base,
    struct err *e) NODISCARD;

/* Why a change is held back: path, size, encoding, front matter, label, personal data, rights; NULL: it may go.
 * *text gets the new bytes (owned) when there are some. warn is told of findings that do not hold. */
typedef void warn_fn(void *ctx, struct str path, struct str what);
enum rc save_refuses(const char **why, struct buf *text, struct author *au, const struct unsaved *u, warn_fn *warn, void *ctx,
    struct err *e) NODISCARD;
/* The same of texts at hand: the file before and after; .p NULL: none. */
const char *save_judge(struct author *au, struct str path, struct str old, struct str new, warn_fn *warn, void *ctx);

#endif
