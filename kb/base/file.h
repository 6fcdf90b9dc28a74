/* kb/base/file.h: files, folders and locks. Paths are NUL-terminated; messages name them. Nothing
 * here follows a symbolic link at the last component unless it says so. */
#ifndef KB_BASE_FILE_H
#define KB_BASE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/str.h"

/* Append the whole of a regular file of at most max bytes to *b. RC_NOTFOUND: no such file.
 * RC_INVALID: a symlink, fifo, device or folder, or larger than max (checked before reading). */
enum rc file_read(struct buf *b, const char *path, size_t max, struct err *e) NODISCARD;

/* The same of whatever a user names to be read once: a link is followed, a pipe is read to its end, "-" is standard input. */
enum rc file_read_stream(struct buf *b, const char *path, size_t max, struct err *e) NODISCARD;

/* Write s to path through a temporary file in the same folder: written, fsynced, renamed, folder
 * fsynced. On failure the old file stands and no temporary one is left. mode as for open(2). */
enum rc file_write(const char *path, struct str s, mode_t mode, struct err *e) NODISCARD;

/* The same without the two fsyncs, for what can be made again. */
enum rc file_write_fast(const char *path, struct str s, mode_t mode, struct err *e) NODISCARD;

/* Through an open file: as much as n bytes into p, less only at its end (*got); and all of s. name is for messages. */
enum rc fd_read(size_t *got, int fd, char *p, size_t n, const char *name, struct err *e) NODISCARD;
enum rc fd_write(int fd, struct str s, const char *name, struct err *e) NODISCARD;

/* fchmod, but for a disk that keeps no modes, such as FAT: there the file stays as the disk shows it. */
enum rc fd_mode(int fd, mode_t mode, const char *name, struct err *e) NODISCARD;

bool file_exists(const char *path);		/* anything at all, also a broken symlink */
bool file_is_dir(const char *path);		/* a folder, not a symlink to one */

/* mkdir -p; mode for each folder made. RC_OK when it was there. */
enum rc dir_make(const char *path, mode_t mode, struct err *e) NODISCARD;

/* Names in a folder but "." and "..", sorted by bytes, in the arena. RC_NOTFOUND: no such folder. */
enum rc dir_list(char ***names, size_t *n, struct arena *a, const char *path, struct err *e) NODISCARD;

/* Remove a tree, symlinks as such; what is not there is fine. */
enum rc dir_remove(const char *path, struct err *e) NODISCARD;

/* A path without "./" in front, as it is shown to people. Borrows path. */
const char *path_bare(const char *path);

/* "a/b" in the arena; b alone when it is absolute or a is "". */
char *path_join(struct arena *a, const char *dir, const char *name);

/* An exclusive lock on a lock file (made when missing, left in place), held until lock_close or the
 * end of the process, also by kill -9. Waits at most `seconds`; then RC_CONFLICT. */
struct lock {
	int fd;				/* -1: none */
};
#define LOCK_INIT { -1 }
enum rc lock_open(struct lock *l, const char *path, unsigned seconds, struct err *e) NODISCARD;
/* The same of a folder, in which no file is made. On a disk that locks no folders it is only opened. */
enum rc lock_folder(struct lock *l, const char *path, unsigned seconds, struct err *e) NODISCARD;
/* Shared with others who share it; waits for who has it alone. Where there is no such file, or no lock to be had: none. */
void lock_share(struct lock *l, const char *path);
void lock_close(struct lock *l);

#endif
