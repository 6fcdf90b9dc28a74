/* kb/doc/template.h: the empty document of a kind, from the same data as the checks. */
#ifndef KB_DOC_TEMPLATE_H
#define KB_DOC_TEMPLATE_H

#include "kb/doc/doc.h"

struct template_set { struct str key, value; };	/* --set K=V; a list value is "a,b" */

/* A draft: required keys (status draft), those published documents need, headings. RC_INVALID: a set key
 * that the kind has not, or one that the arguments say (id, kind, title, owner, status, lang). Set keys are NUL-terminated. */
enum rc template_write(struct buf *b, const struct kind *k, struct str id, struct str title, struct str owner,
    struct str lang, struct str date, const struct template_set *sets, size_t n, struct err *e) NODISCARD;

#endif
