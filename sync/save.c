/* sync/save.c: see save.h. */
#include "sync/save.h"

#include <string.h>
#include <sys/stat.h>

#include "kb/doc/check.h"
#include "kb/doc/load.h"
#include "kb/limits.h"
#include "sync/guard.h"

struct list {
	struct unsaved *v;
	size_t n, cap;
	struct arena *a;
};

static enum rc collect(void *ctx, const struct change *c, struct err *e)
{
	struct list *l = ctx;

	(void)e;
	if (str_starts(c->path, STR("drafts/")))
		return RC_OK;
	if (!oid_is_none(&c->old) && oid_eq(&c->old, &c->new) && S_ISREG(c->mode))
		return RC_OK;		/* only the executable bit, which documents do not have */
	if (l->n == l->cap)
		l->v = arena_grow(l->a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n++] = (struct unsaved){ arena_str(l->a, c->path), c->old, c->new, c->mode };
	return RC_OK;
}

enum rc save_list(struct unsaved **out, size_t *n, struct arena *a, struct repo *repo, const struct oid *base, struct err *e)
{
	struct list l = { .a = a };
	enum rc rc = repo_worktree_diff(repo, base, collect, &l, e);

	if (!rc) {
		*out = l.v;
		*n = l.n;
	}
	return rc;
}

static const char *bad_kind(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return NULL;
	case S_IFLNK: return "a symbolic link; put the file itself here";
	case S_IFIFO: return "a pipe; remove it";
	case 0160000: return "a repository of its own inside this one; move it away";
	default: return "no regular file; remove it";
	}
}

static const char *said(struct arena *a, const struct finding *f)
{
	return f->place.line ? arena_printf(a, "line %u: %.*s", f->place.line, FMT_STR(f->message)) : arena_cstr(a, f->message);
}

static const char *findings_refuse(struct author *au, struct str path, struct str text, warn_fn *warn, void *ctx)
{
	struct findings f = { 0 };
	struct check_env env = { .ceiling = au->roster.ceiling };
	const struct finding *held = NULL;
	size_t i;

	if (!au->load)
		load_open(au->load = arena_alloc(au->a, sizeof *au->load), au->a, au->node->dir);
	env.vocab = &au->load->vocab;
	check_document(&f, au->a, path, text, &env);
	for (i = 0; i < f.n && !held; i++)
		if (check_holds_back(&f.v[i]))
			held = &f.v[i];
	for (i = 0; i < f.n && !held && warn; i++)
		if (!f.v[i].passed)
			warn(ctx, path, cstr(said(au->a, &f.v[i])));
	return held ? said(au->a, held) : NULL;
}

const char *save_judge(struct author *au, struct str path, struct str old, struct str new, warn_fn *warn, void *ctx)
{
	bool vocab = str_starts(path, STR("vocab/")), meta = vocab || str_starts(path, STR("roster/"));
	const char *why = NULL;
	struct doc_path p;

	if (!meta && !doc_path_parse(&p, path, &why))
		return new.p ? why : NULL;	/* a stray that goes away may */
	if (new.n > LIMIT_DOC)
		return "more than 256 KiB; split it";
	if (new.p && !meta)
		why = findings_refuse(au, path, new, warn, ctx);
	else if (new.p && str_utf8_bad(new) != new.n)
		why = "is not UTF-8";
	if (!why)
		why = guard_refuses(au->a, au->member, path, old, new);
	return !why && new.p && vocab ? findings_refuse(au, path, new, warn, ctx) : why;
}

enum rc save_refuses(const char **why, struct buf *text, struct author *au, const struct unsaved *u, warn_fn *warn, void *ctx,
    struct err *e)
{
	const char *path = path_join(au->a, au->node->dir, arena_cstr(au->a, u->path));
	struct buf old = BUF_INIT;
	struct str before = STR_NONE, after = STR_NONE;
	struct doc_path p;
	enum rc rc = RC_OK;

	*why = NULL;
	if (!oid_is_none(&u->new) || u->mode)
		*why = bad_kind(u->mode);
	if (*why)
		return RC_OK;
	if (!str_starts(u->path, STR("roster/")) && !str_starts(u->path, STR("vocab/")) && !doc_path_parse(&p, u->path, why)) {
		if (oid_is_none(&u->new))
			*why = NULL;	/* a stray that goes away may; what it held is not read */
		return RC_OK;
	}
	if (!oid_is_none(&u->old)) {
		rc = repo_read(&old, au->repo, &u->old, OBJECT_BLOB, (size_t)16 << 20, e);
		before = arena_str(au->a, buf_str(&old));
		buf_free(&old);
		if (rc)
			return rc;
	}
	if (!oid_is_none(&u->new)) {
		rc = file_read(text, path, LIMIT_DOC, e);
		if (rc == RC_INVALID) {
			*why = "more than 256 KiB; split it";
			return RC_OK;
		}
		if (rc)
			return rc;
		after = arena_str(au->a, buf_str(text));	/* .p is set also when the file is empty */
	}
	*why = save_judge(au, u->path, before, after, warn, ctx);
	return RC_OK;
}
