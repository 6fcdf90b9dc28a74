/* tests/bench/replace.c: what it costs to replace one document in the index, beside a commit of LMDB.
 *
 *	replace NODE COUNT [DISTANCE]
 *
 * COUNT times a document of the node gets a sentence more, by a commit made beforehand; main moves there, and the index
 * is brought forward: durable, and a search finds the sentence's word. That is timed in this process, as a server does
 * it: finding out that main moved, the trees that differ, both versions of the document, one transaction. Not in it is what
 * comes before (making the commit) and what a server does when nobody waits (tidy: segments that updates left are merged; as
 * most replacements leave nothing to do, its mean is what it costs). In turn with it LMDB puts one value of 100 bytes into a
 * copy of the index's file and commits, durable, as it does by itself: it waits for the disk twice, we once (kb/gate/lmdb.c).
 * Documents are DISTANCE apart in order of id (default: spread over all). Prints microseconds: median, 95th percentile, mean;
 * cpu and lmdb_cpu are what of either is no waiting for the disk.
 *
 * Then as many again, whose commits nobody noted (kb/gate/git_noted.c), as if git had made them: git and git_cpu. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lmdb.h>

#include "kb/base/file.h"
#include "kb/gate/git.h"
#include "kb/index/query.h"

enum { MINE, CPU, TIDY, LMDB, LMDB_CPU, MEASURED };
static struct err e = ERR_INIT;
static struct arena a = ARENA_INIT;

static void must(enum rc rc, const char *where)
{
	if (!rc)
		return;
	fprintf(stderr, "replace: %s: %s\n", where, e.msg);
	exit(3);
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *x, const void *y)
{
	double p = *(const double *)x, q = *(const double *)y;

	return (p > q) - (p < q);
}

static void tell(const char *name, double *v, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += v[i];
	qsort(v, n, sizeof *v, by_value);
	printf("%s\t%.0f\t%.0f\t%.0f\n", name, v[n / 2], v[n * 95 / 100], sum / (double)n);
}

/* ---- LMDB alone ---- */

static MDB_env *env;
static MDB_dbi table;

static void lmdb_must(int code)
{
	if (!code)
		return;
	fprintf(stderr, "replace: LMDB: %s\n", mdb_strerror(code));
	exit(3);
}

static void lmdb_open(const char *path)
{
	MDB_txn *t;

	lmdb_must(mdb_env_create(&env));
	lmdb_must(mdb_env_set_mapsize(env, (size_t)1 << 32));
	lmdb_must(mdb_env_set_maxdbs(env, 32));
	lmdb_must(mdb_env_open(env, path, MDB_NOSUBDIR, 0644));
	lmdb_must(mdb_txn_begin(env, NULL, 0, &t));
	lmdb_must(mdb_dbi_open(t, "bench", MDB_CREATE, &table));
	lmdb_must(mdb_txn_commit(t));
}

static void lmdb_put(size_t i)
{
	static char value[100];
	MDB_val k = { sizeof i, &i }, v = { sizeof value, value };
	MDB_txn *t;

	lmdb_must(mdb_txn_begin(env, NULL, 0, &t));
	lmdb_must(mdb_put(t, table, &k, &v, 0));
	lmdb_must(mdb_txn_commit(t));
}

/* ---- the commits ---- */

static const char *index_file(const struct node *node)
{
	char **names;
	size_t n, i;

	must(dir_list(&names, &n, &a, node->cache, &e), node->cache);
	for (i = 0; i < n; i++)
		if (str_starts(cstr(names[i]), STR("index-")) && str_ends(cstr(names[i]), STR(".mdb")))
			return path_join(&a, node->cache, names[i]);
	must(err_set(&e, RC_NOTFOUND, "no index"), node->cache);
	return NULL;
}

static const char *const who = "bench <bench@bench.invalid> 1700000000 +0000";

static struct oid commit_on(struct repo *repo, const struct oid *parent, struct str path, struct str text)
{
	struct change c = { .path = path };
	char tree_hex[OID_HEX + 1], parent_hex[OID_HEX + 1];
	struct oid tree, commit;

	must(repo_write(&c.new, repo, OBJECT_BLOB, text, &e), "a blob");
	must(repo_tree(&tree, repo, parent, &c, 1, &e), "a tree");
	oid_format(tree_hex, &tree);
	oid_format(parent_hex, parent);
	must(repo_write(&commit, repo, OBJECT_COMMIT, cstr(arena_printf(&a, "tree %s\nparent %s\nauthor %s\ncommitter %s\n\n"
	    "Replace one\n", tree_hex, parent_hex, who, who)), &e), "a commit");
	return commit;
}

static void found(struct index *ix, size_t i)
{
	struct filters f = FILTERS_INIT;
	struct result res;
	struct query *q;
	struct snap *s;

	must(query_parse(&q, &f, &a, cstr(arena_printf(&a, "xylograph%zuq", i)), &e), "a query");
	must(snap_open(&s, ix, &e), "the index");
	must(query_run(&res, &a, s, q, &f, 1, COUNT_NONE, &e), "searching");
	if (res.n != 1) {
		fputs("replace: what was written is not found\n", stderr);
		exit(3);
	}
	snap_close(s);
}

/* Main moves on by n commits; v: a time of each, for each of what is measured. */
static void replace_all(struct index *ix, struct repo *repo, const struct oid *commits, size_t from, size_t n, double *v[MEASURED])
{
	double t, c;
	size_t i;

	for (i = 0; i < n; i++) {
		t = now(CLOCK_MONOTONIC);
		c = now(CLOCK_PROCESS_CPUTIME_ID);
		lmdb_put(from + i);
		v[LMDB_CPU][i] = now(CLOCK_PROCESS_CPUTIME_ID) - c;
		v[LMDB][i] = now(CLOCK_MONOTONIC) - t;
		must(repo_ref_set(repo, "refs/heads/main", &commits[from + i + 1], &commits[from + i], &e), "main");
		t = now(CLOCK_MONOTONIC);
		c = now(CLOCK_PROCESS_CPUTIME_ID);
		must(index_refresh(ix, NULL, &e), "the index");
		v[CPU][i] = now(CLOCK_PROCESS_CPUTIME_ID) - c;
		v[MINE][i] = now(CLOCK_MONOTONIC) - t;
		found(ix, from + i);
		t = now(CLOCK_MONOTONIC);
		must(index_tidy(ix, &e), "the index");
		v[TIDY][i] = now(CLOCK_MONOTONIC) - t;
	}
}

int main(int argc, char **argv)
{
	uint64_t count, distance = 0;
	struct oid *commits, was;
	static const char *const names[MEASURED] = { "replace", "cpu", "tidy", "lmdb", "lmdb_cpu" };
	double *v[MEASURED];
	struct buf text = BUF_INIT;
	struct index *ix;
	const char *copy;
	struct record r;
	struct repo *repo;
	struct snap *s;
	struct node node;
	size_t i, n;

	if (argc < 3 || argc > 4 || !str_u64(&count, cstr(argv[2])) || !count || (argc == 4 && !str_u64(&distance, cstr(argv[3])))) {
		fputs("usage: replace NODE COUNT [DISTANCE]\n", stderr);
		return 2;
	}
	must(node_open(&node, &a, argv[1], &e), argv[1]);
	must(index_open(&ix, &node, false, NULL, NULL, NULL, &e), "the index");
	must(repo_open(&repo, node.dir, &e), "the node");
	must(node_main(&was, &node, &e), "main");
	commits = arena_array(&a, 2 * count + 1, sizeof *commits);
	commits[0] = was;
	must(snap_open(&s, ix, &e), "the index");
	n = snap_count(s);
	distance = distance ? distance : n / count ? n / count : 1;
	must(repo_bulk_begin(repo, &e), "a pack");
	for (i = 0; i < 2 * count; i++) {
		must(snap_record(&r, s, i % count * distance % n, &e), "a record");
		buf_clear(&text);
		must(snap_text(&text, s, &r, &e), "a text");
		buf_printf(&text, "\nxylograph%zuq and nothing else.\n", i);
		commits[i + 1] = commit_on(repo, &commits[i], r.path, buf_str(&text));
	}
	must(repo_bulk_end(repo, &e), "a pack");
	snap_close(s);
	copy = arena_printf(&a, "%s/bench.mdb", node.cache);
	buf_clear(&text);
	must(file_read(&text, index_file(&node), (size_t)1 << 40, &e), "the index's file");
	must(file_write(copy, buf_str(&text), 0644, &e), "a copy");
	buf_free(&text);
	lmdb_open(copy);
	for (i = 0; i < MEASURED; i++)
		v[i] = arena_array(&a, count, sizeof *v[i]);
	replace_all(ix, repo, commits, 0, count, v);
	for (i = 0; i < MEASURED; i++)
		tell(names[i], v[i], count);
	unlink(arena_printf(&a, "%s/changes", node.cache));
	replace_all(ix, repo, commits, count, count, v);
	tell("git", v[MINE], count);
	tell("git_cpu", v[CPU], count);
	mdb_env_close(env);
	unlink(copy);
	unlink(arena_printf(&a, "%s-lock", copy));
	repo_close(repo);
	index_close(ix);
	arena_free(&a);
	return 0;
}
