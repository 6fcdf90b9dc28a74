/* sync/fold.c: see fold.h.
 *
 * Order of work: objects are in the repository already; the merged view's objects; then main by compare-and-swap;
 * then the folder (carry.h). A kill between the last two is mended by the next command that writes (mend.h). */
#include "sync/fold.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/carry.h"
#include "sync/mend.h"
#include "sync/view.h"

static void record(void *ctx, const struct gcommit *c, const char *why)
{
	struct fold *f = ctx;
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	const char *path = path_join(&a, f->node->cache, "refused");
	char hex[OID_HEX + 1];

	f->why = arena_printf(f->a, "%s", why);
	oid_format(hex, &c->id);
	if (file_read(&b, path, (size_t)4 << 20, &e) && e.rc != RC_NOTFOUND)
		buf_clear(&b);		/* too much to keep: begin anew */
	if (!b.n || str_find(buf_str(&b), cstr(hex)) == SIZE_MAX) {
		buf_printf(&b, "%s\t%s\t", hex, f->peer ? f->peer : "");
		buf_text_escape(&b, cstr(why));
		buf_putc(&b, '\n');
		if (file_write_fast(path, buf_str(&b), 0644, &e))
			f->why = arena_printf(f->a, "%s (and it could not be recorded)", why);
	}
	buf_free(&b);
	arena_free(&a);
}

enum rc fold_open(struct fold *f, struct arena *a, const struct node *n, struct repo *repo, const struct oid *space,
    const struct oid *main, struct err *e)
{
	enum rc rc;

	*f = (struct fold){ .a = a, .node = n, .repo = repo, .main = *main };
	f->acceptor = (struct acceptor){ .space = *space, .refused = record, .ctx = f };
	graph_init(&f->graph, a, repo);
	if (oid_is_none(main))
		return RC_OK;			/* a node that is being joined */
	if ((rc = author_base(&f->base, repo, main, e)))
		return rc;			/* plain commits on main are unsaved work */
	rc = graph_add(&f->graph, &f->base, NULL, NULL, e);
	f->known = f->graph.n;
	return rc;
}

enum rc fold_add(struct fold *f, const struct oid *tip, const char *peer, struct err *e)
{
	f->peer = peer;
	return graph_add(&f->graph, tip, accept_judge, &f->acceptor, e);
}

/* ---- the new main ---- */

/* What nothing stands on: the graph's tips. */
static size_t *tips_of(const struct graph *g, struct arena *a, size_t *n)
{
	bool *under = arena_array(a, g->n, sizeof *under);
	size_t *tips = arena_array(a, g->n, sizeof *tips), i, j;

	for (i = 0; i < g->n; i++)
		for (j = 0; j < g->v[i]->nparents; j++)
			under[g->v[i]->up[j]] = true;
	for (*n = i = 0; i < g->n; i++)
		if (!under[i])
			tips[(*n)++] = i;
	return tips;
}

enum rc fold_finish(struct oid *main, struct fold *f, struct err *e)
{
	size_t n, *tips = tips_of(&f->graph, f->a, &n);
	size_t *heads = graph_heads(&f->graph, f->a, tips, n, &n);
	struct oid next;
	enum rc rc;

	*main = f->main;
	if (!n)
		return err_set(e, RC_UNTRUSTED, "nothing of it is accepted%s%s", f->why ? ": " : "", f->why ? f->why : "");
	if ((rc = view_commit(&next, &f->graph, heads, n, e)))
		return rc;
	if (oid_eq(&next, &f->base))
		return RC_OK;
	if ((rc = mend_begin(f->node, &f->base, e)))
		return rc;
	if ((rc = repo_ref_set(f->repo, "refs/heads/main", &next, &f->main, e))) {
		mend_end(f->node, true);
		return rc;
	}
	*main = next;
	rc = carry(f->node, f->repo, oid_is_none(&f->base) ? NULL : &f->base, &next, f->told, f->ctx, e);
	mend_end(f->node, !rc);
	return rc;
}

/* ---- what was pushed ---- */

enum rc fold_pushed(struct pushed **list, size_t *n, struct arena *a, const struct node *node, struct err *e)
{
	const struct str front = STR("refs/colep/from/");
	const char *dir = path_join(a, node->git, "refs/colep/from");
	struct buf b = BUF_INIT;
	struct str rest, line;
	size_t cap = 0, i, count, k;
	struct pushed p;
	char **names;
	enum rc rc;

	*list = NULL;
	*n = 0;
	rc = dir_list(&names, &count, a, dir, e);
	for (i = 0; !rc && i < count; i++) {
		buf_clear(&b);
		if (file_read(&b, path_join(a, dir, names[i]), 4096, e) || !oid_parse(&p.tip, str_trim(buf_str(&b))))
			continue;	/* a lock, or torn: the next command sees it */
		p.node = names[i];
		p.ref = arena_printf(a, "refs/colep/from/%s", names[i]);
		if (*n == cap)
			*list = arena_grow(a, *list, &cap, sizeof **list);
		(*list)[(*n)++] = p;
	}
	if (rc == RC_NOTFOUND)
		rc = RC_OK;
	buf_clear(&b);
	if (!rc && (rc = file_read(&b, path_join(a, node->git, "packed-refs"), (size_t)64 << 20, e)) == RC_NOTFOUND)
		rc = RC_OK;
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);) {
		struct str ref = str_sub(line, OID_HEX + 1, line.n);

		if (!str_starts(ref, front) || !oid_parse(&p.tip, str_sub(line, 0, OID_HEX)))
			continue;
		p.ref = arena_cstr(a, ref);
		p.node = p.ref + front.n;
		for (k = 0; k < *n && strcmp((*list)[k].ref, p.ref) != 0; k++)
			;
		if (k < *n)
			continue;	/* the loose one is newer */
		if (*n == cap)
			*list = arena_grow(a, *list, &cap, sizeof **list);
		(*list)[(*n)++] = p;
	}
	buf_free(&b);
	return rc;
}

/* .git/colep/folded: "NODE OID" of what was looked at, so that a push costs once. */
static struct str read_seen(struct arena *a, const struct node *n)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct str s = STR_NONE;

	if (file_read(&b, path_join(a, n->cache, "folded"), (size_t)1 << 20, &e) == RC_OK)
		s = arena_str(a, buf_str(&b));
	buf_free(&b);
	return s;
}

static void seen_line(struct buf *b, const struct pushed *p)
{
	char hex[OID_HEX + 1];

	oid_format(hex, &p->tip);
	buf_printf(b, "%s %s\n", p->node, hex);
}

static bool was_seen(struct str seen, const struct pushed *p)
{
	struct buf b = BUF_INIT;
	bool yes;

	seen_line(&b, p);
	yes = str_find(seen, buf_str(&b)) != SIZE_MAX;
	buf_free(&b);
	return yes;
}

static enum rc write_seen(const struct node *n, const struct pushed *list, size_t count, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t i;
	enum rc rc;

	for (i = 0; i < count; i++)
		seen_line(&b, &list[i]);
	rc = file_write_fast(path_join(&a, n->cache, "folded"), buf_str(&b), 0644, e);
	buf_free(&b);
	arena_free(&a);
	return rc;
}

enum rc fold_in(size_t *got, struct oid *main, struct arena *a, const struct node *n, struct repo *repo,
    const struct oid *space, struct err *e)
{
	struct pushed *list;
	struct str seen;
	size_t count, i;
	struct fold f;
	bool news = false;
	enum rc rc;

	*got = 0;
	if ((rc = repo_ref(main, repo, "refs/heads/main", e)) || (rc = fold_pushed(&list, &count, a, n, e)))
		return rc;
	seen = read_seen(a, n);
	for (i = 0; i < count; i++)
		news |= !was_seen(seen, &list[i]);
	if (!news)
		return RC_OK;
	if ((rc = fold_open(&f, a, n, repo, space, main, e)))
		return rc;
	for (i = 0; i < count && !rc; i++) {
		rc = fold_add(&f, &list[i].tip, list[i].node, e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK;	/* incomplete: its sender brings the rest */
	}
	*got = f.graph.n - f.known;
	if (!rc && *got)
		rc = fold_finish(main, &f, e);
	if (!rc)
		rc = write_seen(n, list, count, e);
	return rc;
}
