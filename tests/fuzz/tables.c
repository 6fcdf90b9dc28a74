/* tests/fuzz/tables.c: what the index decodes of its tables, with a right check behind any bytes: a dictionary and the
 * lists and positions it leads to (first byte 0 mod 3), columns (1), words as they are spelled and what is gone of them
 * (2). The rest is cut into values by two lengths of two bytes each. Whatever they hold, reading ends, and what is given
 * out is within what was promised. Each input has a write transaction, which is aborted. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/index/columns.h"
#include "kb/index/forms.h"
#include "kb/index/pack.h"
#include "kb/index/parts.h"
#include "kb/index/postings.h"
#include "kb/index/sealed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DOCS = 4200, SEGMENT = 1 };	/* enough for lists that are dense */
static struct store *store;
static struct txn *txn;
static struct tables tables;
static struct err e = ERR_INIT;

/* What positions are read by: documents of all lengths. */
static void put_norms(void)
{
	const struct record none = { .id = STR("x") };
	struct columns_out *out = columns_create();
	uint32_t i;

	for (i = 0; i < DOCS; i++)
		columns_add(out, &none, i, (uint8_t)i);
	if (columns_write(out, txn, tables.large.columns, SEGMENT, &e))
		abort();
	columns_free(out);
}

static void open_store(void)
{
	char path[] = "/tmp/colep-fuzz-XXXXXX";
	struct arena a = ARENA_INIT;

	if (store)
		return;
	if (!mkdtemp(path) || store_open(&store, arena_printf(&a, "%s/x.mdb", path), (size_t)1 << 26, true, &e) ||
	    txn_begin(&txn, store, true, &e) || tables_open(&tables, txn, &e))
		abort();
	put_norms();
	if (txn_commit(&txn, &e))
		abort();
	store_remove(arena_printf(&a, "%s/x.mdb", path));	/* the open file is enough */
	(void)rmdir(path);
	arena_free(&a);
}

static void put(table_id id, struct str key, struct str value)
{
	struct buf b = BUF_INIT;

	buf_str_add(&b, value);
	if (sealed_put(txn, id, key, &b, &e))
		abort();
	buf_free(&b);
}

static void put_part(table_id id, uint32_t part, struct str value)
{
	struct segment_key k;

	put(id, segment_key(&k, segment_rows(SEGMENT, ROWS_COLUMNS), part), value);
}

/* A chunk of a heap: behind its bytes, checks of each 4 KB of them. */
static void put_heap(table_id id, enum rows kind, struct str bytes)
{
	struct segment_key k;
	const struct str key = segment_key(&k, segment_rows(SEGMENT, kind), 0);
	struct buf b = BUF_INIT;
	size_t i;

	buf_str_add(&b, bytes);
	for (i = 0; i * 4096 < bytes.n; i++)
		u32_add(&b, (uint32_t)check_of(check_of(i, key), str_sub(bytes, i * 4096, (i + 1) * 4096)));
	put(id, key, buf_str(&b));
	buf_free(&b);
}

static void read_list(struct cursor *c, struct segment *s, const struct listing *x, unsigned step)
{
	struct buf positions = BUF_INIT;
	enum iter more = ITER_DONE;
	uint32_t last = 0, at, v, j, weight;
	const char *row;
	bool first = true;

	if (!cursor_open(c, s, x, &e))
		while ((more = step == 1 ? cursor_next(c, &e) : cursor_seek(c, first ? 0 : last + step, &e)) == ITER_ITEM) {
			assert(c->i < c->n && c->docs[c->i] < DOCS && (first || c->docs[c->i] > last));
			if (cursor_weights(c, &e))
				break;
			assert(c->weights[c->i] > 0);
			last = c->docs[c->i];
			first = false;
			buf_clear(&positions);
			if (cursor_positions(c, &positions, &e))
				break;
			for (j = 0, at = 0; j < positions.n / sizeof v; j++, at = v) {
				memcpy(&v, positions.p + j * sizeof v, sizeof v);
				assert(!j || v > at);
			}
		}
	cursor_close(c);
	if (!cursor_open(c, s, x, &e))		/* the same as it is asked for single places */
		for (at = step % 3; at < DOCS; at += 1 + step * 7)
			if (cursor_look(&weight, c, at, &e))
				break;
	if (c->row && !cursor_row(&row, c, 2 * step, 64, &positions, &e))
		for (j = 0; j < 64; j++)
			assert(row_weight(row, j) <= ROW_MORE);
	cursor_close(c);
	if (!cursor_open(c, s, x, &e))
		while (cursor_docs(c, &e) == ITER_ITEM && !cursor_weight(&weight, c, &e))
			if (!x->here.p && c->block < c->nblocks && cursor_pass(c, &e))
				break;
	cursor_close(c);
	buf_free(&positions);
}

static void dictionary(struct arena *a, struct str terms, struct str lists, struct str positions)
{
	struct segment_info info = { .id = SEGMENT, .n = DOCS, .heap = { lists.n, positions.n } };
	struct cursor *c = xmalloc(sizeof *c);
	struct seen *seen = seen_open();
	const struct str words[] = { STR("bord"), STR("border"), STR("borders") };
	struct listing x, some[3];
	struct segment_key number;
	struct segment s;
	struct terms t;
	size_t found;
	struct buf key = BUF_INIT;
	unsigned step = 1;

	if (lists.n)
		put_heap(tables.large.lists, ROWS_LISTS, lists);
	if (positions.n)
		put_heap(tables.large.positions, ROWS_POSITIONS, positions);
	buf_str_add(&key, str_sub(segment_key(&number, segment_rows(SEGMENT, ROWS_TERMS), 0), 0, 4));
	buf_puts(&key, "border");
	put(tables.large.terms, buf_str(&key), terms);
	if (segment_open(&s, a, txn, &tables.large, &info, seen, &e))
		abort();
	if (!terms_open(&t, &s, &e))
		while (terms_next(&t, &e) == ITER_ITEM) {
			assert(t.n <= sizeof t.term);
			if (!terms_entry(&x, &t, &e))
				read_list(c, &s, &x, step++);
		}
	terms_close(&t);
	(void)segment_find(some, &found, &s, words, 3, &e);
	buf_free(&key);
	seen_close(seen);
	free(c);
}

static void columns(struct arena *a, struct str chunk, struct str values, uint32_t n)
{
	struct segment_info info = { .id = SEGMENT, .n = n };
	struct columns_out *out = columns_create();
	struct column_counts *counts = counts_open(a);
	const struct column_chunk *c;
	struct column_filter *f;
	struct filters want = FILTERS_INIT;
	struct seen *seen = seen_open();
	const char *const asked[] = { "", "a", "aa", "ab", "b" };
	uint64_t passing[2] = { 0 };
	struct buf ids = BUF_INIT;
	struct facet *facets;
	struct segment s;
	struct str id;
	uint32_t i, ordinal;
	size_t k, nfacets = 0;

	put_part(tables.large.columns, 0, chunk);
	for (i = 0; i < (n + 15) / 16; i++)	/* ids that all groups share */
		u32_add(&ids, 0);
	for (i = 0; i < 16; i++)
		buf_add(&ids, "\0\1a", 3);
	put_part(tables.large.columns, (uint32_t)1 << 30, buf_str(&ids));
	for (i = 0; i < FILTER_FIELDS; i++)
		put_part(tables.large.columns, ((uint32_t)1 << 31) + i, values);
	for (k = 0; k < FILTER_FIELDS; k++)
		filters_add(&want, a, cstr(filter_fields[k]), STR("MK"));
	want.since = 0;
	want.until = 20000;
	if (segment_open(&s, a, txn, &tables.large, &info, seen, &e))
		abort();
	if (!columns_chunk(&c, &s, 0, &e)) {
		assert(c->n == n);
		for (i = 0; i < n; i++)
			if (columns_ordinal(&ordinal, &s, i, &e) || columns_copy(out, &s, i, &e))
				break;
		for (k = 0; k < sizeof asked / sizeof *asked; k++)
			(void)columns_place(&i, &s, cstr(asked[k]), &e);
		if (!columns_filter(&f, a, &s, &want, &e) && !columns_passing(passing, f, &s, &e))
			for (i = 0; i < n; i++)
				assert(columns_pass(f, c, i) == (passing[i / 64] >> i % 64 & 1));
		if (!counts_segment(counts, &s, &e)) {
			for (i = 0; i < n; i++)
				counts_add(counts, c, i);
			counts_close(&facets, &nfacets, counts);
			for (k = 0; k < nfacets; k++)
				assert(facets[k].count > 0);
		}
	}
	put_part(tables.large.columns, (uint32_t)1 << 30, values);
	if (segment_open(&s, a, txn, &tables.large, &info, seen, &e))
		abort();
	for (i = 0; i < n; i++)
		if (!columns_id(&id, a, &s, i, &e))
			assert(id.n <= STORE_KEY_MAX);
	buf_free(&ids);
	columns_free(out);
	seen_close(seen);
}

static void found(const struct form_list *l, struct str form, unsigned edits)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		assert(l->v[i].n && l->v[i].form.n && l->v[i].form.n <= WORD_MAX && l->v[i].term.n <= WORD_MAX && l->v[i].edits <= edits &&
		    (edits || str_starts(l->v[i].form, form)));
}

static void words(struct arena *a, struct str block, struct str gone, struct str form)
{
	static struct index ix;
	struct segment segment = { .info = { .id = SEGMENT, .n = DOCS }, .t = tables.large };
	struct segment_key number;
	struct snap s = { .ix = &ix, .txn = txn, .t = tables, .segments = &segment };
	struct forms *f = forms_open();
	struct form_list l;
	struct buf key = BUF_INIT;

	s.stamp.nsegments = 1;
	form = str_utf8_cut(form, WORD_MAX);
	form.n = str_utf8_bad(form);
	for (unsigned i = 0; i < 2; i++) {
		buf_clear(&key);
		buf_str_add(&key, str_sub(segment_key(&number, segment_rows(SEGMENT, i ? ROWS_GONE : ROWS_FORMS), 0), 0, 4));
		buf_puts(&key, "\xff");
		put(i ? tables.large.gone : tables.large.forms, buf_str(&key), i ? gone : block);
	}
	if (!forms_exact(&l, a, &s, form, &e))
		found(&l, form, 0);
	if (!forms_prefix(&l, a, &s, form, &e))
		found(&l, form, 0);
	if (!forms_near(&l, a, &s, form, 1, UINT64_MAX, &e))
		found(&l, form, 1);
	if (!forms_near(&l, a, &s, form, 2, UINT64_MAX, &e))
		found(&l, form, 2);
	(void)forms_copy(f, txn, &tables.large, SEGMENT, &e);
	(void)forms_merge(txn, &tables.small, SEGMENT, txn, &tables.large, SEGMENT + 1, &e);
	forms_close(f);
	buf_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct str s = { (const char *)data + 5, size - 5 }, first, second;
	size_t n, m;

	if (size < 6)
		return 0;
	open_store();
	if (txn_begin(&txn, store, true, &e))
		abort();
	n = ((size_t)data[1] | (size_t)data[2] << 8) % (s.n + 1);
	first = str_sub(s, 0, n);
	s = str_sub(s, n, s.n);
	m = ((size_t)data[3] | (size_t)data[4] << 8) % (s.n + 1);
	second = str_sub(s, 0, m);
	s = str_sub(s, m, s.n);
	switch (data[0] % 3) {
	case 0: dictionary(&a, first, second, s); break;
	case 1: columns(&a, first, second, 1 + (uint32_t)(data[0] / 3)); break;
	default: words(&a, first, second, s); break;
	}
	txn_abort(&txn);
	arena_free(&a);
	return 0;
}
