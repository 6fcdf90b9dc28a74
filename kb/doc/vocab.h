/* kb/doc/vocab.h: controlled vocabularies (DOMAIN 4): built-in defaults, replaced one by one by the
 * tables of vocab/<name>.md: code | label | group | also called | note. */
#ifndef KB_DOC_VOCAB_H
#define KB_DOC_VOCAB_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/str.h"

struct term {
	struct str code, label, group, also, note;	/* also: names separated by commas */
};
struct vocab_table {
	struct str name;		/* "topics" */
	struct term *terms;		/* in table order */
	size_t n;
};
struct vocab {
	struct vocab_table *tables;
	size_t n;
};

void vocab_default(struct vocab *v, struct arena *a);
/* Replace (or add) one table by the Markdown of vocab/<name>.md. RC_INVALID: no such table in it. */
enum rc vocab_read(struct vocab *v, struct arena *a, struct str name, struct str markdown, struct err *e) NODISCARD;
/* The default table as Markdown, as init writes it to vocab/. */
void vocab_format(struct buf *b, const struct vocab_table *t);

const struct vocab_table *vocab_table(const struct vocab *v, struct str name);
const struct term *vocab_term(const struct vocab_table *t, struct str code);
/* The code nearest to a wrong one, or STR_NONE. */
struct str vocab_nearest(const struct vocab_table *t, struct str code);
/* Display name of a code in any table ("MK" North Macedonia); the code itself when unknown. */
struct str vocab_label(const struct vocab *v, const char *table, struct str code);

#endif
