/* tests/unit/deflate.c: what was packed comes back, and no more than was allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/gate/deflate.h"

/* "hello, hello, hello, hello\n", as gzip -n packs it. */
static const char packed[] =
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\xc0\xa4"
	"\xb8\x00\x4b\x21\xa1\x29\x1b\x00\x00\x00";
static const char text[] = "hello, hello, hello, hello\n";
#define PACKED ((struct str){ packed, sizeof packed - 1 })

static void test_gzip__comes_back_behind_what_was_there(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	(void)state;
	buf_puts(&b, "> ");
	assert_int_equal(gzip_unpack(&b, PACKED, 1000, &e), RC_OK);
	assert_string_equal(buf_cstr(&b), "> hello, hello, hello, hello\n");
	buf_free(&b);
}

static void test_gzip__a_limit_is_kept_to_the_byte(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(gzip_unpack(&b, PACKED, sizeof text - 2, &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "more than 26 bytes"));
	assert_int_equal(b.n, 0);
	assert_int_equal(gzip_unpack(&b, PACKED, sizeof text - 1, &e), RC_OK);
	assert_int_equal(b.n, sizeof text - 1);
	buf_free(&b);
}

static void test_gzip__any_cut_or_changed_byte_is_told(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	char bad[sizeof packed];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof packed - 1; i++)
		assert_int_equal(gzip_unpack(&b, (struct str){ packed, i }, 1000, &e), RC_INVALID);
	memcpy(bad, packed, sizeof packed);		/* with one byte behind */
	assert_int_equal(gzip_unpack(&b, (struct str){ bad, sizeof packed }, 1000, &e), RC_INVALID);
	for (i = 10; i < sizeof packed - 1; i++) {
		bad[i] ^= 0x11;
		assert_int_equal(gzip_unpack(&b, (struct str){ bad, sizeof packed - 1 }, 1000, &e), RC_INVALID);
		bad[i] ^= 0x11;
	}
	assert_int_equal(b.n, 0);
	buf_free(&b);
}

static void test_zlib__comes_back_and_fits_to_the_byte(void **state)
{
	struct packer *p = NULL;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT, bytes = BUF_INIT;
	size_t sizes[] = { 0, 1, 40, 100000 }, i, k, n, took;
	char *to = malloc(100001);

	(void)state;
	assert_non_null(to);
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		buf_clear(&bytes);
		for (k = 0; k < sizes[i]; k++)
			buf_putc(&bytes, (char)(k * k >> 7 & 15));
		buf_clear(&b);
		buf_puts(&b, "> ");
		assert_int_equal(zlib_pack(&b, &p, buf_str(&bytes), &e), RC_OK);
		n = b.n;
		buf_puts(&b, "and more");
		assert_true(zlib_unpack(&k, &took, to, sizes[i], str_sub(buf_str(&b), 2, b.n)));
		assert_int_equal(took, n - 2);
		assert_true(str_eq((struct str){ to, k }, buf_str(&bytes)));
		assert_true(!sizes[i] || !zlib_unpack(&k, &took, to, sizes[i] - 1, str_sub(buf_str(&b), 2, n)));
		assert_false(zlib_unpack(&k, &took, to, 100001, str_sub(buf_str(&b), 2, n - 1)));
		b.p[n - 1] ^= 1;
		assert_false(zlib_unpack(&k, &took, to, sizes[i], str_sub(buf_str(&b), 2, n)));
	}
	packer_free(p);
	buf_free(&b);
	buf_free(&bytes);
	free(to);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip__comes_back_behind_what_was_there),
		cmocka_unit_test(test_gzip__a_limit_is_kept_to_the_byte),
		cmocka_unit_test(test_gzip__any_cut_or_changed_byte_is_told),
		cmocka_unit_test(test_zlib__comes_back_and_fits_to_the_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
