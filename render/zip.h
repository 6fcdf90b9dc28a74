/* render/zip.h: files into one .zip, for mail or a download page. Same files, same bytes: no clock, no owner, no
 * time zone (which is why the container is written here, over libdeflate: libarchive's has local time in it). */
#ifndef RENDER_ZIP_H
#define RENDER_ZIP_H

#include "kb/base/err.h"
#include "kb/base/str.h"

struct zip;

/* Begin a file beside path, of a name that no other build has; those of builds that were stopped are removed. day: days since 1970,
 * what all files are dated (1980 at the earliest). */
enum rc zip_open(struct zip **z, const char *path, int64_t day, struct err *e) NODISCARD;
/* Add a file. Names are ASCII with "/" between. RC_INVALID: more files or bytes than a plain .zip holds. */
enum rc zip_add(struct zip *z, struct str name, struct str bytes, struct err *e) NODISCARD;
/* Finish, and put it in the place of path; frees z, also on failure, which leaves path as it was. */
enum rc zip_close(struct zip *z, struct err *e) NODISCARD;
void zip_abandon(struct zip *z);	/* no-op on NULL */

#endif
