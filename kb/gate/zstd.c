/* kb/gate/zstd.c: see zstd.h. */
#include "kb/gate/zstd.h"

#include <stdlib.h>

#include <zdict.h>
#include <zstd.h>

#include "kb/base/arena.h"
#include "kb/base/file.h"

#define FILE_LEVEL 12			/* of 1-19: the last takes 7 times as long for 8 % less */
#define LEVEL 3				/* of 1-19: the last that compresses faster than we tokenise */
#define UNDECODED "dictionary of the stored texts: its tables do not decode"
#define SAMPLE_MAX ((size_t)16 << 10)	/* bytes read of one text; the start holds what documents share */

struct zpack {
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;
	ZSTD_DDict *ddict;		/* NULL without a dictionary */
	ZSTD_CDict *cdict;		/* NULL as well as long as nothing was compressed: most only read */
	struct buf dict;
};

enum rc zpack_open(struct zpack **out, struct str dict, struct err *e)
{
	struct zpack *z;

	if (dict.n && (dict.n > ZSTD_DICT_MAX || ZDICT_getDictID(dict.p, dict.n) == 0))
		return err_set(e, RC_CORRUPT, "dictionary of the stored texts: %zu bytes that are none", dict.n);
	z = xmalloc(sizeof *z);
	*z = (struct zpack){ .c = ZSTD_createCCtx(), .d = ZSTD_createDCtx(), .dict = BUF_INIT };
	if (!z->c || !z->d)
		out_of_memory();
	buf_str_add(&z->dict, dict);
	if (dict.n && !(z->ddict = ZSTD_createDDict(dict.p, dict.n))) {
		zpack_close(z);
		return err_set(e, RC_CORRUPT, UNDECODED);
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
	buf_free(&z->dict);
	free(z);
}

enum rc zpack_encode(struct buf *out, struct zpack *z, struct str text, struct err *e)
{
	size_t room = ZSTD_compressBound(text.n), n;

	if (z->dict.n && !z->cdict && !(z->cdict = ZSTD_createCDict(z->dict.p, z->dict.n, LEVEL)))
		return err_set(e, RC_CORRUPT, UNDECODED);
	buf_reserve(out, room);
	n = z->dict.n ? ZSTD_compress_usingCDict(z->c, out->p + out->n, room, text.p, text.n, z->cdict)
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

/* ---- whole files ---- */

struct pipe { char *in, *out; size_t in_cap, out_cap; };	/* a chunk of each side */

static struct pipe pipe_make(size_t in, size_t out)
{
	return (struct pipe){ xmalloc(in), xmalloc(out), in, out };
}

static void pipe_free(struct pipe *p)
{
	free(p->in);
	free(p->out);
}

bool zstd_begins(struct str head)
{
	return str_starts(head, STR("\x28\xb5\x2f\xfd"));
}

enum rc zstd_pack(int in, int out, uint64_t size, const char *name, struct err *e)
{
	struct pipe p = pipe_make(ZSTD_CStreamInSize(), ZSTD_CStreamOutSize());
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t left = 1, n;
	enum rc rc = RC_OK;

	if (!c)
		out_of_memory();
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, FILE_LEVEL);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, ZSTD_WINDOW);	/* less for a file that is shorter */
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_enableLongDistanceMatching, 1);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	(void)ZSTD_CCtx_setPledgedSrcSize(c, size);
	while (left && !(rc = fd_read(&n, in, p.in, p.in_cap, name, e))) {
		ZSTD_inBuffer from = { p.in, n, 0 };

		do {
			ZSTD_outBuffer to = { p.out, p.out_cap, 0 };

			left = ZSTD_compressStream2(c, &to, &from, n ? ZSTD_e_continue : ZSTD_e_end);
			if (ZSTD_isError(left))
				rc = err_set(e, RC_IO, "%s: compressing: %s", name, ZSTD_getErrorName(left));
			else
				rc = fd_write(out, (struct str){ p.out, to.pos }, name, e);
		} while (!rc && (n ? from.pos < from.size : left));
		if (rc)
			break;
		left |= n;
	}
	ZSTD_freeCCtx(c);
	pipe_free(&p);
	return rc;
}

enum rc zstd_unpack(int in, int out, uint64_t max, const char *name, struct err *e)
{
	struct pipe p = pipe_make(ZSTD_DStreamInSize(), ZSTD_DStreamOutSize());
	ZSTD_DCtx *d = ZSTD_createDCtx();
	uint64_t made = 0;
	size_t left = 1, n;	/* 0: at the end of the frame */
	enum rc rc = RC_OK;

	if (!d)
		out_of_memory();
	(void)ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, ZSTD_WINDOW);
	while (!rc && !(rc = fd_read(&n, in, p.in, p.in_cap, name, e)) && n) {
		ZSTD_inBuffer from = { p.in, n, 0 };
		bool full = false;

		while (!rc && (from.pos < from.size || full)) {
			ZSTD_outBuffer to = { p.out, p.out_cap, 0 };

			if (!left) {
				rc = err_set(e, RC_INVALID, "%s: something stands behind its end; copy it again", name);
				break;
			}
			left = ZSTD_decompressStream(d, &to, &from);
			full = to.pos == to.size && left;
			made += to.pos;
			if (ZSTD_isError(left))
				rc = err_set(e, RC_INVALID, "%s: damaged (%s); copy it again", name, ZSTD_getErrorName(left));
			else if (made > max)
				rc = err_set(e, RC_INVALID, "%s: more than %llu bytes when unpacked; refused", name, (unsigned long long)max);
			else
				rc = fd_write(out, (struct str){ p.out, to.pos }, name, e);
		}
	}
	if (!rc && left)
		rc = err_set(e, RC_INVALID, "%s: cut off; copy it again", name);
	ZSTD_freeDCtx(d);
	pipe_free(&p);
	return rc;
}
