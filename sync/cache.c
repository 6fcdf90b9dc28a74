/* sync/cache.c: see cache.h.
 *
 * .git/colep/history-1 (the number is that of this layout). Numbers are little-endian, ids 20 bytes, a text its length
 * in one byte and its bytes. Blocks, one for each time something was added, each as
 *
 *	"clp1", length of what follows the sum (4), sum (8), then commits, one behind the other
 *
 * and a commit, which is behind its parents, as
 *
 *	id, tree, flags (1): MERGED CLEAN PREV SPACE, and from the fifth bit on the writer's right, if he touched the roster
 *	number of parents (2), each one's place in the file (4), from 0
 *	of an authored one: node, incarnation, key, its number (8), Colep-Prev and Colep-Space if flagged,
 *	paths it touched (4), each as mode (4), old id, new id, path
 *
 * What commits say never changes, and whether one is accepted depends on its past alone: so nothing in the file
 * gets wrong, and there is nothing to compare it with. A block whose sum is not right (a command was killed, a
 * disk failed) ends the file, and the next one is written there. The graph takes of it what is below the commits it
 * is asked for. A merged view on which nobody wrote is not put in: the next one takes its place. When most of the file
 * is of no use (main was set back), it is written anew. No fsync: what is lost is read from git again. */
#include "sync/cache.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"

enum { MERGED = 1, CLEAN = 2, PREV = 4, SPACE = 8, RIGHT = 16 };
enum { HEAD = 16 };			/* bytes of a block before its commits */
static const char magic[4] = { 'c', 'l', 'p', '1' };
#define FILE_MAX ((size_t)1 << 30)

static uint64_t sum_of(struct str s)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ s.n, w;
	size_t i;

	for (i = 0; i + 8 <= s.n; i += 8) {
		memcpy(&w, s.p + i, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	for (w = 0; i < s.n; i++)
		w = w << 8 | (unsigned char)s.p[i];
	h = (h ^ w) * 0xff51afd7ed558ccdu;
	return h ^ h >> 32;
}

/* ---- reading: a reader that ran out of bytes is `over`, and gives zeros ---- */

struct reader { struct str s; bool over; };

static const char *take(struct reader *r, size_t n)
{
	static const char zeros[20];
	const char *p = r->s.p;

	if (n > r->s.n) {
		r->over = true;
		return n <= sizeof zeros ? zeros : NULL;
	}
	r->s = (struct str){ p + n, r->s.n - n };
	return p;
}

static uint64_t number(struct reader *r, unsigned bytes)
{
	const unsigned char *p = (const unsigned char *)take(r, bytes);
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static struct oid id(struct reader *r)
{
	struct oid o;

	memcpy(o.b, take(r, sizeof o.b), sizeof o.b);
	return o;
}

static struct str text(struct reader *r)
{
	size_t n = number(r, 1);
	const char *p = take(r, n);

	return r->over ? STR_NONE : (struct str){ p, n };
}

struct cache {
	const char *path;
	struct gcommit **v;		/* the file's; up: the parents' places from 0, until it is in the graph */
	size_t n, cap, bytes;		/* bytes: up to where the file is sound */
	size_t used;			/* how many are in the graph */
	size_t *slots, nslots;		/* hash of ids: place + 1; a power of two, at most half full */
};

/* The next commit; its strings are the file's. */
static bool read_commit(struct cache *k, struct arena *a, struct reader *r)
{
	struct gcommit *c = arena_alloc(a, sizeof *c);
	unsigned flags;
	size_t i;

	c->id = id(r);
	c->tree = id(r);
	flags = (unsigned)number(r, 1);
	c->merged = flags & MERGED;
	c->clean = flags & CLEAN;
	c->right = flags / RIGHT <= RIGHT_ADMIN ? (enum right)(flags / RIGHT) : RIGHT_UNKNOWN;
	c->nparents = number(r, 2);
	if (c->nparents > r->s.n / 4)
		return false;
	c->up = arena_array(a, c->nparents, sizeof *c->up);
	c->parents = arena_array(a, c->nparents, sizeof *c->parents);
	for (i = 0; i < c->nparents; i++) {
		if ((c->up[i] = number(r, 4)) >= k->n)
			return false;
		c->parents[i] = k->v[c->up[i]]->id;
	}
	if (!c->merged) {
		c->node = text(r);
		c->incarnation = text(r);
		c->key = text(r);
		c->seq = number(r, 8);
		c->prev = flags & PREV ? id(r) : OID_NONE;
		c->space = flags & SPACE ? id(r) : OID_NONE;
		c->ntouched = number(r, 4);
		if (c->ntouched > r->s.n / 45)
			return false;
		c->touched = arena_array(a, c->ntouched, sizeof *c->touched);
		for (i = 0; i < c->ntouched; i++) {
			struct touch *t = &c->touched[i];

			t->mode = (unsigned)number(r, 4);
			t->old = id(r);
			t->new = id(r);
			t->path = text(r);
		}
	}
	if (r->over)
		return false;
	if (k->n == k->cap)
		k->v = arena_grow(a, k->v, &k->cap, sizeof *k->v);
	k->v[k->n++] = c;
	return true;
}

static void read_file(struct cache *k, struct arena *a, struct str file)
{
	while (file.n >= HEAD && memcmp(file.p, magic, sizeof magic) == 0) {
		struct reader r = { .s = str_sub(file, sizeof magic, HEAD) };
		size_t len = number(&r, 4), before = k->n;
		uint64_t sum = number(&r, 8);

		r.s = str_sub(file, HEAD, HEAD + len);
		if (r.s.n != len || sum_of(r.s) != sum)
			break;
		while (r.s.n && read_commit(k, a, &r))
			;
		if (r.s.n || r.over) {
			k->n = before;
			break;
		}
		k->bytes += HEAD + len;
		file = str_sub(file, HEAD + len, file.n);
	}
}

static size_t slot_of(const struct cache *k, const struct oid *o)
{
	size_t i, h;

	memcpy(&h, o->b, sizeof h);
	for (i = h & (k->nslots - 1); k->slots[i] && !oid_eq(&k->v[k->slots[i] - 1]->id, o);)
		i = (i + 1) & (k->nslots - 1);
	return i;
}

/* Put a commit that the file has, and what is below it, into the graph. */
static bool put(struct cache *k, struct graph *g, const struct oid *o)
{
	struct arena s = ARENA_INIT;
	size_t *stack = NULL, n = 0, cap = 0, i, at = k->nslots ? k->slots[slot_of(k, o)] : 0;

	if (!at)
		return false;
	stack = arena_grow(&s, stack, &cap, sizeof *stack);
	stack[n++] = at - 1;
	while (n) {
		size_t place = stack[n - 1] + 1, before = n;
		struct gcommit *c = k->v[place - 1];

		for (i = 0; i < c->nparents && !c->place; i++) {
			if (k->v[c->up[i]]->place)
				continue;
			if (n == cap)
				stack = arena_grow(&s, stack, &cap, sizeof *stack);
			stack[n++] = c->up[i];
		}
		if (n > before)
			continue;
		n--;
		if (c->place)
			continue;
		c->place = place;
		k->used++;
		graph_put(g, c);
	}
	arena_free(&s);
	return true;
}

void cache_open(struct graph *g, const struct node *n)
{
	struct cache *k = g->cache = arena_alloc(g->a, sizeof *k);
	struct err odd = ERR_INIT;
	struct buf b = BUF_INIT;
	size_t i;

	*k = (struct cache){ .path = path_join(g->a, n->cache, "history-1") };
	if (file_read(&b, k->path, FILE_MAX, &odd) == RC_OK && b.n)
		read_file(k, g->a, arena_str(g->a, buf_str(&b)));
	buf_free(&b);
	for (k->nslots = k->n ? 64 : 0; k->nslots < 2 * k->n;)
		k->nslots *= 2;
	k->slots = arena_array(g->a, k->nslots, sizeof *k->slots);
	for (i = 0; i < k->n; i++)
		k->slots[slot_of(k, &k->v[i]->id)] = i + 1;
	g->known = put;
}

/* ---- writing ---- */

static void put_number(struct buf *b, uint64_t v, unsigned bytes)
{
	for (; bytes--; v >>= 8)
		buf_putc(b, (char)(v & 0xff));
}

static void put_text(struct buf *b, struct str s)
{
	put_number(b, s.n, 1);
	buf_str_add(b, s);
}

static bool fits(const struct gcommit *c)
{
	bool yes = c->nparents <= UINT16_MAX && c->node.n <= UINT8_MAX && c->incarnation.n <= UINT8_MAX && c->key.n <= UINT8_MAX;
	size_t i;

	for (i = 0; i < c->ntouched && yes; i++)
		yes = c->touched[i].path.n <= UINT8_MAX;
	return yes;
}

static void write_commit(struct buf *b, const struct graph *g, const struct gcommit *c)
{
	size_t i;

	buf_add(b, c->id.b, sizeof c->id.b);
	buf_add(b, c->tree.b, sizeof c->tree.b);
	put_number(b, (c->merged ? MERGED : 0) | (c->clean ? CLEAN : 0) | (oid_is_none(&c->prev) ? 0 : PREV) |
	    (oid_is_none(&c->space) ? 0 : SPACE) | c->right * RIGHT, 1);
	put_number(b, c->nparents, 2);
	for (i = 0; i < c->nparents; i++)
		put_number(b, g->v[c->up[i]]->place - 1, 4);
	if (c->merged)
		return;
	put_text(b, c->node);
	put_text(b, c->incarnation);
	put_text(b, c->key);
	put_number(b, c->seq, 8);
	buf_add(b, c->prev.b, oid_is_none(&c->prev) ? 0 : sizeof c->prev.b);
	buf_add(b, c->space.b, oid_is_none(&c->space) ? 0 : sizeof c->space.b);
	put_number(b, c->ntouched, 4);
	for (i = 0; i < c->ntouched; i++) {
		const struct touch *t = &c->touched[i];

		put_number(b, t->mode, 4);
		buf_add(b, t->old.b, sizeof t->old.b);
		buf_add(b, t->new.b, sizeof t->new.b);
		put_text(b, t->path);
	}
}

/* The block of all that has no place yet; their places are given, from n on. */
static bool new_block(struct buf *b, struct graph *g, size_t *n)
{
	bool *under = arena_array(g->a, g->n, sizeof *under);
	struct buf head = BUF_INIT;
	size_t i, j;

	for (i = 0; i < g->n; i++)
		for (j = 0; j < g->v[i]->nparents; j++)
			under[g->v[i]->up[j]] = true;
	buf_add(b, magic, sizeof magic);
	put_number(b, 0, HEAD - sizeof magic);
	for (i = 0; i < g->n; i++) {
		struct gcommit *c = g->v[i];

		if (c->place || (c->merged && !under[i]))
			continue;
		if (!fits(c) || *n >= UINT32_MAX)
			break;
		c->place = ++*n;
		write_commit(b, g, c);
	}
	if (b->n == HEAD || b->n - HEAD > UINT32_MAX)
		return false;
	put_number(&head, b->n - HEAD, 4);
	put_number(&head, sum_of(str_sub(buf_str(b), HEAD, b->n)), 8);
	memcpy(b->p + sizeof magic, head.p, head.n);
	buf_free(&head);
	return true;
}

void cache_store(struct graph *g)
{
	struct cache *k = g->cache;
	struct err odd = ERR_INIT;
	struct buf b = BUF_INIT;
	size_t i;
	int fd;

	if (k->used * 2 < k->n) {
		k->n = k->bytes = 0;
		for (i = 0; i < g->n; i++)
			g->v[i]->place = 0;
	}
	if (!new_block(&b, g, &k->n))
		goto out;
	k->used = k->n;
	if (!k->bytes) {
		if (file_write_fast(k->path, buf_str(&b), 0644, &odd))
			goto out;		/* none then */
	} else if ((fd = open(k->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)) >= 0) {
		if (ftruncate(fd, (off_t)k->bytes) || pwrite(fd, b.p, b.n, (off_t)k->bytes) != (ssize_t)b.n)
			odd.rc = RC_IO;		/* cut off: the sum tells */
		close(fd);
	}
	k->bytes += b.n;
out:
	buf_free(&b);
}
