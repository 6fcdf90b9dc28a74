/* render/zip.c: see zip.h. The layout, little-endian, as PKWARE's APPNOTE 6.3 has it:
 *
 *	for each file	local header (30 bytes, signature 04034b50), name, data
 *	for each file	central header (46 bytes, 02014b50), name
 *	end		22 bytes, 06054b50
 *
 * Data are raw deflate (method 8), or stored (0) where that is not smaller. No extra fields, no comments, no zip64. */
#include "render/zip.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "kb/base/date.h"
#include "kb/base/file.h"
#include "kb/gate/deflate.h"

#define FILES_MAX 65535
#define BYTES_MAX ((uint64_t)UINT32_MAX - ((uint64_t)64 << 20))

struct zip {
	struct arena arena;
	FILE *f;
	const char *path;
	char *part;
	uint16_t date;
	struct buf central, packed;
	uint64_t at;			/* bytes written */
	unsigned files;
};

static void put16(struct buf *b, unsigned v)
{
	buf_putc(b, (char)(v & 255));
	buf_putc(b, (char)(v >> 8 & 255));
}

static void put32(struct buf *b, uint64_t v)
{
	put16(b, (unsigned)(v & 0xffff));
	put16(b, (unsigned)(v >> 16 & 0xffff));
}

/* "p.zip.tmp-Ab3xYz" that builds which were stopped left: nobody holds their locks. */
static void sweep(struct zip *z)
{
	const char *slash = strrchr(z->path, '/');
	const char *dir = slash ? arena_cstr(&z->arena, (struct str){ z->path, (size_t)(slash + 1 - z->path) }) : ".";
	const struct str begin = cstr(arena_printf(&z->arena, "%s.tmp-", slash ? slash + 1 : z->path));
	struct err odd = ERR_INIT;
	char **names;
	size_t n, i;
	int fd;

	if (dir_list(&names, &n, &z->arena, dir, &odd))
		return;				/* what cannot be removed stays */
	for (i = 0; i < n; i++) {
		const char *path = path_join(&z->arena, dir, names[i]);

		if (!str_starts(cstr(names[i]), begin) || strlen(names[i]) != begin.n + 6 ||
		    (fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)) < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlink(path);
		close(fd);
	}
}

/* A name that nobody else has, with the mode of any new file, and a lock for as long as it is written. */
static enum rc part_open(struct zip *z, struct err *e)
{
	mode_t mask = umask(077);
	struct stat st;
	enum rc rc;
	int fd;

	while ((fd = mkostemp(z->part, O_CLOEXEC)) >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &st) == 0 && !st.st_nlink) {
		close(fd);			/* another build swept it away before it had its lock */
		memcpy(z->part + strlen(z->part) - 6, "XXXXXX", 6);
	}
	umask(mask);
	if (fd < 0)
		return err_errno(e, "%s", z->path);
	if (!(rc = fd_mode(fd, 0666 & ~mask, z->part, e)) && !(z->f = fdopen(fd, "w")))
		rc = err_errno(e, "%s", z->part);
	if (rc) {
		close(fd);
		unlink(z->part);
	}
	return rc;
}

enum rc zip_open(struct zip **out, const char *path, int64_t day, struct err *e)
{
	struct zip *z = xmalloc(sizeof *z);
	int year, month, mday;
	enum rc rc;

	*z = (struct zip){ .arena = ARENA_INIT };
	z->path = arena_cstr(&z->arena, cstr(path));
	z->part = arena_printf(&z->arena, "%s.tmp-XXXXXX", path);
	date_civil(&year, &month, &mday, day);
	z->date = (uint16_t)(year < 1980 ? 0x21 : (year - 1980) << 9 | month << 5 | mday);
	sweep(z);
	if ((rc = part_open(z, e)))
		zip_abandon(z);
	else
		*out = z;
	return rc;
}

static enum rc put(struct zip *z, struct str s, struct err *e)
{
	if (s.n && fwrite(s.p, 1, s.n, z->f) != s.n)
		return err_errno(e, "%s", z->part);
	z->at += s.n;
	return RC_OK;
}

/* What the two headers share, from "version needed" to the length of the name. */
static void header(struct buf *b, const struct zip *z, bool packed, uint32_t crc, struct str data, struct str bytes, struct str name)
{
	put16(b, 20);
	put16(b, 0);
	put16(b, packed ? 8 : 0);
	put16(b, 0);
	put16(b, z->date);
	put32(b, crc);
	put32(b, data.n);
	put32(b, bytes.n);
	put16(b, (unsigned)name.n);
	put16(b, 0);
}

enum rc zip_add(struct zip *z, struct str name, struct str bytes, struct err *e)
{
	struct buf head = BUF_INIT;
	struct str data = bytes;
	uint64_t at = z->at;
	uint32_t crc;
	bool packed;
	enum rc rc;

	if (z->files == FILES_MAX || bytes.n > BYTES_MAX || at + bytes.n > BYTES_MAX)
		return err_set(e, RC_INVALID, "%s: more than a .zip holds (65,535 files, 4 GB); copy the folder instead", z->path);
	buf_clear(&z->packed);
	if ((rc = crc32_of(&crc, bytes, e)) || (rc = deflate_pack(&z->packed, &packed, bytes, e)))
		return rc;
	if (packed)
		data = buf_str(&z->packed);
	put32(&head, 0x04034b50);
	header(&head, z, packed, crc, data, bytes, name);
	buf_str_add(&head, name);
	put32(&z->central, 0x02014b50);
	put16(&z->central, 20);		/* made by: DOS, so that no rights are meant */
	header(&z->central, z, packed, crc, data, bytes, name);
	put16(&z->central, 0);
	put16(&z->central, 0);
	put16(&z->central, 0);
	put32(&z->central, 0);
	put32(&z->central, at);
	buf_str_add(&z->central, name);
	z->files++;
	if (!(rc = put(z, buf_str(&head), e)))
		rc = put(z, data, e);
	buf_free(&head);
	return rc;
}

enum rc zip_close(struct zip *z, struct err *e)
{
	struct buf end = BUF_INIT;
	uint64_t at = z->at;
	enum rc rc;

	put32(&end, 0x06054b50);
	put32(&end, 0);
	put16(&end, z->files);
	put16(&end, z->files);
	put32(&end, z->central.n);
	put32(&end, at);
	put16(&end, 0);
	if (!(rc = put(z, buf_str(&z->central), e)))
		rc = put(z, buf_str(&end), e);
	if (!rc && (fflush(z->f) || fsync(fileno(z->f))))
		rc = err_errno(e, "%s", z->part);
	if (!rc && rename(z->part, z->path))
		rc = err_errno(e, "%s", z->path);
	buf_free(&end);
	zip_abandon(z);
	return rc;
}

void zip_abandon(struct zip *z)
{
	if (!z)
		return;
	if (z->f) {
		fclose(z->f);
		unlink(z->part);	/* not there any more when it was renamed */
	}
	buf_free(&z->central);
	buf_free(&z->packed);
	arena_free(&z->arena);
	free(z);
}
