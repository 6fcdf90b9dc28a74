/* kb/index/sum.c: is the index's file as its last writer left it? LMDB keeps no checksums, and a page that
 * something else wrote over gives wrong answers, or a read outside of the map, which kills. So beside the file
 * stands a record of 80 bytes, five numbers of 16 hexadecimal digits:
 *
 *	size, inode, mtime, ctime (nanoseconds), sum of the bytes
 *
 * Whoever commits writes it, still under the lock. A reader compares the stat; only when that differs (the node
 * was copied, or somebody is writing) the bytes are summed, 50 MB in about 10 ms. The sum is no defence
 * against intent: who can write here can write the record as well. What changes on the disk without a trace in
 * the stat is not seen.
 *
 * The record is written in place, not by a rename: on a full disk there is no room for a second one. Read
 * half written, it does not match, and the reader looks again under the lock. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "kb/index/parts.h"

enum { FIELDS = 5, DIGITS = 16, RECORD = FIELDS * DIGITS, CHUNK = 1 << 18 };

static void fields_of(uint64_t f[FIELDS], const struct stat *st)
{
	f[0] = (uint64_t)st->st_size;
	f[1] = (uint64_t)st->st_ino;
	f[2] = (uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec;
	f[3] = (uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec;
}

/* Four lanes of multiply and rotate over words of eight bytes; the file's size is a multiple of the page's. */
static bool sum_bytes(uint64_t *sum, int fd)
{
	const uint64_t odd = 0x9e3779b97f4a7c15u;
	uint64_t lane[4] = { 1, 2, 3, 4 }, w[4], *chunk = xmalloc(CHUNK);
	ssize_t n = 0;
	size_t i, j;
	off_t at;

	for (at = 0; (n = pread(fd, chunk, CHUNK, at)) > 0; at += n) {
		memset((char *)chunk + n, 0, (size_t)(-n & 31));
		for (i = 0; i < (size_t)n; i += sizeof w) {
			memcpy(w, (char *)chunk + i, sizeof w);
			for (j = 0; j < 4; j++) {
				lane[j] = (lane[j] ^ w[j]) * odd;
				lane[j] ^= lane[j] >> 29;
			}
		}
	}
	free(chunk);
	*sum = (uint64_t)at;
	for (j = 0; j < 4; j++)
		*sum = (*sum ^ lane[j]) * odd ^ *sum >> 31;
	return n == 0;
}

static const char *record_path(struct arena *a, const char *path)
{
	return arena_printf(a, "%s-sum", path);
}

bool sum_right(const char *path)
{
	struct arena a = ARENA_INIT;
	uint64_t want[FIELDS] = { 0 }, is[FIELDS] = { 0 };
	char record[RECORD], digits[DIGITS + 1], *end;
	struct stat st;
	bool right = false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rfd = open(record_path(&a, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	size_t i;

	if (fd >= 0 && rfd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && pread(rfd, record, RECORD, 0) == RECORD) {
		fields_of(is, &st);
		for (i = 0; i < FIELDS; i++) {
			memcpy(digits, record + i * DIGITS, DIGITS);
			digits[DIGITS] = '\0';
			want[i] = strtoull(digits, &end, 16);
			if (*end)
				break;
		}
		right = i == FIELDS && is[0] == want[0] && (memcmp(is, want, sizeof *is * (FIELDS - 1)) == 0 ||
		    (sum_bytes(&is[FIELDS - 1], fd) && is[FIELDS - 1] == want[FIELDS - 1]));
	}
	if (fd >= 0)
		close(fd);
	if (rfd >= 0)
		close(rfd);
	arena_free(&a);
	return right;
}

enum rc sum_write(const char *path, struct err *e)
{
	struct arena a = ARENA_INIT;
	uint64_t f[FIELDS] = { 0 };
	char record[RECORD + 1];
	struct stat st;
	enum rc rc = RC_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rfd = open(record_path(&a, path), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	size_t i;

	if (fd < 0 || rfd < 0 || fstat(fd, &st) || !sum_bytes(&f[FIELDS - 1], fd)) {
		rc = err_errno(e, "%s", path);
		goto out;
	}
	fields_of(f, &st);
	for (i = 0; i < FIELDS; i++)
		snprintf(record + i * DIGITS, DIGITS + 1, "%016llx", (unsigned long long)f[i]);
	if (pwrite(rfd, record, RECORD, 0) != RECORD)
		rc = err_errno(e, "%s", record_path(&a, path));
out:
	if (fd >= 0)
		close(fd);
	if (rfd >= 0)
		close(rfd);
	arena_free(&a);
	return rc;
}
