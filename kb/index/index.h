/* kb/index/index.h: the search index of one node, derived from main and always rebuildable. Nothing
 * above knows how it is laid out (that is told on top of index.c). */
#ifndef KB_INDEX_INDEX_H
#define KB_INDEX_INDEX_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/oid.h"
#include "kb/base/str.h"
#include "kb/doc/vocab.h"
#include "kb/node.h"

struct index;				/* one LMDB environment; opened once per process */
struct snap;				/* one view of it: a read transaction */

struct timing {				/* of making the index, in the clocks' unit: processor time of all threads */
	uint64_t read, analyse, write;	/* objects of git; cutting, stemming, collecting; segments */
	uint64_t texts, put;		/* packing the stored texts; putting them and records down */
	uint64_t collecting, writing;	/* time that passed: over all that is done document by document; over segments */
	uint64_t analysing;		/* of collecting: over analysing alone, what each thread spent in it, by their number */
};
/* Told about long work: n of total documents. NULL: quiet, and all as it is best. */
struct progress {
	void (*fn)(void *ctx, uint64_t n, uint64_t total);	/* or NULL */
	void *ctx;
	unsigned threads;		/* 0: as many as there are processors, at most four */
	uint64_t (*clock)(void);	/* of the thread that calls; NULL: nothing is timed */
	uint64_t (*passed)(void);	/* of the wall; likewise */
	struct timing *timing;		/* or NULL */
};

/* Open the node's index and bring it to the node's main: when the stamp (schema, analyser version, commit)
 * is right nothing is written and libgit2 not loaded; when behind, the tree diff is applied in one
 * transaction; any doubt (no index, another schema, truncated, damaged, unknown old commit): rebuilt, and
 * *rebuilt_why (when not NULL) gets a sentence. On a read-only disk an index that is right is used; one
 * that is behind is used with *stale = true. */
enum rc index_open(struct index **ix, const struct node *n, bool rebuild, const struct progress *p,
    const char **rebuilt_why, bool *stale, struct err *e) NODISCARD;
void index_close(struct index *ix);
/* Found while reading, or its file cannot be opened again; the next refresh or opening makes it anew. */
bool index_damaged(const struct index *ix);
enum rc index_refresh(struct index *ix, const struct progress *p, struct err *e) NODISCARD;	/* for serve */
/* Put in order what refreshing left undone, when there is any; a search is as right without it. Not while somebody else writes. */
enum rc index_tidy(struct index *ix, struct err *e) NODISCARD;

struct front;				/* kb/doc/front.h */
struct record {				/* strings borrowed until snap_close */
	uint32_t doc;			/* its number in this snapshot */
	struct str id;			/* "cs-mk-2022-taiwan" or "cs-mk-2022-taiwan.fa" */
	struct str kind, owner, status, tlp, lang, date, title, summary, path, stage;
	const struct str *countries, *topics, *meetings;	/* in the snapshot's arena */
	size_t ncountries, ntopics, nmeetings;
	struct oid blob;
	bool conflict;			/* it holds a conflict that is open */
	bool broken;			/* its front matter does not parse; fields are guessed from the path */
	const struct front *front;	/* as record_make read it; else NULL */
};
/* A snapshot's record has no summary: it stands in the text. A translation's kind, owner, status, tlp, lists are its original's. */

enum rc snap_open(struct snap **s, struct index *ix, struct err *e) NODISCARD;
void snap_close(struct snap *s);
/* The same state for one more thread, to be closed first; only for snap_own and snap_text. RC_CONFLICT: there is a later one. */
enum rc snap_twin(struct snap **twin, struct snap *s, struct err *e) NODISCARD;
struct oid snap_commit(const struct snap *s);	/* the main it was made from */
size_t snap_count(const struct snap *s);
/* The i-th record in order of id. */
enum rc snap_record(struct record *r, struct snap *s, size_t i, struct err *e) NODISCARD;
/* The same without what a translation has of its original. */
enum rc snap_own(struct record *r, struct snap *s, size_t i, struct err *e) NODISCARD;
enum rc snap_find(struct record *r, struct snap *s, struct str id, struct err *e) NODISCARD;	/* RC_NOTFOUND */
/* Append the whole document, as in git. */
enum rc snap_text(struct buf *b, struct snap *s, const struct record *r, struct err *e) NODISCARD;
/* Now and then while all documents are read, so that the index does not come to lie in memory as a whole. */
void snap_rest(struct snap *s);
/* The vocabularies of this main; read once an index. */
enum rc snap_vocab(const struct vocab **v, struct snap *s, struct err *e) NODISCARD;
/* roster/ and vocab/ files of this main: append one; RC_NOTFOUND. */
enum rc snap_file(struct buf *b, struct snap *s, struct str path, struct err *e) NODISCARD;

#endif
