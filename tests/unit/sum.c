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

#include "kb/base/err.h"
#include "kb/index/pack.h"
#include "kb/index/sum.h"

enum { HEAD = 40, PAGE = 4096 };

static struct err e = ERR_INIT;

/* A few tables, small and large values, and pages that are free again; two commits behind the first. */
static void make(const char *path, struct sum *s)
{
	static char value[20000];
	struct store *store;
	struct txn *t;
	table_id table;
	char key[16];
	int round, i;

	assert_int_equal(store_open(&store, path, (size_t)16 << 20, true, &e), RC_OK);
	for (round = 0; round < 3; round++) {
		if (round)
			assert_int_equal(sum_before(s, store, &e), RC_OK);
		assert_int_equal(txn_begin(&t, store, true, &e), RC_OK);
		assert_int_equal(txn_table(&table, t, round == 1 ? "two" : "one", &e), RC_OK);
		for (i = 0; i < 60; i++) {
			snprintf(key, sizeof key, "k%02d", i);
			memset(value, i + round, sizeof value);
			if (round == 2 && i % 3 == 0)
				assert_int_equal(txn_del(t, table, cstr(key), &e), RC_OK);
			else
				assert_int_equal(txn_put(t, table, cstr(key), (struct str){ value, i == 30 ? sizeof value : 100 }, &e), RC_OK);
		}
		assert_int_equal(txn_commit(&t, &e), RC_OK);
		assert_int_equal(sum_commit(s, store, path, &e), RC_OK);
	}
	store_close(store);
	assert_int_equal(sum_write(path, &e), RC_OK);
}

/* The record's stat is made to be the file's, as if nothing had been written. */
static void quiet(const char *path, int record, char *head)
{
	struct stat st;
	uint64_t v[4];

	assert_int_equal(stat(path, &st), 0);
	v[0] = (uint64_t)st.st_size, v[1] = (uint64_t)st.st_ino;
	v[2] = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
	v[3] = (uint64_t)st.st_ctim.tv_sec * 1000000000u + (uint64_t)st.st_ctim.tv_nsec;
	memcpy(head, v, sizeof v);
	u32_put(head + HEAD - 4, (uint32_t)check_of(1, (struct str){ head, HEAD - 4 }));
	assert_int_equal(pwrite(record, head, HEAD, 0), HEAD);
}

static void test_sum__every_byte_that_changes_is_told_or_in_no_page_that_is_used(void **state)
{
	struct sum s = SUM_INIT;
	struct stat st, rst;
	char head[HEAD], *map, *rmap;
	size_t i, unused = 0, pages;
	int fd, record;

	(void)state;
	make("sum.mdb", &s);
	sum_free(&s);
	fd = open("sum.mdb", O_RDWR);
	record = open("sum.mdb-sum", O_RDWR);
	assert_true(fd >= 0 && record >= 0 && fstat(fd, &st) == 0 && fstat(record, &rst) == 0);
	pages = (size_t)st.st_size / PAGE;
	assert_int_equal(rst.st_size, HEAD + 4 * pages);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	rmap = mmap(NULL, (size_t)rst.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, record, 0);
	assert_true(map != MAP_FAILED && rmap != MAP_FAILED);
	assert_true(sum_right("sum.mdb", true) && sum_right("sum.mdb", false));
	assert_int_equal(pread(record, head, HEAD, 0), HEAD);
	for (i = 0; i < (size_t)st.st_size; i++) {
		bool used = i / PAGE < 2 || u32_get(rmap + HEAD + 4 * (i / PAGE));

		map[i] = (char)(map[i] ^ 1 << i % 8);
		if (i % 64 == 0)		/* the time of a change is taken when a page is first written to */
			quiet("sum.mdb", record, head);
		if (sum_right("sum.mdb", true) == used)
			fail_msg("byte %zu of page %zu", i % PAGE, i / PAGE);
		unused += !used;
		map[i] = (char)(map[i] ^ 1 << i % 8);
	}
	assert_true(unused > 0 && unused < (size_t)st.st_size / 2);
	quiet("sum.mdb", record, head);
	assert_true(sum_right("sum.mdb", false));
	for (i = 0; i < (size_t)rst.st_size; i++) {	/* of the record: told, but for pages that nobody reads */
		bool used = i < HEAD || u32_get(rmap + HEAD + (i - HEAD) / 4 * 4);

		if (i >= HEAD && (i - HEAD) / 4 < 2)
			continue;		/* the first two pages have their check in the head */
		rmap[i] = (char)(rmap[i] ^ 1 << i % 8);
		if (used && sum_right("sum.mdb", true))
			fail_msg("byte %zu of the record", i);
		rmap[i] = (char)(rmap[i] ^ 1 << i % 8);
	}
	assert_true(sum_right("sum.mdb", true));
	munmap(map, (size_t)st.st_size);
	munmap(rmap, (size_t)rst.st_size);
	close(fd);
	close(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sum__every_byte_that_changes_is_told_or_in_no_page_that_is_used),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
