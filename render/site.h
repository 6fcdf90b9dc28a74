/* render/site.h: a copy written to a folder: the static site. Only files that differ are written, files of an
 * earlier build that are no longer made are removed, and no other file is ever touched. */
#ifndef RENDER_SITE_H
#define RENDER_SITE_H

#include "render/copy.h"
#include "render/kept.h"
#include "render/md.h"

struct site_told {			/* what happened; fn may be NULL */
	void (*progress)(void *ctx, uint64_t n, uint64_t total);
	void (*bad)(void *ctx, const char *message);	/* a page whose text could not be laid out */
	void *ctx;
	enum rc (*then)(void *then_ctx, struct err *e);	/* all is written, and nobody else writes there yet */
	void *then_ctx;
	size_t pages, written, removed, bad_pages;
};

/* What a folder holds. */
struct site_before {			/* zeroed is nothing */
	struct str *names;		/* of the manifest, sorted */
	size_t n;
	struct str *docs;		/* names of the documents among them, sorted */
	size_t ndocs;
	struct kept_stat stat;		/* of the manifest */
	struct buf text;		/* names borrow it, or are a's */
	struct arena a;
};
/* May the folder be written: it is not there, empty, or has our manifest. RC_INVALID: it holds other files, or something of
 * ours is a link; the message says how to mend. k: NULL, or what was kept of it. */
enum rc site_check(struct site_before *b, const char *dir, const struct kept *k, struct err *e) NODISCARD;
void site_before_free(struct site_before *b);

/* Did no file come to the folder or go since the build that kept this ended, by the stats of its folders. */
bool site_no_file_came(const struct kept *k, const char *dir);

#define SITE_JOBS_MAX 8

/* Write the copy with 1 to SITE_JOBS_MAX threads, each with a Markdown worker of m; the bytes are the same with any
 * number. Bad pages are told, in order, and the rest goes on: RC_OK. place: where what the last build into dir was
 * made of is kept, so that only what changed is made anew; NULL: all is made. kept: that, opened, or NULL; closed. before: of
 * site_check, kept while it lasts. */
enum rc site_write(const char *dir, struct md **m, unsigned jobs, const struct copy *c, struct site_before *before,
    const struct kept_place *place, struct kept *kept, struct site_told *told, struct err *e) NODISCARD;

#endif
