/* tests/unit/units.c: where a text is cut into units, and which units of two texts are the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kb/base/arena.h"
#include "sync/units.h"

#define LARGE ((size_t)256 << 10)	/* bytes of the largest document */

struct row { struct str *v; size_t n, cap; };

static struct row split(struct arena *a, const char *text)
{
	struct row r = { NULL, 0, 0 };

	units_split(&r.v, &r.n, &r.cap, a, cstr(text));
	return r;
}

/* The units of a text, joined by '/'. */
static void assert_cut(const char *text, const char *want)
{
	struct arena a = ARENA_INIT;
	struct row r = split(&a, text);
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < r.n; i++) {
		buf_puts(&b, i ? "/" : "");
		buf_str_add(&b, r.v[i]);
	}
	assert_string_equal(buf_cstr(&b), want);
	buf_free(&b);
	arena_free(&a);
}

static void test_units__a_line_is_a_unit(void **state)
{
	(void)state;
	assert_cut("", "");
	assert_cut("\n\n", "\n/\n");
	assert_cut("a\nb", "a\n/b");
	assert_cut("a\r\nb\r\n", "a\r\n/b\r\n");
}

static void test_units__sentences_are_cut_behind_their_blanks(void **state)
{
	(void)state;
	assert_cut("One. Two.  Three!\n", "One. /Two.  /Three!\n");
	assert_cut("One?! \tTwo\n", "One?! \t/Two\n");
	assert_cut("One. \n", "One. \n");		/* nothing follows */
	assert_cut("One. \r\n", "One. \r\n");
	assert_cut("e.g.x 3.14 a.b\n", "e.g.x 3.14 a.b\n");
	assert_cut("1. Item\n", "1. /Item\n");
	assert_cut("One… Two। Three۔ Four؟ Five\n", "One… /Two। /Three۔ /Four؟ /Five\n");
}

static void test_units__fences_and_tables_are_cut_by_lines_only(void **state)
{
	(void)state;
	assert_cut("```\na. b.\n```\na. b.\n", "```\n/a. b.\n/```\n/a. /b.\n");
	assert_cut("~~~ c. d\na. b.\n```\n~~~~\na. b.\n", "~~~ c. d\n/a. b.\n/```\n/~~~~\n/a. /b.\n");
	assert_cut("````\n```\na. b\n", "````\n/```\n/a. b\n");		/* a shorter one does not close it */
	assert_cut("```\n``` x\na. b\n", "```\n/``` x\n/a. b\n");	/* nor one with text */
	assert_cut("    ```\na. b\n", "    ```\n/a. /b\n");		/* four blanks: no fence */
	assert_cut("```x``` a. b\na. b\n", "```x``` a. /b\n/a. /b\n");	/* code in a line: no fence */
	assert_cut(" | a. b | c |\n", " | a. b | c |\n");
}

static void assert_structure(const char *text, const size_t *want, size_t n)
{
	struct arena a = ARENA_INIT;
	struct row r = split(&a, text);
	size_t *begin = arena_array(&a, r.n, sizeof *begin), i;

	assert_int_equal(r.n, n);
	units_structure(begin, r.v, r.n);
	for (i = 0; i < n; i++)
		assert_int_equal(begin[i], want[i]);
	arena_free(&a);
}

static void test_units__structures_are_lines_tables_and_fences(void **state)
{
	static const size_t lines[] = { 0, 0, 2 }, fence[] = { 0, 1, 1, 1, 4 }, table[] = { 0, 1, 1, 3, 4 }, open[] = { 0, 0, 0 };

	(void)state;
	assert_structure("One. Two.\nThree.\n", lines, 3);
	assert_structure("a\n```\nb\n```\nc\n", fence, 5);
	assert_structure("a\n| b |\n| c |\nd\n| e |\n", table, 5);
	assert_structure("```\na\n\n", open, 3);
}

/* Two texts of one letter a unit; want: for each unit of a where it is in b, '.' nowhere. */
static void assert_match(const char *x, const char *y, const char *want)
{
	struct arena s = ARENA_INIT;
	size_t n = strlen(x), m = strlen(y), i, *match = arena_array(&s, n, sizeof *match);
	struct str *a = arena_array(&s, n, sizeof *a), *b = arena_array(&s, m, sizeof *b);
	char got[64] = "";

	for (i = 0; i < n; i++)
		a[i] = (struct str){ x + i, 1 };
	for (i = 0; i < m; i++)
		b[i] = (struct str){ y + i, 1 };
	units_match(match, a, n, b, m);
	for (i = 0; i < n; i++)
		got[i] = match[i] == SIZE_MAX ? '.' : (char)('0' + match[i]);
	assert_string_equal(got, want);
	arena_free(&s);
}

static void test_units__match_finds_what_is_the_same(void **state)
{
	(void)state;
	assert_match("", "", "");
	assert_match("abc", "", "...");
	assert_match("", "abc", "");
	assert_match("abc", "abc", "012");
	assert_match("abc", "def", "...");
	assert_match("abc", "xaybzc", "135");
	assert_match("abcd", "bcda", ".012");		/* moved: the longer row stays */
	assert_match("aaaa", "aa", "01..");		/* both ends first */
	assert_match("aba", "aabaa", "024");
	assert_match("xabcy", "xcaby", "023.4");
	assert_match("aabb", "bbaa", "..01");
	assert_match("ppqpp", "pprpp", "01.34");
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct row large(struct arena *a, const char *piece, unsigned step)
{
	struct buf b = BUF_INIT;
	struct row r = { NULL, 0, 0 };
	unsigned i = 0;

	while (b.n + 16 < LARGE) {
		if (step)
			buf_printf(&b, "%u ", (i = i * step + 1) % 1000);
		buf_puts(&b, piece);
	}
	units_split(&r.v, &r.n, &r.cap, a, arena_str(a, buf_str(&b)));
	buf_free(&b);
	return r;
}

static void test_units__the_largest_texts_take_under_a_second(void **state)
{
	struct arena a = ARENA_INIT;
	struct row rows[6];
	size_t i, j, *match;
	double start;

	(void)state;
	rows[0] = large(&a, "\n", 0);
	rows[1] = large(&a, "a\n", 0);
	rows[2] = large(&a, "a. ", 0);
	rows[3] = large(&a, "\n", 1103515245u);	/* few lines, again and again, in two orders */
	rows[4] = large(&a, "\n", 69069u);
	rows[5] = large(&a, "a\nb\nb\na\n", 0);
	for (i = 0; i < 6; i++)
		for (j = 0; j < 6; j++) {
			match = arena_array(&a, rows[i].n, sizeof *match);
			start = seconds();
			units_match(match, rows[i].v, rows[i].n, rows[j].v, rows[j].n);
			units_structure(match, rows[i].v, rows[i].n);
			assert_true(seconds() - start < 1.0);
		}
	arena_free(&a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units__a_line_is_a_unit),
		cmocka_unit_test(test_units__sentences_are_cut_behind_their_blanks),
		cmocka_unit_test(test_units__fences_and_tables_are_cut_by_lines_only),
		cmocka_unit_test(test_units__structures_are_lines_tables_and_fences),
		cmocka_unit_test(test_units__match_finds_what_is_the_same),
		cmocka_unit_test(test_units__the_largest_texts_take_under_a_second),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
