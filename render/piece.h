/* render/piece.h: pieces of pages that look the same wherever they stand: a country with its link, the menu, a document
 * in a list. Each is made once and copied then, with the facts (facts.h) that it was made of noted again. Of one thread. */
#ifndef RENDER_PIECE_H
#define RENDER_PIECE_H

#include "render/facts.h"

struct pieces {				/* owned; zeroed is empty: pieces_free */
	struct buf bytes;		/* what is kept, from piece to piece */
	uint64_t *slots;		/* hash << 32 | offset + 1; 0: free. A power of two, at most half full */
	size_t n, nslots;
	uint32_t *placed;		/* offset + 1 of those that have a place; 0: none */
	size_t nplaced;
};
void pieces_free(struct pieces *x);

enum piece_sort { PIECE_MENU, PIECE_SCRIPTS, PIECE_CODE, PIECE_FACT, PIECE_FACTS, PIECE_META, PIECE_LABEL, PIECE_ITEM };
struct piece_key {			/* all that a piece hangs on, but for the copy and its theme */
	enum piece_sort sort;
	const void *texts, *of;		/* as the sort has it; compared as addresses */
	const char *up;			/* "" or "../" */
	struct str code;
	/* Of pieces that differ in nothing but of and up, without a code: the number of this one among so many, always as many.
	 * They are found without a hash. Of all others: 0. */
	uint32_t place, places;
};

/* Append the piece of a key that is kept; false: it is to be made, after *mark, and given to piece_keep. x NULL: nothing is
 * kept, ever. f: where facts are noted, or NULL. */
struct piece_mark { size_t html, facts; };
bool piece_put(struct buf *b, struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k);
/* Keep what was appended since. */
void piece_keep(const struct buf *b, const struct piece_mark *mark, struct pieces *x, struct facts *f, const struct piece_key *k);

#endif
