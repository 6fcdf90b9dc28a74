/* sync/cmd_bundle.c: colep bundle: what this node has, in a file for a stick. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <string.h>

#include "sync/bundle.h"
#include "sync/exchange.h"
#include "sync/mend.h"
#include "sync/setup.h"

static void tick(void *ctx, const char *said)
{
	struct ctx *c = ctx;

	cmd_progress(c, arena_printf(c->arena, "bundle: %s", said), 0, 0, false);
}

/* "x.bundle.zst.age" says what is meant by its ends. */
static bool name_says(const char *file, bool encrypted, bool *small)
{
	struct str s = cstr(file);
	bool age = str_ends(s, STR(".age"));

	if (age)
		s = str_sub(s, 0, s.n - 4);
	*small = str_ends(s, STR(".zst"));
	return !age || encrypted;
}

/* The keys of the nodes that may read it. */
static enum rc readers(unsigned char (**to)[32], size_t *n, struct ctx *c, struct repo *repo, const struct oid *base,
    const struct opt_list *nodes, struct err *e)
{
	struct roster r;
	size_t i, k, found;
	enum rc rc = author_roster(&r, c->arena, repo, base, e);

	*n = 0;
	if (rc)
		return rc;
	*to = arena_array(c->arena, nodes->n * r.n, sizeof **to);
	for (i = 0; i < nodes->n; i++) {
		for (k = 0, found = *n; k < r.n; k++)
			if (str_is(r.members[k].node, nodes->v[i]) && !r.members[k].revoked && sshkey_public_parse((*to)[*n], r.members[k].key))
				(*n)++;
		if (*n == found)
			return err_set(e, RC_INVALID, "%s: no node of this community, or its key is revoked; 'colep roster' shows them", nodes->v[i]);
	}
	return RC_OK;
}

/* Commits that a peer or node surely has: what it showed, and what it wrote itself. */
static enum rc known_of(struct oid **had, size_t *n, struct ctx *c, struct fold *f, const char *who, struct err *e)
{
	size_t *some = arena_array(c->arena, f->graph.n + 2, sizeof *some), nsome = 0, i, *heads;
	bool is = false;
	struct roster r;
	struct peer *peers;
	struct oid tip;
	size_t npeers;
	enum rc rc;

	if ((rc = peers_read(&peers, &npeers, c->arena, f->node, e)) || (rc = author_roster(&r, c->arena, f->repo, &f->base, e)))
		return rc;
	for (i = 0; i < 2; i++) {
		if ((rc = exchange_had(&tip, c->arena, f->node, who, i == 0, e)))
			return rc;
		if (!oid_is_none(&tip) && graph_find(&f->graph, &tip) != SIZE_MAX)
			some[nsome++] = graph_find(&f->graph, &tip);
	}
	for (i = 0; i < f->graph.n; i++)
		if (!f->graph.v[i]->merged && str_is(f->graph.v[i]->node, who))
			some[nsome++] = i;
	for (i = 0; i < npeers; i++)
		is |= strcmp(peers[i].name, who) == 0;
	for (i = 0; i < r.n; i++)
		is |= str_is(r.members[i].node, who);
	if (!is)
		return err_set(e, RC_INVALID, "%s: no peer and no node of this community; 'colep peer list' and 'colep roster' show them", who);
	heads = graph_heads(&f->graph, c->arena, some, nsome, n);
	*had = arena_array(c->arena, *n, sizeof **had);
	for (i = 0; i < *n; i++)
		(*had)[i] = f->graph.v[heads[i]]->id;
	return RC_OK;
}

/* Main, who made it, and what is carried for others. */
static enum rc refs_of(struct bundle_plan *p, struct ctx *c, const struct fold *f, struct str id, struct err *e)
{
	struct bundle_ref *refs;
	struct pushed *list;
	size_t count, i, n = 0;
	enum rc rc = fold_pushed(&list, &count, c->arena, f->node, e);

	if (rc)
		return rc;
	refs = arena_array(c->arena, count + 2, sizeof *refs);
	refs[n++] = (struct bundle_ref){ f->base, "refs/heads/main" };
	if (id.n)
		refs[n++] = (struct bundle_ref){ f->base, arena_printf(c->arena, "refs/colep/from/%.*s", FMT_STR(id)) };
	for (i = 0; fold_newer(f->node) && i < count; i++)
		if (strncmp(list[i].ref, "refs/colep/carry/", 17) == 0)
			refs[n++] = (struct bundle_ref){ list[i].tip, list[i].ref };
	p->refs = refs;
	p->nrefs = n;
	return RC_OK;
}

int cmd_bundle(struct ctx *c, int argc, char **argv)
{
	const char *who = NULL, *dir = NULL;
	struct opt_list nodes = { 0 };
	const struct opt opts[] = {
		{ "for", 0, OPT_TEXT, &who, "PEER", "leave out what this peer or node is known to have" },
		{ "to", 0, OPT_LIST, &nodes, "NODE", "encrypt it for these nodes of the roster (more may follow)" },
	};
	struct bundle_plan p = { .tick = tick, .ctx = c };
	struct err e = ERR_INIT, odd = ERR_INIT;
	bool mended = false;
	struct lock lock = LOCK_INIT;
	struct repo *repo = NULL;
	struct oid root, main, *had = NULL;
	unsigned char (*to)[32] = NULL;
	struct str space, id;
	struct node node;
	struct fold f;
	size_t commits = 0, got;
	enum rc rc;
	int left, status, i;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if (left < 2 || (left > 2 && !nodes.n))
		return cmd_usage(c, left < 2 ? "needs the file to write" : "one file; nodes stand behind --to");
	for (i = 2; i < left; i++) {		/* --to NODE NODE */
		if (nodes.n == nodes.cap)
			nodes.v = arena_grow(c->arena, nodes.v, &nodes.cap, sizeof *nodes.v);
		nodes.v[nodes.n++] = argv[i];
	}
	if (!name_says(argv[1], nodes.n > 0, &p.small))
		return cmd_usage(c, "%s: for whom is it to be encrypted; say so with --to NODE", argv[1]);
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = node_config(&space, c->arena, &node, "colep.space", &e)) ||
	    (rc = node_config(&id, c->arena, &node, "colep.id", &e)))
		goto out;
	if (node.foreign || !oid_parse(&root, space)) {
		rc = err_set(&e, RC_INVALID, node.foreign ? "%s: this folder belongs to another user; it is only read" :
		    "%s: it does not say which community it is of; join anew", node.dir);
		goto out;
	}
	if ((rc = lock_open(&lock, path_join(c->arena, node.cache, "lock"), 10, &e)) || (rc = repo_open(&repo, node.dir, &e)) ||
	    (rc = mend(&node, repo, &e)) || (mended = true, rc = fold_in(&got, &main, c->arena, &node, repo, &root, &e)) ||
	    (rc = fold_open(&f, c->arena, &node, repo, &root, &main, &e)) || (rc = refs_of(&p, c, &f, id, &e)) ||
	    (nodes.n && (rc = readers(&to, &p.nto, c, repo, &f.base, &nodes, &e))) ||
	    (who && (rc = known_of(&had, &p.nhad, c, &f, who, &e))) || (rc = exchange_aside(&dir, c->arena, &node, &e)))
		goto out;
	p.to = (const unsigned char (*)[32])to;
	p.had = had;
	rc = bundle_write(&commits, c->arena, argv[1], node.git, dir, &p, &e);
out:
	cmd_progress(c, "", 0, 0, true);
	if (dir && dir_remove(dir, &odd) && !rc)
		cmd_say(c, "%s", odd.msg);
	repo_close(repo);
	if (mended)
		mend_close(&node);
	lock_close(&lock);
	if (rc)
		return cmd_fail(c, &e), EXIT_FAIL;
	if (who && !p.nhad)
		cmd_say(c, "%s: it is not known what it has; this bundle is whole", who);
	if (commits)
		cmd_leave_out(c, &node, argv[1]);
	else
		cmd_say(c, "%s: nothing here that %s does not have; no file was written", argv[1], who);
	return commits ? EXIT_YES : EXIT_NO;
}
