/* kb/base/words.c: see words.h. */
#include "kb/base/words.h"

enum { WORDS = 6 };

void words_format(struct buf *b, const struct oid *o)
{
	static const char consonant[] = "bdfghjklmnprstvz", vowel[] = "aiou";
	unsigned i, w;

	for (i = 0; i < WORDS; i++) {
		w = (unsigned)o->b[i * 2] << 8 | o->b[i * 2 + 1];
		if (i)
			buf_putc(b, '-');
		buf_putc(b, consonant[w >> 12]);
		buf_putc(b, vowel[w >> 10 & 3]);
		buf_putc(b, consonant[w >> 6 & 15]);
		buf_putc(b, vowel[w >> 4 & 3]);
		buf_putc(b, consonant[w & 15]);
	}
}

bool words_match(const struct oid *o, struct str words)
{
	struct buf want = BUF_INIT, got = BUF_INIT;
	bool same;
	size_t i;

	words_format(&want, o);
	words = str_trim(words);
	for (i = 0; i < words.n; i++) {
		char c = words.p[i];

		if (c == ' ' || c == '-') {
			if (got.n && got.p[got.n - 1] != '-')
				buf_putc(&got, '-');
		} else {
			buf_putc(&got, (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
		}
	}
	same = str_eq(buf_str(&want), buf_str(&got));
	buf_free(&want);
	buf_free(&got);
	return same;
}
