/* tests/unit/front.c: front matter that reads, and what is refused and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/base/file.h"
#include "kb/doc/front.h"
#include "kb/limits.h"

static void test_front__reads_texts_lists_and_their_bytes(void **state)
{
	const char *text = "---\n# note\ntitle: \"Water: a study\"\ncountries: [MK, TW]\nrelated:\n- a\n- b\n\ntitle@2: B\n"
	    "summary:\n---\nBody.\n";
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct place at;
	struct front f;
	const struct key *k;

	(void)state;
	assert_int_equal(front_parse(&f, &at, &a, cstr(text), &e), RC_OK);
	assert_int_equal(f.n, 5);
	assert_true(str_is(front_text(&f, "title"), "Water: a study"));
	k = front_key(&f, "countries");
	assert_true(k->list && k->n == 2 && str_is(k->values[1], "TW"));
	assert_int_equal(k->place.line, 4);
	k = front_key(&f, "related");
	assert_true(k->list && k->n == 2);
	assert_true(str_is(str_sub(cstr(text), k->from, k->to), "related:\n- a\n- b\n"));
	assert_int_equal(f.keys[3].variant, 2);
	assert_true(front_key(&f, "summary")->n == 0);
	assert_string_equal(text + f.body, "Body.\n");
	assert_int_equal(f.body_line, 12);
	arena_free(&a);
}

static void test_front__refuses_with_a_place_and_a_cure(void **state)
{
	static const struct { const char *text, *says; unsigned line; } v[] = {
		{ "title: x\n", "no front matter", 1 }, { "---\ntitle: x\n", "not closed", 1 }, { "", "no front matter", 1 },
		{ "\xef\xbb\xbf---\na: b\n---\n", "byte order mark", 1 }, { "---\r\na: b\r\n---\r\n", "CRLF", 1 },
		{ "---\na: b\r\n---\n", "CRLF", 2 }, { "---\na: \xff\n---\n", "not UTF-8", 0 },
		{ "---\nid: x\ntitle: Water: a study\n---\n", "double quotes", 3 }, { "---\na: 1\nb: 2\na: 3\n---\n", "twice", 4 },
		{ "---\na: &x 1\n---\n", "anchor", 2 }, { "---\na: *x\n---\n", "alias", 2 }, { "---\na: !t 1\n---\n", "tag", 2 },
		{ "---\na: [[1]]\n---\n", "nesting", 2 }, { "---\na:\n  b: 1\n---\n", "nesting", 3 },
		{ "---\na: |\n  b\n---\n", "one line", 2 }, { "---\nA: 1\n---\n", "lower-case", 2 },
		{ "---\n- a\n---\n", "key: value", 2 }, { "---\n{a: 1}\n---\n", "key: value", 2 },
		{ "---\na: 1\n...\nb: 2\n---\n", "second", 3 }, { "---\na: 1\n--- b\nc: 2\n---\n", "second", 3 },
		{ "---\n--- \na: 1\n---\n", "second", 2 }, { "---\n%YAML 1.1\n--- \na: 1\n---\n", "second", 3 },
		{ "---\na: 1\rb: 2\nc: 3\n---\n", "line break", 2 }, { "---\nb: 1\n# \xc2\x85" "a: 1\n---\n", "line break", 3 },
		{ "---\n# \xe2\x80\xa8" "a: 1\n---\n", "line break", 2 }, { "---\na: b\xe2\x80\xa9\n---\n", "line break", 2 },
	};
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct place at;
	struct front f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		assert_int_equal(front_parse(&f, &at, &a, cstr(v[i].text), &e), RC_INVALID);
		if (!strstr(e.msg, v[i].says) || at.line != v[i].line)
			fail_msg("%s: said \"%s\" at line %u", v[i].text, e.msg, at.line);
	}
	assert_int_equal(front_parse(&f, &at, &a, (struct str){ "---\na: \0\n---\n", 12 }, &e), RC_INVALID);
	arena_free(&a);
}

static void test_front__hostile_sizes_end_at_once(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct place at;
	struct front f;
	size_t i;

	(void)state;
	buf_puts(&b, "---\na: ");
	for (i = 0; i < 100000; i++)
		buf_putc(&b, '[');
	buf_puts(&b, "\n---\n");
	assert_int_equal(front_parse(&f, &at, &a, buf_str(&b), &e), RC_INVALID);
	buf_clear(&b);
	buf_puts(&b, "---\n");
	for (i = 0; i < 201; i++)
		buf_printf(&b, "k%zu: 1\n", i);
	buf_puts(&b, "---\n");
	assert_int_equal(front_parse(&f, &at, &a, buf_str(&b), &e), RC_INVALID);
	assert_int_equal(at.line, 202);
	for (i = 0; i < 4; i++) {		/* values of one list, in a row and one a line: all that there may be, and one more */
		const size_t n = LIMIT_LIST + i / 2;
		size_t k;

		buf_clear(&b);
		buf_puts(&b, i % 2 ? "---\na:\n" : "---\na: [x");
		for (k = i % 2 ? 0 : 1; k < n; k++)
			buf_puts(&b, i % 2 ? "- x\n" : ", x");
		buf_puts(&b, i % 2 ? "---\n" : "]\n---\n");
		assert_int_equal(front_parse(&f, &at, &a, buf_str(&b), &e), n > LIMIT_LIST ? RC_INVALID : RC_OK);
		assert_true(n > LIMIT_LIST || f.keys[0].n == n);
	}
	buf_clear(&b);
	buf_puts(&b, "---\na: 1\n---\n");
	while (b.n <= LIMIT_VIEW)
		buf_puts(&b, "0123456789abcdef");
	assert_int_equal(front_parse(&f, &at, &a, buf_str(&b), &e), RC_INVALID);
	buf_free(&b);
	arena_free(&a);
}

static void test_front__sixteen_kibibytes_fences_included_are_the_limit(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct place at;
	struct front f;
	size_t more;

	(void)state;
	for (more = 0; more < 2; more++) {
		struct buf b = BUF_INIT;

		buf_puts(&b, "---\na: ");
		while (b.n < LIMIT_FRONT + more - 5)
			buf_putc(&b, 'x');
		buf_puts(&b, "\n---\n");
		assert_int_equal(b.n, LIMIT_FRONT + more);
		buf_puts(&b, "Body.\n");
		assert_int_equal(front_parse(&f, &at, &a, buf_str(&b), &e), more ? RC_INVALID : RC_OK);
		buf_free(&b);
	}
	arena_free(&a);
}

static void folder(struct arena *a, const char *path, size_t *n)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct place at;
	struct front f;
	char **names;
	size_t count, i;

	assert_int_equal(dir_list(&names, &count, a, path, &e), RC_OK);
	for (i = 0; i < count; i++) {
		const char *full = path_join(a, path, names[i]);

		if (file_is_dir(full)) {
			folder(a, full, n);
			continue;
		}
		buf_clear(&b);
		assert_int_equal(file_read(&b, full, LIMIT_DOC, &e), RC_OK);
		if (front_parse(&f, &at, a, buf_str(&b), &e))
			fail_msg("%s:%u:%u: %s", full, at.line, at.column, e.msg);
		if (front_key(&f, "translation-of")) {
			assert_true(str_starts(cstr(names[i]), front_text(&f, "translation-of")));
		} else {
			assert_true(str_eq(front_text(&f, "id"), str_sub(cstr(names[i]), 0, strlen(names[i]) - 3)));
			assert_true(str_is(front_text(&f, "status"), "published"));
		}
		++*n;
	}
	buf_free(&b);
}

static void test_front__every_document_of_content_reads(void **state)
{
	struct arena a = ARENA_INIT;
	const char *root = getenv("ROOT");
	size_t n = 0;

	(void)state;
	assert_non_null(root);
	folder(&a, path_join(&a, root, "content"), &n);
	assert_int_equal(n, 101);	/* 24 translations among them */
	arena_free(&a);
}

static void test_front__takes_values_of_others_over_several_lines(void **state)
{
	static const struct { const char *text, *key, *want; } v[] = {
		{ "---\ntitle: one\n  two\n---\n", "title", "one two" },
		{ "---\ntitle: >\n  one\n  two\n\n  three\n---\n", "title", "one two three" },
		{ "---\ntitle: |-\n  one\n    two\nlang: en\n---\n", "title", "one two" },
		{ "---\ntitle: \"one\n  two\"\n---\n", "title", "one two" },
		{ "---\r\ntitle: one\r\nlang: en\r\n---\r\nBody", "lang", "en" },
		{ "---\nRedirect_From: a\n--- \n", "redirect-from", "a" },
		{ "---\nlist:\n- one\n  two\n- three\n---\n", "list", "one two" },
	};
	static const struct { const char *text, *says; } bad[] = {
		{ "---\na:\n  b: 1\n---\n", "nesting" }, { "---\na: [[1]]\n---\n", "nesting" }, { "---\na: &x 1\n---\n", "anchor" },
		{ "---\na: *x\n---\n", "alias" }, { "---\na: !t 1\n---\n", "tag" }, { "---\na: 1\nA: 2\n---\n", "twice" },
		{ "---\na: |\n  open\n", "not closed" },
	};
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct place at;
	struct front f;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		assert_int_equal(front_parse_foreign(&f, &at, &a, cstr(v[i].text), &e), RC_OK);
		assert_true(str_is(front_text(&f, v[i].key), v[i].want));
		assert_int_equal(f.body, strstr(v[i].text, "Body") ? strlen(v[i].text) - 4 : strlen(v[i].text));
	}
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(front_parse_foreign(&f, &at, &a, cstr(bad[i].text), &e), RC_INVALID);
		assert_non_null(strstr(e.msg, bad[i].says));
	}
	assert_int_equal(front_parse(&f, &at, &a, cstr(v[0].text), &e), RC_INVALID);	/* ours keep to one line */
	arena_free(&a);
}

/* Equal in all but where the front matter ends. */
static void equal(const struct front *x, const struct front *y)
{
	size_t i, j;

	assert_int_equal(x->n, y->n);
	for (i = 0; i < x->n; i++) {
		const struct key *a = &x->keys[i], *b = &y->keys[i];

		assert_true(str_eq(a->name, b->name) && a->variant == b->variant && a->list == b->list && a->n == b->n);
		assert_true(a->from == b->from && a->to == b->to);
		assert_memory_equal(&a->place, &b->place, sizeof a->place);
		assert_memory_equal(&a->value_place, &b->value_place, sizeof a->value_place);
		for (j = 0; j < a->n; j++) {
			assert_true(str_eq(a->values[j], b->values[j]));
			assert_int_equal(a->values[j].p[a->values[j].n], 0);
		}
	}
}

/* A comment in the last line makes all of it a matter of libyaml. */
static void test_front__reads_the_common_case_as_libyaml_does(void **state)
{
	static const char *const heads[] = { "k%zu: ", "k%zu: ", "k%zu: [", "k%zu: [ab, ", "k%zu:", "k%zu:\n- ", "k%zu:\n  - ", "- ", "  - ",
		"k%zu@2: ", "k%zu:  ", "" };
	static const char *const tails[] = { "", "", "", "", "]", "]", "]", "\"", "'", " " };
	static const char *const pieces[] = { "x", "y z", "word", "2024-01-02", "TLP:GREEN", "\xd8\xa7", "\xe2\x80\x9c", "ab", ", ", ",", "\"",
		"'", "[", "]", ":", ": ", "#", " #", " ", "  ", "\t", "?", "? ", "!", "&a", "*", "|", ">", "%", "@", "`", "{", "}", "\\", "-", "~",
		"\xc2\xa0", "\xc2\x9f", "\xef\xbb\xbf", "\xef\xbf\xbf", "\x7f", "http://x.example/?a=b&c", "\n  more", "\n\n", "k1: x", "\"q\"", "\"a\\\\b\"",
		"'q'z" };
	enum { HEADS = sizeof heads / sizeof heads[0], TAILS = sizeof tails / sizeof tails[0],
		PIECES = sizeof pieces / sizeof pieces[0], RUNS = 150000 };
	struct buf text = BUF_INIT, slow = BUF_INIT;
	uint32_t seed = 1;
	size_t run, i, k, both = 0;

	(void)state;
	for (run = 0; run < RUNS; run++) {
		struct arena a = ARENA_INIT;
		struct err e = ERR_INIT;
		struct front f, g;
		struct place at;

		buf_clear(&text);
		buf_puts(&text, "---");
		for (i = 0; i < 1 + run % 4; i++) {
			buf_putc(&text, '\n');
			seed = seed * 1664525 + 1013904223;
			buf_printf(&text, heads[(seed >> 8) % HEADS], i);
			for (k = (seed >> 16) % 4; k; k--) {
				seed = seed * 1664525 + 1013904223;
				buf_puts(&text, pieces[(seed >> 8) % (seed >> 24 & 1 ? 8 : PIECES)]);	/* half of them harmless */
			}
			seed = seed * 1664525 + 1013904223;
			buf_puts(&text, tails[(seed >> 8) % TAILS]);
		}
		buf_clear(&slow);
		buf_str_add(&slow, buf_str(&text));
		buf_puts(&text, "\n---\n\nBody\n");
		buf_puts(&slow, "\n#\n---\n\nBody\n");
		if (!front_parse(&f, &at, &a, buf_str(&text), &e)) {
			assert_int_equal(front_parse(&g, &at, &a, buf_str(&slow), &e), RC_OK);
			equal(&f, &g);
			both++;
		}
		arena_free(&a);
	}
	assert_true(both > RUNS / 8);
	buf_free(&text);
	buf_free(&slow);
}

/* An empty value on a line of its own goes with its key. */
static void test_front__an_empty_value_may_stand_below_its_key(void **state)
{
	struct str text = STR("---\nid: x\nf:\n \"\"\nlang: en\n---\nb\n");
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct place at;
	struct front f;

	(void)state;
	assert_int_equal(front_parse(&f, &at, &a, text, &e), RC_OK);
	front_remove(&b, &f, text, "f");
	assert_string_equal(buf_cstr(&b), "---\nid: x\nlang: en\n---\nb\n");
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_front__reads_texts_lists_and_their_bytes),
		cmocka_unit_test(test_front__refuses_with_a_place_and_a_cure),
		cmocka_unit_test(test_front__hostile_sizes_end_at_once),
		cmocka_unit_test(test_front__sixteen_kibibytes_fences_included_are_the_limit),
		cmocka_unit_test(test_front__every_document_of_content_reads),
		cmocka_unit_test(test_front__takes_values_of_others_over_several_lines),
		cmocka_unit_test(test_front__reads_the_common_case_as_libyaml_does),
		cmocka_unit_test(test_front__an_empty_value_may_stand_below_its_key),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
