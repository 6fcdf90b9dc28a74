/* render/manifest.c: see manifest.h. The file has the form that `sha256sum -c` reads, one line for each file of the site but itself, by
 * name:
 *
 *	<64 hex digits><blank><blank><name>
 *
 * While a build goes on, digits may be zeros, and names that it adds stand behind the others. */
#include "render/manifest.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/arena.h"
#include "kb/base/file.h"
#include "render/find.h"
#include "render/theme.h"

enum { DIGEST = 2 * MANIFEST_DIGEST, DIGEST_BEFORE = 128 };	/* hex digits; those of BLAKE2b, which earlier versions wrote */

const char *const site_folders[SITE_FOLDERS] = { "country", "d", "find", "find-d", "find-p", "find-t", "kind", "lang", "meeting", "status",
	"topic", "year" };

bool manifest_name(struct str s)
{
	size_t slash = str_chr(s, '/'), i;
	struct str folder;

	if (slash != SIZE_MAX) {
		folder = str_sub(s, 0, slash);
		for (i = 0; i < SITE_FOLDERS && !str_is(folder, site_folders[i]); i++)
			;
		if (i == SITE_FOLDERS)
			return false;
	}
	for (i = slash == SIZE_MAX ? 0 : slash + 1; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i], low = c | 0x20;

		if ((low < 'a' || low > 'z') && (c < '0' || c > '9') && c != '-' && c != '.')
			return false;
	}
	if (!str_ends(s, STR(".html")) && !theme_copied(s) && !find_is_name(s))
		return false;
	if (s.p[slash == SIZE_MAX ? 0 : slash + 1] == '.')
		return false;
	return true;
}

bool manifest_take(struct str *name, struct str line)
{
	static const bool is_hex[256] = {
		['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1,
		['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1,
	};
	size_t digits = str_chr(line, ' '), i;
	bool odd = false;
	struct str s;

	if ((digits != DIGEST && digits != DIGEST_BEFORE) || line.n < digits + 3 || line.p[digits + 1] != ' ')
		return false;
	for (i = 0; i < digits; i++)
		odd |= !is_hex[(unsigned char)line.p[i]];
	if (odd)
		return false;
	s = str_sub(line, digits + 2, line.n);
	if (!manifest_name(s))
		return false;
	*name = s;
	return true;
}

static void put_digits(char to[DIGEST], const unsigned char digest[MANIFEST_DIGEST])
{
	uint64_t v, high;
	size_t i;

	for (i = 0; i < MANIFEST_DIGEST; i += 4) {		/* four bytes at a time, a half in each byte of v */
		const unsigned char *d = digest + i;

		v = (uint64_t)d[0] | (uint64_t)d[1] << 16 | (uint64_t)d[2] << 32 | (uint64_t)d[3] << 48;
		v = (v >> 4 | v << 8) & 0x0f0f0f0f0f0f0f0fu;
		high = (v + 0x0606060606060606u) >> 4 & 0x0101010101010101u;	/* 1: above 9 */
		v += 0x3030303030303030u + high * ('a' - '0' - 10);
		v = htole64(v);
		memcpy(to + 2 * i, &v, sizeof v);
	}
}

size_t manifest_length(struct str name)
{
	return DIGEST + 3 + name.n;
}

void manifest_add(struct buf *b, const unsigned char *digest, struct str name)
{
	static const unsigned char none[MANIFEST_DIGEST];
	char *line;

	buf_reserve(b, manifest_length(name));
	line = b->p + b->n;
	put_digits(line, digest ? digest : none);
	line[DIGEST] = line[DIGEST + 1] = ' ';
	b->n += DIGEST + 2;
	buf_str_add(b, name);
	buf_putc(b, '\n');
}

enum rc manifest_write(const char *dir, struct str lines, struct err *e)
{
	struct arena a = ARENA_INIT;
	enum rc rc = file_write_fast(path_join(&a, dir, MANIFEST), lines, 0644, e);

	arena_free(&a);
	return rc;
}

bool manifest_append(int dir, struct str lines)
{
	int fd = openat(dir, MANIFEST, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	struct err e = ERR_INIT;
	struct stat st;
	bool ok = false;
	char last;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_size && st.st_nlink == 1 && pread(fd, &last, 1, st.st_size - 1) == 1 && last == '\n' &&
	    !(ok = !fd_write(fd, lines, MANIFEST, &e)))
		(void)!ftruncate(fd, st.st_size);
	return !close(fd) && ok;
}

bool manifest_put(int dir, const struct manifest_digits *v, size_t n)
{
	char digits[DIGEST];
	bool ok = true;
	size_t i;
	int fd;

	if (!n)
		return true;
	if ((fd = openat(dir, MANIFEST, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)) < 0)
		return false;
	for (i = 0; ok && i < n; i++) {
		put_digits(digits, v[i].digest);
		ok = pwrite(fd, digits, DIGEST, (off_t)v[i].at) == DIGEST;
	}
	ok = ok && !fdatasync(fd);
	return !close(fd) && ok;
}
