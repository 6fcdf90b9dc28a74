/* kb/index/segment.c: see segment.h.
 *
 * A segment is written once and then only loses documents. Two tables hold it:
 *
 *	norms	u32 segment (big-endian)  ->  for each document, in rising order of ordinal:
 *		u32 ordinal, u32 length (little-endian); length = summed weight of its words, 0 = dead
 *	terms	u32 segment (big-endian), bytes of the term  ->  for each document that has it:
 *		varint place minus the place before, minus 1 (the first: its place); varint weight
 *
 * A place is a document's index in norms. Terms of two places 0 (weight 1) and 3 (weight 200):
 *	00 01 02 c8 01
 *
 * Weight is the sum of what the word's fields count (record.c), so that one number a posting is all that
 * ranking reads. Dead documents stay in the lists until their segment is merged away; who reads a list skips
 * places of length 0, so counts are exact at any time. */
#include "kb/index/segment.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/record.h"

struct entry {
	struct str term;		/* in the arena; n = 0: a free slot */
	uint64_t hash;
	uint32_t last, place, weight;	/* last: place written last + 1; place + 1 of the document being counted, or 0 */
	struct buf list;
};
struct builder {
	struct arena a;
	struct entry *slots;
	size_t n, cap;			/* cap: a power of two, at most half full */
	uint32_t *ordinals, *lengths;
	size_t docs, docs_cap;
};

struct builder *builder_open(void)
{
	struct builder *b = xmalloc(sizeof *b);

	*b = (struct builder){ .cap = 1 << 12 };
	b->slots = xmalloc(b->cap * sizeof *b->slots);
	memset(b->slots, 0, b->cap * sizeof *b->slots);
	return b;
}

void builder_close(struct builder *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->cap; i++)
		buf_free(&b->slots[i].list);
	free(b->slots);
	free(b->ordinals);
	free(b->lengths);
	arena_free(&b->a);
	free(b);
}

void builder_document(struct builder *b, uint32_t ordinal)
{
	if (b->docs == b->docs_cap) {
		b->docs_cap = b->docs_cap ? b->docs_cap * 2 : 256;
		b->ordinals = xrealloc(b->ordinals, b->docs_cap * sizeof *b->ordinals);
		b->lengths = xrealloc(b->lengths, b->docs_cap * sizeof *b->lengths);
	}
	b->ordinals[b->docs] = ordinal;
	b->lengths[b->docs++] = 0;
}

static void grow(struct builder *b)
{
	struct entry *old = b->slots;
	size_t i, j, n = b->cap;

	b->cap *= 2;
	b->slots = xmalloc(b->cap * sizeof *b->slots);
	memset(b->slots, 0, b->cap * sizeof *b->slots);
	for (i = 0; i < n; i++) {
		if (!old[i].term.n)
			continue;
		for (j = old[i].hash & (b->cap - 1); b->slots[j].term.n; j = (j + 1) & (b->cap - 1))
			;
		b->slots[j] = old[i];
	}
	free(old);
}

static void flush(struct entry *x)
{
	if (!x->place)
		return;
	varint_put(&x->list, x->place - 1 - x->last);
	varint_put(&x->list, x->weight);
	x->last = x->place;
	x->place = x->weight = 0;
}

void builder_word(struct builder *b, struct str term, unsigned weight)
{
	uint64_t h = 0xcbf29ce484222325u;
	struct entry *x;
	bool fresh;
	size_t i;

	for (i = 0; i < term.n; i++)
		h = (h ^ (unsigned char)term.p[i]) * 0x100000001b3u;
	h ^= h >> 29;
	for (i = h & (b->cap - 1); b->slots[i].term.n; i = (i + 1) & (b->cap - 1))
		if (b->slots[i].hash == h && str_eq(b->slots[i].term, term))
			break;
	x = &b->slots[i];
	fresh = !x->term.n;
	if (fresh) {
		x->term = arena_str(&b->a, term);
		x->hash = h;
	}
	if (x->place != b->docs) {
		flush(x);
		x->place = (uint32_t)b->docs;
	}
	x->weight += weight;
	b->lengths[b->docs - 1] += weight;
	if (fresh && ++b->n * 2 > b->cap)
		grow(b);		/* x is gone */
}

size_t builder_documents(const struct builder *b)
{
	return b->docs;
}

uint32_t builder_length(const struct builder *b)
{
	return b->docs && b->lengths[b->docs - 1] ? b->lengths[b->docs - 1] : 1;
}

static int by_term(const void *x, const void *y)
{
	const struct entry *a = *(struct entry *const *)x, *b = *(struct entry *const *)y;

	return str_cmp(a->term, b->term);
}

static void put_u32(struct buf *b, uint32_t v)
{
	const char bytes[4] = { (char)v, (char)(v >> 8), (char)(v >> 16), (char)(v >> 24) };

	buf_add(b, bytes, 4);
}

static uint32_t get_u32(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

void segment_key(unsigned char key[4 + 64], size_t *n, uint32_t id, struct str term)
{
	size_t len = term.n > 64 ? 64 : term.n;

	key[0] = (unsigned char)(id >> 24);
	key[1] = (unsigned char)(id >> 16);
	key[2] = (unsigned char)(id >> 8);
	key[3] = (unsigned char)id;
	if (len)
		memcpy(key + 4, term.p, len);
	*n = 4 + len;
}

static struct str key_str(const unsigned char *key, size_t n)
{
	return (struct str){ (const char *)key, n };
}

enum rc builder_write(struct builder *b, struct txn *t, table_id terms, table_id norms, uint32_t id, struct err *e)
{
	struct entry **sorted = xmalloc((b->n + 1) * sizeof *sorted);
	struct buf bytes = BUF_INIT;
	unsigned char key[4 + 64];
	size_t i, n = 0, len;
	enum rc rc;

	for (i = 0; i < b->cap; i++)
		if (b->slots[i].term.n) {
			flush(&b->slots[i]);
			sorted[n++] = &b->slots[i];
		}
	qsort(sorted, n, sizeof *sorted, by_term);
	for (i = 0; i < b->docs; i++) {
		put_u32(&bytes, b->ordinals[i]);
		put_u32(&bytes, b->lengths[i] ? b->lengths[i] : 1);
	}
	segment_key(key, &len, id, STR_NONE);
	rc = txn_put(t, norms, key_str(key, len), buf_str(&bytes), e);
	for (i = 0; i < n && !rc; i++) {
		segment_key(key, &len, id, sorted[i]->term);
		rc = txn_append(t, terms, key_str(key, len), buf_str(&sorted[i]->list), e);
	}
	buf_free(&bytes);
	free(sorted);
	return rc;
}

enum rc segment_open(struct segment *s, struct txn *t, table_id norms, uint32_t id, struct err *e)
{
	unsigned char key[4 + 64];
	struct str v;
	size_t n;
	enum rc rc;

	segment_key(key, &n, id, STR_NONE);
	if ((rc = txn_get(&v, t, norms, key_str(key, n), e)))
		return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: segment %u is missing", id) : rc;
	if (v.n % 8)
		return err_set(e, RC_CORRUPT, "index: segment %u has a broken list of documents", id);
	*s = (struct segment){ id, (uint32_t)(v.n / 8), v };
	return RC_OK;
}

uint32_t segment_ordinal(const struct segment *s, uint32_t i)
{
	return get_u32(s->norms.p + (size_t)i * 8);
}

uint32_t segment_length(const struct segment *s, uint32_t i)
{
	return get_u32(s->norms.p + (size_t)i * 8 + 4);
}

uint32_t segment_find(const struct segment *s, uint32_t ordinal)
{
	uint32_t lo = 0, hi = s->n, mid, v;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		v = segment_ordinal(s, mid);
		if (v == ordinal)
			return mid;
		if (v < ordinal)
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

enum rc segment_kill(struct txn *t, table_id norms, const struct segment *s, const uint32_t *places, size_t n,
    uint64_t *length, struct err *e)
{
	struct buf bytes = BUF_INIT;
	unsigned char key[4 + 64];
	size_t i, len;
	enum rc rc;

	buf_str_add(&bytes, s->norms);
	for (i = 0; i < n; i++) {
		*length += segment_length(s, places[i]);
		memset(bytes.p + (size_t)places[i] * 8 + 4, 0, 4);
	}
	segment_key(key, &len, s->id, STR_NONE);
	rc = txn_put(t, norms, key_str(key, len), buf_str(&bytes), e);
	buf_free(&bytes);
	return rc;
}

enum rc segment_drop(struct txn *t, table_id terms, table_id norms, uint32_t id, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct store_iter it;
	struct str k, v, *keys = NULL;
	unsigned char key[4 + 64];
	size_t len, n = 0, cap = 0, i;
	enum iter more = ITER_DONE;
	enum rc rc;

	segment_key(key, &len, id, STR_NONE);
	if ((rc = store_iter_open(&it, t, terms, key_str(key, len), e)))
		return rc;
	while ((more = store_iter_next(&it, &k, &v, e)) == ITER_ITEM && k.n >= 4 && memcmp(k.p, key, 4) == 0) {
		if (n == cap)
			keys = arena_grow(&a, keys, &cap, sizeof *keys);
		keys[n++] = arena_str(&a, k);
	}
	store_iter_close(&it);
	rc = more == ITER_ERROR ? e->rc : RC_OK;
	for (i = 0; i < n && !rc; i++)
		rc = txn_del(t, terms, keys[i], e);
	if (!rc)
		rc = txn_del(t, norms, key_str(key, len), e);
	arena_free(&a);
	return rc;
}

void postings_open(struct postings *p, struct str value)
{
	*p = (struct postings){ .rest = value };
}

enum iter postings_next(struct postings *p, struct err *e)
{
	uint64_t gap, weight, place;

	if (!p->rest.n)
		return ITER_DONE;
	if (!varint_get(&gap, &p->rest) || !varint_get(&weight, &p->rest) || !weight || weight > UINT32_MAX ||
	    (place = gap + (p->started ? (uint64_t)p->place + 1 : 0)) >= UINT32_MAX || gap > UINT32_MAX) {
		(void)err_set(e, RC_CORRUPT, "index: a list of postings does not decode");
		return ITER_ERROR;
	}
	p->place = (uint32_t)place;
	p->weight = (uint32_t)weight;
	p->started = true;
	return ITER_ITEM;
}
