/* render/body.h: from a document's body to the HTML of its page: conflicts shown as such, links led to
 * the pages of the copy, what facilitators keep to themselves left out. */
#ifndef RENDER_BODY_H
#define RENDER_BODY_H

#include "render/copy.h"
#include "render/page.h"

/* One stretch of a body: plain text, or a variant of a conflict. */
struct part {
	struct str text;
	unsigned variant;		/* 0: no conflict; else 1, 2, ... */
	bool last;			/* the last variant of its conflict */
};

/* Split at the marks "<!-- conflict -->", "<!-- or -->", "<!-- /conflict -->" on lines of their own. Marks
 * that do not form a well-made group are text. In the arena; texts borrow body. */
struct part *body_parts(size_t *n, struct arena *a, struct str body);

/* Append the HTML of a document's text to the page. player: without what is for facilitators. RC_INVALID: part
 * of it could not be rendered and stands there as escaped text with a notice (in the player view: only the notice);
 * go on. RC_IO: no worker. */
enum rc body_render(struct page *p, const struct entry *of, bool player, struct err *e) NODISCARD;

/* Let the worker begin with the text of an entry that is no broken one, for whose page body_render will be called next with
 * this text in p->text. */
void body_expect(struct md *m, const struct entry *of, struct str text);

/* Append HTML without its tags, blanks made one. */
void body_plain(struct buf *b, struct str html);

/* The last step, on what md_render gave: see body.c. */
struct post {
	const struct copy *copy;
	const char *up;			/* from the page to the root of the copy */
	struct str within;		/* prefix of anchors, where several documents share a page */
	const struct texts *t;		/* NULL: English */
	bool whole;			/* links to documents are anchors of this page */
	unsigned part;			/* number of the part, from 0: keeps footnotes apart */
	unsigned headings;		/* seen so far: ids run through all parts */
	const struct kind *player;	/* the kind whose player view this is, or NULL */
	bool hidden;			/* inside what is for facilitators; carried from part to part */
	unsigned level;			/* of the heading that hides */
};
void body_post(struct buf *out, struct str html, struct post *p);

/* Of the HTML from an offset on: dir="auto" is what most letters of each block say, and goes where that is how the
 * document goes anyway. A browser would ask the first letter alone: "COLEP" at the head of a Persian sentence. */
void body_directions(struct buf *b, size_t from, bool rtl);

#endif
