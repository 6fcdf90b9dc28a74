/* render/cmd_site.c: colep site DIR: the static site of an audience or of a meeting. */
#include "kb/cmd.h"
#include "render/commands.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "kb/node.h"
#include "render/changes.h"
#include "render/kept.h"
#include "render/manifest.h"
#include "render/site.h"
#include "render/stamp.h"
#include "render/zip.h"

#define NAMED 20			/* documents named in one line of the summary */
#define TEXTS_HELD ((size_t)22 << 20)	/* bytes: most of 10,000 documents; pages take more later, when these are gone */

struct asked {
	const char *dir, *zip, *theme;	/* dir or zip may be NULL */
	unsigned jobs;
	bool dry;
};

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

/* Why documents are out, as the summary counts it; by the first words of their reasons. */
static const struct { const char *begins, *called; } whys[] = {
	{ "label", "by their label" }, { "no label", "without a label" }, { "status", "by their status" },
	{ "no status", "without a status" }, { "not of this meeting", "of other meetings" }, { "front matter", "broken" },
	{ "", "for other reasons" },
};
enum { WHYS = sizeof whys / sizeof whys[0] };

/* The answer: every document of the node, in or out. */
static void report(struct ctx *c, const struct stamp *s)
{
	struct out o;
	size_t i;

	cmd_out(&o, c);
	for (i = 0; i < s->ndocs; i++) {
		out_begin(&o);
		out_text(&o, "verdict", s->docs[i].in ? STR("in") : STR("out"));
		out_text(&o, "id", s->docs[i].name);
		out_text(&o, "reason", s->docs[i].reason);
		out_end(&o);
	}
	out_close(&o);
}

/* The same from a copy; false: some are broken, which is said. */
static bool stamp_of(struct stamp *s, struct ctx *c, const struct copy *copy)
{
	bool whole = true;
	size_t i;

	*s = (struct stamp){ .docs = arena_array(c->arena, copy->nall, sizeof *s->docs), .ndocs = copy->nall, .tlp = copy->tlp };
	for (i = 0; i < copy->nall; i++) {
		const struct entry *e = &copy->all[i];

		s->docs[i] = (struct stamp_doc){ e->name, cstr(e->reason), e->in };
		if (e->broken) {
			whole = false;
			cmd_say(c, "%s/%.*s/%.*s.md:%s; left out", e->kind->folder, FMT_STR(e->owner), FMT_STR(e->name),
			    strncmp(e->fault, "0: ", 3) ? e->fault : e->fault + 2);	/* line 0: the whole of it */
		}
	}
	return whole;
}

/* Up to NAMED names of a that are not in b; both sorted. */
static void difference(struct buf *b, size_t *n, const struct str *x, size_t nx, const struct str *y, size_t ny)
{
	size_t i, j = 0;

	buf_clear(b);
	for (i = *n = 0; i < nx; i++) {
		while (j < ny && str_cmp(y[j], x[i]) < 0)
			j++;
		if (j < ny && str_eq(y[j], x[i]))
			continue;
		if (++*n <= NAMED)
			buf_printf(b, " %.*s", FMT_STR(x[i]));
	}
	if (*n > NAMED)
		buf_printf(b, " and %zu more", *n - NAMED);
}

/* What leaves the house, for who answers for it: counts, the highest label, what the last copy in dir had not. */
static void summary(struct ctx *c, const struct stamp *s, const char *dir, bool dry, const struct str *old, size_t nold)
{
	struct str *now = arena_array(c->arena, s->ndocs, sizeof *now);
	size_t counts[WHYS] = { 0 }, i, k, n, in = 0, translations = 0;
	struct buf b = BUF_INIT;
	const char *and;

	for (i = 0; i < s->ndocs; i++) {
		if (s->docs[i].in) {
			translations += str_chr(s->docs[i].name, '.') != SIZE_MAX;
			now[in++] = s->docs[i].name;
			continue;
		}
		for (k = 0; !str_starts(s->docs[i].reason, cstr(whys[k].begins)); k++)
			;
		counts[k]++;
	}
	for (k = 0; k < WHYS; k++)
		if (counts[k])
			buf_printf(&b, "%s %zu %s", b.n ? "," : ":", counts[k], whys[k].called);
	and = translations ? arena_printf(c->arena, " and %zu translations", translations) : "";
	cmd_say(c, "%s: %zu documents%s %s, highest label %.*s; %zu out%.*s", dir, in - translations, and, dry ? "would be in" : "in",
	    FMT_STR(s->tlp), s->ndocs - in, (int)b.n, b.n ? b.p : "");
	for (i = 0; i < in && i < nold && str_eq(now[i], old[i]); i++)
		;
	if (nold && (i < in || i < nold)) {
		difference(&b, &n, now, in, old, nold);
		if (n)
			cmd_say(c, "%s: new since the copy before:%s", dir, buf_cstr(&b));
		difference(&b, &n, old, nold, now, in);
		if (n)
			cmd_say(c, "%s: no longer in it:%s", dir, buf_cstr(&b));
	}
	buf_free(&b);
}

/* The files of a site, in a folder named like the .zip without its ending. */
static enum rc pack(const char *file, const char *dir, struct arena *a, int64_t day, struct err *e)
{
	struct str name = cstr(file), line, rest;
	struct buf manifest = BUF_INIT, b = BUF_INIT;
	struct zip *z = NULL;
	struct str path;
	enum rc rc;
	size_t i;

	for (i = name.n; i > 0 && name.p[i - 1] != '/'; i--)
		;
	name = str_sub(name, i, name.n);
	if (str_ends(name, STR(".zip")))
		name.n -= 4;
	if ((rc = file_read(&manifest, path_join(a, dir, MANIFEST), MANIFEST_MAX, e)) ||
	    (rc = zip_open(&z, file, day, e)))
		goto out;
	rc = zip_add(z, cstr(arena_printf(a, "%.*s/" MANIFEST, FMT_STR(name))), buf_str(&manifest), e);
	for (rest = buf_str(&manifest); !rc && str_line(&line, &rest);) {
		if (!manifest_take(&path, line)) {
			rc = err_set(e, RC_CORRUPT, "%s/" MANIFEST ": changed while it was packed; build again", dir);
			break;
		}
		buf_clear(&b);
		if (!(rc = file_read(&b, path_join(a, dir, arena_cstr(a, path)), (size_t)64 << 20, e)))
			rc = zip_add(z, cstr(arena_printf(a, "%.*s/%.*s", FMT_STR(name), FMT_STR(path))), buf_str(&b), e);
	}
	if (rc)
		zip_abandon(z);
	else
		rc = zip_close(z, e);
out:
	buf_free(&manifest);
	buf_free(&b);
	return rc;
}

/* While nobody else writes there: it is for the readers that were asked for. */
struct packing {
	const char *file, *dir;
	struct arena *a;
	int64_t day;
	bool begun;
};

static enum rc pack_it(void *ctx, struct err *e)
{
	struct packing *p = ctx;

	p->begun = true;
	return pack(p->file, p->dir, p->a, p->day, e);
}

/* The folder to build in where only a .zip is wanted: beside it, so that it is on the same disk. */
static enum rc build_folder(char **dir, struct arena *a, const char *zip, struct err *e)
{
	*dir = arena_printf(a, "%s.XXXXXX", zip);
	if (mkdtemp(*dir))
		return RC_OK;
	*dir = NULL;
	return err_errno(e, "%s: a folder to build it in", zip);
}

/* What was kept of the site is opened in a thread of its own, and its folder looked at: git is loaded meanwhile, and the index
 * brought up to date. */
struct opening {
	const struct copy_want *want;
	const char *dir;
	bool kept;			/* open what was kept, unless it is open */
	struct kept *was;
	struct site_before *before;
	enum rc rc;
	struct err err;
	pthread_t thread;
	bool running;
};

static void *opening_run(void *arg)
{
	struct opening *o = arg;

	if (o->kept && !o->was)
		o->was = kept_open(o->want->kept, o->want, o->dir);
	if (o->was && !o->was->seen)
		kept_look_begin(o->was, o->dir, 1);
	o->rc = site_check(o->before, o->dir, o->was, &o->err);
	return NULL;
}

static void opening_begin(struct opening *o)
{
	if (o->dir && !(o->running = pthread_create(&o->thread, NULL, opening_run, o) == 0))
		opening_run(o);
}

static void opening_end(struct opening *o)
{
	if (o->running)
		pthread_join(o->thread, NULL);
	o->running = false;
}

/* From here on what is large is given back when it is freed. Where little is made that only costs time. */
static void give_back(void)
{
	mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

/* Everything after the options. Returns the exit status. */
static int build(struct ctx *c, struct copy_want *want, const struct asked *ask, struct err *e)
{
	struct packing packing = { .begun = false };
	struct site_told told = { .progress = progress, .bad = bad, .ctx = c, .then = ask->zip ? pack_it : NULL, .then_ctx = &packing };
	struct kept_place kept;
	struct node node = { 0 };
	struct progress indexing = { .fn = index_progress, .ctx = c };
	struct index *ix = NULL;
	struct snap *snap = NULL;
	struct copy *copy = NULL;
	struct reading *history = NULL;
	struct theme *theme = NULL;
	struct md *md[SITE_JOBS_MAX] = { NULL };
	struct stamp stamp = { .tlp = STR_NONE };
	struct err ignored = ERR_INIT;
	const char *dir = ask->dir;
	char *temporary = NULL;
	bool stale, broken = false, writing = false, keeps, kept_copy;
	struct site_before before = { .a = ARENA_INIT };
	struct opening opening = { .want = want, .before = &before, .err = ERR_INIT };
	const char *pages;
	struct oid main;
	int status;
	unsigned i;
	enum rc rc = RC_OK;

	if (!dir)
		rc = ask->dry ? RC_OK : build_folder(&temporary, c->arena, ask->zip, e);
	dir = dir ? dir : temporary;
	if (rc || (rc = node_open(&node, c->arena, c->dir, e)))
		goto out;
	want->kept = kept_place(&kept, node.cache) ? &kept : NULL;
	if ((rc = theme_open(&theme, ask->theme, e)))
		goto out;
	if (want->lang.n && !theme_texts(theme, want->lang))
		cmd_say(c, "--lang %.*s: no words of the interface are in this language, so they are English; texts/%.*s.txt in a "
		    "folder for --theme would add them", FMT_STR(want->lang), FMT_STR(want->lang));
	kept_place_theme(&kept, theme);
	want->practice = node.practice;
	want->threads = ask->jobs;
	want->theme = theme;
	keeps = !ask->dry && !temporary && want->kept;
	if (keeps && !ask->zip && !node_main(&main, &node, &ignored) && stamp_is_of(want->kept, want, &main, dir) &&
	    (opening.was = kept_open(want->kept, want, dir)) && site_no_file_came(opening.was, dir) &&
	    stamp_holds(&stamp, c->arena, opening.was, want->kept, want, &main, dir, ask->jobs)) {
		told.pages = opening.was->nfiles;
		report(c, &stamp);
		summary(c, &stamp, dir, false, NULL, 0);
		goto written;
	}
	pages = keeps ? kept_path(c->arena, want->kept, dir, "pages") : NULL;
	if (pages && !file_exists(pages))
		pages = NULL;
	for (i = 0; !rc && !ask->dry && i < ask->jobs; i++)	/* forks: while this process is small */
		if (i == 0 || !pages)
			rc = md_open(&md[i], e);
		else
			md[i] = md_open_later();	/* mostly little is to be made */
	if (rc)
		goto out;
	if (!pages)
		give_back();
	opening.kept = keeps;
	opening.dir = dir;
	opening_begin(&opening);
	if ((rc = index_open(&ix, &node, false, &indexing, NULL, &stale, e)) || (rc = snap_open(&snap, ix, e)))
		goto out;
	cmd_progress(c, "", 0, 0, true);
	if (stale)
		cmd_say(c, "the index is behind and cannot be written; the site is of an earlier state");
	main = snap_commit(snap);
	kept_copy = keeps && copy_load_kept(&copy, snap, want, dir, node.dir);
	opening_end(&opening);
	if (!ask->dry && (rc = opening.rc)) {
		*e = opening.err;
		goto out;
	}
	if (!kept_copy) {
		give_back();
		if (!ask->dry) {
			want->hold = TEXTS_HELD;
			history = changes_begin(node.dir, &main);
		}
		if ((rc = copy_load(&copy, snap, want, e)))
			goto out;
		if (history && changes_load(copy, history, e))
			cmd_say(c, "the history cannot be read, so pages are without it: %s", e->msg);
		history = NULL;
	}
	if (!kept_copy || !stamp_goes_on(&stamp, c->arena, want->kept, copy, dir))
		broken = !stamp_of(&stamp, c, copy);
	report(c, &stamp);
	writing = !ask->dry && !temporary;
	if (!ask->dry) {
		packing = (struct packing){ ask->zip, dir, c->arena, copy->today_days, false };
		rc = site_write(dir, md, ask->jobs, copy, &before, temporary ? NULL : want->kept, opening.was, &told, e);
		opening.was = NULL;
		writing &= !packing.begun;
		if (rc)
			goto out;
	}
	writing = false;
	cmd_progress(c, "", 0, 0, true);
	summary(c, &stamp, ask->dir ? ask->dir : ask->zip, ask->dry, before.docs, before.ndocs);
written:
	if (!ask->dry) {
		cmd_say(c, "%s: %zu files, %zu written, %zu removed", ask->dir ? ask->dir : ask->zip, told.pages, told.written,
		    told.removed);
		if (ask->dir)
			cmd_leave_out(c, &node, ask->dir);
		if (ask->zip)
			cmd_leave_out(c, &node, ask->zip);
	}
out:
	cmd_progress(c, "", 0, 0, true);
	opening_end(&opening);
	if (temporary && dir_remove(temporary, &ignored))
		cmd_say(c, "%s", ignored.msg);
	kept_close(opening.was);
	site_before_free(&before);
	stamp_close(&stamp);
	changes_cancel(history);
	copy_free(copy);
	theme_close(theme);
	if (snap)
		snap_close(snap);
	if (ix)
		index_close(ix);
	for (i = 0; i < ask->jobs; i++)
		md_close(md[i]);
	if (!rc)
		return broken || told.bad_pages ? EXIT_NO : EXIT_YES;
	status = cmd_fail(c, e);
	if (writing && rc == RC_IO)
		cmd_say(c, "%s: not whole yet: make room there, or name another folder, and run the same command again", dir);
	return status;
}

int cmd_site(struct ctx *c, int argc, char **argv)
{
	const char *meeting = NULL, *audience = "public", *lang = NULL;
	struct asked ask = { .jobs = 2 };
	uint64_t jobs = 2;
	const struct opt opts[] = {
		{ "meeting", 0, OPT_TEXT, &meeting, "ID", "only the pack of this meeting" },
		{ "audience", 0, OPT_TEXT, &audience, "public|community", "who it is for; default public" },
		{ "lang", 0, OPT_TEXT, &lang, "L", "interface and, where there are translations, titles in this language" },
		{ "theme", 0, OPT_TEXT, &ask.theme, "DIR", "templates, style and words from this folder" },
		{ "zip", 0, OPT_TEXT, &ask.zip, "FILE", "the site as one .zip, beside or instead of DIR" },
		{ "jobs", 'j', OPT_NUMBER, &jobs, "N", "pages made at a time, 1 to 8; default 2" },
		{ "dry-run", 0, OPT_FLAG, &ask.dry, NULL, "only tell what would be in and out" },
	};
	struct copy_want want = { 0 };
	struct err e = ERR_INIT;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof opts[0])) >= 0)
		return status;
	if (left > 2 || (left == 2 ? !*argv[1] : !ask.zip))
		return cmd_usage(c, "%s", left <= 2 ? "needs the folder to write to, or --zip FILE" : "one folder only");
	if (site_audience(&want.audience, audience, &e))
		return cmd_usage(c, "%s", e.msg);
	if (lang && !lang_valid(cstr(lang)))
		return cmd_usage(c, "--lang %s: no language code; it is like bg or sr-Latn", lang);
	if (jobs < 1 || jobs > SITE_JOBS_MAX)
		return cmd_usage(c, "--jobs %llu: it is 1 to %d", (unsigned long long)jobs, SITE_JOBS_MAX);
	if (ask.zip && (file_is_dir(ask.zip) || str_ends(cstr(ask.zip), STR("/"))))
		return cmd_usage(c, "--zip %s: it is a folder; name a file, such as site.zip", ask.zip);
	ask.jobs = (unsigned)jobs;
	ask.dir = left == 2 ? argv[1] : NULL;
	want.meeting = cstr(meeting);
	want.lang = cstr(lang);
	if (getenv("SOURCE_DATE_EPOCH"))
		want.now = c->now;	/* else no clock: same documents, same bytes */
	return build(c, &want, &ask, &e);
}
