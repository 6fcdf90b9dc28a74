/* sync/standing.c: see standing.h. The rules, version 1. P is a set of accepted commits, closed under past; "sees"
 * is "has in its past"; a right is looked up in the roster of a commit's own past.
 *
 * 1. The files under roster/ are sets of lines: allowed_signers, roles, revoked, space, proposed. What a commit adds
 * and removes is the difference of its file from its parent's. Only a secretariat's lines count; of `proposed`
 * also those that begin with the writer's own node. A line is in while one counting add is seen by no counting
 * remove; of allowed_signers and revoked none ever goes.
 *
 * 2. proposed:	NODE rotate KEY			a key that NODE asks to be given; shown, without effect
 *		NODE recover ID KEY		counts for a chair: KEY shall be the Secretariat, as node ID
 * Two recover lines of one ID and KEY by chairs of different owners, in two commits of P neither of which sees such
 * a pair already, are a recovery. It acts like a commit that sees both: ID gets KEY and the role secretariat, every
 * other node that has the role then becomes focal-point. Changes of roster/ by a secretariat that neither see both
 * commits nor are seen by one of them do not count. So nobody can undo a recovery but by having seen it, and who
 * has seen it is no secretariat any more.
 *
 * 3. revoked:	NODE KEY COMMIT...
 * A revocation that counts masks what that key made, but for the named commits that the revoking one sees, what they
 * see, and itself. Several of one key: what one of them leaves is left. Masked as well is what was made with a key
 * that no counting commit admitted. What a masked commit wrote under roster/ does not count.
 *
 * 4. Revocations are decided one at a time, first those that none of the undecided masks; where they mask each other
 * in a circle, the one whose writer's key was admitted first. "First" is the number of commits that the admitting
 * commit sees, then its id; then the same of the revoking commit, then the line. One that stands in a masked
 * commit, or after which no secretariat would be left, does not count. Nobody gains by writing something backdated:
 * when he was admitted is not his to say.
 *
 * 5. Changes of roles are decided one at a time, each after those that it sees; of several, in the order of rule 4. One
 * after which the roles would leave no secretariat does not count. */
#include "sync/standing.h"

#include <stdlib.h>
#include <string.h>

#include "kb/limits.h"

const char *const roster_paths[ROSTER_FILES] = { "roster/allowed_signers", "roster/roles", "roster/revoked", "roster/space",
	"roster/proposed" };

struct lines { struct str *v; size_t n, cap; };

struct change_of {			/* a commit that writes to roster/ with a right to some of it */
	size_t at;			/* in the graph */
	bool admin, chair;		/* in the roster of its past */
	struct str line;		/* that its writer has in allowed_signers */
	size_t depth;			/* commits that it sees */
	struct lines add[ROSTER_FILES], del[ROSTER_FILES];
};
struct standings {
	struct change_of *v;
	size_t n, cap, scanned;
	struct standing **memo;
	size_t nmemo, memo_cap;
};

static void put_line(struct lines *l, struct arena *a, struct str s)
{
	if (l->n == l->cap)
		l->v = arena_grow(a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n++] = s;
}

static void sort_lines(struct lines *l)
{
	size_t i, n = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof *l->v, str_order);
	for (i = 0; i < l->n; i++)
		if (!i || !str_eq(l->v[i], l->v[i - 1]))
			l->v[n++] = l->v[i];
	l->n = n;
}

static bool has_line(const struct lines *l, struct str s)	/* sorted */
{
	return l->n && bsearch(&s, l->v, l->n, sizeof *l->v, str_order) != NULL;
}

static struct str signers_line(struct arena *a, struct str node, struct str key)
{
	return cstr(arena_printf(a, "node@%.*s.invalid namespaces=\"git\" ssh-ed25519 %.*s", FMT_STR(node), FMT_STR(key)));
}

/* ---- reading what commits changed ---- */

static enum rc read_set(struct lines *l, struct graph *g, const struct oid *blob, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str rest, line;
	enum rc rc = RC_OK;

	if (oid_is_none(blob))
		return RC_OK;
	rc = repo_read(&b, g->repo, blob, OBJECT_BLOB, (size_t)16 << 20, e);
	if (!rc) {
		rest = b.n ? arena_str(g->a, buf_str(&b)) : STR("");
		while (str_line(&line, &rest))
			if (line.n)
				put_line(l, g->a, line);
		sort_lines(l);
	}
	buf_free(&b);
	return rc;
}

static struct str word(struct str line, size_t n)
{
	struct str part = STR_NONE;

	for (; n != SIZE_MAX; n--)
		if (!str_split(&part, &line, ' '))
			return STR_NONE;
	return part;
}

static bool may_write(const struct change_of *c, enum roster_file f, struct str line, struct str node, bool add)
{
	if (f != FILE_PROPOSED)
		return c->admin;
	if (!str_eq(word(line, 0), node))
		return c->admin && !add;
	return str_is(word(line, 1), "rotate") || (c->chair && str_is(word(line, 1), "recover")) || !add;
}

static enum rc read_change(bool *any, struct change_of *c, struct graph *g, size_t at, struct err *e)
{
	const struct gcommit *gc = g->v[at];
	const struct oid none = OID_NONE;
	enum roster_file f;
	size_t i;
	enum rc rc;

	for (f = 0; f < ROSTER_FILES; f++) {
		const struct touch *t = graph_touch(gc, cstr(roster_paths[f]));
		struct lines old = { 0 }, new = { 0 };

		if (!t || (!c->admin && f != FILE_PROPOSED))
			continue;
		if ((rc = read_set(&old, g, &t->old, e)) || (rc = read_set(&new, g, t->mode == 0100644 ? &t->new : &none, e)))
			return rc;
		for (i = 0; i < new.n; i++)
			if (!has_line(&old, new.v[i]) && may_write(c, f, new.v[i], gc->node, true))
				put_line(&c->add[f], g->a, new.v[i]);
		for (i = 0; i < old.n; i++)
			if (!has_line(&new, old.v[i]) && may_write(c, f, old.v[i], gc->node, false))
				put_line(&c->del[f], g->a, old.v[i]);
		*any |= c->add[f].n || c->del[f].n;
	}
	return RC_OK;
}

static struct standings *standings(struct graph *g)
{
	if (!g->standings)
		g->standings = arena_alloc(g->a, sizeof *g->standings);
	return g->standings;
}

static bool touches_roster(const struct gcommit *c)
{
	enum roster_file f;

	if (c->ntouched == 1 && !str_starts(c->touched[0].path, STR("roster/")))
		return false;		/* nearly all */
	for (f = 0; f < ROSTER_FILES; f++)
		if (graph_touch(c, cstr(roster_paths[f])))
			return true;
	return false;
}

/* The commits up to one that change the roster with a right to. */
static enum rc scan(struct graph *g, size_t to, struct err *e)
{
	struct standings *s = standings(g);
	const struct standing *under;
	const struct member *m;
	size_t k;
	enum rc rc;

	while (s->scanned <= to) {
		size_t at = s->scanned++;
		struct gcommit *gc = g->v[at];
		struct change_of c = { .at = at };
		bool any = false;

		if (gc->merged || !touches_roster(gc))
			continue;
		if (gc->right == RIGHT_UNKNOWN) {
			if ((rc = standing_under(&under, g, gc, e)))
				return rc;
			m = gc->nparents ? roster_member(&under->roster, gc->node, gc->key) : NULL;
			if (!gc->nparents || (m && !m->revoked && m->role == ROLE_SECRETARIAT))
				gc->right = RIGHT_ADMIN;
			else if (!m || m->revoked)
				gc->right = RIGHT_NONE;
			else
				gc->right = m->role == ROLE_CHAIR ? RIGHT_CHAIR : RIGHT_MEMBER;
		}
		c.admin = gc->right == RIGHT_ADMIN;
		c.chair = gc->right == RIGHT_CHAIR;
		c.line = signers_line(g->a, gc->node, gc->key);
		for (k = 0; k < gc->npast; k++)
			c.depth += gc->past[k];
		if (gc->right == RIGHT_NONE)
			continue;
		if ((rc = read_change(&any, &c, g, at, e)))
			return rc;
		if (!any)
			continue;
		gc->roster_change = true;
		if (s->n == s->cap)
			s->v = arena_grow(g->a, s->v, &s->cap, sizeof *s->v);
		s->v[s->n++] = c;
	}
	return RC_OK;
}

/* ---- judging a set ---- */

struct rank {				/* who is decided first */
	size_t senior;			/* what the commit sees that admitted the writer's key */
	const struct oid *senior_id;
	size_t depth;
	const struct oid *id;
};
struct item {				/* a change, or a recovery (a != b) */
	const struct change_of *c;	/* NULL: a recovery */
	size_t a, b;			/* commits of the graph */
	struct str id, key;		/* of a recovery */
	bool beaten, counts;
	struct rank rank;		/* of a change */
};
struct revoke {
	size_t item;
	struct str line;
	struct ban ban;
	struct rank rank;
	bool decided, counts;
};
struct bench {				/* one judgement */
	struct arena *a;		/* scratch */
	struct graph *g;
	struct item *v;
	size_t n, cap;
	struct revoke *r;
	size_t nr, rcap;
	bool *no_roles;			/* by item: its change of roles does not count */
};

static bool below(const struct graph *g, const struct item *x, const struct item *y)	/* y sees x, or is x */
{
	return (graph_below(g, x->a, y->a) || graph_below(g, x->a, y->b)) && (graph_below(g, x->b, y->a) || graph_below(g, x->b, y->b));
}

static bool recovers(const struct change_of *c, struct str *what, size_t *at)
{
	for (; c->chair && *at < c->add[FILE_PROPOSED].n; ++*at) {
		struct str line = c->add[FILE_PROPOSED].v[*at], owner;

		if (!str_is(word(line, 1), "recover") || !node_id_valid(word(line, 2), &owner) || !word(line, 3).n)
			continue;
		*what = str_sub(line, word(line, 0).n, line.n);
		++*at;
		return true;
	}
	return false;
}

static struct str owner_of(struct str node)
{
	return str_sub(node, 0, str_chr(node, '-'));
}

/* Pairs of chairs that name the same key, each recovery right behind the later commit. */
static void find_recoveries(struct bench *b, const struct change_of *const *set, size_t n)
{
	struct graph *g = b->g;
	struct str x, y;
	size_t i, j, p, q, k;

	for (i = 0; i < n; i++) {
		if (b->n == b->cap)
			b->v = arena_grow(b->a, b->v, &b->cap, sizeof *b->v);
		b->v[b->n++] = (struct item){ .c = set[i], .a = set[i]->at, .b = set[i]->at };
		for (p = 0; recovers(set[i], &x, &p);)
			for (j = 0; j < i; j++)
				for (q = 0; recovers(set[j], &y, &q);) {
					struct item pair = { .a = set[j]->at, .b = set[i]->at, .id = word(x, 2), .key = word(x, 3) };
					struct item end = { .a = pair.a, .b = pair.b };
					bool was = !str_eq(x, y) || str_eq(owner_of(g->v[pair.a]->node), owner_of(g->v[pair.b]->node));

					for (k = 0; k < b->n && !was; k++)
						was = !b->v[k].c && str_eq(b->v[k].id, pair.id) && str_eq(b->v[k].key, pair.key) &&
						    (below(g, &b->v[k], &(struct item){ .a = end.a, .b = end.a }) ||
						    below(g, &b->v[k], &(struct item){ .a = end.b, .b = end.b }));
					if (was)
						continue;
					if (b->n == b->cap)
						b->v = arena_grow(b->a, b->v, &b->cap, sizeof *b->v);
					b->v[b->n++] = pair;
				}
	}
	for (i = 0; i < b->n; i++)
		for (j = 0; j < b->n && b->v[i].c && b->v[i].c->admin; j++)
			b->v[i].beaten |= !b->v[j].c && !below(g, &b->v[i], &b->v[j]) && !below(g, &b->v[j], &b->v[i]);
	for (i = 0; i < b->n; i++) {		/* a recovery is not beaten, nor is what one of its chairs saw */
		for (j = 0; j < b->n && b->v[i].beaten; j++)
			if (!b->v[j].c && (graph_below(g, b->v[i].a, b->v[j].a) || graph_below(g, b->v[i].a, b->v[j].b)))
				b->v[i].beaten = false;
	}
}

/* When a key was admitted: the least depth, then id, of what adds its line. Nobody did: as the last. */
static struct rank rank_of(const struct bench *b, const struct change_of *writer)
{
	struct rank r = { SIZE_MAX, NULL, writer->depth, &b->g->v[writer->at]->id };
	size_t i, k;

	for (i = 0; i < b->n; i++) {
		const struct change_of *c = b->v[i].c;

		for (k = 0; c && k < c->add[FILE_SIGNERS].n; k++) {
			const struct oid *id = &b->g->v[c->at]->id;

			if (str_eq(c->add[FILE_SIGNERS].v[k], writer->line) &&
			    (c->depth < r.senior || (c->depth == r.senior && oid_cmp(id, r.senior_id) < 0))) {
				r.senior = c->depth;
				r.senior_id = id;
			}
		}
	}
	return r;
}

static int rank_cmp(const struct rank *p, const struct rank *q)
{
	int k;

	if (p->senior != q->senior)
		return p->senior < q->senior ? -1 : 1;
	if (p->senior_id && q->senior_id && (k = oid_cmp(p->senior_id, q->senior_id)))
		return k;
	if (p->depth != q->depth)
		return p->depth < q->depth ? -1 : 1;
	return oid_cmp(p->id, q->id);
}

static int by_rank(const void *x, const void *y)
{
	const struct revoke *p = x, *q = y;
	int k = rank_cmp(&p->rank, &q->rank);

	return k ? k : str_cmp(p->line, q->line);
}

static void find_revocations(struct bench *b)
{
	size_t i, k, cap;

	for (i = 0; i < b->n; i++) {
		const struct change_of *c = b->v[i].c;

		for (k = 0; c && c->admin && !b->v[i].beaten && k < c->add[FILE_REVOKED].n; k++) {
			struct str line = c->add[FILE_REVOKED].v[k], rest = line, hex;
			struct revoke r = { .item = i, .line = line };
			struct oid o;
			size_t at;

			r.ban = (struct ban){ .by = c->at };
			if (!str_split(&r.ban.node, &rest, ' ') || !str_split(&r.ban.key, &rest, ' '))
				continue;
			cap = 0;
			r.ban.kept = arena_grow(b->g->a, NULL, &cap, sizeof *r.ban.kept);
			r.ban.kept[r.ban.n++] = c->at;
			while (str_split(&hex, &rest, ' ')) {
				if (!oid_parse(&o, hex) || (at = graph_find(b->g, &o)) == SIZE_MAX || b->g->v[at]->merged ||
				    !graph_below(b->g, at, c->at))
					continue;
				if (r.ban.n == cap)
					r.ban.kept = arena_grow(b->g->a, r.ban.kept, &cap, sizeof *r.ban.kept);
				r.ban.kept[r.ban.n++] = at;
			}
			/* Itself is left, not what it sees, unless it is of that key. */
			if (!str_eq(b->g->v[c->at]->node, r.ban.node) || !str_eq(b->g->v[c->at]->key, r.ban.key)) {
				r.ban.kept++;
				r.ban.n--;
			}
			r.rank = rank_of(b, c);
			if (b->nr == b->rcap)
				b->r = arena_grow(b->a, b->r, &b->rcap, sizeof *b->r);
			b->r[b->nr++] = r;
		}
	}
	if (b->nr > 1)
		qsort(b->r, b->nr, sizeof *b->r, by_rank);
}

static bool ban_keeps(const struct ban *ban, const struct graph *g, size_t commit)
{
	size_t i;

	for (i = 0; i < ban->n; i++)
		if (graph_below(g, commit, ban->kept[i]))
			return true;
	return false;
}

/* Masked by the revocations that count, and by the undecided ones as well? */
static bool banned(const struct bench *b, size_t commit, bool undecided, size_t one)
{
	const struct gcommit *c = b->g->v[commit];
	bool hit = false;
	size_t i;

	for (i = 0; i < b->nr; i++) {
		const struct revoke *r = &b->r[i];

		if (!(r->counts || i == one || (undecided && !r->decided)) || !str_eq(r->ban.key, c->key) || !str_eq(r->ban.node, c->node))
			continue;
		if (ban_keeps(&r->ban, b->g, commit))
			return false;
		hit = true;
	}
	return hit;
}

/* Which items count: not beaten, not banned, by a key that a counting one admitted. */
static void count(struct bench *b, bool undecided, size_t one)
{
	struct lines in = { 0 };
	bool more = true;
	size_t i, k;

	for (i = 0; i < b->n; i++) {
		struct item *t = &b->v[i];

		t->counts = !t->c;
		if (!t->c)
			put_line(&in, b->a, signers_line(b->a, t->id, t->key));
	}
	sort_lines(&in);
	while (more) {
		more = false;
		for (i = 0; i < b->n; i++) {
			struct item *t = &b->v[i];

			if (t->counts || t->beaten || (b->g->v[t->a]->nparents && !has_line(&in, t->c->line)) ||
			    (b->g->v[t->a]->nparents && banned(b, t->a, undecided, one)))
				continue;
			t->counts = more = true;
			for (k = 0; k < t->c->add[FILE_SIGNERS].n; k++)
				put_line(&in, b->a, t->c->add[FILE_SIGNERS].v[k]);
			if (t->c->add[FILE_SIGNERS].n)
				sort_lines(&in);
		}
	}
}

static bool heard(const struct bench *b, size_t i, enum roster_file f)
{
	return b->v[i].counts && !(f == FILE_ROLES && b->no_roles[i]);
}

/* Is a line in, by what is seen from an item (SIZE_MAX: by all)? */
static bool line_in(const struct bench *b, enum roster_file f, struct str line, size_t at);

/* What an item adds or removes of a line. */
static bool writes(const struct bench *b, size_t i, enum roster_file f, struct str line, bool add)
{
	const struct item *t = &b->v[i];
	struct str node = word(line, 0);

	if (!heard(b, i, f))
		return false;
	if (t->c) {
		const struct lines *l = add ? &t->c->add[f] : &t->c->del[f];
		size_t k;

		for (k = 0; k < l->n; k++)
			if (str_eq(l->v[k], line))
				return true;
		return false;
	}
	if (f == FILE_SIGNERS)
		return add && str_eq(line, signers_line(b->a, t->id, t->key));
	if (f != FILE_ROLES)
		return false;
	if (str_eq(node, t->id))
		return str_ends(line, STR(" secretariat")) == add;
	if (str_ends(line, STR(" secretariat")))
		return !add;
	return add && str_ends(line, STR(" focal-point")) &&
	    line_in(b, f, cstr(arena_printf(b->a, "%.*s secretariat", FMT_STR(node))), i);
}

static bool line_in(const struct bench *b, enum roster_file f, struct str line, size_t at)
{
	bool forever = f == FILE_SIGNERS || f == FILE_REVOKED;
	size_t i, j;

	for (i = 0; i < b->n; i++) {
		if (i == at || (at != SIZE_MAX && !below(b->g, &b->v[i], &b->v[at])) || !writes(b, i, f, line, true))
			continue;
		for (j = 0; j < b->n && !forever; j++)
			if (j != i && j != at && (at == SIZE_MAX || below(b->g, &b->v[j], &b->v[at])) && below(b->g, &b->v[i], &b->v[j]) &&
			    writes(b, j, f, line, false))
				break;
		if (forever || j == b->n)
			return true;
	}
	return false;
}

static struct str file_text(const struct bench *b, enum roster_file f, struct arena *a)
{
	struct lines all = { 0 };
	struct buf out = BUF_INIT;
	struct str text;
	size_t i, k;

	for (i = 0; i < b->n; i++) {
		const struct item *t = &b->v[i];

		for (k = 0; t->c && t->counts && k < t->c->add[f].n; k++)
			put_line(&all, b->a, t->c->add[f].v[k]);
		if (!t->c && f == FILE_SIGNERS)
			put_line(&all, b->a, signers_line(b->a, t->id, t->key));
		if (!t->c && f == FILE_ROLES)
			put_line(&all, b->a, cstr(arena_printf(b->a, "%.*s secretariat", FMT_STR(t->id))));
	}
	for (i = 0, k = all.n; f == FILE_ROLES && i < k; i++)	/* what a recovery may leave of them */
		if (str_ends(all.v[i], STR(" secretariat")))
			put_line(&all, b->a, cstr(arena_printf(b->a, "%.*s focal-point", FMT_STR(word(all.v[i], 0)))));
	sort_lines(&all);
	for (i = 0; i < all.n; i++) {
		bool is = line_in(b, f, all.v[i], SIZE_MAX);

		for (k = 0; f == FILE_REVOKED && k < b->nr; k++)
			if (str_eq(b->r[k].line, all.v[i]))
				break;
		if (f == FILE_REVOKED && k < b->nr) {		/* a revocation: only if one of that line counts */
			for (is = false, k = 0; k < b->nr; k++)
				is |= b->r[k].counts && str_eq(b->r[k].line, all.v[i]);
		}
		if (is)
			buf_printf(&out, "%.*s\n", FMT_STR(all.v[i]));
	}
	text = out.n ? arena_str(a, buf_str(&out)) : STR_NONE;
	buf_free(&out);
	return text;
}

/* Is there a secretariat, by the roles alone or with the revocations that count and one more? */
static bool has_admin(const struct bench *b, size_t one, bool banned_too)
{
	struct roster r;
	size_t i, k;

	roster_parse(&r, b->a, file_text(b, FILE_SIGNERS, b->a), file_text(b, FILE_ROLES, b->a), STR_NONE, STR_NONE);
	for (i = 0; i < r.n; i++) {
		bool out = false;

		for (k = 0; k < b->nr && banned_too; k++)
			out |= (b->r[k].counts || k == one) && str_eq(b->r[k].ban.node, r.members[i].node) &&
			    str_eq(b->r[k].ban.key, r.members[i].key);
		if (!out && r.members[i].role == ROLE_SECRETARIAT)
			return true;
	}
	return false;
}

/* Could a change take the secretariat's role from somebody? */
static bool may_demote(const struct bench *b, const struct item *t)
{
	const struct str top = STR(" secretariat");
	size_t i, j, k;

	if (!t->c || !b->g->v[t->a]->nparents)
		return false;
	for (i = 0; i < t->c->del[FILE_ROLES].n; i++)
		if (str_ends(t->c->del[FILE_ROLES].v[i], top))
			return true;
	for (i = 0; i < t->c->add[FILE_ROLES].n; i++) {	/* of two roles of a node the lower one counts */
		struct str node = word(t->c->add[FILE_ROLES].v[i], 0);

		for (j = 0; j < b->n; j++) {
			const struct change_of *c = b->v[j].c;

			if (!c && str_eq(b->v[j].id, node))
				return true;
			for (k = 0; c && k < c->add[FILE_ROLES].n; k++)
				if (str_ends(c->add[FILE_ROLES].v[k], top) && str_eq(word(c->add[FILE_ROLES].v[k], 0), node) &&
				    !str_eq(c->add[FILE_ROLES].v[k], t->c->add[FILE_ROLES].v[i]))
					return true;
		}
	}
	return false;
}

/* Rule 5, of what counts now. */
static void decide_roles(struct bench *b)
{
	bool *done = arena_array(b->a, b->n, sizeof *done), any = false;
	size_t i, j, pick;

	for (i = 0; i < b->n; i++)
		any |= b->v[i].counts && may_demote(b, &b->v[i]);
	for (i = 0; i < b->n; i++) {
		const struct change_of *c = b->v[i].c;

		done[i] = !b->v[i].counts || (c && !c->add[FILE_ROLES].n && !c->del[FILE_ROLES].n);
		b->no_roles[i] = any && !done[i];
	}
	while (any) {
		for (i = 0, pick = SIZE_MAX; i < b->n; i++) {
			if (done[i])
				continue;
			for (j = 0; j < b->n && (done[j] || i == j || !below(b->g, &b->v[j], &b->v[i])); j++)
				;
			if (j == b->n && (pick == SIZE_MAX || !b->v[i].c || (b->v[pick].c && rank_cmp(&b->v[i].rank, &b->v[pick].rank) < 0)))
				pick = i;
		}
		if (pick == SIZE_MAX)
			return;
		done[pick] = true;
		b->no_roles[pick] = false;
		b->no_roles[pick] = may_demote(b, &b->v[pick]) && !has_admin(b, SIZE_MAX, false);
	}
}

/* Rule 4. */
static void decide(struct bench *b)
{
	size_t i, left = b->nr, pick;

	while (left) {
		count(b, false, SIZE_MAX);
		for (i = 0; i < b->nr; i++)
			if (!b->r[i].decided && !b->v[b->r[i].item].counts) {
				b->r[i].decided = true;
				left--;
			}
		count(b, true, SIZE_MAX);
		for (pick = 0; pick < b->nr && (b->r[pick].decided || !b->v[b->r[pick].item].counts); pick++)
			;
		for (i = 0; i < b->nr && pick == b->nr; i++)	/* a circle */
			if (!b->r[i].decided)
				pick = i;
		if (pick == b->nr)
			break;
		count(b, false, pick);
		decide_roles(b);
		b->r[pick].counts = has_admin(b, pick, true);
		b->r[pick].decided = true;
		left--;
	}
	count(b, false, SIZE_MAX);
	decide_roles(b);
}

static void explain(struct standing *s, const struct bench *b)
{
	struct graph *g = b->g;
	size_t i, cap = 0;

	for (i = 0; i < b->n + b->nr; i++) {
		const struct item *t = i < b->n ? &b->v[i] : &b->v[b->r[i - b->n].item];
		const char *why = NULL;

		if (!t->c)
			continue;
		if (i >= b->n && t->counts && !b->r[i - b->n].counts)
			why = arena_printf(g->a, "its revocation of %.*s does not count: no secretariat would be left",
			    FMT_STR(b->r[i - b->n].ban.node));
		else if (i < b->n && t->beaten)
			why = "its change of the roster does not count: two chairs named a new secretariat key beside it";
		else if (i < b->n && b->no_roles[i])
			why = "its change of roles does not count: no secretariat would be left";
		if (!why)
			continue;
		if (s->nunheard == cap)
			s->unheard = arena_grow(g->a, s->unheard, &cap, sizeof *s->unheard);
		s->unheard[s->nunheard++] = (struct unheard){ t->a, why };
	}
}

static struct standing *judge(struct graph *g, const struct change_of *const *set, size_t n)
{
	struct standing *s = arena_alloc(g->a, sizeof *s);
	struct arena a = ARENA_INIT;
	struct bench b = { .a = &a, .g = g };
	enum roster_file f;
	size_t i, cap = 0;

	find_recoveries(&b, set, n);
	b.no_roles = arena_array(&a, b.n, sizeof *b.no_roles);
	for (i = 0; i < b.n; i++)
		if (b.v[i].c)
			b.v[i].rank = rank_of(&b, b.v[i].c);
	find_revocations(&b);
	decide(&b);
	s->quiet = true;
	for (f = 0; f < ROSTER_FILES; f++)
		s->files[f] = file_text(&b, f, g->a);
	for (i = 0; i < b.n; i++)
		s->quiet &= b.v[i].counts && b.v[i].c;
	for (i = 0; i < b.nr; i++) {
		if (!b.r[i].counts)
			continue;
		if (s->nbans == cap)
			s->bans = arena_grow(g->a, s->bans, &cap, sizeof *s->bans);
		s->bans[s->nbans++] = b.r[i].ban;
	}
	s->quiet &= !s->nbans;
	explain(s, &b);
	roster_parse(&s->roster, g->a, s->files[FILE_SIGNERS], s->files[FILE_ROLES], s->files[FILE_REVOKED], s->files[FILE_SPACE]);
	arena_free(&a);
	return s;
}

enum rc standing_of(const struct standing **out, struct graph *g, const size_t *heads, size_t n, struct err *e)
{
	struct standings *all = standings(g);
	struct arena a = ARENA_INIT;
	const struct change_of **set;
	size_t *at, k = 0, i, h, last = 0;
	struct standing *s = NULL;
	enum rc rc = RC_OK;

	for (h = 0; h < n; h++)
		last = heads[h] > last ? heads[h] : last;
	if (n && (rc = scan(g, last, e)))
		return rc;
	set = arena_array(&a, all->n, sizeof *set);
	at = arena_array(&a, all->n, sizeof *at);
	for (i = 0; i < all->n; i++) {
		for (h = 0; h < n && !graph_below(g, all->v[i].at, heads[h]); h++)
			;
		if (h == n)
			continue;
		at[k] = all->v[i].at;
		set[k++] = &all->v[i];
	}
	for (i = all->nmemo; i-- > 0 && !s;)
		if (all->memo[i]->nset == k && (!k || memcmp(all->memo[i]->set, at, k * sizeof *at) == 0))
			s = all->memo[i];
	if (!s) {
		s = judge(g, set, k);
		s->set = arena_array(g->a, k, sizeof *s->set);
		if (k)
			memcpy(s->set, at, k * sizeof *at);
		s->nset = k;
		if (all->nmemo == all->memo_cap)
			all->memo = arena_grow(g->a, all->memo, &all->memo_cap, sizeof *all->memo);
		all->memo[all->nmemo++] = s;
	}
	*out = s;
	arena_free(&a);
	return rc;
}

enum rc standing_at(const struct standing **out, struct graph *g, size_t i, struct err *e)
{
	const struct standing *s = NULL;
	size_t at = i, up;
	enum rc rc;

	if ((rc = scan(g, i, e)))
		return rc;
	/* A commit that does not change the roster has its parent's. */
	while (!g->v[at]->standing && !g->v[at]->merged && !g->v[at]->roster_change && g->v[at]->nparents)
		at = g->v[at]->up[0];
	if (g->v[at]->standing)
		s = g->v[at]->standing;
	else if (g->v[at]->merged && (rc = standing_of(&s, g, g->v[at]->up, g->v[at]->nparents, e)))
		return rc;
	else if (!g->v[at]->merged && (rc = standing_of(&s, g, &at, 1, e)))
		return rc;
	g->v[at]->standing = s;
	for (up = i; up != at; up = g->v[up]->up[0])
		g->v[up]->standing = s;
	*out = s;
	return RC_OK;
}

enum rc standing_under(const struct standing **out, struct graph *g, const struct gcommit *c, struct err *e)
{
	return c->nparents ? standing_at(out, g, c->up[0], e) : standing_of(out, g, NULL, 0, e);
}

bool standing_masks(const struct standing *s, const struct graph *g, size_t i)
{
	const struct gcommit *c = g->v[i];
	bool hit = false;
	size_t k;

	if (s->quiet || !c->nparents)
		return false;
	for (k = 0; k < s->nbans; k++) {
		if (!str_eq(s->bans[k].key, c->key) || !str_eq(s->bans[k].node, c->node))
			continue;
		if (ban_keeps(&s->bans[k], g, i))
			return false;
		hit = true;
	}
	return hit || !roster_member(&s->roster, c->node, c->key);
}

const char *standing_why(struct arena *a, const struct standing *s, const struct graph *g, size_t i)
{
	char hex[OID_HEX + 1];
	size_t k;

	if (!standing_masks(s, g, i))
		return NULL;
	for (k = 0; k < s->nbans; k++)
		if (str_eq(s->bans[k].key, g->v[i]->key) && str_eq(s->bans[k].node, g->v[i]->node)) {
			oid_format(hex, &g->v[s->bans[k].by]->id);
			return arena_printf(a, "the key of %.*s was revoked (in %.12s), and this is none of the commits accepted before",
			    FMT_STR(g->v[i]->node), hex);
		}
	return "its key was admitted by a commit that does not count";
}

/* ---- heads ---- */

static int by_id(const void *x, const void *y, void *ctx)
{
	const struct graph *g = ctx;

	return oid_cmp(&g->v[*(const size_t *)x]->id, &g->v[*(const size_t *)y]->id);
}

/* What nothing authored stands on: maximal authored commits of the graph. */
static size_t *all_tips(const struct graph *g, struct arena *a, size_t *n)
{
	bool *under = arena_array(a, g->n, sizeof *under);
	size_t *tips = arena_array(a, g->n, sizeof *tips), i, j;

	for (i = g->n; i-- > 0;)		/* children first: an M nothing stands on covers nothing by itself */
		if (!g->v[i]->merged || under[i])
			for (j = 0; j < g->v[i]->nparents; j++)
				under[g->v[i]->up[j]] = true;
	for (*n = i = 0; i < g->n; i++)
		if (!under[i] && !g->v[i]->merged)
			tips[(*n)++] = i;
	return tips;
}

static size_t *maximal(const struct graph *g, struct arena *a, const bool *in, size_t *n)
{
	size_t *v = arena_array(a, g->n, sizeof *v), i, j;

	for (*n = 0, i = g->n; i-- > 0;) {	/* children first */
		if (!in[i])
			continue;
		for (j = 0; j < *n && !graph_below(g, i, v[j]); j++)
			;
		if (j == *n)
			v[(*n)++] = i;
	}
	if (*n > 1)
		qsort_r(v, *n, sizeof *v, by_id, (void *)(uintptr_t)g);
	return v;
}

enum rc standing_heads(size_t **heads, size_t *n, const struct standing **out, struct graph *g, struct arena *a, struct err *e)
{
	struct arena s = ARENA_INIT;
	const struct standing *st;
	size_t *tips = all_tips(g, &s, n), i, j, k, left;
	bool *in = arena_array(&s, g->n, sizeof *in), over = false;
	enum rc rc;

	if ((rc = standing_of(&st, g, tips, *n, e)))
		goto out;
	if (st->quiet) {
		for (i = 0; i < *n; i++)
			in[tips[i]] = true;
	} else {
		for (i = 0; i < g->n; i++)
			in[i] = !g->v[i]->merged && !standing_masks(st, g, i);
	}
	*heads = maximal(g, a, in, n);
	for (i = left = 0; i < *n; i++) {	/* sorted: the first of each writer stay */
		for (j = k = 0; j < i; j++)
			k += str_eq(g->v[(*heads)[j]]->node, g->v[(*heads)[i]]->node);
		over |= k >= LIMIT_HEADS;
		if (k < LIMIT_HEADS)
			tips[left++] = (*heads)[i];
	}
	if (over) {				/* what only the others see goes with them */
		memcpy(*heads, tips, left * sizeof **heads);
		*n = left;
		rc = standing_of(&st, g, *heads, *n, e);
	}
	if (out)
		*out = st;
out:
	arena_free(&s);
	return rc;
}
