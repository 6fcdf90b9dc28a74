/* kb/text/key.h: what tables of words look a word up by: made once a word, for all of them. */
#ifndef KB_TEXT_KEY_H
#define KB_TEXT_KEY_H

#include "kb/base/str.h"

#define KEY_NEAR ((size_t)24)		/* bytes of a word that its key holds */

struct word_key {
	uint64_t near[3];		/* its first KEY_NEAR bytes, zeroes behind them */
	uint32_t hash;			/* of all its bytes and the language; it decides where in a table a word goes, nothing else */
};
void word_key(struct word_key *k, struct str word, unsigned lang);	/* made in its place: the next who reads it waits for no copy */

/* Are the words of two keys of one length, at most KEY_NEAR, the same? */
static inline bool key_same(const uint64_t a[3], const uint64_t b[3])
{
	return !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]));
}

#endif
