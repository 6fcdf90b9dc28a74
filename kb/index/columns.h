/* kb/index/columns.h: what a segment knows of each document, as flat arrays by place: its ordinal, its length (the norm
 * of ranking), its dates, and what filters and facets ask; and its id. Layout: columns.c. */
#ifndef KB_INDEX_COLUMNS_H
#define KB_INDEX_COLUMNS_H

#include "kb/index/query.h"
#include "kb/index/segment.h"

enum { CHUNK_DOCS = 16384 };		/* documents of one value */

/* Lengths in a byte: exact up to 20, then within 5 %. A norm is never 0, so a length of 0 counts as 1. */
uint8_t norm_of(uint32_t length);
uint32_t norm_length(uint8_t norm);	/* the shortest that has it */
const uint32_t *norm_longest(void);	/* by norm: the longest that has it */

/* ---- writing ---- */

struct columns_out;
struct columns_out *columns_create(void);
void columns_free(struct columns_out *o);	/* no-op on NULL */
/* The next place: a record as snap_by_id gives it. */
void columns_add(struct columns_out *o, const struct record *r, uint32_t ordinal, uint8_t norm);
/* The next place: a document of another segment. */
enum rc columns_copy(struct columns_out *o, struct segment *from, uint32_t place, struct err *e) NODISCARD;
const uint8_t *columns_norms(const struct columns_out *o);	/* borrowed until the next add */
uint32_t columns_count(const struct columns_out *o);
enum rc columns_write(struct columns_out *o, struct txn *t, table_id table, uint32_t segment, struct err *e) NODISCARD;

/* ---- reading ---- */

struct column_numbers { const char *p; uint32_t more; uint8_t width; };	/* see columns.c */
struct column_chunk {			/* borrows the segment's transaction */
	uint32_t n;
	struct column_numbers ordinals, first, days;	/* days: of its date, less one */
	const char *codes[FILTER_FIELDS];
	uint8_t width[FILTER_FIELDS];		/* bytes of a code */
	const uint8_t *norms;
};
/* RC_CORRUPT. place < info.n. */
enum rc columns_chunk(const struct column_chunk **c, struct segment *s, uint32_t chunk, struct err *e) NODISCARD;
enum rc columns_ordinal(uint32_t *ordinal, struct segment *s, uint32_t place, struct err *e) NODISCARD;
/* An id will be asked for: what tells where it is, then itself, is on its way into the cache. */
void columns_expect_id(struct segment *s, uint32_t place, bool group);
enum rc columns_id(struct str *id, struct arena *a, struct segment *s, uint32_t place, struct err *e) NODISCARD;	/* in a */
/* The place of a document, dead or not. RC_NOTFOUND: it is in another segment. */
enum rc columns_place(uint32_t *place, struct segment *s, struct str id, struct err *e) NODISCARD;

/* Filters made ready for one segment; lives in the arena. */
struct column_filter;
enum rc columns_filter(struct column_filter **f, struct arena *a, struct segment *s, const struct filters *filters, struct err *e) NODISCARD;
/* Does a document of a chunk pass, number i of it? */
bool columns_pass(const struct column_filter *f, const struct column_chunk *c, uint32_t i);
/* Those of the whole segment that pass: a bit by place. */
enum rc columns_passing(uint64_t *bits, const struct column_filter *f, struct segment *s, struct err *e) NODISCARD;

/* Counts of values over the documents given. */
struct column_counts;
struct column_counts *counts_open(struct arena *a);
enum rc counts_segment(struct column_counts *k, struct segment *s, struct err *e) NODISCARD;	/* those that follow are its */
void counts_add(struct column_counts *k, const struct column_chunk *c, uint32_t place);
void counts_close(struct facet **v, size_t *n, struct column_counts *k);	/* in the order of struct result */

#endif
