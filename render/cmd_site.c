/* render/cmd_site.c: colep site DIR: the static site of an audience or of a meeting. */
#include "kb/cmd.h"
#include "render/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "kb/node.h"
#include "render/changes.h"
#include "render/site.h"

static void progress(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "pages", n, total, false);
}

static void index_progress(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "indexing", n, total, false);
}

static void bad(void *ctx, const char *message)
{
	cmd_say(ctx, "%s", message);
}

/* The answer: every document of the node, in or out; named on stderr when it is broken. */
static bool report(struct ctx *c, const struct copy *copy)
{
	bool broken = false;
	struct out o;
	size_t i;

	cmd_out(&o, c);
	for (i = 0; i < copy->nall; i++) {
		const struct entry *e = &copy->all[i];

		out_begin(&o);
		out_text(&o, "verdict", e->in ? STR("in") : STR("out"));
		out_text(&o, "id", e->name);
		out_text(&o, "reason", cstr(e->reason));
		out_end(&o);
		if (e->broken) {
			broken = true;
			cmd_say(c, "%.*s: front matter does not parse; 'colep check' says what is wrong; left out",
			    FMT_STR(e->name));
		}
	}
	out_close(&o);
	return broken;
}

int cmd_site(struct ctx *c, int argc, char **argv)
{
	const char *meeting = NULL, *audience = "public", *lang = NULL, *theme_dir = NULL, *why = NULL;
	bool dry = false, stale = false, broken = false;
	const struct opt opts[] = {
		{ "meeting", 0, OPT_TEXT, &meeting, "ID", "only the pack of this meeting" },
		{ "audience", 0, OPT_TEXT, &audience, "public|community", "who it is for; default public" },
		{ "lang", 0, OPT_TEXT, &lang, "L", "interface and, where there are translations, titles in this language" },
		{ "theme", 0, OPT_TEXT, &theme_dir, "DIR", "templates, style and words from this folder" },
		{ "dry-run", 0, OPT_FLAG, &dry, NULL, "only tell what would be in and out" },
	};
	struct site_told told = { .progress = progress, .bad = bad, .ctx = c };
	struct progress indexing = { index_progress, c };
	struct copy_want want = { 0 };
	struct err e = ERR_INIT;
	struct node node = { 0 };
	struct index *ix = NULL;
	struct snap *snap = NULL;
	struct copy *copy = NULL;
	struct theme *theme = NULL;
	struct md *md = NULL;
	struct oid main;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 5)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, "%s", left < 2 ? "needs the folder to write to" : "one folder only");
	if (site_audience(&want.audience, audience, &e))
		return cmd_usage(c, "%s", e.msg);
	if (lang && !lang_valid(cstr(lang)))
		return cmd_usage(c, "--lang %s: no language code; it is like bg or sr-Latn", lang);
	want.meeting = cstr(meeting);
	want.lang = cstr(lang);
	if (getenv("SOURCE_DATE_EPOCH"))
		want.now = c->now;	/* else no clock: same documents, same bytes */
	status = EXIT_FAIL;
	/* The worker is a fork: first of all. */
	if (md_open(&md, &e) || node_open(&node, c->arena, c->dir, &e) || (!dry && site_check(argv[1], &e)) ||
	    index_open(&ix, &node, false, &indexing, &why, &stale, &e) || snap_open(&snap, ix, &e)) {
		status = cmd_fail(c, &e);
		goto out;
	}
	cmd_progress(c, "", 0, 0, true);
	if (stale)
		cmd_say(c, "the index is behind and cannot be written; the site is of an earlier state");
	want.practice = node.practice;
	if (theme_open(&theme, theme_dir, &e)) {
		status = cmd_fail(c, &e);
		goto out;
	}
	want.theme = theme;
	if (copy_load(&copy, snap, &want, &e)) {
		status = cmd_fail(c, &e);
		goto out;
	}
	main = snap_commit(snap);
	snap_close(snap);
	snap = NULL;
	if (!dry && changes_load(copy, node.dir, &main, &e))
		cmd_say(c, "the history cannot be read, so pages are without it: %s", e.msg);
	broken = report(c, copy);
	if (!dry && site_write(argv[1], md, copy, &told, &e)) {
		cmd_progress(c, "", 0, 0, true);
		status = cmd_fail(c, &e);
		goto out;
	}
	cmd_progress(c, "", 0, 0, true);
	if (!dry && c->err_terminal)
		cmd_say(c, "%s: %zu pages, %zu written, %zu removed", argv[1], told.pages, told.written, told.removed);
	status = broken || told.bad_pages ? EXIT_NO : EXIT_YES;
out:
	copy_free(copy);
	theme_close(theme);
	if (snap)
		snap_close(snap);
	if (ix)
		index_close(ix);
	md_close(md);
	return status;
}
