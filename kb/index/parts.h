/* kb/index/parts.h: what index.c shows query.c of an open snapshot, and nobody else. */
#ifndef KB_INDEX_PARTS_H
#define KB_INDEX_PARTS_H

#include "kb/gate/zstd.h"
#include "kb/index/index.h"
#include "kb/index/record.h"
#include "kb/index/segment.h"

enum { LANGS = 64 };			/* numbers of stemmers are below this */

struct stamp {				/* meta "stamp": as encoded in index.c */
	struct oid commit;
	uint32_t next;			/* ordinal of the next document */
	uint32_t next_segment;
	uint64_t documents, length;	/* live ones, and the sum of their lengths */
	uint64_t langs[LANGS];		/* documents by stemmer */
	uint32_t *segments;		/* rising; in an arena */
	size_t nsegments;
};

struct tables {
	table_id meta, docs, ids, texts, norms, terms, forms, gone, files;
};

struct snap {
	struct index *ix;
	struct txn *txn;
	struct tables t;
	struct stamp stamp;
	struct segment *segments;	/* stamp.nsegments */
	struct arena a;
	uint32_t *by_id;		/* ordinals in order of id; NULL until asked for */
	size_t nids;
	struct vocab *vocab;		/* NULL until asked for */
};

enum rc snap_by_ordinal(struct record *r, struct snap *s, struct arena *a, uint32_t ordinal, struct err *e) NODISCARD;
struct stems *index_stems(struct index *ix);

/* Is the file as sum_write found it? Its bytes are read only when its stat differs (sum.c). */
bool sum_right(const char *path);
enum rc sum_write(const char *path, struct err *e) NODISCARD;

#endif
