/* sync/pack.c: see pack.h. What is read of git's formats (big-endian; version 2 of both):
 *
 *	.idx	"\377tOc" 2, fan-out of 256 counts, ids, CRCs, offsets of 4 bytes (top bit: an entry of the table of 8), ...
 *	.pack	an entry: type and size of what it inflates to, 4 and then 7 bits a byte; OFS_DELTA: how far before it
 *		its base stands; REF_DELTA: the base's id; then zlib
 *
 * The index was made by git on this machine and is believed; the pack was checked by it. */
#include "sync/pack.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/base/oid.h"

#define HEAD ((size_t)8 + 256 * 4)	/* bytes of an index before the ids */
enum { OFS_DELTA = 6, REF_DELTA = 7, OID_BYTES = OID_HEX / 2 };

struct map { const unsigned char *p; size_t n; };
struct entry { uint64_t at; uint32_t place, depth; };	/* place: in the index; depth: 0 until found, then deltas + 1 */

struct pack {
	struct map idx, data;
	struct entry *v;		/* by place in the pack */
	uint32_t n, *by_id;		/* by_id: from the index's order to v's */
};

static uint64_t number(const unsigned char *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | *p++;
	return v;
}

static enum rc map_open(struct map *m, const char *path, struct err *e)
{
	struct stat st;
	void *p = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*m = (struct map){ NULL, 0 };
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (p == MAP_FAILED)
		return err_errno(e, "%s", path);
	*m = (struct map){ p, (size_t)st.st_size };
	return RC_OK;
}

static void map_close(struct map *m)
{
	if (m->p)
		munmap((void *)(uintptr_t)m->p, m->n);
}

static int by_place(const void *x, const void *y)
{
	uint64_t p = ((const struct entry *)x)->at, q = ((const struct entry *)y)->at;

	return p < q ? -1 : p > q;
}

static bool read_index(struct pack *p, const struct git_limits *l, uint64_t *count)
{
	const unsigned char *offsets, *large;
	uint64_t n;
	uint32_t i;

	if (p->idx.n < HEAD || memcmp(p->idx.p, "\377tOc\0\0\0\2", 8) != 0)
		return false;
	*count = n = number(p->idx.p + HEAD - 4, 4);
	if (n > l->objects || p->idx.n < HEAD + n * 28)
		return n > l->objects;
	p->n = (uint32_t)n;
	p->v = xmalloc((n + 1) * sizeof *p->v);
	p->by_id = xmalloc((n + 1) * sizeof *p->by_id);
	offsets = p->idx.p + HEAD + n * 24;
	large = offsets + n * 4;
	for (i = 0; i < p->n; i++) {
		uint64_t at = number(offsets + (size_t)i * 4, 4);

		if (at >> 31) {
			const unsigned char *far = large + (at & 0x7fffffff) * 8;

			if (far + 8 > p->idx.p + p->idx.n)
				return false;
			at = number(far, 8);
		}
		p->v[i] = (struct entry){ at, i, 0 };
	}
	if (n > 1)
		qsort(p->v, n, sizeof *p->v, by_place);
	for (i = 0; i < p->n; i++)
		p->by_id[p->v[i].place] = i;
	return true;
}

static uint32_t find_place(const struct pack *p, uint64_t at)
{
	const struct entry want = { at, 0, 0 }, *found = bsearch(&want, p->v, p->n, sizeof want, by_place);

	return found ? (uint32_t)(found - p->v) : UINT32_MAX;
}

static uint32_t find_id(const struct pack *p, const unsigned char *id)
{
	uint32_t lo = 0, hi = p->n, mid;
	int k;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((k = memcmp(p->idx.p + HEAD + (size_t)mid * OID_BYTES, id, OID_BYTES)) == 0)
			return p->by_id[mid];
		if (k < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

/* An entry's inflated size, and the entry of its base: its own number when it is no delta. */
static bool read_entry(const struct pack *p, uint32_t i, uint64_t *size, uint32_t *base)
{
	uint64_t at = p->v[i].at, back;
	unsigned type, shift = 4;
	unsigned char c;

	if (at >= p->data.n)
		return false;
	c = p->data.p[at++];
	type = c >> 4 & 7;
	*size = c & 15;
	for (; c & 0x80; shift += 7) {
		if (at >= p->data.n || shift > 56)
			return false;
		c = p->data.p[at++];
		*size |= (uint64_t)(c & 0x7f) << shift;
	}
	*base = i;
	if (type == REF_DELTA) {
		if (p->data.n - at < OID_BYTES)
			return false;
		*base = find_id(p, p->data.p + at);
	} else if (type == OFS_DELTA) {
		back = 0;
		do {
			if (at >= p->data.n || back >> 56)
				return false;
			c = p->data.p[at++];
			back = back << 7 | (c & 0x7f);
			back += c >> 7;
		} while (c & 0x80);
		*base = back > p->v[i].at ? UINT32_MAX : find_place(p, p->v[i].at - back);
	}
	return *base != UINT32_MAX;
}

static enum rc judge(struct pack *p, const struct git_limits *l, uint64_t *inflated, const char *name, struct err *e)
{
	uint64_t most = l->depth < p->n ? l->depth : p->n, size, n;
	uint32_t *chain = xmalloc((most + 2) * sizeof *chain), i, k, base;
	enum rc rc = RC_OK;

	for (i = 0; i < p->n && !rc; i++) {
		for (n = 0, k = i; !p->v[k].depth && n <= most; k = base) {
			if (!read_entry(p, k, &size, &base)) {
				rc = err_set(e, RC_CORRUPT, "%s: an entry that does not parse", name);
				break;
			}
			*inflated += size;
			if (base == k) {
				p->v[k].depth = 1;
				break;
			}
			chain[n++] = k;
		}
		if (!rc && (n > most || p->v[k].depth + n > most + 1))
			rc = err_set(e, RC_UNTRUSTED, "more than %llu deltas upon each other; refused (git config colep.depthMax)",
			    (unsigned long long)l->depth);
		for (; !rc && n; n--) {
			p->v[chain[n - 1]].depth = p->v[k].depth + 1;
			k = chain[n - 1];
		}
		if (!rc && *inflated > l->inflated)
			rc = err_set(e, RC_UNTRUSTED, "more than %llu bytes when unpacked; refused (git config colep.inflatedMax)",
			    (unsigned long long)l->inflated);
	}
	free(chain);
	return rc;
}

enum rc pack_check(const char *objects, const struct git_limits *l, struct err *e)
{
	struct arena a = ARENA_INIT;
	const char *dir = path_join(&a, objects, "pack");
	uint64_t count = 0, inflated = 0;
	size_t n, i;
	char **names;
	enum rc rc = dir_list(&names, &n, &a, dir, e);

	for (i = 0; i < n && !rc; i++) {
		struct str name = cstr(names[i]);
		struct pack p = { { NULL, 0 }, { NULL, 0 }, NULL, 0, NULL };
		const char *stem;

		if (!str_ends(name, STR(".idx")))
			continue;
		stem = path_join(&a, dir, arena_cstr(&a, str_sub(name, 0, name.n - 4)));
		if (!(rc = map_open(&p.idx, arena_printf(&a, "%s.idx", stem), e)) &&
		    !(rc = map_open(&p.data, arena_printf(&a, "%s.pack", stem), e))) {
			if (!read_index(&p, l, &count))
				rc = err_set(e, RC_CORRUPT, "%s.idx: does not parse", stem);
			else if (count > l->objects)
				rc = err_set(e, RC_UNTRUSTED, "more than %llu objects; refused (git config colep.objectsMax)",
				    (unsigned long long)l->objects);
			else
				rc = judge(&p, l, &inflated, stem, e);
		}
		map_close(&p.idx);
		map_close(&p.data);
		free(p.v);
		free(p.by_id);
	}
	if (rc == RC_NOTFOUND)
		rc = RC_OK;			/* no packs */
	arena_free(&a);
	return rc;
}
