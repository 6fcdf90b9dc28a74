/* tests/unit/base.c: strings, dates, ids, options, files, arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/base/arena.h"
#include "kb/base/date.h"
#include "kb/base/file.h"
#include "kb/base/oid.h"
#include "kb/base/opt.h"
#include "kb/out.h"

static void test_str__utf8_bad_finds_the_first_bad_byte(void **state)
{
	static const struct { const char *s; size_t n, bad; } v[] = {
		{ "abcdefghij", 10, 10 }, { "abcdefgh\xff", 9, 8 }, { "\xc0\x80", 2, 0 }, { "\xed\xa0\x80", 3, 0 },
		{ "\xf4\x90\x80\x80", 4, 0 }, { "a\xe2\x82\xac", 4, 4 }, { "a\xe2\x82", 3, 1 }, { "", 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++)
		assert_int_equal(str_utf8_bad((struct str){ v[i].s, v[i].n }), v[i].bad);
}

/* The same, sequence by sequence. */
static size_t bad_slowly(struct str s)
{
	size_t i = 0, at;

	while ((at = i) < s.n)
		if (str_utf8_next(s, &i) == 0xfffd && !str_starts(str_sub(s, at, s.n), STR("\xef\xbf\xbd")))
			return at;
	return s.n;
}

static void test_str__utf8_bad_is_the_same_wherever_it_stands(void **state)
{
	static const char *const pieces[] = { "a", "word ", "\xd8\xa7", "\xd0\xb6", "\xe2\x82\xac", "\xe0\xa6\x95",
		"\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd", "\xc2\x80", "\xdf\xbf" };
	static const char *const faults[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe2\x82",
		"\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xf0\x90\x80",
		"\xe0\x9f\xbf", "\xc2\xc2\x80", "\xe2\x82\xac\x80", "\xf0\x90\x80\x80\x80" };
	enum { PIECES = sizeof pieces / sizeof *pieces, FAULTS = sizeof faults / sizeof *faults, RUNS = 20000 };
	struct buf b = BUF_INIT;
	uint32_t seed = 1;
	size_t run, i, found = 0;

	(void)state;
	for (run = 0; run < RUNS; run++) {
		buf_clear(&b);
		for (i = 0; i < run % 48; i++) {
			seed = seed * 1664525 + 1013904223;
			buf_puts(&b, (seed >> 8) % 64 ? pieces[(seed >> 16) % PIECES] : faults[(seed >> 16) % FAULTS]);
		}
		assert_int_equal(str_utf8_bad(buf_str(&b)), bad_slowly(buf_str(&b)));
		found += str_utf8_bad(buf_str(&b)) < b.n;
	}
	assert_true(found > RUNS / 10 && found < RUNS / 2);
	buf_free(&b);
}

static void test_str__cut_never_splits_a_character(void **state)
{
	struct str s = STR("a\xe2\x82\xac" "b");

	(void)state;
	assert_int_equal(str_utf8_cut(s, 2).n, 1);
	assert_int_equal(str_utf8_cut(s, 3).n, 1);
	assert_int_equal(str_utf8_cut(s, 4).n, 4);
	assert_int_equal(str_utf8_count(s), 3);
	assert_int_equal(str_alike(s, STR("a\xe2\x82\xab")), 3);
	assert_int_equal(str_utf8_alike(s, STR("a\xe2\x82\xab")), 1);
	assert_int_equal(str_utf8_alike(s, STR("a\xe2\x82\xac")), 4);
	assert_int_equal(str_utf8_alike(s, STR_NONE) + str_alike(STR_NONE, s), 0);
}

static void test_str__u64_refuses_overflow_and_signs(void **state)
{
	uint64_t v;

	(void)state;
	assert_true(str_u64(&v, STR("18446744073709551615")) && v == UINT64_MAX);
	assert_false(str_u64(&v, STR("18446744073709551616")));
	assert_false(str_u64(&v, STR("-1")));
	assert_false(str_u64(&v, STR("")));
}

static void test_str__distance_counts_swaps_as_one(void **state)
{
	(void)state;
	assert_int_equal(str_distance(STR("hawala"), STR("hawlaa"), 2), 1);
	assert_int_equal(str_distance(STR("som"), STR("thb"), 2), 3);
	assert_int_equal(str_distance(STR("abc"), STR("abc"), 2), 0);
}

static void test_str__lines_keep_empty_ones(void **state)
{
	struct str rest = STR("a\n\nb"), line;
	int n = 0;

	(void)state;
	while (str_line(&line, &rest))
		n++;
	assert_int_equal(n, 3);
}

static void test_buf__escapes_for_text_json_and_html(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_text_escape(&b, STR("a\tb\nc\033 \xc2\x9b \xff \xef\xbf\xbd \xd1\x8f"));
	assert_string_equal(buf_cstr(&b), "a\\tb\\nc\\x1b \\xc2\\x9b \\xff \xef\xbf\xbd \xd1\x8f");
	buf_clear(&b);
	buf_json_escape(&b, STR("\"\\\x01\xff"));
	assert_string_equal(buf_cstr(&b), "\\\"\\\\\\u0001\xef\xbf\xbd");
	buf_clear(&b);
	buf_html_escape(&b, STR("<a href='x'>&\"\x07"));
	assert_string_equal(buf_cstr(&b), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\xef\xbf\xbd");
	buf_free(&b);
}

/* What is looked at in pieces of 16 bytes must not depend on where in one it stands. */
static void test_buf__html_escapes_wherever_they_stand(void **state)
{
	static const struct { const char *in, *out; } odd[] = {
		{ "&", "&amp;" }, { "'", "&#39;" }, { "<", "&lt;" }, { ">", "&gt;" }, { "\"", "&quot;" }, { "\n", "\n" }, { "\t", "\t" },
		{ "\r", "\xef\xbf\xbd" }, { "\x7f", "\xef\xbf\xbd" }, { "\x1f", "\xef\xbf\xbd" }, { "%(*;=?!#~ ", "%(*;=?!#~ " },
		{ "\xc3\xa9", "\xc3\xa9" }, { "\xc2\xa0", "\xc2\xa0" }, { "\xc2\x85", "\xef\xbf\xbd" }, { "\xe0\xa6\x95", "\xe0\xa6\x95" },
		{ "\xf0\x9f\x9a\xa2", "\xf0\x9f\x9a\xa2" }, { "\xe0\xa6", "\xef\xbf\xbd\xef\xbf\xbd" }, { "\xc3", "\xef\xbf\xbd" },
		{ "\xff", "\xef\xbf\xbd" }, { "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	};
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	size_t i, before, behind;

	(void)state;
	for (i = 0; i < sizeof odd / sizeof odd[0]; i++)
		for (before = 0; before <= 36; before++)
			for (behind = 0; behind <= 18; behind += 3) {
				buf_clear(&in);
				buf_clear(&want);
				buf_clear(&got);
				buf_add(&in, plain, before);
				buf_puts(&in, odd[i].in);
				buf_add(&in, plain, behind);
				buf_add(&want, plain, before);
				buf_puts(&want, odd[i].out);
				buf_add(&want, plain, behind);
				buf_html_escape(&got, buf_str(&in));
				assert_string_equal(buf_cstr(&got), buf_cstr(&want));
			}
	buf_free(&in);
	buf_free(&want);
	buf_free(&got);
}

static void escape_slowly(struct buf *b, struct str s)
{
	size_t i, at;

	for (i = at = 0; i < s.n; at = i) {
		uint32_t cp = str_utf8_next(s, &i);

		if (cp == '&' || cp == '<' || cp == '>' || cp == '"' || cp == '\'')
			buf_printf(b, "&%s;", cp == '&' ? "amp" : cp == '<' ? "lt" : cp == '>' ? "gt" : cp == '"' ? "quot" : "#39");
		else if ((cp < 0x20 && cp != '\n' && cp != '\t') || (cp >= 0x7f && cp < 0xa0) || cp == 0xfffd)
			buf_puts(b, "\xef\xbf\xbd");
		else
			buf_add(b, s.p + at, i - at);
	}
}

static void test_buf__html_of_any_bytes_is_as_of_one_after_the_other(void **state)
{
	static const char *const bits[] = { "a", "b ", "word", "\xd0\x96", "\xd9\x85", "\xc3\xa9", "\xe0\xa6\x95", "\xe2\x80\x93", "\xc2\xab",
		"\xc2\x90", "\xf0\x9f\x9a\xa2", "&", "<", "'", "\n", "\x01", "\x7f", "\x80", "\xbf", "\xc3", "\xd0", "\xe2", "\xe2\x80", "\xff", "\xc0" };
	uint32_t seed = 1, round;
	struct buf in = BUF_INIT, want = BUF_INIT, got = BUF_INIT;

	(void)state;
	for (round = 0; round < 60000; round++) {
		size_t good = round % 3 ? 8 : sizeof bits / sizeof bits[0];	/* runs of what is plain, too */

		buf_clear(&in);
		buf_clear(&want);
		buf_clear(&got);
		while (in.n < 70) {
			seed = seed * 1664525 + 1013904223;
			buf_puts(&in, bits[(seed >> 8) % ((seed >> 27) == 5 ? sizeof bits / sizeof bits[0] : good)]);
		}
		escape_slowly(&want, buf_str(&in));
		buf_html_escape(&got, buf_str(&in));
		assert_string_equal(buf_cstr(&got), buf_cstr(&want));
	}
	buf_free(&in);
	buf_free(&want);
	buf_free(&got);
}

static void test_buf__splice_replaces_in_the_middle(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "one two three");
	buf_splice(&b, 4, 3, STR("2"));
	assert_string_equal(b.p, "one 2 three");
	buf_splice(&b, 0, 0, STR("> "));
	assert_string_equal(b.p, "> one 2 three");
	buf_free(&b);
}

static void test_date__every_day_of_four_centuries_comes_back(void **state)
{
	int64_t day, before = date_days(1899, 12, 31);
	int y, m, d;

	(void)state;
	assert_int_equal(date_days(1970, 1, 1), 0);
	for (day = before + 1; day <= date_days(2199, 12, 31); day++) {
		date_civil(&y, &m, &d, day);
		assert_int_equal(date_days(y, m, d), day);
	}
}

static void test_date__parses_the_four_forms_and_no_other(void **state)
{
	static const char *const bad[] = { "", "22", "2022-13", "2022-02-30", "2022-5", "2022-05-18/2022-05-17",
		"2022-05-18T", "2022/", "/2022", "20a2", "1899", "2022-05-18-01" };
	int64_t a, b;
	size_t i;

	(void)state;
	assert_true(date_parse(&a, &b, STR("2022")) && b - a == 364);
	assert_true(date_parse(&a, &b, STR("2024-02")) && b - a == 28);
	assert_true(date_parse(&a, &b, STR("2022-05-18")) && a == b && a == date_days(2022, 5, 18));
	assert_true(date_parse(&a, &b, STR("2021-03/2021-11")) && b == date_days(2021, 11, 30));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(date_parse(&a, &b, cstr(bad[i])));
}

static void test_date__formats_times_before_and_after_1970(void **state)
{
	char t[21];

	(void)state;
	time_format(t, -1);
	assert_string_equal(t, "1969-12-31T23:59:59Z");
	time_format(t, 1652882400);
	assert_string_equal(t, "2022-05-18T14:00:00Z");
}

static void test_oid__reads_back_what_it_writes(void **state)
{
	const char *hex = "0123456789abcdef0123456789abcdef01234567";
	char got[OID_HEX + 1];
	struct oid o;

	(void)state;
	assert_true(oid_parse(&o, cstr(hex)));
	oid_format(got, &o);
	assert_string_equal(got, hex);
	assert_false(oid_parse(&o, STR("012345")));
	assert_false(oid_parse(&o, STR("g123456789abcdef0123456789abcdef01234567")));
}

static void test_opt__permutes_prefixes_and_ends_at_two_dashes(void **state)
{
	char a0[] = "x", a1[] = "op", a2[] = "--lim=5", a3[] = "-mhello", a4[] = "--", a5[] = "--flag";
	char *argv[] = { a0, a1, a2, a3, a4, a5, NULL };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	uint64_t limit = 0;
	const char *m = NULL;
	bool flag = false;
	const struct opt opts[] = { { "limit", 0, OPT_NUMBER, &limit, "N", "" },
		{ "message", 'm', OPT_TEXT, &m, "TEXT", "" }, { "flag", 0, OPT_FLAG, &flag, NULL, "" } };
	int left;

	(void)state;
	assert_int_equal(opt_parse(&left, 6, argv, opts, 3, &a, &e), RC_OK);
	assert_int_equal(left, 3);
	assert_string_equal(argv[1], "op");
	assert_string_equal(argv[2], "--flag");
	assert_int_equal(limit, 5);
	assert_string_equal(m, "hello");
	assert_false(flag);
	arena_free(&a);
}

static void test_file__writes_whole_and_refuses_what_is_no_file(void **state)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(dir_make("t/a/b", 0755, &e), RC_OK);
	assert_int_equal(file_write("t/a/f", STR("12345"), 0644, &e), RC_OK);
	assert_int_equal(file_read(&b, "t/a/f", 5, &e), RC_OK);
	assert_string_equal(b.p, "12345");
	assert_int_equal(file_read(&b, "t/a/f", 4, &e), RC_INVALID);
	assert_int_equal(b.n, 5);
	assert_int_equal(file_read(&b, "t/none", 4, &e), RC_NOTFOUND);
	assert_int_equal(symlink("f", "t/a/link"), 0);
	assert_int_equal(file_read(&b, "t/a/link", 9, &e), RC_INVALID);
	assert_int_equal(mkfifo("t/a/fifo", 0644), 0);
	assert_int_equal(file_read(&b, "t/a/fifo", 9, &e), RC_INVALID);
	assert_int_equal(file_read(&b, "t/a/b", 9, &e), RC_INVALID);
	assert_int_equal(dir_remove("t", &e), RC_OK);
	assert_false(file_exists("t"));
	buf_free(&b);
}

static void test_file__a_lock_is_held_by_one(void **state)
{
	struct lock one = LOCK_INIT, two = LOCK_INIT;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(lock_open(&one, "l", 0, &e), RC_OK);
	assert_int_equal(lock_open(&two, "l", 0, &e), RC_CONFLICT);
	lock_close(&one);
	assert_int_equal(lock_open(&two, "l", 0, &e), RC_OK);
	lock_close(&two);
}

static void test_arena__what_one_holds_is_anothers(void **state)
{
	static const size_t sizes[] = { 0, 10, 5000, 3 << 20 };	/* of a block, of several, of one of its own */
	size_t i, k;

	(void)state;
	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			struct arena a = ARENA_INIT, b = ARENA_INIT;
			char *p = sizes[i] ? arena_alloc(&a, sizes[i]) : NULL, *q = sizes[k] ? arena_alloc(&b, sizes[k]) : NULL;

			if (q)
				q[0] = q[sizes[k] - 1] = 'q';
			arena_join(&a, &b);
			assert_null(b.head);
			arena_free(&b);
			assert_true(!q || (q[0] == 'q' && q[sizes[k] - 1] == 'q'));
			assert_true(!p || (p[0] == 0 && p[sizes[i] - 1] == 0));
			assert_non_null(arena_alloc(&a, 100));
			arena_free(&a);
		}
}

/* Blocks of all sizes, large ones too, in two that become one. */
static void test_arena__a_large_one_keeps_what_it_was_given(void **state)
{
	enum { EACH = 3000, N = 4000 };	/* bytes, pieces: 12 MB, in 4 MiB of blocks that double and large ones */
	static const char zeros[EACH];
	struct arena a[2] = { ARENA_INIT, ARENA_INIT };
	static char *p[N + 10];
	int i;

	(void)state;
	for (i = 0; i < N + 10; i++) {
		if (i == N)
			arena_join(&a[0], &a[1]);
		p[i] = arena_alloc(&a[i < N ? i % 3 == 0 : 0], EACH);
		assert_memory_equal(p[i], zeros, EACH);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		memset(p[i], 1 + i % 100, EACH);
	}
	assert_null(a[1].head);
	for (i = 0; i < N + 10; i++) {
		assert_int_equal(p[i][0], 1 + i % 100);
		assert_int_equal(p[i][EACH - 1], 1 + i % 100);
	}
	arena_free(&a[0]);
}

static void test_arena__blocks_stay_apart_and_zeroed(void **state)
{
	struct arena a = ARENA_INIT;
	unsigned char *p[500];
	size_t i, k, round;

	(void)state;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 500; i++) {
			p[i] = arena_alloc(&a, i * 17);
			for (k = 0; k < i * 17; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], (int)i & 255, i * 17);
		}
		for (i = 0; i < 500; i++)
			for (k = 0; k < i * 17; k++)
				assert_int_equal(p[i][k], i & 255);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void test_out__text_and_json_of_one_record(void **state)
{
	char *text = NULL;
	size_t n = 0;
	struct out o;
	FILE *f;
	int json;

	(void)state;
	for (json = 0; json < 2; json++) {
		f = open_memstream(&text, &n);
		out_open(&o, f, json, NULL);
		out_begin(&o);
		out_text(&o, "id", STR("a\tb"));
		out_null(&o, "none");
		out_number(&o, "n", -3);
		out_end(&o);
		out_close(&o);
		fclose(f);
		assert_string_equal(text, json ? "{\"id\":\"a\\tb\",\"none\":null,\"n\":-3}\n" : "a\\tb\t\t-3\n");
		free(text);
		text = NULL;
	}
}

/* Two records of two fields as a terminal of a width has them; in the caller's hands. */
static char *two_records(size_t width, const char *first, const char *second)
{
	struct screen s = { .width = width };
	char *text = NULL;
	size_t n = 0;
	struct out o;
	int i;

	s.f = open_memstream(&text, &n);
	out_open(&o, s.f, false, &s);
	for (i = 0; i < 2; i++) {
		out_begin(&o);
		out_text(&o, "id", cstr(i ? second : first));
		out_text(&o, "message", STR("one two three four five six"));
		out_end(&o);
	}
	out_close(&o);
	fclose(s.f);
	return text;
}

static void test_out__a_terminal_gets_a_table_or_lists(void **state)
{
	static const struct { size_t width; const char *first, *second, *want; } of[] = {
		{ 80, "a", "دادگاه‌ها", "ID        MESSAGE\na         one two three four five six\nدادگاه‌ها  one two three four five six\n" },
		{ 35, "a", "12345678", "ID        MESSAGE\na         one two three four five\n          six\n12345678  one two three four five\n          six\n" },
		{ 32, "a", "12345678", "id       a\nmessage  one two three four five\n         six\n\n"
		    "id       12345678\nmessage  one two three four five\n         six\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof of / sizeof *of; i++) {
		char *got = two_records(of[i].width, of[i].first, of[i].second);

		assert_string_equal(got, of[i].want);
		free(got);
	}
}

static void test_screen__paragraphs_are_wrapped_by_what_a_terminal_shows(void **state)
{
	static const struct { bool colour; const char *text, *want; } of[] = {
		{ true, "", "\n" },
		{ true, "twenty columns, here", "twenty columns, here\n" },
		{ true, "twenty columns, there", "twenty columns,\n  there\n" },
		{ true, "of \3twenty\4 columns it", "of \033[1mtwenty\033[0m columns it\n" },
		{ false, "of \3twenty\4 columns it", "of [[twenty]]\n  columns it\n" },	/* marks take room where they are seen */
		{ true, "\1all of it", "\033[1mall of it\033[0m\n" },
		{ true, "কর্মকর্তাদের জন্য ১২৩", "কর্মকর্তাদের জন্য ১২৩\n" },	/* marks stand on letters */
		{ true, "一二三四五六七八九十一二", "一二三四五六七八九十\n  一二\n" },	/* wide, and without blanks */
		{ true, "to /a/path/longer/than/a/line it", "to /a/path/longer/than/a/line\n  it\n" },	/* to be copied whole */
		{ true, "a  part  of  a  line", "a  part  of  a  line\n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof of / sizeof *of; i++) {
		struct screen s = { .width = 22, .colour = of[i].colour };
		char *got = NULL;
		size_t n = 0;

		s.f = open_memstream(&got, &n);
		screen_text(&s, 2, 2, cstr(of[i].text));
		fclose(s.f);
		assert_string_equal(got, of[i].want);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_str__utf8_bad_finds_the_first_bad_byte),
		cmocka_unit_test(test_str__utf8_bad_is_the_same_wherever_it_stands),
		cmocka_unit_test(test_str__cut_never_splits_a_character),
		cmocka_unit_test(test_str__u64_refuses_overflow_and_signs),
		cmocka_unit_test(test_str__distance_counts_swaps_as_one),
		cmocka_unit_test(test_str__lines_keep_empty_ones),
		cmocka_unit_test(test_buf__escapes_for_text_json_and_html),
		cmocka_unit_test(test_buf__html_escapes_wherever_they_stand),
		cmocka_unit_test(test_buf__html_of_any_bytes_is_as_of_one_after_the_other),
		cmocka_unit_test(test_buf__splice_replaces_in_the_middle),
		cmocka_unit_test(test_date__every_day_of_four_centuries_comes_back),
		cmocka_unit_test(test_date__parses_the_four_forms_and_no_other),
		cmocka_unit_test(test_date__formats_times_before_and_after_1970),
		cmocka_unit_test(test_oid__reads_back_what_it_writes),
		cmocka_unit_test(test_opt__permutes_prefixes_and_ends_at_two_dashes),
		cmocka_unit_test(test_file__writes_whole_and_refuses_what_is_no_file),
		cmocka_unit_test(test_file__a_lock_is_held_by_one),
		cmocka_unit_test(test_arena__blocks_stay_apart_and_zeroed),
		cmocka_unit_test(test_arena__what_one_holds_is_anothers),
		cmocka_unit_test(test_arena__a_large_one_keeps_what_it_was_given),
		cmocka_unit_test(test_out__text_and_json_of_one_record),
		cmocka_unit_test(test_out__a_terminal_gets_a_table_or_lists),
		cmocka_unit_test(test_screen__paragraphs_are_wrapped_by_what_a_terminal_shows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
