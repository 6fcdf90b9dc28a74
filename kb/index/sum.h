/* kb/index/sum.h: whether the index's file is as its last writer left it, in the time a stat takes. See sum.c. */
#ifndef KB_INDEX_SUM_H
#define KB_INDEX_SUM_H

#include "kb/gate/lmdb.h"

struct sum {				/* of a file that is written */
	struct buf free;		/* after some commit, bits by page: it is not in use, as store_free_pages gives them; empty: not known */
	uint64_t commit;		/* its number, as store_commit gives it */
	struct buf late;		/* checks of pages that are not in their place yet: see sum.c */
	int fd, record;			/* the file, the record beside it; -1: not open */
	const char *map;		/* of the file; NULL: none yet */
	size_t mapped;			/* bytes of it, some behind the file's end */
};
#define SUM_INIT { BUF_INIT, 0, BUF_INIT, -1, -1, NULL, 0 }
void sum_free(struct sum *s);

/* Is the file as sum_write found it? All of it is read when its stat differs, else some. */
bool sum_right(const char *path);
bool sum_stands(struct sum *s, const char *path);	/* the same by its stat alone, of who has it open to write */
void sum_forget(const char *path);	/* so that it is right no more */
/* Before a transaction that writes: which pages are in use now. At most once a process, when no other writes. */
enum rc sum_before(struct sum *s, struct store *store, const char *path, struct err *e) NODISCARD;
/* After each commit, before the next: take in what it changed. What was is not known: a new file, all of it is read. */
enum rc sum_commit(struct sum *s, struct store *store, const char *path, struct err *e) NODISCARD;
/* Say that the file is right as it stands. Nobody writes it now. */
enum rc sum_write(struct sum *s, const char *path, struct err *e) NODISCARD;

#endif
