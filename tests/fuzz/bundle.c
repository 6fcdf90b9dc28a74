/* tests/fuzz/bundle.c: heads of bundles (first byte even) and of age files (odd), as strangers might write them: no crash,
 * and what is read of them is within the text. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "sync/age.h"
#include "sync/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(struct str text, struct str s)
{
	assert(s.n == 0 || (s.p >= text.p && s.p + s.n <= text.p + text.n));
}

static void age(struct arena *a, struct str text)
{
	static const unsigned char key[AGE_KEY];
	struct err e = ERR_INIT;
	struct age_header h;
	size_t i, k;

	if (age_header_parse(&h, a, text, &e)) {
		assert(e.rc == RC_INVALID && e.msg[0]);
		return;
	}
	assert(h.n > 0 && h.length <= text.n && h.length > h.maced.n);
	within(text, h.maced);
	for (i = 0; i < h.n; i++) {
		assert(h.stanzas[i].nargs > 0);
		for (k = 0; k < h.stanzas[i].nargs; k++) {
			assert(h.stanzas[i].args[k].n > 0);
			within(text, h.stanzas[i].args[k]);
		}
	}
	assert(!age_header_fits(&h, key));	/* nobody guesses that */
}

static void bundle(struct arena *a, struct str text)
{
	struct err e = ERR_INIT;
	struct bundle b;
	size_t i;

	if (bundle_parse(&b, a, text, &e)) {
		assert(e.rc == RC_INVALID && e.msg[0]);
		return;
	}
	assert(b.pack + 12 <= text.n && memcmp(text.p + b.pack, "PACK", 4) == 0);
	for (i = 0; i < b.nrefs; i++)
		assert(b.refs[i].name[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct str text = { (const char *)data + 1, size - 1 };

	if (size > 1)
		(data[0] & 1 ? age : bundle)(&a, text);
	arena_free(&a);
	return 0;
}
