/* kb/gate/deflate.h: the gate to libdeflate, loaded when first used: git's objects are deflated, git packs the bodies of its
 * requests with gzip, and a site can be one .zip. It has whole texts in memory only, and takes half of zlib's time for it. */
#ifndef KB_GATE_DEFLATE_H
#define KB_GATE_DEFLATE_H

#include "kb/base/str.h"

/* The zlib stream that begins packed, into room bytes at to: *n of them, of *took bytes. False: damaged, cut off, more than
 * that, or no library; what stands at to then is nothing. Any thread. */
bool zlib_unpack(size_t *n, size_t *took, char *to, size_t room, struct str packed);

/* Append bytes as a zlib stream, packed as quickly as may be: smaller than zlib's level 3, in a fifth of its time. *p: what is
 * made for it, NULL at first, and used again; the caller's to free. */
struct packer;
enum rc zlib_pack(struct buf *out, struct packer **p, struct str bytes, struct err *e) NODISCARD;
void packer_free(struct packer *p);		/* no-op on NULL */

/* Append what a gzip file holds; nothing behind it is allowed. RC_INVALID: damaged, cut off, or more than max bytes;
 * *out is as before. RC_IO: no library. */
enum rc gzip_unpack(struct buf *out, struct str packed, size_t max, struct err *e) NODISCARD;

/* Append bytes as raw deflate (no header); *smaller: is that less than they are. */
enum rc deflate_pack(struct buf *out, bool *smaller, struct str bytes, struct err *e) NODISCARD;
enum rc crc32_of(uint32_t *crc, struct str bytes, struct err *e) NODISCARD;	/* as gzip and .zip have it */

#endif
