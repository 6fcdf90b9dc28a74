/* kb/cmd_new.c: colep new KIND TITLE: a draft from the template. */
#include "kb/cmd.h"
#include "kb/commands.h"

#include <string.h>

#include "kb/base/date.h"
#include "kb/base/file.h"
#include "kb/doc/template.h"
#include "kb/limits.h"
#include "kb/node.h"

/* Names of all kinds, in the arena. */
static const char *kind_names(struct arena *a)
{
	const char *all = kinds[0].name;
	const struct kind *k;

	for (k = kinds + 1; k->name; k++)
		all = arena_printf(a, "%s, %s", all, k->name);
	return all;
}

static const struct kind *kind_named(struct ctx *c, const char *name)
{
	const struct kind *k = kind_find(cstr(name)), *near = NULL;
	size_t d, best = 4;

	if (k || (k = kind_by_prefix(cstr(name))) || (k = kind_by_folder(cstr(name))))
		return k;
	for (k = kinds; k->name; k++)
		if ((d = str_distance(cstr(name), cstr(k->name), 3)) < best) {
			best = d;
			near = k;
		}
	if (near)
		cmd_say(c, "%s: no kind of document; did you mean %s", name, near->name);
	else
		cmd_say(c, "%s: no kind of document; the kinds are %s", name, kind_names(c->arena));
	return NULL;
}

/* The owner this node writes for: the id's part before the hyphen. */
static enum rc own_owner(struct str *owner, struct ctx *c, const struct node *n, struct err *e)
{
	enum rc rc = node_config(owner, c->arena, n, "colep.id", e);

	*owner = str_sub(*owner, 0, str_chr(*owner, '-'));
	if (!rc && !owner->n)
		rc = err_set(e, RC_INVALID, "%s: this node only reads, so it has no owner; say for whom with --owner", n->dir);
	return rc;
}

int cmd_new(struct ctx *c, int argc, char **argv)
{
	const char *owner_arg = NULL, *lang = NULL, *slug_arg = NULL;
	struct opt_list sets = { NULL, 0, 0 };
	const struct opt opts[] = {
		{ "owner", 'o', OPT_TEXT, &owner_arg, "O", "for whom; default: this node's owner" },
		{ "lang", 'l', OPT_TEXT, &lang, "L", "language of the text; default: en" },
		{ "slug", 0, OPT_TEXT, &slug_arg, "S", "last part of the id; default: from the title" },
		{ "set", 's', OPT_LIST, &sets, "K=V", "a key and its value; a list is a,b; may stand several times" },
	};
	struct template_set *set;
	int64_t first, last;
	struct err e = ERR_INIT;
	struct buf text = BUF_INIT;
	const struct kind *kind;
	struct str owner, slug, id, path;
	struct node node;
	char date[11], *dir, *file;
	size_t i, n = 2;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof *opts)) >= 0)
		return status;
	if (left != 3)
		return left > 3 ? cmd_usage(c, "too many words; put the title in quotes")
		    : cmd_usage(c, "needs a kind and a title; the kinds are %s", kind_names(c->arena));
	if (!(kind = kind_named(c, argv[1])))
		return EXIT_USAGE;
	if (!*argv[2])
		return cmd_usage(c, "the title is empty");
	if (str_utf8_bad(cstr(argv[2])) != strlen(argv[2]) || str_utf8_count(cstr(argv[2])) > LIMIT_TITLE)
		return cmd_usage(c, "the title is not UTF-8, or has more than 300 characters");
	if (lang && !lang_valid(cstr(lang)))
		return cmd_usage(c, "%s: no language code; write en, bg, sr-Latn and so on", lang);
	set = arena_array(c->arena, sets.n, sizeof *set);
	for (i = 0; i < sets.n; i++) {
		size_t eq = str_chr(cstr(sets.v[i]), '=');

		if (eq == SIZE_MAX || eq == 0)
			return cmd_usage(c, "--set %s: write it as KEY=VALUE", sets.v[i]);
		set[i].key = arena_str(c->arena, str_sub(cstr(sets.v[i]), 0, eq));
		set[i].value = cstr(sets.v[i] + eq + 1);
		if (str_utf8_bad(set[i].value) != set[i].value.n)
			return cmd_usage(c, "--set %s: not UTF-8", set[i].key.p);
		if (str_is(set[i].key, "date") && !date_parse(&first, &last, set[i].value))
			return cmd_usage(c, "--set date: no date; write 2022, 2022-05 or 2022-05-18");
	}
	if (node_open(&node, c->arena, c->dir, &e))
		return cmd_fail(c, &e);
	owner = cstr(owner_arg);
	if (!owner.n && own_owner(&owner, c, &node, &e))
		return cmd_fail(c, &e);
	if (!doc_owner_valid(owner))
		return cmd_usage(c, "%.*s: no owner; it is a country's code in small letters, or an institution's", FMT_STR(owner));
	date_format(date, c->now);
	for (i = 0; i < sets.n; i++)
		if (str_is(set[i].key, "date"))
			memcpy(date, set[i].value.p, 4);	/* the id's year is the document's */
	slug = doc_slug(c->arena, cstr(slug_arg ? slug_arg : argv[2]), 40);
	dir = path_join(c->arena, node.dir, "drafts");
	for (;; n++) {			/* the first name that neither a draft nor a document has */
		id = kind->year ? cstr(arena_printf(c->arena, n == 2 ? "%s-%.*s-%.4s-%.*s" : "%s-%.*s-%.4s-%.*s-%zu",
		    kind->prefix, FMT_STR(owner), date, FMT_STR(slug), n - 1)) :
		    cstr(arena_printf(c->arena, "%s-%.*s", kind->prefix, FMT_STR(owner)));
		path = doc_path_of(c->arena, id);
		file = arena_printf(c->arena, "%s/%.*s.md", dir, FMT_STR(id));
		if (path.n && !file_exists(file) && !file_exists(path_join(c->arena, node.dir, path.p)))
			break;
		if (!path.n || !kind->year || n > 99) {
			cmd_say(c, "%.*s: %s", FMT_STR(id), path.n ? "is there already; edit it, or give another --slug" :
			    "is no id; give a year by --set date=YYYY-MM-DD or a --slug of letters and digits");
			return EXIT_FAIL;
		}
	}
	if (template_write(&text, kind, id, cstr(argv[2]), owner, cstr(lang ? lang : "en"), cstr(date), set, sets.n, &e)) {
		buf_free(&text);
		return cmd_usage(c, "%s", e.msg);
	}
	if (dir_make(dir, 0755, &e) || file_write(file, buf_str(&text), 0644, &e)) {
		buf_free(&text);
		return cmd_fail(c, &e);
	}
	buf_free(&text);
	if (c->json) {
		struct out o;

		cmd_out(&o, c);
		out_begin(&o);
		out_text(&o, "path", cstr(path_bare(file)));
		out_end(&o);
		out_close(&o);
	} else {
		fprintf(c->out, "%s\n", path_bare(file));
	}
	return EXIT_YES;
}
