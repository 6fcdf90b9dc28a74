/* tests/fuzz/search.c: what a query of a stranger is, asked of an index to the end. The index is of content/, made once for
 * the run, then brought forward, so that there are two segments and dead documents. First byte: how many hits, whether all are
 * counted, whether somebody is typing; then the query. Whatever it is, it is answered or refused with a reason, the best
 * come first, and counting them all finds the same as passing over those that cannot be among them. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "kb/index/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena kept = ARENA_INIT;
static struct node node;
static struct index *ix;
static char dir[] = "/tmp/fuzz-search-XXXXXX";

#define GIT "git -c user.name=x -c user.email=x@example.invalid "

static void clean_up(void)
{
	char *command = NULL;

	index_close(ix);
	arena_free(&kept);
	if (asprintf(&command, "rm -rf %s", dir) > 0 && system(command))
		fprintf(stderr, "%s stays\n", dir);
	free(command);
}

static void make_index(void)
{
	struct err e = ERR_INIT;
	char *command = NULL;
	bool stale;

	if (!mkdtemp(dir) || asprintf(&command, "cp -r content/. %s && cd %s && " GIT "init -q -b main && mkdir .git/colep && "
	    GIT "config colep.id bps && " GIT "add -A && " GIT "commit -qm all", dir, dir) < 0 || system(command) ||
	    node_open(&node, &kept, dir, &e) || index_open(&ix, &node, true, NULL, NULL, &stale, &e))
		abort();
	free(command);
	if (asprintf(&command, "cd %s && find . -name '*.md' -not -path './.git/*' | sort | awk 'NR %% 9 == 0' | "
	    "while read -r f; do echo 'One more sentence of hawala and a ferry.' >>\"$f\"; done && "
	    "find . -name '*.md' -not -path './.git/*' | sort | awk 'NR %% 10 == 5' | xargs rm && " GIT "commit -qam more",
	    dir) < 0 || system(command) || index_refresh(ix, NULL, &e))
		abort();
	free(command);
	atexit(clean_up);
}

/* Best first, ties by id, no more than wanted. */
static void check_order(const struct result *res, size_t limit)
{
	size_t i;

	assert(res->n <= limit && res->total >= res->n);
	for (i = 1; i < res->n; i++)
		assert(res->hits[i - 1].score > res->hits[i].score ||
		    (res->hits[i - 1].score == res->hits[i].score && str_cmp(res->hits[i - 1].id, res->hits[i].id) < 0));
}

static void check_snippet(struct arena *a, struct snap *s, const struct query *q, const struct record *r)
{
	struct err e = ERR_INIT;
	struct snippet sn;
	size_t i, at = 0;

	assert(!query_snippet(&sn, a, s, q, r, &e));
	for (i = 0; i < sn.n; i++) {
		assert(at <= sn.spans[i].from && sn.spans[i].from < sn.spans[i].to && sn.spans[i].to <= sn.text.n);
		at = sn.spans[i].to;
	}
}

static enum rc ask(struct result *res, struct query **q, struct arena *a, struct snap *s, struct str text, size_t limit, bool typing,
    enum counting count, struct err *e)
{
	struct filters f = FILTERS_INIT;
	enum rc rc = query_parse(q, &f, a, text, e);

	if (!rc && typing)
		query_typing(*q);
	return rc ? rc : query_run(res, a, s, *q, &f, limit, count, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum counting counts[] = { COUNT_TOTAL, COUNT_FACETS };
	const struct str text = { (const char *)data + 1, size - 1 };
	struct result res, all;
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct snap *s = NULL;
	struct query *q;
	size_t limit, i;
	bool typing;
	enum rc rc;

	if (!size)
		return 0;
	if (!ix)
		make_index();
	limit = data[0] % 16;
	typing = data[0] & 16;
	rc = snap_open(&s, ix, &e);
	assert(!rc);
	if ((rc = ask(&res, &q, &a, s, text, limit, typing, COUNT_NONE, &e))) {
		assert(rc == RC_INVALID && e.msg[0]);
		goto out;
	}
	check_order(&res, limit);
	rc = ask(&all, &q, &a, s, text, limit, typing, counts[data[0] >> 5 & 1], &e);
	assert(!rc && all.n == res.n);
	for (i = 0; i < all.n; i++)
		assert(all.hits[i].score == res.hits[i].score && str_eq(all.hits[i].id, res.hits[i].id));
	rc = query_records(&all, &a, s, &e);
	assert(!rc);
	for (i = 0; i < all.n && i < 3; i++)
		check_snippet(&a, s, q, &all.hits[i].record);
out:
	snap_close(s);
	arena_free(&a);
	return 0;
}
