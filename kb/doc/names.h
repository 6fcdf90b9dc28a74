/* kb/doc/names.h: what the codes of a document are called, so that it is found by every name of each. */
#ifndef KB_DOC_NAMES_H
#define KB_DOC_NAMES_H

#include "kb/doc/front.h"
#include "kb/doc/kind.h"
#include "kb/doc/vocab.h"

/* The label and each "also called" name of every code in front matter of a kind (NULL: of none), each name once;
 * borrowed from v. lang: "en", or what its letters are of, as vocabularies have names in any language. */
typedef void name_fn(void *ctx, struct str name, struct str lang);
void names_each(const struct front *f, const struct kind *k, const struct vocab *v, name_fn *fn, void *ctx);

/* The codes (called.h) of a document's kind, stage, roles, countries and topics; borrowed for ever. */
typedef void code_fn(void *ctx, struct str code);
void codes_each(const struct front *f, const struct kind *k, code_fn *fn, void *ctx);

#endif
