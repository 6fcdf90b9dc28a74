/* tests/unit/nettle.c: SHA-256 by Nettle is the one that everybody has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kb/gate/nettle.h"
#include "kb/gate/sodium.h"

static void test_sha256__of_any_length_as_libsodium_has_it(void **state)
{
	static const unsigned char abc[] = "\xba\x78\x16\xbf\x8f\x01\xcf\xea\x41\x41\x40\xde\x5d\xae\x22\x23"
	    "\xb0\x03\x61\xa3\x96\x17\x7a\x9c\xb4\x10\xff\x61\xf2\x00\x15\xad";	/* FIPS 180-2, B.1 */
	unsigned char got[32], want[32];
	struct buf b = BUF_INIT;

	(void)state;
	sha256_fast(got, STR("abc"));
	assert_memory_equal(got, abc, sizeof got);
	sha256_fast(got, STR_NONE);
	sha256_of(want, STR_NONE);
	assert_memory_equal(got, want, sizeof got);
	while (b.n < 300) {
		buf_putc(&b, (char)(7 * b.n));
		sha256_fast(got, buf_str(&b));
		sha256_of(want, buf_str(&b));
		assert_memory_equal(got, want, sizeof got);
	}
	buf_free(&b);
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(test_sha256__of_any_length_as_libsodium_has_it) };

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
