/* tests/fuzz/index.c: what the index decodes: blocks of numbers (first byte even), the stamp (odd). Whatever the bytes,
 * reading them ends, and what is given out is within what was promised. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kb/index/pack.h"
#include "kb/index/parts.h"
#include "kb/index/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void block(struct str s)
{
	uint32_t v[PACK];
	size_t n = pack_get(v, s);

	assert(n <= s.n);
	assert(pack_one(v, s, s.n % PACK) || !n);
}

static void stamp(struct str s)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct stamp st;

	buf_str_add(&b, s);
	seal(&b, STR("stamp"));			/* else the check refuses all */
	(void)stamp_decode(&st, &a, buf_str(&b));
	buf_free(&b);
	arena_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str s = { (const char *)data + 1, size - 1 };

	if (size < 2)
		return 0;
	if (data[0] % 2)
		stamp(s);
	else
		block(s);
	return 0;
}
