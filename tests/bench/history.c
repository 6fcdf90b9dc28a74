/* tests/bench/history.c: a community's history of any length, for measuring.
 *
 *	history NODE COMMITS WRITERS SEED
 *
 * goes on in the folder of a node that `colep init --import` made: its Secretariat admits WRITERS - 1 others, then they
 * write COMMITS commits, most of them one sentence of one document (a few documents far more often than others), some
 * a key, a new document, or a sentence several of them change at once. Everybody exchanges now and then, mostly with
 * the Secretariat. In the end all have exchanged, main is what all know, and the folder is after it. Besides, each
 * writer makes one commit more that nobody has learned: refs/bench/NODE. Same seed: same texts (keys are new ones).
 *
 * One graph serves all writers: what each knows is the set of its heads. Commits are made as the program makes them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "sync/author.h"
#include "sync/view.h"

enum { WRITERS_MAX = 64 };

struct writer {
	struct author au;
	struct oid main;		/* the view of what it knows */
};

static struct writer w[WRITERS_MAX];
static struct graph g;
static struct repo *repo;
static struct oid ref;			/* refs/heads/main: one for all while it is made */
static struct arena all = ARENA_INIT;
static struct err err = ERR_INIT;
static struct str *paths;		/* the documents */
static size_t npaths, cap, made;
static uint64_t state;

static size_t chance(size_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (size_t)((z ^ z >> 31) % below);
}

static void must(enum rc rc, const char *where)
{
	if (!rc)
		return;
	fprintf(stderr, "history: %s: %s\n", where, err.msg);
	exit(3);
}

static size_t index_of(const struct oid *o)
{
	must(graph_add(&g, o, NULL, NULL, &err), "reading");
	return graph_find(&g, o);
}

static void learn(struct writer *to, const struct oid *other)
{
	struct arena a = ARENA_INIT;
	size_t some[2] = { index_of(&to->main), index_of(other) }, n, *heads = graph_heads(&g, &a, some, 2, &n);

	must(view_commit(&to->main, &g, heads, n, &err), "a view");
	arena_free(&a);
}

static void commit(struct writer *who, const struct change *c, size_t n, const char *subject)
{
	struct oid tree, id;

	who->au.base = who->main;
	who->au.main = ref;
	who->au.now += 60 * (int64_t)(1 + chance(600));
	must(repo_tree(&tree, repo, &who->main, c, n, &err), "a tree");
	must(author_commit(&id, &who->au, &tree, cstr(subject), STR_NONE, STR_NONE, &err), "a commit");
	ref = who->main = id;
	learn(who, &id);
	made++;
}

static struct str read_path(struct arena *a, const struct oid *at, struct str path)
{
	struct buf b = BUF_INIT;
	struct oid blob;
	struct str s;

	if (repo_lookup(&blob, repo, at, path, &err))
		return STR_NONE;
	must(repo_read(&b, repo, &blob, OBJECT_BLOB, (size_t)1 << 20, &err), "a document");
	s = b.n ? arena_str(a, buf_str(&b)) : STR("");
	buf_free(&b);
	return s;
}

static void sentence(struct buf *b)
{
	static const char *const words[] = { "border", "lorry", "vessel", "case", "route", "payment", "office", "lead", "witness", "court" };
	size_t i, n = 4 + chance(12);

	buf_printf(b, "Note %zu", made);
	for (i = 0; i < n; i++)
		buf_printf(b, " %s", words[chance(sizeof words / sizeof *words)]);
	buf_puts(b, ".");
}

/* One line of the text replaced, one added, or one key. */
static void edit(struct buf *out, struct str text)
{
	struct str line, rest;
	size_t n = 0, at, i = 0;
	bool done = false;

	for (rest = text; str_line(&line, &rest);)
		n++;
	at = chance(8) ? n / 3 + chance(n - n / 3) : 0;
	for (rest = text; str_line(&line, &rest); i++) {
		if (!at && !done && str_starts(line, STR("title: "))) {
			buf_printf(out, "title: A title %zu\n", made);
			done = true;
		} else if (at && i >= at && !done && line.n > 20 && str_chr(line, ':') == SIZE_MAX && line.p[0] != '<') {
			sentence(out);
			buf_putc(out, '\n');
			if (chance(3) == 0)
				buf_printf(out, "%.*s\n", FMT_STR(line));
			done = true;
		} else {
			buf_printf(out, "%.*s\n", FMT_STR(line));
		}
	}
	if (!done) {
		sentence(out);
		buf_putc(out, '\n');
	}
}

static void write_one(struct writer *who)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t hot = npaths / 100 + 1, i = chance(4) ? chance(npaths) : chance(chance(2) ? 10 : hot);
	struct change c = { .path = paths[i] };
	struct str old = read_path(&a, &who->main, paths[i]);

	if (old.p && chance(12)) {
		edit(&b, old);
	} else {
		made++;
		c.path = cstr(arena_printf(&all, "lessons/%.*s/ll-%.*s-2024-note-%zu.md", FMT_STR(who->au.owner), FMT_STR(who->au.owner), made));
		buf_printf(&b, "---\nid: ll-%.*s-2024-note-%zu\nkind: lesson\ntitle: Note %zu\nowner: %.*s\nstatus: submitted\ntlp: TLP:GREEN\n"
		    "lang: en\ntopics: [som]\n---\n\n## Observation\n\n", FMT_STR(who->au.owner), made, made, FMT_STR(who->au.owner));
		for (i = 0; i < 12; i++) {
			sentence(&b);
			buf_puts(&b, i % 3 ? "\n" : "\n\n");
		}
		made--;
		if (npaths == cap)
			paths = arena_grow(&all, paths, &cap, sizeof *paths);
		paths[npaths++] = c.path;
	}
	must(repo_write(&c.new, repo, OBJECT_BLOB, buf_str(&b), &err), "a blob");
	commit(who, &c, 1, "A change");
	buf_free(&b);
	arena_free(&a);
}

static void admit(size_t n)
{
	static const char *const owners[] = { "bg", "mk", "tr", "rs", "ba", "al", "pk", "af", "gr", "ro", "hu", "at" };
	struct change c[2] = { { .path = STR("roster/allowed_signers") }, { .path = STR("roster/roles") } };
	struct buf b[2] = { BUF_INIT, BUF_INIT };
	size_t i, k;

	for (k = 0; k < 2; k++)
		buf_str_add(&b[k], read_path(&all, &w[0].main, c[k].path));
	for (i = 1; i < n; i++) {
		struct author *au = &w[i].au;

		*au = w[0].au;
		au->owner = cstr(owners[i % 12]);
		au->id = cstr(arena_printf(&all, "%s-n%zu", owners[i % 12], i));
		au->seq = 0;
		au->prev = OID_NONE;
		au->adopt = false;
		signer_make(&au->signer);
		incarnation_make(au->incarnation);
		buf_printf(&b[0], "node@%.*s.invalid namespaces=\"git\" ssh-ed25519 ", FMT_STR(au->id));
		sshkey_public(&b[0], au->signer.public);
		buf_putc(&b[0], '\n');
		buf_printf(&b[1], "%.*s focal-point\n", FMT_STR(au->id));
	}
	for (k = 0; k < 2; k++) {
		must(repo_write(&c[k].new, repo, OBJECT_BLOB, buf_str(&b[k]), &err), "the roster");
		buf_free(&b[k]);
	}
	commit(&w[0], c, 2, "Admit");
	for (i = 1; i < n; i++)
		w[i].main = w[0].main;
}

static enum rc note_path(void *ctx, const struct change *c, struct err *e)
{
	(void)ctx;
	(void)e;
	if (str_ends(c->path, STR(".md")) && str_starts(c->path, STR("lessons/"))) {
		if (npaths == cap)
			paths = arena_grow(&all, paths, &cap, sizeof *paths);
		paths[npaths++] = arena_str(&all, c->path);
	}
	return RC_OK;
}

int main(int argc, char **argv)
{
	uint64_t commits, n, i, seed;
	struct oid main_was, main_is;
	struct node node;
	struct author *au = &w[0].au;

	if (argc != 5 || !str_u64(&commits, cstr(argv[2])) || !str_u64(&n, cstr(argv[3])) || !str_u64(&seed, cstr(argv[4])) || n < 2 ||
	    n > WRITERS_MAX) {
		fputs("usage: history NODE COMMITS WRITERS SEED\n", stderr);
		return 2;
	}
	state = seed;
	must(node_open(&node, &all, argv[1], &err), argv[1]);
	must(author_open(au, &all, &node, getenv("COLEP_KEYS"), NULL, 1700000000, &err), "the node");
	repo = au->repo;
	graph_init(&g, &all, repo);
	main_was = ref = w[0].main = au->main;
	must(repo_diff(repo, NULL, &main_was, note_path, NULL, &err), "documents");
	admit(n);
	for (i = 0; made < commits; i++) {
		struct writer *who = &w[chance(n)], *with = &w[chance(4) ? 0 : chance(n)];
		size_t k = 1 + chance(3) / 2;

		while (k--)
			write_one(who);
		if (who == with || chance(4) == 0)
			continue;
		learn(who, &with->main);
		if (chance(2))
			with->main = who->main;
	}
	for (i = 0; i < 2 * n; i++)
		learn(&w[(i + 1) % n], &w[i % n].main);
	main_is = w[0].main;
	must(repo_ref_set(repo, "refs/heads/main", &main_is, &ref, &err), "main");
	must(repo_checkout(repo, &main_was, &main_is, NULL, NULL, &err), "the folder");
	must(author_base_set(repo, &main_is, &err), "main");
	ref = main_is;
	for (i = 0; i < n; i++) {
		w[i].main = main_is;
		write_one(&w[i]);
		must(repo_ref_set(repo, arena_printf(&all, "refs/bench/%.*s", FMT_STR(w[i].au.id)), &w[i].main, NULL, &err), "a head");
	}
	must(repo_ref_set(repo, "refs/heads/main", &main_is, &ref, &err), "main");
	author_close(au);
	for (i = 0; i < g.n; i++)
		made += g.v[i]->merged;
	printf("%zu commits and merged views\n", made);
	arena_free(&all);
	return 0;
}
