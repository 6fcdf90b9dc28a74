/* A file of LMDB against bytes that change on the disk: kb/index/sum.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/file.h"
#include "kb/index/pack.h"
#include "kb/index/sum.h"

enum { HEAD = 48, STAT = 16, BASE = 4096, PAGE = 4096, LATE = (BASE - HEAD) / 8 };

static struct err e = ERR_INIT;

/* A few tables, small and large values, and pages that are free again; some commits behind the first. From a round on. */
static void make(const char *path, struct sum *s, int from, int rounds)
{
	static char value[20000];
	struct store *store;
	struct txn *t;
	table_id table;
	char key[16];
	int round, i;

	assert_int_equal(store_open(&store, path, (size_t)16 << 20, true, &e), RC_OK);
	for (round = from; round < rounds; round++) {
		if (round)
			assert_int_equal(sum_before(s, store, path, &e), RC_OK);
		assert_int_equal(txn_begin(&t, store, true, &e), RC_OK);
		assert_int_equal(txn_table(&table, t, round % 3 == 1 ? "two" : "one", &e), RC_OK);
		for (i = 0; i < 60; i++) {
			snprintf(key, sizeof key, "k%02d", i);
			memset(value, i + round, sizeof value);
			if (round % 3 == 2 && i % 3 == 0)
				assert_int_equal(txn_del(t, table, cstr(key), &e), RC_OK);
			else
				assert_int_equal(txn_put(t, table, cstr(key), (struct str){ value, i == 30 ? sizeof value : 100 }, &e), RC_OK);
		}
		assert_int_equal(txn_commit(&t, &e), RC_OK);
		assert_int_equal(sum_commit(s, store, path, &e), RC_OK);
		assert_int_equal(sum_write(s, path, &e), RC_OK);
		if (round % 2)			/* another process goes on */
			sum_free(s);
	}
	store_close(store);
	assert_int_equal(sum_write(s, path, &e), RC_OK);
}

/* The record's stat is made to be the file's, as if nothing had been written. */
static void quiet(const char *path, int record, char *head)
{
	struct stat st;
	uint64_t v[4];
	size_t n;

	assert_int_equal(stat(path, &st), 0);
	v[0] = (uint64_t)st.st_size, v[1] = (uint64_t)st.st_ino;
	v[2] = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	v[3] = (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec;
	memcpy(head + STAT, v, sizeof v);
	n = HEAD + 8 * u32_get(head + 4);
	u32_put(head, (uint32_t)check_of(1, (struct str){ head + 4, n - 4 }));
	assert_int_equal(pwrite(record, head, n, 0), n);
}

/* The check that holds for a page; *at: where in the record it stands. */
static uint32_t check_at(size_t *at, const char *record, size_t page)
{
	size_t i;

	*at = BASE + 4 * page;
	for (i = 0; i < u32_get(record + 4); i++)
		if (u32_get(record + HEAD + 8 * i) == page)
			*at = HEAD + 8 * i + 4;
	return u32_get(record + *at);
}

static void flip_all(int rounds, bool settled)
{
	struct sum s = SUM_INIT;
	struct stat st, rst;
	char head[BASE], *map, *rmap;
	size_t i, unused = 0, pages, at, late;
	int fd, record;

	unlink("sum.mdb");
	unlink("sum.mdb-sum");
	make("sum.mdb", &s, 0, rounds);
	sum_free(&s);
	fd = open("sum.mdb", O_RDWR);
	record = open("sum.mdb-sum", O_RDWR);
	assert_true(fd >= 0 && record >= 0 && fstat(fd, &st) == 0 && fstat(record, &rst) == 0);
	pages = (size_t)st.st_size / PAGE;
	assert_int_equal(rst.st_size, BASE + 4 * pages);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	rmap = mmap(NULL, (size_t)rst.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, record, 0);
	assert_true(map != MAP_FAILED && rmap != MAP_FAILED);
	assert_true(sum_right("sum.mdb") && sum_stands(&s, "sum.mdb"));
	assert_int_equal(pread(record, head, BASE, 0), BASE);
	late = u32_get(head + 4);
	assert_true(late > 0 && late <= LATE);
	for (i = 2; i < pages && !u32_get(rmap + BASE + 4 * i); i++)
		;
	assert_true(settled == (i < pages));	/* some have their place behind */
	for (i = 0; i < (size_t)st.st_size; i++) {
		bool used = i / PAGE < 2 || check_at(&at, rmap, i / PAGE);

		map[i] = (char)(map[i] ^ 1 << i % 8);
		if (i % 64 == 0)		/* the time of a change is taken when a page is first written to */
			quiet("sum.mdb", record, head);
		if (sum_right("sum.mdb") == used)
			fail_msg("byte %zu of page %zu", i % PAGE, i / PAGE);
		unused += !used;
		map[i] = (char)(map[i] ^ 1 << i % 8);
	}
	assert_true(unused > 0 && unused < (size_t)st.st_size / 2);
	quiet("sum.mdb", record, head);
	assert_true(sum_stands(&s, "sum.mdb"));
	for (i = 0; i < (size_t)rst.st_size; i++) {	/* of the record: told, but where nobody reads */
		bool is_head = i < HEAD + 8 * late;

		if (!is_head && (i < BASE + 8 || !check_at(&at, rmap, (i - BASE) / 4) || at != i / 4 * 4))
			continue;		/* the first two pages have their check in the head */
		rmap[i] = (char)(rmap[i] ^ 1 << i % 8);
		if (sum_right("sum.mdb") || (is_head && sum_stands(&s, "sum.mdb")))
			fail_msg("byte %zu of the record", i);
		rmap[i] = (char)(rmap[i] ^ 1 << i % 8);
	}
	assert_true(sum_right("sum.mdb") && sum_stands(&s, "sum.mdb"));
	sum_forget("sum.mdb");
	assert_true(!sum_right("sum.mdb") && !sum_stands(&s, "sum.mdb"));
	sum_free(&s);
	munmap(map, (size_t)st.st_size);
	munmap(rmap, (size_t)rst.st_size);
	close(fd);
	close(record);
}

static void test_sum__every_byte_that_changes_is_told_or_in_no_page_that_is_used(void **state)
{
	(void)state;
	flip_all(3, false);
}

static void test_sum__checks_that_have_gone_to_their_place_tell_as_much(void **state)
{
	(void)state;
	flip_all(40, true);
}

/* A commit may write more than what is mapped for the commits to come. */
static void test_sum__a_file_that_grows_many_times_over_is_told_as_much(void **state)
{
	static char value[2000000];
	struct sum s = SUM_INIT;
	struct store *store;
	struct txn *t;
	table_id table;
	size_t i;
	int fd;

	(void)state;
	unlink("sum.mdb");
	unlink("sum.mdb-sum");
	make("sum.mdb", &s, 0, 1);
	memset(value, 'v', sizeof value);
	assert_int_equal(store_open(&store, "sum.mdb", (size_t)16 << 20, true, &e), RC_OK);
	assert_int_equal(sum_before(&s, store, "sum.mdb", &e), RC_OK);
	assert_int_equal(txn_begin(&t, store, true, &e), RC_OK);
	assert_int_equal(txn_table(&table, t, "one", &e), RC_OK);
	assert_int_equal(txn_put(t, table, STR("large"), (struct str){ value, sizeof value }, &e), RC_OK);
	assert_int_equal(txn_commit(&t, &e), RC_OK);
	assert_int_equal(sum_commit(&s, store, "sum.mdb", &e), RC_OK);
	assert_int_equal(sum_write(&s, "sum.mdb", &e), RC_OK);
	store_close(store);
	sum_free(&s);
	assert_true(sum_right("sum.mdb"));
	fd = open("sum.mdb", O_RDWR);
	for (i = 40; i < sizeof value / PAGE; i += 100) {	/* pages of the value */
		assert_int_equal(pwrite(fd, "V", 1, (off_t)(i * PAGE)), 1);
		assert_false(sum_right("sum.mdb"));
		assert_int_equal(pwrite(fd, "v", 1, (off_t)(i * PAGE)), 1);
		assert_true(sum_right("sum.mdb"));
	}
	close(fd);
}

/* The bytes of a file, which the caller frees. */
static char *bytes_of(const char *path, size_t *n)
{
	struct buf b = BUF_INIT;

	assert_int_equal(file_read(&b, path, (size_t)1 << 30, &e), RC_OK);
	*n = b.n;
	return b.p;
}

static void power_cut(int rounds)
{
	struct sum s = SUM_INIT;
	char *old, *new, *old_sum, *new_sum, *torn, head[BASE];
	size_t n, m, old_sum_n, new_sum_n, page, done, changed[256], k = 0, i;
	int fd, record;

	unlink("sum.mdb");
	unlink("sum.mdb-sum");
	make("sum.mdb", &s, 0, rounds);
	old = bytes_of("sum.mdb", &n);
	old_sum = bytes_of("sum.mdb-sum", &old_sum_n);
	make("sum.mdb", &s, rounds, rounds + 1);
	sum_free(&s);
	new = bytes_of("sum.mdb", &m);
	new_sum = bytes_of("sum.mdb-sum", &new_sum_n);
	assert_int_equal(n, m);
	torn = xmalloc(n);
	for (page = 0; page < n / PAGE; page++)
		if (memcmp(old + page * PAGE, new + page * PAGE, PAGE) != 0) {
			assert_true(k < 256);
			changed[k++] = page;
		}
	assert_true(k > 4 && changed[0] < 2 && changed[1] >= 2);	/* one of the first two */
	fd = open("sum.mdb", O_RDWR);
	record = open("sum.mdb-sum", O_RDWR);
	for (done = 0; done < 4 * k; done++) {		/* all but one; the first ones; the last ones; every second or third or ... */
		bool all = true, is_old;

		memcpy(torn, old, n);
		for (i = 0; i < k; i++) {
			const bool there = done < k ? i != done : done < 2 * k ? i <= done - k : done < 3 * k ? i > done - 2 * k : i % (done - 3 * k + 2) == 0;

			if (there)
				memcpy(torn + changed[i] * PAGE, new + changed[i] * PAGE, PAGE);
			all &= there;
		}
		is_old = memcmp(torn, old, 2 * PAGE) == 0;
		assert_int_equal(pwrite(fd, torn, n, 0), n);
		assert_int_equal(pwrite(record, old_sum, old_sum_n, 0), old_sum_n);
		assert_int_equal(ftruncate(record, (off_t)old_sum_n), 0);
		assert_int_equal(sum_right("sum.mdb"), is_old);
		memcpy(head, old_sum, BASE);
		quiet("sum.mdb", record, head);		/* the time of the change did not come to the disk */
		assert_int_equal(sum_right("sum.mdb"), is_old);
		assert_int_equal(pwrite(record, new_sum, new_sum_n, 0), new_sum_n);
		assert_int_equal(ftruncate(record, (off_t)new_sum_n), 0);
		assert_int_equal(sum_right("sum.mdb"), all);
	}
	close(fd);
	close(record);
	free(old);
	free(new);
	free(old_sum);
	free(new_sum);
	free(torn);
}

/* Of what a commit wrote, only some pages came to the disk: it is as it was before, or not right. */
static void test_sum__what_a_power_cut_leaves_of_a_commit_is_the_old_state_or_told(void **state)
{
	(void)state;
	power_cut(7);
	power_cut(41);
}

/* The check of a page that the file has not: it has no place. */
static void test_sum__a_check_of_no_page_goes_nowhere(void **state)
{
	struct sum s = SUM_INIT;
	char head[BASE];
	uint32_t n;
	int record;

	(void)state;
	unlink("sum.mdb");
	unlink("sum.mdb-sum");
	make("sum.mdb", &s, 0, 3);
	sum_free(&s);
	record = open("sum.mdb-sum", O_RDWR);
	assert_int_equal(pread(record, head, BASE, 0), BASE);
	n = u32_get(head + 4);
	assert_true(n < LATE);
	u32_put(head + 4, n + 1);
	u32_put(head + HEAD + 8 * n, UINT32_MAX);
	u32_put(head + HEAD + 8 * n + 4, 7);
	quiet("sum.mdb", record, head);
	close(record);
	assert_true(sum_right("sum.mdb"));
	make("sum.mdb", &s, 3, 40);
	assert_true(sum_right("sum.mdb"));
	sum_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum__every_byte_that_changes_is_told_or_in_no_page_that_is_used),
		cmocka_unit_test(test_sum__checks_that_have_gone_to_their_place_tell_as_much),
		cmocka_unit_test(test_sum__a_file_that_grows_many_times_over_is_told_as_much),
		cmocka_unit_test(test_sum__a_check_of_no_page_goes_nowhere),
		cmocka_unit_test(test_sum__what_a_power_cut_leaves_of_a_commit_is_the_old_state_or_told),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
