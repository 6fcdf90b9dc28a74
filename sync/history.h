/* sync/history.h: the commits below one, newest first, as people read them. */
#ifndef SYNC_HISTORY_H
#define SYNC_HISTORY_H

#include "kb/gate/git.h"

struct entry {
	struct oid id, parent;		/* first parent, or none */
	size_t nparents;
	int64_t time;
	struct str node;		/* "bg" of an authored commit; STR_NONE of others */
	uint64_t seq;
	struct str subject;
};
struct history {
	struct entry *v;		/* children before parents; else the later first, then by id */
	size_t n;
};

/* All commits below `from`, itself included; below `until` (or NULL) excluded. Strings live in the arena. */
enum rc history_read(struct history *h, struct arena *a, struct repo *repo, const struct oid *from,
    const struct oid *until, struct err *e) NODISCARD;

#endif
