/* tests/unit/git.c: the gate to libgit2; the real git program is the oracle. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/git.h"
#include "kb/gate/git_parts.h"

static struct err e;

static void ok(enum rc rc)
{
	if (rc)
		print_message("# %s\n", e.msg);
	assert_int_equal(rc, RC_OK);
}

static void sh(const char *command)
{
	if (system(command) != 0) {
		print_message("# %s\n", command);
		fail();
	}
}

/* What a command prints, without the last newline; the caller frees b. */
static struct str ask(struct buf *b, const char *command)
{
	FILE *f = popen(command, "r");
	char part[4096];
	size_t n;

	assert_non_null(f);
	buf_clear(b);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		buf_add(b, part, n);
	assert_int_equal(pclose(f), 0);
	if (b->n && b->p[b->n - 1] == '\n')
		b->p[--b->n] = '\0';
	return b->p ? buf_str(b) : STR("");
}

static struct oid ask_id(const char *command)
{
	struct buf b = BUF_INIT;
	struct oid o;

	assert_true(oid_parse(&o, ask(&b, command)));
	buf_free(&b);
	return o;
}

static void is(struct str got, const char *want)
{
	if (!str_is(got, want))
		print_message("# got  %.*s\n# want %s\n", FMT_STR(got), want);
	assert_true(str_is(got, want));
}

static void prints(const char *command, const char *want)
{
	struct buf b = BUF_INIT;

	is(ask(&b, command), want);
	buf_free(&b);
}

/* "M 100644 path" for each change; "!" with a mode that is no file's. */
static enum rc list(void *ctx, const struct change *c, struct err *err)
{
	struct buf *b = ctx;

	(void)err;
	buf_printf(b, "%c %06o %.*s\n", oid_is_none(&c->old) ? 'A' : c->mode == 0 ? 'D' : 'M', c->mode, FMT_STR(c->path));
	return RC_OK;
}

static void diff_is(struct repo *r, const struct oid *from, const struct oid *to, const char *want)
{
	struct buf b = BUF_INIT;

	ok(repo_diff(r, from, to, list, &b, &e));
	is(b.p ? buf_str(&b) : STR(""), want);
	buf_free(&b);
}

static void work_is(struct repo *r, const struct oid *commit, const char *want)
{
	struct buf b = BUF_INIT;

	ok(repo_worktree_diff(r, commit, list, &b, &e));
	is(b.p ? buf_str(&b) : STR(""), want);
	buf_free(&b);
}

static struct repo *fresh(void)
{
	struct repo *r;

	sh("rm -rf n && mkdir n && git config --global user.name t && git config --global user.email t@t.invalid && "
	    "git config --global init.defaultBranch main && git config --global protocol.file.allow always && git config --global gc.auto 0");
	ok(repo_init(&r, "n", &e));
	return r;
}

/* A repository whose main is what the commands in n left there. */
static struct repo *made(const char *commands)
{
	struct repo *r;
	struct buf b = BUF_INIT;

	repo_close(fresh());
	buf_printf(&b, "cd n && { %s; } && git add -A && git commit -q --allow-empty -m x", commands);
	sh(b.p);
	ok(repo_open(&r, "n", &e));
	buf_free(&b);
	return r;
}

static struct oid commit_write(struct repo *r, const struct oid *tree, const struct oid *parent)
{
	struct buf b = BUF_INIT;
	char hex[OID_HEX + 1];
	struct oid o;

	oid_format(hex, tree);
	buf_printf(&b, "tree %s\n", hex);
	if (parent) {
		oid_format(hex, parent);
		buf_printf(&b, "parent %s\n", hex);
	}
	buf_puts(&b, "author A <a@x.invalid> 1700000000 +0000\ncommitter C <c@x.invalid> 1700000001 +0000\n\nsubject\n");
	ok(repo_write(&o, r, OBJECT_COMMIT, buf_str(&b), &e));
	buf_free(&b);
	return o;
}

static void test_git__sha1_of_the_known_vectors(void **state)
{
	static const struct {
		const char *text, *hex;
		unsigned times;
	} v[] = {
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709", 1 },
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d", 1 },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1", 1 },
		{ "aaaaaaaaaa", "34aa973cd4c4daa4f61eeb2bdbad27316534016f", 100000 },
	};
	unsigned char bytes[700] = { 0 };
	char hex[OID_HEX + 1];
	struct oid o, again;
	struct sha1 s;
	size_t i;
	unsigned k;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		sha1_init(&s);
		for (k = 0; k < v[i].times; k++)
			sha1_add(&s, v[i].text, strlen(v[i].text));
		sha1_done(o.b, &s);
		oid_format(hex, &o);
		assert_string_equal(hex, v[i].hex);
	}
	for (i = 0; i <= sizeof bytes; i++) {	/* in two parts of any sizes */
		k = (unsigned)(i * 7 % (sizeof bytes + 1));
		bytes[i % sizeof bytes] = (unsigned char)(i * 31);
		sha1_init(&s);
		sha1_add(&s, bytes, k);
		sha1_add(&s, bytes + k, sizeof bytes - k);
		sha1_done(o.b, &s);
		sha1_init(&s);
		for (k = 0; k < sizeof bytes; k++)
			sha1_add(&s, bytes + k, 1);
		sha1_done(again.b, &s);
		assert_true(oid_eq(&o, &again));
	}
	o = repo_hash_blob(STR(""));
	oid_format(hex, &o);
	assert_string_equal(hex, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

static void test_git__init_is_what_git_init_makes(void **state)
{
	struct repo *r = fresh();
	struct oid o;

	(void)state;
	prints("cat n/.git/HEAD", "ref: refs/heads/main");
	prints("cd n && git config core.bare && git config core.filemode && git config core.repositoryformatversion",
	    "false\ntrue\n0");
	prints("cd n && git fsck --strict 2>&1 | grep -v notice; git status --porcelain", "");
	sh("! test -e n/.git/hooks");
	assert_int_equal(repo_ref(&o, r, "refs/heads/main", &e), RC_NOTFOUND);
	repo_close(r);
	assert_int_equal(repo_init(&r, "n", &e), RC_CONFLICT);
	assert_int_equal(repo_open(&r, "nowhere", &e), RC_NOTFOUND);
	ok(repo_open(&r, "n", &e));
	ok(repo_config_set(r, "colep.id", "bg-desk", &e));
	assert_int_equal(repo_config_set(r, "bad", "x", &e), RC_INVALID);
	repo_close(r);
	prints("git -C n config colep.id", "bg-desk");
}

static void test_git__objects_are_what_git_reads_and_bounded(void **state)
{
	struct repo *r = fresh();
	struct buf b = BUF_INIT;
	struct oid o, none = { { 1 } };
	bool has;

	(void)state;
	ok(repo_write(&o, r, OBJECT_BLOB, STR("hello\n"), &e));
	prints("cd n && git cat-file blob ce013625030ba8dba906f756967f9e9ca394464a", "hello");
	ok(repo_has(&has, r, &o, &e));
	assert_true(has);
	ok(repo_has(&has, r, &none, &e));
	assert_false(has);
	ok(repo_read(&b, r, &o, OBJECT_BLOB, 6, &e));
	is(buf_str(&b), "hello\n");
	assert_int_equal(repo_read(&b, r, &o, OBJECT_BLOB, 5, &e), RC_INVALID);
	assert_int_equal(repo_read(&b, r, &o, OBJECT_TREE, 6, &e), RC_INVALID);
	assert_int_equal(repo_read(&b, r, &none, OBJECT_BLOB, 6, &e), RC_NOTFOUND);
	assert_int_equal(b.n, 6);
	repo_close(r);
	sh("cd n/.git/objects/ce && chmod u+w * && printf rubbish >013625030ba8dba906f756967f9e9ca394464a");
	ok(repo_open(&r, "n", &e));
	assert_int_equal(repo_read(&b, r, &o, OBJECT_BLOB, 6, &e), RC_CORRUPT);
	repo_close(r);
	buf_free(&b);
}

/* Is the object read without libgit2, and are these its bytes? */
static bool disk_has(struct disk *d, const struct oid *o, enum object_type t, size_t max, struct str want)
{
	struct object got = OBJECT_INIT;
	const bool read = disk_read(&got, d, "n/.git", o, t, max);

	assert_true(!read || str_eq(got.bytes, want));
	object_close(&got);
	return read;
}

static void test_git__whole_objects_are_read_where_they_stand(void **state)
{
	struct repo *r = made("seq 5000 >a && { cat a; echo more; } >b && mkdir d && cp a d/c");
	static struct disk d;
	struct buf a = BUF_INIT, b = BUF_INIT, tree = BUF_INIT, got = BUF_INIT;
	const struct oid a_id = ask_id("git -C n rev-parse HEAD:a"), b_id = ask_id("git -C n rev-parse HEAD:b");
	const struct oid tree_id = ask_id("git -C n rev-parse HEAD:d"), commit = ask_id("git -C n rev-parse HEAD"), none = { { 1 } };
	unsigned i;

	(void)state;
	ok(file_read(&a, "n/a", 1 << 20, &e));
	ok(file_read(&b, "n/b", 1 << 20, &e));
	buf_puts(&tree, "100644 c");
	buf_add(&tree, "", 1);
	buf_add(&tree, a_id.b, sizeof a_id.b);
	for (i = 0; i < 2; i++) {		/* alone; then in a pack that came meanwhile */
		assert_true(disk_has(&d, &a_id, OBJECT_BLOB, a.n, buf_str(&a)));
		assert_false(disk_has(&d, &a_id, OBJECT_BLOB, a.n - 1, STR_NONE));
		assert_false(disk_has(&d, &a_id, OBJECT_TREE, a.n, STR_NONE));
		assert_true(disk_has(&d, &tree_id, OBJECT_TREE, tree.n, buf_str(&tree)));
		assert_false(disk_has(&d, &tree_id, OBJECT_TREE, tree.n - 1, STR_NONE));
		assert_false(disk_has(&d, &tree_id, OBJECT_BLOB, tree.n, STR_NONE));
		assert_false(disk_has(&d, &commit, OBJECT_COMMIT, 1 << 20, STR_NONE));
		assert_false(disk_has(&d, &none, OBJECT_BLOB, 1 << 20, STR_NONE));
		sh("cd n && git repack -adq --window=0");
	}
	disk_close(&d);
	d = (struct disk){ .npacks = 0 };
	sh("cd n/.git/objects/pack && rm -f *.idx *.rev && git index-pack --index-version=2,0xd *.pack >/dev/null");	/* offsets as of 2 GiB */
	assert_true(disk_has(&d, &a_id, OBJECT_BLOB, a.n, buf_str(&a)));
	assert_true(disk_has(&d, &b_id, OBJECT_BLOB, b.n, buf_str(&b)));
	assert_true(disk_has(&d, &tree_id, OBJECT_TREE, tree.n, buf_str(&tree)));
	sh("cd n && git repack -adfq");		/* one of the two as a delta: libgit2's */
	disk_close(&d);
	d = (struct disk){ .npacks = 0 };
	assert_int_equal(disk_has(&d, &a_id, OBJECT_BLOB, a.n, buf_str(&a)) + disk_has(&d, &b_id, OBJECT_BLOB, b.n, buf_str(&b)), 1);
	ok(repo_read(&got, r, &a_id, OBJECT_BLOB, a.n, &e));
	assert_true(str_eq(buf_str(&got), buf_str(&a)));
	buf_clear(&got);
	ok(repo_read(&got, r, &b_id, OBJECT_BLOB, b.n, &e));
	assert_true(str_eq(buf_str(&got), buf_str(&b)));
	disk_close(&d);
	repo_close(r);
	buf_free(&a);
	buf_free(&b);
	buf_free(&tree);
	buf_free(&got);
}

/* Another byte in place of each of a file's, and the file cut off before it: of none comes another content. sure: nor any. */
static void damaged(const char *path, const struct oid *o, struct str want, bool sure)
{
	struct buf b = BUF_INIT;
	struct disk *d = calloc(1, sizeof *d);
	struct object got = OBJECT_INIT;
	size_t i, cut;

	assert_non_null(d);
	ok(file_read(&b, path, 1 << 20, &e));
	for (cut = 0; cut < 2; cut++)
		for (i = 0; i < b.n; i++) {
			b.p[i] ^= cut ? 0 : 0x55;
			ok(file_write_fast(path, str_sub(buf_str(&b), 0, cut ? i : b.n), 0644, &e));
			b.p[i] ^= cut ? 0 : 0x55;
			if (disk_read(&got, d, "n/.git", o, OBJECT_BLOB, 1 << 20))
				assert_true(!cut && (!sure || str_eq(got.bytes, want)));
			object_close(&got);
			disk_close(d);
			memset(d, 0, sizeof *d);
		}
	ok(file_write_fast(path, buf_str(&b), 0644, &e));
	assert_true(disk_has(d, o, OBJECT_BLOB, 1 << 20, want));
	disk_close(d);
	free(d);
	buf_free(&b);
}

static void test_git__of_damaged_objects_nothing_else_comes(void **state)
{
	const struct str want = STR("a lesson, a lesson, a lesson, and no more\n");
	struct repo *r = made("echo 'a lesson, a lesson, a lesson, and no more' >a");
	const struct oid o = ask_id("git -C n rev-parse HEAD:a");
	struct buf b = BUF_INIT, all = BUF_INIT;
	char hex[OID_HEX + 1], path[100];

	(void)state;
	oid_format(hex, &o);
	snprintf(path, sizeof path, "n/.git/objects/%.2s/%s", hex, hex + 2);
	damaged(path, &o, want, true);
	ok(file_read(&all, path, 1000, &e));
	all.p[all.n - 1] ^= 1;			/* the checksum of what comes out */
	ok(file_write_fast(path, buf_str(&all), 0644, &e));
	assert_int_equal(repo_read(&b, r, &o, OBJECT_BLOB, 1000, &e), RC_CORRUPT);
	assert_int_equal(b.n, 0);
	all.p[all.n - 1] ^= 1;
	ok(file_write_fast(path, buf_str(&all), 0644, &e));
	sh("cd n && git repack -adq && mv .git/objects/pack/*.pack .git/objects/pack/p.pack && mv .git/objects/pack/*.idx .git/objects/pack/p.idx");
	damaged("n/.git/objects/pack/p.pack", &o, want, true);
	damaged("n/.git/objects/pack/p.idx", &o, want, false);	/* an index may say that an object is another one */
	repo_close(r);
	buf_free(&b);
	buf_free(&all);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void test_git__a_bulk_is_one_pack_and_no_loose_object(void **state)
{
	enum { N = 10000 };
	struct repo *r = fresh();
	struct buf b = BUF_INIT, names = BUF_INIT, want = BUF_INIT;
	struct change *c = calloc(N, sizeof *c);
	struct oid tree, commit, removed;
	struct change one;
	double t0, t1, t2, t3;
	unsigned i;

	(void)state;
	assert_non_null(c);
	ok(repo_bulk_begin(r, &e));
	for (i = 0; i < N; i++)
		buf_printf(&names, "d%03u/n%06u.md", i / 100, i);
	t0 = now();
	for (i = 0; i < N; i++) {
		buf_clear(&b);
		for (unsigned k = 0; k < 40; k++)
			buf_printf(&b, "line %u of document %u, number %u\n", k, i, i * 2654435761u % (k + 7));
		c[i].path = str_sub(buf_str(&names), i * 15, (i + 1) * 15);
		ok(repo_write(&c[i].new, r, OBJECT_BLOB, buf_str(&b), &e));
	}
	t1 = now();
	ok(repo_tree(&tree, r, NULL, c, N, &e));
	t2 = now();
	commit = commit_write(r, &tree, NULL);
	ok(repo_write(&removed, r, OBJECT_BLOB, STR("reached by nothing"), &e));
	buf_clear(&b);
	ok(repo_read(&b, r, &c[17].new, OBJECT_BLOB, 1 << 20, &e));	/* before the pack is there */
	assert_true(str_starts(buf_str(&b), STR("line 0 of document 17,")));
	ok(repo_bulk_end(r, &e));
	t3 = now();
	print_message("# bulk of %d: write %.0f ms, tree %.0f ms, pack %.0f ms\n", N, t1 - t0, t2 - t1, t3 - t2);
	ok(repo_ref_set(r, "refs/heads/main", &commit, NULL, &e));
	t0 = now();
	one = (struct change){ c[5000].path, c[5000].new, OID_NONE, 0 };
	ok(repo_tree(&removed, r, &tree, &one, 1, &e));
	t1 = now();
	buf_printf(&want, "D 000000 %.*s\n", FMT_STR(one.path));
	diff_is(r, &tree, &removed, want.p);
	t2 = now();
	print_message("# one path of %d: tree %.1f ms, diff %.1f ms\n", N, t1 - t0, t2 - t1);
	repo_close(r);
	prints("cd n && git count-objects -v | grep -E '^(count|packs|in-pack)'", "count: 2\nin-pack: 10103\npacks: 1");
	prints("cd n && git fsck --strict 2>&1 | grep -v dangling; git verify-pack .git/objects/pack/*.idx", "");
	prints("cd n && git ls-tree -r main | wc -l; git log --format='%an %ae %at %cn %ct %s'",
	    "10000\nA a@x.invalid 1700000000 C 1700000001 subject");
	free(c);
	buf_free(&b);
	buf_free(&names);
	buf_free(&want);
}

static void test_git__a_bulk_skips_what_is_there_and_large_objects_pass(void **state)
{
	struct repo *r = made("echo hello >a");
	struct buf big = BUF_INIT, b = BUF_INIT;
	struct oid o, empty;
	unsigned i;

	(void)state;
	for (i = 0; i < 3 << 20; i++)
		buf_putc(&big, (char)(i * 2654435761u >> 24));
	ok(repo_bulk_begin(r, &e));
	assert_int_equal(repo_bulk_begin(r, &e), RC_INVALID);
	ok(repo_write(&o, r, OBJECT_BLOB, STR("hello\n"), &e));
	ok(repo_write(&o, r, OBJECT_BLOB, buf_str(&big), &e));
	ok(repo_write(&empty, r, OBJECT_BLOB, STR_NONE, &e));
	ok(repo_write(&empty, r, OBJECT_BLOB, STR_NONE, &e));
	ok(repo_bulk_end(r, &e));
	ok(repo_read(&b, r, &o, OBJECT_BLOB, 4 << 20, &e));
	assert_true(str_eq(buf_str(&b), buf_str(&big)));
	prints("cd n && git count-objects -v | grep in-pack && git fsck --strict 2>&1 | grep -v dangling; true", "in-pack: 2");
	ok(repo_bulk_begin(r, &e));
	ok(repo_bulk_end(r, &e));
	repo_close(r);
	buf_free(&big);
	buf_free(&b);
}

static void test_git__a_ref_moves_only_from_where_it_was(void **state)
{
	struct repo *r = made("echo 1 >a");
	struct oid c1 = ask_id("git -C n rev-parse main"), tree = ask_id("git -C n rev-parse main^{tree}"), c2, got,
	    none = OID_NONE, gone = { { 9 } };

	(void)state;
	c2 = commit_write(r, &tree, &c1);
	assert_int_equal(repo_ref_set(r, "refs/heads/main", &c2, NULL, &e), RC_CONFLICT);
	assert_int_equal(repo_ref_set(r, "refs/heads/main", &c2, &c2, &e), RC_CONFLICT);
	assert_int_equal(repo_ref_set(r, "refs/heads/x", &c2, &c1, &e), RC_CONFLICT);
	assert_int_equal(repo_ref_set(r, "refs/heads/../x", &c2, &none, &e), RC_INVALID);
	assert_int_equal(repo_ref_set(r, "refs/heads/x", &gone, &none, &e), RC_NOTFOUND);
	ok(repo_ref_set(r, "refs/heads/main", &c2, &c1, &e));
	ok(repo_ref_set(r, "refs/colep/heads/x", &c2, &none, &e));
	ok(repo_ref(&got, r, "HEAD", &e));
	assert_true(oid_eq(&got, &c2));
	prints("cd n && git log -g -1 --format='%gn %ge' main; git status --porcelain; ls .git/refs/heads", 
	    "colep colep@colep.invalid\nmain");
	sh("git -C n pack-refs --all");
	assert_int_equal(repo_ref_set(r, "refs/heads/main", &c2, &c1, &e), RC_CONFLICT);
	ok(repo_ref_set(r, "refs/heads/main", &c1, &c2, &e));
	sh("touch n/.git/refs/heads/main.lock");
	assert_int_equal(repo_ref_set(r, "refs/heads/main", &c2, &c1, &e), RC_CONFLICT);
	assert_non_null(strstr(e.msg, "main.lock"));
	sh("rm n/.git/refs/heads/main.lock");
	repo_close(r);
}

static void test_git__a_ref_made_by_many_at_once_is_made_by_one(void **state)
{
	struct repo *r = made("echo 1 >a");
	struct oid c1 = ask_id("git -C n rev-parse main"), tree = ask_id("git -C n rev-parse main^{tree}"), c2;
	int i, status, won = 0;

	(void)state;
	c2 = commit_write(r, &tree, &c1);
	for (i = 0; i < 8; i++) {
		pid_t child = fork();

		if (child == 0) {
			enum rc rc = repo_ref_set(r, "refs/heads/race", i % 2 ? &c1 : &c2, NULL, &e);

			_exit(rc == RC_OK ? 0 : rc == RC_CONFLICT ? 1 : 2);
		}
		assert_true(child > 0);
	}
	for (i = 0; i < 8; i++) {
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
		won += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(won, 1);
	repo_close(r);
}

static void test_git__a_commit_is_taken_apart_by_its_bytes(void **state)
{
	struct repo *r = fresh();
	struct arena a = ARENA_INIT;
	struct commit c;
	struct oid o;
	const struct str raw = STR("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	    "parent 1111111111111111111111111111111111111111\nparent 2222222222222222222222222222222222222222\n"
	    "author A \xff <B> <a@x.invalid> 1700000000 +0100\ncommitter C <c@x.invalid> 1700000001 -0530\n"
	    "encoding latin1\ngpgsig -----BEGIN SSH SIGNATURE-----\n abc\n \n -----END SSH SIGNATURE-----\n"
	    "gpgsig-sha256 x\n y\nother z\n more\n\nSubject\n\nBody: no\n\nColep-Node: bg-desk\ncolep-time:  7 \n"
	    "Colep-Node: second\n");

	(void)state;
	ok(repo_write(&o, r, OBJECT_COMMIT, raw, &e));
	ok(repo_commit(&c, &a, r, &o, &e));
	assert_int_equal(c.nparents, 2);
	assert_int_equal(c.parents[1].b[19], 0x22);
	is(c.author, "A \xff <B> <a@x.invalid>");
	is(c.committer, "C <c@x.invalid>");
	assert_int_equal(c.time, 1700000001);
	is(c.signature, "-----BEGIN SSH SIGNATURE-----\nabc\n\n-----END SSH SIGNATURE-----\n");
	is(c.signed_bytes, "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
	    "parent 1111111111111111111111111111111111111111\nparent 2222222222222222222222222222222222222222\n"
	    "author A \xff <B> <a@x.invalid> 1700000000 +0100\ncommitter C <c@x.invalid> 1700000001 -0530\n"
	    "encoding latin1\nother z\n more\n\nSubject\n\nBody: no\n\nColep-Node: bg-desk\ncolep-time:  7 \n"
	    "Colep-Node: second\n");
	is(commit_trailer(&c, "Colep-Node"), "bg-desk");
	is(commit_trailer(&c, "Colep-Time"), "7");
	assert_null(commit_trailer(&c, "Body").p);
	c.message = STR("Colep-Node: a title is no trailer");
	assert_null(commit_trailer(&c, "Colep-Node").p);
	repo_close(r);
	arena_free(&a);
}

static void test_git__a_commit_git_signed_verifies_from_its_parts(void **state)
{
	struct repo *r;
	struct arena a = ARENA_INIT;
	struct commit c;
	struct oid o;

	(void)state;
	r = made("true");
	sh("rm -f key key.pub && ssh-keygen -q -t ed25519 -N '' -f key -C k && cd n && git -c gpg.format=ssh "
	    "-c user.signingkey=$PWD/../key commit -q -S --allow-empty -m 'signed' -m 'Colep-Node: x'");
	o = ask_id("git -C n rev-parse main");
	ok(repo_commit(&c, &a, r, &o, &e));
	ok(file_write("payload", c.signed_bytes, 0644, &e));
	ok(file_write("sig", c.signature, 0644, &e));
	sh("echo \"t $(cat key.pub)\" >allowed && ssh-keygen -q -Y verify -f allowed -I t -n git -s sig <payload >/dev/null");
	is(commit_trailer(&c, "Colep-Node"), "x");
	repo_close(r);
	arena_free(&a);
}

static void test_git__a_commit_that_is_no_commit_is_refused(void **state)
{
#define TREE_LINE "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
#define A_LINE "author A <a> 1 +0000\n"
#define C_LINE "committer C <c> 2 +0000\n"
	const struct str bad[] = {
		STR(""), STR("\n"), STR("tree 4b825d\n" A_LINE C_LINE "\n"), STR(TREE_LINE C_LINE "\nx"),
		STR(TREE_LINE A_LINE "\nx"), STR(A_LINE TREE_LINE C_LINE "\n"), STR(TREE_LINE "parent x\n" A_LINE C_LINE "\n"),
		STR(TREE_LINE "author A a 1 +0000\n" C_LINE "\n"), STR(TREE_LINE A_LINE "committer C <c>\n\n"),
		STR(TREE_LINE A_LINE "committer C <c> -1 +0000\n\n"), STR(TREE_LINE A_LINE "committer C <c> 99999999999999999999 +0\n\n"),
		STR(TREE_LINE A_LINE C_LINE "\nzero \0 byte"), STR(TREE_LINE A_LINE C_LINE "gpgsig x\ngpgsig y\n\n"),
		STR(TREE_LINE A_LINE C_LINE "unfinished"), STR(TREE_LINE "author <>\n" C_LINE "\n"),
		STR(TREE_LINE A_LINE "committer >x< 1 +0000\n\n"),
	};
	struct repo *r = fresh();
	struct arena a = ARENA_INIT;
	struct buf big = BUF_INIT;
	struct commit c;
	struct oid o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		ok(repo_write(&o, r, OBJECT_COMMIT, bad[i], &e));
		if (repo_commit(&c, &a, r, &o, &e) != RC_INVALID) {
			print_message("# case %zu\n", i);
			fail();
		}
	}
	buf_puts(&big, TREE_LINE A_LINE C_LINE "\n");
	while (big.n <= 65536)
		buf_putc(&big, 'x');
	ok(repo_write(&o, r, OBJECT_COMMIT, buf_str(&big), &e));
	assert_int_equal(repo_commit(&c, &a, r, &o, &e), RC_INVALID);
	big.n = 65536;
	for (i = 0; i < 300; i++) {		/* cut anywhere, it is refused or whole, never read past its end */
		struct str cut = str_sub(STR(TREE_LINE A_LINE C_LINE "gpgsig a\n b\n\nm\n"), 0, i);

		ok(repo_write(&o, r, OBJECT_COMMIT, cut, &e));
		(void)!repo_commit(&c, &a, r, &o, &e);
	}
	repo_close(r);
	arena_free(&a);
	buf_free(&big);
}

static void test_git__diff_is_what_diff_tree_says(void **state)
{
	struct repo *r;
	struct buf want = BUF_INIT;
	struct oid from, to;
	struct str s;

	(void)state;
	r = made("mkdir -p a/b c d 'foo' && echo 1 >a/b/x && echo 2 >a/y && echo 3 >c/z && echo 4 >foo.txt && echo 5 >foo/in && "
	    "echo 6 >foo0 && echo 7 >run && ln -s run link && echo 8 >d/ä && echo 9 >swap && echo 10 >same");
	sh("cd n && echo 11 >a/b/x && rm a/y && mkdir a/y && echo 12 >a/y/deep && rm -r foo && echo 13 >foo && chmod +x run && "
	    "rm link && echo 14 >link && ln -s x new && rm swap && mkdir swap && echo 9 >swap/swap && git add -A && "
	    "git commit -qm y");
	from = ask_id("git -C n rev-parse main^");
	to = ask_id("git -C n rev-parse main^{tree}");
	s = ask(&want, "cd n && git -c core.quotepath=off diff-tree -r --no-renames main^ main | "
	    "awk '{m=$2; k=substr($5,1,1); p=$0; sub(/^[^\\t]*\\t/, \"\", p); print (k==\"T\"?\"M\":k), m, p}'");
	buf_putc(&want, '\n');
	(void)s;
	diff_is(r, &from, &to, want.p);
	s = ask(&want, "cd n && git -c core.quotepath=off ls-tree -r main | "
	    "awk '{m=$1; p=$0; sub(/^[^\\t]*\\t/, \"\", p); print \"A\", m, p}'");
	buf_putc(&want, '\n');
	diff_is(r, NULL, &to, want.p);
	diff_is(r, &to, &to, "");
	assert_int_equal(repo_diff(r, &(struct oid){ { 3 } }, &to, list, &want, &e), RC_NOTFOUND);
	assert_int_equal(repo_lookup(&from, r, &to, STR("a/y/deep"), &e), RC_OK);
	to = ask_id("git -C n rev-parse main:a/y/deep");
	assert_true(oid_eq(&from, &to));
	to = ask_id("git -C n rev-parse main");
	assert_int_equal(repo_lookup(&from, r, &to, STR("a/y"), &e), RC_NOTFOUND);
	assert_int_equal(repo_lookup(&from, r, &to, STR("a/y/deep/er"), &e), RC_NOTFOUND);
	assert_int_equal(repo_lookup(&from, r, &to, STR("new"), &e), RC_NOTFOUND);
	assert_int_equal(repo_lookup(&from, r, &to, STR("a//y"), &e), RC_NOTFOUND);
	assert_int_equal(repo_lookup(&from, r, &to, STR(""), &e), RC_NOTFOUND);
	repo_close(r);
	buf_free(&want);
}

static void test_git__trees_are_built_as_git_builds_them(void **state)
{
	static const char *const paths[] = { "a", "a-b", "a.md", "a/b", "a/c/d", "a0", "b/c", "b/c.md", "b/c/d", "b/c/e/f",
		"b/d", "c", "c/x", "c/y", "d/e/f/g", "d/e/f/h" };
	enum { N = sizeof paths / sizeof *paths };
	struct repo *r = fresh();
	struct oid base, got, want, blob[3], none = OID_NONE, empty;
	unsigned round, i, k, seed = 1;
	struct buf cmd = BUF_INIT;
	struct change c[N];

	(void)state;
	for (i = 0; i < 3; i++)
		ok(repo_write(&blob[i], r, OBJECT_BLOB, (struct str){ "xyz" + i, 1 }, &e));
	ok(repo_tree(&empty, r, NULL, NULL, 0, &e));
	base = empty;
	for (round = 0; round < 60; round++) {
		/* git's answer: an index read from base, paths taken out, then put in, replacing what is in the way */
		char hex[OID_HEX + 1];

		oid_format(hex, &base);
		buf_clear(&cmd);
		buf_printf(&cmd, "cd n && git read-tree %s && ", hex);
		for (i = k = 0; i < N; i++) {
			seed = seed * 1103515245 + 12345;
			if (seed >> 16 & 3)
				continue;
			c[k++] = (struct change){ cstr(paths[i]), none, seed >> 20 & 1 ? blob[seed >> 22 & 1] : none, 0 };
			/* no two that exclude each other */
			for (unsigned j = 0; j + 1 < k; j++)
				if (str_starts(c[k - 1].path, c[j].path) && c[k - 1].path.p[c[j].path.n] == '/' &&
				    !oid_is_none(&c[j].new))
					c[k - 1].new = none;
		}
		for (i = 0; i < k; i++)
			if (oid_is_none(&c[i].new))
				buf_printf(&cmd, "git update-index --force-remove %.*s && ", FMT_STR(c[i].path));
		for (i = 0; i < k; i++) {
			oid_format(hex, &c[i].new);
			if (!oid_is_none(&c[i].new))
				buf_printf(&cmd, "git update-index --add --replace --cacheinfo 100644,%s,%.*s && ", hex,
				    FMT_STR(c[i].path));
		}
		buf_puts(&cmd, "git write-tree");
		want = ask_id(cmd.p);
		ok(repo_tree(&got, r, &base, c, k, &e));
		if (!oid_eq(&got, &want))
			print_message("# round %u: %s\n", round, cmd.p);
		assert_true(oid_eq(&got, &want));
		base = got;
	}
	prints("cd n && rm -f .git/index && git fsck --strict 2>&1 | grep -vE 'dangling|notice'; true", "");
	c[0] = (struct change){ STR("x/../y"), none, blob[0], 0 };
	assert_int_equal(repo_tree(&got, r, NULL, c, 1, &e), RC_INVALID);
	c[0].path = STR("x/.GIT/config");
	assert_int_equal(repo_tree(&got, r, NULL, c, 1, &e), RC_INVALID);
	c[0].path = STR("x");
	c[1] = (struct change){ STR("x/y"), none, blob[0], 0 };
	assert_int_equal(repo_tree(&got, r, NULL, c, 2, &e), RC_INVALID);
	repo_close(r);
	buf_free(&cmd);
}

/* All of each change. */
static enum rc whole(void *ctx, const struct change *c, struct err *err)
{
	struct buf *b = ctx;
	char old[OID_HEX + 1], new[OID_HEX + 1];

	(void)err;
	oid_format(old, &c->old);
	oid_format(new, &c->new);
	buf_printf(b, "%o %s %s %.*s\n", c->mode, old, new, FMT_STR(c->path));
	return RC_OK;
}

/* What is noted of a tree that was made, against what is read of the two; a note that changes on the disk. */
static void test_git__what_is_noted_of_a_tree_is_what_differs(void **state)
{
	static const char *const paths[] = { "a", "a/b", "a/c", "b", "c/d", "c/e/f", "g" }, *const notes = "n/.git/colep/changes";
	enum { N = sizeof paths / sizeof *paths, FILL = 300 };
	struct repo *r = fresh();
	struct oid blob[3], none = OID_NONE, base, got, first;
	struct buf b = BUF_INIT, want = BUF_INIT, kept = BUF_INIT;
	struct change c[FILL];
	char names[FILL][8];
	unsigned round, i, k, seed = 1, noted = 0;

	(void)state;
	prints("mkdir -p n/.git/colep", "");
	for (i = 0; i < 3; i++)
		ok(repo_write(&blob[i], r, OBJECT_BLOB, (struct str){ "xyz" + i, 1 }, &e));
	for (i = 0; i < FILL; i++) {
		snprintf(names[i], sizeof names[i], "h%05u", i);
		c[i] = (struct change){ cstr(names[i]), none, blob[0], 0 };
	}
	ok(repo_tree(&base, r, NULL, c, FILL, &e));
	first = base;
	assert_int_equal(file_read(&kept, notes, 1 << 20, &e), RC_NOTFOUND);	/* all is new: nothing to note */
	e.rc = RC_OK;
	for (round = 0; round < 80; round++) {
		for (i = k = 0; i < N; i++) {
			seed = seed * 1103515245 + 12345;
			if (seed >> 16 & 1)
				continue;
			c[k++] = (struct change){ cstr(paths[i]), none, seed >> 20 & 1 ? blob[seed >> 22 & 1] : none, seed >> 24 & 1 ? 0 : 0100755 };
			if (k > 1 && paths[i][0] == 'a' && !oid_is_none(&c[0].new) && str_is(c[0].path, "a"))
				c[k - 1].new = none;
		}
		ok(repo_tree(&got, r, &base, c, k, &e));
		buf_clear(&b);
		buf_clear(&want);
		ok(repo_diff(r, &base, &got, whole, &b, &e));
		noted += file_exists(notes);
		(void)unlink(notes);
		ok(repo_diff(r, &base, &got, whole, &want, &e));
		is(buf_str(&b), want.n ? want.p : "");
		base = got;
	}
	assert_true(noted > 30);
	c[0] = (struct change){ STR("h00007"), none, blob[1], 0 };
	ok(repo_tree(&got, r, &first, c, 1, &e));
	buf_clear(&want);
	ok(repo_diff(r, &first, &got, whole, &want, &e));
	ok(file_read(&kept, notes, 1 << 20, &e));
	for (i = 0; i <= kept.n; i++) {		/* the last time as it is */
		if (i < kept.n)
			kept.p[i] = (char)(kept.p[i] ^ 1 << i % 8);
		ok(file_write(notes, buf_str(&kept), 0644, &e));
		buf_clear(&b);
		ok(repo_diff(r, &first, &got, whole, &b, &e));
		is(buf_str(&b), want.p);
		if (i < kept.n)
			kept.p[i] = (char)(kept.p[i] ^ 1 << i % 8);
		ok(file_write(notes, str_sub(buf_str(&kept), 0, i), 0644, &e));
		buf_clear(&b);
		ok(repo_diff(r, &first, &got, whole, &b, &e));
		is(buf_str(&b), want.p);
	}
	c[0] = (struct change){ STR("elsewhere"), blob[0], blob[1], 0100644 };
	for (i = 0; i < 2000; i++)		/* it is looked at, and has an end */
		noted_put(r, &got, i == 1999 ? &first : &got, c, 1);
	diff_is(r, &got, &first, "M 100644 elsewhere\n");
	buf_clear(&kept);
	ok(file_read(&kept, notes, 64 << 10, &e));
	(void)unlink(notes);
	noted_put(r, &first, &got, c, 1);
	noted_put(r, &got, &first, c, 1);
	noted_put(r, &first, &got, c, 1);
	diff_is(r, &first, &got, "M 100644 elsewhere\n");
	buf_clear(&kept);
	ok(file_read(&kept, notes, 64 << 10, &e));
	kept.p[0] = '\xff';		/* who begins there finds nothing; notes that follow stand behind the one found last */
	ok(file_write(notes, buf_str(&kept), 0644, &e));
	diff_is(r, &got, &first, "M 100644 elsewhere\n");
	diff_is(r, &first, &got, "M 100644 elsewhere\n");
	buf_free(&b);
	buf_free(&want);
	buf_free(&kept);
	repo_close(r);
}

/* A tree object of the bytes that printf(1) makes. */
static struct oid literal(const char *format)
{
	struct buf b = BUF_INIT;
	struct oid o;

	buf_printf(&b, "cd n && { %s; } | git hash-object -t tree -w --literally --stdin", format);
	o = ask_id(b.p);
	buf_free(&b);
	return o;
}

#define ID "\\001\\002\\003\\004\\005\\006\\007\\010\\011\\012\\013\\014\\015\\016\\017\\020\\021\\022\\023\\024"
static void test_git__hostile_trees_are_refused(void **state)
{
	static const char *const broken[] = {
		"printf 'x'", "printf '100644 a'", "printf '100644 a\\000short'", "printf '100644 \\000" ID "'",
		"printf '100644 ../x\\000" ID "'", "printf '9 a\\000" ID "'", "printf ' a\\000" ID "'",
		"printf '100644 b\\000" ID "100644 a\\000" ID "'", "printf '100644 a\\000" ID "100644 a\\000" ID "'",
		"printf '12345678 a\\000" ID "'",
	};
	static const char *const beside[] = {
		"printf '100644 b\\000" ID "100644 a\\000" ID "100644 m\\000" ID "'", "printf '100644 z\\000" ID "100644 m\\000" ID "'",
		"printf '100644 a\\000" ID "100644 z\\000" ID "100644 m\\000" ID "'", "printf '100755 a\\000" ID "100644 a\\000" ID "'",
		"printf '100644 a\\000" ID "100644 m\\000" ID "100644 z\\000" ID "100644 z\\000" ID "'",
		"printf '100644 a\\000" ID "100644 m\\000" ID "100644 z\\000" ID "x'",
	};
	static const char *const names[] = { "..", ".", ".git", ".GiT", "a\\\\b", "a\\tb", "git~1" };
	struct repo *r = fresh();
	struct buf b = BUF_INIT;
	struct oid o, blob;
	char oct[100] = "";
	size_t i;

	(void)state;
	ok(repo_write(&blob, r, OBJECT_BLOB, STR("evil"), &e));
	for (i = 0; i < sizeof blob.b; i++)
		snprintf(oct + strlen(oct), sizeof oct - strlen(oct), "\\%03o", blob.b[i]);
	for (i = 0; i < sizeof broken / sizeof *broken; i++) {
		o = literal(broken[i]);
		if (repo_diff(r, NULL, &o, list, &b, &e) != RC_INVALID) {
			print_message("# %s\n", broken[i]);
			fail();
		}
	}
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		char cmd[300];

		snprintf(cmd, sizeof cmd, "printf '100644 %s\\000%s'", names[i], oct);
		o = literal(cmd);
		buf_clear(&b);
		ok(repo_diff(r, NULL, &o, list, &b, &e));	/* seen, */
		assert_int_equal(repo_checkout(r, NULL, &o, NULL, NULL, &e), RC_INVALID);	/* but not made */
		assert_int_equal(repo_index_set(r, &o, &e), RC_INVALID);
	}
	o = literal("printf '100644 a\\000" ID "100644 m\\000" ID "100644 z\\000" ID "'");	/* beside one that is in order */
	for (i = 0; i < sizeof beside / sizeof *beside; i++) {
		struct oid to = literal(beside[i]);

		assert_int_equal(repo_diff(r, &o, &to, list, &b, &e), RC_INVALID);
		assert_int_equal(repo_diff(r, &to, &o, list, &b, &e), RC_INVALID);
	}
	o = literal("printf '40000 a\\000" ID "'");		/* a folder that is not there */
	assert_int_equal(repo_diff(r, NULL, &o, list, &b, &e), RC_CORRUPT);
	/* folders one in another, and each naming the one below a thousand times */
	o = blob;
	for (i = 0; i < 20; i++) {
		struct buf t = BUF_INIT;
		unsigned k;

		for (k = 0; k < (i ? 100 : 1); k++) {
			buf_printf(&t, i ? "40000 %03u" : "100644 %03u", k);
			buf_putc(&t, '\0');
			buf_add(&t, o.b, sizeof o.b);
			if (!i)
				break;
		}
		if (i == 0)
			buf_clear(&t);	/* the lowest is empty: nothing to call fn for */
		ok(repo_write(&o, r, OBJECT_TREE, buf_str(&t), &e));
		buf_free(&t);
		if (i == 10)
			assert_int_equal(repo_diff(r, NULL, &o, list, &b, &e), RC_INVALID);
	}
	assert_int_equal(repo_diff(r, NULL, &o, list, &b, &e), RC_INVALID);
	prints("cd n && ls -A", ".git");
	repo_close(r);
	buf_free(&b);
}

static void test_git__the_work_tree_tells_what_changed(void **state)
{
	struct repo *r;
	struct oid c;

	(void)state;
	r = made("mkdir -p a/b gone && echo 1 >a/b/x && echo 2 >a/y && echo 3 >gone/z && echo 4 >same && echo 5 >run && "
	    "printf '*.tmp\\n/out/\\n' >.gitignore && echo k >kept.tmp && git add -f kept.tmp && ln -s same link && : >empty");
	c = ask_id("git -C n rev-parse main");
	work_is(r, &c, "");
	sh("cd n && echo 9 >a/b/x && rm -r gone && chmod +x run && mkdir -p new/dir out dir.tmp && echo n >new/dir/ä.md && "
	    "echo o >out/o && echo o >x.tmp && echo o >dir.tmp/o && rm link && ln -s /etc link && ln -s /etc etc && mkfifo pipe && "
	    "git init -q nested && echo q >nested/q && echo d >kept.tmp && echo priv >.git/info/p && "
	    "echo secret.md >>.git/info/exclude && echo s >secret.md && mkdir hollow");
	work_is(r, &c, "M 100644 a/b/x\nA 120000 etc\nD 000000 gone/z\nM 100644 kept.tmp\nM 120000 link\nA 160000 nested\n"
	    "A 100644 new/dir/ä.md\nA 010000 pipe\nM 100755 run\n");
	sh("cd n && git init -q a && rm -r nested");
	work_is(r, &c, "A 160000 a\nA 120000 etc\nD 000000 gone/z\nM 100644 kept.tmp\nM 120000 link\n"
	    "A 100644 new/dir/ä.md\nA 010000 pipe\nM 100755 run\n");
	ok(repo_config_set(r, "core.filemode", "false", &e));
	repo_close(r);
	ok(repo_open(&r, "n", &e));
	sh("cd n && rm -rf a/.git new etc pipe && git checkout -q gone link kept.tmp");
	work_is(r, &c, "M 100644 a/b/x\n");
	work_is(r, NULL, "A 100644 .gitignore\nA 100644 a/b/x\nA 100644 a/y\nA 100644 empty\nA 100644 gone/z\nA 100644 kept.tmp\n"
	    "A 120000 link\nA 100755 run\nA 100644 same\n");
	repo_close(r);
}

static void test_git__an_edit_of_the_same_size_in_the_same_second_is_seen(void **state)
{
	struct repo *r;
	struct oid c;
	unsigned i;

	(void)state;
	for (i = 0; i < 5; i++) {
		r = made("echo 1 >a; echo 1 >b");
		c = ask_id("git -C n rev-parse main");
		ok(repo_index_set(r, &c, &e));
		sh("cd n && echo 2 >a");
		work_is(r, &c, "M 100644 a\n");
		work_is(r, &c, "M 100644 a\n");		/* after the stat cache was refreshed */
		prints("cd n && git status --porcelain", " M a");
		/* even with the times put back; git itself would trust the change time alone */
		sh("cd n && touch -r b a");
		work_is(r, &c, "M 100644 a\n");
		repo_close(r);
	}
}

static void test_git__an_unchanged_tree_costs_its_stat_calls(void **state)
{
	struct repo *r;
	struct oid c;
	double t0, t1, t2;
	struct stat before, after;

	(void)state;
	r = made("for d in $(seq 100); do mkdir d$d && for f in $(seq 100); do echo $d $f >d$d/f$f.md; done; done");
	c = ask_id("git -C n rev-parse main");
	sh("find n -name '*.md' | xargs touch -d '2020-01-01' && rm n/.git/index");
	ok(repo_index_set(r, &c, &e));
	sh("sleep 1");
	t0 = now();
	work_is(r, &c, "");
	t1 = now();
	assert_int_equal(stat("n/.git/index", &before), 0);
	work_is(r, &c, "");
	t2 = now();
	assert_int_equal(stat("n/.git/index", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);		/* nothing to refresh */
	print_message("# work tree of 10000 files: %.0f ms, again %.0f ms\n", t1 - t0, t2 - t1);
	prints("cd n && git status --porcelain", "");
	repo_close(r);
}

static void test_git__checkout_moves_files_and_keeps_unsaved_work(void **state)
{
	struct repo *r;
	struct buf kept = BUF_INIT;
	struct oid from, to;

	(void)state;
	r = made("mkdir -p a/b d e/f && echo 1 >a/b/x && echo 2 >a/y && echo 3 >d/z && echo 4 >mine && echo 5 >gone && echo 6 >run && "
	    "echo 7 >swap && echo 8 >e/f/g && echo 9 >same && echo t >touched");
	from = ask_id("git -C n rev-parse main");
	sh("cd n && echo 11 >a/b/x && rm -r d && echo 14 >mine && echo 15 >gone && chmod +x run && rm swap && mkdir swap && "
	    "echo 7 >swap/in && rm -r e && echo f >e && mkdir -p new/deep && echo n >new/deep/ä && echo t2 >there && rm touched && "
	    "git add -A && git commit -qm y && git tag to && git reset -q --hard HEAD^");
	to = ask_id("git -C n rev-parse to");
	sh("cd n && echo mine >mine && rm gone && echo other >there && echo changed >touched && echo u >untracked");
	ok(repo_checkout(r, &from, &to, list, &kept, &e));
	is(buf_str(&kept), "M 100644 gone\nM 100644 mine\nA 100644 there\nD 000000 touched\n");
	sh("git -C n update-ref refs/heads/main to");
	prints("cd n && git -c core.quotepath=off status --porcelain", 
	    " D gone\n M mine\n M there\n?? touched\n?? untracked");
	prints("cd n && cat a/b/x e swap/in new/deep/ä mine && test -x run && ! test -e d && git fsck --strict",
	    "11\nf\n7\nn\nmine");
	buf_clear(&kept);
	ok(repo_checkout(r, &from, &to, list, &kept, &e));	/* again: nothing more to do */
	is(buf_str(&kept), "M 100644 gone\nM 100644 mine\nA 100644 there\nD 000000 touched\n");
	sh("cd n && git checkout -q gone mine there && rm touched untracked");
	ok(repo_checkout(r, &to, &from, NULL, NULL, &e));
	sh("git -C n update-ref refs/heads/main main^");
	prints("cd n && git status --porcelain; test -f e/f/g && ! test -x run && ! test -e new && cat .git/HEAD",
	    "ref: refs/heads/main");
	sh("touch n/.git/index.lock");
	assert_int_equal(repo_checkout(r, &from, &to, NULL, NULL, &e), RC_CONFLICT);
	sh("rm n/.git/index.lock");
	ok(repo_checkout(r, &from, &to, NULL, NULL, &e));
	prints("cd n && git update-ref refs/heads/main to && git status --porcelain", "");
	repo_close(r);
	buf_free(&kept);
}

static void test_git__checkout_does_not_write_through_a_symlink(void **state)
{
	struct repo *r;
	struct buf kept = BUF_INIT;
	struct oid from, to;

	(void)state;
	r = made("mkdir a && echo 1 >a/x && echo 1 >b");
	from = ask_id("git -C n rev-parse main");
	sh("cd n && echo 2 >a/x && echo 2 >a/new && echo 2 >b && ln -s /etc/passwd l && mkdir g && echo q >g/q && git add -A && "
	    "git commit -qm y && git tag to && git reset -q --hard HEAD^");
	to = ask_id("git -C n rev-parse to");
	sh("rm -rf out && mkdir out && echo 1 >out/x && echo 1 >out/b && cd n && rm -r a b && ln -s ../out a && ln -s ../out/b b && "
	    "git init -q g");
	ok(repo_checkout(r, &from, &to, list, &kept, &e));
	is(buf_str(&kept), "A 100644 a/new\nM 100644 a/x\nM 100644 b\nA 100644 g/q\nA 120000 l\n");
	prints("cat out/x out/b; ls out; test -L n/a && test -L n/b && ! test -e n/l && ! test -e n/g/q", "1\n1\nb\nx");
	repo_close(r);
	buf_free(&kept);
}

static void test_git__the_index_becomes_the_commits_tree(void **state)
{
	struct repo *r;
	struct oid c;

	(void)state;
	r = made("mkdir a && echo 1 >a/x && echo 2 >b && echo 3 >c && chmod +x c && ln -s b l && : >empty");
	c = ask_id("git -C n rev-parse main");
	sh("cd n && rm .git/index && echo 9 >b && echo u >u");
	ok(repo_index_set(r, &c, &e));
	prints("cd n && git status --porcelain && git diff-files --name-only && git ls-files -s | wc -l", " M b\n?? u\nb\n5");
	/* versions 3 and 4, and the rubbish that is none */
	sh("cd n && echo 2 >b && rm u && git update-index --index-version 4 && echo x >x && git add -N x");
	work_is(r, &c, "A 100644 x\n");
	prints("cd n && git status --porcelain", " A x");
	sh("sleep 1; cd n && touch a/x b c");
	work_is(r, &c, "A 100644 x\n");			/* rewritten as version 3 with the intent kept */
	prints("cd n && od -An -tx1 -j4 -N4 .git/index && git status --porcelain", " 00 00 00 03\n A x");
	sh("cd n && rm x && printf rubbish >.git/index");
	work_is(r, &c, "");
	ok(repo_index_set(r, &c, &e));
	prints("cd n && git status --porcelain && git fsck --strict", "");
	repo_close(r);
}

/* As git, which reads no index where a path is merged and not merged at a time. */
static void test_git__of_one_path_the_index_has_a_file_or_its_stages(void **state)
{
	static const struct { const char *stages; bool fits; } cases[] = { { "0", true }, { "123", true }, { "23", true }, { "02", false },
		{ "0123", false }, { "22", false }, { "32", false } };
	static const char stat_and_id[60], no_sum[20];
	struct arena a = ARENA_INIT;
	struct index_file ix;
	struct buf b = BUF_INIT;
	size_t i;
	const char *p;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		buf_add(&b, "DIRC\0\0\0\2\0\0\0", 11);
		buf_putc(&b, (char)strlen(cases[i].stages));
		for (p = cases[i].stages; *p; p++) {
			buf_add(&b, stat_and_id, sizeof stat_and_id);
			buf_putc(&b, (char)((*p - '0') << 4));
			buf_add(&b, "\1a", 3);		/* with a NUL, 64 bytes */
		}
		buf_add(&b, no_sum, sizeof no_sum);
		ok(file_write_fast("stages", buf_str(&b), 0644, &e));
		ok(index_read(&ix, &a, "stages", &e));
		assert_int_equal(ix.there, cases[i].fits);
		assert_true(!ix.there || !index_find(&ix, STR("a")) == (*cases[i].stages != '0'));
	}
	buf_free(&b);
	arena_free(&a);
}

static void test_git__a_bare_repository_has_no_work_tree(void **state)
{
	struct repo *r = made("echo 1 >a");
	struct oid c = ask_id("git -C n rev-parse main"), got;

	(void)state;
	repo_close(r);
	sh("rm -rf bare && git clone -q --bare n bare");
	ok(repo_open(&r, "bare", &e));
	ok(repo_ref(&got, r, "refs/heads/main", &e));
	assert_true(oid_eq(&got, &c));
	ok(repo_write(&got, r, OBJECT_BLOB, STR("x"), &e));
	assert_int_equal(repo_worktree_diff(r, &c, list, NULL, &e), RC_INVALID);
	assert_int_equal(repo_checkout(r, NULL, &c, NULL, NULL, &e), RC_INVALID);
	repo_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_git__sha1_of_the_known_vectors),
		cmocka_unit_test(test_git__init_is_what_git_init_makes),
		cmocka_unit_test(test_git__objects_are_what_git_reads_and_bounded),
		cmocka_unit_test(test_git__whole_objects_are_read_where_they_stand),
		cmocka_unit_test(test_git__of_damaged_objects_nothing_else_comes),
		cmocka_unit_test(test_git__a_bulk_is_one_pack_and_no_loose_object),
		cmocka_unit_test(test_git__a_bulk_skips_what_is_there_and_large_objects_pass),
		cmocka_unit_test(test_git__a_ref_moves_only_from_where_it_was),
		cmocka_unit_test(test_git__a_ref_made_by_many_at_once_is_made_by_one),
		cmocka_unit_test(test_git__a_commit_is_taken_apart_by_its_bytes),
		cmocka_unit_test(test_git__a_commit_git_signed_verifies_from_its_parts),
		cmocka_unit_test(test_git__a_commit_that_is_no_commit_is_refused),
		cmocka_unit_test(test_git__diff_is_what_diff_tree_says),
		cmocka_unit_test(test_git__trees_are_built_as_git_builds_them),
		cmocka_unit_test(test_git__hostile_trees_are_refused),
		cmocka_unit_test(test_git__the_work_tree_tells_what_changed),
		cmocka_unit_test(test_git__an_edit_of_the_same_size_in_the_same_second_is_seen),
		cmocka_unit_test(test_git__an_unchanged_tree_costs_its_stat_calls),
		cmocka_unit_test(test_git__checkout_moves_files_and_keeps_unsaved_work),
		cmocka_unit_test(test_git__checkout_does_not_write_through_a_symlink),
		cmocka_unit_test(test_git__the_index_becomes_the_commits_tree),
		cmocka_unit_test(test_git__of_one_path_the_index_has_a_file_or_its_stages),
		cmocka_unit_test(test_git__what_is_noted_of_a_tree_is_what_differs),
		cmocka_unit_test(test_git__a_bare_repository_has_no_work_tree),
	};
	char home[PATH_MAX];

	if ((mkdir("home", 0700) && errno != EEXIST) || !realpath("home", home) || setenv("HOME", home, 1))
		return 1;		/* git's configuration is the tests' own, whoever runs them */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
