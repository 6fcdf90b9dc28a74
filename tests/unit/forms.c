/* tests/unit/forms.c: words as they are spelled, against a plain list of them: what is found is what a slow reader finds,
 * over several segments and after documents died; damaged blocks are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/index/forms.h"
#include "kb/index/parts.h"

enum { SEGMENTS = 3, ROUNDS = 2, WORDS = 400 };
static uint64_t seed = 11;
static struct arena a;

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

struct row { struct str form, term; uint64_t n; };
static struct row rows[SEGMENTS][WORDS];

static struct str random_word(size_t most)
{
	static const char *const letters[] = { "a", "b", "c", "\xd8\xb9", "\xd8\xb1", "\xe4\xb8\xad" };
	struct buf b = BUF_INIT;
	struct str s;
	size_t n = 1 + below((uint32_t)most);

	while (n--)
		buf_puts(&b, letters[below(below(3) ? 3 : 6)]);
	s = arena_str(&a, buf_str(&b));
	buf_free(&b);
	return s;
}

/* Edits between two words by letters, the whole table of them. */
static unsigned distance(struct str x, struct str y)
{
	static unsigned t[80][80];
	uint32_t p[80], q[80];
	size_t n = 0, m = 0, i, j;

	for (i = 0; i < x.n;)
		p[n++] = str_utf8_next(x, &i);
	for (j = 0; j < y.n;)
		q[m++] = str_utf8_next(y, &j);
	for (i = 0; i <= n; i++)
		for (j = 0; j <= m; j++) {
			unsigned v = i && j ? t[i - 1][j - 1] + (p[i - 1] != q[j - 1] ? 1u : 0u) : (unsigned)(i + j);

			if (i && t[i - 1][j] + 1 < v)
				v = t[i - 1][j] + 1;
			if (j && t[i][j - 1] + 1 < v)
				v = t[i][j - 1] + 1;
			if (i > 1 && j > 1 && p[i - 1] == q[j - 2] && p[i - 2] == q[j - 1] && t[i - 2][j - 2] + 1 < v)
				v = t[i - 2][j - 2] + 1;
			t[i][j] = v;
		}
	return t[n][m];
}

static struct snap snap;

static void fill(struct store *store, struct txn **t)
{
	struct err e = ERR_INIT;
	size_t s, i;

	assert_int_equal(txn_begin(t, store, true, &e), RC_OK);
	assert_int_equal(txn_table(&snap.t.large.forms, *t, "forms", &e), RC_OK);
	assert_int_equal(txn_table(&snap.t.large.gone, *t, "gone", &e), RC_OK);
	for (s = 0; s < SEGMENTS; s++) {
		struct forms *f = forms_open();

		for (i = 0; i < WORDS; i++) {
			struct str form = random_word(i % 50 ? 7 : 20);

			rows[s][i] = (struct row){ form, below(4) ? str_utf8_cut(form, form.n * 2 / 3 + 1) : random_word(5), 1 + below(300) };
			forms_add(f, form, rows[s][i].term, (int64_t)rows[s][i].n);
		}
		forms_add(f, STR_NONE, STR("x"), 1);	/* none */
		forms_add(f, STR("x"), STR_NONE, 1);
		assert_int_equal(forms_write(f, *t, &snap.t.large, (uint32_t)s * 3 + 1, &e), RC_OK);
		forms_close(f);
		snap.segments[s].info.id = (uint32_t)s * 3 + 1;
		snap.segments[s].t = snap.t.large;
	}
	snap.txn = *t;
}

static uint64_t living(struct str form, struct str term)
{
	uint64_t n = 0;
	size_t s, i;

	for (s = 0; s < SEGMENTS; s++)
		for (i = 0; i < WORDS; i++)
			if (str_eq(rows[s][i].form, form) && str_eq(rows[s][i].term, term))
				n += rows[s][i].n;
	return n;
}

/* Edits from a form to a word, or from its term to a stem of the word: `stems` as forms_near takes them. */
static unsigned edits_to(struct str word, struct str form, struct str term, uint64_t stems)
{
	unsigned least = (unsigned)distance(form, word), one;
	size_t i, k;

	for (k = 1, i = 0; i < word.n && str_starts(form, term); k++) {
		(void)str_utf8_next(word, &i);
		one = (unsigned)distance(term, str_sub(word, 0, i));
		if (stems >> k & 1 && one < least)
			least = one;
	}
	return least;
}

/* Every entry of the list is right and in order; as many as the slow reader counts. */
static void compare(const struct form_list *l, struct str word, int mode, unsigned edits, uint64_t stems)
{
	size_t s, i, want = 0, k, first = 0;
	struct str seen[SEGMENTS * WORDS][2];

	(void)str_utf8_next(word, &first);
	for (s = 0; s < SEGMENTS; s++)
		for (i = 0; i < WORDS; i++) {
			const struct row *r = &rows[s][i];

			if (!living(r->form, r->term) || (mode == 0 && !str_eq(r->form, word)) || (mode == 1 && !str_starts(r->form, word)) ||
			    (mode == 2 && (!str_starts(r->form, str_sub(word, 0, first)) || edits_to(word, r->form, r->term, stems) > edits)))
				continue;
			for (k = 0; k < want && !(str_eq(seen[k][0], r->form) && str_eq(seen[k][1], r->term)); k++)
				;
			if (k == want) {
				seen[want][0] = r->form;
				seen[want++][1] = r->term;
			}
		}
	if (l->n != want)
		fail_msg("%.*s, mode %d: %zu, not %zu", FMT_STR(word), mode, l->n, want);
	for (k = 0; k < l->n; k++) {
		const struct form *f = &l->v[k];

		assert_int_equal(f->n, living(f->form, f->term));
		assert_int_equal(f->edits, mode == 2 ? edits_to(word, f->form, f->term, stems) : 0);
		if (k)
			assert_true(f[-1].edits < f->edits || (f[-1].edits == f->edits && (f[-1].n > f->n || (f[-1].n == f->n &&
			    (str_cmp(f[-1].form, f->form) < 0 || (str_eq(f[-1].form, f->form) && str_cmp(f[-1].term, f->term) < 0))))));
	}
}

static void ask(void)
{
	struct err e = ERR_INIT;
	struct form_list l;
	uint64_t stems;
	size_t i;

	for (i = 0; i < 300; i++) {
		struct str word = i % 3 ? rows[i % SEGMENTS][below(WORDS)].form : random_word(6);
		unsigned edits = 1 + below(2);

		if (i % 3 == 2)
			word = str_utf8_cut(word, word.n / 2 + 1);
		if (!word.n)
			continue;
		assert_int_equal(forms_exact(&l, &a, &snap, word, &e), RC_OK);
		compare(&l, word, 0, 0, 0);
		assert_int_equal(forms_prefix(&l, &a, &snap, word, &e), RC_OK);
		compare(&l, word, 1, 0, 0);
		stems = below(2) ? 0 : below(256);
		assert_int_equal(forms_near(&l, &a, &snap, word, edits, stems, &e), RC_OK);
		compare(&l, word, 2, edits, stems);
	}
	assert_int_equal(forms_near(&l, &a, &snap, STR_NONE, 2, UINT64_MAX, &e), RC_OK);
	assert_int_equal(l.n, 0);
}

/* Some of what the first segments have is gone: another one says so. */
static void die(struct txn *t, struct segment *by)
{
	struct forms *f = forms_open();
	struct err e = ERR_INIT;
	size_t s, i;

	for (s = 0; s < SEGMENTS; s++)
		for (i = 0; i < WORDS; i++)
			if (below(3) == 0) {
				uint64_t n = below(2) ? rows[s][i].n : rows[s][i].n / 2;

				rows[s][i].n -= n;
				forms_add(f, rows[s][i].form, rows[s][i].term, -(int64_t)n);
			}
	assert_false(forms_none(f));
	assert_int_equal(forms_write(f, t, &snap.t.large, by->info.id, &e), RC_OK);
	forms_close(f);
}

/* Segments from..to become one of this number, in the place of the first. */
static void merge(struct txn *t, size_t from, size_t to, uint32_t id)
{
	struct forms *f = forms_open();
	struct err e = ERR_INIT;
	size_t s;

	for (s = from; s <= to; s++) {
		assert_int_equal(forms_copy(f, t, &snap.t.large, snap.segments[s].info.id, &e), RC_OK);
		assert_int_equal(forms_drop(t, &snap.t.large, snap.segments[s].info.id, &e), RC_OK);
	}
	assert_int_equal(forms_write(f, t, &snap.t.large, id, &e), RC_OK);
	forms_close(f);
	snap.segments[from].info.id = id;
	for (s = to + 1; s < snap.stamp.nsegments; s++)
		snap.segments[from + s - to] = snap.segments[s];
	snap.stamp.nsegments -= to - from;
}

static void test_forms__finds_what_a_slow_reader_finds(void **state)
{
	struct segment segments[SEGMENTS + ROUNDS] = { { .a = NULL } };
	struct err e = ERR_INIT;
	struct store *store;
	struct txn *t;
	uint64_t n;
	size_t s;

	(void)state;
	assert_int_equal(store_open(&store, "forms.mdb", (size_t)64 << 20, true, &e), RC_OK);
	snap.segments = segments;
	snap.stamp.nsegments = SEGMENTS;
	fill(store, &t);
	ask();
	for (s = SEGMENTS; s < SEGMENTS + ROUNDS; s++) {
		segments[s].info.id = (uint32_t)s * 3 + 1;
		segments[s].t = snap.t.large;
		snap.stamp.nsegments++;
		die(t, &segments[s]);
		ask();
	}
	merge(t, 2, 3, 100);			/* what is gone stays told, and of all once they are one */
	ask();
	assert_int_equal(txn_count(&n, t, snap.t.large.gone, &e), RC_OK);
	assert_true(n > 0);
	merge(t, 0, snap.stamp.nsegments - 1, 101);
	ask();
	assert_int_equal(txn_count(&n, t, snap.t.large.gone, &e), RC_OK);
	assert_int_equal(n, 0);
	txn_abort(&t);
	store_close(store);
	arena_free(&a);
}

/* Of a beginning that very many words have, the most frequent are told: the same ones from one segment and from three. */
static void test_forms__tells_the_most_frequent_of_a_beginning(void **state)
{
	enum { MANY = 3000 };
	struct segment segments[3] = { { .a = NULL } };
	static uint32_t count[MANY];
	struct forms *f[4] = { forms_open(), forms_open(), forms_open(), forms_open() };
	struct err e = ERR_INIT;
	struct form_list l;
	struct store *store;
	struct txn *t;
	size_t i, k, s, before;

	(void)state;
	assert_int_equal(store_open(&store, "most.mdb", (size_t)64 << 20, true, &e), RC_OK);
	assert_int_equal(txn_begin(&t, store, true, &e), RC_OK);
	assert_int_equal(txn_table(&snap.t.large.forms, t, "forms", &e), RC_OK);
	assert_int_equal(txn_table(&snap.t.large.gone, t, "gone", &e), RC_OK);
	for (i = 0; i < MANY; i++) {
		const struct str word = cstr(arena_printf(&a, "st%04zu", i));

		for (s = 1; s < 4; s++) {
			const uint32_t n = below(400);

			count[i] += n;
			if (n)
				forms_add(f[s], word, STR("st"), n);
		}
		if (count[i])
			forms_add(f[0], word, STR("st"), count[i]);
	}
	snap.txn = t;
	snap.segments = segments;
	for (s = 0; s < 4; s++) {
		assert_int_equal(forms_write(f[s], t, &snap.t.large, (uint32_t)s, &e), RC_OK);
		forms_close(f[s]);
	}
	for (k = 0; k < 2; k++) {
		snap.stamp.nsegments = k ? 3 : 1;
		for (s = 0; s < 3; s++) {
			segments[s].info.id = (uint32_t)(k + s);
			segments[s].t = snap.t.large;
		}
		assert_int_equal(forms_prefix(&l, &a, &snap, STR("st"), &e), RC_OK);
		assert_int_equal(l.n, FORMS_BEST);
		for (s = 0; s < l.n; s++) {
			const size_t at = (size_t)strtoul(l.v[s].form.p + 2, NULL, 10);

			for (i = before = 0; i < MANY; i++)
				before += count[i] > count[at] || (count[i] == count[at] && i < at);
			assert_int_equal(before, s);
			assert_int_equal(l.v[s].n, count[at]);
		}
	}
	txn_abort(&t);
	store_close(store);
	arena_free(&a);
}

/* Words of several segments read side by side are those of one that was written at once, to the byte. */
static void test_forms__merged_are_as_if_written_at_once(void **state)
{
	enum { SOURCES = 5, MANY = 3000 };
	struct segment_tables from = { 0 }, to = { 0 }, want = { 0 };
	struct forms *all = forms_open();
	struct err e = ERR_INIT;
	struct store_iter got_it, want_it;
	struct str k[2], v[2], form;
	struct store *store;
	enum iter more;
	struct txn *t;
	size_t s, i, n = 0;

	(void)state;
	assert_int_equal(store_open(&store, "merged.mdb", (size_t)64 << 20, true, &e), RC_OK);
	assert_int_equal(txn_begin(&t, store, true, &e), RC_OK);
	assert_int_equal(txn_table(&from.forms, t, "from", &e) || txn_table(&from.gone, t, "from-gone", &e) || txn_table(&to.forms, t, "to", &e) ||
	    txn_table(&to.gone, t, "to-gone", &e) || txn_table(&want.forms, t, "want", &e) || txn_table(&want.gone, t, "want-gone", &e), 0);
	for (s = 0; s < SOURCES; s++) {
		struct forms *f = forms_open();

		for (i = 0; i < (s == 3 ? 0 : MANY); i++) {	/* one of them has none */
			const int64_t count = 1 + below(300);
			const struct str term = below(4) ? STR("t") : random_word(5);

			form = random_word(1 + below(6));
			forms_add(f, form, term, count);
			forms_add(all, form, term, count);
		}
		assert_int_equal(forms_write(f, t, &from, (uint32_t)s, &e), RC_OK);
		forms_close(f);
	}
	assert_int_equal(forms_write(all, t, &want, 7, &e), RC_OK);
	forms_close(all);
	assert_int_equal(forms_merge(t, &to, 7, t, &from, SOURCES, &e), RC_OK);
	assert_int_equal(store_iter_open(&got_it, t, to.forms, STR_NONE, &e), RC_OK);
	assert_int_equal(store_iter_open(&want_it, t, want.forms, STR_NONE, &e), RC_OK);
	do {
		more = store_iter_next(&got_it, &k[0], &v[0], &e);
		assert_int_equal(store_iter_next(&want_it, &k[1], &v[1], &e), more);
		assert_true(more == ITER_DONE || (str_eq(k[0], k[1]) && str_eq(v[0], v[1])));
		n += more == ITER_ITEM;
	} while (more == ITER_ITEM);
	assert_true(more == ITER_DONE && n > 10);
	store_iter_close(&got_it);
	store_iter_close(&want_it);
	txn_abort(&t);
	store_close(store);
	arena_free(&a);
}

static void test_forms__damage_is_refused_or_harmless(void **state)
{
	struct segment segments[SEGMENTS] = { { .a = NULL } };
	struct err e = ERR_INIT;
	struct form_list l;
	struct store_iter it;
	struct store *store;
	struct buf b = BUF_INIT;
	struct txn *t;
	struct str k, v, key;
	size_t i, refused = 0;

	(void)state;
	assert_int_equal(store_open(&store, "damage.mdb", (size_t)64 << 20, true, &e), RC_OK);
	snap.segments = segments;
	snap.stamp.nsegments = SEGMENTS;
	fill(store, &t);
	assert_int_equal(store_iter_open(&it, t, snap.t.large.forms, STR_NONE, &e), RC_OK);
	assert_int_equal(store_iter_next(&it, &k, &v, &e), ITER_ITEM);
	key = arena_str(&a, k);
	v = arena_str(&a, v);
	store_iter_close(&it);
	for (i = 0; i < v.n; i++) {
		e = (struct err)ERR_INIT;
		buf_clear(&b);
		buf_str_add(&b, v);
		b.p[i] = (char)(b.p[i] ^ (1 << below(8)));
		assert_int_equal(txn_put(t, snap.t.large.forms, key, buf_str(&b), &e), RC_OK);
		if (forms_prefix(&l, &a, &snap, STR("a"), &e) || forms_near(&l, &a, &snap, STR("abcabc"), 2, 8, &e)) {
			assert_int_equal(e.rc, RC_CORRUPT);
			refused++;
		}
	}
	assert_true(refused > 0);
	for (i = 0; i < v.n; i++) {	/* cut short anywhere */
		e = (struct err)ERR_INIT;
		assert_int_equal(txn_put(t, snap.t.large.forms, key, str_sub(v, 0, i), &e), RC_OK);
		(void)!forms_prefix(&l, &a, &snap, STR("a"), &e);
	}
	txn_abort(&t);
	store_close(store);
	buf_free(&b);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms__finds_what_a_slow_reader_finds),
		cmocka_unit_test(test_forms__tells_the_most_frequent_of_a_beginning),
		cmocka_unit_test(test_forms__merged_are_as_if_written_at_once),
		cmocka_unit_test(test_forms__damage_is_refused_or_harmless),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
