/* kb/gate/zstd.h: the gate to zstd: stored texts of the index, one frame each, with a trained
 * dictionary shared by all; and whole files. Sizes that come from a frame are compared with a limit before anything
 * is allocated. */
#ifndef KB_GATE_ZSTD_H
#define KB_GATE_ZSTD_H

#include <stdbool.h>
#include <stdint.h>

#include "kb/base/err.h"
#include "kb/base/str.h"

#define ZSTD_DICT_MAX ((size_t)32 << 10)	/* bytes; more gains under 1 % on documents of a few KiB */
#define ZSTD_DICT_SAMPLES 300			/* documents it is trained on, at most */

struct zpack;				/* contexts and the digested dictionary; one per thread */

/* dict may be empty: plain frames. The bytes are copied. RC_CORRUPT: not a dictionary. */
enum rc zpack_open(struct zpack **z, struct str dict, struct err *e) NODISCARD;
void zpack_close(struct zpack *z);	/* no-op on NULL */

/* Append one frame that says its own size; level 3; no checksum (the index keeps its own). */
enum rc zpack_encode(struct buf *out, struct zpack *z, struct str text, struct err *e) NODISCARD;
/* Append the text of one frame. RC_CORRUPT: damaged, made with another dictionary, not saying its size,
 * more than max bytes, or bytes behind it; out is as before. */
enum rc zpack_decode(struct buf *out, struct zpack *z, struct str frame, size_t max, struct err *e) NODISCARD;

/* Train a dictionary on n texts (at most ZSTD_DICT_SAMPLES are read). The same texts in the same order give
 * the same bytes. RC_NOTFOUND: too little to learn from; go on without one. */
enum rc zpack_train(struct buf *dict, const struct str *texts, size_t n, struct err *e) NODISCARD;

/* ---- whole files ---- */

#define ZSTD_WINDOW 27			/* log2 of bytes: what reading a file needs at most, 128 MiB */

bool zstd_begins(struct str head);	/* by its first 4 bytes */

/* Read an open file from where it stands to its end (size bytes) and write it to another, compressed with matches
 * from afar, with a checksum; or back, at most max bytes of it. The same file gives the same bytes. Names are for
 * messages. RC_INVALID: damaged, cut off, something behind it, in need of more memory, or more than max. */
enum rc zstd_pack(int in, int out, uint64_t size, const char *name, struct err *e) NODISCARD;
enum rc zstd_unpack(int in, int out, uint64_t max, const char *name, struct err *e) NODISCARD;

#endif
