/* render/rows.h: what the texts of documents say outside their bodies, parsed and packed: a matter of the text alone,
 * whoever may read it. Kept for the next build (kept.h), which then reads the texts that changed and no others. */
#ifndef RENDER_ROWS_H
#define RENDER_ROWS_H

#include "render/copy.h"
#include "render/kept.h"

/* Append the row of a text. scratch: emptied. */
void row_make(struct buf *row, struct arena *scratch, struct str text);
/* Fill what an entry has of its text: doc without its body, face with a hash of the front matter, body, body_line, broken,
 * fault, links. Strings borrow row; arrays live in the arena. false: it is no row. */
bool row_read(struct entry *e, struct arena *a, struct str row);

struct rows {				/* of an earlier build, by name; zeroed is none */
	struct kept_map map;
	struct str rest;		/* of those not passed yet */
	uint32_t left;
	struct str name, row;		/* the one that rest begins behind */
	struct oid blob;
};
void rows_open(struct rows *r, const struct kept_place *place);
void rows_close(struct rows *r);	/* what was read from it borrows it */
/* The row of a document, or STR_NONE. Names in order. */
struct str rows_next(struct rows *r, struct str name, const struct oid *blob);
/* Rows of all entries, which have their row. */
enum rc rows_save(const struct kept_place *place, const struct copy *c, struct err *e) NODISCARD;

#endif
