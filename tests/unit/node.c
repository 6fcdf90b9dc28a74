/* tests/unit/node.c: what git wrote is read without libgit2; the real git program is the oracle. */
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "kb/node.h"

static int make(void **state)
{
	(void)state;
	return system("rm -rf n && git init -q -b main n && mkdir -p n/.git/colep n/a/b && cd n && "
	    "git config colep.id bg-desk2 && git config colep.practice true && git config colep.note ' a \"b\" # c\\d;' && "
	    "git config remote.Origin.url https://example.invalid/x");
}

static void test_node__is_found_from_a_folder_inside(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct node n;

	(void)state;
	assert_int_equal(node_open(&n, &a, "n/a/b", &e), RC_OK);
	assert_true(file_is_dir(n.git) && file_is_dir(n.cache));
	assert_true(n.practice);
	assert_false(n.foreign);
	arena_free(&a);
}

static void test_node__a_folder_or_a_clone_that_is_none_is_told(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct node n;

	(void)state;
	assert_int_equal(system("git init -q clone && mkdir -p plain"), 0);
	assert_int_equal(node_open(&n, &a, "clone", &e), RC_INVALID);
	assert_int_equal(node_open(&n, &a, "plain", &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "colep init"));
	assert_int_equal(node_open(&n, &a, "nowhere", &e), RC_INVALID);
	arena_free(&a);
}

static void test_node__config_reads_as_git_reads_it(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct node n;
	struct str v;

	(void)state;
	assert_int_equal(node_open(&n, &a, "n", &e), RC_OK);
	assert_int_equal(node_config(&v, &a, &n, "colep.ID", &e), RC_OK);
	assert_true(str_is(v, "bg-desk2"));
	assert_int_equal(node_config(&v, &a, &n, "colep.note", &e), RC_OK);
	assert_true(str_is(v, " a \"b\" # c\\d;"));
	assert_int_equal(node_config(&v, &a, &n, "remote.Origin.url", &e), RC_OK);
	assert_true(str_is(v, "https://example.invalid/x"));
	assert_int_equal(node_config(&v, &a, &n, "remote.origin.url", &e), RC_OK);
	assert_null(v.p);
	n.foreign = true;
	assert_int_equal(node_config(&v, &a, &n, "colep.id", &e), RC_OK);
	assert_null(v.p);
	arena_free(&a);
}

static void test_node__main_is_found_loose_and_packed(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct oid loose, packed;
	struct node n;
	char hex[OID_HEX + 1];

	(void)state;
	assert_int_equal(node_open(&n, &a, "n", &e), RC_OK);
	assert_int_equal(node_main(&loose, &n, &e), RC_NOTFOUND);
	assert_int_equal(system("cd n && git -c user.name=x -c user.email=x@example.invalid commit -q --allow-empty -m x && "
	    "git rev-parse main >../id"), 0);
	assert_int_equal(node_main(&loose, &n, &e), RC_OK);
	assert_int_equal(file_read(&b, "id", 100, &e), RC_OK);
	oid_format(hex, &loose);
	assert_true(str_is(str_trim(buf_str(&b)), hex));
	assert_int_equal(system("cd n && git pack-refs --all && ! test -e .git/refs/heads/main"), 0);
	assert_int_equal(node_main(&packed, &n, &e), RC_OK);
	assert_true(oid_eq(&loose, &packed));
	assert_int_equal(file_write("n/.git/refs/heads/main", STR("rubbish\n"), 0644, &e), RC_OK);
	assert_int_equal(node_main(&packed, &n, &e), RC_CORRUPT);
	buf_free(&b);
	arena_free(&a);
}

/* Does git leave a path of the node alone? */
static bool git_ignores(const char *path)
{
	char *const argv[] = { "git", "-C", "n", "check-ignore", "-q", "--", (char *)path, NULL };
	pid_t child;
	int status;

	assert_int_equal(posix_spawnp(&child, "git", NULL, NULL, argv, environ), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WEXITSTATUS(status) == 0;
}

static void test_node__what_was_written_into_it_is_left_out_by_git_too(void **state)
{
	static const char *const names[] = { "pack [1] of #2", "a*b?c", "#x", "!y", "back\\slash", " lead", "trail ", "a/b/c", "è.zip" };
	static const char *const others[] = { "pack 1 of #2", "axb?c", "a*bxc", "x", "y", "back/slash", "lead", "trail", "c", "b/c", "a/b" };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct str exclude;
	struct node n;
	bool added;
	size_t i;

	(void)state;
	assert_int_equal(node_open(&n, &a, "n/a", &e), RC_OK);
	assert_int_equal(file_write("n/.git/info/exclude", STR("/mine"), 0644, &e), RC_OK);	/* no LF: ours is no part of it */
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		const char *path = path_join(&a, "n", names[i]);

		assert_false(git_ignores(names[i]) || node_left_out(node_exclude(&a, &n), names[i]));
		assert_int_equal(file_write(path, STR("x"), 0644, &e), RC_OK);
		assert_int_equal(node_leave_out(&added, &a, &n, path, &e), RC_OK);
		assert_true(added && git_ignores(names[i]) && node_left_out(node_exclude(&a, &n), names[i]));
		assert_int_equal(node_leave_out(&added, &a, &n, path_join(&a, "n/a/..", names[i]), &e), RC_OK);
		assert_false(added);
	}
	exclude = node_exclude(&a, &n);
	for (i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(git_ignores(others[i]) || node_left_out(exclude, others[i]));
	assert_true(git_ignores("mine"));
	arena_free(&a);
}

static void test_node__what_lies_elsewhere_is_not_left_out(void **state)
{
	static const char *const paths[] = { "n", "n/.git/colep/x.zip", "outside", "n-beside", "n/link", "n/nowhere", "n/two\nlines", "n/cr\rin" };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct node n;
	bool added;
	size_t i;

	(void)state;
	assert_int_equal(system("rm -rf n/.git/info && touch outside n-beside n/.git/colep/x.zip n/ours && ln -s ../outside n/link && "
	    "touch \"$(printf 'n/two\\nlines')\" \"$(printf 'n/cr\\rin')\""), 0);
	assert_int_equal(node_open(&n, &a, "n", &e), RC_OK);
	for (i = 0; i < sizeof paths / sizeof *paths; i++) {
		assert_true(file_exists(paths[i]) != (strcmp(paths[i], "n/nowhere") == 0));
		assert_int_equal(node_leave_out(&added, &a, &n, paths[i], &e), RC_OK);
		assert_false(added);
	}
	n.foreign = true;
	assert_int_equal(node_leave_out(&added, &a, &n, "n/ours", &e), RC_OK);
	assert_false(added || file_exists("n/.git/info"));
	assert_int_equal(node_exclude(&a, &n).n, 0);
	n.foreign = false;
	assert_int_equal(node_leave_out(&added, &a, &n, "n/ours", &e), RC_OK);	/* git made no folder for it */
	assert_true(added && git_ignores("ours"));
	assert_int_equal(system("rm n/.git/info/exclude && truncate -s 2M n/.git/info/exclude"), 0);
	assert_int_equal(node_leave_out(&added, &a, &n, "n/ours", &e), RC_INVALID);	/* nothing of it is lost */
	assert_int_equal(system("test $(stat -c %s n/.git/info/exclude) -eq 2097152"), 0);
	assert_false(added);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_node__is_found_from_a_folder_inside, make),
		cmocka_unit_test_setup(test_node__a_folder_or_a_clone_that_is_none_is_told, make),
		cmocka_unit_test_setup(test_node__config_reads_as_git_reads_it, make),
		cmocka_unit_test_setup(test_node__main_is_found_loose_and_packed, make),
		cmocka_unit_test_setup(test_node__what_was_written_into_it_is_left_out_by_git_too, make),
		cmocka_unit_test_setup(test_node__what_lies_elsewhere_is_not_left_out, make),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
