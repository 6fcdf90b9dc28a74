/* kb/index/sum.h: whether the index's file is as its last writer left it, in the time a stat takes. See sum.c. */
#ifndef KB_INDEX_SUM_H
#define KB_INDEX_SUM_H

#include "kb/gate/lmdb.h"

struct sum {				/* of the pages in use, after some commit */
	struct buf free;		/* runs of pages that are not, as store_free_pages gives them */
	uint64_t pages, sum;		/* pages of the file */
	bool known;			/* false: nothing is known yet; the next sum_commit reads all */
};
#define SUM_INIT { BUF_INIT, 0, 0, false }
void sum_free(struct sum *s);

/* Is the file as sum_write found it? Its bytes are read only when its stat differs. Then s (or NULL) gets what the
 * record says. */
bool sum_right(struct sum *s, const char *path);
void sum_forget(const char *path);	/* so that it is right no more */
/* After each commit, before the next: take in what it changed. s is that of the commit before, or not known. */
enum rc sum_commit(struct sum *s, struct store *store, const char *path, struct err *e) NODISCARD;
/* Write the record. The file is closed, or nobody writes it now. */
enum rc sum_write(const struct sum *s, const char *path, struct err *e) NODISCARD;

#endif
