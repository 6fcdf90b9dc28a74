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

struct entry {				/* one term */
	struct str term;		/* in the arena */
	uint32_t last, place, weight;	/* last: place written last + 1; place + 1 of the document being counted, or 0 */
	struct buf list;
};
enum { WORD_NEAR = 18 };
struct cell {				/* 32 bytes, so that a short word costs one look at memory */
	uint32_t hash, entry, came;	/* entry NONE: nothing is left of the word; came: so often */
	unsigned char lang, n;		/* n = 0: a free cell; FAR: word begins with a struct str that is in the arena */
	char word[WORD_NEAR];
};
enum { FAR = 255 };
struct table {				/* open addressing; equal hashes are told apart by the words themselves */
	struct cell *cells;
	size_t n, cap;			/* cap: a power of two, at most two thirds full */
};
struct token {				/* a word on its way */
	struct str word;
	uint32_t hash, lang, weight;
};
enum { AHEAD = 16 };			/* tokens between asking memory for a cell and looking at it; a power of two */
struct builder {
	struct arena a;
	struct token ahead[AHEAD];	/* a ring */
	size_t came, went;		/* tokens so far; those in between are in the ring */
	struct stems *stems;
	struct entry *entries;
	size_t n, cap;
	struct table words, terms;	/* words as they stand, by language; terms have language 0 */
	uint32_t *ordinals, *lengths;
	size_t docs, docs_cap;
};

#define NONE UINT32_MAX

struct builder *builder_open(void)
{
	struct builder *b = xmalloc(sizeof *b);

	*b = (struct builder){ .docs = 0 };
	return b;
}

void builder_close(struct builder *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n; i++)
		buf_free(&b->entries[i].list);
	free(b->entries);
	free(b->words.cells);
	free(b->terms.cells);
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

/* Eight bytes a step; where a word goes in a table is all that it decides. */
static uint32_t hash_of(struct str s, uint64_t h)
{
	uint64_t v = 0;

	for (h ^= s.n; s.n >= sizeof v; s.p += sizeof v, s.n -= sizeof v) {
		memcpy(&v, s.p, sizeof v);
		h = (h ^ v) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	v = 0;
	if (s.n)
		memcpy(&v, s.p, s.n);
	h = (h ^ v) * 0x9e3779b97f4a7c15u;
	h = (h ^ h >> 32) * 0x9e3779b97f4a7c15u;	/* so that the last bytes reach the low bits too */
	return (uint32_t)(h >> 32);
}

static void table_grow(struct table *t)
{
	struct cell *old = t->cells;
	size_t i, j, n = t->cap;

	t->cap = n ? 2 * n : 1 << 11;
	t->cells = xmalloc(t->cap * sizeof *t->cells);
	memset(t->cells, 0, t->cap * sizeof *t->cells);
	for (i = 0; i < n; i++) {
		if (!old[i].n)
			continue;
		for (j = old[i].hash & (t->cap - 1); t->cells[j].n; j = (j + 1) & (t->cap - 1))
			;
		t->cells[j] = old[i];
	}
	free(old);
}

static bool cell_is(const struct cell *c, uint32_t hash, uint32_t lang, struct str word)
{
	struct str far;

	if (c->hash != hash || c->lang != lang)
		return false;
	if (c->n != FAR)
		return c->n == word.n && memcmp(c->word, word.p, word.n) == 0;
	memcpy(&far, c->word, sizeof far);
	return str_eq(far, word);
}

/* The cell of a word of at least a byte, made when it is new (*fresh): then its entry is the caller's to set. */
static struct cell *table_cell(struct table *t, struct arena *a, struct str word, uint32_t h, unsigned lang, bool *fresh)
{
	struct str far;
	struct cell *c;
	size_t i;

	if (3 * (t->n + 1) > 2 * t->cap)
		table_grow(t);
	for (i = h & (t->cap - 1); t->cells[i].n; i = (i + 1) & (t->cap - 1))
		if (cell_is(&t->cells[i], h, lang, word))
			break;
	c = &t->cells[i];
	*fresh = !c->n;
	if (*fresh) {
		*c = (struct cell){ .hash = h, .entry = NONE, .lang = (unsigned char)lang };
		t->n++;
		if (word.n <= WORD_NEAR) {
			c->n = (unsigned char)word.n;
			memcpy(c->word, word.p, word.n);
		} else {
			c->n = FAR;
			far = arena_str(a, word);
			memcpy(c->word, &far, sizeof far);
		}
	}
	return c;
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

static uint32_t entry_of(struct builder *b, struct str term)
{
	struct cell *c;
	bool fresh;

	if (!term.n)
		return NONE;
	c = table_cell(&b->terms, &b->a, term, hash_of(term, 0), 0, &fresh);
	if (fresh) {
		if (b->n == b->cap) {
			b->cap = b->cap ? 2 * b->cap : 1024;
			b->entries = xrealloc(b->entries, b->cap * sizeof *b->entries);
		}
		b->entries[b->n] = (struct entry){ .term = arena_str(&b->a, term) };
		c->entry = (uint32_t)b->n++;
	}
	return c->entry;
}

static void take_token(struct builder *b, const struct token *t)
{
	struct cell *c;
	struct entry *x;
	bool fresh;

	c = table_cell(&b->words, &b->a, t->word, t->hash, t->lang, &fresh);
	if (fresh)
		c->entry = entry_of(b, stems_term(b->stems, t->word, t->lang));
	if (c->entry == NONE)
		return;
	c->came++;
	x = &b->entries[c->entry];
	if (x->place != b->docs) {
		flush(x);
		x->place = (uint32_t)b->docs;
	}
	x->weight += t->weight;
	b->lengths[b->docs - 1] += t->weight;
}

/* The table is larger than the processor's caches: most of a token's time would be waiting for its cell. */
void builder_word(struct builder *b, struct stems *s, struct str word, unsigned lang, unsigned weight)
{
	struct token *t = &b->ahead[b->came % AHEAD];

	if (b->came - b->went == AHEAD)
		take_token(b, &b->ahead[b->went++ % AHEAD]);
	*t = (struct token){ word, hash_of(word, lang), lang, weight };
	b->came++;
	b->stems = s;
	if (b->words.cap)
		__builtin_prefetch(&b->words.cells[t->hash & (b->words.cap - 1)]);
}

void builder_end(struct builder *b)
{
	while (b->went < b->came)
		take_token(b, &b->ahead[b->went++ % AHEAD]);
}

void builder_forms(const struct builder *b, struct forms *f)
{
	struct buf form = BUF_INIT;
	struct str word;
	size_t i;

	for (i = 0; i < b->words.cap; i++) {
		const struct cell *c = &b->words.cells[i];

		if (!c->n || c->entry == NONE)
			continue;
		word = (struct str){ c->word, c->n };
		if (c->n == FAR)
			memcpy(&word, c->word, sizeof word);
		buf_clear(&form);
		text_surface(&form, word);
		forms_add(f, buf_str(&form), b->entries[c->entry].term, c->came);
	}
	buf_free(&form);
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

	for (; n < b->n; n++) {
		flush(&b->entries[n]);
		sorted[n] = &b->entries[n];
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
