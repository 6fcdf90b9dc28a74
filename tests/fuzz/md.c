/* tests/fuzz/md.c: any bytes as the worker's HTML: what comes out holds no tag, scheme or handler of its own. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "render/md.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool begins(struct str s, size_t i, const char *what)
{
	return str_starts(str_sub(s, i, s.n), cstr(what));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const never[] = { "<script", "<style", "<iframe", "<img", "<svg", "<form", "<object", "<base", "<meta",
		"<link", "<!", "<?", "href=\"javascript:", "href=\"data:", "href=\"vbscript:" };
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct str s;
	size_t i, j, open = 0;
	enum rc rc = md_filter(&b, (struct str){ (const char *)data, size }, NULL, NULL, &e);

	s = buf_str(&b);
	assert(rc == RC_OK || (rc == RC_INVALID && !s.n && e.msg[0]));
	for (i = 0; i < s.n; i++) {
		assert(s.p[i] != '>' || open);
		if (s.p[i] == '>')
			open = 0;
		if (s.p[i] != '<')
			continue;
		assert(!open);
		open = 1;
		for (j = 0; j < sizeof never / sizeof *never; j++)
			assert(!begins(s, i, never[j]));
	}
	assert(!open && str_utf8_bad(s) == s.n);
	for (j = 12; j < sizeof never / sizeof *never; j++)
		assert(str_find(s, cstr(never[j])) == SIZE_MAX);
	buf_free(&b);
	return 0;
}
