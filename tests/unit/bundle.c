/* tests/unit/bundle.c: heads of git bundles, and files within zstd: cut off anywhere, a bit flipped anywhere, bombs. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "kb/gate/zstd.h"
#include "sync/bundle.h"
#include "sync/pack.h"

#define ID "0123456789abcdef0123456789abcdef01234567"
#define PACK "PACK\0\0\0\2\0\0\1\2rest"

static struct arena a;

static enum rc parse(struct bundle *b, struct str text)
{
	struct err e = ERR_INIT;

	arena_free(&a);
	return bundle_parse(b, &a, text, &e);
}

static void test_bundle__reads_the_heads_that_git_writes(void **state)
{
	struct bundle b;

	(void)state;
	assert_int_equal(parse(&b, STR("# v2 git bundle\n-" ID " Say it\n-" ID "\n" ID " refs/heads/main\n" ID " HEAD\n\n" PACK)), RC_OK);
	assert_int_equal(b.nneeds, 2);
	assert_int_equal(b.nrefs, 2);
	assert_string_equal(b.refs[1].name, "HEAD");
	assert_int_equal(b.objects, 0x102);
	assert_int_equal(b.pack, 16 + 49 + 42 + 57 + 46 + 1);
	assert_int_equal(parse(&b, STR("# v3 git bundle\n@object-format=sha1\n" ID " refs/heads/main\n\n" PACK)), RC_OK);
	assert_int_equal(b.nrefs, 1);
}

static void test_bundle__refuses_other_heads(void **state)
{
	const struct str bad[] = { STR(""), STR("# v2 git bundle"), STR("# v2 git bundle\n"), STR("# v4 git bundle\n\n" PACK),
		STR("# v3 git bundle\n@filter=blob:none\n" ID " refs/heads/main\n\n" PACK),
		STR("# v3 git bundle\n@object-format=sha256\n\n" PACK), STR("# v2 git bundle\n@object-format=sha1\n\n" PACK),
		STR("# v2 git bundle\n" ID "\n\n" PACK), STR("# v2 git bundle\nabc refs/heads/main\n\n" PACK),
		STR("# v2 git bundle\n" ID " refs/heads/main\0\n\n" PACK), STR("# v2 git bundle\n" ID "x refs/heads/main\n\n" PACK), STR("# v2 git bundle\n" ID " refs/heads/main\n\nPAXK\0\0\0\2\0\0\0\1"),
		STR("# v2 git bundle\n" ID " refs/heads/main\n\nPACK\0\0\0\2\0\0\0") };
	struct bundle b;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(parse(&b, bad[i]), RC_INVALID);
}

static void test_bundle__a_head_cut_off_anywhere_is_refused(void **state)
{
	const struct str whole = STR("# v2 git bundle\n-" ID " Say it\n" ID " refs/heads/main\n\n" PACK);
	struct bundle b;
	size_t i;

	(void)state;
	for (i = 0; i < whole.n - 4; i++)
		assert_int_equal(parse(&b, str_sub(whole, 0, i)), RC_INVALID);
	assert_int_equal(parse(&b, str_sub(whole, 0, whole.n - 4)), RC_OK);
}

static void test_bundle__a_head_of_endless_lines_is_refused(void **state)
{
	struct buf text = BUF_INIT;
	struct bundle b;
	size_t i;

	(void)state;
	buf_puts(&text, "# v2 git bundle\n");
	for (i = 0; i < 30000; i++)
		buf_puts(&text, ID " refs/heads/main\n");
	buf_puts(&text, "\n" PACK);
	assert_int_equal(parse(&b, buf_str(&text)), RC_INVALID);	/* longer than a head may be */
	buf_clear(&text);
	buf_puts(&text, "# v2 git bundle\n" ID " ");
	for (i = 0; i < 5000; i++)
		buf_putc(&text, 'x');
	buf_puts(&text, "\n\n" PACK);
	assert_int_equal(parse(&b, buf_str(&text)), RC_INVALID);
	buf_free(&text);
}

/* ---- zstd ---- */

static void put(const char *path, struct str s)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write_fast(path, s, 0600, &e), RC_OK);
}

static void get(struct buf *b, const char *path)
{
	struct err e = ERR_INIT;

	buf_clear(b);
	assert_int_equal(file_read(b, path, 1 << 24, &e), RC_OK);
}

static enum rc run(bool pack, struct buf *out, struct str in, uint64_t max, struct err *e)
{
	int from, to;
	enum rc rc;

	put("in", in);
	from = open("in", O_RDONLY);
	to = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(from >= 0 && to >= 0);
	rc = pack ? zstd_pack(from, to, in.n, "x.zst", e) : zstd_unpack(from, to, max, "x.zst", e);
	close(from);
	close(to);
	get(out, "out");
	return rc;
}

static void test_zstd_file__comes_back_and_the_zstd_program_reads_it(void **state)
{
	struct buf text = BUF_INIT, small = BUF_INIT, back = BUF_INIT;
	struct err e = ERR_INIT;
	size_t i, sizes[] = { 0, 1, 1000, 1 << 17, (1 << 20) + 3 }, k;

	(void)state;
	for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		buf_clear(&text);
		for (i = 0; i < sizes[k]; i++)
			buf_putc(&text, (char)(i * i >> 7));
		assert_int_equal(run(true, &small, buf_str(&text), 0, &e), RC_OK);
		assert_int_equal(run(false, &back, buf_str(&small), sizes[k], &e), RC_OK);
		assert_true(str_eq(buf_str(&back), buf_str(&text)));
		put("plain", buf_str(&text));
		assert_int_equal(system("zstd -q -d -c in >out && cmp out plain"), 0);	/* without --long: any machine reads it */
		if (sizes[k]) {
			assert_int_equal(run(false, &back, buf_str(&small), sizes[k] - 1, &e), RC_INVALID);
			assert_non_null(strstr(e.msg, "when unpacked; refused"));
		}
	}
	buf_free(&text);
	buf_free(&small);
	buf_free(&back);
}

static void test_zstd_file__cut_off_or_altered_is_refused_or_the_same(void **state)
{
	struct buf text = BUF_INIT, small = BUF_INIT, back = BUF_INIT, bad = BUF_INIT;
	struct err e = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 40; i++)
		buf_printf(&text, "Vans were seen at the border, %zu of them.\n", i * i * 7919);
	assert_int_equal(run(true, &small, buf_str(&text), 0, &e), RC_OK);
	for (i = 0; i < small.n; i++)
		assert_int_equal(run(false, &back, str_sub(buf_str(&small), 0, i), 1 << 20, &e), RC_INVALID);
	for (i = 0; i < small.n * 8; i++) {
		buf_clear(&bad);
		buf_add(&bad, small.p, small.n);
		bad.p[i / 8] = (char)(bad.p[i / 8] ^ 1 << (i % 8));
		if (run(false, &back, buf_str(&bad), 1 << 20, &e) == RC_OK)
			assert_true(str_eq(buf_str(&back), buf_str(&text)));
	}
	buf_clear(&bad);
	buf_add(&bad, small.p, small.n);
	buf_putc(&bad, 'x');
	assert_int_equal(run(false, &back, buf_str(&bad), 1 << 20, &e), RC_INVALID);
	buf_free(&text);
	buf_free(&small);
	buf_free(&back);
	buf_free(&bad);
}

static void test_zstd_file__one_that_needs_much_memory_is_refused(void **state)
{
	struct buf back = BUF_INIT, far = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(system("head -c 1000000 /dev/zero | zstd -q --long=30 -c >far.zst"), 0);
	get(&far, "far.zst");
	assert_int_equal(run(false, &back, buf_str(&far), 1 << 24, &e), RC_INVALID);
	buf_free(&back);
	buf_free(&far);
}

/* ---- packs ---- */

static enum rc check(uint64_t objects, uint64_t depth, uint64_t inflated)
{
	const struct git_limits l = { .pack = 1 << 30, .objects = objects, .depth = depth, .inflated = inflated };
	struct err e = ERR_INIT;

	return pack_check("r/.git/objects", &l, &e);
}

static void test_pack__is_held_to_its_limits(void **state)
{
	(void)state;
	assert_int_equal(system("git init -q r && cd r && seq 1 3000 >f && git add f && i=1 && while [ $i -lt 13 ]; do "
	    "sed -i ${i}5,${i}9s/$/x/ f; git -c user.name=a -c user.email=a@example.org commit -qam $i; i=$((i + 1)); done && "
	    "git repack -q -a -d -f --depth=6 --window=20"), 0);
	assert_int_equal(check(1000, 250, 1 << 20), RC_OK);
	assert_int_equal(check(36, 250, 1 << 20), RC_OK);	/* 12 commits, trees, blobs */
	assert_int_equal(check(35, 250, 1 << 20), RC_UNTRUSTED);
	assert_int_equal(check(1000, 6, 1 << 20), RC_OK);
	assert_int_equal(check(1000, 5, 1 << 20), RC_UNTRUSTED);
	assert_int_equal(check(1000, 250, 14000), RC_UNTRUSTED);	/* the first file alone has 13893 bytes */
	/* deltas whose base is named by its id */
	assert_int_equal(system("cd r && rm -rf ../q && cp -R .git/objects/pack ../q && rm -rf .git/objects/pack/* && "
	    "cat ../q/*.pack | git unpack-objects -q && git rev-list --objects --all | "
	    "git pack-objects -q --depth=6 --window=20 .git/objects/pack/pack >/dev/null"), 0);
	assert_int_equal(check(1000, 6, 1 << 20), RC_OK);
	assert_int_equal(check(1000, 5, 1 << 20), RC_UNTRUSTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bundle__reads_the_heads_that_git_writes),
		cmocka_unit_test(test_bundle__refuses_other_heads),
		cmocka_unit_test(test_bundle__a_head_cut_off_anywhere_is_refused),
		cmocka_unit_test(test_bundle__a_head_of_endless_lines_is_refused),
		cmocka_unit_test(test_zstd_file__comes_back_and_the_zstd_program_reads_it),
		cmocka_unit_test(test_zstd_file__cut_off_or_altered_is_refused_or_the_same),
		cmocka_unit_test(test_zstd_file__one_that_needs_much_memory_is_refused),
		cmocka_unit_test(test_pack__is_held_to_its_limits),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_free(&a);
	return failed;
}
