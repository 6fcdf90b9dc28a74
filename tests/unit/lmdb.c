/* tests/unit/lmdb.c: the gate to LMDB: transactions, order, damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <signal.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "kb/gate/lmdb.h"

#define MAP ((size_t)64 << 20)

static void fill(const char *path, unsigned n, const char *text)
{
	struct err e = ERR_INIT;
	struct store *s;
	struct txn *t;
	table_id id;
	char key[16];
	unsigned i;

	assert_int_equal(store_open(&s, path, MAP, true, &e), RC_OK);
	assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	for (i = 0; i < n; i++) {
		snprintf(key, sizeof key, "%08u", i);
		assert_int_equal(txn_append(t, id, cstr(key), cstr(text), &e), RC_OK);
	}
	assert_int_equal(txn_append(t, id, STR("0"), STR("x"), &e), RC_INVALID);
	assert_int_equal(txn_commit(&t, &e), RC_OK);
	store_close(s);
}

static void test_lmdb__entries_come_in_order_from_where_asked(void **state)
{
	struct err e = ERR_INIT;
	struct store_iter it;
	struct str k, v;
	struct store *s;
	struct txn *t;
	table_id id;
	uint64_t n;
	unsigned seen = 0;
	enum iter more;

	(void)state;
	fill("a", 1000, "value");
	assert_int_equal(store_open(&s, "a", MAP, false, &e), RC_OK);
	assert_int_equal(txn_begin(&t, s, false, &e), RC_OK);
	assert_int_equal(txn_table(&id, t, "none", &e), RC_NOTFOUND);
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	assert_int_equal(txn_count(&n, t, id, &e), RC_OK);
	assert_int_equal(n, 1000);
	assert_int_equal(store_iter_open(&it, t, id, STR("000009905"), &e), RC_OK);
	while ((more = store_iter_next(&it, &k, &v, &e)) == ITER_ITEM)
		if (seen++ == 0)
			assert_true(str_is(k, "00000991"));
	store_iter_close(&it);
	assert_int_equal(more, ITER_DONE);
	assert_int_equal(seen, 9);
	assert_int_equal(txn_get(&v, t, id, STR("00000500"), &e), RC_OK);
	assert_true(str_is(v, "value"));
	assert_int_equal(txn_get(&v, t, id, STR("none"), &e), RC_NOTFOUND);
	txn_abort(&t);
	store_close(s);
}

static long mapped(void)		/* pages of files that are in memory for this process */
{
	long size = 0, resident = 0, shared = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld %ld", &size, &resident, &shared), 3);
	fclose(f);
	return shared;
}

static void test_lmdb__what_was_got_leaves_the_memory_and_is_still_there(void **state)
{
	enum { N = 4000 };
	char text[2001] = { 0 }, key[16];
	struct err e = ERR_INIT;
	struct str v, first;
	struct store *s;
	struct txn *t;
	table_id id;
	unsigned i;
	long all;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	fill("rest", N, text);
	assert_int_equal(store_open(&s, "rest", MAP, false, &e), RC_OK);
	assert_int_equal(txn_begin(&t, s, false, &e), RC_OK);
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	txn_rest(t);			/* nothing was got yet */
	assert_int_equal(txn_get(&first, t, id, STR("00000000"), &e), RC_OK);
	for (i = 0; i < N; i++) {
		snprintf(key, sizeof key, "%08u", i);
		assert_int_equal(txn_get(&v, t, id, cstr(key), &e), RC_OK);
		assert_true(str_is(v, text));
	}
	all = mapped();
	txn_rest(t);
	assert_true(all - mapped() > N * (long)sizeof text / 2 / sysconf(_SC_PAGESIZE));
	assert_true(str_is(first, text) && str_is(v, text));
	txn_abort(&t);
	store_close(s);
}

static void test_lmdb__what_was_not_committed_is_not_there(void **state)
{
	struct err e = ERR_INIT;
	struct store *s;
	struct txn *t;
	table_id id;
	struct str v;
	int status;
	pid_t child;

	(void)state;
	fill("b", 10, "old");
	if ((child = fork()) == 0) {	/* killed in the middle of a write transaction */
		if (store_open(&s, "b", MAP, true, &e) || txn_begin(&t, s, true, &e) || txn_table(&id, t, "t", &e) ||
		    txn_put(t, id, STR("00000003"), STR("new"), &e))
			_exit(1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(store_open(&s, "b", MAP, true, &e), RC_OK);
	assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);	/* the dead writer's lock does not hold */
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	assert_int_equal(txn_get(&v, t, id, STR("00000003"), &e), RC_OK);
	assert_true(str_is(v, "old"));
	assert_int_equal(txn_del(t, id, STR("00000003"), &e), RC_OK);
	assert_int_equal(txn_del(t, id, STR("00000003"), &e), RC_NOTFOUND);
	assert_int_equal(txn_clear(t, id, &e), RC_OK);
	assert_int_equal(txn_commit(&t, &e), RC_OK);
	store_close(s);
}

static void test_lmdb__pages_taken_and_given_back_leave_the_file_whole(void **state)
{
	static char large[20000];
	struct err e = ERR_INIT;
	struct store *s;
	struct txn *t;
	table_id id;
	unsigned i;

	(void)state;
	assert_int_equal(store_open(&s, "given.mdb", (size_t)64 << 20, true, &e), RC_OK);
	for (i = 0; i < 6; i++) {		/* some pages become free; then a value stands at the end for a moment */
		assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
		assert_int_equal(txn_table(&id, t, "words", &e), RC_OK);
		assert_int_equal(txn_put(t, id, STR("a"), STR("1"), &e), RC_OK);
		assert_int_equal(txn_put(t, id, STR("b"), (struct str){ large, sizeof large }, &e), RC_OK);
		assert_int_equal(txn_del(t, id, STR("b"), &e), RC_OK);
		assert_int_equal(txn_commit(&t, &e), RC_OK);
		store_close(s);
		assert_int_equal(store_open(&s, "given.mdb", (size_t)64 << 20, true, &e), RC_OK);
	}
	store_close(s);
}

/* What stands beside the names of tables: it comes and goes, and tables are found. */
static void test_lmdb__rows_beside_the_names_of_tables_change_none(void **state)
{
	struct err e = ERR_INIT;
	struct store *s;
	struct txn *t;
	table_id id, beside;
	struct str k, v;
	char key[8];
	unsigned i, round;

	(void)state;
	fill("beside", 1000, "value");
	for (round = 0; round < 2; round++) {		/* now and when it is opened again */
		assert_int_equal(store_open(&s, "beside", MAP, true, &e), RC_OK);
		assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
		assert_int_equal(txn_table(&beside, t, NULL, &e), RC_OK);
		for (i = 0; i < 500 && !round; i++) {	/* in front of "t" and behind it */
			snprintf(key, sizeof key, "%c%03u", i % 2 ? 'z' : 'a', i);
			assert_int_equal(txn_put(t, beside, cstr(key), STR("a row of some length"), &e), RC_OK);
		}
		assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
		assert_int_equal(txn_put(t, id, STR("00000500"), round ? STR("second") : STR("first"), &e), RC_OK);
		if (round)
			assert_int_equal(txn_del_all(t, beside, STR("z"), &e), RC_OK);
		assert_int_equal(txn_commit(&t, &e), RC_OK);
		store_close(s);
		assert_int_equal(store_open(&s, "beside", MAP, false, &e), RC_OK);
		assert_int_equal(txn_begin(&t, s, false, &e), RC_OK);
		assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
		assert_int_equal(txn_table(&beside, t, NULL, &e), RC_OK);
		assert_int_equal(txn_get(&v, t, id, STR("00000500"), &e), RC_OK);
		assert_true(str_is(v, round ? "second" : "first"));
		assert_int_equal(txn_get(&v, t, beside, STR("a498"), &e), RC_OK);
		assert_int_equal(txn_get(&v, t, beside, STR("z499"), &e), round ? RC_NOTFOUND : RC_OK);
		assert_int_equal(txn_get_before(&k, &v, t, beside, STR("zz"), &e), RC_OK);
		assert_true(str_is(k, round ? "t" : "z499"));
		txn_abort(&t);
		store_close(s);
	}
}

static void test_lmdb__a_truncated_or_foreign_file_is_told(void **state)
{
	struct err e = ERR_INIT;
	struct store *s;

	(void)state;
	fill("c", 5000, "some value that takes a little room in its page");
	assert_int_equal(truncate("c", 16384), 0);
	assert_int_equal(store_open(&s, "c", MAP, false, &e), RC_CORRUPT);
	assert_int_equal(file_write("d", STR("this is no index at all, but long enough to be looked at ......"), 0644, &e),
	    RC_OK);
	assert_int_not_equal(store_open(&s, "d", MAP, true, &e), RC_OK);
	assert_int_equal(store_open(&s, "none", MAP, false, &e), RC_NOTFOUND);
	assert_int_equal(symlink("c", "link"), 0);
	assert_int_equal(store_open(&s, "link", MAP, true, &e), RC_CORRUPT);
}

static struct { unsigned calls; bool fails; char first[2 * 4096]; } disk;

/* Instead of the system's, for LMDB as well. */
int fdatasync(int fd)
{
	disk.calls++;
	assert_int_equal(pread(fd, disk.first, sizeof disk.first, 0), sizeof disk.first);
	errno = EIO;
	return disk.fails ? -1 : 0;
}

static bool no_room;

/* The same. */
int ftruncate(int fd, off_t n)
{
	if (!no_room)
		return (int)syscall(SYS_ftruncate, fd, n);
	errno = EFBIG;
	return -1;
}

/* What leads to a commit stands in the file, but the file could not be made as long as is told there. */
static void test_lmdb__a_commit_whose_file_stays_short_is_told_as_damage(void **state)
{
	static char large[20000];
	struct err e = ERR_INIT;
	struct store *s;
	struct txn *t;
	table_id id;
	unsigned durable, round;
	enum rc rc;

	(void)state;
	fill("short", 10, "old");
	assert_int_equal(store_open(&s, "short", MAP, true, &e), RC_OK);
	for (durable = 0; durable < 2; durable++) {
		assert_int_equal(store_durable(s, durable, &e), RC_OK);
		no_room = true;
		for (round = 0, rc = RC_OK; !rc && round < 20; round++) {	/* until the value stands at the end for a moment */
			assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
			assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
			assert_int_equal(txn_put(t, id, STR("b"), (struct str){ large, sizeof large }, &e), RC_OK);
			assert_int_equal(txn_del(t, id, STR("b"), &e), RC_OK);
			rc = txn_commit(&t, &e);
		}
		no_room = false;
		assert_int_equal(rc, durable ? RC_CORRUPT : RC_IO);	/* not durable: a file that is being made */
	}
	store_close(s);
}

static void test_lmdb__a_commit_waits_once_for_all_that_it_wrote(void **state)
{
	struct err e = ERR_INIT;
	char first[sizeof disk.first];
	struct store *s;
	struct txn *t;
	table_id id;
	int fd;

	(void)state;
	fill("w", 10, "old");
	fd = open("w", O_RDONLY);
	assert_int_equal(store_open(&s, "w", MAP, true, &e), RC_OK);
	disk.calls = 0;
	assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	assert_int_equal(txn_put(t, id, STR("00000001"), STR("new"), &e), RC_OK);
	assert_int_equal(disk.calls, 0);
	assert_int_equal(txn_commit(&t, &e), RC_OK);
	assert_int_equal(disk.calls, 1);
	assert_int_equal(pread(fd, first, sizeof first, 0), sizeof first);
	assert_memory_equal(first, disk.first, sizeof first);
	assert_int_equal(txn_begin(&t, s, false, &e), RC_OK);
	assert_int_equal(txn_commit(&t, &e), RC_OK);	/* nothing was written */
	assert_int_equal(disk.calls, 1);
	assert_int_equal(store_durable(s, false, &e), RC_OK);
	assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
	assert_int_equal(txn_put(t, id, STR("00000001"), STR("newer"), &e), RC_OK);
	assert_int_equal(txn_commit(&t, &e), RC_OK);
	assert_int_equal(disk.calls, 1);
	assert_int_equal(store_durable(s, true, &e), RC_OK);
	assert_int_equal(disk.calls, 2);
	disk.fails = true;
	assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
	assert_int_equal(txn_put(t, id, STR("00000001"), STR("newest"), &e), RC_OK);
	assert_int_equal(txn_commit(&t, &e), RC_CORRUPT);
	disk.fails = false;
	store_close(s);
	close(fd);
}

static void test_lmdb__a_full_map_fails_and_the_old_state_stands(void **state)
{
	struct err e = ERR_INIT;
	struct buf big = BUF_INIT;
	struct store *s;
	struct txn *t;
	table_id id;
	struct str v;

	(void)state;
	fill("f", 10, "old");
	buf_reserve(&big, 4 << 20);
	big.n = 4 << 20;
	for (size_t i = 0; i < big.n; i++)
		big.p[i] = 'x';
	assert_int_equal(store_open(&s, "f", 1 << 20, true, &e), RC_OK);
	assert_int_equal(txn_begin(&t, s, true, &e), RC_OK);
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	assert_int_equal(txn_put(t, id, STR("00000001"), buf_str(&big), &e), RC_IO);
	txn_abort(&t);
	assert_int_equal(txn_begin(&t, s, false, &e), RC_OK);
	assert_int_equal(txn_table(&id, t, "t", &e), RC_OK);
	assert_int_equal(txn_get(&v, t, id, STR("00000001"), &e), RC_OK);
	assert_true(str_is(v, "old"));
	txn_abort(&t);
	store_close(s);
	buf_free(&big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lmdb__entries_come_in_order_from_where_asked),
		cmocka_unit_test(test_lmdb__what_was_got_leaves_the_memory_and_is_still_there),
		cmocka_unit_test(test_lmdb__what_was_not_committed_is_not_there),
		cmocka_unit_test(test_lmdb__pages_taken_and_given_back_leave_the_file_whole),
		cmocka_unit_test(test_lmdb__rows_beside_the_names_of_tables_change_none),
		cmocka_unit_test(test_lmdb__a_truncated_or_foreign_file_is_told),
		cmocka_unit_test(test_lmdb__a_commit_waits_once_for_all_that_it_wrote),
		cmocka_unit_test(test_lmdb__a_commit_whose_file_stays_short_is_told_as_damage),
		cmocka_unit_test(test_lmdb__a_full_map_fails_and_the_old_state_stands),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
