/* kb/index/build.c: see build.h.
 *
 * Each distinct word of a language is a cell of a hash table; the cell leads to its term, so that a word is folded and
 * stemmed once. Each term has a row of bytes in pieces that double in size, written as its words come:
 *
 *	for each word: varint gap * 8 + kind * 2 + first
 *		first: 1 when it is the first of its document; then follows: varint document's number less the last one's
 *		kind: 0 running, weight 1; 1 running, and varint weight follows; 2, 3: the same, not running
 *		gap: position less the one before of this document, or the position; not running: 0
 *
 * About two bytes a word, read once when the segment is written.
 *
 * Whatever is large stands in pages of 2 MiB where the system has them: words meet it at random, and with small pages most
 * of a word's time is looking up where the next one is. */
#include "kb/index/build.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kb/index/order.h"

enum { LARGE = 2 << 20, SLAB_MIN = 32 << 10, SLAB_MAX = 2 * LARGE };
enum { PIECE_FIRST = 32, PIECE_MAX = 1 << 13, WORD_BYTES = 4 * 5 };	/* WORD_BYTES: the most that one word writes */

struct piece {
	struct piece *next;
	uint32_t n;			/* bytes written, once it is full */
	unsigned char bytes[];
};
struct entry {				/* one term */
	struct str term;		/* in a slab */
	struct piece *head, *tail;
	unsigned char *at, *end;	/* free room of the tail; end is WORD_BYTES before its true end */
	uint32_t document, position;	/* of the last word; document: + 1, 0 at first */
};
enum { WORD_NEAR = 18 };			/* less than KEY_NEAR */
struct cell {				/* 32 bytes, so that a short word costs one look at memory */
	uint32_t hash, entry;		/* entry NONE: nothing is left of the word */
	int32_t came;			/* how often, less how often it went */
	unsigned char lang, n;		/* n = 0: a free cell; FAR: word begins with a struct str that is in a slab */
	char word[WORD_NEAR];		/* zeroes behind it */
};
enum { FAR = 255 };
struct table {				/* open addressing; equal hashes are told apart by the words themselves */
	struct cell *cells;
	size_t n, cap;			/* cap: a power of two, at most two thirds full */
};
struct token {				/* a word on its way */
	struct str word;
	struct word_key key;
	uint32_t lang, weight, position, entry;
	bool running;
	unsigned char fate;
};
/* The tables and rows are larger than the processor's caches: most of a word's time would be waiting for memory. So it
 * waits in a ring, STEP words each: for its cell, for its entry, and for the end of its row. */
enum { STEP = 8, RING = 4 * STEP };
struct slab {				/* rows and terms are cut from slabs, each twice the last up to SLAB_MAX */
	struct slab *next;
	size_t at, n;
	char bytes[];
};
struct builder {
	struct slab *slabs;
	size_t held;			/* bytes of them */
	struct token ring[RING];
	size_t came, found, near, went;	/* tokens so far: in the ring, with their entry, with its row, gone */
	struct stems *stems;
	struct entry *entries;
	size_t n, cap;
	struct table words, terms;	/* words as they stand, by language; terms have language 0 */
	uint32_t document, position, length;
};

#define NONE UINT32_MAX

struct builder *builder_open(void)
{
	struct builder *b = xmalloc(sizeof *b);

	*b = (struct builder){ .n = 0 };
	return b;
}

void builder_close(struct builder *b)
{
	struct slab *s, *next;

	if (!b)
		return;
	free(b->entries);
	free(b->words.cells);
	free(b->terms.cells);
	for (s = b->slabs; s; s = next) {
		next = s->next;
		free(s);
	}
	free(b);
}

static void *pages(size_t n)
{
	void *p;

	if (n < LARGE)
		return xmalloc(n);
	if (!(p = aligned_alloc(LARGE, (n + LARGE - 1) / LARGE * LARGE)))
		out_of_memory();
	(void)madvise(p, n, MADV_HUGEPAGE);	/* where there are none it is a page as any other */
	return p;
}

/* n bytes, as aligned as a pointer. */
static void *cut(struct builder *b, size_t n)
{
	struct slab *s = b->slabs;
	void *p;

	n = (n + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
	if (!s || s->n - s->at < n) {
		size_t size = s ? 2 * (s->n + sizeof *s) : SLAB_MIN;

		s = pages(size = size < SLAB_MAX ? size : SLAB_MAX);
		*s = (struct slab){ .next = b->slabs, .n = size - sizeof *s };
		b->slabs = s;
		b->held += size;
	}
	p = s->bytes + s->at;
	s->at += n;
	return p;
}

static struct str keep(struct builder *b, struct str s)
{
	char *p = cut(b, s.n);

	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

size_t builder_bytes(const struct builder *b)
{
	return b->held + b->cap * sizeof *b->entries + (b->words.cap + b->terms.cap) * sizeof *b->words.cells;
}

void builder_document(struct builder *b, uint32_t number)
{
	b->document = number + 1;
	b->position = b->length = 0;
}

static void table_grow(struct table *t)
{
	struct cell *old = t->cells;
	size_t i, j, n = t->cap;

	t->cap = n ? 2 * n : 1 << 9;
	t->cells = pages(t->cap * sizeof *t->cells);
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

static struct str cell_word(const struct cell *c)
{
	struct str far;

	if (c->n != FAR)
		return (struct str){ c->word, c->n };
	memcpy(&far, c->word, sizeof far);
	return far;
}

static bool near_same(const struct cell *c, const struct word_key *key)
{
	return memcmp(c->word, key->near, 16) == 0 && memcmp(c->word + 16, &key->near[2], WORD_NEAR - 16) == 0;	/* no call */
}

/* The cell of a word of at least a byte, made when it is new (*fresh): then its entry is the caller's to set. */
static struct cell *table_cell(struct table *t, struct builder *b, struct str word, const struct word_key *key, unsigned lang,
    bool *fresh)
{
	unsigned n = word.n <= WORD_NEAR ? (unsigned)word.n : FAR;
	struct str far;
	struct cell *c;
	size_t i;

	if (3 * (t->n + 1) > 2 * t->cap)
		table_grow(t);
	for (i = key->hash & (t->cap - 1); t->cells[i].n; i = (i + 1) & (t->cap - 1)) {
		c = &t->cells[i];
		if (c->hash == key->hash && c->lang == lang && c->n == n &&
		    (n == FAR ? str_eq(cell_word(c), word) : near_same(c, key)))
			break;
	}
	c = &t->cells[i];
	*fresh = !c->n;
	if (*fresh) {
		*c = (struct cell){ .hash = key->hash, .entry = NONE, .lang = (unsigned char)lang };
		t->n++;
		c->n = (unsigned char)n;
		if (n != FAR) {
			memcpy(c->word, key->near, WORD_NEAR);
		} else {
			far = keep(b, word);
			memcpy(c->word, &far, sizeof far);
		}
	}
	return c;
}

static uint32_t entry_of(struct builder *b, struct str term)
{
	struct cell *c;
	struct word_key key;
	bool fresh;

	if (!term.n)
		return NONE;
	term = str_sub(term, 0, WORD_MAX);
	word_key(&key, term, 0);
	c = table_cell(&b->terms, b, term, &key, 0, &fresh);
	if (fresh) {
		if (b->n == b->cap) {
			struct entry *more = pages((b->cap ? 2 * b->cap : 256) * sizeof *more);

			if (b->n)
				memcpy(more, b->entries, b->n * sizeof *more);
			free(b->entries);
			b->entries = more;
			b->cap = b->cap ? 2 * b->cap : 256;
		}
		b->entries[b->n] = (struct entry){ .term = keep(b, term) };
		c->entry = (uint32_t)b->n++;
	}
	return c->entry;
}

/* Room for one word more. */
static void more_room(struct builder *b, struct entry *x)
{
	size_t n = PIECE_FIRST;
	struct piece *p;

	if (x->tail) {
		x->tail->n = (uint32_t)(x->at - x->tail->bytes);
		n = 2 * ((size_t)(x->end - x->tail->bytes) + WORD_BYTES);
		if (n > PIECE_MAX)
			n = PIECE_MAX;
	}
	p = cut(b, sizeof *p + n);
	p->next = NULL;
	if (x->tail)
		x->tail->next = p;
	else
		x->head = p;
	x->tail = p;
	x->at = p->bytes;
	x->end = p->bytes + n - WORD_BYTES;
}

static unsigned char *put(unsigned char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (unsigned char)(v | 0x80);
	*p++ = (unsigned char)v;
	return p;
}

static void find_entry(struct builder *b, struct token *t)
{
	struct cell *c;
	bool fresh;

	c = table_cell(&b->words, b, t->word, &t->key, t->lang, &fresh);
	if (fresh)
		c->entry = entry_of(b, stems_keyed(b->stems, t->word, &t->key, t->lang));
	c->came += t->fate == COMES ? 1 : t->fate == GOES ? -1 : 0;
	t->entry = c->entry;
	if (t->entry != NONE)
		__builtin_prefetch(&b->entries[t->entry]);
}

static void find_row(struct builder *b, const struct token *t)
{
	if (t->entry != NONE && b->entries[t->entry].at)
		__builtin_prefetch(b->entries[t->entry].at, 1);
}

static void take_token(struct builder *b, const struct token *t)
{
	struct entry *x;
	uint32_t gap = 0;
	bool first;

	if (t->entry == NONE || t->fate == GOES)
		return;
	x = &b->entries[t->entry];
	if (!x->at || x->at > x->end)
		more_room(b, x);
	first = x->document != b->document;
	if (first)
		x->position = 0;
	if (t->running) {
		gap = t->position - x->position;
		x->position = t->position;
	}
	x->at = put(x->at, (uint64_t)gap << 3 | (t->running ? 0 : 4) | (t->weight == 1 ? 0 : 2) | first);
	if (first) {
		x->at = put(x->at, b->document - x->document);
		x->document = b->document;
	}
	if (t->weight != 1)
		x->at = put(x->at, t->weight);
	b->length += t->weight;
}

/* One step of the ring: each stage that has more than its STEP words, or any at the end, takes one on. */
static void move(struct builder *b, size_t step)
{
	if (b->came - b->found > step)
		find_entry(b, &b->ring[b->found++ % RING]);
	if (b->found - b->near > step)
		find_row(b, &b->ring[b->near++ % RING]);
	if (b->near - b->went > step)
		take_token(b, &b->ring[b->went++ % RING]);
}

void builder_word(struct builder *b, struct stems *s, struct str word, unsigned lang, unsigned weight, bool running, enum fate fate)
{
	struct token *t = &b->ring[b->came % RING];

	t->word = word;
	t->lang = lang;
	t->weight = weight;
	t->position = b->position;
	t->running = running;
	t->fate = (unsigned char)fate;
	word_key(&t->key, word, lang);
	b->position += running;
	b->came++;
	b->stems = s;
	if (b->words.cap)
		__builtin_prefetch(&b->words.cells[t->key.hash & (b->words.cap - 1)]);
	stems_soon(s, &t->key);
	move(b, STEP);
}

uint32_t builder_end(struct builder *b)
{
	while (b->went < b->came)
		move(b, 0);
	return b->length;
}

void builder_forms(const struct builder *b, struct forms *f)
{
	struct buf form = BUF_INIT;
	size_t i;

	for (i = 0; i < b->words.cap; i++) {
		const struct cell *c = &b->words.cells[i];

		if (!c->n || c->entry == NONE || !c->came)
			continue;
		buf_clear(&form);
		text_surface(&form, cell_word(c));
		forms_add(f, buf_str(&form), b->entries[c->entry].term, c->came);
	}
	buf_free(&form);
}

/* ---- writing ---- */

struct reader {				/* of one term of one builder */
	const struct piece *piece;
	const unsigned char *p, *end, *last;	/* last: where the tail ends */
	uint32_t document;		/* of the posting read last, + 1 */
	uint32_t weight;
	struct buf positions;
	uint32_t head;			/* the first word of the posting to come, already read: its kind and gap */
	bool more;			/* there is one to come */
};

static uint32_t get(struct reader *r)
{
	uint32_t v = 0;
	unsigned shift = 0;

	if (r->p == r->end) {
		r->piece = r->piece->next;
		r->p = r->piece->bytes;
		r->end = r->piece->next ? r->p + r->piece->n : r->last;
	}
	for (; *r->p & 0x80; shift += 7)
		v |= (uint32_t)(*r->p++ & 0x7f) << shift;
	return v | (uint32_t)*r->p++ << shift;
}

static bool at_end(const struct reader *r)
{
	return r->p == r->end && !r->piece->next;
}

/* The next posting: document, weight, positions; false: none. */
static bool posting_next(struct reader *r)
{
	uint32_t v = r->head, position = 0;

	if (!r->more)
		return false;
	r->weight = 0;
	buf_clear(&r->positions);
	r->document += get(r);
	for (;;) {
		r->weight += v & 2 ? get(r) : 1;
		if (!(v & 4)) {
			position += v >> 3;
			buf_add(&r->positions, &position, sizeof position);
		}
		if (at_end(r)) {
			r->more = false;
			return true;
		}
		v = get(r);
		if (v & 1) {
			r->head = v;
			return true;
		}
	}
}

static void reader_open(struct reader *r, const struct entry *x)
{
	r->piece = x->head;
	r->p = r->piece->bytes;
	r->last = x->at;
	r->end = r->piece->next ? r->p + r->piece->n : r->last;
	r->document = 0;
	r->head = get(r);
	r->more = true;
}

static int by_term(const void *x, const void *y, void *ctx)
{
	const struct entry *entries = ctx;

	return str_cmp(entries[((const struct ordered *)x)->i].term, entries[((const struct ordered *)y)->i].term);
}

/* A builder's terms in order. */
struct sorted { struct ordered *v; size_t i, n; struct reader r; bool on; };

static const struct entry *term_at(const struct builder *b, const struct sorted *s)
{
	return &b->entries[s->v[s->i].i];
}

void builder_write(struct builder *const *b, size_t n, struct segment_out *o, const uint32_t *places)
{
	struct sorted *in = xmalloc((n + 1) * sizeof *in);
	struct str term;
	size_t i, k;

	for (k = 0; k < n; k++) {
		in[k].v = xmalloc((b[k]->n + 1) * sizeof *in[k].v);
		in[k].i = in[k].n = 0;
		in[k].r.positions = (struct buf)BUF_INIT;
		for (i = 0; i < b[k]->n; i++)
			if (b[k]->entries[i].head)	/* not only of what went */
				in[k].v[in[k].n++] = (struct ordered){ order_head(b[k]->entries[i].term), i };
		order(in[k].v, in[k].n, by_term, b[k]->entries);
	}
	for (;;) {
		size_t first = n;

		for (k = 0; k < n; k++)
			if (in[k].i < in[k].n && (first == n || str_cmp(term_at(b[k], &in[k])->term, term_at(b[first], &in[first])->term) < 0))
				first = k;
		if (first == n)
			break;
		term = term_at(b[first], &in[first])->term;
		segment_term(o, term);
		for (k = 0; k < n; k++) {
			in[k].on = in[k].i < in[k].n && str_eq(term_at(b[k], &in[k])->term, term);
			if (in[k].on) {
				reader_open(&in[k].r, term_at(b[k], &in[k]));
				in[k].i++;
				in[k].on = posting_next(&in[k].r);
			}
		}
		for (;;) {
			for (k = 0, first = n; k < n; k++)
				if (in[k].on && (first == n || in[k].r.document < in[first].r.document))
					first = k;
			if (first == n)
				break;
			segment_posting(o, places[in[first].r.document - 1], in[first].r.weight,
			    (const uint32_t *)(const void *)in[first].r.positions.p, in[first].r.positions.n / sizeof(uint32_t));
			in[first].on = posting_next(&in[first].r);
		}
	}
	for (k = 0; k < n; k++) {
		free(in[k].v);
		buf_free(&in[k].r.positions);
	}
	free(in);
}
