/* kb/gate/zstd.c: see zstd.h. */
#include "kb/gate/zstd.h"

#include <stdlib.h>

#include <zdict.h>
#include <zstd.h>

#include "kb/base/arena.h"

#define LEVEL 3				/* of 1-19: the last that compresses faster than we tokenise */
#define SAMPLE_MAX ((size_t)16 << 10)	/* bytes read of one text; the start holds what documents share */

struct zpack {
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;
	ZSTD_CDict *cdict;		/* NULL without a dictionary */
	ZSTD_DDict *ddict;
};

enum rc zpack_open(struct zpack **out, struct str dict, struct err *e)
{
	struct zpack *z;

	if (dict.n && (dict.n > ZSTD_DICT_MAX || ZDICT_getDictID(dict.p, dict.n) == 0))
		return err_set(e, RC_CORRUPT, "dictionary of the stored texts: %zu bytes that are none", dict.n);
	z = xmalloc(sizeof *z);
	*z = (struct zpack){ ZSTD_createCCtx(), ZSTD_createDCtx(), NULL, NULL };
	if (!z->c || !z->d)
		out_of_memory();
	if (dict.n) {
		z->cdict = ZSTD_createCDict(dict.p, dict.n, LEVEL);
		z->ddict = ZSTD_createDDict(dict.p, dict.n);
		if (!z->cdict || !z->ddict) {
			zpack_close(z);
			return err_set(e, RC_CORRUPT, "dictionary of the stored texts: its tables do not decode");
		}
	}
	*out = z;
	return RC_OK;
}

void zpack_close(struct zpack *z)
{
	if (!z)
		return;
	ZSTD_freeCCtx(z->c);
	ZSTD_freeDCtx(z->d);
	ZSTD_freeCDict(z->cdict);
	ZSTD_freeDDict(z->ddict);
	free(z);
}

enum rc zpack_encode(struct buf *out, struct zpack *z, struct str text, struct err *e)
{
	size_t room = ZSTD_compressBound(text.n), n;

	buf_reserve(out, room);
	n = z->cdict ? ZSTD_compress_usingCDict(z->c, out->p + out->n, room, text.p, text.n, z->cdict)
	    : ZSTD_compressCCtx(z->c, out->p + out->n, room, text.p, text.n, LEVEL);
	if (ZSTD_isError(n)) {
		out->p[out->n] = '\0';
		return err_set(e, RC_IO, "compressing %zu bytes: %s", text.n, ZSTD_getErrorName(n));
	}
	out->n += n;
	out->p[out->n] = '\0';
	return RC_OK;
}

enum rc zpack_decode(struct buf *out, struct zpack *z, struct str frame, size_t max, struct err *e)
{
	unsigned long long size = ZSTD_getFrameContentSize(frame.p, frame.n);
	size_t n;

	if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > max)
		return err_set(e, RC_CORRUPT, "stored text: a frame of %zu bytes that does not say a size up to %zu",
		    frame.n, max);
	if (ZSTD_findFrameCompressedSize(frame.p, frame.n) != frame.n)
		return err_set(e, RC_CORRUPT, "stored text: %zu bytes that are not one frame", frame.n);
	buf_reserve(out, (size_t)size);
	n = z->ddict ? ZSTD_decompress_usingDDict(z->d, out->p + out->n, (size_t)size, frame.p, frame.n, z->ddict)
	    : ZSTD_decompressDCtx(z->d, out->p + out->n, (size_t)size, frame.p, frame.n);
	if (ZSTD_isError(n) || n != size) {
		out->p[out->n] = '\0';
		return err_set(e, RC_CORRUPT, "stored text: %s", ZSTD_isError(n) ? ZSTD_getErrorName(n) : "cut short");
	}
	out->n += n;
	out->p[out->n] = '\0';
	return RC_OK;
}

enum rc zpack_train(struct buf *dict, const struct str *texts, size_t n, struct err *e)
{
	enum rc rc = RC_OK;
	struct buf all = BUF_INIT;
	size_t sizes[ZSTD_DICT_SAMPLES], i, got, count = 0;

	for (i = 0; i < n && count < ZSTD_DICT_SAMPLES; i++) {
		struct str s = str_sub(texts[i], 0, SAMPLE_MAX);

		if (s.n == 0)
			continue;
		buf_str_add(&all, s);
		sizes[count++] = s.n;
	}
	buf_reserve(dict, ZSTD_DICT_MAX);
	got = count < 8 ? 0 : ZDICT_trainFromBuffer(dict->p + dict->n, ZSTD_DICT_MAX, all.p, sizes, (unsigned)count);
	if (got == 0 || ZDICT_isError(got)) {
		rc = err_set(e, RC_NOTFOUND, "%zu texts are too few or too short to train a dictionary on", count);
		got = 0;
	}
	dict->n += got;
	dict->p[dict->n] = '\0';
	buf_free(&all);
	return rc;
}
