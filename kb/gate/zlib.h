/* kb/gate/zlib.h: the gate to zlib, loaded when first used: git packs the bodies of its requests with gzip. */
#ifndef KB_GATE_ZLIB_H
#define KB_GATE_ZLIB_H

#include "kb/base/str.h"

/* Append what a gzip file holds; nothing behind it is allowed. RC_INVALID: damaged, cut off, or more than max bytes;
 * *out is as before. RC_IO: no library. */
enum rc gzip_unpack(struct buf *out, struct str packed, size_t max, struct err *e) NODISCARD;

#endif
