/* kb/index/record.h: what the index keeps of one document beside its text and postings, and how documents
 * become weighted words. */
#ifndef KB_INDEX_RECORD_H
#define KB_INDEX_RECORD_H

#include "kb/doc/vocab.h"
#include "kb/index/build.h"
#include "kb/index/index.h"
#include "kb/text/stem.h"

/* Fill a record from a document's path and text; strings borrow both or live in the arena. Never fails: a
 * front matter that does not parse gives broken = true and what the path tells. false: the path is none of
 * a document. */
bool record_make(struct record *r, struct arena *a, struct str path, struct str text, const struct oid *blob);

/* All but its number and its id, which it is kept by. */
void record_encode(struct buf *b, const struct record *r);
/* Strings borrow id and bytes, or live in the arena with the lists' arrays; no summary. RC_CORRUPT. */
enum rc record_decode(struct record *r, struct arena *a, struct str id, struct str bytes, struct err *e) NODISCARD;

/* Call fn for every word of a document, as it stands, with its stemmer and weight: title, headings, names of its
 * codes, body. When it takes the place of another version (else was is NULL; now is, when nothing takes its place), the words
 * of that one which go follow; what both have is cut once: their lines, and the front matter when it is the same. Words borrow
 * the records, v and plain, which is overwritten with the running text of each; running: the word stands in it, and those of
 * `now` come in the order in which they stand there. */
struct version { const struct record *r; struct str text; unsigned stemmer; };	/* stemmer: record_stemmer gives it */
typedef void word_fn(void *ctx, struct str word, unsigned lang, unsigned weight, bool running, enum fate fate);
void record_words(struct buf plain[2], const struct version *now, const struct version *was, const struct vocab *v, word_fn *fn,
    void *ctx);

/* The stemmer of a document: by its lang, else by its letters. */
unsigned record_stemmer(const struct record *r, struct str text);

/* Append the summary of a document, which is not kept in its record. */
void record_summary(struct buf *out, const struct record *r, struct str text);

/* The running text that phrases are looked for in and snippets cut from: title, summary, body, as plain_text
 * gives it. */
void record_plain(struct buf *out, const struct record *r, struct str text);

#endif
