/* sync/merge.c: see merge.h. The merge rules, version 1. (The words are those of DESIGN 5; oids are compared as
 * bytes, texts as bytes, unless said.)
 *
 * 0. The set. The view of a document is a function of the authored commits that touched it and of which is in
 * whose past; never of the order they are learned in, of heads or of a merge base. "P" below is such a set, closed
 * under past. What an author saw is the view of his past; a lone head that was taken in whole is seen as he left it.
 *
 * 1. Units and match: units.c. A document is a front matter, if its bytes are one (kb/doc/front.h), and a body: the
 * rest, or else everything.
 *
 * 2. What an edit did to the body. The items he saw (units, and conflict blocks as one item each) are matched with
 * those he left. A stretch of items deleted, of units inserted, or of both between two matched items is one write.
 * Its D is the units deleted (of a block: all units of its region), its run the units inserted.
 *
 * 3. The weave: a tree of runs. A run with D hangs to the left of D's first unit. A run without: behind the last
 * unit L before it (nothing: the root); if L has something to its right already, to the left of the unit that
 * comes next in the whole order, deleted ones counted, else to the right of L. (That is the Fugue tree: Weidner and
 * Kleppmann, 2023; runs stay whole and no order of arrival matters.) Runs at one place on one side: those
 * without D first, then by the least commit id among their adders in P. Equal runs at one place with equal D are
 * one run with several adders.
 *
 * 4. A unit is visible in P while one of its adders in P is in the past of none of its deleters in P.
 *
 * 5. Conflict regions. Two writes overlap when their commits are concurrent, their D share a unit, they are not one
 * run (nor both empty with equal D), and neither is settled by a commit in P. Overlapping writes are one region,
 * and with them, again and again until nothing is added: every write not settled whose D meets the region's units
 * (all D and runs of its writes); every insertion between two units of the region by somebody who had one of its
 * writes in his past; the units of every line, table and fence that a member left with a unit of the region in it;
 * every write whose run stands in such a line, table or fence. The live commits of a region are those of its
 * commits that are in no other's past, or are in that of one who kept the block they stood in. A live commit's
 * variant is the row of the region's units that it left. Equal texts count once; one text: the region shows it
 * (as its least commit id left it), there is no conflict. Several: a block at the place of the region's first unit,
 * variants sorted by their bytes; what else is visible between its units follows behind it.
 *
 * 6. The block: a line of each mark, <!-- conflict -->, <!-- or --> between variants, <!-- /conflict -->; a variant
 * that does not end in a line feed gets one; a line of a variant that is a mark, or backslashes and a mark, gets
 * one more backslash. Who left a block as it was wrote nothing to it. Who left a block with as many variants, of
 * which one alone differs from one that he saw, wrote that variant anew: it is his now. Who left neither settled
 * it: all its writes are settled, the text he left stands.
 *
 * 7. Front matter. A key that the kind lists as a list is a set: an element is in while one add of it in P is in the
 * past of no remove of it. Any other key is a register: a write is live until one that saw it writes; equal values
 * (decoded, NFC) count once; several: the least bytes at NAME, the others at NAME@2 and on, a removed key last and
 * empty. Who changed one of several variants wrote that one, else all he saw. tlp: the most restrictive live value;
 * status: the latest. A write of a guarded key without the right is none.
 *
 * 8. The document is there while one live commit left it there; if another live one deleted it, the last line of
 * its front matter is "gone@2: yes", until somebody removes the line (it stays) or the document (it goes).
 *
 * 9. The whole file, when P has several heads (or a head that was not taken in whole): keys in the order of the head
 * of the least id, then those of the other heads, by id, each behind the key before it there; a value's bytes as the
 * least commit id of its live writes has them; a set as the first head that has just these elements, else
 * in brackets, sorted. */
#include "sync/merge.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/text/fold.h"
#include "sync/units.h"

#define NONE SIZE_MAX

struct list { size_t *v, n, cap; };		/* of indices */

struct run {
	struct list adders, d;			/* d: rising */
	size_t parent;				/* unit; NONE: the root */
	bool left;
	size_t first, n;			/* units */
};
struct unit {
	struct str text;
	size_t run;
	struct list dels;			/* edits */
	struct list left, right;		/* runs; right only at a run's last unit */
};
struct write {
	size_t edit;
	struct list d, settles;			/* d rising; settles: writes */
	size_t run, before, after;		/* before, after: visible neighbours of an insertion, or NONE */
};
struct shown_variant { struct str text; struct list units, edits; };
struct block {
	struct list units, writes;		/* of the region */
	struct shown_variant *v;
	size_t n;
	struct str bytes;
};
struct item { size_t unit; const struct block *block; };	/* block NULL: a unit */
struct items { struct item *v; size_t n, cap; };

struct keyw { struct str name, value, raw; size_t edit; struct list over; };	/* value.p NULL: absent */
struct setw { struct str name, element; size_t edit; bool add; };
struct fkey { struct str name, value, raw; unsigned variant; const struct key *key; };	/* raw: "lead" cut off, from the colon on */
struct state {				/* what an edit left */
	struct items items;
	struct fkey *keys;
	size_t nkeys;
	struct str open, tail;			/* before the first key; behind the last */
	bool fronted, whole, gone, note;	/* whole: every write counted */
};

struct merge {
	struct arena *a;
	const struct edit *e;
	size_t n, words;
	const struct merge_rules *rules;
	struct run *runs; size_t nruns, runs_cap;
	struct unit *units; size_t nunits, units_cap;
	struct list root;			/* runs */
	struct write *writes; size_t nwrites, writes_cap;
	struct keyw *keyw; size_t nkeyw, keyw_cap;
	struct setw *setw; size_t nsetw, setw_cap;
	struct state *state;
};

static bool bit(const uint64_t *p, size_t i)
{
	return p[i / 64] >> (i % 64) & 1;
}

static bool before(const struct merge *m, size_t x, size_t y)	/* is x in y's past? */
{
	return x < y && bit(m->e[y].past, x);
}

static void put(struct list *l, struct arena *a, size_t v)
{
	if (l->n == l->cap)
		l->v = arena_grow(a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n++] = v;
}

static bool in(const struct list *l, size_t v)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i] == v)
			return true;
	return false;
}

static int by_number(const void *x, const void *y)
{
	size_t a = *(const size_t *)x, b = *(const size_t *)y;

	return (a > b) - (a < b);
}

static void sort_unique(struct list *l)
{
	size_t i, k = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof *l->v, by_number);
	for (i = 0; i < l->n; i++)
		if (!k || l->v[k - 1] != l->v[i])
			l->v[k++] = l->v[i];
	l->n = k;
}

static bool same_list(const struct list *x, const struct list *y)
{
	return x->n == y->n && (x->n == 0 || memcmp(x->v, y->v, x->n * sizeof *x->v) == 0);
}

/* ---- the order of the weave (rule 3) ---- */

static size_t least_adder(const struct merge *m, const struct run *r, const uint64_t *p)
{
	size_t i, best = NONE;

	for (i = 0; i < r->adders.n; i++)
		if (bit(p, r->adders.v[i]) && (best == NONE || oid_cmp(&m->e[r->adders.v[i]].id, &m->e[best].id) < 0))
			best = r->adders.v[i];
	return best;
}

struct sib { size_t run, adder; bool repl; };

/* The runs of a list that P has, in order. */
static size_t *siblings(const struct merge *m, struct arena *a, const struct list *l, const uint64_t *p, size_t *n)
{
	size_t *out = arena_array(a, l->n, sizeof *out), i, j, k = 0;
	struct sib *s = arena_array(a, l->n, sizeof *s);

	for (i = 0; i < l->n; i++) {
		const struct run *r = &m->runs[l->v[i]];
		struct sib x = { l->v[i], least_adder(m, r, p), r->d.n > 0 };

		if (x.adder == NONE)
			continue;
		for (j = k++; j > 0; j--) {	/* few: by insertion */
			int c = s[j - 1].repl != x.repl ? (s[j - 1].repl ? 1 : -1) : oid_cmp(&m->e[s[j - 1].adder].id, &m->e[x.adder].id);

			if (c < 0 || (c == 0 && s[j - 1].run < x.run))
				break;
			s[j] = s[j - 1];
		}
		s[j] = x;
	}
	for (i = 0; i < k; i++)
		out[i] = s[i].run;
	*n = k;
	return out;
}

struct frame { size_t run, unit, *kids, nkids, kid; int phase; };	/* phase 0: left kids; 1: right kids */
struct order { size_t *v, n, *pos; };		/* pos[unit]: index in v, or NONE */

/* With what its authors saw: a place may hang on what is masked by now. */
static uint64_t *with_past(const struct merge *m, struct arena *a, const uint64_t *p)
{
	uint64_t *all = arena_array(a, m->words + 1, sizeof *all);
	size_t i, k;

	for (k = 0; k < m->words; k++)
		all[k] = p[k];
	for (i = m->n; m->rules->masked && i-- > 0;)
		for (k = 0; k < m->words && bit(all, i); k++)
			all[k] |= m->e[i].past[k];
	return all;
}

static struct order order_of(const struct merge *m, struct arena *a, const uint64_t *seen)
{
	const uint64_t *p = with_past(m, a, seen);
	struct order o = { arena_array(a, m->nunits, sizeof *o.v), 0, arena_array(a, m->nunits, sizeof *o.pos) };
	struct frame *stack = NULL, f;
	size_t n = 0, cap = 0, i, nroot, *roots = siblings(m, a, &m->root, p, &nroot);

	for (i = 0; i < m->nunits; i++)
		o.pos[i] = NONE;
	for (i = nroot; i-- > 0;) {
		if (n == cap)
			stack = arena_grow(a, stack, &cap, sizeof *stack);
		stack[n++] = (struct frame){ roots[i], NONE, NULL, 0, 0, 0 };
	}
	while (n) {
		f = stack[--n];
		if (f.unit == NONE) {		/* enter the run */
			f.unit = m->runs[f.run].first;
			f.phase = 0;
			f.kid = 0;
			f.kids = siblings(m, a, &m->units[f.unit].left, p, &f.nkids);
		}
		if (f.kid < f.nkids) {		/* the next kid first, then come back here */
			size_t kid = f.kids[f.kid++];

			if (n + 2 > cap) {
				stack = arena_grow(a, stack, &cap, sizeof *stack);
				if (n + 2 > cap)
					stack = arena_grow(a, stack, &cap, sizeof *stack);
			}
			stack[n++] = f;
			stack[n++] = (struct frame){ kid, NONE, NULL, 0, 0, 0 };
			continue;
		}
		if (f.phase == 1)
			continue;		/* the run is done */
		o.pos[f.unit] = o.n;
		o.v[o.n++] = f.unit;
		if (f.unit + 1 < m->runs[f.run].first + m->runs[f.run].n) {
			f.unit++;
			f.kids = siblings(m, a, &m->units[f.unit].left, p, &f.nkids);
		} else {
			f.phase = 1;
			f.kids = siblings(m, a, &m->units[f.unit].right, p, &f.nkids);
		}
		f.kid = 0;
		if (n == cap)
			stack = arena_grow(a, stack, &cap, sizeof *stack);
		stack[n++] = f;
	}
	return o;
}

static bool visible(const struct merge *m, size_t u, const uint64_t *p)
{
	const struct list *adders = &m->runs[m->units[u].run].adders, *dels = &m->units[u].dels;
	size_t i, j;

	for (i = 0; i < adders->n; i++) {
		if (!bit(p, adders->v[i]))
			continue;
		for (j = 0; j < dels->n; j++)
			if (bit(p, dels->v[j]) && before(m, adders->v[i], dels->v[j]))
				break;
		if (j == dels->n)
			return true;
	}
	return false;
}

/* ---- conflict regions (rule 5) ---- */

struct region {
	struct list writes, units, edits, live;
	struct shown_variant *v;
	size_t n;
};
struct regions {
	struct region *v;
	size_t n;
	size_t *of_unit;		/* index, or NONE */
	bool *shown;			/* of units in a region with one text: is it shown? */
};

static bool settled(const struct merge *m, const struct list *active, size_t w)
{
	size_t i;

	for (i = 0; i < active->n; i++)
		if (in(&m->writes[active->v[i]].settles, w))
			return true;
	return false;
}

static bool one_write(const struct merge *m, const struct write *x, const struct write *y)
{
	(void)m;
	return (x->run != NONE && x->run == y->run) || (x->run == NONE && y->run == NONE && same_list(&x->d, &y->d));
}

static bool concurrent(const struct merge *m, size_t x, size_t y)
{
	return x != y && !before(m, x, y) && !before(m, y, x);
}

/* Did edit e leave a block in which edit x has a variant? */
static bool kept(const struct merge *m, size_t e, size_t x)
{
	const struct items *it = &m->state[e].items;
	size_t i, j;

	for (i = 0; i < it->n; i++)
		for (j = 0; it->v[i].block && j < it->v[i].block->n; j++)
			if (in(&it->v[i].block->v[j].edits, x))
				return true;
	return false;
}

struct closing {
	const struct merge *m;
	struct arena *s;
	const uint64_t *p;
	struct list active;		/* writes in P, not settled */
	size_t *reg;			/* of each write: region, or NONE */
	size_t *ureg;			/* of each unit */
	size_t *link;			/* union-find over regions */
	size_t nreg, reg_cap;
	bool changed;
};

static size_t root_of(struct closing *c, size_t r)
{
	while (c->link[r] != r)
		r = c->link[r] = c->link[c->link[r]];
	return r;
}

static void join(struct closing *c, size_t x, size_t y)
{
	x = root_of(c, x);
	y = root_of(c, y);
	if (x == y)
		return;
	if (x > y) {
		size_t t = x;

		x = y;
		y = t;
	}
	c->link[y] = x;
	c->changed = true;
}

static void take_unit(struct closing *c, size_t u, size_t r)
{
	if (c->ureg[u] == NONE) {
		c->ureg[u] = r;
		c->changed = true;
	} else {
		join(c, c->ureg[u], r);
	}
}

static void take_write(struct closing *c, size_t w, size_t r)
{
	const struct write *x = &c->m->writes[w];
	size_t i;

	if (c->reg[w] == NONE) {
		c->reg[w] = r;
		c->changed = true;
	} else {
		join(c, c->reg[w], r);
	}
	for (i = 0; i < x->d.n; i++)
		take_unit(c, x->d.v[i], r);
	for (i = 0; x->run != NONE && i < c->m->runs[x->run].n; i++)
		take_unit(c, c->m->runs[x->run].first + i, r);
}

static size_t new_region(struct closing *c)
{
	if (c->nreg == c->reg_cap)
		c->link = arena_grow(c->s, c->link, &c->reg_cap, sizeof *c->link);
	c->link[c->nreg] = c->nreg;
	return c->nreg++;
}

static void overlaps(struct closing *c)
{
	const struct merge *m = c->m;
	struct list *by_unit = arena_array(c->s, m->nunits, sizeof *by_unit);
	size_t i, j, k;

	for (i = 0; i < c->active.n; i++)
		for (j = 0; j < m->writes[c->active.v[i]].d.n; j++)
			put(&by_unit[m->writes[c->active.v[i]].d.v[j]], c->s, c->active.v[i]);
	for (i = 0; i < m->nunits; i++)
		for (j = 1; j < by_unit[i].n; j++)
			for (k = 0; k < j; k++) {
				size_t x = by_unit[i].v[j], y = by_unit[i].v[k], r;

				if (!concurrent(m, m->writes[x].edit, m->writes[y].edit) || one_write(m, &m->writes[x], &m->writes[y]))
					continue;
				r = c->reg[x] != NONE ? c->reg[x] : c->reg[y] != NONE ? c->reg[y] : new_region(c);
				take_write(c, x, r);
				take_write(c, y, r);
			}
}

/* Lines, tables and fences of what an edit left: whole ones only. */
static void structures(struct closing *c, size_t edit, bool member)
{
	const struct items *it = &c->m->state[edit].items;
	struct str *texts = arena_array(c->s, it->n, sizeof *texts);
	size_t *begin = arena_array(c->s, it->n, sizeof *begin), i, j, k, r, w;

	for (i = 0; i < it->n; i++)
		texts[i] = it->v[i].block ? it->v[i].block->bytes : c->m->units[it->v[i].unit].text;
	units_structure(begin, texts, it->n);
	for (i = 0; i < it->n; i = j) {
		for (j = i, r = NONE; j < it->n && begin[j] == begin[i]; j++)
			if (!it->v[j].block && r == NONE)
				r = c->ureg[it->v[j].unit];
		for (k = i; k < j && r != NONE; k++) {
			if (it->v[k].block)
				continue;
			if (member) {
				take_unit(c, it->v[k].unit, r);
				continue;
			}
			for (w = 0; w < c->active.n; w++) {	/* a run of his own in such a line */
				const struct write *x = &c->m->writes[c->active.v[w]];

				if (x->edit == edit && x->run == c->m->units[it->v[k].unit].run)
					take_write(c, c->active.v[w], r);
			}
		}
	}
}

static void close_regions(struct closing *c)
{
	const struct merge *m = c->m;
	size_t i, j, e;

	do {
		bool *member = arena_array(c->s, m->n, sizeof *member);

		c->changed = false;
		for (i = 0; i < c->active.n; i++) {
			size_t w = c->active.v[i], r = c->reg[w];
			const struct write *x = &m->writes[w];

			for (j = 0; j < x->d.n && r == NONE; j++)
				r = c->ureg[x->d.v[j]];
			if (r == NONE && !x->d.n && x->before != NONE && x->after != NONE && c->ureg[x->before] != NONE &&
			    c->ureg[x->after] != NONE && root_of(c, c->ureg[x->before]) == root_of(c, c->ureg[x->after]))
				for (j = 0; j < c->active.n && r == NONE; j++)
					if (c->reg[c->active.v[j]] != NONE && root_of(c, c->reg[c->active.v[j]]) == root_of(c, c->ureg[x->before]) &&
					    before(m, m->writes[c->active.v[j]].edit, x->edit))
						r = c->ureg[x->before];
			if (r != NONE)
				take_write(c, w, r);
			if (c->reg[w] != NONE)
				member[x->edit] = true;
		}
		for (e = 0; e < m->n; e++)
			if (bit(c->p, e))
				structures(c, e, member[e]);
	} while (c->changed);
}

static void variant_of(const struct merge *m, struct arena *a, struct shown_variant *v, const struct region *r, size_t edit)
{
	const struct items *it = &m->state[edit].items;
	struct buf text = BUF_INIT;
	size_t i, j, k;

	for (i = 0; i < it->n; i++) {
		const struct block *b = it->v[i].block;

		if (!b) {
			if (!in(&r->units, it->v[i].unit))
				continue;
			put(&v->units, a, it->v[i].unit);
			buf_str_add(&text, m->units[it->v[i].unit].text);
			continue;
		}
		for (j = 0; j < b->n; j++)	/* the variant that he wrote anew in a block that he kept */
			for (k = 0; b->v[j].edits.n == 1 && b->v[j].edits.v[0] == edit && k < b->v[j].units.n; k++) {
				put(&v->units, a, b->v[j].units.v[k]);
				buf_str_add(&text, m->units[b->v[j].units.v[k]].text);
			}
	}
	v->text = arena_str(a, buf_str(&text));
	if (!v->text.p)
		v->text = STR("");
	put(&v->edits, a, edit);
	buf_free(&text);
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(((const struct shown_variant *)x)->text, ((const struct shown_variant *)y)->text);
}

static void variants(const struct merge *m, struct arena *a, struct region *r)
{
	size_t i, j;

	for (i = 0; i < r->edits.n; i++) {
		bool over = false;

		for (j = 0; j < r->edits.n && !over; j++)
			over = before(m, r->edits.v[i], r->edits.v[j]) && !kept(m, r->edits.v[j], r->edits.v[i]);
		if (!over)
			put(&r->live, a, r->edits.v[i]);
	}
	r->v = arena_array(a, r->live.n, sizeof *r->v);
	for (i = 0; i < r->live.n; i++) {
		struct shown_variant v = { 0 };

		variant_of(m, a, &v, r, r->live.v[i]);
		for (j = 0; j < r->n && !str_eq(r->v[j].text, v.text); j++)
			;
		if (j == r->n) {
			r->v[r->n++] = v;
		} else {			/* equal: the units of the least id stand for it */
			if (oid_cmp(&m->e[r->live.v[i]].id, &m->e[r->v[j].edits.v[0]].id) < 0) {
				struct list edits = r->v[j].edits;

				r->v[j] = v;
				for (size_t k = 0; k < edits.n; k++)
					put(&r->v[j].edits, a, edits.v[k]);
			} else {
				put(&r->v[j].edits, a, r->live.v[i]);
			}
		}
	}
	if (r->n > 1)
		qsort(r->v, r->n, sizeof *r->v, by_text);
}

static void regions_of(struct regions *out, const struct merge *m, struct arena *a, const uint64_t *p)
{
	struct arena s = ARENA_INIT;
	struct closing c = { .m = m, .s = &s, .p = p };
	struct list all = { 0 };
	size_t i, j, *index;

	*out = (struct regions){ .of_unit = arena_array(a, m->nunits, sizeof *out->of_unit),
		.shown = arena_array(a, m->nunits, sizeof *out->shown) };
	for (i = 0; i < m->nunits; i++)
		out->of_unit[i] = NONE;
	for (i = 0; i < m->nwrites; i++)
		if (bit(p, m->writes[i].edit))
			put(&all, &s, i);
	for (i = 0; i < all.n; i++)
		if (!settled(m, &all, all.v[i]))
			put(&c.active, &s, all.v[i]);
	c.reg = arena_array(&s, m->nwrites, sizeof *c.reg);
	c.ureg = arena_array(&s, m->nunits, sizeof *c.ureg);
	for (i = 0; i < m->nwrites; i++)
		c.reg[i] = NONE;
	for (i = 0; i < m->nunits; i++)
		c.ureg[i] = NONE;
	overlaps(&c);
	if (!c.nreg)
		goto out;
	close_regions(&c);
	index = arena_array(&s, c.nreg, sizeof *index);
	out->v = arena_array(a, c.nreg, sizeof *out->v);
	for (i = 0; i < c.nreg; i++)
		index[i] = root_of(&c, i) == i ? out->n++ : NONE;
	for (i = 0; i < m->nunits; i++)
		if (c.ureg[i] != NONE) {
			out->of_unit[i] = index[root_of(&c, c.ureg[i])];
			put(&out->v[out->of_unit[i]].units, a, i);
		}
	for (i = 0; i < m->nwrites; i++)
		if (c.reg[i] != NONE) {
			struct region *r = &out->v[index[root_of(&c, c.reg[i])]];

			put(&r->writes, a, i);
			if (!in(&r->edits, m->writes[i].edit))
				put(&r->edits, a, m->writes[i].edit);
		}
	for (i = 0; i < out->n; i++) {
		variants(m, a, &out->v[i]);
		for (j = 0; out->v[i].n == 1 && j < out->v[i].v[0].units.n; j++)
			out->shown[out->v[i].v[0].units.v[j]] = true;
	}
out:
	arena_free(&s);
}

/* ---- blocks (rule 6) ---- */

static const char *const marks[] = { "<!-- conflict -->", "<!-- or -->", "<!-- /conflict -->" };

static size_t mark_of(struct str line)		/* 1 to 3; 0: none */
{
	size_t i;

	if (line.n && line.p[line.n - 1] == '\n')
		line.n--;
	if (line.n && line.p[line.n - 1] == '\r')
		line.n--;
	for (i = 0; i < 3; i++)
		if (str_is(line, marks[i]))
			return i + 1;
	return 0;
}

static struct str next_line(struct str *s)
{
	size_t end = str_chr(*s, '\n');
	struct str line = str_sub(*s, 0, end == SIZE_MAX ? s->n : end + 1);

	*s = str_sub(*s, line.n, s->n);
	return line;
}

static bool escaped(struct str line, size_t least)	/* at least so many backslashes, then a mark */
{
	size_t i = 0;

	while (i < line.n && line.p[i] == '\\')
		i++;
	return i >= least && mark_of(str_sub(line, i, line.n));
}

static void write_variant(struct buf *b, struct str text)
{
	while (text.n) {
		struct str line = next_line(&text);

		if (escaped(line, 0))
			buf_putc(b, '\\');
		buf_str_add(b, line);
		if (!text.n && line.p[line.n - 1] != '\n')
			buf_putc(b, '\n');
	}
}

static struct str read_variant(struct arena *a, struct str text)
{
	struct buf b = BUF_INIT;
	struct str out;

	while (text.n) {
		struct str line = next_line(&text);

		buf_str_add(&b, escaped(line, 1) ? str_sub(line, 1, line.n) : line);
	}
	out = b.n ? arena_str(a, buf_str(&b)) : STR("");
	buf_free(&b);
	return out;
}

static void format_block(struct arena *a, struct block *b)
{
	struct buf out = BUF_INIT;
	size_t i;

	for (i = 0; i < b->n; i++) {
		buf_printf(&out, "%s\n", marks[i ? 1 : 0]);
		write_variant(&out, b->v[i].text);
	}
	buf_printf(&out, "%s\n", marks[2]);
	b->bytes = arena_str(a, buf_str(&out));
	buf_free(&out);
}

/* The well-made group that begins with text's first line: its length in bytes, 0 none; *n variants. */
static size_t group(struct str text, size_t *n)
{
	struct str rest = text, line;
	size_t len, k;

	line = next_line(&rest);
	if (mark_of(line) != 1)
		return 0;
	for (*n = 1, len = line.n; rest.n;) {
		line = next_line(&rest);
		len += line.n;
		k = mark_of(line);
		if (k == 1)
			return 0;
		*n += k == 2;
		if (k == 3)
			return *n > 1 ? len : 0;
	}
	return 0;
}

static struct str *group_variants(struct arena *a, struct str text, size_t n)
{
	struct str *v = arena_array(a, n, sizeof *v), line = next_line(&text);
	const char *from = text.p;
	size_t i = 0, k;

	while (i < n) {
		const char *at = text.p;

		line = next_line(&text);
		if (!(k = mark_of(line)))
			continue;
		v[i++] = read_variant(a, (struct str){ from, (size_t)(at - from) });
		from = text.p;
	}
	return v;
}

/* ---- what P shows of the body ---- */

static void add_item(struct items *it, struct arena *a, struct item x)
{
	if (it->n == it->cap)
		it->v = arena_grow(a, it->v, &it->cap, sizeof *it->v);
	it->v[it->n++] = x;
}

static struct items render_body(const struct merge *m, const uint64_t *p)
{
	struct arena s = ARENA_INIT;
	struct order o = order_of(m, &s, p);
	struct items out = { 0 };
	struct regions rs;
	bool *done;
	size_t i, j;

	regions_of(&rs, m, &s, p);
	done = arena_array(&s, rs.n, sizeof *done);
	for (i = 0; i < o.n; i++) {
		size_t u = o.v[i], ri = rs.of_unit[u];
		struct region *r = ri == NONE ? NULL : &rs.v[ri];
		struct block *b;

		if (!r || r->n < 2) {
			if (r ? rs.shown[u] : visible(m, u, p))
				add_item(&out, m->a, (struct item){ u, NULL });
			continue;
		}
		if (done[ri])
			continue;
		done[ri] = true;
		b = arena_alloc(m->a, sizeof *b);
		*b = (struct block){ .n = r->n, .v = arena_array(m->a, r->n, sizeof *b->v) };
		for (j = 0; j < r->units.n; j++)
			put(&b->units, m->a, r->units.v[j]);
		for (j = 0; j < r->writes.n; j++)
			put(&b->writes, m->a, r->writes.v[j]);
		for (j = 0; j < r->n; j++) {
			size_t k;

			b->v[j].text = arena_str(m->a, r->v[j].text);
			for (k = 0; k < r->v[j].units.n; k++)
				put(&b->v[j].units, m->a, r->v[j].units.v[k]);
			for (k = 0; k < r->v[j].edits.n; k++)
				put(&b->v[j].edits, m->a, r->v[j].edits.v[k]);
			sort_unique(&b->v[j].edits);
		}
		format_block(m->a, b);
		if (out.n) {			/* a mark begins its line */
			const struct item *last = &out.v[out.n - 1];
			struct str t = last->block ? last->block->bytes : m->units[last->unit].text;

			if (t.n && t.p[t.n - 1] != '\n')
				b->bytes = cstr(arena_printf(m->a, "\n%s", b->bytes.p));
		}
		add_item(&out, m->a, (struct item){ NONE, b });
	}
	arena_free(&s);
	return out;
}

/* ---- taking an edit of the body in (rules 2, 3) ---- */

static size_t add_run(struct merge *m, size_t edit, const struct list *d, size_t parent, bool left, const struct str *texts, size_t n)
{
	struct list *at = parent == NONE ? &m->root : left ? &m->units[parent].left : &m->units[parent].right;
	struct run r = { .parent = parent, .left = left, .first = m->nunits, .n = n };
	size_t i, j;

	for (i = 0; i < at->n; i++) {
		struct run *x = &m->runs[at->v[i]];
		bool same = x->n == n && same_list(&x->d, d);

		for (j = 0; same && j < n; j++)
			same = str_eq(m->units[x->first + j].text, texts[j]);
		for (j = 0; same && j < x->adders.n; j++)
			same = !before(m, x->adders.v[j], edit) && x->adders.v[j] != edit;
		if (same) {
			put(&x->adders, m->a, edit);
			return at->v[i];
		}
	}
	put(&r.adders, m->a, edit);
	for (i = 0; i < d->n; i++)
		put(&r.d, m->a, d->v[i]);
	put(at, m->a, m->nruns);
	if (m->nruns == m->runs_cap)
		m->runs = arena_grow(m->a, m->runs, &m->runs_cap, sizeof *m->runs);
	m->runs[m->nruns] = r;
	for (j = 0; j < n; j++) {
		if (m->nunits == m->units_cap)
			m->units = arena_grow(m->a, m->units, &m->units_cap, sizeof *m->units);
		m->units[m->nunits++] = (struct unit){ .text = texts[j], .run = m->nruns };
	}
	return m->nruns++;
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

static const struct order *weave_order(struct taking *t)
{
	if (!t->ordered)
		t->order = order_of(t->m, &t->s, t->m->e[t->edit].past);
	t->ordered = true;
	return &t->order;
}

static size_t first_in_order(struct taking *t, const struct list *d)
{
	const struct order *o = d->n > 1 ? weave_order(t) : NULL;
	size_t i, best = d->v[0];

	for (i = 1; i < d->n; i++)
		if (o->pos[d->v[i]] != NONE && (o->pos[best] == NONE || o->pos[d->v[i]] < o->pos[best]))
			best = d->v[i];
	return best;
}

static size_t last_of(struct taking *t, const struct item *x)
{
	const struct order *o;
	size_t i, best;

	if (!x->block)
		return x->unit;
	o = weave_order(t);
	for (best = x->block->units.v[0], i = 1; i < x->block->units.n; i++)
		if (o->pos[x->block->units.v[i]] != NONE && (o->pos[best] == NONE || o->pos[x->block->units.v[i]] > o->pos[best]))
			best = x->block->units.v[i];
	return best;
}

static size_t first_of(const struct item *x)
{
	return x->block ? x->block->units.v[0] : x->unit;
}

static bool any_in(const struct merge *m, const struct list *runs, const uint64_t *p)
{
	size_t i;

	for (i = 0; i < runs->n; i++)
		if (least_adder(m, &m->runs[runs->v[i]], p) != NONE)
			return true;
	return false;
}

/* Where an insertion behind L hangs. */
static void place(struct taking *t, size_t l, size_t *parent, bool *left)
{
	const struct merge *m = t->m;
	const uint64_t *p = m->e[t->edit].past;
	const struct order *o = weave_order(t);
	bool has;

	if (l == NONE) {
		has = o->n > 0;
	} else {
		const struct run *r = &m->runs[m->units[l].run];

		has = l + 1 < r->first + r->n || any_in(m, &m->units[l].right, p);
	}
	if (!has) {
		*parent = l;
		*left = false;
	} else {
		*parent = o->v[l == NONE ? 0 : o->pos[l] + 1];
		*left = true;
	}
}

static size_t add_write(struct taking *t, struct list *d, const struct list *settles, const struct str *texts, size_t n,
    size_t prev_item, size_t next_item)
{
	struct merge *m = t->m;
	struct write w = { .edit = t->edit, .d = *d, .settles = *settles, .run = NONE, .before = NONE, .after = NONE };
	size_t i, parent, l;
	bool left;

	sort_unique(&w.d);
	for (i = 0; i < w.d.n; i++)
		put(&m->units[w.d.v[i]].dels, m->a, t->edit);
	if (n) {
		if (w.d.n) {
			parent = first_in_order(t, &w.d);
			left = true;
		} else {
			l = prev_item == NONE ? NONE : last_of(t, &t->seen->v[prev_item]);
			place(t, l, &parent, &left);
			w.before = l;
			w.after = next_item < t->seen->n ? first_of(&t->seen->v[next_item]) : NONE;
		}
		w.run = add_run(m, t->edit, &w.d, parent, left, texts, n);
	}
	if (m->nwrites == m->writes_cap)
		m->writes = arena_grow(m->a, m->writes, &m->writes_cap, sizeof *m->writes);
	m->writes[m->nwrites] = w;
	return m->nwrites++;
}

/* A block of which one variant was written anew. */
static void edit_variant(struct taking *t, const struct block *b, size_t k, struct str text)
{
	struct merge *m = t->m;
	struct block *nb = arena_alloc(m->a, sizeof *nb);
	struct list d = { 0 }, settles = { 0 };
	struct str *units = NULL;
	size_t n = 0, cap = 0, i, w;

	units_split(&units, &n, &cap, m->a, text);
	for (i = 0; i < b->v[k].units.n; i++)
		put(&d, m->a, b->v[k].units.v[i]);
	for (i = 0; i < b->writes.n; i++)
		if (in(&b->v[k].edits, m->writes[b->writes.v[i]].edit))
			put(&settles, m->a, b->writes.v[i]);
	if (!d.n)				/* the variant was empty: the new text hangs at the region's first unit */
		put(&d, m->a, b->units.v[0]);
	w = add_write(t, &d, &settles, units, n, NONE, NONE);
	*nb = *b;
	nb->units = (struct list){ 0 };
	for (i = 0; i < b->units.n; i++)
		put(&nb->units, m->a, b->units.v[i]);
	nb->writes = (struct list){ 0 };
	for (i = 0; i < b->writes.n; i++)
		put(&nb->writes, m->a, b->writes.v[i]);
	put(&nb->writes, m->a, w);
	nb->v = arena_array(m->a, b->n, sizeof *nb->v);
	memcpy(nb->v, b->v, b->n * sizeof *nb->v);
	nb->v[k] = (struct shown_variant){ .text = text };
	put(&nb->v[k].edits, m->a, t->edit);
	for (i = 0; m->writes[w].run != NONE && i < m->runs[m->writes[w].run].n; i++) {
		put(&nb->v[k].units, m->a, m->runs[m->writes[w].run].first + i);
		put(&nb->units, m->a, m->runs[m->writes[w].run].first + i);
	}
	sort_unique(&nb->units);
	format_block(m->a, nb);
	add_item(t->left, m->a, (struct item){ NONE, nb });
}

struct fresh { struct str text; const struct block *of; size_t variant; struct str variant_text; bool composite; };

/* The new body as items: units, and groups that are a block seen, or one with one variant changed. */
static struct fresh *fresh_items(struct taking *t, struct str body, size_t *n)
{
	struct fresh *out = NULL;
	struct str *units = NULL, plain = body;
	size_t cap = 0, nunits = 0, ucap = 0, i, j, k, len, nv, differ;
	bool blocks = false, *used = arena_array(&t->s, t->seen->n, sizeof *used);

	*n = 0;
	for (i = 0; i < t->seen->n; i++)
		blocks |= t->seen->v[i].block != NULL;
	for (plain.n = 0; body.n;) {
		const struct block *of = NULL;
		struct str *v = NULL;

		len = blocks ? group(body, &nv) : 0;
		if (len) {
			v = group_variants(&t->s, body, nv);
			for (i = 0; i < t->seen->n && !of; i++) {	/* an equal one before one that differs */
				const struct block *b = t->seen->v[i].block;

				if (b && !used[i] && b->n == nv && str_ends(b->bytes, str_sub(body, 0, len))) {
					of = b;
					used[i] = true;
					differ = NONE;
				}
			}
			for (i = 0; i < t->seen->n && !of; i++) {
				const struct block *b = t->seen->v[i].block;

				if (!b || used[i] || b->n != nv)
					continue;
				for (j = 0, k = 0; j < nv; j++) {
					struct buf shown = BUF_INIT;
					struct str bare;

					write_variant(&shown, b->v[j].text);
					bare = read_variant(&t->s, buf_str(&shown));
					buf_free(&shown);
					if (!str_eq(bare, v[j]))
						k++, differ = j;
				}
				if (k == 1) {
					of = b;
					used[i] = true;
				}
			}
		}
		if (!of) {
			struct str line = next_line(&body);

			plain = plain.n ? (struct str){ plain.p, plain.n + line.n } : line;
		}
		if (of || !body.n) {
			nunits = 0;
			units = NULL;
			ucap = 0;
			units_split(&units, &nunits, &ucap, t->m->a, plain);
			for (i = 0; i < nunits; i++) {
				if (*n == cap)
					out = arena_grow(&t->s, out, &cap, sizeof *out);
				out[(*n)++] = (struct fresh){ units[i], NULL, NONE, STR_NONE, false };
			}
			plain.n = 0;
		}
		if (of) {
			if (*n == cap)
				out = arena_grow(&t->s, out, &cap, sizeof *out);
			out[(*n)++] = (struct fresh){ of->bytes, of, differ, differ == NONE ? STR_NONE : arena_str(t->m->a, v[differ]), true };
			if (differ != NONE && !out[*n - 1].variant_text.p)
				out[*n - 1].variant_text = STR("");
			body = str_sub(body, len, body.n);
			if (!body.n)
				break;
		}
	}
	return out;
}

static void take_body(struct merge *m, size_t edit, const struct items *seen, struct str body, struct items *left)
{
	struct taking t = { .m = m, .edit = edit, .seen = seen, .left = left };
	struct fresh *f;
	struct str *a, *b;
	size_t *match, na = seen->n, nb, i = 0, j = 0, i0, j0, k, n;

	f = fresh_items(&t, body, &nb);
	a = arena_array(&t.s, na, sizeof *a);
	b = arena_array(&t.s, nb, sizeof *b);
	match = arena_array(&t.s, na, sizeof *match);
	for (k = 0; k < na; k++)
		a[k] = seen->v[k].block ? seen->v[k].block->bytes : m->units[seen->v[k].unit].text;
	for (k = 0; k < nb; k++)
		b[k] = f[k].text;
	units_match(match, a, na, b, nb);
	for (k = 0; k < na; k++)		/* a unit is no block, whatever its bytes */
		if (match[k] != NONE && (seen->v[k].block != NULL) != f[match[k]].composite)
			match[k] = NONE;
	while (i < na || j < nb) {
		struct list d = { 0 }, settles = { 0 };
		struct str *texts = NULL;
		size_t cap = 0, w;

		if (i < na && match[i] == j) {
			if (f[j].composite && f[j].variant != NONE)
				edit_variant(&t, seen->v[i].block, f[j].variant, f[j].variant_text);
			else
				add_item(left, m->a, seen->v[i]);
			i++, j++;
			continue;
		}
		for (i0 = i; i < na && match[i] == NONE; i++) {
			const struct block *blk = seen->v[i].block;

			for (k = 0; blk && k < blk->units.n; k++)
				put(&d, m->a, blk->units.v[k]);
			for (k = 0; blk && k < blk->writes.n; k++)
				put(&settles, m->a, blk->writes.v[k]);
			if (!blk)
				put(&d, m->a, seen->v[i].unit);
		}
		for (j0 = j, n = 0; j < nb && (i >= na || j < match[i]); j++) {
			if (f[j].composite) {		/* a block taken elsewhere: text */
				units_split(&texts, &n, &cap, m->a, f[j].text);
				continue;
			}
			if (n == cap)
				texts = arena_grow(m->a, texts, &cap, sizeof *texts);
			texts[n++] = f[j].text;
		}
		(void)j0;
		w = add_write(&t, &d, &settles, texts, n, i0 ? i0 - 1 : NONE, i);
		for (k = 0; m->writes[w].run != NONE && k < m->runs[m->writes[w].run].n; k++)
			add_item(left, m->a, (struct item){ m->runs[m->writes[w].run].first + k, NULL });
	}
	arena_free(&t.s);
}

/* ---- front matter (rule 7) ---- */

static bool is_set(const struct merge *m, struct str name)
{
	const struct key_rule *r = kind_key(m->rules->kind, name);

	return r && (r->type == KEY_LIST || r->type == KEY_IDLIST);
}

static struct str norm(struct arena *a, const struct key *k)
{
	struct buf b = BUF_INIT;
	struct str s;
	size_t i;

	if (k->list)
		buf_putc(&b, '[');
	for (i = 0; i < k->n; i++) {
		buf_puts(&b, i ? "\x1f" : "");
		text_nfc(&b, k->values[i]);
	}
	/* In a conflict the empty value sorts first, so an empty one behind it stands for a removed key. */
	s = b.n ? arena_str(a, buf_str(&b)) : k->variant > 1 ? STR_NONE : STR("");
	buf_free(&b);
	return s;
}

static struct str parse_front(struct merge *m, struct state *s, struct str text)
{
	struct err e = ERR_INIT;
	struct place at;
	struct front f;
	size_t i, last;

	if (front_parse(&f, &at, m->a, text, &e))
		return text;
	s->fronted = true;
	s->keys = arena_array(m->a, f.n, sizeof *s->keys);
	last = f.open;
	s->open = str_sub(text, 0, f.open);
	for (i = 0; i < f.n; i++) {
		const struct key *k = &f.keys[i];
		struct str raw = str_sub(text, k->from, k->to);
		struct fkey *x;

		if (k->variant == 2 && str_is(k->name, "gone")) {
			s->note = true;
			last = k->to;
			continue;
		}
		x = &s->keys[s->nkeys++];
		*x = (struct fkey){ k->name, norm(m->a, k), str_sub(raw, str_chr(raw, ':'), raw.n), k->variant, k };
		last = k->to;
	}
	s->tail = str_sub(text, last, f.close);
	return str_sub(text, f.body, text.n);
}

static bool live_key(const struct merge *m, size_t w, const uint64_t *p)
{
	size_t i;

	for (i = w + 1; i < m->nkeyw; i++)
		if (bit(p, m->keyw[i].edit) && in(&m->keyw[i].over, w))
			return false;
	return true;
}

struct value { struct str value, raw; struct list edits, writes; };	/* edits by least id first */
struct values { struct value *v; size_t n; };

static int by_value(const void *x, const void *y)
{
	const struct value *a = x, *b = y;

	if (!a->value.p || !b->value.p)
		return !a->value.p - !b->value.p;	/* absent: last */
	return str_cmp(a->value, b->value);
}

static int tlp_or_status(struct str name, struct str value)	/* rank among live ones; -1: a plain register */
{
	if (str_is(name, "tlp"))
		return tlp_rank(value) + 1;
	if (str_is(name, "status"))
		return status_rank(value) + 1;
	return -1;
}

/* What P shows of a register: its live values, sorted; of tlp and status the one that counts. */
static struct values shown(const struct merge *m, struct arena *a, struct str name, const uint64_t *p)
{
	struct values out = { arena_array(a, m->nkeyw + 1, sizeof *out.v), 0 };
	size_t i, j, best = 0;

	for (i = 0; i < m->nkeyw; i++) {
		const struct keyw *w = &m->keyw[i];

		if (!bit(p, w->edit) || !str_eq(w->name, name) || !live_key(m, i, p))
			continue;
		for (j = 0; j < out.n; j++)
			if ((out.v[j].value.p != NULL) == (w->value.p != NULL) && str_eq(out.v[j].value, w->value))
				break;
		if (j == out.n)
			out.v[out.n++] = (struct value){ .value = w->value, .raw = w->raw };
		else if (oid_cmp(&m->e[w->edit].id, &m->e[out.v[j].edits.v[0]].id) < 0)
			out.v[j].raw = w->raw;
		put(&out.v[j].edits, a, w->edit);
		if (oid_cmp(&m->e[w->edit].id, &m->e[out.v[j].edits.v[0]].id) < 0) {
			out.v[j].edits.v[out.v[j].edits.n - 1] = out.v[j].edits.v[0];
			out.v[j].edits.v[0] = w->edit;
		}
		put(&out.v[j].writes, a, i);
	}
	if (out.n > 1)
		qsort(out.v, out.n, sizeof *out.v, by_value);
	if (out.n > 1 && tlp_or_status(name, STR_NONE) >= 0) {
		for (i = 1; i < out.n; i++)
			if (tlp_or_status(name, out.v[i].value) > tlp_or_status(name, out.v[best].value))
				best = i;
		for (i = 0; i < out.n; i++)	/* who overwrites it overwrites all */
			for (j = 0; i != best && j < out.v[i].writes.n; j++)
				put(&out.v[best].writes, a, out.v[i].writes.v[j]);
		out.v[0] = out.v[best];
		out.n = 1;
	}
	if (out.n == 1 && !out.v[0].value.p)
		out.v[0].raw = STR_NONE;
	return out;
}

static bool in_set(const struct merge *m, const uint64_t *p, struct str name, struct str element)
{
	size_t i, j;

	for (i = 0; i < m->nsetw; i++) {
		const struct setw *x = &m->setw[i];

		if (!x->add || !bit(p, x->edit) || !str_eq(x->name, name) || !str_eq(x->element, element))
			continue;
		for (j = 0; j < m->nsetw; j++) {
			const struct setw *r = &m->setw[j];

			if (!r->add && bit(p, r->edit) && before(m, x->edit, r->edit) && str_eq(r->name, name) &&
			    str_eq(r->element, element))
				break;
		}
		if (j == m->nsetw)
			return true;
	}
	return false;
}

static int by_str(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static struct str *set_of(const struct merge *m, struct arena *a, const uint64_t *p, struct str name, size_t *n)
{
	struct str *out = arena_array(a, m->nsetw, sizeof *out);
	size_t i, k = 0;

	*n = 0;
	for (i = 0; i < m->nsetw; i++)
		if (m->setw[i].add && bit(p, m->setw[i].edit) && str_eq(m->setw[i].name, name) &&
		    in_set(m, p, name, m->setw[i].element))
			out[(*n)++] = m->setw[i].element;
	if (*n > 1)
		qsort(out, *n, sizeof *out, by_str);
	for (i = 0; i < *n; i++)
		if (!k || !str_eq(out[k - 1], out[i]))
			out[k++] = out[i];
	*n = k;
	return out;
}

static bool may(const struct merge *m, size_t edit, struct str key, struct str old, struct str new)
{
	return !m->rules->may || m->rules->may(m->rules->ctx, edit, key, old, new);
}

static void add_keyw(struct merge *m, struct keyw w)
{
	if (m->nkeyw == m->keyw_cap)
		m->keyw = arena_grow(m->a, m->keyw, &m->keyw_cap, sizeof *m->keyw);
	m->keyw[m->nkeyw++] = w;
}

static void take_set(struct merge *m, size_t edit, struct str name, const struct key *k)
{
	struct arena s = ARENA_INIT;
	size_t n, i, j;
	struct str *old = set_of(m, &s, m->e[edit].past, name, &n);

	for (i = 0; i < n + (k ? k->n : 0); i++) {
		struct str element = i < n ? old[i] : k->values[i - n];
		bool was = i < n, is = false;

		for (j = 0; k && j < k->n; j++)
			is |= str_eq(k->values[j], element);
		for (j = 0; i >= n && j < n; j++)
			was |= str_eq(old[j], element);
		if (was == is)
			continue;
		if (m->nsetw == m->setw_cap)
			m->setw = arena_grow(m->a, m->setw, &m->setw_cap, sizeof *m->setw);
		m->setw[m->nsetw++] = (struct setw){ name, arena_str(m->a, element), edit, is };
	}
	arena_free(&s);
}

static void take_register(struct merge *m, size_t edit, struct str name, const struct state *s)
{
	struct arena scratch = ARENA_INIT;
	struct values seen = shown(m, &scratch, name, m->e[edit].past);
	struct keyw w = { .name = name, .edit = edit };
	struct fkey none = { .name = name };
	size_t i, j, fresh = 0, gone = 0, count = 0;
	const struct fkey *new = NULL, *first = NULL;

	for (i = 0; i < s->nkeys; i++) {
		const struct fkey *k = &s->keys[i];

		if (!str_eq(k->name, name))
			continue;
		count++;
		first = first ? first : k;
		for (j = 0; j < seen.n; j++)
			if ((seen.v[j].value.p != NULL) == (k->value.p != NULL) && str_eq(seen.v[j].value, k->value))
				break;
		if (j == seen.n) {
			fresh++;
			new = new ? new : k;
		}
	}
	for (j = 0; j < seen.n; j++) {
		for (i = 0; i < s->nkeys; i++)
			if (str_eq(s->keys[i].name, name) && (seen.v[j].value.p != NULL) == (s->keys[i].value.p != NULL) &&
			    str_eq(seen.v[j].value, s->keys[i].value))
				break;
		gone += i == s->nkeys && !(count == 0 && seen.n == 1 && !seen.v[j].value.p);
	}
	if (!seen.n && count == 0)
		goto out;
	if (!fresh && !gone)
		goto out;			/* as he saw it */
	if (!new)
		new = count ? first : &none;
	w.value = new->value;
	w.raw = new->raw;
	for (j = 0; j < seen.n; j++) {		/* with several left, only what he took away is overwritten */
		bool stays = false;

		for (i = 0; i < s->nkeys && count > 1; i++)
			stays |= &s->keys[i] != new && str_eq(s->keys[i].name, name) && (seen.v[j].value.p != NULL) ==
			    (s->keys[i].value.p != NULL) && str_eq(seen.v[j].value, s->keys[i].value);
		for (i = 0; !stays && i < seen.v[j].writes.n; i++)
			put(&w.over, m->a, seen.v[j].writes.v[i]);
	}
	if (may(m, edit, name, seen.n ? seen.v[0].value : STR_NONE, w.value))
		add_keyw(m, w);
	else
		m->state[edit].whole = false;
out:
	arena_free(&scratch);
}

/* Every key he saw or left. */
static void take_front(struct merge *m, size_t edit, struct state *s)
{
	size_t i, j, n = m->nkeyw, ns = m->nsetw;

	for (i = 0; i < s->nkeys; i++) {
		for (j = 0; j < i && !str_eq(s->keys[j].name, s->keys[i].name); j++)
			;
		if (j < i)
			continue;
		if (is_set(m, s->keys[i].name))
			take_set(m, edit, s->keys[i].name, s->keys[i].key);
		else
			take_register(m, edit, s->keys[i].name, s);
	}
	for (i = 0; i < n + ns; i++) {		/* what he took away */
		struct str name = i < n ? m->keyw[i].name : m->setw[i - n].name;

		for (j = 0; j < s->nkeys && !str_eq(s->keys[j].name, name); j++)
			;
		if (j < s->nkeys)
			continue;
		for (j = 0; j < i && !str_eq(j < n ? m->keyw[j].name : m->setw[j - n].name, name); j++)
			;
		if (j < i)
			continue;
		if (is_set(m, name))
			take_set(m, edit, name, NULL);
		else
			take_register(m, edit, name, s);
	}
}

/* ---- the whole file (rules 8, 9) ---- */

static size_t *heads_of(const struct merge *m, struct arena *a, const uint64_t *p, size_t *n)
{
	size_t *out = arena_array(a, m->n, sizeof *out), i, j, k = 0, t;

	for (i = 0; i < m->n; i++) {
		if (!bit(p, i))
			continue;
		for (j = i + 1; j < m->n && !(bit(p, j) && before(m, i, j)); j++)
			;
		if (j < m->n)
			continue;
		for (t = k++; t > 0 && oid_cmp(&m->e[out[t - 1]].id, &m->e[i].id) > 0; t--)
			out[t] = out[t - 1];
		out[t] = i;
	}
	*n = k;
	return out;
}

/* Presence: heads decide, since every edit writes it, but for those who left the note of a conflict as it was. */
static void presence(const struct merge *m, const uint64_t *p, bool *here, bool *note)
{
	bool gone = false;
	size_t i, j;

	*here = false;
	for (i = 0; i < m->n; i++) {
		if (!bit(p, i) || (m->state[i].note && !m->state[i].gone))
			continue;
		for (j = i + 1; j < m->n; j++)
			if (bit(p, j) && before(m, i, j) && !(m->state[j].note && !m->state[j].gone))
				break;
		if (j < m->n)
			continue;
		if (m->state[i].gone)
			gone = true;
		else
			*here = true;
	}
	*note = *here && gone;
}

static void place_keys(struct str **names, size_t *n, size_t *cap, struct arena *a, const struct state *s)
{
	size_t i, j, at = *n ? NONE : 0;

	for (i = 0; i < s->nkeys; i++) {
		for (j = 0; j < *n && !str_eq((*names)[j], s->keys[i].name); j++)
			;
		if (j < *n) {
			at = j + 1;
			continue;
		}
		if (at == NONE)
			at = *n;
		if (*n == *cap)
			*names = arena_grow(a, *names, cap, sizeof **names);
		memmove(*names + at + 1, *names + at, (*n - at) * sizeof **names);
		(*names)[at++] = s->keys[i].name;
		++*n;
	}
}

static void add_conflict(struct merged *out, size_t *cap, struct arena *a, struct conflict c)
{
	if (out->nconflicts == *cap)
		out->conflicts = arena_grow(a, out->conflicts, cap, sizeof *out->conflicts);
	out->conflicts[out->nconflicts++] = c;
}

static unsigned line_of(const struct buf *b)
{
	size_t i;
	unsigned n = 1;

	for (i = 0; i < b->n; i++)
		n += b->p[i] == '\n';
	return n;
}

static void write_set(struct buf *b, const struct merge *m, struct arena *s, const uint64_t *p, struct str name,
    const size_t *heads, size_t nheads)
{
	size_t n, h, i, j, found;
	struct str *set = set_of(m, s, p, name, &n);

	for (h = 0; h < nheads; h++) {
		const struct state *st = &m->state[heads[h]];

		for (i = 0; i < st->nkeys; i++) {
			const struct key *k = st->keys[i].key;

			if (!str_eq(st->keys[i].name, name))
				continue;
			for (j = 0, found = 0; j < k->n; j++)
				found += bsearch(&k->values[j], set, n, sizeof *set, by_str) != NULL;
			if (k->n == n && found == n) {
				buf_str_add(b, name);
				buf_str_add(b, st->keys[i].raw);
				return;
			}
		}
	}
	if (!n)
		return;
	buf_printf(b, "%.*s: [", FMT_STR(name));
	for (i = 0; i < n; i++) {
		buf_puts(b, i ? ", " : "");
		front_quote(b, set[i], true);
	}
	buf_puts(b, "]\n");
}

static void write_front(struct merged *out, size_t *ccap, struct buf *b, const struct merge *m, struct arena *s,
    const uint64_t *p, const size_t *heads, size_t nheads, bool note)
{
	struct str *names = NULL;
	size_t n = 0, cap = 0, i, j, k, base = 0;

	while (base < nheads && !m->state[heads[base]].fronted)
		base++;
	if (base == nheads)
		return;
	for (i = 0; i < nheads; i++)
		place_keys(&names, &n, &cap, s, &m->state[heads[i]]);
	for (i = 0; i < m->nkeyw; i++) {	/* of none of the heads, yet live: a removal that one of them did not see */
		for (j = 0; j < n && !str_eq(names[j], m->keyw[i].name); j++)
			;
		if (j < n || !bit(p, m->keyw[i].edit))
			continue;
		if (n == cap)
			names = arena_grow(s, names, &cap, sizeof *names);
		names[n++] = m->keyw[i].name;
	}
	buf_puts(b, "---\n");
	for (i = 0; i < n; i++) {
		struct values v;
		struct conflict c = { .where = names[i], .line = line_of(b) };

		if (is_set(m, names[i])) {
			write_set(b, m, s, p, names[i], heads, nheads);
			continue;
		}
		v = shown(m, s, names[i], p);
		if (v.n > 1)
			c.variants = arena_array(m->a, v.n, sizeof *c.variants);
		for (j = 0; j < v.n; j++) {
			if (v.n == 1 && !v.v[0].value.p)
				break;
			buf_str_add(b, names[i]);
			if (j)
				buf_printf(b, "@%zu", j + 1);
			buf_str_add(b, v.v[j].value.p ? v.v[j].raw : STR(":\n"));
			if (v.n > 1) {
				struct list edits = { 0 };

				for (k = 0; k < v.v[j].edits.n; k++)
					put(&edits, m->a, v.v[j].edits.v[k]);
				sort_unique(&edits);
				c.variants[c.n++] = (struct variant){ v.v[j].value, edits.v, edits.n };
			}
		}
		if (v.n > 1)
			add_conflict(out, ccap, m->a, c);
	}
	buf_str_add(b, m->state[heads[base]].tail);
	if (note) {
		add_conflict(out, ccap, m->a, (struct conflict){ .where = STR("gone"), .line = line_of(b) });
		buf_puts(b, "gone@2: yes\n");
	}
	buf_puts(b, "---\n");
}

static struct str file_of(struct merged *out, const struct merge *m, const uint64_t *p, const struct items *items,
    const size_t *heads, size_t nheads, bool note)
{
	struct arena s = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t i, j, ccap = 0;
	struct str text;

	write_front(out, &ccap, &b, m, &s, p, heads, nheads, note);
	for (i = 0; i < items->n; i++) {
		const struct block *k = items->v[i].block;

		if (k) {
			struct conflict c = { .where = STR("passage"), .line = line_of(&b), .n = k->n };

			c.variants = arena_array(m->a, k->n, sizeof *c.variants);
			for (j = 0; j < k->n; j++)
				c.variants[j] = (struct variant){ k->v[j].text, k->v[j].edits.v, k->v[j].edits.n };
			add_conflict(out, &ccap, m->a, c);
		}
		buf_str_add(&b, k ? k->bytes : m->units[items->v[i].unit].text);
	}
	text = b.n ? arena_str(m->a, buf_str(&b)) : STR("");
	buf_free(&b);
	arena_free(&s);
	return text;
}

static bool taken_whole(const struct merge *m, const uint64_t *p, const size_t *heads, size_t n)
{
	size_t i;

	if (n != 1 || !m->state[heads[0]].whole)
		return false;
	for (i = 0; i < heads[0]; i++)		/* what he saw may be masked by now */
		if (bit(m->e[heads[0]].past, i) && !bit(p, i))
			return false;
	return true;
}

/* The items P shows: as a lone head left them, else rendered. */
static struct items items_of(const struct merge *m, const uint64_t *p, const size_t *heads, size_t n)
{
	if (n == 0)
		return (struct items){ 0 };
	if (taken_whole(m, p, heads, n) && !m->state[heads[0]].gone)
		return m->state[heads[0]].items;
	return render_body(m, p);
}

static void take_edit(struct merge *m, size_t i)
{
	struct arena s = ARENA_INIT;
	struct state *st = &m->state[i];
	size_t n, *heads = heads_of(m, &s, m->e[i].past, &n);
	struct items seen = items_of(m, m->e[i].past, heads, n);
	struct str body;

	st->whole = true;
	st->gone = m->e[i].gone;
	if (st->gone) {
		st->items = seen;
	} else {
		body = parse_front(m, st, m->e[i].text);
		take_front(m, i, st);
		take_body(m, i, &seen, body, &st->items);
	}
	arena_free(&s);
}

void merge_document(struct merged *out, struct arena *a, const struct edit *edits, size_t n, const struct merge_rules *rules)
{
	struct merge m = { .a = a, .e = edits, .n = n, .words = EDIT_WORDS(n), .rules = rules };
	struct arena s = ARENA_INIT;
	uint64_t *all = arena_array(&s, m.words + 1, sizeof *all);
	struct items items;
	size_t i, nheads, *heads;
	bool note = false;

	*out = (struct merged){ .text = STR("") };
	m.state = arena_array(a, n, sizeof *m.state);
	for (i = 0; i < n; i++) {
		take_edit(&m, i);
		if (!rules->masked || !bit(rules->masked, i))
			all[i / 64] |= (uint64_t)1 << (i % 64);
	}
	if (!n)
		goto out;
	presence(&m, all, &out->here, &note);
	heads = heads_of(&m, &s, all, &nheads);
	out->as_written = taken_whole(&m, all, heads, nheads);
	if (!out->here)
		goto out;
	items = items_of(&m, all, heads, nheads);
	out->text = file_of(out, &m, all, &items, heads, nheads, note);
	if (out->as_written)		/* the same bytes, and what conflicts are open in them */
		out->text = edits[heads[0]].text;
out:
	arena_free(&s);
}
