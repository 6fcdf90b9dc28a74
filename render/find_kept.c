/* render/find_kept.c: what the index of one build leaves for that of the next (find_patch.c): a log (kept_log.h) with the pieces
 *
 *	"w" and a number	FIND_PIECE words of the build that made all anew, those with numbers from that on: for each where it
 *		stands behind these, u32; then for each its stemmer, a byte, and its bytes
 *	"d" and a name	the words of a document, each as find_post_put has it, numbers from 1 on; number 0: a word that was not
 *		there then: behind that its stemmer and its length, a byte each, and its bytes
 *	"f" and a form	the forms from this one up to the next that find_counts_cut: for each, by form, stem, English
 *		stem: its length, a byte, and its bytes; each stem: how many bytes of the form it is, a byte, or 128 and its own
 *		length in one byte and its bytes; the count of words, a varint
 *	"h"	documents, u32; sum of their lengths, u64; words, u32; for each kind of blocks: count; for each: first string, hash,
 *		which of those; for each code that has a name, whether it is a form, a byte, behind their number, u32;
 *		for each file of documents: a hash of what is shown of them
 *	"n"	the names of the documents, in order of number
 *	"o"	their places among all entries of the copy, u32
 *
 * Posting lists are not kept: they stand in the files of the index. */
#include "render/find_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/doc/called.h"
#include "kb/gate/sodium.h"
#include "kb/text/stem.h"

/* ---- pieces ---- */

static struct str name_of(struct buf *b, enum find_sort sort, struct str name)
{
	buf_clear(b);
	buf_putc(b, (char)sort);
	buf_str_add(b, name);
	return buf_str(b);
}

bool find_log_get(struct str *piece, const struct find_log *l, enum find_sort sort, struct str name)
{
	struct buf b = BUF_INIT;
	bool is = kept_log_get(piece, &l->log, name_of(&b, sort, name));

	buf_free(&b);
	return is;
}

void find_log_put(struct find_log *l, enum find_sort sort, struct str name, struct str piece)
{
	struct buf b = BUF_INIT;

	kept_put_str(&l->put, name_of(&b, sort, name));
	kept_put_str(&l->put, piece);
	buf_free(&b);
}

void find_log_drop(struct find_log *l, enum find_sort sort, struct str name)
{
	struct buf b = BUF_INIT;

	kept_put_str(&l->dropped, name_of(&b, sort, name));
	buf_free(&b);
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

	if (!kept_take_u32(&l->n, &s) || !l->n || !kept_take_u64(&l->total, &s) ||
	    !kept_take_u32(&l->nwords, &s) || l->n > l->log.live / 4 || l->nwords > l->log.live)
		return false;
	l->words = arena_array(&l->a, l->nwords / FIND_PIECE + 1, sizeof *l->words);
	if (!(l->average = find_coarse((uint32_t)(l->total / l->n))))
		return false;
	for (i = 0; i < FIND_KINDS; i++)
		if (!parse_blocks(&l->blocks[i], &l->a, &s))
			return false;
	if (!kept_take_str(&l->coded, &s) || l->coded.n != called_ncodes)
		return false;
	l->shown = s;
	return s.n == (l->n + FIND_DOCS - 1) / FIND_DOCS * FIND_SHOWN;
}

static bool parse_names(struct find_log *l, struct str s)
{
	uint32_t i;

	l->names = arena_array(&l->a, l->n, sizeof *l->names);
	for (i = 0; i < l->n; i++)
		if (!kept_take_str(&l->names[i], &s))
			return false;
	return !s.n;
}

/* Of a copy that is near: which documents have which numbers, and whether there is a piece of all. */
static bool order_kept(struct find *f, struct str places)
{
	const struct kept_log *l = &f->log->log;
	bool all = kept_log_lower(l, STR("e")) - kept_log_lower(l, STR("d")) == f->n;	/* FIND_OF_DOCUMENT */
	uint32_t place, i;

	if (f->log->n != f->n || places.n != f->n * sizeof place)
		return false;
	for (i = 0; i < f->n; i++) {
		if (!kept_take_u32(&place, &places) || place >= f->copy->nall)
			return false;
		f->docs[i] = &f->copy->all[place];
		f->number[place] = i;
		f->spots[i].logged = all;
	}
	return all;
}

/* Which documents of the copy there is a piece of. Both are by name. */
static void find_logged(struct find *f)
{
	const struct kept_log *l = &f->log->log;
	const struct copy *c = f->copy;
	size_t i, k = 0;

	for (i = 0; i < c->n; i++) {
		struct str name = STR_NONE;

		for (; k < l->n; k++) {
			name = l->v[k].name;
			if (name.n && name.p[0] >= FIND_OF_DOCUMENT &&
			    (name.p[0] > FIND_OF_DOCUMENT || str_cmp(str_sub(name, 1, name.n), c->v[i]->name) >= 0))
				break;
		}
		f->spots[f->number[c->v[i] - c->all]].logged = k < l->n && name.p[0] == FIND_OF_DOCUMENT &&
		    str_eq(str_sub(name, 1, name.n), c->v[i]->name);
	}
}

bool find_load(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp)
{
	struct find_log *l = xmalloc(sizeof *l);
	struct str head, names, places;

	*l = (struct find_log){ .a = ARENA_INIT };
	f->log = l;
	if (kept_log_open(&l->log, path, key, stamp) && kept_log_get(&head, &l->log, STR("h")) && parse_head(l, head) &&
	    kept_log_get(&names, &l->log, STR("n")) && parse_names(l, names)) {
		if (!f->near)
			find_logged(f);
		if (!f->near || (kept_log_get(&places, &l->log, STR("o")) && order_kept(f, places)))
			return true;
	}
	find_log_close(f);
	return false;
}

void find_log_close(struct find *f)
{
	if (!f->log)
		return;
	kept_log_close(&f->log->log);
	buf_free(&f->log->put);
	buf_free(&f->log->dropped);
	arena_free(&f->log->a);
	free(f->log);
	f->log = NULL;
}

bool find_keep(struct find *f, const struct entry *e)
{
	struct find_spot *spot = &f->spots[f->number[e - f->copy->all]];

	spot->kept = f->log && spot->logged;
	return spot->kept;
}

bool find_keep_all(struct find *f)
{
	bool all = f->log != NULL;
	size_t k;

	for (k = 0; k < f->n && all; k++)
		all = f->spots[k].logged;
	for (k = 0; k < f->n; k++)
		f->spots[k].kept = all;
	return all;
}

void find_unkeep(struct find *f, const struct entry *e)
{
	f->spots[f->number[e - f->copy->all]].kept = false;
}

/* ---- words of a document ---- */

void find_words_put(struct buf *b, const struct find *f, size_t k)
{
	const struct strings *words = &f->words;
	struct str posts = find_posts(f, k), word;
	uint64_t number;
	uint32_t weight;

	while (find_post_take(&number, &weight, &posts)) {
		word = strings_at(words, number - 1);
		find_post_put(b, 0, weight);
		buf_putc(b, (char)strings_tag(words, number - 1));
		buf_putc(b, (char)word.n);
		buf_str_add(b, word);
	}
}

/* Word i of the log, from 0 on. */
static bool logged_word(struct find_weighed *w, struct find_log *l, uint64_t i)
{
	size_t piece = i / FIND_PIECE, n;
	struct str *all, rest;
	uint32_t at, end;
	char name[24];

	if (i >= l->nwords)
		return false;
	all = &l->words[piece];
	snprintf(name, sizeof name, "%zu", piece);
	if (!all->p && !find_log_get(all, l, FIND_OF_WORDS, cstr(name)))
		return false;
	n = l->nwords - piece * FIND_PIECE;
	n = n < FIND_PIECE ? n : FIND_PIECE;
	i %= FIND_PIECE;
	rest = str_sub(*all, i * sizeof at, all->n);
	if (all->n < n * sizeof at || !kept_take_u32(&at, &rest))
		return false;
	end = (uint32_t)(all->n - n * sizeof at);
	if (i + 1 < n && !kept_take_u32(&end, &rest))
		return false;
	rest = str_sub(*all, n * sizeof at, all->n);
	if (at >= end || end > rest.n || end - at > 1 + UINT8_MAX)
		return false;
	w->tag = (unsigned char)rest.p[at];
	w->word = str_sub(rest, at + 1, end);
	return true;
}

bool find_word_take(struct find_weighed *w, struct find_log *l, struct str *s)
{
	struct str head;
	uint64_t number;

	if (!find_post_take(&number, &w->weight, s))
		return false;
	if (number) {
		if (!logged_word(w, l, number - 1))
			return false;
	} else {
		if (!kept_take(&head, s, 2) || !kept_take(&w->word, s, (unsigned char)head.p[1]))
			return false;
		w->tag = (unsigned char)head.p[0];
	}
	w->number = (uint32_t)number;
	return w->tag < stems_count();
}

bool find_restore(struct find *f)
{
	uint32_t *known = xmalloc((f->log->nwords + 1) * sizeof *known);	/* number in f->words, from 1 on, of each word of the log */
	struct find_part *p = &f->parts[0];
	struct find_weighed w;
	struct str record;
	bool whole = true;
	uint32_t i;
	size_t k;

	memset(known, 0, (f->log->nwords + 1) * sizeof *known);
	for (k = 0; whole && k < f->n; k++)	/* all or none */
		if (f->spots[k].kept && (whole = find_log_get(&record, f->log, FIND_OF_DOCUMENT, f->docs[k]->name)))
			while (whole && record.n)
				whole = find_word_take(&w, f->log, &record);
	for (k = 0; whole && k < f->n; k++) {
		if (!f->spots[k].kept || !find_log_get(&record, f->log, FIND_OF_DOCUMENT, f->docs[k]->name))
			continue;
		f->spots[k] = (struct find_spot){ .part = 0, .at = p->posts.n, .made = true };
		for (f->length[k] = 0; find_word_take(&w, f->log, &record); f->length[k] += w.weight) {
			i = w.number && known[w.number] ? known[w.number] - 1 : find_word_put(f, p, w.word, w.tag);
			known[w.number] = i + 1;
			find_post_put(&p->posts, (uint64_t)i + 1, w.weight);
		}
		f->length[k] += !f->length[k];
		f->spots[k].n = p->posts.n - f->spots[k].at;
	}
	free(known);
	return whole;
}

/* ---- counts of forms ---- */

bool find_counts_cut(struct str form)
{
	return (strings_hash(form, 0) & 255) == 0;
}

const struct kept_piece *find_log_forms(size_t *n, const struct find_log *l)
{
	const struct kept_piece *v = l->log.v, *end = v + l->log.n, *from;

	for (; v < end && (!v->name.n || v->name.p[0] < FIND_OF_FORMS); v++)
		;
	for (from = v; v < end && v->name.p[0] == FIND_OF_FORMS; v++)
		;
	*n = (size_t)(v - from);
	return from;
}

struct str find_piece_form(const struct kept_piece *p)
{
	return str_sub(p->name, 1, p->name.n);
}

void find_count_put(struct buf *piece, const struct find_count *c)
{
	buf_putc(piece, (char)c->form.n);
	buf_str_add(piece, c->form);
	find_stem_put(piece, c->form, c->term);
	find_stem_put(piece, c->form, c->english);
	varint_put(piece, (uint64_t)c->n);
}

bool find_count_take(struct find_count *c, struct str *s)
{
	struct str head;
	uint64_t n;

	if (!kept_take(&head, s, 1) || !kept_take(&c->form, s, (unsigned char)head.p[0]) || !find_stem_take(&c->term, c->form, s) ||
	    !find_stem_take(&c->english, c->form, s) || !varint_get(&n, s) || n > UINT32_MAX)
		return false;
	c->n = (int64_t)n;
	return true;
}

/* ---- what is shown ---- */

void find_shown(struct buf *b, const struct find *f)
{
	struct buf one = BUF_INIT;
	unsigned char out[FIND_SHOWN], hash[FIND_SHOWN];
	const struct copy *c = f->copy;
	size_t i;

	if (f->near) {
		buf_str_add(b, f->log->shown);
		return;
	}
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

/* ---- writing ---- */

static void head(struct buf *b, const struct find *f)
{
	size_t i, kind;

	kept_put_u32(b, f->n);
	kept_put_u64(b, f->total);
	kept_put_u32(b, f->patched ? f->log->nwords : f->nwords);
	for (kind = 0; kind < FIND_KINDS; kind++) {
		kept_put_u32(b, f->blocks[kind].n);
		for (i = 0; i < f->blocks[kind].n; i++) {
			kept_put_str(b, f->blocks[kind].v[i].first);
			kept_put_u32(b, f->blocks[kind].v[i].name);
			kept_put_u32(b, f->blocks[kind].v[i].twin);
		}
	}
	kept_put_str(b, (struct str){ (const char *)f->coded, called_ncodes });
	find_shown(b, f);
}

static void put_pieces(struct kept_log_out *o, struct str s)
{
	struct str name, piece;

	while (kept_take_str(&name, &s) && kept_take_str(&piece, &s))
		kept_log_put(o, name, piece);
}

void find_save_begin(struct find *f, const char *path, const unsigned char key[KEPT_KEY])
{
	struct err ignored = ERR_INIT;	/* find_save tries again, and tells */

	if (kept_log_begin(&f->out, path, key, NULL, &ignored))
		f->out = NULL;
}

void find_save_words(struct find *f)
{
	const struct strings *words = &f->words;
	struct buf b = BUF_INIT, name = BUF_INIT;
	char number[24];
	size_t i, from, end, at;

	for (from = 0; from < words->n; from = end) {
		end = from + FIND_PIECE < words->n ? from + FIND_PIECE : words->n;
		buf_clear(&b);
		for (at = 0, i = from; i < end; i++) {
			kept_put_u32(&b, at);
			at += 1 + strings_at(words, i).n;
		}
		for (i = from; i < end; i++) {
			buf_putc(&b, (char)strings_tag(words, i));
			buf_str_add(&b, strings_at(words, i));
		}
		snprintf(number, sizeof number, "%zu", from / FIND_PIECE);
		kept_log_put(f->out, name_of(&name, FIND_OF_WORDS, cstr(number)), buf_str(&b));
	}
	for (i = 0; i < f->n; i++)
		kept_log_put(f->out, name_of(&name, FIND_OF_DOCUMENT, f->docs[i]->name), find_posts(f, i));
	buf_free(&b);
	buf_free(&name);
}

static void counts_end(struct find_counts_out *o, struct find *f)
{
	if (o->piece.n)
		kept_log_put(f->out, buf_str(&o->name), buf_str(&o->piece));
	buf_clear(&o->piece);
}

void find_save_count(struct find_counts_out *o, struct find *f, size_t i)
{
	struct find_count c = find_count_of(f, i);

	if (!i || (f->used[i].form != f->used[i - 1].form && find_counts_cut(c.form))) {
		counts_end(o, f);
		name_of(&o->name, FIND_OF_FORMS, c.form);
	}
	find_count_put(&o->piece, &c);
}

void find_save_counts_end(struct find_counts_out *o, struct find *f)
{
	counts_end(o, f);
	buf_free(&o->piece);
	buf_free(&o->name);
}

/* The log of the build before, with what find_patch found to be changed. */
static enum rc begin_patched(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct err *e)
{
	struct str dropped, s = buf_str(&f->log->dropped);
	enum rc rc = kept_log_begin(&f->out, path, key, &f->log->log, e);

	if (rc)
		return rc;
	put_pieces(f->out, buf_str(&f->log->put));
	while (kept_take_str(&dropped, &s))
		kept_log_drop(f->out, dropped);
	return RC_OK;
}

enum rc find_save(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp, struct err *e)
{
	struct find_counts_out counts = { .piece = BUF_INIT };
	struct buf b = BUF_INIT;
	enum rc rc = RC_OK;
	size_t i;

	if (f->patched) {
		rc = begin_patched(f, path, key, e);
	} else if (!f->out && !(rc = kept_log_begin(&f->out, path, key, NULL, e))) {
		find_save_words(f);
		for (i = 0; i < f->nused; i++)
			find_save_count(&counts, f, i);
		find_save_counts_end(&counts, f);
	}
	if (rc)
		return rc;
	head(&b, f);
	kept_log_put(f->out, STR("h"), buf_str(&b));
	if (!f->near || !f->patched) {
		buf_clear(&b);
		for (i = 0; i < f->n; i++)
			kept_put_u32(&b, (size_t)(f->docs[i] - f->copy->all));
		kept_log_put(f->out, STR("o"), buf_str(&b));
	}
	if (!f->names_stay) {
		buf_clear(&b);
		for (i = 0; i < f->n; i++)
			kept_put_str(&b, f->docs[i]->name);
		kept_log_put(f->out, STR("n"), buf_str(&b));
	}
	rc = kept_log_end(f->out, stamp, e);
	f->out = NULL;
	buf_free(&b);
	return rc;
}
