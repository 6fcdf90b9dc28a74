/* sync/standing.h: who stands how in a set of accepted commits: the roster of its view, and which commits are masked
 * there (DESIGN 6). A function of the set alone; the exact rules are told on top of standing.c. */
#ifndef SYNC_STANDING_H
#define SYNC_STANDING_H

#include "sync/graph.h"
#include "sync/roster.h"

enum roster_file { FILE_SIGNERS, FILE_ROLES, FILE_REVOKED, FILE_SPACE, FILE_PROPOSED, ROSTER_FILES };
extern const char *const roster_paths[ROSTER_FILES];	/* "roster/allowed_signers", … */

struct ban {				/* a revocation that counts */
	struct str node, key;
	size_t *kept, n;		/* what it leaves of that key: these commits and what is below them */
	size_t by;			/* the commit it stands in */
};
struct unheard { size_t commit; const char *why; };	/* a change of the roster that does not count */

struct standing {			/* lives in the graph's arena */
	struct roster roster;
	struct str files[ROSTER_FILES];	/* their text in the view; empty: not there */
	struct ban *bans;
	size_t nbans;
	struct unheard *unheard;
	size_t nunheard;
	bool quiet;			/* nothing can be masked */
	size_t *set, nset;		/* the roster's commits it was made from */
};

/* Of all that is below some commits (indices; not merged ones), themselves counted. */
enum rc standing_of(const struct standing **s, struct graph *g, const size_t *heads, size_t n, struct err *e) NODISCARD;
/* Of one commit or merged view of the graph and what is below it. */
enum rc standing_at(const struct standing **s, struct graph *g, size_t i, struct err *e) NODISCARD;
/* Of what a commit's author saw: its parent's. The genesis saw an empty one. */
enum rc standing_under(const struct standing **s, struct graph *g, const struct gcommit *c, struct err *e) NODISCARD;

/* Is a commit of that set masked: no effect in the view, no head, not offered? Why: a sentence, or NULL. */
bool standing_masks(const struct standing *s, const struct graph *g, size_t i);
const char *standing_why(struct arena *a, const struct standing *s, const struct graph *g, size_t i);

/* H of all that the graph holds: its maximal commits that are not masked, by id; of a writer with more than
 * LIMIT_HEADS the first so many. s may be NULL. */
enum rc standing_heads(size_t **heads, size_t *n, const struct standing **s, struct graph *g, struct arena *a, struct err *e) NODISCARD;

#endif
