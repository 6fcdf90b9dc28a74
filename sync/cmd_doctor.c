/* sync/cmd_doctor.c: colep doctor: is all well with this node, and if not, what to do. */
#include "kb/cmd.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/index/index.h"
#include "sync/author.h"

struct doctor {
	struct ctx *c;
	struct out o;
	bool bad;
};

/* One line: good (detail), or bad (what and how to mend). */
static void tell(struct doctor *d, const char *check, bool good, const char *detail)
{
	out_begin(&d->o);
	out_text(&d->o, "check", cstr(check));
	out_text(&d->o, "result", good ? STR("good") : STR("bad"));
	out_text(&d->o, "detail", cstr(detail));
	out_end(&d->o);
	d->bad |= !good;
}

static bool program_there(struct ctx *c, const char *name)
{
	const char *path = getenv("PATH");
	struct str rest = cstr(path ? path : "/usr/bin:/bin"), dir;

	while (str_split(&dir, &rest, ':'))
		if (access(arena_printf(c->arena, "%.*s/%s", FMT_STR(dir), name), X_OK) == 0)
			return true;
	return false;
}

static void disk(struct doctor *d, const struct node *n)
{
	struct statvfs v;

	if (statvfs(n->dir, &v))
		tell(d, "disk", false, "its free space cannot be asked for");
	else if ((v.f_flag & ST_RDONLY) != 0)
		tell(d, "disk", true, "read-only: this node can be read here, not written");
	else
		tell(d, "disk", (uint64_t)v.f_bavail * v.f_frsize > (64u << 20), arena_printf(d->c->arena, "%llu MiB free%s",
		    (unsigned long long)((uint64_t)v.f_bavail * v.f_frsize >> 20),
		    (uint64_t)v.f_bavail * v.f_frsize > (64u << 20) ? "" : "; make room before saving"));
}

static void writing(struct doctor *d, const struct node *n)
{
	struct ctx *c = d->c;
	struct err e = ERR_INIT;
	struct author au;

	if (author_open(&au, c->arena, n, c->keys, c->agent, c->now, &e)) {
		tell(d, "writing", false, arena_cstr(c->arena, cstr(e.msg)));
		return;
	}
	tell(d, "writing", true, arena_printf(c->arena, "as %.*s, %s, number %llu%s", FMT_STR(au.id), role_name(au.member->role),
	    (unsigned long long)au.seq, au.renewed ? "; another machine or folder than before, so a new row begins" : ""));
	if (au.roster.odd)
		tell(d, "roster", false, arena_printf(c->arena, "%zu lines under roster/ do not parse and have no effect", au.roster.odd));
	author_close(&au);
}

static void forks(struct doctor *d, const struct node *n)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct str rest, line, node;

	if (file_read(&b, path_join(d->c->arena, n->cache, "forks"), (size_t)1 << 20, &e) == RC_OK)
		for (rest = buf_str(&b); str_line(&line, &rest);)
			if (str_split(&node, &line, ' '))
				tell(d, "forks", false, arena_printf(d->c->arena, "%.*s made two commits with number %.*s: a restored disk or a copied "
				    "folder; both count, and its owner should know", FMT_STR(node), FMT_STR(line)));
	buf_free(&b);
}

static void index_state(struct doctor *d, const struct node *n)
{
	struct ctx *c = d->c;
	struct err e = ERR_INIT;
	struct index *ix = NULL;
	struct snap *s = NULL;
	const char *why = NULL;
	bool stale = false;
	struct record r;
	size_t i, broken = 0;
	enum rc rc;

	(void)((rc = index_open(&ix, n, false, NULL, &why, &stale, &e)) || (rc = snap_open(&s, ix, &e)));
	for (i = 0; !rc && i < snap_count(s) && !(rc = snap_record(&r, s, i, &e)); i++) {
		struct buf text = BUF_INIT;

		rc = snap_text(&text, s, &r, &e);
		buf_free(&text);
		broken += r.broken;
	}
	if (rc)
		tell(d, "index", false, arena_printf(c->arena, "%s; run 'colep index --rebuild'", e.msg));
	else
		tell(d, "index", !stale, arena_printf(c->arena, "%zu documents, every text reads%s%s", snap_count(s),
		    why ? "; it was made anew: " : "", why ? why : stale ? "; it is behind and cannot be written here" : ""));
	if (broken)
		tell(d, "documents", false, arena_printf(c->arena, "%zu whose front matter does not parse; 'colep check' names them", broken));
	snap_close(s);
	index_close(ix);
}

int cmd_doctor(struct ctx *c, int argc, char **argv)
{
	struct doctor d = { .c = c };
	struct err e = ERR_INIT;
	struct node node;
	struct oid main;
	char hex[OID_HEX + 1];
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words");
	if (node_open(&node, c->arena, c->dir, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	cmd_out(&d.o, c);
	tell(&d, "node", !node.foreign, node.foreign ? "this folder belongs to another user; it is only read" : node.dir);
	if (node_main(&main, &node, &e)) {
		tell(&d, "history", false, e.msg);
	} else {
		oid_format(hex, &main);
		tell(&d, "history", true, hex);
	}
	disk(&d, &node);
	if (!node.foreign)
		writing(&d, &node);
	forks(&d, &node);
	index_state(&d, &node);
	tell(&d, "git", program_there(c, "git"), program_there(c, "git") ? "found" : "the git program is missing; install it with "
	    "your system's package manager");
	out_close(&d.o);
	return d.bad ? EXIT_NO : EXIT_YES;
}
