/* kb/text/stem.h: from a word to its term: lower, stem by language, fold. The gate to libstemmer. */
#ifndef KB_TEXT_STEM_H
#define KB_TEXT_STEM_H

#include "kb/text/fold.h"
#include "kb/text/key.h"

struct stems;				/* the stemmers opened so far, and a cache of terms; one per thread */

struct stems *stems_open(void);
struct stems *stems_open_large(void);	/* for words by the thousand, again and again: the cache is larger, in large pages where the system has them */
struct stems *stems_open_once(void);	/* for words that are asked for once each: no term is remembered */
void stems_close(struct stems *s);	/* no-op on NULL */

/* Number of a language's stemmer ("sr-Latn" -> that of sr); 0: none, words are only folded. Languages that
 * share a stemmer share the number. */
unsigned stems_lang(struct str lang);
unsigned stems_count(void);		/* numbers are below this */

/* The term of a word as the tokeniser gave it. Borrowed until the next call; empty when nothing is left. */
struct str stems_term(struct stems *s, struct str word, unsigned lang);
/* The same of a word whose key is made; when it is known some time before, what is remembered of it comes nearer meanwhile. */
struct str stems_keyed(struct stems *s, struct str word, const struct word_key *key, unsigned lang);
void stems_soon(const struct stems *s, const struct word_key *key);
/* All that becomes of a word at once: its surface, its terms in two languages. Borrowed until the next call. */
struct stemmed { struct str surface, term, other; };
struct stemmed stems_both(struct stems *s, struct str word, unsigned lang, unsigned other);
/* Its terms in every language that is wanted[number], one or more times each, until there is no stemmer or number left. */
typedef void term_fn(void *ctx, struct str term);
void stems_each(struct stems *s, struct str word, const bool *wanted, unsigned n, term_fn *fn, void *ctx);

#endif
