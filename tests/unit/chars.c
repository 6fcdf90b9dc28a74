/* tests/unit/chars.c: the table of kb/text/chars.h says all there is to say: words and surfaces by a second reader that
 * knows only the table and the five rules, as the site's JavaScript does, are those of kb/text/fold.c. With the name
 * of a file, prints its lines' first fields with the words' surfaces behind: how tests/golden/words.txt is made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "kb/base/file.h"
#include "kb/text/fold.h"

/* ---- the second reader: code points in, surfaces out, each behind a blank; an empty one is "_" ---- */

struct points { uint32_t v[4096]; size_t n; };	/* 0xfffd for bytes that are no UTF-8 */

static void points_of(struct points *p, struct str s)
{
	size_t i = 0;

	for (p->n = 0; i < s.n && p->n < 4096;)
		p->v[p->n++] = str_utf8_next(s, &i);
}

static void put_surface(struct buf *out, const struct points *p, size_t from, size_t to)
{
	char bytes[TEXT_POINTS * 64];
	size_t n = 0, i;

	for (i = from; i < to && i < from + TEXT_POINTS; i++) {
		struct str s = text_char(p->v[i]).surface;

		if (p->v[i] == 0x0306 && i > from && (p->v[i - 1] == 0x0418 || p->v[i - 1] == 0x0438))
			bytes[n - 1] = 'j';
		else if (s.n)
			memcpy(bytes + n, s.p, s.n), n += s.n;
	}
	if (n > WORD_MAX)
		for (n = WORD_MAX; ((unsigned char)bytes[n] & 0xc0) == 0x80; n--)
			;
	buf_putc(out, ' ');
	buf_str_add(out, n ? (struct str){ bytes, n } : STR("_"));
}

static void second_reader(struct buf *out, struct str text)
{
	static struct points p;
	size_t i, j, start;

	points_of(&p, text);
	for (i = 0; i < p.n;) {
		enum char_class k = text_char(p.v[i]).class;

		start = i++;
		if (k == CHAR_LETTER) {
			for (; i < p.n; i++) {
				k = text_char(p.v[i]).class;
				if (k == CHAR_BREAK || k == CHAR_PAIR || (p.v[i] == 0x200c && p.v[i - 1] >= 0x0600 && p.v[i - 1] <= 0x08ff))
					break;
			}
			put_surface(out, &p, start, i);
		} else if (k == CHAR_PAIR) {
			size_t chars[4096], n = 0;

			for (i = start; i < p.n && text_char(p.v[i]).class == CHAR_PAIR;) {
				chars[n++] = i++;
				while (i < p.n && text_char(p.v[i]).class == CHAR_DROP)
					i++;
			}
			for (j = 0; j + 2 < n; j++)
				put_surface(out, &p, chars[j], chars[j + 2]);
			put_surface(out, &p, chars[n > 1 ? n - 2 : 0], i);
		}
	}
}

/* ---- the first: what search does ---- */

static void first_reader(struct buf *out, struct str text)
{
	struct words w = { text, 0, 0 };
	struct buf low = BUF_INIT, twice = BUF_INIT, once = BUF_INIT;
	struct str word;
	size_t last = 0;

	while (words_next(&w, &word)) {
		size_t at = (size_t)(word.p - text.p);

		assert_true(word.n > 0 && at >= last && at + word.n <= text.n);	/* pairs overlap, but never begin earlier */
		last = at;
		buf_clear(&low);
		buf_clear(&twice);
		buf_clear(&once);
		text_lower(&low, word);
		text_fold(&twice, buf_str(&low));
		text_surface(&once, word);
		assert_true(once.n <= WORD_MAX && str_eq(buf_str(&once), str_utf8_cut(buf_str(&twice), WORD_MAX)));
		buf_putc(out, ' ');
		buf_str_add(out, once.n ? buf_str(&once) : STR("_"));
	}
	assert_false(words_next(&w, &word));
	buf_free(&low);
	buf_free(&twice);
	buf_free(&once);
}

static void same(struct str text)
{
	static struct buf a, b;
	size_t i;

	buf_clear(&a);
	buf_clear(&b);
	first_reader(&a, text);
	second_reader(&b, text);
	if (str_eq(buf_str(&a), buf_str(&b)))
		return;
	for (i = 0; i < text.n && i < 200; i++)
		fprintf(stderr, "%02x ", (unsigned char)text.p[i]);
	fail_msg("\"%s\" is not \"%s\"", buf_cstr(&a), buf_cstr(&b));
}

/* ---- tests ---- */

static void test_chars__every_row_keeps_its_promises(void **state)
{
	struct buf low = BUF_INIT, folded = BUF_INIT;
	uint32_t c;

	(void)state;
	for (c = 0; c < 0x110100; c++) {
		struct text_row r = text_char(c);
		size_t i;

		assert_int_equal(r.class, text_class(c));
		if (r.class == CHAR_BREAK || r.class == CHAR_DROP)
			assert_int_equal(r.surface.n, 0);
		if (r.class == CHAR_BREAK)
			assert_int_equal(r.lower.n, 0);
		assert_true(str_utf8_bad(r.surface) == r.surface.n && str_utf8_bad(r.lower) == r.lower.n);
		buf_clear(&low);
		buf_clear(&folded);
		for (i = 0; i < r.lower.n;) {
			struct text_row l = text_char(str_utf8_next(r.lower, &i));

			buf_str_add(&low, l.lower);
			buf_str_add(&folded, l.surface);
		}
		if (!str_eq(buf_str(&low), r.lower) || !str_eq(buf_str(&folded), r.surface))
			fail_msg("U+%04x: lower \"%.*s\", again \"%s\"; surface \"%.*s\", of lower \"%s\"", (unsigned)c, FMT_STR(r.lower), buf_cstr(&low),
			    FMT_STR(r.surface), buf_cstr(&folded));
		for (i = 0; i < r.surface.n;)
			assert_int_not_equal(text_class(str_utf8_next(r.surface, &i)), CHAR_BREAK);
		if (c >= 0xac00 && c < 0xd7a4) {	/* rule 5 */
			uint32_t s = c - 0xac00;

			buf_clear(&low);
			buf_utf8(&low, 0x1100 + s / 588);
			buf_utf8(&low, 0x1161 + s % 588 / 28);
			if (s % 28)
				buf_utf8(&low, 0x11a7 + s % 28);
			assert_true(str_eq(buf_str(&low), r.surface));
		}
	}
	assert_int_equal(text_char(UINT32_MAX).class, CHAR_BREAK);
	buf_free(&low);
	buf_free(&folded);
}

static void test_chars__what_is_second_of_a_pair_joins(void **state)
{
	utf8proc_int32_t part[32];
	utf8proc_ssize_t n;
	uint32_t c, pairs = 0, joining = 0, letters = 0;
	int boundary = 0;

	(void)state;
	for (c = 0; c < 0x110000; c++) {
		struct text_row r = text_char(c), second;

		letters += r.class == CHAR_LETTER;
		joining += r.joins;
		if ((n = utf8proc_decompose_char((utf8proc_int32_t)c, part, 32, UTF8PROC_DECOMPOSE, &boundary)) < 2)
			continue;
		second = text_char((uint32_t)part[n - 1]);
		pairs++;
		if (second.lower.n && !second.joins)
			fail_msg("U+%04x has U+%04x at its end, which joins nothing", (unsigned)c, (unsigned)part[n - 1]);
	}
	assert_true(text_char(0xff9e).joins);	/* a mark of kana that stands as a letter of its own */
	assert_true(pairs > 12000 && joining > 1000 && joining < letters / 20);
}

static void test_chars__the_rules_say_it_of_every_code_point(void **state)
{
	static const char *const around[][2] = { { "", "" }, { "a", "b" }, { "и", "" }, { "ب", "\xe2\x80\x8cب" }, { "中", "国" }, { "e", "\xcc\x81" }, { "র", "য" } };
	struct buf b = BUF_INIT;
	uint32_t c;
	size_t i;

	(void)state;
	for (c = 0; c < 0x110000; c++) {
		if (c >= 0xd800 && c < 0xe000)
			continue;
		for (i = 0; i < (c < 0x3100 ? sizeof around / sizeof *around : 2); i++) {
			buf_clear(&b);
			buf_puts(&b, around[i][0]);
			buf_utf8(&b, c);
			buf_puts(&b, around[i][1]);
			same(buf_str(&b));
		}
	}
	buf_free(&b);
}

static uint64_t seed = 1;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static void test_chars__the_rules_say_it_of_random_text(void **state)
{
	/* Where scripts begin, and the length to draw from. */
	static const uint32_t from[][2] = { { 0x20, 0x60 }, { 0xa0, 0x1b0 }, { 0x300, 0x70 }, { 0x370, 0x90 }, { 0x400, 0x130 }, { 0x530, 0xc0 }, { 0x600, 0x100 },
		{ 0x980, 0x80 }, { 0xe00, 0x80 }, { 0x1000, 0xa0 }, { 0x1e00, 0x200 }, { 0x200b, 5 }, { 0x3040, 0xc0 }, { 0x4e00, 0x100 }, { 0xac00, 0x2ba4 },
		{ 0xfb00, 0x300 }, { 0xfe70, 0x100 }, { 0x1100, 0x100 }, { 0x0, 0xd800 }, { 0xe000, 0x101fff } };
	struct buf b = BUF_INIT;
	size_t i, n;

	(void)state;
	for (i = 0; i < 60000; i++) {
		size_t k = below(sizeof from / sizeof *from);

		buf_clear(&b);
		for (n = below(i % 100 ? 12 : 300); n; n--) {
			if (below(4) == 0)
				k = below(sizeof from / sizeof *from);
			if (below(40) == 0)
				buf_putc(&b, (char)below(256));
			else
				buf_utf8(&b, from[k][0] + below(from[k][1]));
		}
		same(buf_str(&b));
	}
	buf_free(&b);
}

static void read_golden(struct buf *text, const char *path)
{
	struct err e = ERR_INIT;

	if (file_read(text, path, (size_t)16 << 20, &e))
		fail_msg("%s", e.msg);
}

static void test_chars__golden_words(void **state)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	struct str rest, line, first;
	char path[4096];
	size_t n = 0;

	(void)state;
	snprintf(path, sizeof path, "%s/tests/golden/words.txt", getenv("ROOT") ? getenv("ROOT") : ".");
	read_golden(&text, path);
	for (rest = buf_str(&text); str_line(&line, &rest); n++) {
		assert_true(str_split(&first, &line, '\t'));
		buf_clear(&got);
		first_reader(&got, first);
		if (!str_eq(str_trim(buf_str(&got)), line))
			fail_msg("line %zu: \"%.*s\" gives \"%s\", not \"%.*s\"", n + 1, FMT_STR(first), buf_cstr(&got), FMT_STR(line));
		same(first);
	}
	assert_true(n >= 2000);
	buf_free(&text);
	buf_free(&got);
}

static int print(const char *path)
{
	struct buf text = BUF_INIT, got = BUF_INIT;
	struct str rest, line, first;

	read_golden(&text, path);
	for (rest = buf_str(&text); str_line(&line, &rest);) {
		if (!str_split(&first, &line, '\t'))
			continue;
		buf_clear(&got);
		first_reader(&got, first);
		line = str_trim(buf_str(&got));
		printf("%.*s\t%.*s\n", FMT_STR(first), FMT_STR(line));
	}
	buf_free(&text);
	buf_free(&got);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chars__every_row_keeps_its_promises),
		cmocka_unit_test(test_chars__what_is_second_of_a_pair_joins),
		cmocka_unit_test(test_chars__the_rules_say_it_of_every_code_point),
		cmocka_unit_test(test_chars__the_rules_say_it_of_random_text),
		cmocka_unit_test(test_chars__golden_words),
	};

	if (argc > 1)
		return print(argv[1]);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
