/* kb/index/segment.h: one immutable part of the index: the postings of some documents. Layout: segment.c. */
#ifndef KB_INDEX_SEGMENT_H
#define KB_INDEX_SEGMENT_H

#include "kb/gate/lmdb.h"
#include "kb/base/arena.h"
#include "kb/index/forms.h"
#include "kb/text/stem.h"

struct builder;				/* postings being collected; owned */

struct builder *builder_open(void);
void builder_close(struct builder *b);	/* no-op on NULL */
/* Documents in rising order of ordinal: begin one, add its words as they stand, end it, go on. Words are borrowed until
 * the end. A word of a language is stemmed when it comes first; its term is remembered until the builder is closed. */
void builder_document(struct builder *b, uint32_t ordinal);
void builder_word(struct builder *b, struct stems *s, struct str word, unsigned lang, unsigned weight);
void builder_end(struct builder *b);
/* The words so far, with their terms and how often they came. */
void builder_forms(const struct builder *b, struct forms *f);
size_t builder_documents(const struct builder *b);
uint32_t builder_length(const struct builder *b);	/* summed weight of the document begun last, at least 1 */
/* Write all as segment `id`, whose keys must not be there yet. */
enum rc builder_write(struct builder *b, struct txn *t, table_id terms, table_id norms, uint32_t id, struct err *e) NODISCARD;

struct segment {
	uint32_t id, n;			/* n documents, dead ones counted */
	struct str norms;		/* borrowed: n x { u32 ordinal, u32 length }, little-endian; length 0 = dead */
};
enum rc segment_open(struct segment *s, struct txn *t, table_id norms, uint32_t id, struct err *e) NODISCARD;
uint32_t segment_ordinal(const struct segment *s, uint32_t i);
uint32_t segment_length(const struct segment *s, uint32_t i);
/* The place of an ordinal, or UINT32_MAX. */
uint32_t segment_find(const struct segment *s, uint32_t ordinal);
/* Mark documents dead (places in this segment); *length gets the sum of their lengths. */
enum rc segment_kill(struct txn *t, table_id norms, const struct segment *s, const uint32_t *places, size_t n,
    uint64_t *length, struct err *e) NODISCARD;
enum rc segment_drop(struct txn *t, table_id terms, table_id norms, uint32_t id, struct err *e) NODISCARD;

void segment_key(unsigned char key[4 + 64], size_t *n, uint32_t id, struct str term);

/* The postings of one term: place and weight, places rising. */
struct postings {
	struct str rest;
	uint32_t place, weight;
	bool started;
};
void postings_open(struct postings *p, struct str value);
enum iter postings_next(struct postings *p, struct err *e);

#endif
