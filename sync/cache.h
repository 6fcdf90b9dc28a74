/* sync/cache.h: the graph of what a node accepted, kept between commands, so that a command reads from git only
 * what is new. Derived: whatever is wrong with the file, less is taken from it and the rest is read from git. */
#ifndef SYNC_CACHE_H
#define SYNC_CACHE_H

#include "kb/node.h"
#include "sync/graph.h"

/* Open what there is, and let graph_add of an empty graph look there first. Writes nothing. */
void cache_open(struct graph *g, const struct node *n);
/* Add to the file what the graph has besides. The caller holds the node's lock. A disk that will not is no failure. */
void cache_store(struct graph *g);

#endif
