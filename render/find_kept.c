/* render/find_kept.c: what the index of one build leaves for that of the next, and how the next changes it where documents
 * changed. A log (kept_log.h) with the pieces
 *
 *	"d" and a name	the words of a document: for each its stemmer and its length, a byte each, its bytes, varint weight
 *	"f" and a form	the forms from this one up to the next at which a block must begin: for each, by form, stem, English
 *		stem: these, as strings, and the count of words, u32
 *	"h"	documents, u32; sum of their lengths, u64; for each in order of number: name; for each kind of blocks: count; for
 *		each: first string, hash, which of those; for each file of documents: a hash of what is shown of them
 *
 * Posting lists are read from the files of the index themselves, which must be as they were left. A document that changed is
 * taken out of its lists and put in again; when numbers of others moved, all lists are read and renumbered. The average length
 * stands in every impact: when it is another, rounded, the index is made anew. */
#include "render/find_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/gate/sodium.h"
#include "kb/index/pack.h"
#include "kb/text/stem.h"

enum { SHOWN = 16 };			/* bytes of a hash */

struct find_log {
	struct kept_log log;
	struct arena a;
	uint32_t n, average;
	uint64_t total;
	struct str *names;		/* by number */
	struct find_blocks blocks[FIND_KINDS];
	struct str shown;		/* hashes of the files of documents */
	struct buf pieces;		/* to be put, name and piece one behind the other: a string, a string */
	struct str *dropped;		/* names of pieces */
	size_t ndropped, cap;
};

static struct str name_of(struct buf *b, char sort, struct str name)
{
	buf_clear(b);
	buf_putc(b, sort);
	buf_str_add(b, name);
	return buf_str(b);
}

/* ---- loading ---- */

static bool parse_blocks(struct find_blocks *to, struct arena *a, struct str *s)
{
	uint32_t n, i;

	if (!kept_take_u32(&n, s) || n > s->n / 12)
		return false;
	to->v = arena_array(a, n, sizeof *to->v);
	to->n = to->cap = n;
	for (i = 0; i < n; i++)
		if (!kept_take_str(&to->v[i].first, s) || !kept_take_u32(&to->v[i].name, s) || !kept_take_u32(&to->v[i].twin, s))
			return false;
	return true;
}

static bool parse_head(struct find_log *l, struct str s)
{
	uint32_t i;

	if (!kept_take_u32(&l->n, &s) || !l->n || !kept_take_u64(&l->total, &s) || l->n > s.n / 4)
		return false;
	l->average = find_coarse((uint32_t)(l->total / l->n));
	l->names = arena_array(&l->a, l->n, sizeof *l->names);
	for (i = 0; i < l->n; i++)
		if (!kept_take_str(&l->names[i], &s))
			return false;
	for (i = 0; i < FIND_KINDS; i++)
		if (!parse_blocks(&l->blocks[i], &l->a, &s))
			return false;
	l->shown = s;
	return s.n == (l->n + FIND_DOCS - 1) / FIND_DOCS * SHOWN;
}

bool find_load(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp)
{
	struct find_log *l = xmalloc(sizeof *l);
	struct str head;

	*l = (struct find_log){ .a = ARENA_INIT };
	f->log = l;
	if (kept_log_open(&l->log, path, key, stamp) && kept_log_get(&head, &l->log, STR("h")) && parse_head(l, head))
		return true;
	find_log_close(f);
	return false;
}

void find_log_close(struct find *f)
{
	if (!f->log)
		return;
	kept_log_close(&f->log->log);
	buf_free(&f->log->pieces);
	arena_free(&f->log->a);
	free(f->log);
	f->log = NULL;
}

bool find_keep(struct find *f, const struct entry *e)
{
	struct find_spot *spot = &f->spots[f->number[e - f->copy->all]];
	struct buf b = BUF_INIT;

	spot->kept = f->log && kept_log_has(&f->log->log, name_of(&b, 'd', e->name));
	buf_free(&b);
	return spot->kept;
}

/* ---- words of a document ---- */

static void words_make(struct buf *b, const struct find *f, size_t k)
{
	const struct strings *words = &f->all.words;
	struct str posts = find_posts(f, k), word;
	uint64_t number, weight;

	while (varint_get(&number, &posts) && varint_get(&weight, &posts)) {
		word = strings_at(words, number);
		buf_putc(b, (char)words->v[number].tag);
		buf_putc(b, (char)word.n);
		buf_str_add(b, word);
		varint_put(b, weight);
	}
}

struct word_in {
	struct str word;
	unsigned tag;
	uint32_t weight;
};

static bool word_take(struct word_in *w, struct str *s)
{
	struct str head;
	uint64_t weight;

	if (!kept_take(&head, s, 2) || !kept_take(&w->word, s, (unsigned char)head.p[1]) || !varint_get(&weight, s))
		return false;
	w->tag = (unsigned char)head.p[0];
	w->weight = (uint32_t)weight;
	return w->tag < stems_count();
}

/* The words of document k that is not made, of the log. */
static bool kept_record(struct str *record, const struct find *f, struct buf *scratch, struct str name)
{
	return kept_log_get(record, &f->log->log, name_of(scratch, 'd', name));
}

bool find_restore(struct find *f)
{
	struct buf b = BUF_INIT;
	struct str record;
	struct word_in w;
	bool whole = true;
	size_t k;

	for (k = 0; whole && k < f->n; k++)	/* all or none */
		if (f->spots[k].kept && (whole = kept_record(&record, f, &b, f->docs[k]->name)))
			while (whole && record.n)
				whole = word_take(&w, &record);
	for (k = 0; whole && k < f->n; k++) {
		struct find_part *p = &f->parts[0];

		if (!f->spots[k].kept || !kept_record(&record, f, &b, f->docs[k]->name))
			continue;
		f->spots[k] = (struct find_spot){ .part = 0, .at = p->posts.n, .made = true };
		while (word_take(&w, &record)) {
			varint_put(&p->posts, find_word_put(&f->all, p, w.word, w.tag));
			varint_put(&p->posts, w.weight);
		}
		f->spots[k].n = p->posts.n - f->spots[k].at;
	}
	buf_free(&b);
	return whole;
}

/* ---- patching ---- */

struct weigh {				/* a stem in a document */
	uint32_t term, weight;
};
struct side {				/* a document as it was or is */
	uint32_t doc;
	bool there;
	uint32_t length;
	struct weigh *v;		/* by number of the stem */
	size_t n;
};
struct patch {
	struct find *f;
	struct find_log *log;
	find_read_fn *read;
	void *ctx;
	struct arena a;
	struct find_words words;	/* those of all sides */
	struct side (*sides)[2];	/* of each document that changed: was, is */
	size_t nsides;
	uint32_t *to;			/* of old numbers, the new ones; UINT32_MAX: gone, or taken out and put in again */
	bool moved;			/* some stay and have another number */
	struct find_edit *edits;
	size_t nedits, edits_cap;
	struct find_count *counts;
	size_t ncounts, counts_cap;
};

static int by_term(const void *pa, const void *pb)
{
	const struct weigh *a = pa, *b = pb;

	return (a->term > b->term) - (a->term < b->term);
}

/* Into a side, and into the counts: as many more of each as `by`. */
static bool read_side(struct patch *p, struct side *to, struct str record, uint32_t doc, int by)
{
	size_t cap = 0, i, n;
	struct word_in w;

	*to = (struct side){ .doc = doc, .there = true };
	while (record.n) {
		const struct find_word *of;

		if (!word_take(&w, &record))
			return false;
		i = find_word_put(&p->words, &p->f->parts[0], w.word, w.tag);
		of = &p->words.of[i];	/* they move while there come more */
		if (!p->words.strings.v[of->form].n || !p->words.strings.v[of->term].n)
			continue;
		if (to->n == cap)
			to->v = arena_grow(&p->a, to->v, &cap, sizeof *to->v);
		to->v[to->n++] = (struct weigh){ of->term, w.weight };
		to->length += w.weight;
		if (p->ncounts == p->counts_cap)
			p->counts = arena_grow(&p->a, p->counts, &p->counts_cap, sizeof *p->counts);
		/* numbers for now: strings move while there come more */
		p->counts[p->ncounts++] = (struct find_count){ { NULL, of->form }, { NULL, of->term }, { NULL, of->english }, by };
	}
	to->length += !to->length;
	if (to->n)
		qsort(to->v, to->n, sizeof *to->v, by_term);
	for (n = i = 0; i < to->n; i++)
		if (n && to->v[n - 1].term == to->v[i].term)
			to->v[n - 1].weight += to->v[i].weight;
		else
			to->v[n++] = to->v[i];
	to->n = n;
	return true;
}

/* Which documents stay, and under which numbers. false: their order is another. */
static bool compare_orders(struct patch *p)
{
	const struct find *f = p->f;
	uint32_t i, last = 0, number;
	bool first = true;

	p->to = arena_array(&p->a, p->log->n, sizeof *p->to);
	for (i = 0; i < p->log->n; i++) {
		const struct entry *e = copy_find(f->copy, p->log->names[i]);

		p->to[i] = UINT32_MAX;
		if (!e)
			continue;
		number = f->number[e - f->copy->all];
		if (!f->spots[number].kept)
			continue;
		p->to[i] = number;
		if (!first && number <= last)
			return false;
		p->moved |= number != i;
		last = number;
		first = false;
	}
	return true;
}

/* Read what the documents that changed were and are. */
static bool read_sides(struct patch *p)
{
	struct find *f = p->f;
	uint32_t *was = arena_array(&p->a, f->n, sizeof *was), i, k;
	struct buf record = BUF_INIT, scratch = BUF_INIT;
	struct str old, name;
	size_t changed = 0;
	bool ok = true;

	for (i = 0; i < p->log->n; i++)
		changed += p->to[i] == UINT32_MAX;
	for (k = 0; k < f->n; k++) {
		was[k] = UINT32_MAX;
		changed += f->spots[k].made;
	}
	p->sides = arena_array(&p->a, changed, sizeof *p->sides);
	for (i = 0; ok && i < p->log->n; i++) {
		const struct entry *e = copy_find(f->copy, p->log->names[i]);

		if (p->to[i] != UINT32_MAX)
			continue;
		if (e) {
			was[f->number[e - f->copy->all]] = i;
			continue;
		}
		if ((ok = kept_record(&old, f, &scratch, p->log->names[i]) && read_side(p, &p->sides[p->nsides++][0], old, i, -1))) {
			if (p->log->ndropped == p->log->cap)
				p->log->dropped = arena_grow(&p->log->a, p->log->dropped, &p->log->cap, sizeof *p->log->dropped);
			p->log->dropped[p->log->ndropped++] = arena_str(&p->log->a, name_of(&scratch, 'd', p->log->names[i]));
		}
	}
	for (k = 0; ok && k < f->n; k++) {
		struct side *side;

		if (!f->spots[k].made)
			continue;
		buf_clear(&record);
		words_make(&record, f, k);
		if (was[k] != UINT32_MAX && !kept_record(&old, f, &scratch, f->docs[k]->name)) {
			ok = false;
			break;
		}
		if (was[k] == k && !p->moved && str_eq(old, buf_str(&record)))
			continue;
		side = p->sides[p->nsides++];
		ok = (was[k] == UINT32_MAX || read_side(p, &side[0], old, was[k], -1)) &&
		    read_side(p, &side[1], buf_str(&record), k, 1);
		name = name_of(&scratch, 'd', f->docs[k]->name);
		kept_put_str(&p->log->pieces, name);
		kept_put_str(&p->log->pieces, buf_str(&record));
	}
	buf_free(&record);
	buf_free(&scratch);
	return ok;
}

static void edit(struct patch *p, uint32_t term, uint32_t doc, uint32_t impact)
{
	if (p->nedits == p->edits_cap)
		p->edits = arena_grow(&p->a, p->edits, &p->edits_cap, sizeof *p->edits);
	p->edits[p->nedits++] = (struct find_edit){ strings_at(&p->words.strings, term), doc, impact };
}

static void compare_sides(struct patch *p, const struct side *was, const struct side *is)
{
	uint32_t average = p->log->average, a, b;
	size_t i = 0, k = 0;

	while (i < was->n || k < is->n) {
		int d = i == was->n ? 1 : k == is->n ? -1 : by_term(&was->v[i], &is->v[k]);

		a = d <= 0 ? find_impact(was->v[i].weight, was->length, average) : 0;
		b = d >= 0 ? find_impact(is->v[k].weight, is->length, average) : 0;
		if (p->moved || a != b || was->doc != is->doc) {
			if (a)
				edit(p, was->v[i].term, was->doc, 0);
			if (b)
				edit(p, is->v[k].term, is->doc, b);
		}
		i += d <= 0;
		k += d >= 0;
	}
}

static int by_edit(const void *pa, const void *pb)
{
	const struct find_edit *a = pa, *b = pb;
	int d = str_cmp(a->term, b->term);

	if (d || !a->impact != !b->impact)
		return d ? d : a->impact ? 1 : -1;
	return (a->doc > b->doc) - (a->doc < b->doc);
}

static int by_count(const void *pa, const void *pb)
{
	const struct find_count *a = pa, *b = pb;
	int d = str_cmp(a->form, b->form);

	d = d ? d : str_cmp(a->term, b->term);
	return d ? d : str_cmp(a->english, b->english);
}

/* Add up alike ones, those that come to nothing go. false: a count is below nothing. */
static bool sum_counts(struct find_count *v, size_t *n, bool differences)
{
	size_t i, got = 0;

	for (i = 0; i < *n; i++)
		if (got && !by_count(&v[got - 1], &v[i]))
			v[got - 1].n += v[i].n;
		else if (!got || v[got - 1].n)
			v[got++] = v[i];
		else
			v[got - 1] = v[i];
	if (got && !v[got - 1].n)
		got--;
	*n = got;
	for (i = 0; !differences && i < got; i++)
		if (v[i].n < 0)
			return false;
	return true;
}

static bool make_edits(struct patch *p)
{
	const struct strings *s = &p->words.strings;
	size_t i;

	for (i = 0; i < p->nsides; i++)
		compare_sides(p, &p->sides[i][0], &p->sides[i][1]);
	if (p->nedits)
		qsort(p->edits, p->nedits, sizeof *p->edits, by_edit);
	for (i = 0; i < p->ncounts; i++) {
		struct find_count *c = &p->counts[i];

		*c = (struct find_count){ strings_at(s, c->form.n), strings_at(s, c->term.n), strings_at(s, c->english.n), c->n };
	}
	if (p->ncounts)
		qsort(p->counts, p->ncounts, sizeof *p->counts, by_count);
	return sum_counts(p->counts, &p->ncounts, true);
}

/* One list: what it was, renumbered, without those that are taken out, with those that are put in. */
static bool patch_list(struct buf *out, const struct patch *p, struct str tail, const struct find_edit *e, size_t n)
{
	uint32_t *posts = xmalloc((tail.n / 2 + n + 1) * sizeof *posts), doc = 0, gap, q;
	size_t got = 0, i = 0, out_n, at, put;
	const char *digit;
	bool ok = true;

	if (tail.n)
		tail = str_sub(tail, 1, tail.n);	/* the "!" */
	for (; ok && tail.n; doc++) {
		ok = find_take_number(&gap, &tail) && tail.n && (digit = memchr(find_digits, tail.p[0], sizeof find_digits)) &&
		    (doc += gap) < p->log->n;
		if (!ok)
			break;
		q = (uint32_t)(digit - find_digits);
		tail = str_sub(tail, 1, tail.n);
		while (i < n && !e[i].impact && e[i].doc < doc)
			i++;
		if (i < n && !e[i].impact && e[i].doc == doc)
			continue;
		if ((ok = !p->moved || p->to[doc] != UINT32_MAX))
			posts[got++] = (p->moved ? p->to[doc] : doc) << 8 | q;
	}
	for (put = n; put > 0 && e[put - 1].impact; put--)
		;
	/* from the end, so that each is moved once */
	for (at = got, i = n, out_n = got + n - put; i > put; out_n--)
		if (at && posts[at - 1] >> 8 > e[i - 1].doc) {
			posts[out_n - 1] = posts[at - 1];
			at--;
		} else {
			ok &= !at || posts[at - 1] >> 8 != e[i - 1].doc;
			posts[out_n - 1] = e[i - 1].doc << 8 | e[i - 1].impact;
			i--;
		}
	got += n - put;
	buf_clear(out);
	if (ok && got)
		find_list_tail(out, posts, got);
	free(posts);
	return ok;
}

/* The text of a block as it was. */
static bool read_block(struct str *text, struct buf *b, const struct patch *p, unsigned kind, const struct find_block *block)
{
	char name[32];
	size_t n = (size_t)snprintf(name, sizeof name, "find-%c/%08x.js", "tp"[kind], (unsigned)block->name), head = n - 3 + 6, tail = 3;

	buf_clear(b);
	if (!p->read(p->ctx, b, (struct str){ name, n }) || b->n < head + tail)
		return false;
	*text = str_sub(buf_str(b), head, b->n - tail);
	return true;
}

static size_t end_of_term(const struct find_edit *e, size_t i, size_t n)
{
	size_t end = i;

	while (end < n && str_eq(e[end].term, e[i].term))
		end++;
	return end;
}

/* Blocks of lists, and the edits that belong there. */
static bool merge_lists(struct patch *p, struct find_encoder *to, const struct find_block *v, size_t n, size_t i, size_t end)
{
	struct buf b = BUF_INIT, tail = BUF_INIT;
	struct find_decoder d = { .rest = STR_NONE };
	const struct find_edit *e = p->edits;
	struct str was, s;
	bool ok = true;
	size_t k, next;

	for (k = 0; ok && k < n; k++) {
		buf_clear(&d.string);
		ok = read_block(&d.rest, &b, p, FIND_BY_TERM, &v[k]);
		while (ok && d.rest.n && (ok = find_take(&was, &d))) {
			int c = 1;

			for (s = buf_str(&d.string); ok && i < end && (c = str_cmp(e[i].term, s)) < 0; i = next) {
				next = end_of_term(e, i, end);
				if ((ok = patch_list(&tail, p, STR_NONE, e + i, next - i)) && tail.n)
					find_item(to, e[i].term, buf_str(&tail));
			}
			next = i < end && !c ? end_of_term(e, i, end) : i;
			if (next == i && !p->moved)
				find_item(to, s, was);
			else if (ok && (ok = patch_list(&tail, p, was, e + i, next - i)) && tail.n)
				find_item(to, s, buf_str(&tail));
			i = next;
		}
	}
	for (; ok && i < end; i = next) {
		next = end_of_term(e, i, end);
		if ((ok = patch_list(&tail, p, STR_NONE, e + i, next - i)) && tail.n)
			find_item(to, e[i].term, buf_str(&tail));
	}
	buf_free(&d.string);
	buf_free(&b);
	buf_free(&tail);
	return ok;
}

/* Append pieces of counts, each up to the next form at which a block must begin. */
static void stretches(struct buf *pieces, const struct find_count *v, size_t n)
{
	struct buf piece = BUF_INIT, name = BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		kept_put_str(&piece, v[i].form);
		kept_put_str(&piece, v[i].term);
		kept_put_str(&piece, v[i].english);
		kept_put_u32(&piece, (size_t)v[i].n);
		if (!name.n)
			name_of(&name, 'f', v[i].form);
		if (i + 1 == n || (!str_eq(v[i].form, v[i + 1].form) && find_cuts(v[i + 1].form, FIND_BY_FORM))) {
			kept_put_str(pieces, buf_str(&name));
			kept_put_str(pieces, buf_str(&piece));
			buf_clear(&piece);
			buf_clear(&name);
		}
	}
	buf_free(&piece);
	buf_free(&name);
}

/* The same of forms, from the counts that were kept. */
static bool merge_forms(struct patch *p, struct find_encoder *to, const struct find_block *v, size_t n, size_t i, size_t end)
{
	struct find_log *l = p->log;
	struct find_count *all = NULL;
	size_t got = 0, cap = 0, k, old;
	struct buf name = BUF_INIT;
	struct str piece;
	bool ok = true;

	for (k = 0; ok && k < n; k++) {
		if (k && !find_cuts(v[k].first, FIND_BY_FORM))
			continue;
		if (!(ok = kept_log_get(&piece, &l->log, name_of(&name, 'f', v[k].first))))
			break;
		if (l->ndropped == l->cap)
			l->dropped = arena_grow(&l->a, l->dropped, &l->cap, sizeof *l->dropped);
		l->dropped[l->ndropped++] = arena_str(&l->a, buf_str(&name));
		while (ok && piece.n) {
			struct find_count c;
			uint32_t count = 0;

			ok = kept_take_str(&c.form, &piece) && kept_take_str(&c.term, &piece) && kept_take_str(&c.english, &piece) &&
			    kept_take_u32(&count, &piece);
			c.n = count;
			if (got == cap)
				all = arena_grow(&p->a, all, &cap, sizeof *all);
			all[got++] = c;
		}
	}
	for (old = got; ok && i < end; i++) {
		if (got == cap)
			all = arena_grow(&p->a, all, &cap, sizeof *all);
		all[got++] = p->counts[i];
	}
	if (ok && got > old)
		qsort(all, got, sizeof *all, by_count);
	if (ok && (ok = sum_counts(all, &got, false))) {
		find_encode_forms(to, all, got);
		stretches(&l->pieces, all, got);
	}
	buf_free(&name);
	return ok;
}

static struct str edited(const struct patch *p, unsigned kind, size_t i)
{
	return kind == FIND_BY_FORM ? p->counts[i].form : p->edits[i].term;
}

/* Which stretch of blocks a string belongs to: the last that begins not behind it, or the first. */
static size_t stretch_of(const struct find_block *v, const size_t *at, size_t n, struct str s)
{
	size_t from = 0, to = n, mid;

	while (to - from > 1) {
		mid = from + (to - from) / 2;
		if (str_cmp(v[at[mid]].first, s) <= 0)
			from = mid;
		else
			to = mid;
	}
	return from;
}

/* Blocks of a kind: those of stretches where something changed are made anew, the others stay. */
static bool patch_blocks(struct patch *p, unsigned kind)
{
	const struct find_blocks *was = &p->log->blocks[kind];
	struct find_encoder to = { .to = &p->f->blocks[kind], .a = &p->f->a, .kind = kind };
	size_t *at = arena_array(&p->a, was->n + 1, sizeof *at), n = 0, i, k, end, next, edits;
	bool *touched = arena_array(&p->a, was->n + 1, sizeof *touched), ok = was->n > 0;

	edits = kind == FIND_BY_FORM ? p->ncounts : p->nedits;
	for (i = 0; i < was->n; i++)
		if (i == 0 || find_cuts(was->v[i].first, kind))
			at[n++] = i;
	at[n] = was->n;
	for (i = 0; ok && i < n; i++)
		touched[i] = kind == FIND_BY_TERM && p->moved;
	for (i = 0; ok && i < edits; i++) {
		k = stretch_of(was->v, at, n, edited(p, kind, i));
		touched[k] = true;
		if (k && str_eq(was->v[at[k]].first, edited(p, kind, i)))
			touched[k - 1] = true;	/* it may go, and then they are one */
	}
	for (i = next = 0; ok && i < n; i = end) {
		end = i + 1;
		if (!touched[i]) {
			for (k = at[i]; k < at[end]; k++) {
				struct find_blocks *b = to.to;

				if (b->n == b->cap)
					b->v = arena_grow(&p->f->a, b->v, &b->cap, sizeof *b->v);
				b->v[b->n++] = (struct find_block){ .first = arena_str(&p->f->a, was->v[k].first), .name = was->v[k].name };
			}
			continue;
		}
		while (end < n && touched[end])
			end++;
		for (k = next; k < edits && (end == n || str_cmp(edited(p, kind, k), was->v[at[end]].first) < 0); k++)
			;
		ok = (kind == FIND_BY_FORM ? merge_forms : merge_lists)(p, &to, was->v + at[i], at[end] - at[i], next, k);
		next = k;
	}
	find_items_end(&to);
	return ok && next == edits && to.to->n && !find_twins(to.to);
}

/* What is shown of the documents of each file: hashes, in buf. */
static void shown(struct buf *b, const struct find *f)
{
	struct buf one = BUF_INIT;
	unsigned char out[SHOWN], hash[SHOWN];
	const struct copy *c = f->copy;
	size_t i;

	for (i = 0; i < c->nall; i++)
		if (!c->all[i].in) {	/* their names are taken out of texts */
			buf_str_add(&one, c->all[i].name);
			buf_putc(&one, ' ');
		}
	blake2b_of(out, buf_str(&one));
	for (i = 0; i < f->n; i++) {
		if (i % FIND_DOCS == 0) {
			buf_clear(&one);
			buf_add(&one, out, sizeof out);
		}
		buf_add(&one, f->docs[i]->face, sizeof f->docs[i]->face);
		if (i % FIND_DOCS == FIND_DOCS - 1 || i + 1 == f->n) {
			blake2b_of(hash, buf_str(&one));
			buf_add(b, hash, sizeof hash);
		}
	}
	buf_free(&one);
}

bool find_patch(struct find *f, find_read_fn *read, void *ctx)
{
	struct patch p = { .f = f, .log = f->log, .read = read, .ctx = ctx, .a = ARENA_INIT };
	struct buf b = BUF_INIT;
	bool ok = f->log && f->n;
	size_t i;

	if (ok)
		ok = !find_twins(&f->log->blocks[0]) && !find_twins(&f->log->blocks[1]) && compare_orders(&p) && read_sides(&p);
	if (ok) {
		f->total = f->log->total;
		for (i = 0; i < p.nsides; i++)
			f->total += (uint64_t)p.sides[i][1].length - p.sides[i][0].length;
		f->average = find_coarse((uint32_t)(f->total / f->n));
		ok = f->average == f->log->average && make_edits(&p) && patch_blocks(&p, FIND_BY_FORM) && patch_blocks(&p, FIND_BY_TERM);
	}
	if (ok) {
		shown(&b, f);
		f->docs_stay = arena_array(&f->a, b.n / SHOWN, sizeof *f->docs_stay);
		f->facets_stay = str_eq(buf_str(&b), f->log->shown);
		for (i = 0; (i + 1) * SHOWN <= b.n; i++)
			f->docs_stay[i] = (i + 1) * SHOWN <= f->log->shown.n && !memcmp(b.p + i * SHOWN, f->log->shown.p + i * SHOWN, SHOWN);
		f->patched = true;
		if (!f->facets_stay)
			find_facets(f);
	} else {
		f->total = 0;
		for (i = 0; i < FIND_KINDS; i++) {
			buf_clear(&f->blocks[i].bytes);
			f->blocks[i].n = 0;
		}
	}
	strings_free(&p.words.words);
	strings_free(&p.words.strings);
	free(p.words.of);
	buf_free(&b);
	arena_free(&p.a);
	return ok;
}

/* ---- writing ---- */

static void head(struct buf *b, const struct find *f)
{
	size_t i, kind;

	kept_put_u32(b, f->n);
	kept_put_u64(b, f->total);
	for (i = 0; i < f->n; i++)
		kept_put_str(b, f->docs[i]->name);
	for (kind = 0; kind < FIND_KINDS; kind++) {
		kept_put_u32(b, f->blocks[kind].n);
		for (i = 0; i < f->blocks[kind].n; i++) {
			kept_put_str(b, f->blocks[kind].v[i].first);
			kept_put_u32(b, f->blocks[kind].v[i].name);
			kept_put_u32(b, f->blocks[kind].v[i].twin);
		}
	}
	shown(b, f);
}

static void put_pieces(struct kept_log_out *o, struct str s)
{
	struct str name, piece;

	while (kept_take_str(&name, &s) && kept_take_str(&piece, &s))
		kept_log_put(o, name, piece);
}

enum rc find_save(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp, struct err *e)
{
	struct buf b = BUF_INIT, name = BUF_INIT;
	struct kept_log_out *o = NULL;
	struct find_count *counts = NULL;
	size_t i, n, cap = 0;
	enum rc rc;

	if ((rc = kept_log_begin(&o, path, key, f->patched ? &f->log->log : NULL, e)))
		return rc;
	if (f->patched) {
		put_pieces(o, buf_str(&f->log->pieces));
		for (i = 0; i < f->log->ndropped; i++)
			kept_log_drop(o, f->log->dropped[i]);
	} else {
		for (i = 0; i < f->n; i++) {
			buf_clear(&b);
			words_make(&b, f, i);
			kept_log_put(o, name_of(&name, 'd', f->docs[i]->name), buf_str(&b));
		}
		for (i = 0; i < f->nused;) {
			i = find_stretch(&counts, &n, &cap, f, i);
			buf_clear(&b);
			stretches(&b, counts, n);
			put_pieces(o, buf_str(&b));
		}
		free(counts);
	}
	buf_clear(&b);
	head(&b, f);
	kept_log_put(o, STR("h"), buf_str(&b));
	rc = kept_log_end(o, stamp, e);
	buf_free(&b);
	buf_free(&name);
	return rc;
}
