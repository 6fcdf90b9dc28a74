/* kb/index/parts.h: what the files of this folder show each other of an open index, and nobody else. */
#ifndef KB_INDEX_PARTS_H
#define KB_INDEX_PARTS_H

#include <stdatomic.h>

#include "kb/gate/git.h"
#include "kb/gate/zstd.h"
#include "kb/index/index.h"
#include "kb/index/record.h"
#include "kb/index/segment.h"
#include "kb/index/sum.h"

enum { LANGS = 64 };			/* numbers of stemmers are below this */

struct aside_at { uint32_t ordinal, segment; };	/* a document that stands aside, and whose rows it stands with (docs.c) */

/* Behind all rows of segments, so that it stands beside those of the last one. */
#define STAMP_KEY STR("\xff\xff\xff\xff" "stamp")
struct stamp {				/* as encoded in index.c */
	struct oid commit;
	uint32_t next;			/* ordinal of the next document */
	uint32_t next_segment;
	uint64_t documents, length;	/* live ones, and the sum of their norms' lengths */
	uint64_t langs[LANGS];		/* documents by stemmer */
	struct segment_info *segments;	/* rising by id; in an arena */
	size_t nsegments;
	const struct aside_at *aside;	/* rising by ordinal; in an arena */
	size_t naside;
};
void stamp_encode(struct buf *b, const struct stamp *s);
bool stamp_decode(struct stamp *s, struct arena *a, struct str bytes);

struct tables {
	table_id meta, docs, texts, files;
	struct segment_tables large, small;	/* of segments */
	const struct aside_at *aside;	/* those of the stamp with which they are read; borrowed */
	size_t naside;
};
/* The stamp as it stands in them, which then know who stands aside. RC_NOTFOUND: there is none; RC_CORRUPT. */
enum rc stamp_get(struct stamp *s, struct arena *a, struct txn *txn, struct tables *t, struct err *e) NODISCARD;
/* Those that a segment of n documents stands in. */
const struct segment_tables *tables_for(const struct tables *t, uint32_t n);
/* Those of large segments alone. */
enum rc segment_tables_open(struct segment_tables *t, struct txn *txn, struct err *e) NODISCARD;
enum rc tables_open(struct tables *t, struct txn *txn, struct err *e) NODISCARD;

struct index {
	const struct node *node;
	struct arena a;			/* of the index itself */
	const char *path;
	const char *lock, *swap;	/* of who writes; of who reads, and who puts another file in its place */
	struct store *store;
	struct tables t;		/* of this store */
	struct seen *seen;		/* of this store */
	struct passings *passings;	/* of this store; NULL: no filter was asked for */
	struct sum sum;			/* of this store, when it was opened for writing */
	struct stems *stems, *replacing;	/* of queries; of documents that are replaced: from the second update on */
	bool replaced;			/* there was one */
	struct repo *repo;		/* NULL until asked for */
	struct buf dict;
	struct zpack *zpack;
	struct vocab *vocab;		/* of this store; NULL until asked for */
	struct arena vocab_a;
	struct evaluator *evaluator;	/* of queries; NULL: none was asked */
	uint64_t map;
	bool write;			/* the store is open for writing */
	bool untidy;			/* brought forward since segments were last merged */
	bool swept;			/* indexes that no program uses were looked for */
	atomic_bool damaged;		/* something in it was found so: it is made anew when it is opened next */
};
/* Read the zstd dictionary, once a store. */
enum rc index_dict(struct index *ix, struct txn *txn, table_id meta, struct err *e) NODISCARD;
/* The vocabularies, once a store: with others it is made anew. */
enum rc index_vocab(const struct vocab **v, struct index *ix, struct txn *txn, table_id files, struct err *e) NODISCARD;
struct stems *index_stems(struct index *ix);
enum rc index_repo(struct repo **r, struct index *ix, struct err *e) NODISCARD;

struct snap {
	struct index *ix;
	struct txn *txn;
	struct tables t;
	struct stamp stamp;
	struct segment *segments;	/* stamp.nsegments */
	struct arena a;
	struct str *by_id;		/* all ids, in order; NULL until asked for */
	size_t nids;
	struct zpack *zpack;		/* its own; NULL: that of the index */
};
/* What a reader gives back; it is remembered that something is damaged. */
enum rc snap_result(struct snap *s, enum rc rc);
/* A document that is told of by its segment: RC_CORRUPT when it is not there. */
enum rc snap_by_id(struct record *r, struct snap *s, struct arena *a, struct str id, struct err *e) NODISCARD;
/* Keys of texts: u32, big-endian. */
struct key32 { char b[4]; };
struct str key32(struct key32 *k, uint32_t v);
uint32_t key32_get(const char *s);

/* ---- the rows of documents (docs.c) ---- */

/* The record as it was written. RC_NOTFOUND: no such id. */
enum rc docs_get(struct record *r, struct arena *a, struct txn *txn, const struct tables *t, struct str id, struct err *e) NODISCARD;
/* What a translation has of its original. */
enum rc docs_inherit(struct record *r, struct arena *a, struct txn *txn, const struct tables *t, struct err *e) NODISCARD;
/* Append the document. RC_NOTFOUND: no such ordinal. */
enum rc docs_text(struct buf *text, struct zpack *z, struct txn *txn, const struct tables *t, uint32_t ordinal, struct err *e) NODISCARD;

struct doc_row { uint32_t ordinal; struct str id, record, text; };	/* text: as it is, where it is put aside, else packed */
enum doc_place {
	DOC_LAST,			/* of a new file: behind all ids and ordinals */
	DOC_NEW,			/* of a new ordinal, which is behind all others */
	DOC_HERE,			/* in the place of another version, or of none */
	DOC_ASIDE			/* of one that is there: for a while, where t->aside has it */
};
/* Does a document stand aside? Then *i is where in t->aside, else where it would. */
bool docs_aside(size_t *i, const struct tables *t, uint32_t ordinal);
/* row: memory to work in. What stands aside of a document that is put in its place, or taken, is taken out; t has it still. */
enum rc docs_put(struct buf *row, struct txn *txn, const struct tables *t, const struct doc_row *d, enum doc_place where,
    struct err *e) NODISCARD;
enum rc docs_take(struct txn *txn, const struct tables *t, uint32_t ordinal, struct str id, struct err *e) NODISCARD;
/* All that stand aside go to their place; before: reads them as they stood when txn began. t has them still. */
enum rc docs_settle(struct buf *row, struct zpack *z, struct txn *txn, const struct tables *t, struct txn *before, struct err *e) NODISCARD;

/* ---- writing it ---- */

/* One transaction: from what the store holds to `commit`. *all: it cannot be done so,
 * and nothing was written; *why says why, when it was not asked for. (update.c) */
enum rc update_forward(bool *all, const char **why, struct index *ix, const struct oid *commit, const struct progress *p,
    struct err *e) NODISCARD;
/* One transaction: put in order what updates left, when there is enough of it. (update.c) */
enum rc update_tidy(struct index *ix, struct err *e) NODISCARD;
/* Write the index of `commit` from nothing as the file at path, durable when RC_OK; else there is none. (update.c) */
enum rc update_build(struct index *ix, const char *path, const struct oid *commit, const struct progress *p, struct err *e) NODISCARD;

/* Several segments as one, of documents in the order given. (merge.c) */
struct merge_source {
	struct segment s;		/* read by a transaction of its own */
	uint32_t *to;			/* place -> new place, or UINT32_MAX: left out; rising */
};
enum rc merge_segments(struct segment_info *info, struct merge_source *sources, size_t n, struct txn **t,
    const struct segment_tables *tables, uint32_t id, const uint8_t *norms, uint32_t ndocs, turn_fn *turn, void *ctx,
    struct err *e) NODISCARD;

#endif
