/* kb/text/fold.h: from the characters people write to the bytes that search compares.
 *
 * A word goes through three steps: text_lower (case, compatibility forms, Arabic-script letters and digits
 * made one, vowel signs off), a stemmer (stem.h), text_fold (accents off, hamza, ta marbuta, dotless i,
 * Cyrillic to Latin without hooks). Two folding steps, because Snowball's stemmers expect the accents and
 * the ARABIC yeh and kaf, and readers type neither. Without a stemmer between them they give the word's surface,
 * which the table and rules of chars.h define. */
#ifndef KB_TEXT_FOLD_H
#define KB_TEXT_FOLD_H

#include "kb/text/chars.h"

#define TEXT_VERSION 8			/* of the whole analysis, with what of a document is analysed: the index is stamped with it */

/* The next word of text at or after `at`, by rules 1 and 2 of chars.h. *word borrows text. false: none left. */
struct words {
	struct str text;
	size_t at;
	size_t run;			/* end of the run of unspaced script that `at` is in, or 0 */
};
bool words_next(struct words *w, struct str *word);

void text_lower(struct buf *out, struct str word);	/* append; of the first TEXT_POINTS code points */
void text_fold(struct buf *out, struct str word);	/* append the surface, not cut */
void text_surface(struct buf *out, struct str word);	/* append, by rules 3 to 5 of chars.h */

/* For slugs and sorting: a whole text in small ASCII letters as far as it can be, other bytes dropped or ' '. */
void text_romanise(struct buf *out, struct str text);

/* Digits of every script to ASCII, zero-width characters dropped, no-break and other typographic spaces to ' ', the
 * no-break hyphen to '-' (DOMAIN 7). from[i] = offset in text of out's byte i; out->n + 1 entries, malloc'ed into *from. */
void text_plain(struct buf *out, size_t **from, struct str text);

/* The language a text is written in, by its letters and commonest words: "en", "bg", "fa"…; "" unknown. */
const char *text_language(struct str text);

#endif
