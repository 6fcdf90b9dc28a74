/* sync/revisions.c: see sync.h. */
#include "sync/sync.h"

#include <stdlib.h>

#include "kb/doc/doc.h"
#include "sync/author.h"
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

/* What a commit changed, behind what is there. */
static enum rc take_commit(struct collect *to, struct repo *repo, const struct entry *of, struct err *e)
{
	to->of = &(struct entry){ .time = of->time, .node = arena_str(to->a, of->node) };
	return repo_diff(repo, of->nparents ? &of->parent : NULL, &of->id, take, to, e);
}

static void sort(struct collect *to)
{
	struct keyed *k = xmalloc((to->n + 1) * sizeof *k);
	size_t i;

	for (i = 0; i < to->n; i++)
		k[i] = (struct keyed){ to->v[i], i };
	if (to->n)
		qsort(k, to->n, sizeof *k, by_name);
	for (i = 0; i < to->n; i++)
		to->v[i] = k[i].r;
	free(k);
}

enum rc sync_revisions(struct revision **v, size_t *n, struct arena *a, struct repo *repo, const struct oid *main,
    struct err *e)
{
	struct arena scratch = ARENA_INIT;
	struct collect to = { .a = a };
	struct history h = { 0 };
	enum rc rc;
	size_t i;

	rc = history_read(&h, &scratch, repo, main, NULL, e);
	for (i = 0; i < h.n && !rc; i++)
		if (h.v[i].nparents <= 1)	/* a merged view: its changes are its parents' */
			rc = take_commit(&to, repo, &h.v[i], e);
	if (!rc) {
		sort(&to);
		*v = to.v;
		*n = to.n;
	}
	arena_free(&scratch);
	return rc;
}

enum rc sync_revisions_since(struct revision **v, size_t *n, struct arena *a, struct repo *repo, const struct oid *main,
    const struct oid *since, size_t most, struct err *e)
{
	struct arena scratch = ARENA_INIT;
	struct collect to = { .a = a };
	struct entry of = { .id = *main };
	struct str id, inc;
	uint64_t seq;
	struct commit c;
	enum rc rc = RC_OK;

	for (; !rc && !oid_eq(&of.id, since); of.id = of.parent) {
		if (!most--)
			rc = err_set(e, RC_NOTFOUND, "too many commits");
		else if (!(rc = repo_commit(&c, &scratch, repo, &of.id, e)) && c.nparents != 1)
			rc = err_set(e, RC_NOTFOUND, "a merge, or another history");
		if (rc)
			break;
		of = (struct entry){ .id = of.id, .parent = c.parents[0], .nparents = 1, .time = c.time };
		if (author_of(&c, &id, &inc, &seq))
			of.node = id;
		rc = take_commit(&to, repo, &of, e);
	}
	if (!rc) {
		sort(&to);
		*v = to.v;
		*n = to.n;
	}
	arena_free(&scratch);
	return rc;
}
