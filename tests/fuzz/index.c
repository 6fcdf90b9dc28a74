/* tests/fuzz/index.c: what the index decodes: blocks of numbers (first byte 0 mod 3), a short list with its positions
 * (1), the stamp (2). Whatever the bytes, reading them ends, and what is given out is within what was promised. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kb/index/parts.h"
#include "kb/index/postings.h"
#include "kb/index/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void block(struct str s)
{
	uint32_t v[PACK];
	size_t n = pack_get(v, s);

	assert(n <= s.n);
	assert(pack_one(v, s, s.n % PACK) || !n);
}

static void list(struct str s)
{
	struct cursor *c = xmalloc(sizeof *c);
	struct segment g = { .info = { .id = 1, .n = 1000 } };
	struct listing x = { 0 };
	struct buf positions = BUF_INIT;
	struct err e = ERR_INIT;
	uint32_t place = 0;

	x.df = (uint32_t)(unsigned char)s.p[0] % 127 + 1;
	x.here = str_sub(s, 1, s.n);
	x.list_n = x.here.n;
	if (x.here.n && !cursor_open(c, &g, &x, &e)) {
		while (cursor_seek(c, place, &e) == ITER_ITEM) {
			assert(c->docs[c->i] >= place && c->docs[c->i] < 1000 && c->weights[c->i] > 0);
			place = c->docs[c->i] + 1;
			buf_clear(&positions);
			if (c->weights[c->i] > 1 << 16 || cursor_positions(c, &positions, &e))
				break;
		}
		cursor_close(c);
	}
	buf_free(&positions);
	free(c);
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
	switch (data[0] % 3) {
	case 0: block(s); break;
	case 1: list(s); break;
	default: stamp(s); break;
	}
	return 0;
}
