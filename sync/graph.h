/* sync/graph.h: the commits of a node's history in memory: who is in whose past, and which paths each authored
 * commit touched. Read from git objects; nothing here decides what is accepted (accept.h) or shown (view.h). */
#ifndef SYNC_GRAPH_H
#define SYNC_GRAPH_H

#include "kb/gate/git.h"

struct touch { struct str path; struct oid old, new; unsigned mode; };	/* none: was not there; is deleted */

enum right { RIGHT_UNKNOWN, RIGHT_NONE, RIGHT_MEMBER, RIGHT_CHAIR, RIGHT_ADMIN };

struct gcommit {
	struct oid id, tree;
	struct oid *parents;
	size_t nparents;
	size_t *up;			/* indices of the parents in the graph */
	bool broken;			/* its bytes do not parse, or are too many: for the judge alone */
	bool merged;			/* an M: several parents, or one and no signature */
	/* of an authored commit: */
	struct str node, incarnation;	/* "bg", 16 hex digits */
	struct str key;			/* base64 of the public key that signed it, as the signature says */
	uint64_t seq;
	struct oid prev, space;		/* none when the trailer is absent */
	size_t chain, number;		/* its row of own commits, and its place there from 1 */
	size_t *past;			/* by chain: how many of each row are in its past; npast entries, others 0 */
	size_t npast;
	struct touch *touched;		/* against its parent, by path */
	size_t ntouched;
	const struct standing *standing;	/* standing.c: of it and what is below, once asked for */
	bool roster_change;		/* standing.c: one that counts by its writer's right */
	enum right right;		/* standing.c: of whoever touched the roster, in the roster of its own past */
	bool clean;			/* view.c: its tree is the view of it and what is below */
	size_t place;			/* cache.c: its place in the file, from 1; 0: it is not there */
};

struct graph {
	struct arena *a;
	struct repo *repo;
	struct gcommit **v;		/* parents before children, as they were added */
	size_t n, cap;
	size_t *slots, nslots;		/* hash of ids to index + 1 */
	size_t nchains, *chain_tips, tips_cap;
	struct standings *standings;	/* standing.c */
	struct cache *cache;		/* cache.c */
	bool (*known)(struct cache *k, struct graph *g, const struct oid *o);	/* it has this commit, and put it in; may be NULL */
	struct path_touches *paths;	/* by hash of the path, of those asked for; after some of them, of all */
	size_t npaths, paths_cap, paths_asked;
	size_t woven;			/* view.c: bytes of texts in kept weaves */
};

void graph_init(struct graph *g, struct arena *a, struct repo *repo);
/* Index of a commit, or SIZE_MAX. */
size_t graph_find(const struct graph *g, const struct oid *o);
/* Add what is below `from` and not there yet: parents first; diffs of authored commits are read. judge: may this commit
 * be added, its parents being there? Answers other than RC_OK drop it and whatever stands on it, silently (the
 * callback tells). NULL: all was accepted before, and a cache is asked first. RC_NOTFOUND: an object is missing. */
typedef enum rc graph_judge(void *ctx, struct graph *g, struct gcommit *c, struct err *e);
enum rc graph_add(struct graph *g, const struct oid *from, graph_judge *judge, void *ctx, struct err *e) NODISCARD;

/* Add a commit that is not there yet, its parents being there, and keep it; all but past and chain is set, and what up
 * holds is made right. */
void graph_put(struct graph *g, struct gcommit *c);

/* Is commit x (index) in the past of y, or y itself? x must be authored. */
bool graph_below(const struct graph *g, size_t x, size_t y);
/* The authored commits that touched a path, in the order of the graph; *n of them. */
const size_t *graph_touching(struct graph *g, struct str path, size_t *n);
struct path_touches {
	struct str path;
	size_t *v, n, cap;
	struct woven *woven;		/* view.c: the document's weave, once asked for */
};
/* The same with what is kept beside; NULL: none did. Valid until a commit is added or another path asked for. */
struct path_touches *graph_path(struct graph *g, struct str path);
/* What a commit made of a path that it touched. */
const struct touch *graph_touch(const struct gcommit *c, struct str path);
/* The maximal authored commits among some and those below the merged views among them; *n of them, by id. */
size_t *graph_heads(const struct graph *g, struct arena *a, const size_t *some, size_t nsome, size_t *n);

#endif
