/* kb/cmd_check.c: colep check [PATH...]: every rule on every document, without opening the repository. */
#include "kb/cmd.h"
#include "kb/commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kb/base/file.h"
#include "kb/doc/check.h"
#include "kb/doc/load.h"
#include "kb/limits.h"
#include "kb/node.h"

struct file {
	const char *path;		/* to open */
	struct str rel;			/* from the node's root */
	const char *shown;
};
struct files {
	struct file *v;
	size_t n, cap;
	struct str exclude;		/* a site or bundle that was written into the node is no stray */
};

static void add(struct files *f, struct arena *a, const char *path, const char *rel)
{
	if (f->n == f->cap)
		f->v = arena_grow(a, f->v, &f->cap, sizeof *f->v);
	f->v[f->n++] = (struct file){ path, cstr(rel), rel };
}

/* A folder to look into, and not one that stands in a document's place: that is a finding. */
static bool folder(const char *path)
{
	return file_is_dir(path) && !str_ends(cstr(path), STR(".md"));
}

/* Documents, vocabularies and strays below a folder; what begins with a dot is not ours. */
static enum rc collect(struct files *f, struct arena *a, const char *path, const char *rel, unsigned depth, struct err *e)
{
	char **names;
	size_t n, i;
	enum rc rc;

	if ((rc = dir_list(&names, &n, a, path, e)))
		return rc;
	for (i = 0; !rc && i < n; i++) {
		const char *p = path_join(a, path, names[i]), *r = *rel ? path_join(a, rel, names[i]) : names[i];

		if (names[i][0] == '.' || node_left_out(f->exclude, r))
			continue;
		if (folder(p) && depth < 8) {
			rc = collect(f, a, p, r, depth + 1, e);
		} else if (depth > 0 && strncmp(r, "roster/", 7) != 0) {
			add(f, a, p, r);
		}
	}
	return rc;
}

/* A path given by hand, as it stands from the node's root: the part from the last known folder on. */
static const char *relative(struct arena *a, const struct node *node, const char *path)
{
	char *root = realpath(node ? node->dir : ".", NULL), *full = realpath(path, NULL);
	const char *rel = path, *at;
	const struct kind *k;

	if (root && full && node && strncmp(full, root, strlen(root)) == 0 && full[strlen(root)] == '/') {
		rel = arena_cstr(a, cstr(full + strlen(root) + 1));
	} else if (full) {
		for (k = kinds; k->name; k++)
			if ((at = strstr(full, arena_printf(a, "/%s/", k->folder))))
				rel = arena_cstr(a, cstr(at + 1));
		if ((at = strstr(full, "/drafts/")) && rel == path)
			rel = arena_cstr(a, cstr(at + 1));
	}
	free(root);
	free(full);
	return rel;
}

static bool known(void *ctx, struct str id)
{
	return load_known(ctx, id);
}

/* On a terminal as save and submit tell it. */
static void put(struct ctx *c, struct out *o, const char *path, const struct finding *f)
{
	const char *level = f->passed ? "passed" : f->level == LEVEL_ERROR ? "error" : "warning";
	struct buf line = BUF_INIT;

	if (cmd_to_screen(c)) {
		cmd_progress(c, "", 0, 0, true);
		buf_text_escape(&line, cstr(path));
		buf_printf(&line, ":%zu:%zu: %s: ", (size_t)f->place.line, (size_t)f->place.column, level);
		buf_text_escape(&line, f->message);
		buf_printf(&line, " (%s)", f->rule);
		screen_text(&c->screen, 0, 0, buf_str(&line));
		buf_free(&line);
		return;
	}
	out_begin(o);
	out_text(o, "path", cstr(path));
	out_number(o, "line", f->place.line);
	out_number(o, "column", f->place.column);
	out_text(o, "level", cstr(level));
	out_text(o, "rule", cstr(f->rule));
	out_text(o, "message", f->message);
	out_end(o);
}

int cmd_check(struct ctx *c, int argc, char **argv)
{
	bool strict = false;
	const struct opt opts[] = { { "strict", 0, OPT_FLAG, &strict, NULL, "warnings count too" } };
	struct err e = ERR_INIT;
	struct files files = { 0 };
	struct load load = { 0 };
	struct check_env env = { 0 };
	struct node node = { 0 };
	size_t errors = 0, warnings = 0, i, j;
	bool have_node, bad = false;
	struct out o;
	int left, status, k;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	have_node = node_open(&node, c->arena, c->dir, &e) == RC_OK;
	if (left == 1) {
		if (!have_node)
			return cmd_fail(c, &e);
		files.exclude = node_exclude(c->arena, &node);
		if (collect(&files, c->arena, node.dir, "", 0, &e))
			return cmd_fail(c, &e);
	}
	for (k = 1; k < left; k++) {
		const char *path = have_node && !file_exists(argv[k]) ? path_join(c->arena, node.dir, argv[k]) : argv[k];
		const char *rel = relative(c->arena, have_node ? &node : NULL, path);	/* from here, or from the root */
		size_t from = files.n;

		if (folder(path)) {
			if (collect(&files, c->arena, path, "", 1, &e))
				return cmd_fail(c, &e);
			for (i = from; i < files.n; i++) {
				files.v[i].shown = path_bare(files.v[i].path);
				files.v[i].rel = cstr(relative(c->arena, have_node ? &node : NULL, files.v[i].path));
			}
		} else if (file_exists(path)) {
			add(&files, c->arena, path, rel);
			files.v[from].shown = path_bare(argv[k]);
		} else {
			cmd_say(c, "%s: no such file; name a document or a folder of documents", argv[k]);
			bad = true;
		}
	}
	load_open(&load, c->arena, have_node ? node.dir : left > 1 && file_is_dir(argv[1]) ? argv[1] : NULL);
	env = (struct check_env){ &load.vocab, load.ceiling, load.known_root ? known : NULL, &load };
	cmd_out(&o, c);
	for (i = 0; i < files.n; i++) {
		struct findings f = { 0 };
		struct arena scratch = ARENA_INIT;
		struct buf text = BUF_INIT;

		cmd_progress(c, "checking", i, files.n, false);
		if (file_read(&text, files.v[i].path, LIMIT_DOC, &e)) {
			const char *at = strstr(e.msg, ": ");

			finding_add(&f, &scratch, (struct place){ 0, 0 }, LEVEL_ERROR, "file", "%s", at ? at + 2 : e.msg);
			f.errors++;
		} else {
			check_document(&f, &scratch, files.v[i].rel, buf_str(&text), &env);
		}
		for (j = 0; j < f.n; j++)
			put(c, &o, files.v[i].shown, &f.v[j]);
		errors += f.errors;
		warnings += f.warnings;
		buf_free(&text);
		arena_free(&scratch);
	}
	cmd_progress(c, "", 0, 0, true);
	out_close(&o);
	if (c->err_terminal)
		cmd_say(c, "%zu document%s: %zu error%s, %zu warning%s", files.n, files.n == 1 ? "" : "s", errors,
		    errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	if (bad)
		return EXIT_FAIL;
	return errors || (strict && warnings) ? EXIT_NO : EXIT_YES;
}
