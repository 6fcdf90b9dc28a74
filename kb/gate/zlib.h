/* kb/gate/zlib.h: the gate to zlib, loaded when first used: git packs the bodies of its requests with gzip, and a site
 * can be one .zip. */
#ifndef KB_GATE_ZLIB_H
#define KB_GATE_ZLIB_H

#include "kb/base/str.h"

/* Append what a gzip file holds; nothing behind it is allowed. RC_INVALID: damaged, cut off, or more than max bytes;
 * *out is as before. RC_IO: no library. */
enum rc gzip_unpack(struct buf *out, struct str packed, size_t max, struct err *e) NODISCARD;

/* Append bytes as raw deflate (no header); *smaller: is that less than they are. */
enum rc deflate_pack(struct buf *out, bool *smaller, struct str bytes, struct err *e) NODISCARD;
enum rc crc32_of(uint32_t *crc, struct str bytes, struct err *e) NODISCARD;	/* as gzip and .zip have it */

#endif
