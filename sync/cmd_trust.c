/* sync/cmd_trust.c: colep verify, colep why, colep restart: what counts, what does not, and for what reason. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "sync/exchange.h"
#include "sync/guard.h"
#include "sync/view.h"

struct told {				/* where the answers go */
	struct ctx *c;
	struct out o;
	size_t n;			/* lines */
	const struct graph *g;
	const char *subject;
	struct str path;
	size_t only;			/* one commit of the graph, or SIZE_MAX */
};

static void put(struct told *t, struct str subject, const char *verdict, const char *reason, struct str peer, const struct oid *o)
{
	char hex[OID_HEX + 1];

	oid_format(hex, o);
	out_begin(&t->o);
	out_text(&t->o, "subject", subject);
	out_text(&t->o, "verdict", cstr(verdict));
	out_text(&t->o, "reason", reason ? cstr(reason) : STR_NONE);
	out_text(&t->o, "peer", peer.n ? peer : STR_NONE);
	out_text(&t->o, "commit", cstr(hex));
	out_end(&t->o);
	t->n++;
}

static struct str subject_of(const struct gcommit *c)
{
	return c->merged ? STR("view") : c->node;
}

/* Node, repository and space of a command that only reads. */
static enum rc open_node(struct node *n, struct repo **repo, struct oid *space, struct oid *main, struct ctx *c, struct err *e)
{
	struct str hex;
	enum rc rc;

	if ((rc = node_open(n, c->arena, c->dir, e)) || (rc = node_main(main, n, e)) || (rc = repo_open(repo, n->dir, e)))
		return rc;
	if ((rc = node_config(&hex, c->arena, n, "colep.space", e)))
		return rc;
	return oid_parse(space, hex) ? RC_OK : err_set(e, RC_INVALID, "%s: it does not say which community it is of", n->dir);
}

/* ---- verify ---- */

static void refused(void *ctx, const struct gcommit *c, const char *why)
{
	struct told *t = ctx;

	put(t, subject_of(c), "refused", why, STR_NONE, &c->id);
}

int cmd_verify(struct ctx *c, int argc, char **argv)
{
	struct told t = { .c = c };
	struct acceptor ac = { .rules = MERGE_RULES, .refused = refused, .ctx = &t };
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	const struct standing *now;
	struct oid main, root, again;
	struct graph g;
	struct fold f;
	struct node node;
	size_t n, *heads;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words; 'colep why ID' tells of one document or commit");
	cmd_out(&t.o, c);
	cmd_progress(c, "judging", 0, 0, false);
	if ((rc = open_node(&node, &repo, &root, &main, c, &e)) ||
	    (rc = fold_open(&f, c->arena, &node, repo, &root, &main, &e)))	/* f.base: main without plain commits */
		goto out;
	graph_init(&g, c->arena, repo);
	ac.space = root;
	if ((rc = graph_add(&g, &f.base, accept_judge, &ac, &e)))
		goto out;
	if (graph_find(&g, &f.base) == SIZE_MAX) {
		if (!t.n)
			put(&t, STR("view"), "broken", "main is not accepted", STR_NONE, &f.base);
	} else if (!(rc = standing_heads(&heads, &n, &now, &g, c->arena, &e)) && !(rc = view_commit(&again, &g, heads, n, &e)) &&
	    !oid_eq(&again, &f.base)) {
		put(&t, STR("view"), "broken", "main is not the view of what stands below it", STR_NONE, &f.base);
	}
	if (!rc && !t.n)
		put(&t, STR("history"), "holds", arena_printf(c->arena, "%zu commits and merged views", g.n), STR_NONE, &f.base);
	else if (!rc)
		status = EXIT_NO;
out:
	cmd_progress(c, "", 0, 0, true);
	out_close(&t.o);
	repo_close(repo);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : status == EXIT_NO ? EXIT_NO : EXIT_YES;
}

/* ---- why ---- */

static const char *shown(struct arena *a, struct str s)
{
	return s.p ? arena_printf(a, "'%.*s'", FMT_STR(str_utf8_cut(s, 80))) : "nothing";
}

static void write_refused(void *ctx, size_t commit, struct str key, struct str old, struct str new)
{
	struct told *t = ctx;
	const struct gcommit *c = t->g->v[commit];

	if (t->only == SIZE_MAX || t->only == commit)
		put(t, cstr(t->subject), "kept out", arena_printf(t->c->arena, "%.*s has not the right to change %.*s from %s to %s", FMT_STR(c->node),
		    FMT_STR(key), shown(t->c->arena, old), shown(t->c->arena, new)), c->node, &c->id);
}

static struct str blob(struct arena *a, struct repo *r, const struct oid *o)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct str s = STR("");

	if (!oid_is_none(o) && repo_read(&b, r, o, OBJECT_BLOB, (size_t)1 << 20, &e) == RC_OK && b.n)
		s = arena_str(a, buf_str(&b));
	buf_free(&b);
	return s;
}

static bool same_key(const struct front *x, const struct front *y, const struct key *k)
{
	const struct key *p = NULL, *q = NULL;
	size_t i;

	for (i = 0; i < x->n; i++)
		if (str_eq(x->keys[i].name, k->name) && x->keys[i].variant == k->variant)
			p = &x->keys[i];
	for (i = 0; i < y->n; i++)
		if (str_eq(y->keys[i].name, k->name) && y->keys[i].variant == k->variant)
			q = &y->keys[i];
	if (!p || !q || p->n != q->n)
		return false;
	for (i = 0; i < p->n; i++)
		if (!str_eq(p->values[i], q->values[i]))
			return false;
	return true;
}

/* "wrote title, tlp, the text" */
static const char *what_it_wrote(struct arena *a, struct repo *r, const struct touch *t)
{
	struct str old = blob(a, r, &t->old), new = blob(a, r, &t->new);
	struct front x = { 0 }, y = { 0 };
	struct err e = ERR_INIT;
	struct place at;
	const char *list = "";
	size_t i;

	if (oid_is_none(&t->new))
		return "deleted it";
	if (oid_is_none(&t->old))
		return "wrote it";
	if (front_parse(&x, &at, a, old, &e) || front_parse(&y, &at, a, new, &e))
		return "wrote its text";
	for (i = 0; i < y.n; i++)
		if (!same_key(&x, &y, &y.keys[i]))
			list = arena_printf(a, "%s%s%.*s", list, *list ? ", " : "", FMT_STR(y.keys[i].name));
	for (i = 0; i < x.n; i++)
		if (!same_key(&y, &x, &x.keys[i]) && str_find(cstr(list), x.keys[i].name) == SIZE_MAX)
			list = arena_printf(a, "%s%s%.*s", list, *list ? ", " : "", FMT_STR(x.keys[i].name));
	if (!str_eq(str_sub(old, x.body, old.n), str_sub(new, y.body, new.n)))
		list = arena_printf(a, "%s%sthe text", list, *list ? ", " : "");
	return arena_printf(a, "wrote %s", *list ? list : "nothing that counts");
}

/* A document: who wrote what of it, and what of that does not count. */
static enum rc why_document(struct told *t, struct graph *g, const struct standing *now, const size_t *heads, size_t n, struct err *e)
{
	size_t i, count;
	const size_t *v = graph_touching(g, t->path, &count);

	for (i = 0; i < count; i++) {
		const struct gcommit *c = g->v[v[i]];
		const char *masked = standing_why(t->c->arena, now, g, v[i]);

		put(t, cstr(t->subject), masked ? "masked" : "counts", masked ? masked :
		    what_it_wrote(t->c->arena, g->repo, graph_touch(c, t->path)), c->node, &c->id);
	}
	return view_refusals(g, heads, n, t->path, write_refused, t, e);
}

/* A commit of the history: whether all it wrote counts. */
static enum rc why_commit(struct told *t, struct graph *g, const struct standing *now, const size_t *heads, size_t n, size_t at,
    struct err *e)
{
	const struct gcommit *c = g->v[at];
	const char *masked = c->merged ? NULL : standing_why(t->c->arena, now, g, at);
	const struct standing *under;
	const struct member *m;
	size_t i, before = t->n;
	struct doc_path p;
	enum rc rc;

	if (masked) {
		put(t, c->node, "masked", masked, c->node, &c->id);
		return RC_OK;
	}
	if ((rc = standing_under(&under, g, c, e)))
		return rc;
	m = roster_member(&under->roster, c->node, c->key);
	for (i = 0; i < now->nunheard; i++)
		if (now->unheard[i].commit == at)
			put(t, STR("roster"), "kept out", now->unheard[i].why, c->node, &c->id);
	t->only = at;
	for (i = 0; !c->merged && i < c->ntouched && !rc; i++) {
		t->path = c->touched[i].path;
		t->subject = arena_cstr(t->c->arena, t->path);
		if (doc_path_parse(&p, t->path, NULL)) {
			t->subject = arena_cstr(t->c->arena, p.name);
			rc = view_refusals(g, heads, n, t->path, write_refused, t, e);
		} else if (c->nparents && (str_starts(t->path, STR("roster/")) || str_starts(t->path, STR("vocab/")))) {
			if (m && m->role != ROLE_SECRETARIAT && !str_is(t->path, roster_paths[FILE_PROPOSED]))
				put(t, t->path, "kept out", "only the Secretariat changes it", c->node, &c->id);
		} else if (c->nparents) {
			put(t, t->path, "kept out", "no path of a document", c->node, &c->id);
		}
	}
	if (!rc && t->n == before)
		put(t, subject_of(c), "counts", c->merged ? "a merged view that recomputes" : "all it wrote was taken in", c->node, &c->id);
	return rc;
}

/* Lines of .git/colep/refused of a commit or beginning of one: HEX PEER WHY. */
static void why_refused(struct told *t, const struct node *node, struct str hex)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct str rest, line, id, peer;
	struct oid o;

	if (file_read(&b, path_join(t->c->arena, node->cache, "refused"), (size_t)16 << 20, &e))
		buf_clear(&b);			/* none was refused */
	for (rest = buf_str(&b); str_line(&line, &rest);)
		if (str_starts(line, hex) && str_split(&id, &line, '\t') && oid_parse(&o, id) && str_split(&peer, &line, '\t'))
			put(t, STR("commit"), "refused", arena_cstr(t->c->arena, line), peer, &o);
	buf_free(&b);
}

static size_t find_commit(const struct graph *g, struct str hex)
{
	char full[OID_HEX + 1];
	size_t i;

	for (i = 0; i < g->n; i++) {
		oid_format(full, &g->v[i]->id);
		if (str_starts(cstr(full), hex))
			return i;
	}
	return SIZE_MAX;
}

static bool is_hex(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n >= 7 && s.n <= OID_HEX;
}

int cmd_why(struct ctx *c, int argc, char **argv)
{
	struct told t = { .c = c, .only = SIZE_MAX };
	struct err e = ERR_INIT, odd = ERR_INIT;
	struct repo *repo = NULL;
	const struct standing *now;
	struct oid main, root, o;
	struct fold f;
	struct node node;
	size_t n, at, *heads;
	struct str what;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, "needs one ID of a document, or one commit");
	what = cstr(argv[1]);
	cmd_out(&t.o, c);
	if ((rc = open_node(&node, &repo, &root, &main, c, &e)) || (rc = fold_open(&f, c->arena, &node, repo, &root, &main, &e)))
		goto out;
	t.g = &f.graph;
	/* One that is masked and stands on no head is not below main. */
	if (is_hex(what) && find_commit(&f.graph, what) == SIZE_MAX && oid_parse(&o, what) &&
	    graph_add(&f.graph, &o, accept_judge, &(struct acceptor){ .space = root, .rules = MERGE_RULES, .refused = fold_ignore }, &odd))
		o = OID_NONE;			/* not here: what was written down of it is told */
	if ((rc = standing_heads(&heads, &n, &now, &f.graph, c->arena, &e)))
		goto out;
	if (is_hex(what)) {
		if ((at = find_commit(&f.graph, what)) != SIZE_MAX)
			rc = why_commit(&t, &f.graph, now, heads, n, at, &e);
		else
			why_refused(&t, &node, what);
	} else {
		t.path = doc_path_of(c->arena, what);
		t.path = t.path.n ? t.path : what;
		t.subject = argv[1];
		rc = why_document(&t, &f.graph, now, heads, n, &e);
	}
	if (!rc && !t.n) {
		cmd_say(c, "%s: nothing is known of it here; an ID is as 'colep list' prints it, a commit as 'colep log'", argv[1]);
		status = EXIT_NO;
	}
out:
	out_close(&t.o);
	repo_close(repo);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : status == EXIT_NO ? EXIT_NO : EXIT_YES;
}

/* ---- restart ---- */

static void told_of(void *ctx, const char *what)
{
	cmd_say(ctx, "%s", what);
}

/* Commits that others took: theirs, and what these or their main see. *v: indices. */
static size_t *taken(struct fold *f, struct arena *a, struct str id, const struct oid *tips, size_t ntips, size_t *n)
{
	const struct graph *g = &f->graph;
	size_t *out = arena_array(a, g->n, sizeof *out), i, j, t;

	for (*n = i = 0; i < g->n; i++) {
		bool is = !g->v[i]->merged && (!str_eq(g->v[i]->node, id) || !g->v[i]->nparents);

		for (j = i + 1; j < g->n && !is && !g->v[i]->merged; j++)
			is = !g->v[j]->merged && !str_eq(g->v[j]->node, id) && graph_below(g, i, j);
		for (j = 0; j < ntips && !is && !g->v[i]->merged; j++)
			is = (t = graph_find(g, &tips[j])) != SIZE_MAX && graph_below(g, i, t);
		if (is)
			out[(*n)++] = i;
	}
	return out;
}

int cmd_restart(struct ctx *c, int argc, char **argv)
{
	struct err e = ERR_INIT, odd = ERR_INIT;
	const struct standing *now;
	struct author au = { 0 };
	struct oid main, *tips;
	struct fold f, again;
	struct node node;
	struct peer *peers;
	struct exchange *x = NULL;
	size_t n, npeers = 0, ntips = 0, i, j, *v, *heads, gone = 0;
	bool opened = false;
	char hex[INCARNATION_HEX + 1];
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words");
	status = EXIT_YES;
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = peers_read(&peers, &npeers, c->arena, &node, &e)) ||
	    (rc = author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e)))
		goto out;
	opened = true;
	if ((rc = fold_open(&f, c->arena, &node, au.repo, &au.space, &au.main, &e)))
		goto out;
	f.told = told_of;
	f.ctx = c;
	x = arena_array(c->arena, npeers, sizeof *x);
	for (i = 0; i < npeers; i++) {
		x[i] = (struct exchange){ .a = c->arena, .node = &node, .name = peers[i].name, .url = peers[i].url, .relay = peers[i].relay };
		if (!exchange_ask(&x[i], &odd) && !exchange_fetch(&x[i], &f, &odd))
			ntips += x[i].noffers;
	}
	tips = arena_array(c->arena, ntips, sizeof *tips);
	for (i = 0, ntips = 0; i < npeers; i++)
		for (j = 0; j < x[i].noffers; j++)	/* what a relay has of us proves nothing */
			if (graph_find(&f.graph, &x[i].offers[j].tip) != SIZE_MAX && !(x[i].relay && str_is(au.id, x[i].offers[j].from)))
				tips[ntips++] = x[i].offers[j].tip;
	if (!ntips) {
		cmd_say(c, "no peer answers, so it is not known what others took; nothing was done");
		status = EXIT_FAIL;
		goto out;
	}
	v = taken(&f, c->arena, au.id, tips, ntips, &n);
	if ((rc = fold_open(&again, c->arena, &node, au.repo, &au.space, &(struct oid){ { 0 } }, &e)))
		goto out;
	for (i = 0; i < n && !rc; i++)
		rc = fold_add(&again, &f.graph.v[v[i]]->id, "here", &e);
	if (rc || (rc = standing_heads(&heads, &n, &now, &again.graph, c->arena, &e)))
		goto out;
	if (!n) {
		cmd_say(c, "others took nothing of this history; join anew, and take your files over");
		status = EXIT_FAIL;
		goto out;
	}
	for (i = 0; i < f.known; i++)
		gone += !f.graph.v[i]->merged && graph_find(&again.graph, &f.graph.v[i]->id) == SIZE_MAX;
	if (!gone) {
		cmd_say(c, "others took all that this node wrote; nothing to do");
		goto out;
	}
	/* A row of its own from here on: what is taken back bears the numbers that would come next. */
	incarnation_make(hex);
	if ((rc = key_adopt(c->arena, key_path(c->arena, c->keys, &au.space, au.id), node.dir, hex, &e)) ||
	    (rc = view_commit(&main, &again.graph, heads, n, &e)) ||
	    (rc = repo_ref_set(au.repo, "refs/heads/main", &main, &au.main, &e)) || (rc = repo_index_set(au.repo, &main, &e)) ||
	    (rc = author_base_set(au.repo, &main, &e)))
		goto out;
	cmd_say(c, "%zu commits that others did not take are unsaved work again; look at 'colep diff', then 'colep save'", gone);
out:
	for (i = 0; x && i < npeers; i++)
		exchange_close(&x[i], NULL, NULL);
	if (opened)
		author_close(&au);
	if (rc)
		return cmd_fail(c, &e), EXIT_FAIL;
	if (status == EXIT_YES && gone)
		index_after(c, &node);
	return status;
}
