/* render/copy_parts.h: what the files that make copies (copy.c, copy_kept.c) share. */
#ifndef RENDER_COPY_PARTS_H
#define RENDER_COPY_PARTS_H

#include <pthread.h>

#include "render/copy.h"
#include "render/rows.h"

/* Names of documents in one table of open addressing, keys of uses and codes of vocabularies in another. */
enum { IN_LABELS = USES };		/* the kind of key beyond the uses */
struct slot {
	struct str key, extra;		/* extra: the vocabulary a code is of; STR_NONE elsewhere */
	uint32_t what, from, n;		/* enum use, its range; IN_LABELS */
	uint32_t hash;
	struct str label;
};
struct lookup {
	uint64_t *names;		/* hash << 32 | an entry's index in all + 1; 0: free */
	struct slot *v;			/* NULL: not yet */
	size_t nnames, n;		/* powers of two, at most half full */
};

struct held {				/* a text that was read when it was loaded; zeroed: none */
	struct str text;
	struct held_block *in;
};

enum { REST = 256 };			/* texts that are read before the snapshot rests */
struct source {				/* of texts */
	pthread_mutex_t one;		/* reads at a time */
	struct snap *snap;
	size_t reads;
	struct rows rows;		/* entries borrow them */
	size_t made;			/* rows that were not there */
	uint32_t *docs;			/* of each entry: its number in the snapshot; NULL: they are in the snapshot's order */
	struct str *texts;		/* of each entry, or NULL */
	struct held *held;		/* of each entry, or NULL */
	struct kept_map image;		/* where all stands, in a copy that was kept; else none */
};
/* As copy_load has it. All ids are only read for translations, which have what their original says. */
enum rc copy_record(struct record *r, const struct copy *c, const struct entry *e, struct err *err);

#endif
