/* render/kept_io.h: files that one build keeps for the next (kept.h), each under a key: it is there as it was written, or not at
 * all. They are mapped, and their parts taken off with their bounds checked. */
#ifndef RENDER_KEPT_IO_H
#define RENDER_KEPT_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/str.h"

#define KEPT_KEY 16			/* bytes */

struct kept_stat {
	uint64_t size, inode, mtime, ctime;	/* nanoseconds */
};
struct kept_stat kept_stat(const struct stat *st);
/* Does an equal stat tell that nobody wrote the file: not where times are whole seconds. */
bool kept_stat_tells(const struct kept_stat *s);
bool kept_stat_same(const struct kept_stat *now, const struct kept_stat *was);	/* is it equal, and does it tell */

struct kept_map {			/* zeroed is none */
	struct str all;
	struct str body;
	struct kept_stat stat;		/* of the file */
};
/* Map a file that kept_end wrote with that key. RC_NOTFOUND: there is none, or it is not as it was written. */
enum rc kept_map(struct kept_map *m, const char *path, const unsigned char key[KEPT_KEY]) NODISCARD;
/* The same at that address, to be written to without any effect on the file; RC_NOTFOUND also where something else is there.
 * The body begins KEPT_BODY bytes behind it. The sum, which costs more than all else, is not looked at where kept_vouch
 * told that the file is right. That is told for one time: who then comes to a good end tells it again. */
enum rc kept_map_at(struct kept_map *m, const char *path, const unsigned char key[KEPT_KEY], uintptr_t at) NODISCARD;
#define KEPT_BODY 32
void kept_vouch(const char *path, const struct kept_stat *stat);
void kept_unmap(struct kept_map *m);
bool kept_map_any(struct kept_map *m, const char *path);	/* a whole file, whatever is in it; false: there is none */
struct str kept_sum(const struct kept_map *m);	/* of the file, as bytes: no other has it */

/* A file being written: under a temporary name until it is whole, or, `on`, from where it ends. */
struct kept_pen {
	struct arena a;
	const char *path, *file;	/* file: the one that is open */
	int fd;
	struct err err;			/* the first one */
};
enum rc kept_pen_open(struct kept_pen *p, const char *path, bool on, struct err *e) NODISCARD;
void kept_pen_write(struct kept_pen *p, struct str s);	/* what fails is told by kept_pen_close */
enum rc kept_pen_close(struct kept_pen *p, struct err *e) NODISCARD;	/* what failed leaves no file that was open */

struct kept_out;			/* a file as kept_map reads it, being written */
enum rc kept_begin(struct kept_out **o, const char *path, const unsigned char key[KEPT_KEY], struct err *e) NODISCARD;
void kept_add(struct kept_out *o, struct str s);
void kept_add_u32(struct kept_out *o, uint32_t v);
void kept_add_str(struct kept_out *o, struct str s);	/* with its length in front */
#define KEPT_ALIGN 8
void kept_add_zeros(struct kept_out *o);	/* up to a multiple of KEPT_ALIGN bytes of the file */
enum rc kept_end(struct kept_out *o, struct err *e) NODISCARD;

/* Take off *s, bounds checked. false: it is not there. */
bool kept_take(struct str *part, struct str *s, size_t n);
bool kept_take_into(void *to, struct str *s, size_t n);	/* a copy of it */
bool kept_take_u32(uint32_t *v, struct str *s);
bool kept_take_u64(uint64_t *v, struct str *s);
bool kept_take_str(struct str *part, struct str *s);
bool kept_take_zeros(struct str *s, const struct kept_map *m);	/* what kept_add_zeros put there */

/* Rows of one size, each beginning with its name (struct str), in order of these. The first of those from `from` to `to` that is
 * not before a name; to: all are. */
size_t kept_rows_lower(const void *rows, size_t size, size_t from, size_t to, struct str name);
/* Put the nx rows x into out, which has room for all, but those that are among the ny rows y, which are put in their place unless
 * they are gone. How many that are. */
size_t kept_rows_merge(void *out, const void *x, size_t nx, const void *y, size_t ny, size_t size, bool (*gone)(const void *row));

/* Append what kept_take_u32, _u64 and _str take. */
void kept_put_u32(struct buf *b, size_t v);
void kept_put_u64(struct buf *b, uint64_t v);
void kept_put_str(struct buf *b, struct str s);

#endif
