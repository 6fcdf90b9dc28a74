/* sync/accept.h: which commits count (DESIGN 6). No clock, peer or transport is looked at. */
#ifndef SYNC_ACCEPT_H
#define SYNC_ACCEPT_H

#include "sync/graph.h"

struct acceptor {
	struct oid space;		/* our genesis */
	unsigned rules;			/* the newest merge rules that are known here: MERGE_RULES but in a simulation */
	/* Told of each refusal, with one sentence. Commits on top of a refused one are dropped without a word. */
	void (*refused)(void *ctx, const struct gcommit *c, const char *why);
	void *ctx;
	size_t count;			/* of refusals */
	unsigned newer;			/* merge rules that were met and are not known; such commits are neither
					 * accepted nor refused */
};

/* A graph_judge; ctx is a struct acceptor. */
enum rc accept_judge(void *acceptor, struct graph *g, struct gcommit *c, struct err *e);

#endif
