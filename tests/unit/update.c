/* tests/unit/update.c: an index that is brought forward, and put in order when nobody waits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/index/parts.h"
#include "kb/index/query.h"

enum { DOCS = 40, ROUNDS = 40 };

static int make(void **state)
{
	int i;

	(void)state;
	if (system("rm -rf n && git init -q -b main n && mkdir -p n/.git/colep n/lessons/mk && cd n && git config colep.id bps && "
	    "git config user.name Test && git config user.email test@example.org"))
		return 1;
	for (i = 0; i < DOCS; i++) {
		struct err e = ERR_INIT;
		struct arena a = ARENA_INIT;
		const char *path = arena_printf(&a, "n/lessons/mk/ll-mk-2022-text-%d.md", i);
		const char *text = arena_printf(&a, "---\ntitle: Text %d\nlang: en\n---\nOne line for all, and %d more words.\n", i, i);
		enum rc rc = file_write(path, cstr(text), 0644, &e);

		arena_free(&a);
		if (rc)
			return 1;
	}
	return system("cd n && git add . && git commit -q -m first");
}

/* A document changes, each in two rounds in a row; now and then another one does, goes in the round after and comes again;
 * and all do. */
static void change(unsigned round)
{
	static const char *const more[10] = { [2] = "echo Once more. >>ll-mk-2022-text-1.md", [3] = "git rm -q ll-mk-2022-text-1.md",
		[4] = "git checkout -q HEAD~1 -- ll-mk-2022-text-1.md", [9] = "for f in *; do echo All of them. >>$f; done" };
	struct arena a = ARENA_INIT;

	assert_int_equal(system(arena_printf(&a, "cd n/lessons/mk && printf 'All of round %u is here.\\n' >>ll-mk-2022-text-%u.md && "
	    "%s && git commit -q -a -m round", round, 2 + round / 2 * 7 % (DOCS - 2), more[round % 10] ? more[round % 10] : ":")), 0);
	arena_free(&a);
}

/* What a search gives, with scores, what is counted, and each document, every second one as another thread reads it.
 * *now: of the index; but its segments are not there. */
static char *answer(struct arena *a, struct index *ix, struct stamp *now)
{
	static const char *const queries[] = { "line", "round", "\"line for all\"", "rou", "text 7", "rownd" };
	struct filters f = FILTERS_INIT;
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct snap *s, *twin;
	size_t i, k;
	char *got;

	assert_int_equal(snap_open(&s, ix, &e), RC_OK);
	*now = s->stamp;
	buf_printf(&b, "%llu %llu;", (unsigned long long)s->stamp.documents, (unsigned long long)s->stamp.length);
	for (i = 0; i < LANGS; i++)
		buf_printf(&b, " %llu", (unsigned long long)s->stamp.langs[i]);
	for (i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct result res;
		struct query *q;

		assert_int_equal(query_parse(&q, &f, a, cstr(queries[i]), &e), RC_OK);
		assert_int_equal(query_run(&res, a, s, q, &f, 100, COUNT_FACETS, &e), RC_OK);
		assert_true(res.n > 0);
		for (k = 0; k < res.n; k++)
			buf_printf(&b, " %.*s %u", FMT_STR(res.hits[k].id), (unsigned)res.hits[k].score);
	}
	assert_int_equal(snap_twin(&twin, s, &e), RC_OK);
	for (i = 0; i < snap_count(s); i++) {
		struct snap *of = i % 2 ? twin : s;
		struct record r, found;
		char hex[OID_HEX + 1], id[STORE_KEY_MAX];

		assert_int_equal(snap_record(&r, of, i, &e), RC_OK);
		memcpy(id, r.id.p, r.id.n);
		assert_int_equal(snap_find(&found, s, (struct str){ id, r.id.n }, &e), RC_OK);
		memset(id, 'x', r.id.n);	/* what was asked with is the asker's */
		assert_true(str_eq(found.id, r.id) && str_eq(found.owner, r.owner));
		oid_format(hex, &r.blob);
		buf_printf(&b, "\n%.*s %s %.*s\n", FMT_STR(r.id), hex, FMT_STR(r.title));
		assert_int_equal(snap_text(&b, of, &r, &e), RC_OK);
	}
	snap_close(twin);
	snap_close(s);
	got = arena_cstr(a, buf_str(&b));
	buf_free(&b);
	return got;
}

/* Every row beside the names of tables is of a segment that is there, or of a document that stands aside. */
static void assert_nothing_is_left(struct index *ix)
{
	struct err e = ERR_INIT;
	struct store_iter it;
	size_t aside = 0, at, i;
	struct snap *s;
	struct str k, v;
	uint32_t rows;

	assert_int_equal(snap_open(&s, ix, &e), RC_OK);
	assert_int_equal(store_iter_open(&it, s->txn, s->t.small.terms, STR_NONE, &e), RC_OK);
	while (store_iter_next(&it, &k, &v, &e) == ITER_ITEM) {
		if ((k.p[0] >= 'a' && k.p[0] <= 'z') || str_eq(k, STAMP_KEY))
			continue;
		rows = key32_get(k.p) & UINT32_MAX >> 1;
		if (rows % 8 == ROWS_ASIDE) {
			assert_true(docs_aside(&at, &s->t, key32_get(k.p + 4)) && s->t.aside[at].segment == rows / 8);
			aside++;
			continue;
		}
		for (i = 0; i < s->stamp.nsegments && s->stamp.segments[i].id != rows / 8; i++)
			;
		assert_true(i < s->stamp.nsegments);
	}
	assert_int_equal(aside, s->stamp.naside);
	store_iter_close(&it);
	snap_close(s);
}

/* How many dead the stamp alone tells. */
static uint32_t told_alone(struct index *ix, size_t *documents)
{
	struct err e = ERR_INIT;
	uint32_t n = 0;
	struct snap *s;
	size_t i;

	assert_int_equal(snap_open(&s, ix, &e), RC_OK);
	for (i = 0; i < s->stamp.nsegments; i++)
		n += s->stamp.segments[i].nlate;
	*documents = snap_count(s);
	snap_close(s);
	return n;
}

/* Rounds with and without somebody who has the time; how many segments there were at most. */
static size_t rounds(bool tidy)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct index *ix, *anew;
	char *forward, *before;
	size_t most = 0, documents;
	struct stamp now;
	struct node node;
	unsigned i;

	assert_int_equal(make(NULL), 0);
	assert_int_equal(node_open(&node, &a, "n", &e), RC_OK);
	assert_int_equal(index_open(&ix, &node, false, NULL, NULL, NULL, &e), RC_OK);
	for (i = 0; i < ROUNDS; i++) {
		change(i);
		assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);
		before = answer(&a, ix, &now);
		assert_true(now.next_segment > i + 1);	/* brought forward: none was made anew, which mends whatever was wrong */
		assert_true(now.naside < 34);		/* 32 are put in their place by the next update, which changes two */
		assert_in_range(told_alone(ix, &documents), 0, 33);
		assert_nothing_is_left(ix);
		if (tidy)
			assert_int_equal(index_tidy(ix, &e), RC_OK);
		assert_nothing_is_left(ix);
		forward = answer(&a, ix, &now);
		assert_string_equal(before, forward);
		most = most < now.nsegments ? now.nsegments : most;
	}
	assert_int_equal(index_open(&anew, &node, true, NULL, NULL, NULL, &e), RC_OK);
	assert_string_equal(forward, answer(&a, anew, &now));
	assert_int_equal(now.nsegments, 1);
	index_close(anew);
	index_close(ix);
	arena_free(&a);
	return most;
}

static void test_update__is_as_right_untidied_and_tidied_as_made_anew(void **state)
{
	size_t tidied = rounds(true), untidied = rounds(false);

	(void)state;
	assert_true(tidied >= 2 && tidied < untidied && untidied <= 20);
}

/* Where nobody has the time, too. */
static void test_update__a_stamp_does_not_grow_with_documents_that_go_one_by_one(void **state)
{
	enum { GO = 36 };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	uint32_t most = 0, n = 0;
	struct index *ix;
	struct node node;
	size_t documents;
	unsigned i;

	(void)state;
	assert_int_equal(make(NULL), 0);
	assert_int_equal(node_open(&node, &a, "n", &e), RC_OK);
	assert_int_equal(index_open(&ix, &node, false, NULL, NULL, NULL, &e), RC_OK);
	for (i = 0; i < GO; i++) {
		assert_int_equal(system(arena_printf(&a, "cd n && git rm -q lessons/mk/ll-mk-2022-text-%u.md && git commit -q -m less", i)), 0);
		assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);
		n = told_alone(ix, &documents);
		assert_nothing_is_left(ix);
		assert_int_equal(documents, DOCS - 1 - i);
		most = most < n ? n : most;
	}
	assert_int_equal(most, 32);		/* their rows are written by the next update */
	assert_int_equal(n, GO - most);
	index_close(ix);
	arena_free(&a);
}

/* So many stand aside that the next update, which replaces one of them again, puts them in their place first. */
static void test_update__what_is_put_in_its_place_and_replaced_at_once_was_what_it_was(void **state)
{
	enum { ASIDE = 32 };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct index *ix, *anew;
	struct stamp now;
	struct node node;
	char *forward;
	unsigned i;

	(void)state;
	assert_int_equal(make(NULL), 0);
	assert_int_equal(node_open(&node, &a, "n", &e), RC_OK);
	assert_int_equal(index_open(&ix, &node, false, NULL, NULL, NULL, &e), RC_OK);
	for (i = 0; i <= ASIDE; i++) {			/* from English to Bulgarian, as the letters tell; and back, the first one */
		assert_int_equal(file_write(arena_printf(&a, "n/lessons/mk/ll-mk-2022-text-%u.md", i % ASIDE),
		    cstr(arena_printf(&a, "---\ntitle: Round %u\n---\n%s %u.\n", i, i < ASIDE ? "Една линия за всички, които са на границата" :
		    "This round is one line for all of them", i)), 0644, &e), RC_OK);
		assert_int_equal(system("cd n && git commit -q -a -m round"), 0);
		assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);
		forward = answer(&a, ix, &now);
		assert_int_equal(now.naside, i < ASIDE ? i + 1 : 1);
	}
	assert_int_equal(index_open(&anew, &node, true, NULL, NULL, NULL, &e), RC_OK);
	assert_string_equal(forward, answer(&a, anew, &now));
	index_close(anew);
	index_close(ix);
	arena_free(&a);
}

/* The file goes away while it is open: what has the time finds nothing to do, and who asks next gets one made anew. */
static void test_update__an_index_that_is_gone_is_made_anew(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct index *ix;
	struct snap *s;
	char *before;
	struct stamp now;
	struct node node;

	(void)state;
	assert_int_equal(make(NULL), 0);
	assert_int_equal(node_open(&node, &a, "n", &e), RC_OK);
	assert_int_equal(index_open(&ix, &node, false, NULL, NULL, NULL, &e), RC_OK);
	change(1);
	assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);
	before = answer(&a, ix, &now);
	assert_int_equal(system("rm n/.git/colep/index-*"), 0);
	assert_int_equal(index_tidy(ix, &e), RC_CORRUPT);
	assert_true(index_damaged(ix));
	assert_int_equal(snap_open(&s, ix, &e), RC_CORRUPT);
	assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);
	assert_string_equal(answer(&a, ix, &now), before);
	index_close(ix);
	arena_free(&a);
}

/* A stamp whose check is right, of a segment with more documents, or longer lists, than the file has bytes for. */
static void test_update__a_stamp_tells_of_no_more_than_the_file_holds(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct index *ix;
	struct stamp now;
	struct node node;
	char *before;
	unsigned i;

	(void)state;
	assert_int_equal(make(NULL), 0);
	change(1);
	assert_int_equal(node_open(&node, &a, "n", &e), RC_OK);
	assert_int_equal(index_open(&ix, &node, false, NULL, NULL, NULL, &e), RC_OK);
	before = answer(&a, ix, &now);
	for (i = 0; i < 3; i++) {
		struct tables t = ix->t;
		struct buf b = BUF_INIT;
		struct txn *txn;
		struct snap *s;

		assert_int_equal(txn_begin(&txn, ix->store, true, &e), RC_OK);
		assert_int_equal(stamp_get(&now, &a, txn, &t, &e), RC_OK);
		now.next = UINT32_MAX;
		if (i < 2)
			now.segments[0].heap[i] = (uint64_t)1 << 60;
		else
			now.segments[0].n = UINT32_MAX - 1;
		stamp_encode(&b, &now);
		assert_int_equal(txn_put(txn, t.small.terms, STAMP_KEY, buf_str(&b), &e), RC_OK);
		assert_int_equal(txn_commit(&txn, &e), RC_OK);
		buf_free(&b);
		assert_int_equal(snap_open(&s, ix, &e), RC_CORRUPT);
		assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);	/* it is made anew */
		assert_string_equal(answer(&a, ix, &now), before);
	}
	index_close(ix);
	arena_free(&a);
}

static bool disk_fails;

/* Instead of the system's, for LMDB as well. */
int fdatasync(int fd)
{
	(void)fd;
	errno = EIO;
	return disk_fails ? -1 : 0;
}

/* The disk did not take an update, so nobody knows what is there: nothing is read of it. */
static void test_update__what_the_disk_did_not_take_is_made_anew(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct index *ix, *anew;
	struct node node;
	struct stamp now;
	char *forward;

	(void)state;
	assert_int_equal(make(NULL), 0);
	assert_int_equal(node_open(&node, &a, "n", &e), RC_OK);
	assert_int_equal(index_open(&ix, &node, false, NULL, NULL, NULL, &e), RC_OK);
	change(1);
	disk_fails = true;
	assert_int_equal(index_refresh(ix, NULL, &e), RC_IO);	/* nor one made anew */
	assert_non_null(strstr(e.msg, "Input/output error"));
	assert_true(index_damaged(ix));
	disk_fails = false;
	assert_int_equal(index_refresh(ix, NULL, &e), RC_OK);
	forward = answer(&a, ix, &now);
	assert_int_equal(index_open(&anew, &node, true, NULL, NULL, NULL, &e), RC_OK);
	assert_string_equal(forward, answer(&a, anew, &now));
	index_close(anew);
	index_close(ix);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_update__is_as_right_untidied_and_tidied_as_made_anew),
		cmocka_unit_test(test_update__a_stamp_does_not_grow_with_documents_that_go_one_by_one),
		cmocka_unit_test(test_update__what_is_put_in_its_place_and_replaced_at_once_was_what_it_was),
		cmocka_unit_test(test_update__an_index_that_is_gone_is_made_anew),
		cmocka_unit_test(test_update__a_stamp_tells_of_no_more_than_the_file_holds),
		cmocka_unit_test(test_update__what_the_disk_did_not_take_is_made_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
