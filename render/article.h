/* render/article.h: a document as an article, headings and all: what its own page and a pack on one page share. */
#ifndef RENDER_ARTICLE_H
#define RENDER_ARTICLE_H

#include "render/page.h"

/* Append it. player: an exercise without what facilitators see. Errors are those of page_write. */
enum rc article_write(struct page *p, const struct entry *e, bool player, struct err *err) NODISCARD;
enum rc article_body(struct page *p, const struct entry *e, bool player, struct err *err) NODISCARD;	/* only its text */

#endif
