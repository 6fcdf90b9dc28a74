/* render/form.h: the form that documents are written in without a node: write.html, and write-data.js with what it
 * knows of kinds, codes and words, from the same tables as `check`. The scripts are render/theme/write.js and
 * personal.js. */
#ifndef RENDER_FORM_H
#define RENDER_FORM_H

#include "render/page.h"

#define FORM_DATA "write-data.js"

void page_form(struct page *p);		/* what stands in the frame of write.html */
/* Append write-data.js: one call W({...}). It holds vocabularies and texts, nothing of any document. */
void form_data(struct buf *b, const struct copy *c);

#endif
