/* kb/gate/zlib.c: see zlib.h. The only file that includes <zlib.h>. */
#include "kb/gate/zlib.h"

#include <dlfcn.h>
#include <limits.h>
#include <string.h>

#include <zlib.h>

#define LIBRARY "libz.so.1"
#define GZIP_ONLY (16 + MAX_WBITS)
#define CHUNK ((size_t)64 << 10)	/* grown by as much, so that a bomb ends at max and not beyond */

#define FUNCTIONS(X) X(inflateInit2_) X(inflate) X(inflateEnd)
#define X(name) static __typeof__(name) *p_##name;
FUNCTIONS(X)
#undef X

static enum rc load(struct err *e)
{
	static void *library;
	void *f;

	if (library)
		return RC_OK;
	if (!(library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL)))
		return err_set(e, RC_IO, LIBRARY ": cannot be loaded; install the package zlib1g");
#define X(name) \
	if (!(f = dlsym(library, #name))) \
		return library = NULL, err_set(e, RC_IO, LIBRARY ": has no " #name); \
	memcpy(&p_##name, &f, sizeof f);
	FUNCTIONS(X)
#undef X
	return RC_OK;
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
