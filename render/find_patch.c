/* render/find_patch.c: how the index that the build before left is changed where documents changed, by what was kept of it
 * (find_kept.c).
 *
 * A document that changed is taken out of its lists and put in again; when numbers of others moved, all lists are read and
 * renumbered. Lists are read from the files of the index themselves, which must be as they were left; counts of forms are
 * kept. Only blocks in which something changed are made anew, and those behind them up to the next that begins where it did.
 * The average length stands in every impact: when it is another, rounded, the index is made anew. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/text/stem.h"

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
struct list_edit {			/* of a list, by term, then document */
	struct str term;
	uint32_t doc;
	uint32_t impact;		/* 0: no longer in it; doc is a number of the build before */
};
struct form_edit {
	struct str form;
	size_t at, n;			/* of its tail */
	bool gone;
};
struct word {				/* what becomes of a word: numbers of strings */
	uint32_t term, english, form;
};
struct patch {
	struct find *f;
	struct find_log *log;		/* of f */
	find_read_fn *read;
	void *ctx;
	struct arena a;
	struct strings words, strings;	/* those of all sides, by stemmer; what becomes of them */
	struct word *of;		/* of each word */
	size_t words_cap;
	struct side (*sides)[2];	/* of each document that changed: was, is */
	size_t nsides;
	uint32_t *to;			/* of old numbers, the new ones; UINT32_MAX: gone, or taken out and put in again */
	bool moved;			/* some stay and have another number */
	struct list_edit *edits;
	size_t nedits, edits_cap;
	struct find_count *counts;
	size_t ncounts, counts_cap;
	struct form_edit *forms;	/* those that come, go, or have another tail, by form */
	size_t nforms, forms_cap;
	struct buf tails;		/* theirs */
	struct buf tail;		/* of the list in work */
};

static uint32_t put(struct strings *to, struct str s)
{
	return (uint32_t)strings_put(to, s, 0, strings_hash(s, 0), NULL);
}

static struct word word_of(struct patch *p, const struct find_weighed *w)
{
	struct stemmed b;
	bool is_new;
	size_t i = strings_put(&p->words, w->word, (uint8_t)w->tag, strings_hash(w->word, (uint8_t)w->tag), &is_new);

	if (p->words.n > p->words_cap)
		p->of = arena_grow(&p->a, p->of, &p->words_cap, sizeof *p->of);
	if (is_new) {
		b = stems_both(p->f->parts[0].stems, w->word, w->tag, p->f->parts[0].english);
		p->of[i] = (struct word){ put(&p->strings, b.term), put(&p->strings, b.other), put(&p->strings, b.surface) };
	}
	return p->of[i];
}

static int by_term(const void *pa, const void *pb)
{
	const struct weigh *a = pa, *b = pb;

	return (a->term > b->term) - (a->term < b->term);
}

/* Into a side, and into the counts: as many more of each as `by`. */
static bool read_side(struct patch *p, struct side *to, struct str record, uint32_t doc, int by)
{
	struct find_weighed w;
	size_t cap = 0, i, n;
	struct word of;

	*to = (struct side){ .doc = doc, .there = true };
	while (record.n) {
		if (!find_word_take(&w, p->log, &record))
			return false;
		of = word_of(p, &w);
		to->length += w.weight;
		if (!strings_at(&p->strings, of.form).n || !strings_at(&p->strings, of.term).n)
			continue;
		if (to->n == cap)
			to->v = arena_grow(&p->a, to->v, &cap, sizeof *to->v);
		to->v[to->n++] = (struct weigh){ of.term, w.weight };
		if (p->ncounts == p->counts_cap)
			p->counts = arena_grow(&p->a, p->counts, &p->counts_cap, sizeof *p->counts);
		/* numbers for now: strings move while there come more */
		p->counts[p->ncounts++] = (struct find_count){ { NULL, of.form }, { NULL, of.term }, { NULL, of.english }, by };
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
	uint32_t i, last = 0, number, same = 0;
	bool first = true;

	p->to = arena_array(&p->a, p->log->n, sizeof *p->to);
	for (i = 0; i < p->log->n; i++) {
		bool here = f->near || (i < f->n && str_eq(f->docs[i]->name, p->log->names[i]));
		const struct entry *e = here ? f->docs[i] : copy_find(f->copy, p->log->names[i]);

		same += here;
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
	p->f->names_stay = same == f->n && p->log->n == f->n;
	return true;
}

/* Read what the documents that changed were and are. */
static bool read_sides(struct patch *p)
{
	struct find *f = p->f;
	uint32_t *was = arena_array(&p->a, f->n, sizeof *was), i, k;
	struct buf record = BUF_INIT;
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
		const struct entry *e;

		if (p->to[i] != UINT32_MAX)
			continue;
		if ((e = copy_find(f->copy, p->log->names[i]))) {
			was[f->number[e - f->copy->all]] = i;
			continue;
		}
		ok = find_log_get(&old, p->log, FIND_OF_DOCUMENT, p->log->names[i]) &&
		    read_side(p, &p->sides[p->nsides++][0], old, i, -1);
		find_log_drop(p->log, FIND_OF_DOCUMENT, p->log->names[i]);
	}
	for (k = 0; ok && k < f->n; k++) {
		struct side *side;

		if (!f->spots[k].made)
			continue;
		name = f->docs[k]->name;
		buf_clear(&record);
		find_words_put(&record, f, k);
		if (was[k] != UINT32_MAX && !(ok = find_log_get(&old, p->log, FIND_OF_DOCUMENT, name)))
			break;
		side = p->sides[p->nsides++];
		ok = (was[k] == UINT32_MAX || read_side(p, &side[0], old, was[k], -1)) &&
		    read_side(p, &side[1], buf_str(&record), k, 1);
		find_log_put(p->log, FIND_OF_DOCUMENT, name, buf_str(&record));
	}
	buf_free(&record);
	return ok;
}

static void edit(struct patch *p, uint32_t term, uint32_t doc, uint32_t impact)
{
	if (p->nedits == p->edits_cap)
		p->edits = arena_grow(&p->a, p->edits, &p->edits_cap, sizeof *p->edits);
	p->edits[p->nedits++] = (struct list_edit){ strings_at(&p->strings, term), doc, impact };
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
	const struct list_edit *a = pa, *b = pb;
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

/* Add up alike ones, those that come to nothing go. */
static void sum_counts(struct find_count *v, size_t *n)
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
}

static void make_edits(struct patch *p)
{
	const struct strings *s = &p->strings;
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
	sum_counts(p->counts, &p->ncounts);
}

/* One list: what it was, renumbered, without those that are taken out, with those that are put in. */
static bool patch_list(struct buf *out, const struct patch *p, struct str tail, const struct list_edit *e, size_t n)
{
	uint32_t *posts = xmalloc((tail.n / 2 + n + 1) * sizeof *posts), doc = 0, gap, q;
	size_t got = 0, i = 0, out_n, at, put;
	bool ok = true;

	if (tail.n)
		tail = str_sub(tail, 1, tail.n);	/* the "!" */
	for (; ok && tail.n; doc++) {
		ok = find_take_number(&gap, &tail) && find_take_digit(&q, &tail) && (doc += gap) < p->log->n;
		if (!ok)
			break;
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

/* ---- counts of forms ---- */

/* Pieces of counts being written. */
struct pieces {
	struct patch *p;
	struct str name;		/* of the one in work */
	struct buf piece;
};

static void piece_end(struct pieces *to)
{
	if (to->piece.n)
		find_log_put(to->p->log, FIND_OF_FORMS, to->name, buf_str(&to->piece));
	buf_clear(&to->piece);
}

/* What comes next is of this form. */
static void piece_at(struct pieces *to, struct str form)
{
	if (find_counts_cut(form))
		piece_end(to);
	if (!to->piece.n)
		to->name = form;
}

/* Append the tail of a form that has n counts, at least one. */
static void counts_tail(struct buf *b, const struct find_count *v, size_t n)
{
	struct str form = v->form, *refs = xmalloc(2 * n * sizeof *refs);
	size_t i, k, got = 0, many;

	for (i = 0; i < n; i++) {
		if (!str_eq(v[i].term, form))
			refs[got++] = v[i].term;
		if (v[i].english.n && !str_eq(v[i].english, form))
			refs[got++] = v[i].english;
	}
	if (got > 1)
		qsort(refs, got, sizeof *refs, str_order);
	for (many = k = 0; k < got; k++)
		if (!k || !str_eq(refs[k], refs[many - 1]))
			refs[many++] = refs[k];
	find_form_tail(b, form, refs, many);
	free(refs);
}

static void edit_form(struct patch *p, struct str form, const struct find_count *v, size_t n)
{
	struct form_edit *e;

	if (p->nforms == p->forms_cap)
		p->forms = arena_grow(&p->a, p->forms, &p->forms_cap, sizeof *p->forms);
	e = &p->forms[p->nforms++];
	*e = (struct form_edit){ .form = form, .at = p->tails.n, .gone = !n };
	if (n)
		counts_tail(&p->tails, v, n);
	e->n = p->tails.n - e->at;
}

/* One form: what it had, and n edits. false: a count is below nothing. */
static bool count_form(struct pieces *to, const struct find_count *was, size_t nwas, const struct find_count *e, size_t n)
{
	struct find_count *v = xmalloc((nwas + n) * sizeof *v);
	size_t i = 0, k = 0, got = 0;
	bool ok = true, other = false;

	while (i < nwas || k < n) {
		int d = i == nwas ? 1 : k == n ? -1 : by_count(&was[i], &e[k]);

		v[got] = d <= 0 ? was[i] : e[k];
		v[got].n += d ? 0 : e[k].n;
		ok &= v[got].n >= 0;
		other |= d > 0 || !v[got].n;
		got += v[got].n != 0;
		i += d <= 0;
		k += d >= 0;
	}
	if (got)
		piece_at(to, e->form);
	for (i = 0; i < got; i++)
		find_count_put(&to->piece, &v[i]);
	if (other)
		edit_form(to->p, e->form, v, got);
	free(v);
	return ok;
}

/* Take off counts as they are up to those of a form; STR_NONE: all. */
static bool copy_counts(struct pieces *to, struct str *rest, struct str all, struct str form)
{
	struct str from = *rest, next;
	struct find_count c;

	if (!form.p)
		*rest = str_sub(*rest, rest->n, rest->n);
	for (next = *rest; next.n; *rest = next) {
		if (!find_count_take(&c, &next))
			return false;
		if (str_cmp(c.form, form) >= 0)
			break;
	}
	if (rest->p == from.p)
		return true;
	if (from.p == all.p) {
		next = from;
		if (!find_count_take(&c, &next))
			return false;
		piece_at(to, c.form);
	}
	buf_add(&to->piece, from.p, from.n - rest->n);
	return true;
}

/* The piece that begins at a form, with n edits. */
static bool patch_piece(struct pieces *to, struct str first, const struct find_count *e, size_t n)
{
	struct find_count *was = NULL, c;
	struct str all, rest, next;
	size_t nwas, cap = 0, i, end;
	bool ok = find_log_get(&all, to->p->log, FIND_OF_FORMS, first);

	rest = all;
	find_log_drop(to->p->log, FIND_OF_FORMS, first);
	for (i = 0; ok && i < n; i = end) {
		ok = copy_counts(to, &rest, all, e[i].form);
		for (nwas = 0, next = rest; ok && next.n && (ok = find_count_take(&c, &next)) && str_eq(c.form, e[i].form); rest = next) {
			if (nwas == cap)
				was = arena_grow(&to->p->a, was, &cap, sizeof *was);
			was[nwas++] = c;
		}
		for (end = i; end < n && str_eq(e[end].form, e[i].form); end++)
			;
		ok = ok && count_form(to, was, nwas, e + i, end - i);
	}
	return ok && copy_counts(to, &rest, all, STR_NONE);
}

/* The last of n pieces that begins not behind a form, or the first. */
static size_t piece_of(const struct kept_piece *v, size_t n, struct str form)
{
	size_t from = 0, to = n, mid;

	while (to - from > 1) {
		mid = from + (to - from) / 2;
		if (str_cmp(find_piece_form(&v[mid]), form) <= 0)
			from = mid;
		else
			to = mid;
	}
	return from;
}

/* What is kept of the counts, and which forms have another tail by that. */
static bool patch_counts(struct patch *p)
{
	size_t n, i, k, next = 0;
	const struct kept_piece *v = find_log_forms(&n, p->log);
	struct pieces to = { .p = p };
	bool *touched = arena_array(&p->a, n + 1, sizeof *touched), ok = n > 0;

	for (i = 0; ok && i < p->ncounts; i++) {
		k = piece_of(v, n, p->counts[i].form);
		touched[k] = true;
		if (k && str_eq(find_piece_form(&v[k]), p->counts[i].form))
			touched[k - 1] = true;	/* the form may go, and then they are one */
	}
	for (i = 0; ok && i < n; i++) {
		if (!touched[i]) {
			piece_end(&to);
			continue;
		}
		for (k = next; k < p->ncounts && (i + 1 == n || str_cmp(p->counts[k].form, find_piece_form(&v[i + 1])) < 0); k++)
			;
		ok = patch_piece(&to, find_piece_form(&v[i]), p->counts + next, k - next);
		next = k;
	}
	piece_end(&to);
	buf_free(&to.piece);
	return ok && next == p->ncounts;
}

/* ---- blocks ---- */

/* The last block that begins not behind a string, or the first. */
static size_t block_of(const struct find_blocks *b, struct str s)
{
	size_t from = 0, to = b->n, mid;

	while (to - from > 1) {
		mid = from + (to - from) / 2;
		if (str_cmp(b->v[mid].first, s) <= 0)
			from = mid;
		else
			to = mid;
	}
	return from;
}

static size_t edits_of(const struct patch *p, unsigned kind)
{
	return kind == FIND_BY_FORM ? p->nforms : p->nedits;
}

static struct str edited(const struct patch *p, unsigned kind, size_t i)
{
	return kind == FIND_BY_FORM ? p->forms[i].form : p->edits[i].term;
}

/* A block being read, of the build before. */
struct reading {
	struct find_decoder d;
	struct buf b;
	struct str tail;		/* of the item taken last, whose string is d.string */
	struct str bytes;		/* it and its tail, as they stand there */
	bool has;			/* there is one, which was not put yet */
};

static bool take(struct reading *r)
{
	struct str rest = r->d.rest;

	r->has = rest.n > 0;
	if (!r->has)
		return true;
	if (!find_take(&r->tail, &r->d))
		return false;
	r->bytes = str_sub(rest, 0, rest.n - r->d.rest.n);
	return true;
}

static bool read_block(struct reading *r, const struct patch *p, unsigned kind, const struct find_block *block)
{
	buf_clear(&r->b);
	buf_clear(&r->d.string);
	return find_block_read(&r->d.rest, &r->b, block, kind, p->read, p->ctx) && take(r) && r->has;
}

/* An item with what becomes of it by the edits from *i on, which are of that string or not; *i: behind those. was: its tail;
 * STR_NONE: it was not there. *put: it is there now. */
static bool put_edited(bool *put, struct patch *p, struct find_encoder *to, struct str s, struct str was, size_t *i, size_t end)
{
	size_t from = *i;

	while (*i < end && str_eq(edited(p, to->kind, *i), s))
		++*i;
	if (to->kind == FIND_BY_FORM) {
		const struct form_edit *e = &p->forms[from];

		if ((*put = !e->gone))
			find_item(to, s, str_sub(buf_str(&p->tails), e->at, e->at + e->n));
		return true;
	}
	if (!patch_list(&p->tail, p, was, p->edits + from, *i - from))
		return false;
	if ((*put = p->tail.n > 0))	/* one without documents goes */
		find_item(to, s, buf_str(&p->tail));
	return true;
}

/* What is read, up to the end of its block, and the edits before `end`. */
static bool merge_block(struct patch *p, struct find_encoder *to, struct reading *r, size_t *i, size_t end)
{
	bool ok = true, all = to->kind == FIND_BY_TERM && p->moved, put, same = false;
	int d;

	while (ok && (r->has || *i < end)) {
		struct str s = r->has ? buf_str(&r->d.string) : STR_NONE;

		d = !r->has ? 1 : *i == end ? -1 : str_cmp(s, edited(p, to->kind, *i));
		if (d > 0) {
			ok = put_edited(&put, p, to, edited(p, to->kind, *i), STR_NONE, i, end);
			same &= !put;
			continue;
		}
		if (d == 0 || all) {
			ok = put_edited(&put, p, to, s, r->tail, i, end);
			same = put;
		} else if (same) {
			find_item_again(to, s, r->tail, r->bytes);
		} else {
			find_item(to, s, r->tail);
			same = true;
		}
		ok = ok && take(r);
	}
	return ok;
}

/* Blocks of a kind. One stays where no edit is in it and one begins there as before: behind one that stays, and where the
 * items before leave no room for its first. */
static bool patch_blocks(struct patch *p, unsigned kind)
{
	const struct find_blocks *was = &p->log->blocks[kind];
	struct find_encoder to = { .to = &p->f->blocks[kind], .kind = kind };
	bool *touched = arena_array(&p->a, was->n + 1, sizeof *touched), ok = was->n > 0, stays = true;
	size_t i, k, next = 0, edits = edits_of(p, kind);
	struct reading r = { .has = false };

	for (i = 0; ok && i < was->n; i++)
		touched[i] = kind == FIND_BY_TERM && p->moved;
	for (i = 0; ok && i < edits; i++) {
		k = block_of(was, edited(p, kind, i));
		touched[k] = true;
		if (k && str_eq(was->v[k].first, edited(p, kind, i)))
			touched[k - 1] = true;	/* it may go, or have room there */
	}
	for (i = 0; ok && i < was->n; i++) {
		if (!touched[i] && stays) {
			find_leave(&to, &was->v[i]);
			continue;
		}
		if (!(ok = read_block(&r, p, kind, &was->v[i])))
			break;
		if ((stays = !touched[i] && find_begins(&to, buf_str(&r.d.string), r.tail))) {
			find_leave(&to, &was->v[i]);
			continue;
		}
		for (k = next; k < edits && (i + 1 == was->n || str_cmp(edited(p, kind, k), was->v[i + 1].first) < 0); k++)
			;
		ok = merge_block(p, &to, &r, &next, k);
	}
	find_items_end(&to);
	buf_free(&r.d.string);
	buf_free(&r.b);
	return ok && next == edits && to.to->n && !find_twins(to.to);
}

/* Is all that root.js tells as it was. */
static bool root_stays(const struct find *f)
{
	bool same = f->n == f->log->n && !memcmp(f->coded, f->log->coded.p, f->log->coded.n);
	unsigned kind;
	size_t i;

	for (kind = 0; kind < FIND_KINDS; kind++) {
		const struct find_blocks *now = &f->blocks[kind], *was = &f->log->blocks[kind];

		same = same && now->n == was->n;
		for (i = 0; same && i < now->n; i++)
			same = str_eq(now->v[i].first, was->v[i].first) && now->v[i].name == was->v[i].name && now->v[i].twin == was->v[i].twin;
	}
	return same;
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
		if ((ok = f->average == f->log->average))
			make_edits(&p);
		ok = ok && patch_counts(&p) && patch_blocks(&p, FIND_BY_FORM) && patch_blocks(&p, FIND_BY_TERM);
	}
	if (ok) {
		find_shown(&b, f);
		f->docs_stay = arena_array(&f->a, b.n / FIND_SHOWN, sizeof *f->docs_stay);
		f->facets_stay = str_eq(buf_str(&b), f->log->shown);
		for (i = 0; (i + 1) * FIND_SHOWN <= b.n; i++)
			f->docs_stay[i] = (i + 1) * FIND_SHOWN <= f->log->shown.n && !memcmp(b.p + i * FIND_SHOWN, f->log->shown.p + i * FIND_SHOWN, FIND_SHOWN);
		f->patched = true;
		memcpy(f->coded, f->log->coded.p, f->log->coded.n);
		for (i = 0; i < p.nforms; i++)
			find_called_form(f, p.forms[i].form, !p.forms[i].gone);
		f->root_stays = root_stays(f);
		for (i = 0; !f->facets_stay && i < FIND_FACETS; i++)
			find_facet(f, (unsigned)i);
	} else {
		f->total = 0;
		f->names_stay = false;
		for (i = 0; i < FIND_KINDS; i++) {
			buf_clear(&f->blocks[i].bytes);
			f->blocks[i].n = 0;
		}
	}
	strings_free(&p.words);
	strings_free(&p.strings);
	buf_free(&p.tail);
	buf_free(&p.tails);
	buf_free(&b);
	arena_free(&p.a);
	return ok;
}
