/* kb/gate/zlib.c: see zlib.h. The only file that includes <zlib.h>. */
#include "kb/gate/zlib.h"

#include <limits.h>
#include <string.h>

#include <zlib.h>

#include "kb/gate/load.h"

#define LIBRARY "libz.so.1"
#define GZIP_ONLY (16 + MAX_WBITS)
#define CHUNK ((size_t)64 << 10)	/* grown by as much, so that a bomb ends at max and not beyond */

#define FUNCTIONS(X) X(inflateInit2_) X(inflate) X(inflateEnd) X(deflateInit2_) X(deflateBound) X(deflate) X(deflateEnd) X(crc32)
#define X(name) static __typeof__(name) *p_##name;
FUNCTIONS(X)
#undef X

static enum rc load(struct err *e)
{
#define X(name) { #name, &p_##name },
	static const struct load_function functions[] = { FUNCTIONS(X) { NULL, NULL } };
#undef X

	return p_crc32 ? RC_OK : load_library(LIBRARY, "zlib1g", functions, e);
}

enum rc gzip_unpack(struct buf *out, struct str packed, size_t max, struct err *e)
{
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)packed.p };
	size_t before = out->n, room;
	enum rc rc;
	int no;

	if ((rc = load(e)))
		return rc;
	if (packed.n > UINT_MAX)
		return err_set(e, RC_INVALID, "too large");
	z.avail_in = (uInt)packed.n;
	if (p_inflateInit2_(&z, GZIP_ONLY, ZLIB_VERSION, (int)sizeof z) != Z_OK)
		return err_set(e, RC_IO, LIBRARY ": does not start");
	do {
		room = max - (out->n - before);
		if (!room) {		/* full: is there a byte more? */
			unsigned char more;

			z.next_out = &more;
			z.avail_out = 1;
			no = p_inflate(&z, Z_NO_FLUSH);
			if (z.avail_out == 0)
				no = Z_MEM_ERROR;
			break;
		}
		if (room > CHUNK)
			room = CHUNK;
		buf_reserve(out, room);
		z.next_out = (Bytef *)out->p + out->n;
		z.avail_out = (uInt)room;
		no = p_inflate(&z, Z_NO_FLUSH);
		out->n += room - z.avail_out;
	} while (no == Z_OK);
	if (no != Z_STREAM_END || z.avail_in) {
		rc = err_set(e, RC_INVALID, no == Z_MEM_ERROR ? "unpacks to more than %zu bytes" : "is no whole gzip file", max);
		out->n = before;
	}
	p_inflateEnd(&z);
	if (out->p)
		out->p[out->n] = '\0';
	return rc;
}

enum rc deflate_pack(struct buf *out, bool *smaller, struct str bytes, struct err *e)
{
	z_stream z = { .next_in = (z_const Bytef *)(uintptr_t)bytes.p };
	size_t bound;
	enum rc rc;

	if ((rc = load(e)))
		return rc;
	if (bytes.n > UINT_MAX / 2)
		return err_set(e, RC_INVALID, "too large");
	if (p_deflateInit2_(&z, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, (int)sizeof z) != Z_OK)
		return err_set(e, RC_IO, LIBRARY ": does not start");
	bound = p_deflateBound(&z, (uLong)bytes.n);
	buf_reserve(out, bound);
	z.avail_in = (uInt)bytes.n;
	z.next_out = (Bytef *)out->p + out->n;
	z.avail_out = (uInt)bound;
	if (p_deflate(&z, Z_FINISH) != Z_STREAM_END)
		rc = err_set(e, RC_IO, LIBRARY ": does not end");
	*smaller = !rc && z.total_out < bytes.n;
	if (!rc)
		out->n += z.total_out;
	out->p[out->n] = '\0';
	p_deflateEnd(&z);
	return rc;
}

enum rc crc32_of(uint32_t *crc, struct str bytes, struct err *e)
{
	enum rc rc = load(e);

	if (rc)
		return rc;
	if (bytes.n > UINT_MAX)
		return err_set(e, RC_INVALID, "too large");
	*crc = (uint32_t)p_crc32(p_crc32(0, NULL, 0), (const Bytef *)bytes.p, (uInt)bytes.n);
	return RC_OK;
}
