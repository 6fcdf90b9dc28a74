/* render/find_parts.h: what the files of render/find*.c share, and nobody else. */
#ifndef RENDER_FIND_PARTS_H
#define RENDER_FIND_PARTS_H

#include "render/find.h"

enum {
	FIND_BLOCK = 24 << 10,		/* bytes of a block of forms or of lists; a longer list fills one alone */
	FIND_DOCS = 64,			/* documents in a file */
	FIND_WORDS = 32,		/* words of a query that count */
	FIND_FEW = 10,			/* hits below which the last word is also a beginning: what a page shows */
	FIND_FORMS = 256,		/* forms that a beginning stands for at most */
	FIND_LISTS = 8,			/* files of lists that are read for a beginning at most */
	FIND_IMPACT = 63,		/* the greatest impact: a count without end */
	FIND_FACETS = 6,
};

/* One facet: its values, the sets of values that documents have, and the set of each document. */
struct find_facet {
	const char *name;		/* as in FILTERS, and "year" */
	struct str *values, *labels;
	size_t nvalues;
	struct str *sets;		/* numbers of values, as varints of find_digits */
	size_t nsets;
	uint32_t *column;		/* set of each document */
};

struct find_part;			/* words collected by one thread: find.c */

struct find {
	const struct copy *copy;
	struct arena a;
	const struct entry **docs;	/* by number */
	size_t n;
	uint32_t *number;		/* of copy->all[i] */
	uint32_t *length;		/* of each document: its words by weight, at least 1 */
	uint64_t total;			/* sum of them */
	struct find_part *parts;
	unsigned nparts;

	/* After find_finish. A form is a folded word of the texts; a list, the documents of one stem. */
	struct str *forms;		/* sorted by bytes */
	uint32_t *ref_at, *refs;	/* lists of form i: refs[ref_at[i]] to refs[ref_at[i + 1]] */
	size_t nforms;
	uint32_t *list_at, *posts;	/* list i: posts[list_at[i]] to posts[list_at[i + 1]]: document << 8 | impact */
	size_t nlists;
	struct buf form_bytes, list_bytes;	/* the blocks, one behind the other */
	uint32_t *form_block, *form_off;	/* of each block: its first form, its offset; one more at the end */
	size_t nform_blocks;
	uint32_t *list_block, *list_off;
	size_t nlist_blocks;
	struct find_facet facets[FIND_FACETS];
};

extern const char find_digits[90];	/* of numbers: printable ASCII without " < \ and what separates */
/* A number in digits: 0 to 44 ends it, 45 to 89 goes on, low digits first. */
void find_number(struct buf *b, uint32_t v);

/* The key that has an entry's countries. */
const char *find_countries(const struct entry *e);

void find_facets(struct find *f);	/* find_facets.c: fills facets[] */
void find_encode(struct find *f);	/* find_files.c: fills the blocks */

void find_table(struct buf *out);	/* find_table.c */

#endif
