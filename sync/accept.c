/* sync/accept.c: see accept.h. The rules are those of DESIGN 6, in its order; the first that fails is told. */
#include "sync/accept.h"

#include <string.h>
#include <strings.h>

#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/sshsig.h"
#include "sync/view.h"

static enum rc refuse(struct err *e, const char *why)
{
	return err_set(e, RC_UNTRUSTED, "%s", why);
}

/* A merged view is never trusted: made again from its parents, it must be the same commit. */
static enum rc judge_merged(struct acceptor *ac, struct graph *g, const struct gcommit *c, struct err *e)
{
	size_t n, *heads, i;
	const struct standing *now;
	struct err odd = ERR_INIT;
	struct oid again;
	enum rc rc;

	if (c->broken)
		return refuse(e, "a commit that does not parse, or is larger than 64 KiB");
	if (!c->nparents)
		return refuse(e, "an unsigned commit without a parent");
	for (i = 0; i < c->nparents; i++)
		if (g->v[c->up[i]]->merged)
			return refuse(e, "an unsigned commit that is no merged view");
	heads = graph_heads(g, g->a, c->up, c->nparents, &n);
	if (n != c->nparents || memcmp(heads, c->up, n * sizeof *heads) != 0)
		return refuse(e, "a merged view whose parents are not heads in order");
	for (i = 0; i < n; i++) {
		size_t same = 0, k;

		for (k = 0; k < i; k++)
			same += str_eq(g->v[heads[k]]->node, g->v[heads[i]]->node);
		if (same >= LIMIT_HEADS)
			return refuse(e, "a merged view of more than 8 heads of one writer");
	}
	if ((rc = standing_of(&now, g, heads, n, e)))
		return rc;
	if (now->roster.rules > ac->rules) {
		ac->newer = now->roster.rules;
		return err_set(e, RC_CONFLICT, "merge rules %u", now->roster.rules);
	}
	for (i = 0; i < n; i++)
		if (standing_masks(now, g, heads[i]))
			return refuse(e, "a merged view with a head whose key was revoked");
	if (view_commit(&again, g, heads, n, &odd))
		return err_set(e, odd.rc, "%s", odd.msg);
	if (!oid_eq(&again, &c->id))
		return refuse(e, c->nparents > 1 ? "a merged view that is not what its parents give" :
		    "an unsigned commit that is no merged view");
	return RC_OK;
}

/* Number and row: what stands before it is there, is its own, and is in its past. */
static enum rc judge_row(struct graph *g, const struct gcommit *c, struct err *e)
{
	size_t prev;

	if (oid_is_none(&c->prev))
		return c->seq == 1 ? RC_OK : refuse(e, "its number is not 1, and it names no commit before it");
	prev = graph_find(g, &c->prev);
	if (prev == SIZE_MAX || !c->nparents || g->v[prev]->merged ||
	    !(c->up[0] == prev || graph_below(g, prev, c->up[0])))
		return refuse(e, "the own commit it names before it is not in its past");
	if (!str_eq(g->v[prev]->node, c->node) || !str_eq(g->v[prev]->incarnation, c->incarnation))
		return refuse(e, "the commit it names before it is another writer's");
	if (c->seq != g->v[prev]->seq + 1)
		return refuse(e, "its number does not follow the one before it");
	return RC_OK;
}

static enum rc judge_label(struct graph *g, const struct touch *t, const struct doc_path *p, struct str ceiling, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT;
	struct err odd = ERR_INIT;
	struct place at;
	struct doc d;
	enum rc rc = repo_read(&text, g->repo, &t->new, OBJECT_BLOB, LIMIT_DOC, &odd);

	if (rc == RC_INVALID)
		rc = err_set(e, RC_UNTRUSTED, "%.*s: more than 256 KiB", FMT_STR(t->path));
	else if (rc)
		rc = err_set(e, rc, "%s", odd.msg);
	else if (p->kind && !p->lang.n) {
		if (doc_parse(&d, &at, &a, buf_str(&text), &odd) || tlp_rank(d.tlp) < 0)
			rc = err_set(e, RC_UNTRUSTED, "%.*s: a document without a label", FMT_STR(t->path));
		else if (tlp_rank(d.tlp) > tlp_rank(ceiling))
			rc = err_set(e, RC_UNTRUSTED, "%.*s: labelled %.*s, above %.*s, the highest label of this community",
			    FMT_STR(t->path), FMT_STR(d.tlp), FMT_STR(ceiling));
	}
	buf_free(&text);
	arena_free(&a);
	return rc;
}

/* Bytes of a character at s that a disk of macOS leaves out of a name when it compares (git's utf8.c has the same
 * list), or 0: U+200C to U+200F, U+202A to U+202E, U+206A to U+206F, U+FEFF. */
static size_t left_out(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	if (s.n < 3)
		return 0;
	if (p[0] == 0xef)
		return p[1] == 0xbb && p[2] == 0xbf ? 3 : 0;
	if (p[0] != 0xe2)
		return 0;
	return (p[1] == 0x80 && ((p[2] >= 0x8c && p[2] <= 0x8f) || (p[2] >= 0xaa && p[2] <= 0xae))) ||
	    (p[1] == 0x81 && p[2] >= 0xaa && p[2] <= 0xaf) ? 3 : 0;
}

static bool begins(struct str name, const char *front)
{
	size_t i = 0, n;

	while (*front && i < name.n) {
		if ((n = left_out(str_sub(name, i, name.n)))) {
			i += n;
			continue;
		}
		if ((name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] + 32 : name.p[i]) != *front)
			return false;
		i++;
		front++;
	}
	return !*front;
}

/* Names that no node's disk may be given, as git's own checks have them, and a little more: what some disk takes for
 * .git (full stops, blanks and streams behind it are nothing on Windows, where git~1 is its short name), or git looks for. */
static bool path_safe(struct str path)
{
	struct str name;
	size_t i;

	for (i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < 0x20 || path.p[i] == 0x7f || path.p[i] == '\\')
			return false;
	if (!path.n || path.p[path.n - 1] == '/' || str_utf8_bad(path) != path.n)
		return false;
	while (str_split(&name, &path, '/'))
		if (!name.n || str_is(name, ".") || str_is(name, "..") || begins(name, ".git") || begins(name, "git~"))
			return false;
	return true;
}

static enum rc judge_paths(struct graph *g, const struct gcommit *c, struct str ceiling, struct err *e)
{
	size_t i, k, depth;
	enum rc rc;

	if (c->ntouched == SIZE_MAX)
		return refuse(e, "its tree does not parse");
	if (c->ntouched > LIMIT_CHANGES)
		return refuse(e, "more than 50,000 changed paths");
	for (i = 0; i < c->ntouched; i++) {
		const struct touch *t = &c->touched[i];
		struct doc_path p = { 0 };

		if (oid_is_none(&t->new))
			continue;
		if (!path_safe(t->path))
			return refuse(e, "a path that must not be on a disk");
		if (t->path.n > LIMIT_PATH)
			return refuse(e, "a path of more than 120 bytes");
		for (k = 0, depth = 1; k < t->path.n; k++)
			depth += t->path.p[k] == '/';
		if (depth > LIMIT_DEPTH)
			return refuse(e, "folders nested too deep");
		if (t->mode != 0100644)
			return err_set(e, RC_UNTRUSTED, "%.*s: not a plain file", FMT_STR(t->path));
		if (!doc_path_parse(&p, t->path, NULL))
			p.kind = NULL;
		if ((rc = judge_label(g, t, &p, ceiling, e)))
			return rc;
	}
	return RC_OK;
}

/* "BG node <node@bg.invalid>" of bg; no letter's case is looked at. */
static bool is_node(struct str person, struct str node)
{
	struct arena a = ARENA_INIT;
	const char *want = arena_printf(&a, "%.*s node <node@%.*s.invalid>", FMT_STR(node), FMT_STR(node));
	bool is = person.n == strlen(want) && strncasecmp(person.p, want, person.n) == 0;

	arena_free(&a);
	return is;
}

static enum rc judge_authored(struct acceptor *ac, struct graph *g, const struct gcommit *c, struct err *e)
{
	const struct standing *under;
	const struct member *m;
	unsigned char public[32];
	struct arena a = ARENA_INIT;
	struct err odd = ERR_INIT;
	struct commit raw;
	enum rc rc;

	if (!c->nparents && !oid_eq(&c->id, &ac->space))
		return refuse(e, "it begins another community");
	if (c->nparents && !oid_eq(&c->space, &ac->space))
		return refuse(e, "it was made for another community");
	if ((rc = repo_commit(&raw, &a, g->repo, &c->id, &odd))) {
		rc = err_set(e, rc, "%s", odd.msg);
		goto out;
	}
	if (raw.message.n > LIMIT_MESSAGE) {
		rc = refuse(e, "a message of more than 4 KiB");
		goto out;
	}
	if ((rc = judge_row(g, c, e)))
		goto out;
	if (c->nparents) {
		if ((rc = standing_under(&under, g, c, e)))
			goto out;
		if (under->roster.rules > ac->rules) {
			ac->newer = under->roster.rules;
			rc = err_set(e, RC_CONFLICT, "merge rules %u", ac->newer);
			goto out;
		}
		if (!(m = roster_member(&under->roster, c->node, c->key))) {
			rc = refuse(e, "its key and node do not stand together in the roster it was made under");
			goto out;
		}
		if (m->revoked) {
			rc = refuse(e, "its key was revoked before it was made");
			goto out;
		}
	}
	if (sshsig_verify(public, raw.signature, raw.signed_bytes, &odd)) {
		rc = refuse(e, odd.msg);
		goto out;
	}
	if (!is_node(raw.author, c->node) || !is_node(raw.committer, c->node)) {
		rc = refuse(e, "author and committer are not the node that signed it");
		goto out;
	}
	rc = judge_paths(g, c, c->nparents ? under->roster.ceiling : STR("TLP:GREEN"), e);
out:
	arena_free(&a);
	return rc;
}

enum rc accept_judge(void *ctx, struct graph *g, struct gcommit *c, struct err *e)
{
	struct acceptor *ac = ctx;
	enum rc rc = c->merged ? judge_merged(ac, g, c, e) : judge_authored(ac, g, c, e);

	if (rc && rc != RC_CONFLICT) {
		ac->count++;
		ac->refused(ac->ctx, c, e->msg);
	}
	return rc;
}
