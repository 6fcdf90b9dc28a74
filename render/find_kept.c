/* render/find_kept.c: what the index of one build leaves for that of the next (find_patch.c): a log (kept_log.h) with the pieces
 *
 *	"d" and a name	the words of a document: for each its stemmer and its length, a byte each, its bytes, varint weight
 *	"f" and a form	the forms from this one up to the next at which a block must begin: for each, by form, stem, English
 *		stem: these, as strings, and the count of words, u32
 *	"h"	documents, u32; sum of their lengths, u64; for each in order of number: name; for each kind of blocks: count; for
 *		each: first string, hash, which of those; for each file of documents: a hash of what is shown of them
 *
 * Posting lists are not kept: they stand in the files of the index. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/gate/sodium.h"
#include "kb/index/pack.h"
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
	return s.n == (l->n + FIND_DOCS - 1) / FIND_DOCS * FIND_SHOWN;
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
	struct str head;

	*l = (struct find_log){ .a = ARENA_INIT };
	f->log = l;
	if (kept_log_open(&l->log, path, key, stamp) && kept_log_get(&head, &l->log, STR("h")) && parse_head(l, head)) {
		find_logged(f);
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

/* ---- words of a document ---- */

void find_words_put(struct buf *b, const struct find *f, size_t k)
{
	const struct strings *words = &f->all.words;
	struct str posts = find_posts(f, k), word;
	uint64_t number[64], weight[64];
	size_t n, i;

	do {				/* they lie all over memory: many are fetched at a time */
		for (n = 0; n < 64 && varint_get(&number[n], &posts) && varint_get(&weight[n], &posts); n++)
			__builtin_prefetch(&words->v[number[n]]);
		for (i = 0; i < n; i++)
			__builtin_prefetch(words->bytes.p + words->v[number[i]].at);
		for (i = 0; i < n; i++) {
			word = strings_at(words, number[i]);
			buf_putc(b, (char)words->v[number[i]].tag);
			buf_putc(b, (char)word.n);
			buf_str_add(b, word);
			varint_put(b, weight[i]);
		}
	} while (n == 64);
}

bool find_word_take(struct find_weighed *w, struct str *s)
{
	struct str head;
	uint64_t weight;

	if (!kept_take(&head, s, 2) || !kept_take(&w->word, s, (unsigned char)head.p[1]) || !varint_get(&weight, s))
		return false;
	w->tag = (unsigned char)head.p[0];
	w->weight = (uint32_t)weight;
	return w->tag < stems_count();
}

bool find_restore(struct find *f)
{
	struct find_weighed w;
	struct str record;
	bool whole = true;
	size_t k;

	for (k = 0; whole && k < f->n; k++)	/* all or none */
		if (f->spots[k].kept && (whole = find_log_get(&record, f->log, FIND_OF_DOCUMENT, f->docs[k]->name)))
			while (whole && record.n)
				whole = find_word_take(&w, &record);
	for (k = 0; whole && k < f->n; k++) {
		struct find_part *p = &f->parts[0];

		if (!f->spots[k].kept || !find_log_get(&record, f->log, FIND_OF_DOCUMENT, f->docs[k]->name))
			continue;
		f->spots[k] = (struct find_spot){ .part = 0, .at = p->posts.n, .made = true };
		while (find_word_take(&w, &record)) {
			varint_put(&p->posts, find_word_put(&f->all, p, w.word, w.tag));
			varint_put(&p->posts, w.weight);
		}
		f->spots[k].n = p->posts.n - f->spots[k].at;
	}
	return whole;
}

/* ---- counts of forms ---- */

void find_counts_put(struct buf *pieces, const struct find_count *v, size_t n)
{
	struct buf piece = BUF_INIT, name = BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		kept_put_str(&piece, v[i].form);
		kept_put_str(&piece, v[i].term);
		kept_put_str(&piece, v[i].english);
		kept_put_u32(&piece, (size_t)v[i].n);
		if (!name.n)
			name_of(&name, FIND_OF_FORMS, v[i].form);
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

bool find_count_take(struct find_count *c, struct str *s)
{
	uint32_t n;

	if (!kept_take_str(&c->form, s) || !kept_take_str(&c->term, s) || !kept_take_str(&c->english, s) || !kept_take_u32(&n, s))
		return false;
	c->n = n;
	return true;
}

/* ---- what is shown ---- */

void find_shown(struct buf *b, const struct find *f)
{
	struct buf one = BUF_INIT;
	unsigned char out[FIND_SHOWN], hash[FIND_SHOWN];
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
	find_shown(b, f);
}

static void put_pieces(struct kept_log_out *o, struct str s)
{
	struct str name, piece;

	while (kept_take_str(&name, &s) && kept_take_str(&piece, &s))
		kept_log_put(o, name, piece);
}

/* Begin the log: all of it but its head. */
static enum rc begin(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct err *e)
{
	struct buf b = BUF_INIT, name = BUF_INIT;
	struct kept_log_out *o;
	struct find_count *counts = NULL;
	struct str dropped, s;
	size_t i, n, cap = 0;
	enum rc rc;

	if ((rc = kept_log_begin(&f->out, path, key, f->patched ? &f->log->log : NULL, e)))
		return rc;
	o = f->out;
	if (f->patched) {
		put_pieces(o, buf_str(&f->log->put));
		for (s = buf_str(&f->log->dropped); kept_take_str(&dropped, &s);)
			kept_log_drop(o, dropped);
	} else {
		for (i = 0; i < f->n; i++) {
			buf_clear(&b);
			find_words_put(&b, f, i);
			kept_log_put(o, name_of(&name, FIND_OF_DOCUMENT, f->docs[i]->name), buf_str(&b));
		}
		for (i = 0; i < f->nused;) {
			i = find_stretch(&counts, &n, &cap, f, i);
			buf_clear(&b);
			find_counts_put(&b, counts, n);
			put_pieces(o, buf_str(&b));
		}
		free(counts);
	}
	buf_free(&b);
	buf_free(&name);
	return RC_OK;
}

void find_save_words(struct find *f, const char *path, const unsigned char key[KEPT_KEY])
{
	struct err ignored = ERR_INIT;	/* find_save tries again, and tells */
	unsigned i;

	if (begin(f, path, key, &ignored))
		return;
	for (i = 0; i < f->nparts; i++)
		buf_free(&f->parts[i].posts);
	strings_free(&f->all.words);
}

enum rc find_save(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp, struct err *e)
{
	struct buf b = BUF_INIT;
	enum rc rc;

	if (!f->out && (rc = begin(f, path, key, e)))
		return rc;
	head(&b, f);
	kept_log_put(f->out, STR("h"), buf_str(&b));
	rc = kept_log_end(f->out, stamp, e);
	f->out = NULL;
	buf_free(&b);
	return rc;
}
