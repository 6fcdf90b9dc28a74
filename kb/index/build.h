/* kb/index/build.h: from documents to a segment: their words, as they come, are collected in memory by term, and then
 * written in order. Several threads may collect, each in a builder of its own and each the documents it gets: what is
 * written is the same. */
#ifndef KB_INDEX_BUILD_H
#define KB_INDEX_BUILD_H

#include "kb/index/forms.h"
#include "kb/index/segment.h"
#include "kb/text/stem.h"

struct builder;				/* owned; one per thread */

struct builder *builder_open(void);
void builder_close(struct builder *b);	/* no-op on NULL */
/* What a word does to the count of its like: one more; nothing, when the version of the document that went had it too;
 * one less: of that version alone, so it stands nowhere. */
enum fate { COMES, STAYS, GOES };
/* Documents in rising order of number: begin one, add its words, end it, go on. Words are borrowed until the end; a
 * word that is running stands one position behind the one before. A word of a language is stemmed when it comes first. */
void builder_document(struct builder *b, uint32_t number);
void builder_word(struct builder *b, struct stems *s, struct str word, unsigned lang, unsigned weight, bool running, enum fate fate);
uint32_t builder_end(struct builder *b);	/* the document's length: its words' weights, summed */
size_t builder_bytes(const struct builder *b);	/* memory that it has */
/* Add all words as they are spelled to f, less those that went. */
void builder_forms(const struct builder *b, struct forms *f);
/* Give all terms of n builders to o. places[number]: of the document, rising with the numbers. */
void builder_write(struct builder *const *b, size_t n, struct segment_out *o, const uint32_t *places);

#endif
