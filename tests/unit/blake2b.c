/* tests/unit/blake2b.c: hashes of several texts at once are those of each alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kb/base/blake2b.h"
#include "kb/gate/sodium.h"

enum { TEXTS = 11, LONG = 700 };	/* more than there are lanes, of several blocks */

/* Of all lengths around the ends of blocks, so that lanes are through at different times and take another one. */
static void test_blake2b__of_several_is_that_of_each(void **state)
{
	static char bytes[TEXTS][LONG];
	unsigned char got[TEXTS][64], want[64];
	struct str texts[TEXTS];
	size_t n, i, round;

	(void)state;
	for (i = 0; i < sizeof bytes; i++)
		(&bytes[0][0])[i] = (char)(i * i >> 3);
	for (round = 0; round < LONG; round++)
		for (n = 0; n <= TEXTS; n += 1 + round % 3) {
			for (i = 0; i < n; i++)
				texts[i] = (struct str){ bytes[i], (round + i * 127) % LONG };
			if (n > 3)
				texts[3] = STR_NONE;
			memset(got, 0, sizeof got);
			blake2b_512_each(got, texts, n);
			for (i = 0; i < n; i++) {
				blake2b_512_of(want, texts[i]);
				assert_memory_equal(got[i], want, sizeof want);
			}
		}
}

/* RFC 7693, appendix A. */
static void test_blake2b__is_that_of_the_rfc(void **state)
{
	static const unsigned char abc[8] = { 0xba, 0x80, 0xa5, 0x3f, 0x98, 0x1c, 0x4d, 0x0d };
	const struct str texts[] = { STR("abc"), STR("abc") };
	unsigned char got[2][64];

	(void)state;
	if (!blake2b_lanes(got, texts, 2))
		blake2b_512_each(got, texts, 2);	/* a processor without */
	assert_memory_equal(got[0], abc, sizeof abc);
	assert_memory_equal(got[1], got[0], sizeof got[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blake2b__of_several_is_that_of_each),
		cmocka_unit_test(test_blake2b__is_that_of_the_rfc),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
