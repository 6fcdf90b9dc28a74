/* render/find_parts.h: what the files of render/find*.c share, and nobody else. */
#ifndef RENDER_FIND_PARTS_H
#define RENDER_FIND_PARTS_H

#include "render/find.h"
#include "render/kept.h"
#include "render/strings.h"

enum {
	FIND_BLOCK = 24 << 10,		/* bytes of a block of forms or of lists; a longer list fills one alone */
	FIND_DOCS = 64,			/* documents in a file */
	FIND_WORDS = 32,		/* words of a query that count */
	FIND_FEW = 10,			/* hits below which the last word is also a beginning: what a page shows */
	FIND_FORMS = 256,		/* forms that a beginning stands for at most */
	FIND_LISTS = 8,			/* files of lists that are read for a beginning at most */
	FIND_IMPACT = 63,		/* the greatest impact: a count without end */
	FIND_FACETS = 6,
	SITE_PARTS = 8,			/* threads at most */
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

struct find_word {			/* numbers of strings */
	uint32_t term, english, form;	/* its stem in its language; in English; its surface */
};
struct find_words {			/* a dictionary */
	struct strings words;		/* tag: the stemmer */
	struct find_word *of;		/* for each of them */
	struct strings strings;
};
struct find_part {			/* words collected by one thread */
	struct stems *stems;
	struct strings local;		/* words of the document in work, by stemmer; value: summed weight */
	struct strings words;		/* of all documents */
	struct buf posts;		/* documents: for each word varint number and varint weight */
	struct buf text;
	unsigned english;
};
struct find_spot {			/* where the words of a document stand: in posts of a part */
	unsigned part;
	size_t at, n;
};

struct find_kept {			/* what find_finish made of the kept words; find_kept.c */
	const uint32_t *list_of, *forms, *ref_at, *refs;	/* as find.list_of, form_strings and so on */
	size_t nforms, nrefs, nlists;
};

struct find {
	const struct copy *copy;
	struct arena a;
	const struct entry **docs;	/* by number */
	size_t n;
	uint32_t *number;		/* of copy->all[i] */
	uint32_t *length;		/* of each document: its words by weight, at least 1 */
	struct find_spot *spots;
	struct kept_map map, words_map;	/* of find_load, find_load_words */
	unsigned char dictionary[16];	/* its id, as the former tells */
	struct find_kept of_kept;
	struct find_words kept_words;	/* borrow it */
	struct str kept_posts;
	/* From find_finish to find_forget: */
	struct find_words all;		/* of all parts */
	uint32_t *to[SITE_PARTS + 1];	/* of each part, the number in `all` of each word; NULL: the same */
	uint32_t *list_of;		/* the list of each word, or UINT32_MAX */
	uint32_t *form_strings;		/* of each form, the string */
	bool same;			/* all is kept_words: the documents use these and no others */
	struct str *kept_names;		/* of its documents, sorted; where their words stand */
	struct find_spot *kept_spots;
	size_t nkept;
	uint64_t total;			/* sum of them */
	struct find_part *parts;
	unsigned nparts, kept;		/* kept: the last one, which stands for documents of the build before */

	/* After find_encode. A form is a folded word of the texts; a list, the documents of one stem. */
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

/* The words of document k, as in find_part.posts. */
struct str find_posts(const struct find *f, size_t k);

void find_forget(struct find *f);	/* free what is needed up to find_encode */
/* The order of the kept words as that of all. */
void find_kept_lists(struct find *f);

void find_facets(struct find *f);	/* find_facets.c: fills facets[] */
void find_blocks(struct find *f);	/* find_files.c: fills the blocks */

void find_table(struct buf *out);	/* find_table.c */

#endif
