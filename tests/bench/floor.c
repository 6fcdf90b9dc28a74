/* tests/bench/floor.c: what the work costs when nothing but the work is done, on the same texts.
 *
 *	floor DIR BYTES QUERIES TYPOS DB
 *
 * Each line of output: NAME TAB microseconds. Names ending in .p95 belong to the one before. BYTES: how much an
 * import writes. SQLite's FTS5 is measured through its own C interface, when libsqlite3 is there; DB is
 * the file it makes, with each document's id and text, stemmed by porter, durable (synchronous=full). */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lmdb.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/deflate.h"
#include "kb/text/fold.h"

static struct err e = ERR_INIT;
static struct arena a = ARENA_INIT;
static struct { const char **path; struct buf *text; size_t n, cap, bytes; } docs;
static volatile uint64_t sink;		/* so that nothing is left out */

static _Noreturn void fail(const char *why)
{
	fprintf(stderr, "floor: %s\n", why);
	exit(3);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *x, const void *y)
{
	double p = *(const double *)x, q = *(const double *)y;

	return (p > q) - (p < q);
}

static void tell(const char *name, double *v, size_t n, bool p95)
{
	qsort(v, n, sizeof *v, by_value);
	printf("%s\t%.1f\n", name, v[n / 2]);
	if (p95)
		printf("%s.p95\t%.1f\n", name, v[n * 95 / 100]);
	fflush(stdout);
}

static void collect(const char *dir)
{
	char **names;
	size_t n, i;

	if (dir_list(&names, &n, &a, dir, &e))
		fail(e.msg);
	for (i = 0; i < n; i++) {
		const char *p = path_join(&a, dir, names[i]);

		if (file_is_dir(p)) {
			collect(p);
			continue;
		}
		if (docs.n == docs.cap)
			docs.path = arena_grow(&a, docs.path, &docs.cap, sizeof *docs.path);
		docs.path[docs.n++] = p;
	}
}

static void read_all(void)
{
	size_t i;

	for (i = 0, docs.bytes = 0; i < docs.n; i++) {
		buf_clear(&docs.text[i]);
		if (file_read(&docs.text[i], docs.path[i], (size_t)1 << 20, &e))
			fail(e.msg);
		docs.bytes += docs.text[i].n;
	}
}

static void write_all(const char *to, size_t bytes)
{
	static char block[1 << 20];
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	size_t n;

	if (fd < 0)
		fail(to);
	memset(block, 'x', sizeof block);
	for (; bytes; bytes -= n) {
		n = bytes < sizeof block ? bytes : sizeof block;
		if (write(fd, block, n) != (ssize_t)n)
			fail(to);
	}
	if (fsync(fd) || close(fd))
		fail(to);
	unlink(to);
}

static void hash_and_deflate(void)
{
	struct packer *packer = NULL;
	struct buf to = BUF_INIT;
	unsigned char sum[20];
	struct sha1 s;
	size_t i;

	for (i = 0; i < docs.n; i++) {
		sha1_init(&s);
		sha1_add(&s, docs.text[i].p, docs.text[i].n);
		sha1_done(sum, &s);
		buf_clear(&to);
		if (zlib_pack(&to, &packer, buf_str(&docs.text[i]), &e))
			fail(e.msg);
		sink += to.n + sum[0];
	}
	packer_free(packer);
	buf_free(&to);
}

static void cut_into_words(void)
{
	size_t i;

	for (i = 0; i < docs.n; i++) {
		struct words w = { buf_str(&docs.text[i]), 0, 0 };
		struct str word;

		while (words_next(&w, &word))
			sink++;
	}
}

static void lmdb_commits(const char *path)
{
	double v[40];
	MDB_env *env;
	MDB_txn *t;
	MDB_dbi dbi;
	size_t i;

	if (mdb_env_create(&env) || mdb_env_set_mapsize(env, (size_t)64 << 20) || mdb_env_open(env, path, MDB_NOSUBDIR, 0644))
		fail(path);
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		MDB_val k = { sizeof i, &i }, x = { 4000, docs.text[i % docs.n].p };

		v[i] = now();
		if (mdb_txn_begin(env, NULL, 0, &t) || mdb_dbi_open(t, NULL, 0, &dbi) || mdb_put(t, dbi, &k, &x, 0) || mdb_txn_commit(t))
			fail(path);
		v[i] = now() - v[i];
	}
	mdb_env_close(env);
	unlink(path);
	unlink(arena_printf(&a, "%s-lock", path));
	tell("lmdb", v, sizeof v / sizeof *v, false);
}

/* ---- SQLite ---- */

static struct {
	int (*open)(const char *, void **);
	int (*close)(void *);
	int (*exec)(void *, const char *, void *, void *, char **);
	int (*prepare)(void *, const char *, int, void **, const char **);
	int (*bind)(void *, int, const char *, int, void *);
	int (*step)(void *);
	int (*reset)(void *);
	int (*finalize)(void *);
	const char *(*version)(void);
} sq;

static bool sqlite_load(void)
{
	static const char *const names[] = { "open", "close", "exec", "prepare_v2", "bind_text", "step", "reset", "finalize", "libversion" };
	void *h = dlopen("libsqlite3.so.0", RTLD_NOW), **to = (void **)(void *)&sq;
	size_t i;

	for (i = 0; h && i < sizeof names / sizeof *names; i++)
		if (!(to[i] = dlsym(h, arena_printf(&a, "sqlite3_%s", names[i]))))
			return false;
	return h != NULL;
}

static void run_sql(void *db, const char *sql)
{
	if (sq.exec(db, sql, NULL, NULL, NULL))
		fail(sql);
}

static void put_row(void *insert, size_t i)
{
	if (sq.bind(insert, 1, docs.path[i], -1, NULL) || sq.bind(insert, 2, docs.text[i].p, (int)docs.text[i].n, NULL) ||
	    sq.step(insert) != 101 || sq.reset(insert))
		fail("inserting into fts5");
}

static void *prepare(void *db, const char *sql)
{
	void *st;

	if (sq.prepare(db, sql, -1, &st, NULL))
		fail(sql);
	return st;
}

static void *fts_build(const char *path)
{
	void *db, *insert;
	size_t i;

	unlink(path);
	if (sq.open(path, &db))
		fail(path);
	run_sql(db, "pragma synchronous=full; create virtual table d using fts5(id unindexed, text, tokenize='porter unicode61'); begin");
	insert = prepare(db, "insert into d values (?, ?)");
	for (i = 0; i < docs.n; i++)
		put_row(insert, i);
	run_sql(db, "commit");
	sq.finalize(insert);
	return db;
}

/* One text is replaced: by its rowid, as an application that keeps the ids would. */
static void fts_replace(void *db)
{
	void *insert = prepare(db, "replace into d (id, text, rowid) values (?, ?, ?3)");
	double v[15];
	size_t i;

	for (i = 0; i < sizeof v / sizeof *v; i++) {
		v[i] = now();
		run_sql(db, "begin");
		if (sq.bind(insert, 3, arena_printf(&a, "%zu", i + 1), -1, NULL))
			fail("binding");
		put_row(insert, i);
		run_sql(db, "commit");
		v[i] = now() - v[i];
	}
	sq.finalize(insert);
	tell("fts5.replace", v, sizeof v / sizeof *v, false);
}

static struct str fts_query(struct str words)
{
	struct buf b = BUF_INIT;
	struct str word, got;

	while (str_split(&word, &words, ' '))
		buf_printf(&b, "%s\"%.*s\"", b.n ? " OR " : "", FMT_STR(word));
	got = arena_str(&a, buf_str(&b));
	buf_free(&b);
	return got;
}

static void fts_search(void *db, const char *file, const char *name)
{
	void *select = prepare(db, "select id from d where d match ? order by rank limit 10");
	struct buf text = BUF_INIT;
	struct str rest, line, qid;
	size_t n = 0;
	double v[1000];

	if (file_read(&text, file, (size_t)1 << 20, &e))
		fail(e.msg);
	for (rest = buf_str(&text); n < 1000 && str_line(&line, &rest);) {
		struct str q;

		(void)str_split(&qid, &line, '\t');
		q = fts_query(line);
		v[n] = now();
		if (sq.bind(select, 1, q.p, (int)q.n, NULL))
			fail("binding");
		while (sq.step(select) == 100)
			sink++;
		sq.reset(select);
		v[n] = now() - v[n];
		n++;
	}
	sq.finalize(select);
	buf_free(&text);
	tell(name, v, n, true);
}

static void fts(const char *db_path, const char *queries, const char *typos)
{
	double v[3];
	void *db = NULL;
	size_t i;

	for (i = 0; i < 3; i++) {
		if (db)
			sq.close(db);
		v[i] = now();
		db = fts_build(db_path);
		v[i] = now() - v[i];
	}
	tell("fts5.index", v, 3, false);
	fts_search(db, queries, "fts5.warm");	/* the first pass fills its cache */
	fts_search(db, queries, "fts5.warm");
	fts_search(db, typos, "fts5.typos");
	fts_replace(db);
	sq.close(db);
}

int main(int argc, char **argv)
{
	uint64_t bytes;
	double v[5];
	size_t i;

	if (argc != 6 || !str_u64(&bytes, cstr(argv[2]))) {
		fputs("usage: floor DIR BYTES QUERIES TYPOS DB\n", stderr);
		return 2;
	}
	collect(argv[1]);
	docs.text = arena_array(&a, docs.n, sizeof *docs.text);
	if (!docs.n)
		fail("no documents");
	read_all();
#define TIME(name, what) \
	for (i = 0; i < 5; i++) { \
		v[i] = now(); \
		what; \
		v[i] = now() - v[i]; \
	} \
	tell(name, v, 5, false)
	TIME("read", read_all());
	TIME("write", write_all(argv[5], bytes));
	TIME("sha1zlib", hash_and_deflate());
	TIME("words", cut_into_words());
	lmdb_commits(argv[5]);
	if (sqlite_load()) {
		printf("sqlite %s\t0\n", sq.version());
		fts(argv[5], argv[3], argv[4]);
	}
	return 0;
}
