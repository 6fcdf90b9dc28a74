/* kb/index/sealed.h: values in the index's tables, each with a check behind it that is told by reading; and which of the large
 * ones were found right already, so that each is checked once a process. */
#ifndef KB_INDEX_SEALED_H
#define KB_INDEX_SEALED_H

#include "kb/gate/lmdb.h"

/* Stored values carry a check of key and bytes behind them. */
void seal(struct buf *b, struct str key);	/* append it */
bool sealed(struct str *v, struct str key);	/* is it right? takes it off */
/* The same of a value in a table: put down as the last of all keys or wherever it belongs, *value being emptied; looked
 * up, RC_NOTFOUND, or RC_CORRUPT when it is not right. */
enum rc sealed_append(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e) NODISCARD;
enum rc sealed_put(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e) NODISCARD;
enum rc sealed_get(struct str *v, struct txn *t, table_id id, struct str key, struct err *e) NODISCARD;

struct seen;
struct seen *seen_open(void);
void seen_close(struct seen *s);
bool seen_right(const struct seen *s, uint32_t segment, unsigned table, uint32_t chunk);	/* was it found right already? */
void seen_mark(struct seen *s, uint32_t segment, unsigned table, uint32_t chunk);

#endif
