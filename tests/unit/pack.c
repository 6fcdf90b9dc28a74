/* Numbers in few bytes: kb/index/pack.c. Strings in order: kb/index/order.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kb/index/order.h"
#include "kb/index/pack.h"

static uint64_t state = 1;

static uint32_t rnd(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 32);
}

static void test_pack__gives_back_what_was_put(void **s)
{
	struct buf b = BUF_INIT;
	uint32_t v[PACK], w[PACK];
	unsigned bits, i, turn;

	(void)s;
	for (bits = 0; bits <= 32; bits++)
		for (turn = 0; turn < 40; turn++) {
			for (i = 0; i < PACK; i++) {
				v[i] = bits ? rnd() >> (32 - bits) : 0;
				if (turn % 4 && rnd() % 20 == 0)	/* what does not fit its width */
					v[i] = rnd() >> rnd() % 32;
			}
			buf_clear(&b);
			pack_put(&b, v);
			memset(w, 0xff, sizeof w);
			assert_int_equal(pack_get(w, buf_str(&b)), b.n);
			assert_memory_equal(v, w, sizeof v);
			for (i = 0; i < PACK; i++) {
				assert_true(pack_one(w, buf_str(&b), i));
				assert_int_equal(w[0], v[i]);
				assert_false(pack_one(w, (struct str){ b.p, b.n - 1 }, i));
			}
			for (i = 0; i < b.n; i++)	/* cut short anywhere: refused */
				assert_int_equal(pack_get(w, (struct str){ b.p, i }), 0);
		}
	buf_free(&b);
}

static void test_pack__is_as_told_on_top(void **s)
{
	struct buf b = BUF_INIT;
	uint32_t v[PACK];
	unsigned i;

	(void)s;
	for (i = 0; i < PACK; i++)
		v[i] = i < 127 ? 1 : 300;
	pack_put(&b, v);
	assert_int_equal(b.n, 2 + 16 + 3);
	assert_memory_equal(b.p, "\x01\x01", 2);
	for (i = 2; i < 18; i++)		/* the last lane's last number is 300's low bit */
		assert_int_equal((unsigned char)b.p[i], i == 17 ? 0x7f : 0xff);
	assert_memory_equal(b.p + 18, "\x7f\x96\x01", 3);
	buf_free(&b);
}

static void test_pack__damaged_bytes_never_crash(void **s)
{
	struct buf b = BUF_INIT;
	uint32_t v[PACK], w[PACK];
	unsigned i, turn;

	(void)s;
	for (turn = 0; turn < 20000; turn++) {
		for (i = 0; i < PACK; i++)
			v[i] = rnd() >> rnd() % 32;
		buf_clear(&b);
		pack_put(&b, v);
		b.p[rnd() % b.n] = (char)rnd();
		assert_true(pack_get(w, buf_str(&b)) <= b.n);
	}
	buf_free(&b);
}

static void test_rice__gives_back_what_was_put(void **s)
{
	struct buf b = BUF_INIT;
	uint32_t *v = malloc(5000 * sizeof *v), got;
	struct bits_out o;
	struct bits_in in;
	unsigned k, i;

	(void)s;
	for (k = 0; k < 31; k++) {
		buf_clear(&b);
		bits_open(&o, &b);
		for (i = 0; i < 5000; i++) {
			v[i] = rnd() % 50 ? rnd() % ((uint32_t)3 << k) : rnd();
			rice_put(&o, v[i], k);
		}
		bits_end(&o);
		bits_from(&in, buf_str(&b));
		for (i = 0; i < 5000; i++) {
			assert_true(rice_get(&got, &in, k));
			assert_int_equal(got, v[i]);
		}
		bits_from(&in, (struct str){ b.p, b.n / 2 });
		for (i = 0; rice_get(&got, &in, k); i++)
			assert_int_equal(got, v[i]);
		assert_true(i < 5000);
	}
	free(v);
	buf_free(&b);
}

static void test_truncated__gives_back_what_was_put_and_no_more(void **s)
{
	static const uint32_t bounds[] = { 1, 2, 3, 4, 5, 7, 8, 9, 20, 417, 65535, 65536, 65537, UINT32_MAX - 1, UINT32_MAX };
	struct buf b = BUF_INIT;
	struct bits_out o;
	struct bits_in in;
	uint32_t v, n, got;
	size_t k;

	(void)s;
	for (k = 0; k < sizeof bounds / sizeof *bounds; k++) {
		const uint32_t bound = bounds[k], step = 1 + bound / 300;

		buf_clear(&b);
		bits_open(&o, &b);
		for (v = 0, n = 0; v < bound && n < 400; v += v < UINT32_MAX - step ? step : 1, n++)
			truncated_put(&o, v, bound);
		truncated_put(&o, bound - 1, bound);
		bits_end(&o);
		bits_from(&in, buf_str(&b));
		for (v = 0, n = 0; v < bound && n < 400; v += v < UINT32_MAX - step ? step : 1, n++) {
			assert_true(truncated_get(&got, &in, bound));
			assert_int_equal(got, v);
		}
		assert_true(truncated_get(&got, &in, bound));
		assert_int_equal(got, bound - 1);
		for (n = 0; n < 9 && truncated_get(&got, &in, bound); n++)
			assert_true(got < bound);	/* of the last byte's rest */
		assert_true(n < 8 || bound == 1);
	}
	/* of five, low bits first: 00, 10, 01, 110, 111 */
	buf_clear(&b);
	bits_open(&o, &b);
	for (v = 0; v < 5; v++)
		truncated_put(&o, v, 5);
	bits_end(&o);
	assert_int_equal(b.n, 2);
	assert_memory_equal(b.p, "\xe4\x0e", 2);
	buf_free(&b);
}

static void test_rice__parameter_suits_the_mean(void **s)
{
	(void)s;
	assert_int_equal(rice_parameter(0, 10), 0);
	assert_int_equal(rice_parameter(10, 10), 0);
	assert_int_equal(rice_parameter(3000, 10), 7);
	assert_int_equal(rice_parameter((uint64_t)1 << 40, 1), 30);
}

static void test_check__tells_every_byte_that_differs(void **s)
{
	char bytes[300], was;
	uint64_t sum;
	size_t n, i;
	unsigned d;

	(void)s;
	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)rnd();
	for (n = 0; n < sizeof bytes; n += 37) {
		sum = check_of(7, (struct str){ bytes, n });
		assert_int_equal(sum, check_of(7, (struct str){ bytes, n }));
		assert_int_not_equal(sum, check_of(8, (struct str){ bytes, n }));
		for (i = 0; i < n; i++)
			for (d = 1; d < 256; d += 51) {
				was = bytes[i];
				bytes[i] ^= (char)d;
				assert_int_not_equal((uint32_t)sum, (uint32_t)check_of(7, (struct str){ bytes, n }));
				bytes[i] = was;
			}
	}
}

static int by_string(const void *x, const void *y, void *strings)
{
	const struct str *v = strings;

	return str_cmp(v[((const struct ordered *)x)->i], v[((const struct ordered *)y)->i]);
}

static void test_order__is_that_of_bytes(void **s)
{
	static const size_t sizes[] = { 0, 1, 2, 255, 256, 257, 5000 };
	static char bytes[5000][20];
	static struct str v[5000];
	static struct ordered o[5000];
	size_t k, i, j;

	(void)s;
	for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		for (i = 0; i < sizes[k]; i++) {	/* many that begin alike, high bytes, zeroes, empty ones */
			v[i] = (struct str){ bytes[i], rnd() % 20 };
			for (j = 0; j < v[i].n; j++)
				bytes[i][j] = "\0ab\x80\xff"[rnd() % (j < 9 ? 3 : 5)];
			o[i] = (struct ordered){ order_head(v[i]), i };
		}
		order(o, sizes[k], by_string, v);
		for (i = 1; i < sizes[k]; i++)
			assert_true(str_cmp(v[o[i - 1].i], v[o[i].i]) <= 0);
		for (i = j = 0; i < sizes[k]; i++)
			j += o[i].i;
		assert_int_equal(j, sizes[k] ? sizes[k] * (sizes[k] - 1) / 2 : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pack__gives_back_what_was_put),
		cmocka_unit_test(test_pack__is_as_told_on_top),
		cmocka_unit_test(test_pack__damaged_bytes_never_crash),
		cmocka_unit_test(test_rice__gives_back_what_was_put),
		cmocka_unit_test(test_truncated__gives_back_what_was_put_and_no_more),
		cmocka_unit_test(test_rice__parameter_suits_the_mean),
		cmocka_unit_test(test_check__tells_every_byte_that_differs),
		cmocka_unit_test(test_order__is_that_of_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
