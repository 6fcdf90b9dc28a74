/* render/manifest.h: manifest.txt of a site: it tells that a folder is ours, and which files in it, with their hashes. */
#ifndef RENDER_MANIFEST_H
#define RENDER_MANIFEST_H

#include <stdbool.h>

#include "kb/base/err.h"
#include "kb/base/str.h"

#define MANIFEST "manifest.txt"
#define MANIFEST_MAX ((size_t)64 << 20)	/* bytes; about 600,000 files */
#define MANIFEST_DIGEST 32		/* bytes of SHA-256 */

enum { SITE_FOLDERS = 12 };
extern const char *const site_folders[SITE_FOLDERS];	/* in which files of a site may be, by name */

bool manifest_name(struct str name);	/* may a site have a file of that name */
/* One line, without its end, also one of earlier versions; name borrows it. false: not such a line, or a name that no build of ours makes. */
bool manifest_take(struct str *name, struct str line);
/* Append a line. digest: MANIFEST_DIGEST bytes; NULL: not known yet. */
void manifest_add(struct buf *b, const unsigned char *digest, struct str name);
size_t manifest_length(struct str name);	/* bytes of its line */

enum rc manifest_write(const char *dir, struct str lines, struct err *e) NODISCARD;
/* Put lines behind those that there are; dir is open. false: it is as it was: it does not end as it should, or has other names
 * in the file system, as in a copy made by links, which stay as they are. */
bool manifest_append(int dir, struct str lines);
/* Write digits where they stand, and see to it that they are on the disk before anything is kept that says so: after a power
 * cut its time alone might be there. false: some of it may be written. */
struct manifest_digits {
	size_t at;			/* where the line begins */
	const unsigned char *digest;	/* MANIFEST_DIGEST bytes */
};
bool manifest_put(int dir, const struct manifest_digits *v, size_t n);

#endif
