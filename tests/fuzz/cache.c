/* tests/fuzz/cache.c: the graph that is kept between commands (sync/cache.c), with right sums behind any bytes. The first two
 * bytes are the length of the first block's commits, all behind them is the second's. Whatever they hold, reading them ends; what
 * is given has parents before children, and written down again and read it is the same. */
#include "sync/cache.c"		/* its sum, and its layout */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[] = "/dev/shm/colep-fuzz-XXXXXX", other[] = "/dev/shm/colep-fuzz-XXXXXX";
static struct node node = { .cache = dir }, again = { .cache = other };
static struct arena fixed = ARENA_INIT;
static const char *file, *copy;

static void clean_up(void)
{
	struct err e = ERR_INIT;

	if (dir_remove(dir, &e) || dir_remove(other, &e))
		fprintf(stderr, "%s\n", e.msg);
	arena_free(&fixed);
}

static void must(bool is)
{
	if (!is)
		abort();
}

static void set_up(void)
{
	must(mkdtemp(dir) && mkdtemp(other));
	atexit(clean_up);
	file = path_join(&fixed, dir, "history-1");
	copy = path_join(&fixed, other, "history-1");
}

static void add_block(struct buf *b, struct str commits)
{
	buf_add(b, magic, sizeof magic);
	put_number(b, commits.n, 4);
	put_number(b, sum_of(commits), 8);
	buf_str_add(b, commits);
}

static void write_file(struct str s)
{
	FILE *f = fopen(file, "wb");

	must(f && fwrite(s.p, 1, s.n, f) == s.n && !fclose(f));
}

/* All that may be an id is asked for. */
static void ask(struct graph *g, struct str s)
{
	struct oid o;
	size_t i;

	for (i = 0; i + sizeof o.b <= s.n; i++) {
		memcpy(o.b, s.p + i, sizeof o.b);
		if (graph_find(g, &o) == SIZE_MAX && g->known(g->cache, g, &o))
			assert(graph_find(g, &o) != SIZE_MAX);
	}
}

static size_t read_all(struct str s)
{
	size_t i, sum = 0;

	for (i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

/* Its strings are read too; twice: an id stands in it more than once, which no writer does. */
static void check(struct graph *g, bool *twice)
{
	size_t i, k, n, sum = 0;

	*twice = false;
	for (i = 0; i < g->n; i++) {
		const struct gcommit *c = g->v[i];

		assert(c->right <= RIGHT_ADMIN);
		*twice |= graph_find(g, &c->id) != i;
		for (k = 0; k < c->nparents; k++)
			assert(c->up[k] < i && oid_eq(&g->v[c->up[k]]->id, &c->parents[k]));
		sum += read_all(c->node) + read_all(c->incarnation) + read_all(c->key);
		for (k = 0; k < c->ntouched; k++)
			sum += read_all(c->touched[k].path);
		if (i < 64 && !g->v[i]->merged)
			for (k = i; k < g->n && k < 64; k++)
				sum += graph_below(g, i, k);
		if (c->ntouched)
			sum += graph_touching(g, c->touched[0].path, &n) != NULL;
	}
	assert(sum != SIZE_MAX);
}

static void same(const struct gcommit *p, const struct gcommit *q)
{
	size_t i;

	assert(oid_eq(&p->tree, &q->tree) && p->merged == q->merged && p->clean == q->clean && p->right == q->right &&
	    p->nparents == q->nparents && p->seq == q->seq && oid_eq(&p->prev, &q->prev) && oid_eq(&p->space, &q->space) &&
	    str_eq(p->node, q->node) && str_eq(p->incarnation, q->incarnation) && str_eq(p->key, q->key) && p->ntouched == q->ntouched);
	for (i = 0; i < p->nparents; i++)
		assert(oid_eq(&p->parents[i], &q->parents[i]));
	for (i = 0; i < p->ntouched; i++)
		assert(p->touched[i].mode == q->touched[i].mode && oid_eq(&p->touched[i].old, &q->touched[i].old) &&
		    oid_eq(&p->touched[i].new, &q->touched[i].new) && str_eq(p->touched[i].path, q->touched[i].path));
}

/* Into another file; but for a view on which nobody wrote. */
static void write_again(struct graph *g)
{
	struct graph h;
	size_t i;

	(void)unlink(copy);
	for (i = 0; i < g->n; i++)
		g->v[i]->place = 0;
	cache_open(g, &again);
	cache_store(g);
	graph_init(&h, g->a, NULL);
	cache_open(&h, &again);
	for (i = 0; i < g->n; i++)
		if (h.known(h.cache, &h, &g->v[i]->id))
			same(g->v[i], h.v[graph_find(&h, &g->v[i]->id)]);
		else
			assert(g->v[i]->merged);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str s = { (const char *)data + 2, size - 2 };
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct graph g;
	bool twice;
	size_t n;

	if (size < 2)
		return 0;
	if (!file)
		set_up();
	n = ((size_t)data[0] | (size_t)data[1] << 8) % (s.n + 1);
	add_block(&b, str_sub(s, 0, n));
	add_block(&b, str_sub(s, n, s.n));
	write_file(buf_str(&b));
	graph_init(&g, &a, NULL);
	cache_open(&g, &node);
	ask(&g, s);
	check(&g, &twice);
	if (!twice)
		write_again(&g);
	buf_free(&b);
	arena_free(&a);
	return 0;
}
