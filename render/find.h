/* render/find.h: search on a static site: the index of a copy, the script files that hold it, and the one ranking
 * that `colep search --as-site` and the page share.
 *
 * What is indexed is the copy: titles, summaries and codes of its entries, and the text of their pages as body.c
 * made it. So what is left out of the copy or of a page (links to other documents, a facilitator's part) is in no
 * byte here. Documents are numbered newest first; of equal hits the newer comes first. */
#ifndef RENDER_FIND_H
#define RENDER_FIND_H

#include "kb/index/query.h"
#include "render/copy.h"
#include "render/kept.h"
#include "render/md.h"

struct find;				/* owned; keeps pointers into the copy */

/* parts: how many threads will add documents, each with a number below that. */
struct find *find_open(const struct copy *c, unsigned parts);
/* The same with find_load where the copy is the one that was kept, but for texts and history. NULL: there is nothing. */
struct find *find_open_near(const struct copy *c, unsigned parts, const char *path, const unsigned char key[KEPT_KEY],
    struct str stamp);
void find_close(struct find *f);	/* no-op on NULL */

/* Add one admitted entry with the HTML of its body, as on its page. c: the copy, or one that is watched. Each entry
 * once, in any order, by any part: the result is the same. Not at the same time with the same part. */
void find_add(struct find *f, unsigned part, const struct copy *c, const struct entry *e, struct str html);
/* After the last find_add; then the index can be written and asked. path: where find_save will keep what it is made of,
 * which then is written at once as far as it goes; find_save must follow. NULL: nothing is. find_forget frees all that is
 * needed only to ask, and by find_save: then it can be written still. */
void find_finish(struct find *f, const char *path, const unsigned char key[KEPT_KEY]);
void find_forget(struct find *f);

/* find_kept.c, find_patch.c. Before anything is added, find_load what the build before kept at that path; find_keep in place of find_add
 * for entries that are as they were; false: there is none. Then, in place of find_finish, find_patch, which
 * changes the index as far as other entries touch it. read: append a file of the index before; false: it is not as it was.
 * false: the index must be made anew, and for that find_restore the words of what was kept; false: it must be added. */
typedef bool find_read_fn(void *ctx, struct buf *b, struct str name);
bool find_load(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp);
bool find_keep(struct find *f, const struct entry *e);
bool find_keep_all(struct find *f);	/* all entries at once; false: of some there is none, and each is to be asked for */
void find_unkeep(struct find *f, const struct entry *e);	/* that one after all not: it is added, or cannot be */
bool find_patch(struct find *f, find_read_fn *read, void *ctx);
bool find_restore(struct find *f);
/* Is a file of the index to be written: false after find_patch for those that stay. */
bool find_makes(const struct find *f, struct str name);
/* stamp: of KEPT_KEY bytes, never the same again. May run while files are written. */
enum rc find_save(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp, struct err *e) NODISCARD;

/* Add all entries, their bodies laid out by m; then find_finish. RC_IO: no Markdown worker. */
enum rc find_fill(struct find *f, struct md *m, struct err *e) NODISCARD;

/* The files, all in the folders find, find-d, find-p and find-t, sorted by name; in the arena. */
struct str *find_names(size_t *n, struct arena *a, const struct find *f);
/* Append the file of that name. false: there is none. */
bool find_write(struct buf *out, const struct find *f, struct str name);
bool find_is_name(struct str name);	/* could be the name of such a file */

/* An entry as FILTERS see it: a translation has its original's keys, but its own language and date. No path. */
void find_record(struct record *r, const struct entry *e);

struct page;
void find_page(struct page *p);		/* what stands in search.html */

struct find_hit {
	const struct entry *entry;
	uint64_t score;			/* comparable within one result only */
};
struct find_result {
	struct find_hit *hits;		/* best first; in the arena */
	size_t n;
	size_t total;			/* documents that match at all */
};
/* RC_INVALID: neither a word to look for nor a filter. */
enum rc find_run(struct find_result *r, struct arena *a, const struct find *f, struct str query,
    const struct filters *filters, size_t limit, struct err *e) NODISCARD;

#endif
