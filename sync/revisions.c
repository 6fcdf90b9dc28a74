/* sync/revisions.c: see sync.h. */
#include "sync/sync.h"

#include <stdlib.h>

#include "kb/doc/doc.h"
#include "sync/history.h"

struct collect {
	struct arena *a;
	const struct entry *of;
	struct revision *v;
	size_t n, cap;
};

static enum rc take(void *ctx, const struct change *c, struct err *e)
{
	struct collect *to = ctx;
	struct doc_path p;

	(void)e;
	if (!doc_path_parse(&p, c->path, NULL))
		return RC_OK;
	if (to->n == to->cap)
		to->v = arena_grow(to->a, to->v, &to->cap, sizeof *to->v);
	to->v[to->n++] = (struct revision){ arena_str(to->a, p.name), to->of->time, to->of->node, c->old, c->new };
	return RC_OK;
}

struct keyed {
	struct revision r;
	size_t at;			/* in the order of the history */
};

static int by_name(const void *pa, const void *pb)
{
	const struct keyed *a = pa, *b = pb;
	int d = str_cmp(a->r.name, b->r.name);

	return d ? d : a->at < b->at ? -1 : a->at > b->at;
}

enum rc sync_revisions(struct revision **v, size_t *n, struct arena *a, struct repo *repo, const struct oid *main,
    struct err *e)
{
	struct arena scratch = ARENA_INIT;
	struct collect to = { .a = a };
	struct history h = { 0 };
	struct keyed *k;
	enum rc rc;
	size_t i;

	if ((rc = history_read(&h, &scratch, repo, main, NULL, e)))
		goto out;
	for (i = 0; i < h.n && !rc; i++) {
		if (h.v[i].nparents > 1)
			continue;		/* a merged view: its changes are its parents' */
		to.of = &(struct entry){ .time = h.v[i].time, .node = arena_str(a, h.v[i].node) };
		rc = repo_diff(repo, h.v[i].nparents ? &h.v[i].parent : NULL, &h.v[i].id, take, &to, e);
	}
	if (rc)
		goto out;
	k = arena_array(&scratch, to.n, sizeof *k);
	for (i = 0; i < to.n; i++)
		k[i] = (struct keyed){ to.v[i], i };
	if (to.n)
		qsort(k, to.n, sizeof *k, by_name);
	for (i = 0; i < to.n; i++)
		to.v[i] = k[i].r;
	*v = to.v;
	*n = to.n;
out:
	arena_free(&scratch);
	return rc;
}
