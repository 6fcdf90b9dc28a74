/* kb/base/words.h: a commit id as six words that can be read out over a telephone. */
#ifndef KB_BASE_WORDS_H
#define KB_BASE_WORDS_H

#include "kb/base/oid.h"

/* Append the first 96 bits as six pronounceable words of five letters, hyphens between: consonants and
 * vowels in turn, 16 bits a word ("Proquints", D. S. Wilkerson, 2009). One way only: ids are compared, by words
 * made from them. */
void words_format(struct buf *b, const struct oid *o);
/* Are these the words of o? Case, blanks or hyphens between do not matter. */
bool words_match(const struct oid *o, struct str words);

#endif
