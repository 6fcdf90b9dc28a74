/* render/find_patch.c: how the index that the build before left is changed where documents changed, by what was kept of it
 * (find_kept.c).
 *
 * A document that changed is taken out of its lists and put in again; when numbers of others moved, all lists are read and
 * renumbered. Lists are read from the files of the index themselves, which must be as they were left; counts of forms are
 * kept. Of both only stretches between strings at which a block must begin are made anew, where something in them changed.
 * The average length stands in every impact: when it is another, rounded, the index is made anew. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

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
	struct find_log *log;		/* of f */
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
	struct buf tail;		/* of the list in work */
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
	struct find_weighed w;

	*to = (struct side){ .doc = doc, .there = true };
	while (record.n) {
		const struct find_word *of;

		if (!find_word_take(&w, p->log, &record))
			return false;
		i = find_word_put(&p->words, &p->f->parts[0], w.word, w.tag);
		of = &p->words.of[i];	/* they move while there come more */
		if (!strings_at(&p->words.strings, of->form).n || !strings_at(&p->words.strings, of->term).n)
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
		const struct entry *e = i < f->n && str_eq(f->docs[i]->name, p->log->names[i]) ? f->docs[i] :
		    copy_find(f->copy, p->log->names[i]);

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

static size_t end_of_term(const struct find_edit *e, size_t i, size_t n)
{
	size_t end = i;

	while (end < n && str_eq(e[end].term, e[i].term))
		end++;
	return end;
}

/* A list as it is now, by n edits from e on; one without documents goes. */
static bool put_list(struct patch *p, struct find_encoder *to, struct str term, struct str was, const struct find_edit *e, size_t n)
{
	if (!n && !p->moved) {
		find_item(to, term, was);
		return true;
	}
	if (!patch_list(&p->tail, p, was, e, n))
		return false;
	if (p->tail.n)
		find_item(to, term, buf_str(&p->tail));
	return true;
}

/* Lists that were not there: edits from *i to end of terms before `before`; NULL: all. */
static bool put_new_lists(struct patch *p, struct find_encoder *to, size_t *i, size_t end, const struct str *before)
{
	bool ok = true;
	size_t next;

	for (; ok && *i < end && (!before || str_cmp(p->edits[*i].term, *before) < 0); *i = next) {
		next = end_of_term(p->edits, *i, end);
		ok = put_list(p, to, p->edits[*i].term, STR_NONE, p->edits + *i, next - *i);
	}
	return ok;
}

/* Blocks of lists, and the edits that belong there. */
static bool merge_lists(struct patch *p, struct find_encoder *to, const struct find_block *v, size_t n, size_t i, size_t end)
{
	struct find_decoder d = { .rest = STR_NONE };
	const struct find_edit *e = p->edits;
	struct buf b = BUF_INIT;
	struct str was, term;
	bool ok = true;
	size_t k, next;

	for (k = 0; ok && k < n; k++) {
		buf_clear(&b);
		buf_clear(&d.string);
		ok = find_block_read(&d.rest, &b, &v[k], FIND_BY_TERM, p->read, p->ctx);
		while (ok && d.rest.n && (ok = find_take(&was, &d))) {
			term = buf_str(&d.string);
			if (!(ok = put_new_lists(p, to, &i, end, &term)))
				break;
			next = i < end && str_eq(e[i].term, term) ? end_of_term(e, i, end) : i;
			ok = put_list(p, to, term, was, e + i, next - i);
			i = next;
		}
	}
	ok = ok && put_new_lists(p, to, &i, end, NULL);
	buf_free(&d.string);
	buf_free(&b);
	return ok;
}

/* The same of forms, from the counts that were kept. */
static bool merge_forms(struct patch *p, struct find_encoder *to, const struct find_block *v, size_t n, size_t i, size_t end)
{
	struct find_count *all = NULL, c;
	size_t got = 0, cap = 0, k, old;
	struct str piece;
	bool ok = true;

	for (k = 0; ok && k < n; k++) {
		if (k && !find_cuts(v[k].first, FIND_BY_FORM))
			continue;
		if (!(ok = find_log_get(&piece, p->log, FIND_OF_FORMS, v[k].first)))
			break;
		find_log_drop(p->log, FIND_OF_FORMS, v[k].first);
		while (ok && piece.n && (ok = find_count_take(&c, &piece))) {
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
		find_counts_put(&p->log->put, all, got);
	}
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
	struct find_encoder to = { .to = &p->f->blocks[kind], .kind = kind };
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
					b->v = arena_grow(&b->a, b->v, &b->cap, sizeof *b->v);
				b->v[b->n++] = (struct find_block){ .first = arena_str(&b->a, was->v[k].first), .name = was->v[k].name };
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
		find_shown(&b, f);
		f->docs_stay = arena_array(&f->a, b.n / FIND_SHOWN, sizeof *f->docs_stay);
		f->facets_stay = str_eq(buf_str(&b), f->log->shown);
		for (i = 0; (i + 1) * FIND_SHOWN <= b.n; i++)
			f->docs_stay[i] = (i + 1) * FIND_SHOWN <= f->log->shown.n && !memcmp(b.p + i * FIND_SHOWN, f->log->shown.p + i * FIND_SHOWN, FIND_SHOWN);
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
	buf_free(&p.tail);
	buf_free(&b);
	arena_free(&p.a);
	return ok;
}
