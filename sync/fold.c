/* sync/fold.c: see fold.h.
 *
 * Order of work: objects are in the repository already; the merged view's objects; then main by compare-and-swap;
 * then the folder (carry.h); then the note of it (author_base). A kill between is mended by the next command that
 * writes (mend.h). */
#include "sync/fold.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/cache.h"
#include "sync/carry.h"
#include "sync/mend.h"
#include "sync/standing.h"
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

static enum rc refs_below(struct pushed **list, size_t *n, size_t *cap, struct arena *a, const struct node *node, const char *front,
    struct err *e)
{
	const char *dir = path_join(a, node->git, front);
	struct buf b = BUF_INIT;
	struct str rest, line;
	size_t i, count, k;
	struct pushed p;
	char **names;
	enum rc rc = dir_list(&names, &count, a, dir, e);

	for (i = 0; !rc && i < count; i++) {
		buf_clear(&b);
		if (file_read(&b, path_join(a, dir, names[i]), 4096, e) || !oid_parse(&p.tip, str_trim(buf_str(&b))))
			continue;	/* a lock, or torn: the next command sees it */
		p.node = names[i];
		p.ref = arena_printf(a, "%s/%s", front, names[i]);
		if (*n == *cap)
			*list = arena_grow(a, *list, cap, sizeof **list);
		(*list)[(*n)++] = p;
	}
	if (rc == RC_NOTFOUND)
		rc = RC_OK;
	buf_clear(&b);
	if (!rc && (rc = file_read(&b, path_join(a, node->git, "packed-refs"), (size_t)64 << 20, e)) == RC_NOTFOUND)
		rc = RC_OK;
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);) {
		struct str ref = str_sub(line, OID_HEX + 1, line.n);

		if (!str_starts(ref, cstr(arena_printf(a, "%s/", front))) || !oid_parse(&p.tip, str_sub(line, 0, OID_HEX)))
			continue;
		p.ref = arena_cstr(a, ref);
		p.node = p.ref + strlen(front) + 1;
		for (k = 0; k < *n && strcmp((*list)[k].ref, p.ref) != 0; k++)
			;
		if (k < *n)
			continue;	/* the loose one is newer */
		if (*n == *cap)
			*list = arena_grow(a, *list, cap, sizeof **list);
		(*list)[(*n)++] = p;
	}
	buf_free(&b);
	return rc;
}

void fold_ignore(void *ctx, const struct gcommit *c, const char *why)
{
	(void)ctx;
	(void)c;
	(void)why;
}

enum rc fold_open(struct fold *f, struct arena *a, const struct node *n, struct repo *repo, const struct oid *space,
    const struct oid *main, struct err *e)
{
	struct pushed *aside = NULL;
	size_t naside = 0, cap = 0, i;
	enum rc rc;

	*f = (struct fold){ .a = a, .node = n, .repo = repo, .main = *main };
	f->acceptor = (struct acceptor){ .space = *space, .rules = MERGE_RULES, .refused = record, .ctx = f };
	graph_init(&f->graph, a, repo);
	cache_open(&f->graph, n);
	if (oid_is_none(main))
		return RC_OK;			/* a node that is being joined */
	if ((rc = author_base(&f->base, repo, main, e)))
		return rc;
	if (!(rc = graph_add(&f->graph, &f->base, NULL, NULL, e)) && !(rc = refs_below(&aside, &naside, &cap, a, n, "refs/colep/aside", e)))
		for (i = 0; i < naside && !rc; i++)
			rc = graph_add(&f->graph, &aside[i].tip, NULL, NULL, e);
	f->known = f->graph.n;
	return rc;
}

/* The commits of our form that are met first on the ways down from main. */
static enum rc met(struct oid **list, size_t *n, struct arena *a, struct repo *repo, const struct oid *main, const struct oid *base,
    struct err *e)
{
	struct arena s = ARENA_INIT, keep = ARENA_INIT;
	struct oid *queue = NULL, next;
	size_t count = 0, qcap = 0, lcap = 0, at, i, k;
	struct commit c;
	enum rc rc = RC_OK;

	*list = NULL;
	*n = 0;
	next = *main;
	queue = arena_grow(&keep, queue, &qcap, sizeof *queue);
	queue[count++] = next;
	for (at = 0; at < count && !rc; at++) {
		if (oid_eq(&queue[at], base))
			continue;
		arena_reset(&s);
		if ((rc = repo_commit(&c, &s, repo, &queue[at], e)))
			break;
		if (author_made(&c)) {
			if (*n == lcap)
				*list = arena_grow(a, *list, &lcap, sizeof **list);
			(*list)[(*n)++] = c.id;
			continue;
		}
		for (i = 0; i < c.nparents; i++) {
			for (k = count; k-- > 0 && !oid_eq(&queue[k], &c.parents[i]);)
				;
			if (k != SIZE_MAX)
				continue;
			if (count == qcap)
				queue = arena_grow(&keep, queue, &qcap, sizeof *queue);
			queue[count++] = c.parents[i];
		}
	}
	arena_free(&s);
	arena_free(&keep);
	return rc;
}

enum rc fold_plain(struct fold *f, struct err *e)
{
	struct oid *list;
	size_t n, i;
	enum rc rc;

	if (oid_is_none(&f->main) || oid_eq(&f->main, &f->base))
		return RC_OK;
	if ((rc = met(&list, &n, f->a, f->repo, &f->main, &f->base, e)))
		return rc;
	for (i = 0; i < n && !rc; i++)
		if ((rc = fold_add(f, &list[i], "main", e)) == RC_NOTFOUND)
			rc = RC_OK;		/* incomplete: not ours then */
	return rc;
}

enum rc fold_add(struct fold *f, const struct oid *tip, const char *peer, struct err *e)
{
	f->peer = peer;
	return graph_add(&f->graph, tip, accept_judge, &f->acceptor, e);
}

/* ---- the new main ---- */

static int by_number(const void *x, const void *y)
{
	const struct gcommit *p = *(struct gcommit *const *)x, *q = *(struct gcommit *const *)y;
	int k = str_cmp(p->node, q->node);

	if (k || (k = str_cmp(p->incarnation, q->incarnation)))
		return k;
	return p->seq < q->seq ? -1 : p->seq > q->seq ? 1 : oid_cmp(&p->id, &q->id);
}

/* .git/colep/forks: "NODE NUMBER" of two commits with one number: a restored disk, a copied folder. Both count. */
static enum rc tell_forks(struct fold *f, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct gcommit **v = arena_array(&a, f->graph.n, sizeof *v);
	const char *path = path_join(&a, f->node->cache, "forks");
	struct buf b = BUF_INIT;
	size_t i, n = 0;
	enum rc rc = RC_OK;

	for (i = 0; i < f->graph.n; i++)
		if (!f->graph.v[i]->merged)
			v[n++] = f->graph.v[i];
	if (n > 1)
		qsort(v, n, sizeof *v, by_number);
	for (i = 1; i < n; i++)
		if (v[i]->seq == v[i - 1]->seq && str_eq(v[i]->node, v[i - 1]->node) && str_eq(v[i]->incarnation, v[i - 1]->incarnation))
			buf_printf(&b, "%.*s %llu\n", FMT_STR(v[i]->node), (unsigned long long)v[i]->seq);
	if (b.n || file_exists(path))
		rc = file_write_fast(path, buf_str(&b), 0644, e);
	buf_free(&b);
	arena_free(&a);
	return rc;
}

/* refs/colep/aside/COMMIT: what is accepted and no head, as it is masked, or one head too many. It is not offered, and not
 * forgotten either: what is learned later may let it count. */
static enum rc put_aside(struct fold *f, struct err *e)
{
	struct graph *g = &f->graph;
	bool *under = arena_array(f->a, g->n, sizeof *under);
	char hex[OID_HEX + 1];
	size_t i, j;
	enum rc rc = RC_OK;

	for (i = g->n; i-- > 0 && !rc;) {
		struct oid old;

		if (g->v[i]->merged || fold_shows(f, i))
			continue;
		for (j = i + 1; j < g->n && !under[i]; j++)	/* few, as a rule */
			under[i] = !g->v[j]->merged && !fold_shows(f, j) && graph_below(g, i, j);
		if (under[i])
			continue;
		oid_format(hex, &g->v[i]->id);
		rc = repo_ref(&old, f->repo, arena_printf(f->a, "refs/colep/aside/%s", hex), e);
		if (rc == RC_NOTFOUND)
			rc = repo_ref_set(f->repo, arena_printf(f->a, "refs/colep/aside/%s", hex), &g->v[i]->id, NULL, e);
	}
	return rc;
}

static enum rc finish(struct oid *main, struct fold *f, struct err *e)
{
	const struct standing *now;
	size_t n, *heads, i;
	struct oid next;
	enum rc rc;

	*main = f->main;
	if ((rc = standing_heads(&heads, &n, &now, &f->graph, f->a, e)))
		return rc;
	if (!n)
		return err_set(e, RC_UNTRUSTED, "nothing of it is accepted%s%s", f->why ? ": " : "", f->why ? f->why : "");
	f->heads = heads;
	f->nheads = n;
	for (i = f->known; i < f->graph.n; i++) {	/* came to nothing: said once */
		const char *why = f->graph.v[i]->merged ? NULL : standing_why(f->a, now, &f->graph, i);

		if (why)
			record(f, f->graph.v[i], why);
	}
	if (now->roster.rules > MERGE_RULES)
		f->acceptor.newer = now->roster.rules;
	if (f->acceptor.newer) {
		const char *number = arena_printf(f->a, "%u\n", f->acceptor.newer);

		if ((rc = file_write_fast(path_join(f->a, f->node->cache, "update-needed"), cstr(number), 0644, e)))
			return rc;
	}
	if (now->roster.rules > MERGE_RULES) {	/* not ours to merge: main stays */
		for (i = 0; i < n && !rc; i++)
			if (heads[i] >= f->known)
				rc = fold_carry(f, &f->graph.v[heads[i]]->id, arena_printf(f->a, "head-%zu", i), e);
		return rc;
	}
	if ((rc = put_aside(f, e)) || (rc = tell_forks(f, e)) || (rc = view_commit(&next, &f->graph, heads, n, e)))
		return rc;
	if (oid_eq(&next, &f->base))
		return RC_OK;
	if ((rc = mend_begin(f->node, &f->base, &next, e)))
		return rc;
	if ((rc = repo_ref_set(f->repo, "refs/heads/main", &next, &f->main, e))) {
		mend_end(f->node, true);
		return rc;
	}
	*main = next;
	rc = carry(f->node, f->repo, oid_is_none(&f->base) ? NULL : &f->base, &next, f->told, f->ctx, e);
	f->base = next;
	if (!rc && !(rc = author_base_set(f->repo, &next, e)))
		carry_forget(f->node);
	mend_end(f->node, !rc);
	return rc;
}

enum rc fold_finish(struct oid *main, struct fold *f, struct err *e)
{
	enum rc rc = finish(main, f, e);

	if (!rc)
		cache_store(&f->graph);
	return rc;
}

unsigned fold_newer(const struct node *n)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	uint64_t v = 0;

	if (file_read(&b, path_join(&a, n->cache, "update-needed"), 64, &e) || !str_u64(&v, str_trim(buf_str(&b))) || v <= MERGE_RULES)
		v = 0;
	buf_free(&b);
	arena_free(&a);
	return (unsigned)v;
}

enum rc fold_carry(struct fold *f, const struct oid *tip, const char *peer, struct err *e)
{
	struct oid old = OID_NONE;
	char name[33];
	const char *ref;
	size_t i;
	enum rc rc;

	for (i = 0; peer[i] && i + 1 < sizeof name; i++)	/* a place may stand here instead of a name */
		name[i] = (peer[i] >= 'a' && peer[i] <= 'z') || (peer[i] >= '0' && peer[i] <= '9') ? peer[i] : '-';
	name[i] = '\0';
	ref = arena_printf(f->a, "refs/colep/carry/x%s", name);
	rc = repo_ref(&old, f->repo, ref, e);
	if (rc && rc != RC_NOTFOUND)
		return rc;
	if (!rc && oid_eq(&old, tip))
		return RC_OK;
	return repo_ref_set(f->repo, ref, tip, rc ? NULL : &old, e);
}

bool fold_shows(const struct fold *f, size_t i)
{
	size_t h;

	for (h = 0; h < f->nheads; h++)
		if (graph_below(&f->graph, i, f->heads[h]))
			return true;
	return false;
}

/* ---- what was pushed ---- */

enum rc fold_pushed(struct pushed **list, size_t *n, struct arena *a, const struct node *node, struct err *e)
{
	size_t cap = 0;
	enum rc rc;

	*list = NULL;
	*n = 0;
	if ((rc = refs_below(list, n, &cap, a, node, "refs/colep/from", e)))
		return rc;
	return refs_below(list, n, &cap, a, node, "refs/colep/carry", e);
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
	buf_printf(b, "%s %s %d\n", p->node, hex, MERGE_RULES);
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

enum rc fold_seen(const struct node *n, const struct pushed *list, size_t count, struct err *e)
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

enum rc fold_news(bool *news, struct arena *a, const struct node *n, struct repo *repo, struct err *e)
{
	struct pushed *list;
	struct oid main, base;
	struct str seen;
	size_t count, i;
	enum rc rc;

	if ((rc = repo_ref(&main, repo, "refs/heads/main", e)) || (rc = author_base(&base, repo, &main, e)) ||
	    (rc = fold_pushed(&list, &count, a, n, e)))
		return rc;
	*news = !oid_eq(&main, &base);
	seen = read_seen(a, n);
	for (i = 0; i < count; i++)
		*news |= !was_seen(seen, &list[i]);
	return RC_OK;
}

enum rc fold_in(size_t *got, struct oid *main, struct arena *a, const struct node *n, struct repo *repo,
    const struct oid *space, struct err *e)
{
	struct pushed *list;
	size_t count, i;
	struct fold f;
	unsigned newer = 0;
	bool news;
	enum rc rc;

	*got = 0;
	if ((rc = repo_ref(main, repo, "refs/heads/main", e)) || (rc = fold_news(&news, a, n, repo, e)) || !news ||
	    (rc = fold_pushed(&list, &count, a, n, e)))
		return rc;
	if ((rc = fold_open(&f, a, n, repo, space, main, e)) || (rc = fold_plain(&f, e)))
		return rc;
	for (i = 0; i < count && !rc; i++) {
		f.acceptor.newer = 0;
		rc = fold_add(&f, &list[i].tip, list[i].node, e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK;	/* incomplete: its sender brings the rest */
		newer = f.acceptor.newer ? f.acceptor.newer : newer;
		if (!rc && f.acceptor.newer)
			rc = fold_carry(&f, &list[i].tip, list[i].node, e);
	}
	f.acceptor.newer = newer;
	*got = f.graph.n - f.known;
	if (!rc && (*got || newer))
		rc = fold_finish(main, &f, e);
	if (!rc)
		rc = fold_seen(n, list, count, e);
	return rc;
}
