/* render/find_parts.h: what the files of render/find*.c share, and nobody else. */
#ifndef RENDER_FIND_PARTS_H
#define RENDER_FIND_PARTS_H

#include <pthread.h>

#include "kb/index/hint.h"
#include "kb/index/pack.h"
#include "render/find.h"
#include "render/kept_log.h"
#include "render/strings.h"

enum {
	FIND_BLOCK = 24 << 10,		/* bytes of a block at most; a longer list fills one alone */
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

struct find_part {			/* of one thread */
	struct stems *stems;
	struct strings local;		/* words of the document in work, by stemmer, */
	uint32_t *hashes, *weights;	/* their hashes, and their summed weights */
	size_t local_cap;
	struct buf posts;		/* documents: each word as find_post_put has it, numbers from 1 on */
	struct buf text;
	uint32_t *numbers;		/* of the words of the document in work, */
	uint32_t *fresh;		/* and which of them nobody had before */
	size_t cap;
	struct buf becomes;		/* what becomes of those, as find_becomes_put has it */
	unsigned english;
};
struct find_spot {			/* where the words of a document stand: in posts of a part */
	unsigned part;
	size_t at, n;
	bool made, kept;		/* they do; they stay as they are in the log */
	bool logged;			/* they are in the log, that is all */
};

/* Blocks of items, sorted by their strings. Where a block begins is a matter of the strings and sizes near by, and its file
 * is called by its first string: an item that changes touches the files around it and no others. */
enum { FIND_BY_FORM, FIND_BY_TERM, FIND_KINDS };
struct find_block {
	struct str first;
	uint32_t name, twin;		/* hash of first; which one of those with that hash */
	uint32_t rank;			/* of first in find.strings */
	size_t at, n;			/* its text, in bytes; n 0: it is as the build before left it */
};
struct find_blocks {
	struct find_block *v;
	size_t n, cap;
	struct buf bytes;
	struct arena a;
};
struct find_encoder {
	struct find_blocks *to;
	unsigned kind;
	struct buf last;
};
/* An item: a string and what stands behind it, without blanks, nothing or beginning with "!". Strings rise. */
void find_item(struct find_encoder *e, struct str s, struct str tail);
/* The same behind an item that is as it was, in one block with it, and bytes are how it stood there. */
void find_item_again(struct find_encoder *e, struct str s, struct str tail, struct str bytes);
/* A block of the build before, as it was: what comes then begins another. */
void find_leave(struct find_encoder *e, const struct find_block *was);
/* Would a block begin at that item. */
bool find_begins(const struct find_encoder *e, struct str s, struct str tail);
void find_items_end(struct find_encoder *e);
/* Does a block begin at this string wherever it stands. */
bool find_cuts(struct str s, unsigned kind);
/* Put blocks behind others, as if one had made them all; frees rest. Its first string is one at which a block begins. */
void find_blocks_join(struct find_blocks *to, struct find_blocks *rest);
/* Number blocks whose names are the same. false: there are none such. */
bool find_twins(struct find_blocks *b);
struct find_decoder {
	struct str rest;		/* of a block */
	struct buf string;		/* of the item taken last */
};
bool find_take(struct str *tail, struct find_decoder *d);	/* false: no more, or rest is not as it should be */
bool find_take_number(uint32_t *v, struct str *s);
bool find_take_digit(uint32_t *v, struct str *s);	/* an impact is one */

struct find_count {			/* how many words of documents have this form, stem and English stem */
	struct str form, term, english;
	int64_t n;
};

struct find_used {			/* the same with places of strings; UINT32_MAX: empty */
	uint32_t form, term, english, n;
};

/* What the build before left, and how it becomes what this one leaves: find_kept.c. */
enum { FIND_SHOWN = 16 };		/* bytes of a hash */
struct find_log {
	struct kept_log log;
	struct arena a;
	uint32_t n, average;
	uint64_t total;
	uint32_t nwords;
	struct str *words;		/* FIND_PIECE of them each; NULL: not read yet */
	struct str *names;		/* by number */
	struct find_blocks blocks[FIND_KINDS];
	struct str coded;		/* as f's */
	struct str shown;		/* find_shown's */
	struct buf put;			/* names and pieces, one behind the other: strings */
	struct buf dropped;		/* names */
};
enum find_sort { FIND_OF_DOCUMENT = 'd', FIND_OF_FORMS = 'f', FIND_OF_WORDS = 'w' };	/* of pieces */
enum { FIND_PIECE = 1024 };		/* words in a piece */
struct find_weighed {			/* a word of a document */
	struct str word;
	uint32_t number;		/* of the log, from 1 on; 0: none */
	unsigned tag;
	uint32_t weight;
};

struct find {
	const struct copy *copy;
	struct arena a;
	const struct entry **docs;	/* by number */
	size_t n;
	uint32_t *number;		/* of copy->all[i] */
	uint32_t *length;		/* of each document: its words by weight, at least 1 */
	struct find_spot *spots;
	uint64_t total;			/* sum of length */
	uint32_t average;		/* find_coarse of total / n */
	struct find_part *parts;
	unsigned nparts;
	pthread_mutex_t one;		/* looks at `words` at a time */
	struct strings words;		/* all words, by stemmer; their numbers are by chance */
	uint32_t *list_of;		/* in find_finish: the list of each of them, or UINT32_MAX; before that, in how many documents it is */
	uint32_t nwords;
	struct find_log *log;		/* NULL: nothing was kept */
	bool near;			/* it is of this copy, but for texts and history */
	struct kept_log_out *out;	/* between find_save_begin and find_save */

	/* After find_finish, up to find_forget. A form is a folded word of the texts; a list, the documents of one stem. */
	struct buf becomes;		/* only in it: of all words; those behind its first GiB have no strings */
	struct buf sorted;		/* all forms and stems, sorted by bytes, one behind the other */
	uint32_t *strings;		/* string i: strings[i] to strings[i + 1] there */
	size_t nstrings;
	uint32_t *forms;		/* strings that are forms, sorted */
	uint32_t *ref_at, *refs;	/* lists of form i besides that of its own string: refs[ref_at[i]] to refs[ref_at[i + 1]] */
	size_t nforms;
	struct find_used *used;		/* by form, stem, English stem, each once; before that, of each word by number */
	size_t nused;
	uint32_t *list_at, *posts;	/* list i, of string i: posts[list_at[i]] to posts[list_at[i + 1]]: document << 8 | impact */

	unsigned char *coded;		/* by number in called_codes: 1, it is a form */
	struct buf called;		/* find_called's line, to be asked */

	struct find_blocks blocks[FIND_KINDS];
	struct find_facet facets[FIND_FACETS];
	bool patched;
	bool names_stay;		/* then: the documents are the same, in order */
	bool root_stays, facets_stay;	/* then: root.js, facets.js is as the build before left it */
	bool *docs_stay;		/* then, of each file of documents: it is as the build before left it */
};

/* Lengths count in steps of a sixteenth at most, so that a word more changes no other word's impact. */
uint32_t find_coarse(uint32_t length);
uint32_t find_impact(uint32_t weight, uint32_t length, uint32_t average);	/* 1 to FIND_IMPACT */
/* A word's number in f->words. */
uint32_t find_word_put(struct find *f, struct find_part *p, struct str word, unsigned tag);
/* What becomes of a word: its number, u32; its form: length, a byte, and bytes; its stem, its English stem: find_stem_put. */
struct find_becomes {
	uint32_t number;
	struct str form, term, english;
};
bool find_becomes_take(struct find_becomes *w, struct str *s);	/* false: no more */
/* A stem of a form: how many bytes of the form it is, a byte, or 128 and its own length in one byte and its bytes. */
void find_stem_put(struct buf *b, struct str form, struct str stem);
bool find_stem_take(struct str *stem, struct str form, struct str *s);
/* Of what words become, the i-th by form, stem, English stem. */
struct find_count find_count_of(const struct find *f, size_t i);
/* Append a tail: of a form, of a posting list. */
void find_form_tail(struct buf *b, struct str form, const struct str *refs, size_t n);
void find_list_tail(struct buf *b, const uint32_t *posts, size_t n);

extern const char find_digits[90];	/* of numbers: printable ASCII without " < \ and what separates */
/* A number in digits: 0 to 44 ends it, 45 to 89 goes on, low digits first. */
void find_number(struct buf *b, uint32_t v);

/* The key that has an entry's countries. */
const char *find_countries(const struct entry *e);

struct str find_string(const struct find *f, size_t i);	/* after find_finish */
/* A word of a document: twice its number, and one more where its weight is not 1; then the weight: varints. */
void find_post_put(struct buf *b, uint64_t number, uint32_t weight);
static inline bool find_post_take(uint64_t *number, uint32_t *weight, struct str *s)
{
	uint64_t v, w = 1;

	if (!varint_get(&v, s) || (v & 1 && !varint_get(&w, s)))
		return false;
	*number = v >> 1;
	*weight = (uint32_t)w;
	return true;
}
/* The words of document k, as in find_part.posts. */
struct str find_posts(const struct find *f, size_t k);

void find_facet(struct find *f, unsigned facet);	/* find_facets.c: fills facets[facet] */
struct str find_label(const struct find *f, unsigned facet, struct str value);	/* what people call a value */
struct str find_owner(const struct find *f, struct str owner);	/* the same of an owner: a country, or an institution */

/* find_kept.c */
void find_log_close(struct find *f);
bool find_log_get(struct str *piece, const struct find_log *l, enum find_sort sort, struct str name);	/* as kept_log_get */
void find_log_put(struct find_log *l, enum find_sort sort, struct str name, struct str piece);
void find_log_drop(struct find_log *l, enum find_sort sort, struct str name);
/* The words of document k, as they are kept where the log has no numbers for them. */
void find_words_put(struct buf *b, const struct find *f, size_t k);
/* The next word of a document, as kept in l. */
bool find_word_take(struct find_weighed *w, struct find_log *l, struct str *s);
/* Does a piece of counts begin at that form. */
bool find_counts_cut(struct str form);
/* The pieces of counts in the log, by form; the form that one begins at. */
const struct kept_piece *find_log_forms(size_t *n, const struct find_log *l);
struct str find_piece_form(const struct kept_piece *p);
void find_count_put(struct buf *piece, const struct find_count *c);	/* append to one of counts */
bool find_count_take(struct find_count *c, struct str *piece);
/* The greater part of what find_save will keep, in three steps. f->out: there is something to follow. */
void find_save_begin(struct find *f, const char *path, const unsigned char key[KEPT_KEY]);
void find_save_words(struct find *f);
struct find_counts_out { struct buf piece, name; };	/* zeroed: nothing yet */
void find_save_count(struct find_counts_out *o, struct find *f, size_t i);	/* of find_count_of, one after the other */
void find_save_counts_end(struct find_counts_out *o, struct find *f);
/* A hash of what is shown of the documents of each file of them. */
void find_shown(struct buf *b, const struct find *f);

/* find_files.c: the text of a block of the build before; it borrows b. */
bool find_block_read(struct str *text, struct buf *b, const struct find_block *block, unsigned kind, find_read_fn *read,
    void *ctx);

extern const unsigned char find_table[];	/* made by render/theme/make/table.c */
extern const size_t find_table_n;
size_t find_units(struct str s);	/* UTF-16 */

/* find_called.c */
void find_called_form(struct find *f, struct str form, bool there);	/* a form, which may be a code, came or went */
void find_called(struct buf *b, const struct find *f);	/* append the line of names */
struct find_asked {			/* a word of a query: its form; the same as names have it */
	struct str form, called;
	bool not;
};
struct find_named {			/* as struct hints; codes borrowed from the line */
	struct str codes[HINTS_MAX];
	size_t n, others;
	bool ask[FIND_WORDS];
};
void find_names_in(struct find_named *to, struct str line, const struct find_asked *w, size_t n);

#endif
