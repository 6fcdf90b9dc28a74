/* kb/gate/lmdb.h: the gate to LMDB: one environment in one file, named tables of sorted byte keys, read and
 * write transactions. One environment per process, opened after any fork; read transactions are short.
 * Values borrow the map: valid until the transaction ends or (in a write transaction) the next change.
 * LMDB has no checksums and turns a truncated file into SIGBUS, so open compares the file's size with the
 * size of its pages in use; what is stored is checked by those who stored it. */
#ifndef KB_GATE_LMDB_H
#define KB_GATE_LMDB_H

#include <stdbool.h>
#include <stdint.h>

#include "kb/base/err.h"
#include "kb/base/str.h"

#define STORE_KEY_MAX 511		/* bytes; LMDB's longest key as Debian builds it */
#define STORE_TABLES 16			/* named tables an environment may have */

struct store;				/* an environment */
struct txn;				/* a transaction */
typedef unsigned table_id;		/* a named table, valid as long as the store */

/* Open or (write) create the file at path. map = bytes of address space, the most it may ever grow to.
 * Stale readers of killed processes are cleared. RC_NOTFOUND: not there and write is false. RC_CORRUPT:
 * not ours, truncated. RC_IO: disk, permission. */
enum rc store_open(struct store **s, const char *path, size_t map, bool write, struct err *e) NODISCARD;
void store_close(struct store *s);	/* no-op on NULL */
bool store_is(struct store *s, const char *path);	/* that file, and no other that has taken its place */
/* Commits are no longer durable (a file that is being made), or are from now on, and what was written is now. */
enum rc store_durable(struct store *s, bool durable, struct err *e) NODISCARD;
/* Bits by page, low first, of all that the last commit counts: 1: no table uses it. */
enum rc store_free_pages(struct buf *bits, struct store *s, struct err *e) NODISCARD;
uint64_t store_commit(struct store *s);	/* the number of the last commit */
void store_remove(const char *path);	/* the file and its lock; not being there is fine */

enum rc txn_begin(struct txn **t, struct store *s, bool write, struct err *e) NODISCARD;
/* Ends the transaction also when it fails; the old state then stands. Durable when RC_OK. RC_CORRUPT: the disk did not take
 * it; what of it is there nobody knows. That is so of a power cut meanwhile as well, which those who open it must find. */
enum rc txn_commit(struct txn **t, struct err *e) NODISCARD;
void txn_abort(struct txn **t);		/* no-op when *t is NULL */
uint64_t txn_bytes(struct txn *t);	/* of the file, as the last commit counts: no less than all that it holds */

/* A table by name, made when missing in a write transaction; else RC_NOTFOUND. NULL: the one in which LMDB keeps where the
 * named ones begin, under their names; what is put there changes no page besides its own. */
enum rc txn_table(table_id *id, struct txn *t, const char *name, struct err *e) NODISCARD;

enum rc txn_get(struct str *value, struct txn *t, table_id id, struct str key, struct err *e) NODISCARD;
/* What was got so far need not stay in memory: who looks at it again waits for it again. */
void txn_rest(struct txn *t);
/* The last entry whose key is not after this one. */
enum rc txn_get_before(struct str *k, struct str *value, struct txn *t, table_id id, struct str key, struct err *e) NODISCARD;
/* The first entry whose key is not before this one. */
enum rc txn_get_from(struct str *k, struct str *value, struct txn *t, table_id id, struct str key, struct err *e) NODISCARD;
enum rc txn_put(struct txn *t, table_id id, struct str key, struct str value, struct err *e) NODISCARD;
/* The same for a key after all that are there: no search, pages filled full. RC_INVALID: not after. */
enum rc txn_append(struct txn *t, table_id id, struct str key, struct str value, struct err *e) NODISCARD;
enum rc txn_del(struct txn *t, table_id id, struct str key, struct err *e) NODISCARD;	/* RC_NOTFOUND */
/* All entries whose keys begin so; none is fine. */
enum rc txn_del_all(struct txn *t, table_id id, struct str prefix, struct err *e) NODISCARD;
enum rc txn_clear(struct txn *t, table_id id, struct err *e) NODISCARD;	/* all entries; the table stays */
enum rc txn_count(uint64_t *n, struct txn *t, table_id id, struct err *e) NODISCARD;

/* Entries in order of key bytes. Starts at the first key >= from (STR_NONE: at the first). */
struct store_iter {
	void *cursor;
	struct str from;
	bool started;
};
enum rc store_iter_open(struct store_iter *it, struct txn *t, table_id id, struct str from, struct err *e) NODISCARD;
enum iter store_iter_next(struct store_iter *it, struct str *key, struct str *value, struct err *e) NODISCARD;
void store_iter_close(struct store_iter *it);	/* always, before the transaction ends */

#endif
