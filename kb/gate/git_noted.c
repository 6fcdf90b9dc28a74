/* kb/gate/git_noted.c: what makes one tree another, noted by who made it.
 *
 * Of two trees that differ in one entry git has to read both whole, and of 100,000 documents a folder's tree takes 150 KB:
 * most of what it then costs to bring the index to a document that changed. Who makes a tree out of another one knows
 * what he changed. So repo_tree notes it in GIT_DIR/colep/changes, and repo_diff looks there before it reads; numbers low byte
 * first:
 *
 *	u32	bytes of the note that follow
 *	8	of the SHA-1 of these, from here on
 *	20, 20	the tree that was, the tree that became of it
 *	for each change, by path: u32 mode, u16 length of the path, 20, 20 ids (zero: none), the path
 *
 * A note is added at the end, by one write, so that of the next move mostly stands behind that of the last one: it is looked
 * for there first, then in the whole file. When there are NOTES_BYTES the file begins anew: notes are of use for the moves of main
 * that come next. All of it may be lost or broken at any time: then the trees are read. Only who can write into the
 * repository can write here. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/git_parts.h"

enum { NOTE_NEAR = 4096 };		/* bytes that are looked at where the next note may be */
enum { SUM = 8, ID = (int)sizeof(struct oid), HEAD = 4 + SUM + 2 * ID, CHANGE = 4 + 2 + 2 * ID };
#define NOTES_BYTES ((size_t)64 << 10)

static void number_put(struct buf *b, unsigned long v, unsigned bytes)
{
	for (; bytes; bytes--, v >>= 8)
		buf_putc(b, (char)v);
}

static unsigned long number_get(const char *s, unsigned bytes)
{
	unsigned long v = 0;

	while (bytes)
		v = v << 8 | (unsigned char)s[--bytes];
	return v;
}

static void sum_of(char to[SUM], struct str s)
{
	unsigned char all[20];
	struct sha1 h;

	sha1_init(&h);
	sha1_add(&h, s.p, s.n);
	sha1_done(all, &h);
	memcpy(to, all, SUM);
}

static const char *notes_path(struct arena *a, const struct repo *r)
{
	return path_join(a, repo_git_dir(r), "colep/changes");
}

void noted_put(const struct repo *r, const struct oid *from, const struct oid *to, const struct change *c, size_t n)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t size = SUM + 2 * ID, i;
	struct stat st;
	int fd;

	for (i = 0; i < n; i++)
		size += CHANGE + c[i].path.n;
	if (4 + size > NOTES_BYTES)
		return;
	number_put(&b, size, 4);
	number_put(&b, 0, SUM);
	buf_add(&b, from->b, ID);
	buf_add(&b, to->b, ID);
	for (i = 0; i < n; i++) {
		number_put(&b, c[i].mode, 4);
		number_put(&b, c[i].path.n, 2);
		buf_add(&b, c[i].old.b, ID);
		buf_add(&b, c[i].new.b, ID);
		buf_str_add(&b, c[i].path);
	}
	sum_of(b.p + 4, str_sub(buf_str(&b), 4 + SUM, b.n));
	fd = open(notes_path(&a, r), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0644);
	if (fd >= 0) {			/* that it does not go is no harm */
		if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		    ((size_t)st.st_size + b.n <= NOTES_BYTES || ftruncate(fd, 0) == 0) && write(fd, b.p, b.n) != (ssize_t)b.n)
			(void)!ftruncate(fd, 0);
		close(fd);
	}
	buf_free(&b);
	arena_free(&a);
}

/* The changes of one note; false: they do not fill it. */
static bool changes_read(struct change **list, size_t *n, struct arena *a, struct str s)
{
	size_t cap = 0, path;

	*list = NULL;
	for (*n = 0; s.n; s = str_sub(s, CHANGE + path, s.n)) {
		if (s.n < CHANGE || (path = number_get(s.p + 4, 2)) > s.n - CHANGE)
			return false;
		if (*n == cap)
			*list = arena_grow(a, *list, &cap, sizeof **list);
		(*list)[*n].mode = (unsigned)number_get(s.p, 4);
		memcpy((*list)[*n].old.b, s.p + 6, ID);
		memcpy((*list)[*n].new.b, s.p + 6 + ID, ID);
		(*list)[(*n)++].path = arena_str(a, str_sub(s, CHANGE, CHANGE + path));
	}
	return true;
}

/* The note that begins s, when it is of these two trees. *took: the bytes of any note that begins it; 0: none does. */
static bool note_read(struct change **list, size_t *n, struct arena *a, size_t *took, struct str s, const struct oid *from,
    const struct oid *to)
{
	const size_t size = s.n >= HEAD ? number_get(s.p, 4) : 0;
	char sum[SUM];
	struct str note;

	*took = size < HEAD - 4 || size > s.n - 4 ? 0 : 4 + size;
	if (!*took)
		return false;
	note = str_sub(s, 4 + SUM, *took);
	if (memcmp(note.p, from->b, ID) != 0 || memcmp(note.p + ID, to->b, ID) != 0)
		return false;
	sum_of(sum, note);
	return memcmp(sum, s.p + 4, SUM) == 0 && changes_read(list, n, a, str_sub(note, 2 * ID, note.n));
}

/* The bytes of the file of notes that stand at an offset, as many as room takes. */
static struct str notes_at(char *room, size_t n, const char *path, size_t at)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const ssize_t got = fd < 0 ? 0 : pread(fd, room, n, (off_t)at);

	if (fd >= 0)
		close(fd);
	return (struct str){ room, got < 0 ? 0 : (size_t)got };
}

bool noted_get(struct change **list, size_t *n, struct arena *a, struct repo *r, const struct oid *from, const struct oid *to)
{
	size_t *next = &repo_last_tree(r)->noted, took = 1;
	const char *path = notes_path(a, r);
	struct err odd = ERR_INIT;
	struct buf b = BUF_INIT;
	char room[NOTE_NEAR];
	bool found;
	struct str s;

	found = note_read(list, n, a, &took, notes_at(room, sizeof room, path, *next), from, to);
	if (found)
		*next += took;
	else if (!file_read(&b, path, 2 * NOTES_BYTES, &odd))
		for (s = buf_str(&b), took = 1; !found && took; s = str_sub(s, took, s.n)) {
			found = note_read(list, n, a, &took, s, from, to);
			*next = (size_t)(s.p - b.p) + took;
		}
	buf_free(&b);
	return found;
}
