/* Segments: kb/index/segment.c, postings.c, sealed.c, build.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "kb/base/date.h"
#include "kb/index/build.h"
#include "kb/index/columns.h"
#include "kb/index/postings.h"
#include "kb/index/record.h"
#include "kb/index/sealed.h"

static uint64_t state = 7;

static uint32_t rnd(uint32_t n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33) % n;
}

/* ---- a store with one segment ---- */

struct world {
	char dir[64];
	struct store *store;
	struct txn *txn;
	struct segment_tables t;
	struct arena a;
	struct seen *seen;
	struct segment s;
	struct err e;
};

static void world_open(struct world *w)
{
	*w = (struct world){ .e = ERR_INIT, .seen = seen_open() };
	snprintf(w->dir, sizeof w->dir, "/tmp/colep-segment-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	assert_int_equal(store_open(&w->store, arena_printf(&w->a, "%s/x.mdb", w->dir), (size_t)1 << 28, true, &w->e), RC_OK);
	assert_int_equal(txn_begin(&w->txn, w->store, true, &w->e), RC_OK);
	assert_int_equal(txn_table(&w->t.terms, w->txn, "terms", &w->e) || txn_table(&w->t.lists, w->txn, "lists", &w->e) ||
	    txn_table(&w->t.positions, w->txn, "positions", &w->e) || txn_table(&w->t.columns, w->txn, "columns", &w->e) ||
	    txn_table(&w->t.dead, w->txn, "dead", &w->e), 0);
}

static void world_close(struct world *w)
{
	txn_abort(&w->txn);
	store_close(w->store);
	seen_close(w->seen);
	unlink(arena_printf(&w->a, "%s/x.mdb", w->dir));
	unlink(arena_printf(&w->a, "%s/x.mdb-lock", w->dir));
	rmdir(w->dir);
	arena_free(&w->a);
}

/* n: documents; norms: theirs, which the positions are read by too. */
static void finish(struct world *w, struct segment_out *o, const uint8_t *norms, uint32_t n)
{
	const struct record none = { .id = STR("x") };
	struct columns_out *columns = columns_create();
	struct segment_info info;
	uint32_t i;

	assert_int_equal(segment_finish(&info, o, &w->e), RC_OK);
	for (i = 0; i < n; i++)
		columns_add(columns, &none, i, norms[i]);
	assert_int_equal(columns_write(columns, w->txn, w->t.columns, info.id, &w->e), RC_OK);
	columns_free(columns);
	assert_int_equal(segment_open(&w->s, &w->a, w->txn, &w->t, &info, w->seen, &w->e), RC_OK);
}

static enum rc find(struct listing *x, const struct segment *s, struct str term, struct err *e)
{
	size_t n;
	enum rc rc = segment_find(x, &n, s, &term, 1, e);

	return rc ? rc : n ? RC_OK : RC_NOTFOUND;
}

/* ---- made-up postings: what they are is a function of term and place ---- */

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

enum { DOCS = 40000, TERMS = 3000 };

static bool has(unsigned term, uint32_t place)
{
	unsigned every = term == 0 ? 1 : term < 20 ? 2 + term : term < 200 ? 100 * term : DOCS / 2;

	return mix(term * 1000003u + place) % every == 0;
}

static size_t positions_of(uint32_t v[300], uint32_t *weight, unsigned term, uint32_t place)
{
	uint64_t h = mix(term * 77u + place * 31u);
	size_t n = h % 7 == 0 ? 0 : h % 97 == 0 ? 300 : 1 + h % 4, i;
	uint32_t at = (uint32_t)(h >> 20) % 500;

	for (i = 0; i < n; i++) {
		v[i] = at;
		at += 1 + (uint32_t)mix(h + i) % (h % 50 == 0 ? 100000 : 40);
	}
	*weight = (uint32_t)n + (h % 5 == 0 ? 2 : h % 1009 == 0 ? 5000 : 0);
	if (!*weight)
		*weight = 1;
	return n;
}

static void check_list(struct world *w, unsigned term, struct str name)
{
	struct cursor *c = xmalloc(sizeof *c);
	struct buf got = BUF_INIT;
	struct listing x;
	uint32_t v[300], weight, place, n = 0;

	assert_int_equal(find(&x, &w->s, name, &w->e), RC_OK);
	assert_int_equal(cursor_open(c, &w->s, &x, &w->e), RC_OK);
	for (place = 0; place < DOCS; place++) {
		size_t k;

		if (!has(term, place))
			continue;
		assert_int_equal(cursor_next(c, &w->e), ITER_ITEM);
		assert_int_equal(c->docs[c->i], place);
		k = positions_of(v, &weight, term, place);
		assert_int_equal(c->weights[c->i], weight);
		n++;
		if (term % 3 == 1 && place % 3)
			continue;		/* positions of some only */
		buf_clear(&got);
		assert_int_equal(cursor_positions(c, &got, &w->e), RC_OK);
		assert_int_equal(got.n, k * 4);
		if (k)
			assert_memory_equal(got.p, v, got.n);
	}
	assert_int_equal(cursor_next(c, &w->e), ITER_DONE);
	assert_int_equal(x.df, n);
	cursor_close(c);
	buf_free(&got);
	free(c);
}

static void check_seek(struct world *w, unsigned term, struct str name, uint32_t step)
{
	struct cursor *c = xmalloc(sizeof *c);
	struct listing x;
	uint32_t place, want, v[300], weight, one;
	struct buf got = BUF_INIT;
	size_t k;

	assert_int_equal(find(&x, &w->s, name, &w->e), RC_OK);
	assert_int_equal(cursor_open(c, &w->s, &x, &w->e), RC_OK);
	for (place = rnd(step); place < DOCS; place = want + 1 + rnd(step)) {
		for (want = place; want < DOCS && !has(term, want); want++)
			;
		assert_int_equal(cursor_seek(c, place, &w->e), want < DOCS ? ITER_ITEM : ITER_DONE);
		if (want == DOCS)
			break;
		assert_int_equal(c->docs[c->i], want);
		k = positions_of(v, &weight, term, want);
		assert_int_equal(cursor_weight(&one, c, &w->e), RC_OK);
		assert_int_equal(one, weight);
		if (c->row) {
			assert_int_equal(cursor_look(&one, c, want, &w->e), RC_OK);
			assert_int_equal(one, weight);
		}
		if (c->row && want > place) {		/* one that has it not */
			assert_int_equal(cursor_look(&one, c, want - 1, &w->e), RC_OK);
			assert_int_equal(one, 0);
		}
		buf_clear(&got);
		assert_int_equal(cursor_positions(c, &got, &w->e), RC_OK);
		assert_int_equal(got.n, k * 4);
		if (k)
			assert_memory_equal(got.p, v, got.n);
	}
	cursor_close(c);
	buf_free(&got);
	free(c);
}

static void fill(struct world *w, char names[TERMS][16])
{
	uint8_t *norms = xmalloc(DOCS);
	struct segment_out *o;
	uint32_t v[300], weight, place;
	unsigned t;
	size_t n;

	for (place = 0; place < DOCS; place++)
		norms[place] = (uint8_t)(1 + place % 200);
	o = segment_create(&w->txn, &w->t, 9, norms, DOCS, NULL, NULL);
	for (t = 0; t < TERMS; t++) {
		snprintf(names[t], 16, "%s%05u", t % 2 ? "ab" : "aa", t);
		if (t % 2)
			continue;
		segment_term(o, cstr(names[t]));
		for (place = 0; place < DOCS; place++)
			if (has(t, place)) {
				n = positions_of(v, &weight, t, place);
				segment_posting(o, place, weight, v, n);
			}
	}
	for (t = 1; t < TERMS; t += 2) {
		segment_term(o, cstr(names[t]));
		for (place = 0; place < DOCS; place++)
			if (has(t, place)) {
				n = positions_of(v, &weight, t, place);
				segment_posting(o, place, weight, v, n);
			}
	}
	finish(w, o, norms, DOCS);
	free(norms);
}

static void test_segment__gives_back_what_was_written(void **state_)
{
	static char names[TERMS][16];
	struct listing x;
	struct world w;
	unsigned t;

	(void)state_;
	world_open(&w);
	fill(&w, names);
	for (t = 0; t < TERMS; t += t < 100 ? 1 : 37)
		if (find(&x, &w.s, cstr(names[t]), &w.e) == RC_OK)
			check_list(&w, t, cstr(names[t]));
	check_list(&w, 0, cstr(names[0]));
	for (t = 0; t < 24; t++) {
		check_seek(&w, t, cstr(names[t]), 20);
		check_seek(&w, t, cstr(names[t]), 3000);
	}
	assert_int_equal(find(&x, &w.s, STR("aa"), &w.e), RC_NOTFOUND);
	assert_int_equal(find(&x, &w.s, STR("aa00000x"), &w.e), RC_NOTFOUND);
	assert_int_equal(find(&x, &w.s, STR("zz"), &w.e), RC_NOTFOUND);
	world_close(&w);
}

static void test_segment__all_terms_come_in_order(void **state_)
{
	static char names[TERMS][16];
	struct listing x, y;
	struct terms it;
	struct world w;
	char last[65] = "";
	size_t n;

	(void)state_;
	world_open(&w);
	fill(&w, names);
	assert_int_equal(terms_open(&it, &w.s, &w.e), RC_OK);
	for (n = 0; terms_next(&it, &w.e) == ITER_ITEM; n++) {
		const struct str term = { it.term, it.n };

		assert_true(str_cmp(term, cstr(last)) > 0);
		snprintf(last, sizeof last, "%.*s", FMT_STR(term));
		if (n % 7 == 0) {
			assert_int_equal(terms_entry(&x, &it, &w.e), RC_OK);
			assert_int_equal(find(&y, &w.s, term, &w.e), RC_OK);
			assert_int_equal(x.df, y.df);
			assert_int_equal(x.list, y.list);
			assert_int_equal(x.positions, y.positions);
		}
	}
	terms_close(&it);
	assert_int_equal(n, w.s.info.terms);
	world_close(&w);
}

static void test_segment__a_short_list_is_as_told_on_top(void **state_)
{
	static const uint8_t norms[] = { 7, 1, 1, 20 };
	const uint32_t four = 4, nine[] = { 9, 12 };
	struct segment_out *o;
	struct listing x;
	struct world w;

	(void)state_;
	world_open(&w);
	o = segment_create(&w.txn, &w.t, 1, norms, 4, NULL, NULL);
	segment_term(o, STR("border"));
	segment_posting(o, 0, 1, &four, 1);
	segment_posting(o, 3, 3, nine, 2);
	finish(&w, o, norms, 4);
	assert_int_equal(find(&x, &w.s, STR("border"), &w.e), RC_OK);
	assert_int_equal(x.df, 2);
	assert_int_equal(x.here.n, 6);
	assert_memory_equal(x.here.p, "\x01\x04\x01\x5f\x6e\x11", 6);
	world_close(&w);
}

static void test_segment__the_dead_are_told_apart_and_dropped_rows_are_gone(void **state_)
{
	static char names[TERMS][16];
	const uint32_t some[] = { 5, 16384, 39999 }, more[] = { 0, 16383 };
	struct segment again;
	struct listing x;
	struct world w;
	uint32_t i, settled;
	bool gone, is;

	(void)state_;
	world_open(&w);
	fill(&w, names);
	for (settled = 0; settled < 3; settled++) {	/* none, some, all of them stand in rows */
		if (settled < 2)
			segment_kill(&w.s, settled ? more : some, settled ? 2 : 3);
		assert_int_equal(w.s.info.dead, settled ? 5 : 3);
		assert_int_equal(w.s.info.nlate, settled == 0 ? 3 : settled == 1 ? 2 : 0);
		assert_int_equal(segment_open(&again, &w.a, w.txn, &w.t, &w.s.info, w.seen, &w.e), RC_OK);
		for (i = 0; i < DOCS; i++) {
			is = i == 5 || i == 16384 || i == 39999 || (settled && (i == 0 || i == 16383));
			assert_int_equal(segment_dead(&again, i), is);
			assert_int_equal(segment_gone(&gone, &again, i, &w.e), RC_OK);
			assert_int_equal(gone, is);
		}
		assert_int_equal(segment_settle(&w.s, &w.e), RC_OK);
	}
	assert_int_equal(w.s.info.dead, 5);
	again.info.dead++;
	assert_int_equal(segment_open(&again, &w.a, w.txn, &w.t, &again.info, w.seen, &w.e), RC_CORRUPT);
	assert_int_equal(segment_drop(w.txn, &w.t, &w.s.info, &w.e), RC_OK);
	assert_int_equal(find(&x, &w.s, cstr(names[0]), &w.e), RC_NOTFOUND);
	world_close(&w);
}

static void test_segment__the_last_place_there_can_be_may_be_dead(void **state_)
{
	const uint32_t last[] = { UINT32_MAX - 2 };
	const struct segment_info info = { .id = 1, .n = UINT32_MAX - 1, .dead = 1, .nlate = 1, .late = last };
	struct segment s;
	struct world w;

	(void)state_;
	world_open(&w);
	assert_int_equal(segment_open(&s, &w.a, w.txn, &w.t, &info, w.seen, &w.e), RC_OK);
	assert_true(segment_dead(&s, last[0]) && !segment_dead(&s, last[0] - 1));
	world_close(&w);
}

/* ---- damage: whatever stands in a list, reading it ends ---- */

static void test_segment__damaged_lists_never_crash(void **state_)
{
	uint8_t *norms = xmalloc(2000);
	struct cursor *c = xmalloc(sizeof *c);
	struct segment_out *o;
	struct buf bytes = BUF_INIT, got = BUF_INIT;
	struct listing x, none;
	struct world w;
	uint32_t v[300], weight, place;
	unsigned turn, found = 0;
	size_t n;

	(void)state_;
	world_open(&w);
	memset(norms, 9, 2000);
	o = segment_create(&w.txn, &w.t, 1, norms, 2000, NULL, NULL);
	segment_term(o, STR("a"));
	for (place = 0; place < 2000; place += 1 + place % 3) {
		n = positions_of(v, &weight, 3, place);
		segment_posting(o, place, weight, v, n);
	}
	finish(&w, o, norms, 2000);
	assert_int_equal(find(&x, &w.s, STR("a"), &w.e), RC_OK);
	assert_int_equal(cursor_open(c, &w.s, &x, &w.e), RC_OK);	/* its chunks are in the map now, and open to damage */
	assert_int_equal(cursor_next(c, &w.e), ITER_ITEM);
	assert_int_equal(cursor_positions(c, &got, &w.e), RC_OK);
	cursor_close(c);
	none = (struct listing){ .df = 2, .list = x.list, .list_n = 2, .positions = x.positions, .positions_n = x.positions_n };
	assert_int_equal(cursor_open(c, &w.s, &none, &w.e), RC_OK);	/* its only block has no byte */
	assert_int_equal(cursor_next(c, &w.e), ITER_ERROR);
	cursor_close(c);
	w.e = (struct err)ERR_INIT;
	for (turn = 0; turn < 4000; turn++) {
		unsigned which = turn % 2;
		const struct heap_chunk was = w.s.chunks[which][0];
		enum iter more = ITER_DONE;

		buf_clear(&bytes);
		buf_add(&bytes, was.p, (size_t)w.s.info.heap[which]);
		bytes.p[rnd((uint32_t)bytes.n)] ^= (char)(1 + rnd(255));
		w.s.chunks[which][0] = (struct heap_chunk){ bytes.p, UINT32_MAX };
		if (cursor_open(c, &w.s, &x, &w.e) == RC_OK) {
			for (n = 0; (more = turn % 3 ? cursor_next(c, &w.e) : cursor_seek(c, (uint32_t)(7 * n), &w.e)) == ITER_ITEM; n++) {
				assert_true(c->docs[c->i] < 2000);
				buf_clear(&got);
				if (cursor_positions(c, &got, &w.e))
					break;
			}
		}
		found += more == ITER_ERROR;
		cursor_close(c);
		w.s.chunks[which][0] = was;
	}
	assert_true(found > 100);
	buf_free(&bytes);
	buf_free(&got);
	free(c);
	free(norms);
	world_close(&w);
}

static void test_segment__a_byte_that_differs_is_told(void **state_)
{
	struct segment_key k;
	struct buf b = BUF_INIT;
	struct str v;
	size_t i;

	(void)state_;
	buf_puts(&b, "some bytes of a value");
	seal(&b, segment_key(&k, 1, 2));
	v = buf_str(&b);
	assert_true(sealed(&v, segment_key(&k, 1, 2)));
	assert_int_equal(v.n, 21);
	v = buf_str(&b);
	assert_false(sealed(&v, segment_key(&k, 1, 3)));	/* the value of another key */
	for (i = 0; i < b.n; i++) {
		b.p[i] ^= 4;
		v = buf_str(&b);
		assert_false(sealed(&v, segment_key(&k, 1, 2)));
		b.p[i] ^= 4;
	}
	buf_free(&b);
}

static void test_segment__what_is_damaged_stays_so(void **state_)
{
	const uint8_t norms[300] = { 1 };
	struct segment again;
	struct segment_out *o;
	struct segment_key k;
	struct cursor *c = xmalloc(sizeof *c);
	struct buf b = BUF_INIT;
	struct listing x;
	struct world w;
	struct str v;
	unsigned turn;
	uint32_t i;

	(void)state_;
	world_open(&w);
	o = segment_create(&w.txn, &w.t, 1, norms, 300, NULL, NULL);
	segment_term(o, STR("a"));
	for (i = 0; i < 300; i++)
		segment_posting(o, i, 1, &i, 1);
	finish(&w, o, norms, 300);
	assert_int_equal(txn_get(&v, w.txn, w.t.lists, segment_key(&k, segment_rows(1, ROWS_LISTS), 0), &w.e), RC_OK);
	buf_str_add(&b, v);
	for (turn = 0; turn + 4 < b.n; turn++) {	/* any byte, and not only when it is first looked at */
		b.p[turn] ^= 1;
		assert_int_equal(txn_put(w.txn, w.t.lists, segment_key(&k, segment_rows(1, ROWS_LISTS), 0), buf_str(&b), &w.e), RC_OK);
		b.p[turn] ^= 1;
		assert_int_equal(segment_open(&again, &w.a, w.txn, &w.t, &w.s.info, w.seen, &w.e), RC_OK);
		assert_int_equal(find(&x, &again, STR("a"), &w.e), RC_OK);
		assert_int_equal(cursor_open(c, &again, &x, &w.e), RC_CORRUPT);
		cursor_close(c);
	}
	buf_free(&b);
	free(c);
	world_close(&w);
}

/* ---- building ---- */

static void test_build__any_number_of_builders_writes_the_same(void **state_)
{
	static const char *const words[] = { "border", "Borders", "van", "night", "x", "hawala", "ferry", "крайбрежие", "b", "police" };
	struct stems *stems = stems_open();
	struct buf rows[3] = { BUF_INIT };
	uint32_t places[500], i, j;
	uint8_t norms[500];
	unsigned n;

	(void)state_;
	for (i = 0; i < 500; i++) {
		places[i] = i;
		norms[i] = (uint8_t)(1 + i % 100);
	}
	for (n = 1; n <= 3; n++) {
		struct builder *b[3];
		struct segment_out *o;
		struct segment_info info;
		struct store_iter it;
		struct world w;
		struct str k, v;
		uint64_t seed;

		world_open(&w);
		for (i = 0; i < n; i++)
			b[i] = builder_open();
		for (i = 0; i < 500; i++) {
			struct builder *mine = b[n == 1 ? 0 : mix(i) % n];
			uint32_t length = 0;

			builder_document(mine, i);
			for (j = 0, seed = i; j < 30 + i % 9; j++) {
				const char *word = words[(seed = mix(seed + 1)) % 10];
				unsigned weight = 1 + (unsigned)(seed / 10 % 3);

				builder_word(mine, stems, cstr(word), stems_lang(STR("en")), weight, seed / 30 % 4 != 0, COMES);
				length += weight;
			}
			assert_int_equal(builder_end(mine), length);
		}
		o = segment_create(&w.txn, &w.t, 1, norms, 500, NULL, NULL);
		builder_write(b, n, o, places);
		assert_int_equal(segment_finish(&info, o, &w.e), RC_OK);
		for (i = 0; i < 3; i++) {
			assert_int_equal(store_iter_open(&it, w.txn, i == 0 ? w.t.terms : i == 1 ? w.t.lists : w.t.positions, STR_NONE, &w.e), RC_OK);
			while (store_iter_next(&it, &k, &v, &w.e) == ITER_ITEM) {
				buf_str_add(&rows[n - 1], k);
				buf_str_add(&rows[n - 1], v);
			}
			store_iter_close(&it);
		}
		assert_int_equal(info.terms, 9);	/* border and Borders are one */
		for (i = 0; i < n; i++)
			builder_close(b[i]);
		world_close(&w);
	}
	for (n = 1; n < 3; n++) {
		assert_int_equal(rows[n].n, rows[0].n);
		assert_memory_equal(rows[n].p, rows[0].p, rows[0].n);
	}
	for (n = 0; n < 3; n++)
		buf_free(&rows[n]);
	stems_close(stems);
}

static void test_norm__is_exact_when_short_and_near_when_long(void **state_)
{
	uint32_t n;

	(void)state_;
	assert_int_equal(norm_of(0), 1);
	for (n = 1; n < 2000000; n += 1 + n / 100) {
		uint32_t back = norm_length(norm_of(n));

		assert_true(back <= n);
		assert_true(n <= 20 ? back == n : n > 900000 || back >= n - n / 19);
	}
}

/* ---- numbers of documents ---- */

static void columns_come_back(const uint32_t *ordinals, const char *const *dates, uint32_t n, const bool *in_may)
{
	struct columns_out *out = columns_create();
	struct segment_info info = { .id = 3, .n = n };
	struct filters may = FILTERS_INIT;
	struct column_filter *f;
	uint32_t i, ordinal;
	uint64_t bits = 0;
	struct world w;

	world_open(&w);
	for (i = 0; i < n; i++) {
		struct record r = { .id = cstr(arena_printf(&w.a, "cs-mk-2022-x%02u", i)), .date = cstr(dates[i]) };

		columns_add(out, &r, ordinals[i], 7);
	}
	assert_int_equal(columns_write(out, w.txn, w.t.columns, info.id, &w.e), RC_OK);
	assert_int_equal(segment_open(&w.s, &w.a, w.txn, &w.t, &info, w.seen, &w.e), RC_OK);
	assert_true(date_parse(&may.since, &may.until, STR("2022-05")));
	assert_int_equal(columns_filter(&f, &w.a, &w.s, &may, &w.e), RC_OK);
	assert_int_equal(columns_passing(&bits, f, &w.s, &w.e), RC_OK);
	for (i = 0; i < n; i++) {
		assert_int_equal(columns_ordinal(&ordinal, &w.s, i, &w.e), RC_OK);
		assert_int_equal(ordinal, ordinals[i]);
		assert_int_equal(bits >> i & 1, in_may[i]);
	}
	columns_free(out);
	world_close(&w);
}

static void test_columns__numbers_of_any_width_come_back(void **state_)
{
	static const uint32_t ordinals[][6] = { { 0, 1, 2, 3, 4, 5 }, { 70, 71, 72, 73, 74, 75 }, { 9, 4, 200, 0, 255, 31 },
		{ 9, 4, 200, 0, 65535, 31 }, { 1, 0, UINT32_MAX - 2, 5, 1u << 31, 7 }, { 1u << 31, 1 + (1u << 31), 2 + (1u << 31), 3, 4, 5 } };
	static const char *const dates[][6] = { { "2022-05-01", "2022-05-01", "2022-05-01", "2022-05-01", "2022-05-01", "2022-05-01" },
		{ "2022-05-01", "2022-05", "2022", "2022-05-31", "2022-06-01", "2022-04-30" },
		{ "", "", "", "", "", "" }, { "1900", "2199", "2022-05-18", "", "1900-01-01/2199-12-31", "1969" } };
	static const bool in_may[][6] = { { 1, 1, 1, 1, 1, 1 }, { 1, 1, 1, 1, 0, 0 }, { 0 }, { 0, 0, 1, 0, 1, 0 } };
	size_t i, j;
	uint32_t n;

	(void)state_;
	for (i = 0; i < sizeof ordinals / sizeof *ordinals; i++)
		for (j = 0; j < sizeof dates / sizeof *dates; j++)
			for (n = 1; n <= 6; n++)
				columns_come_back(ordinals[i], dates[j], n, in_may[j]);
}

/* A chunk of two documents, one of its numbers in bytes of that width; n: so many bytes of it, then zeros. */
static enum rc chunk_reads(struct world *w, unsigned which, unsigned width, size_t n)
{
	const struct segment_info info = { .id = 3, .n = 2 };
	const struct column_chunk *c;
	struct segment_key k;
	struct buf b = BUF_INIT;
	struct segment s;
	unsigned i;

	u32_add(&b, info.n);
	for (i = 0; i < FILTER_FIELDS; i++)
		buf_putc(&b, 1);
	for (i = 0; i < 3; i++) {
		buf_putc(&b, (char)(i == which ? width : 0));
		u32_add(&b, 7);
		buf_reserve(&b, 2 * UINT8_MAX);
		memset(b.p + b.n, 9, 2 * UINT8_MAX);
		b.n += i == which ? 2 * width : 0;
	}
	for (i = 0; i < 2 * FILTER_FIELDS + 2; i++)
		buf_putc(&b, 0);
	for (; b.n < n; buf_putc(&b, 0))
		;
	b.n = n < b.n ? n : b.n;
	assert_int_equal(sealed_put(w->txn, w->t.columns, segment_key(&k, segment_rows(info.id, ROWS_COLUMNS), 0), &b, &w->e), RC_OK);
	assert_int_equal(segment_open(&s, &w->a, w->txn, &w->t, &info, w->seen, &w->e), RC_OK);
	buf_free(&b);
	return columns_chunk(&c, &s, 0, &w->e);
}

static void test_columns__of_another_form_are_told(void **state_)
{
	unsigned which, width;
	struct world w;
	size_t all, n;

	(void)state_;
	world_open(&w);
	for (which = 0; which < 3; which++)
		for (width = 0; width <= UINT8_MAX; width++) {
			all = 4 + FILTER_FIELDS + 3 * 5 + 2 * width + 2 * FILTER_FIELDS + 2;
			assert_int_equal(chunk_reads(&w, which, width, all), width < 3 || width == 4 ? RC_OK : RC_CORRUPT);
			for (n = 0; n < all && width < 6; n++)
				assert_int_equal(chunk_reads(&w, which, width, n), RC_CORRUPT);
			assert_int_equal(chunk_reads(&w, which, width, all + 1), RC_CORRUPT);
		}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segment__gives_back_what_was_written),
		cmocka_unit_test(test_segment__all_terms_come_in_order),
		cmocka_unit_test(test_segment__a_short_list_is_as_told_on_top),
		cmocka_unit_test(test_segment__the_dead_are_told_apart_and_dropped_rows_are_gone),
		cmocka_unit_test(test_segment__the_last_place_there_can_be_may_be_dead),
		cmocka_unit_test(test_segment__damaged_lists_never_crash),
		cmocka_unit_test(test_segment__a_byte_that_differs_is_told),
		cmocka_unit_test(test_segment__what_is_damaged_stays_so),
		cmocka_unit_test(test_build__any_number_of_builders_writes_the_same),
		cmocka_unit_test(test_columns__numbers_of_any_width_come_back),
		cmocka_unit_test(test_columns__of_another_form_are_told),
		cmocka_unit_test(test_norm__is_exact_when_short_and_near_when_long),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
