/* sync/view.h: the merged view of a set of commits, M(H) (DESIGN 5): from heads to a tree and a commit. */
#ifndef SYNC_VIEW_H
#define SYNC_VIEW_H

#include "sync/graph.h"
#include "sync/merge.h"
#include "sync/standing.h"

/* M(H): the commit itself when H is one and all it wrote counts, else the merge commit, whose object and new
 * trees and blobs are written to the repository. heads: indices, by id, none below another. */
enum rc view_commit(struct oid *out, struct graph *g, const size_t *heads, size_t n, struct err *e) NODISCARD;

/* One document of the view, with its conflicts; edits[i] of a variant is commits[i] (indices into the graph). */
struct view_document {
	struct merged merged;
	const size_t *commits;
	size_t n;
};
enum rc view_document(struct view_document *d, struct arena *a, struct graph *g, const size_t *heads, size_t n,
    struct str path, struct err *e) NODISCARD;

/* Writes of guarded keys at a path that do not count, for want of the right: by which commit, and from what to what
 * (.p NULL: absent). */
typedef void refusal_fn(void *ctx, size_t commit, struct str key, struct str old, struct str new);
enum rc view_refusals(struct graph *g, const size_t *heads, size_t n, struct str path, refusal_fn *fn, void *ctx,
    struct err *e) NODISCARD;

#endif
