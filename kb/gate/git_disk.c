/* kb/gate/git_disk.c: trees and blobs, read where most of them stand.
 *
 * Most of what it costs to read an object is to inflate it, and libdeflate takes half of the time of zlib, by which libgit2
 * does. So those that stand whole are read here: in a pack that has an index of version 2, or alone below objects/. All else
 * is not found here, and libgit2's: deltas, other repositories' objects, what is larger than it may be, and all that is odd
 * in any way. Who asks turns to libgit2 then, which reads it or tells what is wrong with it.
 *
 *	alone	objects/xx/y...: one zlib stream of "TYPE SIZE\0" and the bytes
 *	pack	at an offset: a byte of type (three bits) and size (the lowest four), seven bits more of that in each byte that
 *		follows while the highest bit is set; then the zlib stream
 *	index	ff 't' 'O' 'c', version 2; 256 numbers, how many ids begin with no more than this byte; the ids in order; as many
 *		checksums; as many offsets, of which those with the highest bit are places in a list of 8 bytes each, which
 *		follows; the last 20 bytes of the pack, and a checksum. Numbers are of 4 bytes, high one first
 *
 * Packs are found when an object is first asked for, and again when one is not found and the folder has changed. Trees that
 * were read are kept: the next commit changes them again. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/gate/deflate.h"
#include "kb/gate/git_parts.h"

enum { PACKS_MAX = 64, PACK_HEAD = 12, SUM = 20, ID = (int)sizeof(struct oid) };
enum { INDEX_IDS = 8 + 256 * 4, INDEX_EACH = ID + 4 + 4 };
enum { HEAD = 32 };			/* bytes in front of an object's: neither form has more */
enum { NEAR = 8192 };			/* bytes of a pack that are read first: few documents take more */
enum { TIGHT = 8 };			/* what is packed tighter than this, and stands alone, is libgit2's; texts are to a third */
#define KEPT_BYTES ((size_t)32 << 20)
#define KEPT_LARGEST (KEPT_BYTES / 8)

struct pack {
	int fd;
	uint64_t size;
	const unsigned char *index;	/* mapped */
	size_t index_size, n;
};

static uint32_t number_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What the zlib stream of n bytes takes at most, as all write it. */
static size_t stream_most(size_t n)
{
	return n + n / 256 + 64;
}

/* ---- packs ---- */

static int open_file(const char *path, uint64_t *size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*size = (uint64_t)st.st_size;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool index_open(struct pack *p, const char *path)
{
	uint64_t size;
	const int fd = open_file(path, &size);
	void *map;

	if (fd < 0)
		return false;
	map = size >= INDEX_IDS + 2 * SUM ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return false;
	p->index = map;
	p->index_size = size;
	p->n = number_at(p->index + INDEX_IDS - 4);
	return memcmp(p->index, "\377tOc\0\0\0\2", 8) == 0 && p->n <= (size - INDEX_IDS - 2 * SUM) / INDEX_EACH;
}

static void pack_close(struct pack *p)
{
	if (p->index)
		munmap((void *)(uintptr_t)p->index, p->index_size);
	if (p->fd >= 0)
		close(p->fd);
}

/* False: not a pack and its index. */
static bool pack_open(struct pack *p, const char *path, const char *index)
{
	unsigned char sum[SUM];
	char head[8];

	*p = (struct pack){ .fd = -1 };
	p->fd = open_file(path, &p->size);
	if (p->fd >= 0 && p->size >= PACK_HEAD + SUM && pread(p->fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
	    memcmp(head, "PACK\0\0\0\2", sizeof head) == 0 && pread(p->fd, sum, SUM, (off_t)(p->size - SUM)) == SUM &&
	    index_open(p, index) && memcmp(sum, p->index + p->index_size - 2 * SUM, SUM) == 0)
		return true;
	pack_close(p);
	return false;
}

static void packs_close(struct disk *d)
{
	while (d->npacks)
		pack_close(&d->packs[--d->npacks]);
	free(d->packs);
	d->packs = NULL;
}

/* Find the packs, unless the folder is as it was then. */
static bool packs_open(struct disk *d, const char *git_dir)
{
	struct arena a = ARENA_INIT;
	struct err odd = ERR_INIT;
	struct stat st;
	const char *dir = path_join(&a, git_dir, "objects/pack");
	char **names;
	bool any = false;
	size_t n, i;
	struct str name;

	if (stat(dir, &st) || (st.st_mtim.tv_sec == d->looked.tv_sec && st.st_mtim.tv_nsec == d->looked.tv_nsec) ||
	    dir_list(&names, &n, &a, dir, &odd))
		goto out;
	packs_close(d);
	d->looked = st.st_mtim;
	d->packs = xmalloc(PACKS_MAX * sizeof *d->packs);
	for (i = 0; i < n && d->npacks < PACKS_MAX; i++) {
		name = cstr(names[i]);
		if (str_ends(name, STR(".idx")) && pack_open(&d->packs[d->npacks], arena_printf(&a, "%s/%.*s.pack", dir,
		    FMT_STR(str_sub(name, 0, name.n - 4))), path_join(&a, dir, names[i])))
			d->npacks++;
	}
	any = d->npacks > 0;
out:
	arena_free(&a);
	return any;
}

/* Where the object stands in the pack; 0: it does not. */
static uint64_t pack_find(const struct pack *p, const struct oid *o)
{
	const unsigned char *ids = p->index + INDEX_IDS, *offsets = ids + p->n * (ID + 4), *far = offsets + p->n * 4;
	const size_t nfar = (p->index_size - INDEX_IDS - 2 * SUM - p->n * INDEX_EACH) / 8;
	size_t lo = o->b[0] ? number_at(p->index + 8 + 4 * (o->b[0] - 1)) : 0, hi = number_at(p->index + 8 + 4 * o->b[0]), mid;
	uint64_t at;
	int c;

	if (hi > p->n)
		return 0;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!(c = memcmp(o->b, ids + mid * ID, ID))) {
			at = number_at(offsets + mid * 4);
			if (at >> 31 == 0)
				return at;
			at &= 0x7fffffff;
			return at < nfar ? (uint64_t)number_at(far + at * 8) << 32 | number_at(far + at * 8 + 4) : 0;
		}
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

/* Add what stands at an offset of the file to what was read of it, until there are n bytes. */
static bool read_more(struct buf *b, const struct pack *p, uint64_t at, size_t n)
{
	const uint64_t left = p->size - SUM - at;
	ssize_t got;

	if (n > left)
		n = (size_t)left;
	if (n <= b->n)
		return true;
	buf_reserve(b, n - b->n);
	got = pread(p->fd, b->p + b->n, n - b->n, (off_t)(at + b->n));
	if (got != (ssize_t)(n - b->n))
		return false;
	b->n = n;
	return true;
}

/* Type and size, off the front of *s. */
static bool head_parse(unsigned *type, size_t *size, struct str *s)
{
	unsigned shift = 4;
	size_t i = 0;
	unsigned char c;

	if (!s->n)
		return false;
	c = (unsigned char)s->p[i++];
	*type = c >> 4 & 7;
	*size = c & 15;
	for (; c & 0x80; shift += 7) {
		if (i == s->n || shift > 32)
			return false;
		c = (unsigned char)s->p[i++];
		*size |= (size_t)(c & 0x7f) << shift;
	}
	*s = str_sub(*s, i, s->n);
	return true;
}

/* This and alone_read: false, it does not read; then what stands in *out is nothing, and to be freed. */
static bool packed_read(struct object *out, struct disk *d, const struct pack *p, uint64_t at, enum object_type t, size_t max)
{
	struct str s;
	unsigned type;
	size_t size, head, took, n;

	buf_clear(&d->packed);
	if (at < PACK_HEAD || at >= p->size - SUM || !read_more(&d->packed, p, at, NEAR))
		return false;
	s = buf_str(&d->packed);
	if (!head_parse(&type, &size, &s) || type != (unsigned)t || size > max)
		return false;
	head = d->packed.n - s.n;
	if (!read_more(&d->packed, p, at, head + stream_most(size)))
		return false;
	out->copy = xmalloc(size + 1);
	out->bytes = (struct str){ out->copy, size };
	return zlib_unpack(&n, &took, out->copy, size, str_sub(buf_str(&d->packed), head, d->packed.n)) && n == size;
}

/* ---- objects that stand alone ---- */

static bool alone_read(struct object *out, struct disk *d, const char *git_dir, const struct oid *o, enum object_type t, size_t max)
{
	const struct str type = t == OBJECT_TREE ? STR("tree ") : STR("blob ");
	char hex[OID_HEX + 1];
	struct err odd = ERR_INIT;
	struct arena a = ARENA_INIT;
	size_t room, n, took, end;
	uint64_t size;
	struct str s;
	enum rc rc;

	oid_format(hex, o);
	buf_clear(&d->packed);
	rc = file_read(&d->packed, arena_printf(&a, "%s/objects/%.2s/%s", git_dir, hex, hex + 2), stream_most(max), &odd);
	arena_free(&a);
	if (rc)
		return false;
	room = (d->packed.n * TIGHT < max ? d->packed.n * TIGHT : max) + HEAD;
	buf_clear(&d->alone);
	buf_reserve(&d->alone, room);
	if (!zlib_unpack(&n, &took, d->alone.p, room, buf_str(&d->packed)) || took != d->packed.n)
		return false;
	s = (struct str){ d->alone.p, n };
	end = str_chr(str_sub(s, 0, HEAD), '\0');
	if (!str_starts(s, type) || end == SIZE_MAX || !str_u64(&size, str_sub(s, type.n, end)) || size != n - end - 1 || size > max)
		return false;
	s = str_sub(s, end + 1, n);
	out->copy = xmalloc(s.n + 1);
	out->bytes = (struct str){ memcpy(out->copy, s.p, s.n), s.n };
	return true;
}

/* ---- trees that are kept ---- */

static struct kept *kept_at(struct disk *d, const struct oid *o)
{
	return &d->kept[(o->b[0] | (unsigned)o->b[1] << 8) % KEPT_TREES];
}

static void kept_drop(struct disk *d, struct kept *k)
{
	d->kept_bytes -= k->bytes.n;
	free(k->copy);
	*k = (struct kept){ .copy = NULL };
}

static bool kept_take(struct object *out, struct disk *d, const struct oid *o, size_t max)
{
	struct kept *k = kept_at(d, o);

	if (!k->copy || !oid_eq(&k->id, o) || k->bytes.n > max)
		return false;
	out->copy = k->copy;
	out->bytes = k->bytes;
	k->copy = NULL;
	kept_drop(d, k);
	return true;
}

void disk_keep(struct object *o)
{
	struct disk *d = o->disk;
	struct kept *k = kept_at(d, &o->id);
	size_t i;

	if (o->bytes.n > KEPT_LARGEST) {
		free(o->copy);
		return;
	}
	kept_drop(d, k);
	for (i = 0; d->kept_bytes + o->bytes.n > KEPT_BYTES; i++)
		kept_drop(d, &d->kept[i]);
	*k = (struct kept){ o->id, o->copy, o->bytes };
	d->kept_bytes += o->bytes.n;
}

bool disk_read(struct object *out, struct disk *d, const char *git_dir, const struct oid *o, enum object_type t, size_t max)
{
	uint64_t at = 0;
	bool found;
	size_t i;

	if (t != OBJECT_TREE && t != OBJECT_BLOB)
		return false;
	found = t == OBJECT_TREE && kept_take(out, d, o, max);
	do {
		for (i = 0; i < d->npacks && !found && !at; i++)
			if ((at = pack_find(&d->packs[i], o)))
				found = packed_read(out, d, &d->packs[i], at, t, max);
		if (!found && !at)
			found = alone_read(out, d, git_dir, o, t, max);
		if (!found) {
			free(out->copy);
			*out = (struct object)OBJECT_INIT;
		}
	} while (!found && !at && packs_open(d, git_dir));
	if (found && t == OBJECT_TREE) {
		out->disk = d;
		out->id = *o;
	}
	return found;
}

void disk_close(struct disk *d)
{
	size_t i;

	packs_close(d);
	buf_free(&d->packed);
	buf_free(&d->alone);
	for (i = 0; i < KEPT_TREES; i++)
		kept_drop(d, &d->kept[i]);
}
