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
 * About two bytes a word, read once when the segment is written. */
#include "kb/index/build.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/record.h"

enum { PIECE_FIRST = 32, PIECE_MAX = 1 << 13, WORD_BYTES = 4 * 5 };	/* WORD_BYTES: the most that one word writes */

struct piece {
	struct piece *next;
	uint32_t n;			/* bytes written, once it is full */
	unsigned char bytes[];
};
struct entry {				/* one term */
	struct str term;		/* in the arena */
	struct piece *head, *tail;
	unsigned char *at, *end;	/* free room of the tail; end is WORD_BYTES before its true end */
	uint32_t document, position;	/* of the last word; document: + 1, 0 at first */
};
enum { WORD_NEAR = 18 };
struct cell {				/* 32 bytes, so that a short word costs one look at memory */
	uint32_t hash, entry;		/* entry NONE: nothing is left of the word */
	uint32_t came;			/* how often */
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
	uint32_t hash, lang, weight, position;
	bool running;
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
	if (!b)
		return;
	free(b->entries);
	free(b->words.cells);
	free(b->terms.cells);
	arena_free(&b->a);
	free(b);
}

void builder_document(struct builder *b, uint32_t number)
{
	b->document = number + 1;
	b->position = b->length = 0;
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

static struct str cell_word(const struct cell *c)
{
	struct str far;

	if (c->n != FAR)
		return (struct str){ c->word, c->n };
	memcpy(&far, c->word, sizeof far);
	return far;
}

/* The cell of a word of at least a byte, made when it is new (*fresh): then its entry is the caller's to set. */
static struct cell *table_cell(struct table *t, struct arena *a, struct str word, uint32_t h, unsigned lang, bool *fresh)
{
	struct str far;
	struct cell *c;
	size_t i;

	if (3 * (t->n + 1) > 2 * t->cap)
		table_grow(t);
	for (i = h & (t->cap - 1); t->cells[i].n; i = (i + 1) & (t->cap - 1)) {
		c = &t->cells[i];
		if (c->hash == h && c->lang == lang && str_eq(cell_word(c), word))
			break;
	}
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

static uint32_t entry_of(struct builder *b, struct str term)
{
	struct cell *c;
	bool fresh;

	if (!term.n)
		return NONE;
	term = str_sub(term, 0, WORD_MAX);
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
	p = arena_alloc(&b->a, sizeof *p + n);
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

static void take_token(struct builder *b, const struct token *t)
{
	struct cell *c;
	struct entry *x;
	bool fresh, first;
	uint32_t gap = 0;

	c = table_cell(&b->words, &b->a, t->word, t->hash, t->lang, &fresh);
	if (fresh)
		c->entry = entry_of(b, stems_term(b->stems, t->word, t->lang));
	c->came++;
	if (c->entry == NONE)
		return;
	x = &b->entries[c->entry];
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

/* The table is larger than the processor's caches: most of a token's time would be waiting for its cell. */
void builder_word(struct builder *b, struct stems *s, struct str word, unsigned lang, unsigned weight, bool running)
{
	struct token *t = &b->ahead[b->came % AHEAD];

	if (b->came - b->went == AHEAD)
		take_token(b, &b->ahead[b->went++ % AHEAD]);
	*t = (struct token){ word, hash_of(word, lang), lang, weight, b->position, running };
	b->position += running;
	b->came++;
	b->stems = s;
	if (b->words.cap)
		__builtin_prefetch(&b->words.cells[t->hash & (b->words.cap - 1)]);
}

uint32_t builder_end(struct builder *b)
{
	while (b->went < b->came)
		take_token(b, &b->ahead[b->went++ % AHEAD]);
	return b->length;
}

void builder_forms(const struct builder *b, struct forms *f)
{
	struct buf form = BUF_INIT;
	size_t i;

	for (i = 0; i < b->words.cap; i++) {
		const struct cell *c = &b->words.cells[i];

		if (!c->n || c->entry == NONE)
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

static int by_term(const void *x, const void *y)
{
	const struct entry *a = *(struct entry *const *)x, *b = *(struct entry *const *)y;

	return str_cmp(a->term, b->term);
}

void builder_write(struct builder *const *b, size_t n, struct segment_out *o, const uint32_t *places)
{
	struct { struct entry **v; size_t i, n; struct reader r; bool on; } *in = xmalloc((n + 1) * sizeof *in);
	struct str term;
	size_t i, k;

	for (k = 0; k < n; k++) {
		in[k].v = xmalloc((b[k]->n + 1) * sizeof *in[k].v);
		in[k].i = 0;
		in[k].n = b[k]->n;
		in[k].r.positions = (struct buf)BUF_INIT;
		for (i = 0; i < b[k]->n; i++)
			in[k].v[i] = &b[k]->entries[i];
		if (b[k]->n)
			qsort(in[k].v, b[k]->n, sizeof *in[k].v, by_term);
	}
	for (;;) {
		size_t first = n;

		for (k = 0; k < n; k++)
			if (in[k].i < in[k].n && (first == n || str_cmp(in[k].v[in[k].i]->term, in[first].v[in[first].i]->term) < 0))
				first = k;
		if (first == n)
			break;
		term = in[first].v[in[first].i]->term;
		segment_term(o, term);
		for (k = 0; k < n; k++) {
			in[k].on = in[k].i < in[k].n && str_eq(in[k].v[in[k].i]->term, term);
			if (in[k].on) {
				reader_open(&in[k].r, in[k].v[in[k].i++]);
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
