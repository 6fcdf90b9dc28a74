/* kb/out.h: answers on standard output, as the contract wants them: one record a line, in text
 * fields between TABs with \t \n \xNN for what would break the line, or (--json) compact JSON objects
 * with the keys in the order given, absent = null. On a terminal it is a table with the keys on top, its last column wrapped;
 * when that is too wide, each record is a list of its keys and values. All records have the same keys; one key alone is not named.
 *
 *	out_begin(&o);
 *	out_text(&o, "id", id);
 *	out_number(&o, "rank", 1);
 *	out_end(&o);
 *
 * Write errors are seen by main, which flushes and checks the stream at the end. */
#ifndef KB_OUT_H
#define KB_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kb/screen.h"

struct out {
	FILE *f;			/* borrowed */
	bool json;
	const struct screen *screen;	/* borrowed; NULL: no terminal */
	unsigned field;			/* number of fields so far in this record */
	struct buf line;
	struct buf keys, rows;		/* on a terminal: of the first record; all, kept until out_close */
};

void out_open(struct out *o, FILE *f, bool json, const struct screen *screen);	/* screen: NULL when f is no terminal */
void out_begin(struct out *o);
void out_text(struct out *o, const char *key, struct str value);	/* a NULL .p: absent */
void out_number(struct out *o, const char *key, int64_t value);
void out_list(struct out *o, const char *key, const struct str *values, size_t n);	/* text: "a,b" */
void out_null(struct out *o, const char *key);
void out_end(struct out *o);
void out_close(struct out *o);			/* prints what was kept for a terminal; frees */

#endif
