/* sync/carry.c: see carry.h.
 *
 * A file that differs from what main had is left alone. If main changed that file too, the work is one more edit of
 * the document beside the new view, and the rules of merge.c make one text of both, with conflict blocks where they
 * meet.
 *
 * .git/colep/carried has the move, "FROM TO", as its first line, and one for each such file before it is written: the
 * id of what it held, a blank, its path. A file named there that holds something else by now was carried before the command was killed, and is not again. */
#include "sync/carry.h"

#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"
#include "sync/merge.h"

struct kept { struct str path; struct oid old, new; };
struct move {
	struct arena a;
	const struct node *node;
	struct repo *repo;
	told_fn *told;
	void *ctx;
	struct kept *v;
	size_t n, cap;
	struct buf carried;		/* the file's text */
};

static const char *carried_path(struct arena *a, const struct node *n)
{
	return path_join(a, n->cache, "carried");
}

void carry_forget(const struct node *n)
{
	struct arena a = ARENA_INIT;

	unlink(carried_path(&a, n));
	arena_free(&a);
}

static enum rc keep(void *ctx, const struct change *c, struct err *e)
{
	struct move *m = ctx;

	(void)e;
	if (oid_eq(&c->old, &c->new))
		return RC_OK;
	if (m->n == m->cap)
		m->v = arena_grow(&m->a, m->v, &m->cap, sizeof *m->v);
	m->v[m->n++] = (struct kept){ arena_str(&m->a, c->path), c->old, c->new };
	return RC_OK;
}

static enum rc blob_text(struct str *text, struct arena *a, struct repo *repo, const struct oid *o, struct err *e)
{
	struct buf b = BUF_INIT;
	enum rc rc = RC_OK;

	*text = STR("");
	if (!oid_is_none(o) && !(rc = repo_read(&b, repo, o, OBJECT_BLOB, (size_t)1 << 20, e)) && b.n)
		*text = arena_str(a, buf_str(&b));
	buf_free(&b);
	return rc;
}

static void say(struct move *m, struct str path, const char *what)
{
	if (m->told)
		m->told(m->ctx, arena_printf(&m->a, "%.*s: %s", FMT_STR(path), what));
}

/* Was it carried, by a command that was killed later? */
static bool was_carried(const struct move *m, struct str path, const struct oid *disk)
{
	struct str rest, line;
	struct oid held;

	for (rest = buf_str(&m->carried); str_line(&line, &rest);)
		if (oid_parse(&held, str_sub(line, 0, OID_HEX)) && str_eq(str_sub(line, OID_HEX + 1, line.n), path))
			return !oid_eq(&held, disk);
	return false;
}

static enum rc write_carried(struct move *m, struct str path, const char *full, const struct oid *disk, struct str text, struct err *e)
{
	char hex[OID_HEX + 1];
	enum rc rc;

	oid_format(hex, disk);
	buf_printf(&m->carried, "%s %.*s\n", hex, FMT_STR(path));
	if ((rc = file_write_fast(carried_path(&m->a, m->node), buf_str(&m->carried), 0644, e)) == RC_OK)
		rc = file_write(full, text, 0644, e);
	return rc;
}

static enum rc carry_one(struct move *m, const struct kept *k, struct err *e)
{
	static const uint64_t past[3] = { 0, 1, 1 };
	const char *path = path_join(&m->a, m->node->dir, arena_cstr(&m->a, k->path));
	struct merge_rules rules = { 0 };
	struct arena a = ARENA_INIT;
	struct buf disk = BUF_INIT;
	struct str old, new;
	struct merged merged;
	struct doc_path p;
	struct edit ed[3];
	struct oid is;
	enum rc rc;

	if (oid_is_none(&k->new)) {
		if (file_exists(path))
			say(m, k->path, "was deleted by others; your unsaved text is kept, and 'colep save' brings it back");
		return RC_OK;
	}
	if (!file_exists(path)) {
		if ((rc = blob_text(&new, &a, m->repo, &k->new, e)) == RC_OK)
			rc = file_write(path, new, 0644, e);
		say(m, k->path, "was changed by others meanwhile, so it is back; delete it again if it should go");
		arena_free(&a);
		return rc;
	}
	rc = file_read(&disk, path, LIMIT_VIEW, e);
	if (rc == RC_INVALID) {			/* no document: left as it lies, told */
		say(m, k->path, "is no file that can be merged; it is left as it is, the saved text is in history");
		rc = RC_OK;
		goto out;
	}
	if (rc)
		goto out;
	is = repo_hash_blob(buf_str(&disk));
	if (was_carried(m, k->path, &is))
		goto out;
	if ((rc = blob_text(&old, &a, m->repo, &k->old, e)) || (rc = blob_text(&new, &a, m->repo, &k->new, e)))
		goto out;
	if (doc_path_parse(&p, k->path, NULL))
		rules.kind = p.kind;
	ed[0] = (struct edit){ .past = &past[0], .text = old, .gone = oid_is_none(&k->old) };
	ed[1] = (struct edit){ .past = &past[1], .text = new };
	ed[2] = (struct edit){ .past = &past[2], .text = arena_str(&a, buf_str(&disk)) };
	ed[1].id.b[0] = 1;
	ed[2].id.b[0] = 2;
	merge_document(&merged, &a, ed, 3, &rules);
	if (!str_eq(merged.text, buf_str(&disk)))
		rc = write_carried(m, k->path, path, &is, merged.text, e);
	if (merged.nconflicts)
		say(m, k->path, "you and others changed the same passage; both stand in the file, choose before you save");
out:
	buf_free(&disk);
	arena_free(&a);
	return rc;
}

enum rc carry(const struct node *n, struct repo *r, const struct oid *from, const struct oid *to, told_fn *told, void *ctx,
    struct err *e)
{
	struct move m = { .a = ARENA_INIT, .node = n, .repo = r, .told = told, .ctx = ctx, .carried = BUF_INIT };
	char hex[2 * OID_HEX + 2];
	const struct oid none = OID_NONE;
	enum rc rc;
	size_t i;

	oid_format(hex, from ? from : &none);
	oid_format(hex + OID_HEX + 1, to);
	hex[OID_HEX] = ' ';
	rc = file_read(&m.carried, carried_path(&m.a, n), (size_t)16 << 20, e);
	if (rc == RC_NOTFOUND)
		rc = RC_OK;
	if (!str_starts(buf_str(&m.carried), cstr(hex))) {
		buf_clear(&m.carried);		/* of another move */
		buf_printf(&m.carried, "%s\n", hex);
	}
	if (!rc)
		rc = repo_checkout(r, from, to, keep, &m, e);
	for (i = 0; i < m.n && !rc; i++)
		rc = carry_one(&m, &m.v[i], e);
	buf_free(&m.carried);
	arena_free(&m.a);
	return rc;
}
