/* kb/doc/called.c: see called.h. */
#include "kb/doc/called.h"

#include <string.h>

#include "kb/text/fold.h"

void called_surface(struct buf *b, struct str word)
{
	static const char *const articles[] = { "ال", "لل" };
	const size_t at = b->n;
	struct str s;
	size_t i, n;

	text_surface(b, word);
	s = str_sub(buf_str(b), at, b->n);
	for (i = 0; i < sizeof articles / sizeof *articles; i++)
		if (str_starts(s, cstr(articles[i])) && str_utf8_count(s) > 4) {
			n = strlen(articles[i]);
			memmove(b->p + at, b->p + at + n, b->n - at - n);
			b->n -= n;
			return;
		}
}
