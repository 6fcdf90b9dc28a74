/* sync/merge/body.c: what P shows of a body, and taking in what an edit left of it: rules 2, 3 and 6 of merge.c. */
#include "sync/merge/parts.h"

#include <stdlib.h>

#include "sync/units.h"

void items_add(struct items *it, struct arena *a, struct item x)
{
	if (it->n == it->cap)
		it->v = arena_grow(a, it->v, &it->cap, sizeof *it->v);
	it->v[it->n++] = x;
}

struct items items_shown(const struct merge *m, const uint64_t *p)
{
	struct arena s = ARENA_INIT;
	struct order o = weave_order(m, &s, p);
	struct items out = { 0 };
	struct regions rs;
	bool *done;
	size_t i, j;

	regions_find(&rs, m, &s, p);
	done = arena_array(&s, rs.n, sizeof *done);
	for (i = 0; i < o.n; i++) {
		size_t u = o.v[i], ri = rs.of_unit[u];
		struct region *r = ri == NONE ? NULL : &rs.v[ri];
		struct block *b;

		if (!r || r->n < 2) {
			if (r ? rs.shown[u] : weave_visible(m, u, p))
				items_add(&out, m->a, (struct item){ u, NULL });
			continue;
		}
		if (done[ri])
			continue;
		done[ri] = true;
		b = arena_alloc(m->a, sizeof *b);
		*b = (struct block){ .n = r->n, .v = arena_array(m->a, r->n, sizeof *b->v) };
		for (j = 0; j < r->units.n; j++)
			list_put(&b->units, m->a, r->units.v[j]);
		for (j = 0; j < r->writes.n; j++)
			list_put(&b->writes, m->a, r->writes.v[j]);
		for (j = 0; j < r->n; j++) {
			size_t k;

			b->v[j].text = arena_str(m->a, r->v[j].text);
			for (k = 0; k < r->v[j].units.n; k++)
				list_put(&b->v[j].units, m->a, r->v[j].units.v[k]);
			for (k = 0; k < r->v[j].edits.n; k++)
				list_put(&b->v[j].edits, m->a, r->v[j].edits.v[k]);
			list_sort(&b->v[j].edits);
		}
		if (out.n) {			/* a mark begins its line */
			const struct item *last = &out.v[out.n - 1];
			struct str t = last->block ? last->block->bytes : m->units[last->unit].text;

			b->lead = t.n && t.p[t.n - 1] != '\n';
		}
		block_format(m->a, b);
		items_add(&out, m->a, (struct item){ NONE, b });
	}
	arena_free(&s);
	return out;
}

struct taking {
	struct merge *m;
	size_t edit;
	const struct items *seen;
	struct items *left;		/* what he leaves, as it grows */
	struct order order;
	bool ordered;
	struct arena s;
};

static const struct order *order_now(struct taking *t)
{
	if (!t->ordered)
		t->order = weave_order(t->m, &t->s, t->m->e[t->edit].past);
	t->ordered = true;
	return &t->order;
}

static size_t first_in_order(struct taking *t, const struct list *d)
{
	const struct order *o = d->n > 1 ? order_now(t) : NULL;
	size_t i, best = d->v[0];

	for (i = 1; i < d->n; i++)
		if (o->pos[d->v[i]] != NONE && (o->pos[best] == NONE || o->pos[d->v[i]] < o->pos[best]))
			best = d->v[i];
	return best;
}

static size_t first_of(struct taking *t, const struct item *x)
{
	return x->block ? first_in_order(t, &x->block->units) : x->unit;
}

/* Where an insertion behind L hangs. */
static void place(struct taking *t, size_t l, size_t *parent, bool *left)
{
	const struct merge *m = t->m;
	const uint64_t *p = m->e[t->edit].past;
	const struct order *o = order_now(t);
	bool has;

	if (l == NONE) {
		has = o->n > 0;
	} else {
		const struct run *r = &m->runs[m->units[l].run];

		has = l + 1 < r->first + r->n || weave_any(m, &m->units[l].right, p);
	}
	if (!has) {
		*parent = l;
		*left = false;
	} else {
		*parent = o->v[l == NONE ? 0 : o->pos[l] + 1];
		*left = true;
	}
}

/* A write of D and a run at (parent, left), unless n is 0. */
static size_t add_write_at(struct taking *t, struct write w, size_t parent, bool left, const struct str *texts, size_t n)
{
	struct merge *m = t->m;
	size_t i;

	w.edit = t->edit;
	list_sort(&w.d);
	for (i = 0; i < w.d.n; i++)
		list_put(&m->units[w.d.v[i]].dels, m->a, t->edit);
	w.run = n ? weave_run(m, t->edit, &w.d, parent, left, texts, n) : NONE;
	if (m->nwrites == m->writes_cap)
		m->writes = arena_grow(m->a, m->writes, &m->writes_cap, sizeof *m->writes);
	m->writes[m->nwrites] = w;
	return m->nwrites++;
}

/* Between the items prev and next that he saw (prev NONE, next past the end: none there). */
static size_t add_write(struct taking *t, const struct list *d, const struct list *settles, const struct str *texts, size_t n,
    size_t prev, size_t next)
{
	struct write w = { .d = *d, .settles = *settles, .before = NONE, .after = NONE };
	const struct order *o = n ? order_now(t) : NULL;
	size_t parent = NONE;
	bool left = false;

	if (n && d->n) {
		parent = first_in_order(t, d);
		left = parent != BIRTH;
		parent = left ? parent : NONE;
	} else if (n) {
		w.after = next < t->seen->n ? first_of(t, &t->seen->v[next]) : NONE;
		if (prev != NONE && t->seen->v[prev].block)	/* what stands behind it may stand between its units */
			w.before = w.after == NONE ? o->v[o->n - 1] : o->v[o->pos[w.after] - 1];
		else if (prev != NONE)
			w.before = t->seen->v[prev].unit;
		place(t, w.before, &parent, &left);
	}
	return add_write_at(t, w, parent, left, texts, n);
}

/* A block of which one variant was written anew. */
static void edit_variant(struct taking *t, const struct block *b, size_t k, struct str text)
{
	struct merge *m = t->m;
	struct block *nb = arena_alloc(m->a, sizeof *nb);
	struct write x = { .before = NONE, .after = NONE };
	struct str *units = NULL;
	size_t n = 0, cap = 0, i, w;

	units_split(&units, &n, &cap, m->a, text);
	list_copy(&x.d, m->a, &b->units);
	for (i = 0; i < b->writes.n; i++)
		list_put(list_has(&b->v[k].edits, m->writes[b->writes.v[i]].edit) ? &x.settles : &x.beside, m->a, b->writes.v[i]);
	w = add_write_at(t, x, first_in_order(t, &b->units), true, units, n);
	*nb = (struct block){ .n = b->n, .lead = b->lead, .v = arena_array(m->a, b->n, sizeof *nb->v) };
	list_copy(&nb->units, m->a, &b->units);
	list_copy(&nb->writes, m->a, &b->writes);
	list_put(&nb->writes, m->a, w);
	memcpy(nb->v, b->v, b->n * sizeof *nb->v);
	nb->v[k] = (struct shown_variant){ .text = text };
	list_put(&nb->v[k].edits, m->a, t->edit);
	for (i = 0; i < n; i++) {
		list_put(&nb->v[k].units, m->a, m->runs[m->writes[w].run].first + i);
		list_put(&nb->units, m->a, m->runs[m->writes[w].run].first + i);
	}
	block_format(m->a, nb);
	items_add(t->left, m->a, (struct item){ NONE, nb });
}

/* A line that he saw, as the units it was: v[from..to) of the items. */
struct line { struct str text; size_t from, to, k; };	/* k: which of equal ones */

struct lines { struct line *v; size_t n, cap; };

static int by_line(const void *x, const void *y)
{
	const struct line *a = x, *b = y;
	int c = str_cmp(a->text, b->text);

	return c ? c : (a->from > b->from) - (a->from < b->from);
}

static struct str bare_line(struct arena *a, struct str s)	/* without a carriage return at its end */
{
	char *p;

	if (s.n < 2 || s.p[s.n - 1] != '\n' || s.p[s.n - 2] != '\r')
		return s;
	p = arena_alloc(a, s.n);
	memcpy(p, s.p, s.n - 1);
	p[s.n - 2] = '\n';
	return (struct str){ p, s.n - 1 };
}

static struct lines seen_lines(struct taking *t)
{
	const struct items *it = t->seen;
	struct lines out = { 0 };
	struct buf b = BUF_INIT;
	size_t i, from = 0;

	for (i = 0; i < it->n; i++) {
		struct str text = it->v[i].block ? STR_NONE : t->m->units[it->v[i].unit].text;
		bool last = i + 1 == it->n || it->v[i + 1].block;

		buf_str_add(&b, text);
		if (!it->v[i].block && !last && !(text.n && text.p[text.n - 1] == '\n'))
			continue;
		if (!it->v[i].block) {
			if (out.n == out.cap)
				out.v = arena_grow(&t->s, out.v, &out.cap, sizeof *out.v);
			out.v[out.n++] = (struct line){ bare_line(&t->s, from < i ? arena_str(&t->s, buf_str(&b)) : text), from, i + 1, 0 };
		}
		buf_clear(&b);
		from = i + 1;
	}
	buf_free(&b);
	if (out.n > 1)
		qsort(out.v, out.n, sizeof *out.v, by_line);
	for (i = 1; i < out.n; i++)
		out.v[i].k = str_eq(out.v[i].text, out.v[i - 1].text) ? out.v[i - 1].k + 1 : 0;
	return out;
}

/* Of the lines equal to text, the next one not yet asked for, or the last; NULL: none. taken[i]: how many were, at the first. */
static const struct line *next_seen(const struct lines *l, size_t *taken, struct str text)
{
	size_t lo = 0, hi = l->n, mid, i;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (str_cmp(l->v[mid].text, text) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == l->n || !str_eq(l->v[lo].text, text))
		return NULL;
	i = lo + taken[lo];
	if (i + 1 < l->n && str_eq(l->v[i + 1].text, text))
		taken[lo]++;
	return &l->v[i];
}

struct fresh {
	struct str text;
	const struct block *block;		/* as he saw it, or NULL: a unit */
	struct str left, anew;			/* its bytes now, a line feed before it with them; the variant he wrote anew */
	size_t variant;				/* which one, or NONE */
};

struct freshes { struct fresh *v; size_t n, cap; };

static void add_fresh(struct taking *t, struct freshes *f, struct fresh x)
{
	if (f->n == f->cap)
		f->v = arena_grow(&t->s, f->v, &f->cap, sizeof *f->v);
	f->v[f->n++] = x;
}

/* The units of a stretch between blocks: as they were seen, else cut anew. */
static void fresh_units(struct taking *t, struct freshes *f, const struct lines *seen, size_t *taken, struct str plain)
{
	struct str *units = NULL;
	size_t n = 0, cap = 0, i, j, k;

	units_split(&units, &n, &cap, t->m->a, plain);
	for (i = 0; i < n; i = j) {
		const struct line *l;
		struct str line = units[i];

		for (j = i + 1; j < n && units[j - 1].p[units[j - 1].n - 1] != '\n'; j++)
			line.n += units[j].n;		/* they stand side by side */
		l = next_seen(seen, taken, bare_line(&t->s, line));
		for (k = l ? l->from : i; k < (l ? l->to : j); k++)
			add_fresh(t, f, (struct fresh){ .text = l ? t->m->units[t->seen->v[k].unit].text : units[k] });
	}
}

/* Equal, but for carriage returns at line ends? */
static bool same_text(struct str x, struct str y)
{
	while (x.n && y.n) {
		struct str a = next_line(&x), b = next_line(&y);

		if (a.n > 1 && a.p[a.n - 2] == '\r' && a.p[a.n - 1] == '\n')
			a.n -= 2;
		else if (a.p[a.n - 1] == '\n')
			a.n--;
		if (b.n > 1 && b.p[b.n - 2] == '\r' && b.p[b.n - 1] == '\n')
			b.n -= 2;
		else if (b.p[b.n - 1] == '\n')
			b.n--;
		if (!str_eq(a, b))
			return false;
	}
	return x.n == y.n;
}

/* The block seen, and not yet found again, that a group is, or is but for one variant. */
static bool find_block(struct taking *t, struct fresh *out, bool *used, struct str text, size_t n)
{
	struct str *v = block_variants(&t->s, text, n);
	size_t i, j, k, differ, most;

	for (most = 0; most < 2; most++)
		for (i = 0; i < t->seen->n; i++) {
			const struct block *b = t->seen->v[i].block;

			if (!b || used[i] || b->n != n)
				continue;
			for (j = 0, k = 0, differ = NONE; j < n; j++) {
				struct buf shown = BUF_INIT;

				variant_write(&shown, b->v[j].text);
				if (!same_text(variant_read(&t->s, buf_str(&shown)), v[j]))
					k++, differ = j;
				buf_free(&shown);
			}
			if (k != most)
				continue;
			used[i] = true;
			*out = (struct fresh){ .text = b->bytes, .block = b, .variant = differ, .left = text };
			if (k)
				out->anew = arena_str(t->m->a, v[differ]);
			return true;
		}
	return false;
}

/* The new body as items: units, and groups that are a block seen, or one with one variant changed. */
static struct freshes fresh_items(struct taking *t, struct str body)
{
	struct freshes out = { 0 };
	struct lines seen = seen_lines(t);
	struct str plain = { body.p, 0 };
	size_t len, nv, i, *taken = arena_array(&t->s, seen.n, sizeof *taken);
	bool blocks = false, *used = arena_array(&t->s, t->seen->n, sizeof *used);

	for (i = 0; i < t->seen->n; i++)
		blocks |= t->seen->v[i].block != NULL;
	while (body.n) {
		struct fresh x;

		len = blocks ? block_group(body, &nv) : 0;
		if (!len || !find_block(t, &x, used, str_sub(body, 0, len), nv)) {
			plain.n += next_line(&body).n;
			continue;
		}
		if (x.block->lead && plain.n) {		/* the line feed is the block's */
			plain.n--;
			x.left = (struct str){ x.left.p - 1, x.left.n + 1 };
		}
		fresh_units(t, &out, &seen, taken, plain);
		add_fresh(t, &out, x);
		body = str_sub(body, len, body.n);
		plain = (struct str){ body.p, 0 };
	}
	fresh_units(t, &out, &seen, taken, plain);
	return out;
}

static bool no_past(const struct merge *m, size_t edit)
{
	size_t i;

	for (i = 0; i < m->words; i++)
		if (m->e[edit].past[i])
			return false;
	return true;
}

/* What lines, tables and fences an edit left, and which of them its insertions, among the writes from w0 on, stand in. */
static void find_structures(struct merge *m, size_t edit, size_t w0)
{
	struct arena s = ARENA_INIT;
	struct state *st = &m->state[edit];
	const struct item *v = st->items.v;
	size_t n = st->items.n, i, j, k, w, last;
	struct str *texts = arena_array(&s, n, sizeof *texts);
	size_t *writer = arena_array(&s, m->nunits, sizeof *writer);	/* of each unit: his write that added it, plus 1 */

	st->begin = arena_array(m->a, n, sizeof *st->begin);
	for (i = 0; i < n; i = j) {		/* a block stands by itself */
		for (j = i; j < n && !v[j].block; j++)
			texts[j] = m->units[v[j].unit].text;
		units_structure(st->begin + i, texts + i, j - i);
		for (k = i; k < j; k++)
			st->begin[k] += i;
		if (j < n)
			st->begin[j] = j, j++;
	}
	for (w = w0; w < m->nwrites; w++)
		for (k = 0; m->writes[w].run != NONE && k < m->runs[m->writes[w].run].n; k++)
			writer[m->runs[m->writes[w].run].first + k] = w + 1;
	for (i = 0; i < n; i = j) {
		for (j = i; j < n && st->begin[j] == i; j++)
			;
		for (k = i, last = 0; k < j && !v[k].block; k++) {
			if (!(w = writer[v[k].unit]) || w == last || m->writes[w - 1].d.n)
				continue;
			for (last = w, w = i; w < j; w++)
				if (!writer[v[w].unit])
					list_put(&m->writes[last - 1].into, m->a, v[w].unit);
		}
	}
	for (w = w0; w < m->nwrites; w++)
		list_sort(&m->writes[w].into);
	arena_free(&s);
}

/* A block left: the bytes are his. */
static void keep_bytes(struct merge *m, struct item *x, struct str left)
{
	struct block *b;

	if (str_eq(x->block->bytes, left))
		return;
	b = arena_alloc(m->a, sizeof *b);
	*b = *x->block;
	b->bytes = arena_str(m->a, left);
	b->lead = left.p[0] == '\n';
	x->block = b;
}

void items_take(struct merge *m, size_t edit, const struct items *seen, struct str body, struct items *left)
{
	struct taking t = { .m = m, .edit = edit, .seen = seen, .left = left };
	struct freshes f = fresh_items(&t, body);
	size_t na = seen->n, i = 0, j = 0, i0, k, n, w, w0 = m->nwrites, *match = arena_array(&t.s, na, sizeof *match);
	struct str *a = arena_array(&t.s, na, sizeof *a), *b = arena_array(&t.s, f.n, sizeof *b);
	bool first = no_past(m, edit);

	for (k = 0; k < na; k++)
		a[k] = seen->v[k].block ? seen->v[k].block->bytes : m->units[seen->v[k].unit].text;
	for (k = 0; k < f.n; k++)
		b[k] = f.v[k].text;
	units_match(match, a, na, b, f.n);
	while (i < na || j < f.n) {
		struct list d = { 0 }, settles = { 0 };
		struct str *texts = NULL;
		size_t cap = 0;

		if (i < na && match[i] == j) {
			if (f.v[j].block && f.v[j].variant != NONE)
				edit_variant(&t, seen->v[i].block, f.v[j].variant, f.v[j].anew);
			else
				items_add(left, m->a, seen->v[i]);
			if (f.v[j].block)
				keep_bytes(m, &left->v[left->n - 1], f.v[j].left);
			i++, j++;
			continue;
		}
		for (i0 = i; i < na && match[i] == NONE; i++) {
			const struct block *blk = seen->v[i].block;

			if (blk) {
				list_copy(&d, m->a, &blk->units);
				list_copy(&settles, m->a, &blk->writes);
			} else {
				list_put(&d, m->a, seen->v[i].unit);
			}
		}
		for (n = 0; j < f.n && (i >= na || j < match[i]); j++) {
			if (f.v[j].block) {		/* taken elsewhere: text */
				units_split(&texts, &n, &cap, m->a, f.v[j].left);
				continue;
			}
			if (n == cap)
				texts = arena_grow(m->a, texts, &cap, sizeof *texts);
			texts[n++] = f.v[j].text;
		}
		if (first && n)
			list_put(&d, m->a, BIRTH);
		w = add_write(&t, &d, &settles, texts, n, i0 ? i0 - 1 : NONE, i);
		for (k = 0; m->writes[w].run != NONE && k < m->runs[m->writes[w].run].n; k++)
			items_add(left, m->a, (struct item){ m->runs[m->writes[w].run].first + k, NULL });
	}
	find_structures(m, edit, w0);
	arena_free(&t.s);
}
