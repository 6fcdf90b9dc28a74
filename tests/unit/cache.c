/* The graph kept between commands: what a file gives back, whole or damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <fcntl.h>

#include "kb/base/file.h"
#include "sync/cache.h"

enum { COMMITS = 40 };

static struct arena a = ARENA_INIT;
static struct err e = ERR_INIT;
static struct repo *full, *empty;	/* with the objects, and without any: there only the cache can tell */
static struct node node;
static const char *file;
static struct oid ids[COMMITS], merged, alone;

#define ok(call) do { if (call) fail_msg("%s", e.msg); } while (0)

/* A commit as nodes make it, but for the signature, at which nobody looks here. */
static struct oid commit(struct repo *r, const char *parents, const char *node_id, size_t seq, const struct oid *prev, const char *text)
{
	struct change c = { .path = cstr(arena_printf(&a, "lessons/%s/ll-%s-2023-%zu.md", node_id, node_id, seq % 7)) };
	struct buf b = BUF_INIT;
	char hex[OID_HEX + 1];
	struct oid tree, id;

	ok(repo_write(&c.new, r, OBJECT_BLOB, cstr(text), &e));
	ok(repo_tree(&tree, r, NULL, &c, 1, &e));
	oid_format(hex, &tree);
	buf_printf(&b, "tree %s\n%sauthor X <x@x.invalid> 0 +0000\ncommitter X <x@x.invalid> 0 +0000\n", hex, parents);
	if (seq) {
		buf_printf(&b, "gpgsig none\n\nx\n\nColep-Space: %s\nColep-Node: %s/0123456789abcdef\nColep-Seq: %zu\n", hex, node_id, seq);
		oid_format(hex, prev);
		if (!oid_is_none(prev))
			buf_printf(&b, "Colep-Prev: %s\n", hex);
	} else {
		buf_printf(&b, "\nMerged view\n");
	}
	ok(repo_write(&id, r, OBJECT_COMMIT, buf_str(&b), &e));
	buf_free(&b);
	return id;
}

static const char *parent(const struct oid *o)
{
	char hex[OID_HEX + 1];

	oid_format(hex, o);
	return arena_printf(&a, "parent %s\n", hex);
}

/* Two writers' rows, a view of both on which the second goes on, and one on which nobody does. */
static int setup(void **state)
{
	char *dir = arena_printf(&a, "%s", "cache-XXXXXX");
	struct oid none = OID_NONE;
	struct graph g;
	size_t i;

	(void)state;
	if (!mkdtemp(dir) || repo_init(&full, path_join(&a, dir, "full"), &e) || repo_init(&empty, path_join(&a, dir, "empty"), &e))
		return -1;
	node.cache = dir;
	file = path_join(&a, dir, "history-1");
	for (i = 0; i < COMMITS; i++) {
		bool second = i >= COMMITS / 2;
		const char *up = !i ? "" : i == COMMITS - 1 ? parent(&merged) : parent(&ids[second && i == COMMITS / 2 ? 0 : i - 1]);

		ids[i] = commit(full, up, second ? "bg" : "bps", 1 + (second ? i - COMMITS / 2 : i), i && i != COMMITS / 2 ? &ids[i - 1] : &none,
		    arena_printf(&a, "text %zu", i));
		if (i == COMMITS - 2)
			merged = commit(full, arena_printf(&a, "%s%s", parent(&ids[i]), parent(&ids[COMMITS / 2 - 1])), "both", 0, &none, "both");
	}
	alone = commit(full, arena_printf(&a, "%s%s", parent(&ids[3]), parent(&ids[COMMITS / 2])), "both", 0, &none, "one more");
	graph_init(&g, &a, full);
	cache_open(&g, &node);
	ok(graph_add(&g, &ids[COMMITS - 1], NULL, NULL, &e));
	ok(graph_add(&g, &alone, NULL, NULL, &e));
	assert_int_equal(g.n, COMMITS + 2);
	cache_store(&g);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	repo_close(full);
	repo_close(empty);
	return dir_remove(node.cache, &e) ? -1 : 0;
}

static void same_graph(const struct graph *x, const struct graph *y)
{
	size_t i, j, k;

	assert_int_equal(x->n, y->n);
	for (i = 0; i < x->n; i++) {
		const struct gcommit *p = x->v[i], *q;

		assert_true((j = graph_find(y, &p->id)) != SIZE_MAX);
		q = y->v[j];
		assert_true(oid_eq(&p->tree, &q->tree) && oid_eq(&p->prev, &q->prev) && oid_eq(&p->space, &q->space));
		assert_true(str_eq(p->node, q->node) && str_eq(p->incarnation, q->incarnation) && str_eq(p->key, q->key));
		assert_true(p->seq == q->seq && p->number == q->number && p->merged == q->merged && p->nparents == q->nparents);
		for (k = 0; k < p->nparents; k++)
			assert_true(oid_eq(&p->parents[k], &q->parents[k]));
		assert_int_equal(p->ntouched, q->ntouched);
		for (k = 0; k < p->ntouched; k++)
			assert_true(str_eq(p->touched[k].path, q->touched[k].path) && oid_eq(&p->touched[k].new, &q->touched[k].new) &&
			    oid_eq(&p->touched[k].old, &q->touched[k].old) && p->touched[k].mode == q->touched[k].mode);
		for (k = 0; k < x->n; k++)
			if (!x->v[k]->merged)
				assert_int_equal(graph_below(x, k, i), graph_below(y, graph_find(y, &x->v[k]->id), j));
	}
}

static void from_git(struct graph *g, const struct oid *tip)
{
	graph_init(g, &a, full);
	ok(graph_add(g, tip, NULL, NULL, &e));
}

static enum rc from_cache(struct graph *g, struct repo *r, const struct oid *tip)
{
	graph_init(g, &a, r);
	cache_open(g, &node);
	return graph_add(g, tip, NULL, NULL, &e);
}

static void test_cache__gives_the_graph_that_git_gives(void **state)
{
	struct graph g, h;

	(void)state;
	from_git(&g, &ids[COMMITS - 1]);
	ok(from_cache(&h, empty, &ids[COMMITS - 1]));
	same_graph(&g, &h);
}

static void test_cache__gives_no_more_than_what_is_asked_for(void **state)
{
	struct graph g, h;

	(void)state;
	from_git(&g, &ids[7]);
	ok(from_cache(&h, empty, &ids[7]));
	same_graph(&g, &h);
	assert_int_equal(from_cache(&h, empty, &alone), RC_NOTFOUND);	/* nobody wrote on that view */
}

static void test_cache__is_not_asked_when_commits_are_judged(void **state)
{
	struct graph g;

	(void)state;
	graph_init(&g, &a, empty);
	cache_open(&g, &node);
	assert_int_equal(graph_add(&g, &ids[7], (graph_judge *)(uintptr_t)1, NULL, &e), RC_NOTFOUND);
}

static void test_cache__what_is_new_is_added_to_the_file(void **state)
{
	struct buf b = BUF_INIT, more = BUF_INIT;
	struct graph g, h;
	struct oid new = commit(full, parent(&ids[COMMITS - 1]), "bg", COMMITS / 2 + 1, &ids[COMMITS - 1], "new");

	(void)state;
	ok(file_read(&b, file, 1 << 20, &e));
	ok(from_cache(&g, full, &new));
	cache_store(&g);
	ok(file_read(&more, file, 1 << 20, &e));
	assert_true(more.n > b.n && more.n < b.n + 1000 && memcmp(more.p, b.p, b.n) == 0);
	from_git(&g, &new);
	ok(from_cache(&h, empty, &new));
	same_graph(&g, &h);
	cache_store(&h);			/* nothing to add */
	buf_clear(&b);
	ok(file_read(&b, file, 1 << 20, &e));
	assert_true(b.n == more.n);
	buf_free(&b);
	buf_free(&more);
}

static void test_cache__a_damaged_file_gives_less_and_never_another_graph(void **state)
{
	struct buf b = BUF_INIT;
	struct graph g, h;
	size_t i, given = 0, tried = 0;
	const char *was;

	(void)state;
	from_git(&g, &ids[COMMITS - 1]);
	ok(file_read(&b, file, 1 << 20, &e));
	was = arena_cstr(&a, buf_str(&b));
	for (i = 0; i < b.n; i += 101) {
		struct str cut = str_sub(buf_str(&b), 0, i);

		tried++;
		b.p[i] ^= 4;
		ok(file_write_fast(file, i % 2 ? cut : buf_str(&b), 0644, &e));
		b.p[i] ^= 4;
		given += from_cache(&h, empty, &ids[COMMITS - 1]) == RC_OK;
		ok(from_cache(&h, full, &ids[COMMITS - 1]));
		same_graph(&g, &h);
		cache_store(&h);
		ok(from_cache(&h, empty, &ids[COMMITS - 1]));	/* mended */
		same_graph(&g, &h);
	}
	assert_true(tried > 50 && given * 10 < tried);	/* damage in the second block leaves the first */
	ok(file_write_fast(file, (struct str){ was, b.n }, 0644, &e));
	buf_free(&b);
}

static void test_cache__each_byte_that_changes_gives_less_or_the_same(void **state)
{
	static const char masks[] = { 1, '\x80', '\xff' };
	int fd = open(file, O_RDWR);
	struct buf b = BUF_INIT;
	struct graph g, h;
	size_t i, m, less = 0;

	(void)state;
	from_git(&g, &ids[COMMITS - 1]);
	ok(file_read(&b, file, 1 << 20, &e));
	for (i = 0; i < b.n; i++)
		for (m = 0; m < sizeof masks; m++) {
			struct arena once = ARENA_INIT;
			char c = b.p[i] ^ masks[m];
			enum rc rc;

			assert_int_equal(pwrite(fd, &c, 1, (off_t)i), 1);
			graph_init(&h, &once, empty);
			cache_open(&h, &node);
			rc = graph_add(&h, &ids[COMMITS - 1], NULL, NULL, &e);
			if (!rc)
				same_graph(&g, &h);
			else
				assert_int_equal(rc, RC_NOTFOUND);	/* git is asked, which has none here */
			less += rc != RC_OK;
			arena_free(&once);
			assert_int_equal(pwrite(fd, &b.p[i], 1, (off_t)i), 1);
		}
	close(fd);
	assert_true(less > 0);
	ok(from_cache(&h, empty, &ids[COMMITS - 1]));
	same_graph(&g, &h);
	buf_free(&b);
}

static void test_cache__a_file_that_is_of_no_use_is_written_anew(void **state)
{
	struct buf b = BUF_INIT;
	struct graph g, h;

	(void)state;
	ok(from_cache(&g, full, &ids[2]));	/* main was set back a long way */
	cache_store(&g);
	ok(file_read(&b, file, 1 << 20, &e));
	assert_true(b.n < 2000);
	from_git(&g, &ids[2]);
	ok(from_cache(&h, empty, &ids[2]));
	same_graph(&g, &h);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cache__gives_the_graph_that_git_gives),
		cmocka_unit_test(test_cache__gives_no_more_than_what_is_asked_for),
		cmocka_unit_test(test_cache__is_not_asked_when_commits_are_judged),
		cmocka_unit_test(test_cache__what_is_new_is_added_to_the_file),
		cmocka_unit_test(test_cache__a_damaged_file_gives_less_and_never_another_graph),
		cmocka_unit_test(test_cache__each_byte_that_changes_gives_less_or_the_same),
		cmocka_unit_test(test_cache__a_file_that_is_of_no_use_is_written_anew),
	};
	int failed;

	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, setup, teardown);
	arena_free(&a);
	return failed;
}
