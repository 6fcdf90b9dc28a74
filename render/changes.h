/* render/changes.h: what happened to the documents of a copy: the history of each, and what is new or changed since
 * the last meeting, with the passages that differ.
 *
 * A copy knows of the past only what its audience may have seen: a document's history begins at the first revision
 * since which every one was fit for it (copy_fit), and older texts are not read beyond that question. */
#ifndef RENDER_CHANGES_H
#define RENDER_CHANGES_H

#include "render/image.h"
#include "render/page.h"

struct repo;

struct changes;				/* in the copy's arena */

/* Begin to read the history of the node in dir, in a thread of its own. dir: lives until it is loaded. */
struct reading *changes_begin(const char *dir, const struct oid *main);
/* Put it into c->changes; takes r. A node whose history cannot be read has none: the pages then do without, and *e says
 * why. */
enum rc changes_load(struct copy *c, struct reading *r, struct err *e);
void changes_cancel(struct reading *r);		/* no-op on NULL */

/* The same of a copy that has the history of c->since: goes on from there, where that is one line of commits, and adds those
 * that they touch to c->changed. RC_NOTFOUND: it is not. */
enum rc changes_go_on(struct copy *c, struct repo *repo, const struct oid *main, struct err *e);
/* Put them into an image (image.h), where all entries are at `to`; a: for what is not put yet. The address that they get. */
struct changes *changes_walk(struct image *x, struct arena *a, const struct copy *c, struct entry *to);

bool changes_have(const struct copy *c);
size_t changes_count(const struct copy *c);	/* documents that are new or changed */

/* Append what changes_history tells of a document, and what a page of changes.html is made of, but for the documents'
 * faces and texts: bytes to compare, for facts.h. */
void changes_of(struct buf *b, const struct copy *c, const struct entry *e);
void changes_of_page(struct buf *b, const struct copy *c, size_t page);
bool changes_page_has(const struct copy *c, size_t page, const struct str *names, size_t n);	/* any of these documents */
bool changes_moved(const struct copy *c);	/* since what changes_go_on began with: other documents, or in another order */

void changes_summary(struct page *p);		/* "3 new, 2 changed since ..." with a link */
void changes_history(struct page *p, const struct entry *e);	/* of one document, for its page */
/* changes.html, changes.2.html, ... */
enum rc changes_write(struct page *p, struct page_head *h, struct str file, struct err *e) NODISCARD;

#endif
