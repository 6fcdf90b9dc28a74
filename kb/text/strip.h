/* kb/text/strip.h: light stemmers of our own, for languages that Snowball has none for, as tables of endings. They read
 * surfaces (chars.h), so a word's term is the same however it was typed. */
#ifndef KB_TEXT_STRIP_H
#define KB_TEXT_STRIP_H

#include "kb/base/str.h"

/* Number of a language's table, from 1 on; 0: none. */
unsigned strip_lang(struct str lang);
unsigned strip_count(void);		/* numbers are at most this */

/* Cut a surface, in place, to its stem: at least two letters are left. */
void strip_word(struct buf *surface, unsigned table);

/* The i-th ending or beginning of a table, for tests; false: none. */
bool strip_affix(struct str *affix, unsigned table, size_t i);

#endif
