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
struct find_part {			/* words collected by one thread, or kept from an earlier build */
	struct stems *stems;
	struct strings local;		/* words of the document in work, by stemmer; value: summed weight */
	struct strings words;		/* of all documents */
	struct find_word *of;		/* for each of them */
	size_t cap;
	struct strings strings;
	char *used;			/* is a word in a document; after find_finish */
	struct buf posts;		/* documents: for each word varint number and varint weight */
	struct str borrowed;		/* the same of the kept part */
	struct buf text;
	unsigned english;
};
struct find_spot {			/* where the words of a document stand: in posts of a part */
	unsigned part;
	size_t at, n;
};

struct find_kept {			/* what find_finish made of the kept words; find_kept.c */
	const uint32_t *list_of, *forms, *ref_at, *refs;	/* forms: numbers of strings of the kept part */
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
	struct kept_map map;		/* of find_load */
	struct find_kept of_kept;
	uint32_t **list_of;		/* of each part, the list of each word, or UINT32_MAX; after find_finish */
	uint32_t *to_kept[SITE_PARTS];	/* of each part but the kept one, the kept number of each word */
	bool same;			/* the words are the kept ones, all of them */
	struct str *kept_names;		/* of its documents, sorted; where their words stand */
	struct find_spot *kept_spots;
	size_t nkept;
	uint64_t total;			/* sum of them */
	struct find_part *parts;
	unsigned nparts, kept;		/* kept: the last one, with words from the build before */

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

/* The words of document k, as in find_part.posts. */
struct str find_posts(const struct find *f, size_t k);

/* The forms and lists of the kept words, if the documents use these and no others: then list_of is filled. */
bool find_same_words(struct find *f, uint32_t **list_of);

void find_facets(struct find *f);	/* find_facets.c: fills facets[] */
void find_encode(struct find *f);	/* find_files.c: fills the blocks */

void find_table(struct buf *out);	/* find_table.c */

#endif
