/* tests/fuzz/words.c: any bytes as a text: its words, their surfaces and terms in every language, its language. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "kb/text/stem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stems *stems;
	struct buf low = BUF_INIT, folded = BUF_INIT, surface = BUF_INIT;
	struct str text = { (const char *)data, size }, word, last = STR_NONE, term;
	struct words w = { text, 0, 0 };
	unsigned lang;

	if (!stems)
		stems = stems_open();
	while (words_next(&w, &word)) {
		assert(word.n && word.p >= text.p && word.p + word.n <= text.p + text.n && str_utf8_bad(word) == word.n);
		assert(!last.p || word.p > last.p);
		last = word;
		buf_clear(&low);
		buf_clear(&folded);
		buf_clear(&surface);
		text_lower(&low, word);
		text_fold(&folded, buf_str(&low));
		text_surface(&surface, word);
		assert(surface.n <= WORD_MAX && str_eq(buf_str(&surface), str_utf8_cut(buf_str(&folded), WORD_MAX)));
		for (lang = size % 7; lang < stems_count(); lang += 7) {
			term = stems_term(stems, word, lang);
			assert(term.n <= WORD_MAX && str_utf8_bad(term) == term.n);
		}
	}
	assert(!words_next(&w, &word));
	assert(strlen(text_language(text)) < 4);
	buf_free(&low);
	buf_free(&folded);
	buf_free(&surface);
	return 0;
}
