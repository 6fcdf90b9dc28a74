/* kb/text/chars.h: what each code point is to a word, and what becomes of it: the one table of the whole analysis,
 * for C and, written out by text_char, for any other language that is to cut and fold words alike. The gate to
 * utf8proc.
 *
 * The surface of a word is what a reader would type of it on any keyboard: no capitals, no accents, one letter for
 * each that looks or sounds alike, Cyrillic as Latin without hooks. It is defined by the table and five rules:
 *
 * 1. A word begins at a CHAR_LETTER and goes on over CHAR_LETTER and CHAR_DROP. It ends at a CHAR_BREAK or a
 *    CHAR_PAIR, at bytes that are no UTF-8, and at U+200C (a CHAR_DROP) right behind a code point from U+0600 to
 *    U+08FF: a Persian affix is a word of its own, a Bengali joiner is nothing.
 * 2. A run of CHAR_PAIR, each with the CHAR_DROPs behind it, gives its overlapping pairs as words; a run of one, that
 *    one. A CHAR_DROP anywhere else is as a CHAR_BREAK.
 * 3. The surface of a word is that of its first TEXT_POINTS code points, one behind another, cut to the longest
 *    whole code points within WORD_MAX bytes of UTF-8.
 * 4. But U+0306 right behind U+0418 or U+0438 makes their surface "j" (й written as two).
 * 5. A Hangul syllable is its jamo (U+AC00 + (l * 21 + v) * 28 + t is U+1100 + l, U+1161 + v and, when t, U+11A7 + t);
 *    text_char says the same, so that the rule only makes the table short. */
#ifndef KB_TEXT_CHARS_H
#define KB_TEXT_CHARS_H

#include "kb/base/str.h"

#define WORD_MAX ((size_t)64)		/* bytes of a surface or a term */
enum { TEXT_POINTS = 64 };		/* code points of a word that count */

enum char_class {
	CHAR_BREAK,			/* between words */
	CHAR_LETTER,			/* letters, marks, digits: in a word */
	CHAR_PAIR,			/* of a script written without spaces: Chinese, kana, Thai, Lao, Khmer, Burmese */
	CHAR_DROP,			/* in a word, but nothing of it: vowel signs of Arabic and Hebrew, accents, soft hyphen */
};
enum char_class text_class(uint32_t cp);

/* The row of any number; borrowed for ever. Surface of a CHAR_BREAK and a CHAR_DROP: empty. Lower: what stemmers read:
 * small letters with their accents, Arabic-script letters and digits made one. A lower code point is its own lower;
 * surface(lower(cp)) = surface(cp). */
struct text_row { enum char_class class; bool joins; struct str lower, surface; };	/* joins: it may be the second of a pair */
struct text_row text_char(uint32_t cp);

uint32_t text_digit(uint32_t cp);	/* the ASCII digit of any script's decimal digit, else 0 */

/* How many columns of a terminal it takes: none (marks, what is not seen), one, or two. */
size_t text_columns(uint32_t cp);

/* Two code points as one where Unicode has one, else 0. */
uint32_t text_pair(uint32_t first, uint32_t second);

/* Append a text in Unicode's normal form C; bytes that are no UTF-8 as they are. */
void text_nfc(struct buf *out, struct str text);

#endif
