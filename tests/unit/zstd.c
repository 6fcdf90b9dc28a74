/* tests/unit/zstd.c: stored texts come back, and damage is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kb/base/arena.h"
#include "kb/gate/zstd.h"

enum { TEXTS = 200 };

static void make(struct str *texts, struct arena *a)
{
	size_t i;

	for (i = 0; i < TEXTS; i++)
		texts[i] = cstr(arena_printf(a, "---\nid: ll-bg-20%02zu-x%zu\nkind: lesson\ntlp: TLP:CLEAR\nlang: en\n---\n"
		    "## Observation\n\nLesson %zu of case %zu.\n\n## Discussion\n\nNot stated.\n\n## Recommendation\n\n%zu\n",
		    i % 100, i, i * 7919, i * 104729, i * i * 31));
}

static void test_zstd__texts_come_back_with_and_without_dictionary(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf dict = BUF_INIT, again = BUF_INIT, frame = BUF_INIT, text = BUF_INIT;
	struct str texts[TEXTS];
	size_t sum[2] = { 0, 0 }, i;
	struct zpack *z;
	int with;

	(void)state;
	make(texts, &a);
	assert_int_equal(zpack_train(&dict, texts, TEXTS, &e), RC_OK);
	assert_int_equal(zpack_train(&again, texts, TEXTS, &e), RC_OK);
	assert_true(str_eq(buf_str(&dict), buf_str(&again)));
	for (with = 0; with < 2; with++) {
		assert_int_equal(zpack_open(&z, with ? buf_str(&dict) : STR_NONE, &e), RC_OK);
		for (i = 0; i < TEXTS; i++) {
			buf_clear(&frame);
			buf_clear(&text);
			assert_int_equal(zpack_encode(&frame, z, texts[i], &e), RC_OK);
			assert_int_equal(zpack_decode(&text, z, buf_str(&frame), 4096, &e), RC_OK);
			assert_true(str_eq(buf_str(&text), texts[i]));
			sum[with] += frame.n;
		}
		zpack_close(z);
	}
	assert_true(sum[1] * 2 < sum[0]);	/* the dictionary is used: small texts shrink by more than half */
	buf_free(&dict);
	buf_free(&again);
	buf_free(&frame);
	buf_free(&text);
	arena_free(&a);
}

static void test_zstd__every_truncation_and_a_lying_size_are_refused(void **state)
{
	struct err e = ERR_INIT;
	struct buf frame = BUF_INIT, out = BUF_INIT;
	struct zpack *z;
	size_t i;

	(void)state;
	assert_int_equal(zpack_open(&z, STR_NONE, &e), RC_OK);
	assert_int_equal(zpack_encode(&frame, z, STR("Not stated. Not stated. Not stated. Not stated."), &e), RC_OK);
	for (i = 0; i < frame.n; i++) {
		assert_int_equal(zpack_decode(&out, z, str_sub(buf_str(&frame), 0, i), 4096, &e), RC_CORRUPT);
		assert_int_equal(out.n, 0);
	}
	assert_int_equal(zpack_decode(&out, z, buf_str(&frame), 10, &e), RC_CORRUPT);
	buf_putc(&frame, 'x');
	assert_int_equal(zpack_decode(&out, z, buf_str(&frame), 4096, &e), RC_CORRUPT);
	zpack_close(z);
	assert_int_equal(zpack_open(&z, STR("no dictionary"), &e), RC_CORRUPT);
	buf_free(&frame);
	buf_free(&out);
}

static void test_zstd__too_little_to_learn_from_is_an_answer(void **state)
{
	struct err e = ERR_INIT;
	struct buf dict = BUF_INIT;
	struct str one = STR("one");

	(void)state;
	assert_int_equal(zpack_train(&dict, &one, 1, &e), RC_NOTFOUND);
	assert_int_equal(dict.n, 0);
	buf_free(&dict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zstd__texts_come_back_with_and_without_dictionary),
		cmocka_unit_test(test_zstd__every_truncation_and_a_lying_size_are_refused),
		cmocka_unit_test(test_zstd__too_little_to_learn_from_is_an_answer),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
