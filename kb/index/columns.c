/* kb/index/columns.c: see columns.h. Rows of the table "columns"; keys begin as segment_rows gives it, and a check
 * stands behind each value, as told in sealed.c.
 *
 * u32 chunk -> the documents of 16,384 places, n of them:
 *
 *	u32	n
 *	u8	7 widths w, bytes of a code: 1, 2 or 4
 *	3 times	numbers: u8 width, bytes of each: 0, 1, 2 or 4; u32 what is added to all; n of them, and mod 2^32 they are
 *		ordinals less i, of document i; first days of its date; last days less the first; none: that is negative
 *	7 times	n codes of w bytes: kind, owner, country, topic, lang, status, meeting
 *	u8	n norms
 *
 * u32 2^30 + row -> the ids of 2,048 places, each in the group of 16 that it is in, so that a hit is named without its
 * record; places are in order of id, so ids share much:
 *
 *	for each group: u32 where it begins behind these numbers
 *	the groups: for each id: u8 bytes shared with the one before (0: the first), varint bytes of its own, these
 *
 * u32 2^31 + field -> what the codes of a field stand for. A code is a set of values, because a document has several
 * countries; sets in order of bytes:
 *
 *	varint number of values; for each varint length, bytes; in order of bytes
 *	varint number of sets; for each varint number of values, and varint number of each
 *
 * A filter is looked up in the values, and then asked of one document after another, or of all of the segment, 64 at a time:
 * by one look into a table of sets for each, or, where one code of a byte is all that passes, by comparing eight codes at
 * once (passing.c tells when). */
#include "kb/index/columns.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kb/base/date.h"
#include "kb/index/pack.h"
#include "kb/index/record.h"
#include "kb/index/sealed.h"

enum { FIELDS = FILTER_FIELDS, NORMS = 256, IDS = 1 << 30, IDS_DOCS = 2048, IDS_GROUP = 16 };
#define DICTIONARY ((uint32_t)1 << 31)

/* ---- norms ---- */

static const uint32_t *norm_table(void)
{
	static uint32_t table[NORMS];
	size_t i;

	if (!table[NORMS - 1])
		for (i = 1; i < NORMS; i++)
			table[i] = table[i - 1] < 20 ? (uint32_t)i : table[i - 1] + table[i - 1] / 20;
	return table;
}

uint8_t norm_of(uint32_t length)
{
	const uint32_t *t = norm_table();
	unsigned lo = 1, hi = NORMS - 1;

	while (lo < hi) {			/* the last that is not longer */
		unsigned mid = (lo + hi + 1) / 2;

		if (t[mid] <= length)
			lo = mid;
		else
			hi = mid - 1;
	}
	return (uint8_t)lo;
}

uint32_t norm_length(uint8_t norm)
{
	return norm_table()[norm];
}

const uint32_t *norm_longest(void)
{
	static uint32_t table[NORMS];
	size_t i;

	if (!table[NORMS - 1])
		for (i = 0; i < NORMS; i++)
			table[i] = i + 1 < NORMS ? norm_table()[i + 1] - 1 : UINT32_MAX;
	return table;
}

/* ---- writing ---- */

struct set {
	struct str bytes;		/* values, each with a NUL behind it */
	uint32_t code;			/* as found; in the end, in order of bytes */
};
struct field_out {
	struct set *sets;
	size_t n, cap;
	uint32_t *slots;		/* open addressing: index of a set + 1 */
	size_t nslots;
	uint32_t *codes;		/* by place: index of a set */
};
struct columns_out {
	struct arena a;
	struct field_out f[FIELDS];
	uint32_t *ordinals, *first, *last;
	uint8_t *norms;
	uint32_t n;
	size_t cap;
	struct buf set;
	struct buf ids, groups, id;	/* groups: u32, where each begins in ids; id: the last one */
};

struct columns_out *columns_create(void)
{
	struct columns_out *o = xmalloc(sizeof *o);

	*o = (struct columns_out){ .n = 0 };
	return o;
}

void columns_free(struct columns_out *o)
{
	size_t i;

	if (!o)
		return;
	for (i = 0; i < FIELDS; i++) {
		free(o->f[i].slots);
		free(o->f[i].codes);
	}
	free(o->ordinals);
	free(o->first);
	free(o->last);
	free(o->norms);
	buf_free(&o->set);
	buf_free(&o->ids);
	buf_free(&o->groups);
	buf_free(&o->id);
	arena_free(&o->a);
	free(o);
}

static void room(struct columns_out *o)
{
	size_t i;

	if (o->n < o->cap)
		return;
	o->cap = o->cap ? 2 * o->cap : 64;
	o->ordinals = xrealloc(o->ordinals, o->cap * sizeof *o->ordinals);
	o->first = xrealloc(o->first, o->cap * sizeof *o->first);
	o->last = xrealloc(o->last, o->cap * sizeof *o->last);
	o->norms = xrealloc(o->norms, o->cap);
	for (i = 0; i < FIELDS; i++)
		o->f[i].codes = xrealloc(o->f[i].codes, o->cap * sizeof *o->f[i].codes);
}

static size_t slot_of(const struct field_out *f, struct str bytes)
{
	size_t i = (size_t)check_of(0, bytes) & (f->nslots - 1);

	while (f->slots[i] && !str_eq(f->sets[f->slots[i] - 1].bytes, bytes))
		i = (i + 1) & (f->nslots - 1);
	return i;
}

static uint32_t set_of(struct columns_out *o, struct field_out *f, struct str bytes)
{
	size_t i;

	if (2 * (f->n + 1) > f->nslots) {
		f->nslots = f->nslots ? 2 * f->nslots : 64;
		f->slots = xrealloc(f->slots, f->nslots * sizeof *f->slots);
		memset(f->slots, 0, f->nslots * sizeof *f->slots);
		for (i = 0; i < f->n; i++)
			f->slots[slot_of(f, f->sets[i].bytes)] = (uint32_t)i + 1;
	}
	i = slot_of(f, bytes);
	if (!f->slots[i]) {
		if (f->n == f->cap)
			f->sets = arena_grow(&o->a, f->sets, &f->cap, sizeof *f->sets);
		f->sets[f->n++] = (struct set){ arena_str(&o->a, bytes), 0 };
		f->slots[i] = (uint32_t)f->n;
	}
	return f->slots[i] - 1;
}

static void take(struct columns_out *o, size_t field, const struct str *values, size_t n)
{
	size_t i;

	buf_clear(&o->set);
	for (i = 0; i < n; i++)
		if (values[i].n && !memchr(values[i].p, 0, values[i].n)) {
			buf_str_add(&o->set, values[i]);
			buf_putc(&o->set, '\0');
		}
	o->f[field].codes[o->n] = set_of(o, &o->f[field], buf_str(&o->set));
}

static void take_id(struct columns_out *o, struct str id)
{
	size_t shared;

	if (o->n % IDS_GROUP == 0) {
		u32_add(&o->groups, (uint32_t)o->ids.n);
		buf_clear(&o->id);
	}
	shared = str_alike(id, str_sub(buf_str(&o->id), 0, UINT8_MAX));
	buf_putc(&o->ids, (char)shared);
	varint_put(&o->ids, id.n - shared);
	buf_str_add(&o->ids, str_sub(id, shared, id.n));
	buf_clear(&o->id);
	buf_str_add(&o->id, id);
}

void columns_add(struct columns_out *o, const struct record *r, uint32_t ordinal, uint8_t norm)
{
	int64_t first, last;

	room(o);
	take_id(o, r->id);
	take(o, 0, &r->kind, 1);
	take(o, 1, &r->owner, 1);
	take(o, 2, r->countries, r->ncountries);
	take(o, 3, r->topics, r->ntopics);
	take(o, 4, &r->lang, 1);
	take(o, 5, &r->status, 1);
	take(o, 6, r->meetings, r->nmeetings);
	if (!date_parse(&first, &last, r->date)) {
		first = 1;
		last = 0;
	}
	o->first[o->n] = (uint32_t)(int32_t)first;
	o->last[o->n] = (uint32_t)(int32_t)last;
	o->ordinals[o->n] = ordinal;
	o->norms[o->n++] = norm;
}

const uint8_t *columns_norms(const struct columns_out *o)
{
	return o->norms;
}

uint32_t columns_count(const struct columns_out *o)
{
	return o->n;
}

static int by_bytes(const void *x, const void *y)
{
	return str_cmp(((const struct set *)x)->bytes, ((const struct set *)y)->bytes);
}

static struct str next_value(struct str *set)
{
	size_t n = str_chr(*set, '\0');
	struct str v = str_sub(*set, 0, n);

	*set = str_sub(*set, n + 1, set->n);
	return v;
}

/* Give the sets their codes and append what they stand for. */
static void put_dictionary(struct buf *b, struct columns_out *o, struct field_out *f)
{
	struct str *values = NULL, rest, *at;
	struct set *sorted = arena_array(&o->a, f->n, sizeof *sorted);
	size_t n = 0, cap = 0, i, k;

	for (i = 0; i < f->n; i++) {
		sorted[i] = (struct set){ f->sets[i].bytes, (uint32_t)i };
		for (rest = f->sets[i].bytes; rest.n;) {
			if (n == cap)
				values = arena_grow(&o->a, values, &cap, sizeof *values);
			values[n++] = next_value(&rest);
		}
	}
	if (f->n)
		qsort(sorted, f->n, sizeof *sorted, by_bytes);
	if (n)
		qsort(values, n, sizeof *values, str_order);
	for (i = k = 0; i < n; i++)
		if (!k || !str_eq(values[k - 1], values[i]))
			values[k++] = values[i];
	n = k;
	varint_put(b, n);
	for (i = 0; i < n; i++) {
		varint_put(b, values[i].n);
		buf_str_add(b, values[i]);
	}
	varint_put(b, f->n);
	for (i = 0; i < f->n; i++) {
		f->sets[sorted[i].code].code = (uint32_t)i;
		for (k = 0, rest = sorted[i].bytes; rest.n; k++)
			(void)next_value(&rest);
		varint_put(b, k);
		for (rest = sorted[i].bytes; rest.n;) {
			struct str v = next_value(&rest);

			at = bsearch(&v, values, n, sizeof *values, str_order);
			varint_put(b, (uint64_t)(at - values));
		}
	}
}

/* One after another, each as far behind the least, by sign, as it is, in the width that does. */
static void put_numbers(struct buf *b, const uint32_t *v, uint32_t n)
{
	int32_t least = INT32_MAX, most = INT32_MIN;
	uint32_t i, range;
	unsigned width;
	char bytes[4];

	for (i = 0; i < n; i++) {
		least = (int32_t)v[i] < least ? (int32_t)v[i] : least;
		most = (int32_t)v[i] > most ? (int32_t)v[i] : most;
	}
	range = (uint32_t)most - (uint32_t)least;
	width = !range ? 0 : range <= UINT8_MAX ? 1 : range <= UINT16_MAX ? 2 : 4;
	buf_putc(b, (char)width);
	u32_add(b, (uint32_t)least);
	for (i = 0; i < n; i++) {
		u32_put(bytes, v[i] - (uint32_t)least);
		buf_add(b, bytes, width);
	}
}

static void put_chunk(struct buf *b, const struct columns_out *o, uint32_t from, uint32_t to)
{
	uint32_t *v = xmalloc((to - from) * sizeof *v), i;
	unsigned char width[FIELDS];
	size_t f;

	u32_add(b, to - from);
	for (f = 0; f < FIELDS; f++) {
		width[f] = o->f[f].n <= 1 << 8 ? 1 : o->f[f].n <= 1 << 16 ? 2 : 4;
		buf_putc(b, (char)width[f]);
	}
	for (i = from; i < to; i++)
		v[i - from] = o->ordinals[i] - (i - from);
	put_numbers(b, v, to - from);
	put_numbers(b, o->first + from, to - from);
	for (i = from; i < to; i++)
		v[i - from] = o->last[i] - o->first[i];
	put_numbers(b, v, to - from);
	free(v);
	for (f = 0; f < FIELDS; f++)
		for (i = from; i < to; i++) {
			char code[4];

			u32_put(code, o->f[f].sets[o->f[f].codes[i]].code);
			buf_add(b, code, width[f]);
		}
	buf_add(b, o->norms + from, to - from);
}

static void put_ids(struct buf *b, const struct columns_out *o, uint32_t from, uint32_t to)
{
	const size_t first = from / IDS_GROUP, end = (to + IDS_GROUP - 1) / IDS_GROUP;
	const uint32_t begin = u32_get(o->groups.p + 4 * first);
	size_t i;

	for (i = first; i < end; i++)
		u32_add(b, u32_get(o->groups.p + 4 * i) - begin);
	buf_str_add(b, str_sub(buf_str(&o->ids), begin, to < o->n ? u32_get(o->groups.p + 4 * end) : o->ids.n));
}

enum rc columns_write(struct columns_out *o, struct txn *t, table_id table, uint32_t segment, struct err *e)
{
	const uint32_t rows = segment_rows(segment, ROWS_COLUMNS);
	struct buf dictionary[FIELDS] = { BUF_INIT }, b = BUF_INIT;
	struct segment_key k;
	uint32_t i;
	size_t f;
	enum rc rc = RC_OK;

	for (f = 0; f < FIELDS; f++)
		put_dictionary(&dictionary[f], o, &o->f[f]);
	for (i = 0; i < o->n && !rc; i += CHUNK_DOCS) {
		buf_clear(&b);
		put_chunk(&b, o, i, o->n - i < CHUNK_DOCS ? o->n : i + CHUNK_DOCS);
		rc = sealed_put(t, table, segment_key(&k, rows, i / CHUNK_DOCS), &b, e);
	}
	for (i = 0; i < o->n && !rc; i += IDS_DOCS) {
		buf_clear(&b);
		put_ids(&b, o, i, o->n - i < IDS_DOCS ? o->n : i + IDS_DOCS);
		rc = sealed_put(t, table, segment_key(&k, rows, IDS + i / IDS_DOCS), &b, e);
	}
	for (f = 0; f < FIELDS; f++) {
		const struct str key = segment_key(&k, rows, DICTIONARY + (uint32_t)f);

		if (!rc)
			rc = sealed_put(t, table, key, &dictionary[f], e);
		buf_free(&dictionary[f]);
	}
	buf_free(&b);
	return rc;
}

/* ---- reading ---- */

struct dictionary {
	bool read;
	struct str *values;
	size_t nvalues, nsets;
	uint32_t *members, *begins;	/* set i: values members[begins[i]] to members[begins[i + 1]] */
};
struct columns {
	struct column_chunk *chunks;	/* n = 0: not read yet */
	struct str *ids;		/* their rows; STR_NONE: not read yet */
	struct dictionary d[FIELDS];
};

static struct columns *columns_of(struct segment *s)
{
	if (!s->columns) {
		s->columns = arena_alloc(s->a, sizeof *s->columns);
		s->columns->chunks = arena_array(s->a, s->info.n / CHUNK_DOCS + 1, sizeof *s->columns->chunks);
		s->columns->ids = arena_array(s->a, s->info.n / IDS_DOCS + 1, sizeof *s->columns->ids);
	}
	return s->columns;
}

static enum rc get(struct str *v, struct segment *s, uint32_t part, struct err *e)
{
	struct segment_key k;
	const struct str key = segment_key(&k, segment_rows(s->info.id, ROWS_COLUMNS), part);
	const unsigned table = part < IDS ? 2 : 3;		/* of what was found right */
	enum rc rc = txn_get(v, s->txn, s->t.columns, key, e);

	if (rc && rc != RC_NOTFOUND)
		return rc;
	if (rc || v->n < 4)
		return segment_broken(e, s, "columns");
	if (part < DICTIONARY && seen_right(s->seen, s->info.id, table, part % IDS)) {
		v->n -= 4;
		return RC_OK;
	}
	if (!sealed(v, key))
		return segment_broken(e, s, "columns");
	if (part < DICTIONARY)
		seen_mark(s->seen, s->info.id, table, part % IDS);
	return RC_OK;
}

/* What put_numbers put, of n documents, at the beginning of *s, which is empty afterwards where they are cut off: something
 * always stands behind them. */
static bool take_numbers(struct column_numbers *to, struct str *s, uint32_t n)
{
	if (s->n < 5)
		return false;
	to->width = (uint8_t)s->p[0];
	to->more = u32_get(s->p + 1);
	to->p = s->p + 5;
	if (to->width > 2 && to->width != 4)
		return false;
	*s = str_sub(*s, 5 + (size_t)to->width * n, s->n);
	return true;
}

static inline __attribute__((always_inline)) uint32_t wide_at(const char *p, unsigned width, uint32_t i)
{
	switch (width) {
	case 1: return (unsigned char)p[i];
	case 2: return u16_get(p + 2 * (size_t)i);
	default: return u32_get(p + 4 * (size_t)i);
	}
}

static inline uint32_t number_at(const struct column_numbers *c, uint32_t i)
{
	return c->more + (c->width ? wide_at(c->p, c->width, i) : 0);
}

static uint32_t ordinal_at(const struct column_chunk *c, uint32_t i)
{
	return number_at(&c->ordinals, i) + i;
}

enum rc columns_chunk(const struct column_chunk **out, struct segment *s, uint32_t chunk, struct err *e)
{
	struct column_chunk *c = &columns_of(s)->chunks[chunk];
	const uint32_t left = s->info.n - chunk * CHUNK_DOCS, n = left < CHUNK_DOCS ? left : CHUNK_DOCS;
	struct str v, rest;
	size_t f, all = n;
	enum rc rc;

	if (!c->n) {
		if ((rc = get(&v, s, chunk, e)))
			return rc;
		if (v.n < 4 + FIELDS || u32_get(v.p) != n)
			return segment_broken(e, s, "columns");
		for (f = 0; f < FIELDS; f++) {
			c->width[f] = (uint8_t)v.p[4 + f];
			if (c->width[f] != 1 && c->width[f] != 2 && c->width[f] != 4)
				return segment_broken(e, s, "columns");
			all += (size_t)c->width[f] * n;
		}
		rest = str_sub(v, 4 + FIELDS, v.n);
		if (!take_numbers(&c->ordinals, &rest, n) || !take_numbers(&c->first, &rest, n) || !take_numbers(&c->days, &rest, n) ||
		    rest.n != all)
			return segment_broken(e, s, "columns");
		for (f = 0; f < FIELDS; f++)
			c->codes[f] = rest.p, rest.p += (size_t)n * c->width[f];
		c->norms = (const uint8_t *)rest.p;
		c->n = n;
	}
	*out = c;
	return RC_OK;
}

enum rc columns_ordinal(uint32_t *ordinal, struct segment *s, uint32_t place, struct err *e)
{
	const struct column_chunk *c;
	enum rc rc = columns_chunk(&c, s, place / CHUNK_DOCS, e);

	if (!rc)
		*ordinal = ordinal_at(c, place % CHUNK_DOCS);
	return rc;
}

struct id { size_t n; char bytes[STORE_KEY_MAX]; };

/* Of the row of ids that a document's is in: the bytes in front, which tell where each group begins. */
static size_t ids_head(const struct segment *s, uint32_t place)
{
	const uint32_t left = s->info.n - place / IDS_DOCS * IDS_DOCS, n = left < IDS_DOCS ? left : IDS_DOCS;

	return 4 * (size_t)((n + IDS_GROUP - 1) / IDS_GROUP);
}

static size_t group_at(uint32_t place)		/* in these */
{
	return 4 * (size_t)(place % IDS_DOCS / IDS_GROUP);
}

static enum rc read_id(struct id *id, struct segment *s, uint32_t place, struct err *e)
{
	struct str *row = &columns_of(s)->ids[place / IDS_DOCS], rest;
	const size_t head = ids_head(s, place);
	size_t shared, begin;
	uint64_t own;
	unsigned i;
	enum rc rc;

	if (!row->p && (rc = get(&rest, s, IDS + place / IDS_DOCS, e)))
		return rc;
	*row = row->p ? *row : rest;
	if (row->n < head || (begin = u32_get(row->p + group_at(place))) > row->n - head)
		return segment_broken(e, s, "ids");
	rest = str_sub(*row, head + begin, row->n);
	for (i = 0, id->n = 0; i <= place % IDS_GROUP; i++) {
		if (!rest.n || (shared = (unsigned char)*rest.p) > id->n)
			return segment_broken(e, s, "ids");
		rest = (struct str){ rest.p + 1, rest.n - 1 };
		if (!varint_get(&own, &rest) || own > sizeof id->bytes - shared || own > rest.n)
			return segment_broken(e, s, "ids");
		memcpy(id->bytes + shared, rest.p, own);
		id->n = shared + own;
		rest = (struct str){ rest.p + own, rest.n - own };
	}
	return RC_OK;
}

void columns_expect_id(struct segment *s, uint32_t place, bool group)
{
	const struct str *row = s->columns ? &s->columns->ids[place / IDS_DOCS] : NULL;
	const size_t head = ids_head(s, place);
	const char *at;

	if (!row || !row->p || row->n < head)
		return;
	at = row->p + group_at(place);
	if (!group) {
		__builtin_prefetch(at);
	} else if (u32_get(at) < row->n - head) {
		__builtin_prefetch(row->p + head + u32_get(at));
		__builtin_prefetch(row->p + head + u32_get(at) + 64);
	}
}

enum rc columns_id(struct str *out, struct arena *a, struct segment *s, uint32_t place, struct err *e)
{
	struct id id;
	enum rc rc = read_id(&id, s, place, e);

	if (!rc)
		*out = arena_str(a, (struct str){ id.bytes, id.n });
	return rc;
}

enum rc columns_place(uint32_t *place, struct segment *s, struct str id, struct err *e)
{
	uint32_t lo = 0, hi = s->info.n, mid;
	struct id at;
	enum rc rc;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (hi - lo > IDS_GROUP)
			mid -= mid % IDS_GROUP;		/* the first of its group: the one that is read at once */
		mid = mid < lo ? lo : mid;
		if ((rc = read_id(&at, s, mid, e)))
			return rc;
		if (!(c = str_cmp((struct str){ at.bytes, at.n }, id))) {
			*place = mid;
			return RC_OK;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return err_set(e, RC_NOTFOUND, "not there");
}

static inline __attribute__((always_inline)) uint32_t code_at(const struct column_chunk *c, size_t field, unsigned width, uint32_t i)
{
	return wide_at(c->codes[field], width, i);
}

static uint32_t code_of(const struct column_chunk *c, size_t field, uint32_t i)
{
	return code_at(c, field, c->width[field], i);
}

static enum rc read_dictionary(struct dictionary **out, struct segment *s, size_t field, struct err *e)
{
	struct dictionary *d = &columns_of(s)->d[field];
	uint64_t n, k, v;
	size_t i, members = 0, cap = 0;
	struct str b;
	enum rc rc;

	*out = d;
	if (d->read)
		return RC_OK;
	if ((rc = get(&b, s, DICTIONARY + (uint32_t)field, e)))
		return rc;
	if (!varint_get(&n, &b) || n > b.n)
		return segment_broken(e, s, "columns");
	d->values = arena_array(s->a, n, sizeof *d->values);
	for (d->nvalues = 0; d->nvalues < n; d->nvalues++) {
		if (!varint_get(&k, &b) || k > b.n)
			return segment_broken(e, s, "columns");
		d->values[d->nvalues] = str_sub(b, 0, k);
		b = str_sub(b, k, b.n);
	}
	if (!varint_get(&n, &b) || n > b.n)
		return segment_broken(e, s, "columns");
	d->nsets = n;
	d->begins = arena_array(s->a, n + 1, sizeof *d->begins);
	for (i = 0; i < n; i++) {
		if (!varint_get(&k, &b) || k > b.n)
			return segment_broken(e, s, "columns");
		for (; k; k--) {
			if (members == cap)
				d->members = arena_grow(s->a, d->members, &cap, sizeof *d->members);
			if (!varint_get(&v, &b) || v >= d->nvalues)
				return segment_broken(e, s, "columns");
			d->members[members++] = (uint32_t)v;
		}
		d->begins[i + 1] = (uint32_t)members;
	}
	if (b.n)
		return segment_broken(e, s, "columns");
	d->read = true;
	return RC_OK;
}

enum rc columns_copy(struct columns_out *o, struct segment *from, uint32_t place, struct err *e)
{
	const struct column_chunk *c;
	uint32_t i = place % CHUNK_DOCS, code, k;
	struct id id;
	size_t f;
	enum rc rc;

	if ((rc = columns_chunk(&c, from, place / CHUNK_DOCS, e)) || (rc = read_id(&id, from, place, e)))
		return rc;
	room(o);
	take_id(o, (struct str){ id.bytes, id.n });
	for (f = 0; f < FIELDS; f++) {
		struct dictionary *d;

		if ((rc = read_dictionary(&d, from, f, e)))
			return rc;
		code = code_of(c, f, i);
		if (code >= d->nsets)
			return segment_broken(e, from, "columns");
		buf_clear(&o->set);
		for (k = d->begins[code]; k < d->begins[code + 1]; k++) {
			buf_str_add(&o->set, d->values[d->members[k]]);
			buf_putc(&o->set, '\0');
		}
		o->f[f].codes[o->n] = set_of(o, &o->f[f], buf_str(&o->set));
	}
	o->ordinals[o->n] = ordinal_at(c, i);
	o->first[o->n] = number_at(&c->first, i);
	o->last[o->n] = o->first[o->n] + number_at(&c->days, i);
	o->norms[o->n++] = c->norms[i];
	return RC_OK;
}

/* ---- filters ---- */

struct column_filter {
	struct {
		size_t field, n;
		const unsigned char *sets;	/* sets[code]: it has one of the values */
		size_t only;			/* the one code that has; SIZE_MAX: several have, or none */
	} want[FIELDS];
	size_t n;
	bool dates;
	int64_t since, until;
};

static enum rc want(struct column_filter *f, struct arena *a, struct segment *s, size_t field, const struct str *values, size_t n,
    struct err *e)
{
	struct dictionary *d;
	unsigned char *has, *sets;
	size_t i, j, only = SIZE_MAX, some = 0;
	enum rc rc;

	if (!n)
		return RC_OK;
	if ((rc = read_dictionary(&d, s, field, e)))
		return rc;
	has = arena_alloc(a, d->nvalues + 1);
	sets = arena_alloc(a, d->nsets + 1);
	for (i = 0; i < d->nvalues; i++)
		for (j = 0; j < n; j++)
			has[i] |= values[j].n == d->values[i].n && strncasecmp(values[j].p, d->values[i].p, values[j].n) == 0;
	for (i = 0; i < d->nsets; i++) {
		for (j = d->begins[i]; j < d->begins[i + 1]; j++)
			sets[i] |= has[d->members[j]];
		if (sets[i])
			only = some++ ? SIZE_MAX : i;
	}
	f->want[f->n].field = field;
	f->want[f->n].only = only;
	f->want[f->n].n = d->nsets;
	f->want[f->n++].sets = sets;
	return RC_OK;
}

enum rc columns_filter(struct column_filter **out, struct arena *a, struct segment *s, const struct filters *q, struct err *e)
{
	struct column_filter *f = arena_alloc(a, sizeof *f);
	size_t i, n;
	enum rc rc;

	for (i = 0; i < FIELDS; i++) {
		const struct str *list = filters_list(&n, q, i);

		if ((rc = want(f, a, s, i, list, n, e)))
			return rc;
	}
	f->dates = q->since <= q->until;
	f->since = q->since;
	f->until = q->until;
	*out = f;
	return RC_OK;
}

static bool in_time(const struct column_filter *f, const struct column_chunk *c, uint32_t i)
{
	const uint32_t first = f->dates ? number_at(&c->first, i) : 0, more = f->dates ? number_at(&c->days, i) : 0;
	const int32_t from = (int32_t)first, to = (int32_t)(first + more);

	return !f->dates || (from <= to && to >= f->since && from <= f->until);
}

bool columns_pass(const struct column_filter *f, const struct column_chunk *c, uint32_t i)
{
	uint32_t code;
	size_t k;

	for (k = 0; k < f->n; k++) {
		code = code_of(c, f->want[k].field, i);
		if (code >= f->want[k].n || !f->want[k].sets[code])
			return false;
	}
	return in_time(f, c, i);
}

/* Of 64 bytes those that are equal to one: a bit each, by eight at a time. */
static uint64_t equal_bytes(const unsigned char *p, unsigned char one)
{
	const uint64_t each = 0x0101010101010101, low = 0x7f * each;
	uint64_t bits = 0, x;
	unsigned j;

	for (j = 0; j < 64; j += 8) {
		x = (u32_get(p + j) | (uint64_t)u32_get(p + j + 4) << 32) ^ one * each;	/* 0: equal */
		x = ~(((x & low) + low) | x | low) >> 7;		/* 1: equal, else 0 */
		bits |= x * 0x0102040810204080 >> 56 << j;
	}
	return bits;
}

/* Of n documents of a chunk from i on, those of which a table tells so: a bit each. */
static inline __attribute__((always_inline)) uint64_t told(const unsigned char *sets, size_t nsets, const struct column_chunk *c,
    size_t field, unsigned width, uint32_t i, uint32_t n)
{
	uint64_t bits = 0;
	uint32_t j, code;

	for (j = 0; j < n; j++) {
		code = code_at(c, field, width, i + j);
		bits |= (uint64_t)(code < nsets && sets[code]) << j;
	}
	return bits;
}

/* Of n documents of a chunk from i on, 64 at most, those that pass: a bit each. */
static uint64_t passing(const struct column_filter *f, const struct column_chunk *c, uint32_t i, uint32_t n)
{
	uint64_t bits = UINT64_MAX >> (64 - n);
	uint32_t j;
	size_t k;

	for (k = 0; k < f->n && bits; k++) {
		const size_t field = f->want[k].field, nsets = f->want[k].n;
		const unsigned char *sets = f->want[k].sets;

		if (c->width[field] == 1 && f->want[k].only <= UINT8_MAX && n == 64)
			bits &= equal_bytes((const unsigned char *)c->codes[field] + i, (unsigned char)f->want[k].only);
		else if (c->width[field] == 1)
			bits &= told(sets, nsets, c, field, 1, i, n);
		else if (c->width[field] == 2)
			bits &= told(sets, nsets, c, field, 2, i, n);
		else
			bits &= told(sets, nsets, c, field, 4, i, n);
	}
	for (j = 0; f->dates && j < n; j++)
		bits &= ~((uint64_t)!in_time(f, c, i + j) << j);
	return bits;
}

enum rc columns_passing(uint64_t *bits, const struct column_filter *f, struct segment *s, struct err *e)
{
	const struct column_chunk *c;
	uint32_t from, i, n;
	enum rc rc;

	for (from = 0; from < s->info.n; from += CHUNK_DOCS) {
		if ((rc = columns_chunk(&c, s, from / CHUNK_DOCS, e)))
			return rc;
		for (i = 0; i < c->n; i += 64) {
			n = c->n - i < 64 ? c->n - i : 64;
			bits[(from + i) / 64] = passing(f, c, i, n);
		}
	}
	return RC_OK;
}

/* ---- facets ---- */

struct column_counts {
	struct arena *a;
	struct segment *s;
	uint32_t *sets[FIELDS];		/* of this segment, by code */
	struct facet *v;
	size_t n, cap;
};

struct column_counts *counts_open(struct arena *a)
{
	struct column_counts *k = arena_alloc(a, sizeof *k);

	k->a = a;
	return k;
}

/* The counts of sets, as counts of values. */
static void counts_flush(struct column_counts *k)
{
	size_t f, i, j;

	for (f = 0; k->s && f < FIELDS; f++) {
		const struct dictionary *d = &k->s->columns->d[f];
		uint32_t *count = arena_array(k->a, d->nvalues + 1, sizeof *count);

		for (i = 0; i < d->nsets; i++)
			for (j = d->begins[i]; k->sets[f][i] && j < d->begins[i + 1]; j++)
				count[d->members[j]] += k->sets[f][i];
		for (i = 0; i < d->nvalues; i++) {
			if (!count[i])
				continue;
			if (k->n == k->cap)
				k->v = arena_grow(k->a, k->v, &k->cap, sizeof *k->v);
			k->v[k->n++] = (struct facet){ filter_fields[f], d->values[i], count[i] };
		}
	}
	k->s = NULL;
}

enum rc counts_segment(struct column_counts *k, struct segment *s, struct err *e)
{
	struct dictionary *d;
	size_t f;
	enum rc rc;

	counts_flush(k);
	for (f = 0; f < FIELDS; f++) {
		if ((rc = read_dictionary(&d, s, f, e)))
			return rc;
		k->sets[f] = arena_array(k->a, d->nsets + 1, sizeof *k->sets[f]);
	}
	k->s = s;
	return RC_OK;
}

void counts_add(struct column_counts *k, const struct column_chunk *c, uint32_t place)
{
	uint32_t code;
	size_t f;

	for (f = 0; f < FIELDS; f++)
		if ((code = code_of(c, f, place % CHUNK_DOCS)) < k->s->columns->d[f].nsets)
			k->sets[f][code]++;
}

static size_t field_number(const char *field)
{
	size_t i;

	for (i = 0; i < FIELDS && filter_fields[i] != field; i++)
		;
	return i;
}

static int by_value(const void *x, const void *y)
{
	const struct facet *a = x, *b = y;
	size_t i = field_number(a->field), j = field_number(b->field);

	return i != j ? (i < j ? -1 : 1) : str_cmp(a->value, b->value);
}

static int by_count(const void *x, const void *y)
{
	const struct facet *a = x, *b = y;

	if (a->field != b->field || a->count == b->count)
		return by_value(x, y);
	return a->count > b->count ? -1 : 1;
}

void counts_close(struct facet **v, size_t *n, struct column_counts *k)
{
	size_t i, m = 0;

	counts_flush(k);
	if (k->n)
		qsort(k->v, k->n, sizeof *k->v, by_value);
	for (i = 0; i < k->n; i++) {		/* one value in several segments */
		if (m && by_value(&k->v[m - 1], &k->v[i]) == 0)
			k->v[m - 1].count += k->v[i].count;
		else
			k->v[m++] = k->v[i];
	}
	if (m)
		qsort(k->v, m, sizeof *k->v, by_count);
	*v = k->v;
	*n = m;
}
