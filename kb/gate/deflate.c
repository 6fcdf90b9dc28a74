/* kb/gate/deflate.c: see deflate.h. The only file that includes <libdeflate.h>. */
#include "kb/gate/deflate.h"

#include <pthread.h>

#include <libdeflate.h>

#include "kb/gate/load.h"

#define LIBRARY "libdeflate.so.0"
#define LEVEL 9				/* of a .zip; of 12: those above take several times as long for 2 % */
#define LEVEL_QUICK 1
enum { RATIO = 1032, GZIP_LEAST = 18 };	/* deflate packs no tighter than that; bytes of gzip's head and tail */

#define FUNCTIONS(X) X(alloc_decompressor) X(free_decompressor) X(zlib_decompress_ex) X(gzip_decompress_ex) \
	X(alloc_compressor) X(free_compressor) X(deflate_compress) X(deflate_compress_bound) \
	X(zlib_compress) X(zlib_compress_bound) X(crc32)
#define X(name) static __typeof__(libdeflate_##name) *p_##name;
FUNCTIONS(X)
#undef X
static struct err load_error;

static void load_once(void)
{
#define X(name) { "libdeflate_" #name, &p_##name },
	static const struct load_function functions[] = { FUNCTIONS(X) { NULL, NULL } };
#undef X

	(void)load_library(LIBRARY, "libdeflate0", functions, &load_error);
}

static enum rc load(struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load_once);
	if (load_error.rc)
		*e = load_error;
	return load_error.rc;
}

bool zlib_unpack(size_t *n, size_t *took, char *to, size_t room, struct str packed)
{
	struct libdeflate_decompressor *d;
	struct err odd = ERR_INIT;
	bool ok;

	if (load(&odd) || !(d = p_alloc_decompressor()))
		return false;
	ok = p_zlib_decompress_ex(d, packed.p, packed.n, to, room, took, n) == LIBDEFLATE_SUCCESS;
	p_free_decompressor(d);
	return ok;
}

enum rc zlib_pack(struct buf *out, struct packer **p, struct str bytes, struct err *e)
{
	struct libdeflate_compressor *c;
	size_t bound, n;
	enum rc rc;

	if ((rc = load(e)))
		return rc;
	if (!*p && !(*p = (void *)p_alloc_compressor(LEVEL_QUICK)))
		return err_set(e, RC_IO, LIBRARY ": does not start");
	c = (void *)*p;
	bound = p_zlib_compress_bound(c, bytes.n);
	buf_reserve(out, bound);
	if (!(n = p_zlib_compress(c, bytes.n ? bytes.p : "", bytes.n, out->p + out->n, bound)))
		return err_set(e, RC_IO, LIBRARY ": does not end");
	out->n += n;
	out->p[out->n] = '\0';
	return RC_OK;
}

void packer_free(struct packer *p)
{
	if (p)
		p_free_compressor((void *)p);
}

/* How many bytes it holds, as its last four say: checked when they are unpacked. */
static size_t gzip_size(struct str packed)
{
	const unsigned char *p = (const unsigned char *)packed.p + packed.n;

	return (size_t)p[-4] | (size_t)p[-3] << 8 | (size_t)p[-2] << 16 | (size_t)p[-1] << 24;
}

enum rc gzip_unpack(struct buf *out, struct str packed, size_t max, struct err *e)
{
	struct libdeflate_decompressor *d;
	size_t n, took, got;
	enum rc rc;

	if ((rc = load(e)))
		return rc;
	if (packed.n < GZIP_LEAST || (n = gzip_size(packed)) / RATIO > packed.n)
		return err_set(e, RC_INVALID, "is no whole gzip file");
	if (n > max)
		return err_set(e, RC_INVALID, "unpacks to more than %zu bytes", max);
	if (!(d = p_alloc_decompressor()))
		return err_set(e, RC_IO, LIBRARY ": does not start");
	buf_reserve(out, n);
	if (p_gzip_decompress_ex(d, packed.p, packed.n, out->p + out->n, n, &took, &got) == LIBDEFLATE_SUCCESS && took == packed.n)
		out->n += got;
	else
		rc = err_set(e, RC_INVALID, "is no whole gzip file");
	p_free_decompressor(d);
	out->p[out->n] = '\0';
	return rc;
}

enum rc deflate_pack(struct buf *out, bool *smaller, struct str bytes, struct err *e)
{
	struct libdeflate_compressor *c;
	size_t bound, n;
	enum rc rc;

	if ((rc = load(e)))
		return rc;
	if (!(c = p_alloc_compressor(LEVEL)))
		return err_set(e, RC_IO, LIBRARY ": does not start");
	bound = p_deflate_compress_bound(c, bytes.n);
	buf_reserve(out, bound);
	n = p_deflate_compress(c, bytes.p, bytes.n, out->p + out->n, bound);
	p_free_compressor(c);
	if (!n)
		rc = err_set(e, RC_IO, LIBRARY ": does not end");
	*smaller = !rc && n < bytes.n;
	out->n += n;
	out->p[out->n] = '\0';
	return rc;
}

enum rc crc32_of(uint32_t *crc, struct str bytes, struct err *e)
{
	enum rc rc = load(e);

	if (!rc)
		*crc = p_crc32(0, bytes.n ? bytes.p : "", bytes.n);
	return rc;
}
