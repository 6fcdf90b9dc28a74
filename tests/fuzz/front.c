/* tests/fuzz/front.c: front matter of any bytes: no crash, and splicing a key changes nothing else. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kb/doc/front.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(struct str a, struct str b)
{
	return str_eq(a, b);
}

/* In the new text the key reads as wanted and every other key as before. */
static void reads_back(struct arena *a, const struct front *old, struct str text, const char *name, const struct str *want,
    size_t n)
{
	struct err e = ERR_INIT;
	struct place at;
	struct front f;
	const struct key *k, *o;
	size_t i, j;
	enum rc rc = front_parse(&f, &at, a, text, &e);

	if (rc && strstr(e.msg, "more than"))
		return;			/* grown above a limit */
	assert(!rc);
	for (i = 0; i < old->n; i++) {
		o = &old->keys[i];
		if (o->variant == 1 && str_is(o->name, name))
			continue;
		for (k = NULL, j = 0; j < f.n; j++)
			if (f.keys[j].variant == o->variant && same(f.keys[j].name, o->name))
				k = &f.keys[j];
		assert(k && k->n == o->n && k->list == o->list);
		for (j = 0; j < o->n; j++)
			assert(same(k->values[j], o->values[j]));
	}
	k = front_key(&f, name);
	if (!want) {
		assert(!k);
		return;
	}
	assert(k && (k->n == n || (!k->list && !k->n && n == 1 && !want[0].n)));
	for (j = 0; j < k->n; j++)
		assert(same(k->values[j], want[j]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct place at = { 0, 0 };
	struct buf b = BUF_INIT;
	struct front f;
	size_t i;

	if (front_parse(&f, &at, &a, text, &e)) {
		assert(e.msg[0] && !strchr(e.msg, '\n'));
		arena_free(&a);
		return 0;
	}
	assert(f.open <= f.close && f.close <= f.body && f.body <= size);
	for (i = 0; i < f.n; i++) {
		const struct key *k = &f.keys[i];
		char *name = arena_cstr(&a, k->name);

		assert(k->from < k->to && k->from >= f.open && k->to <= f.close && (!i || f.keys[i - 1].to <= k->from));
		if (k->variant > 1 || i > 8)
			continue;
		if (k->n) {
			struct buf clean = BUF_INIT;
			struct str want;
			size_t j;

			for (j = 0; j < k->values[0].n;) {	/* what front_quote promises of control characters */
				uint32_t c = str_utf8_next(k->values[0], &j);

				buf_utf8(&clean, c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
				    c == 0xfffe || c == 0xffff ? ' ' : c);
			}
			want = buf_str(&clean);
			buf_clear(&b);
			front_set(&b, &f, text, name, k->values[0]);
			reads_back(&a, &f, buf_str(&b), name, &want, 1);
			buf_clear(&b);
			front_set_list(&b, &f, text, name, &k->values[0], 1);
			reads_back(&a, &f, buf_str(&b), name, &want, 1);
			buf_free(&clean);
		}
		buf_clear(&b);
		front_remove(&b, &f, text, name);
		reads_back(&a, &f, buf_str(&b), name, NULL, 0);
	}
	if (f.n < 200) {
		struct str new = STR("new: \"value\"");

		buf_clear(&b);
		front_set(&b, &f, text, "fuzz-new-key", new);
		if (!front_key(&f, "fuzz-new-key"))
			reads_back(&a, &f, buf_str(&b), "fuzz-new-key", &new, 1);
	}
	buf_free(&b);
	arena_free(&a);
	return 0;
}
