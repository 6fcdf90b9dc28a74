/* sync/merge.c: see merge.h. The merge rules, version 1. (The words are those of DESIGN 5; oids are compared as
 * bytes, texts as bytes, unless said.)
 *
 * 0. The set. The view of a document is a function of the authored commits that touched it and of which is in
 * whose past; never of the order they are learned in, of heads or of a merge base. "P" below is such a set, closed
 * under past. What an author saw is the view of his past; a lone head that was taken in whole is seen as he left it.
 *
 * 1. Units and match: units.c. A document is a front matter, if its bytes are one (kb/doc/front.h), and a body: the
 * rest, or else everything. A body whose last line has no line end is read as if it had one (that of the line before
 * it, else a line feed), unless he saw just that line last, so that what others write behind it is a new line.
 *
 * 2. What an edit did to the body. The items he saw (units, and conflict blocks as one item each) are matched with
 * those he left, a block with a block only. A line that he left and saw, but for a carriage return before its
 * line feed, is the units that he saw there (the k-th of equal lines those of the k-th, or the last, of these): so a
 * fence opened above is no change of what is below, and an editor that changes line ends changes nothing. A stretch of items deleted, of units inserted, or of both between two
 * matched items is one write. Its D is the units deleted (of a block: all units of its region), its run the units
 * inserted. The first edit (its past is empty), if it left any unit, deleted the birth: a unit without text that
 * stands in no order; so who creates one path at once writes one place. Who deletes the document leaves the body.
 *
 * 3. The weave: a tree of runs. A run with D hangs to the left of D's first unit (of the birth alone: at the root).
 * A run without: behind the last unit L before it (nothing: the root; of a block: the unit before what comes next in
 * the whole order, deleted ones counted, or the last of all); if L has something to its right already, to the left
 * of the unit that comes next in the whole order, else to the right of L. (That is the Fugue tree: Weidner and
 * Kleppmann, 2023; runs stay whole and no order of arrival matters.) Runs at one place on one side: those without D
 * first, then by their units' bytes, unit by unit,
 * a row that ends sooner first, then by the least commit id among their adders in P. (By bytes, since the least
 * adder can change with P, and text that somebody saw must not change its order.) Equal runs at one place with
 * equal D are one run with several adders: a commit joins the first that has no adder in its past.
 *
 * 4. A unit is visible in P while a commit in P added it and none deleted it.
 *
 * 5. Conflict regions, of the writes by commits in P that no commit in P settled (rule 6). Two overlap when their
 * commits are concurrent, they are not one (one run; or both without, and equal D), and either a unit that one
 * deleted was deleted or added by the other, or one is an insertion into a line, table or fence (of what its commit
 * left it has units that the commit did not add) and the other deleted all of these. A variant written anew overlaps with all
 * it stood beside. Overlapping writes are one region, their D and runs its units; and with them, again and again
 * until nothing is added: every write whose D meets the region's units; every insertion between two units of the
 * region by somebody who had one of its writes in his past; every insertion into a line, table or fence that has a
 * unit of the region, by a commit concurrent with one of its commits; the units of every line, table and fence
 * (blocks apart) that a commit of the region left with a unit of the region in it. Regions that share a unit or a
 * write are one. The live commits of a region are those of its commits that are in no other's past. A live commit's
 * variant is the row of the region's units that it left. Where it left blocks of the region, it has as many rows as
 * the largest has variants, the k-th with the k-th variant of each, or the last; but a variant counts only (while
 * another of its block does) if the commit wrote it anew, or if one of those it is of is a commit of the region, and
 * in the past of none of the region's that the live one did not know and that left no block of it. A row is by the commits of its block variants, and by the live one if it has other units. Equal texts count once;
 * one text: the region shows it (as its least commit id left it, in the order of the weave), there is no conflict.
 * Several: a block at the place of the region's first unit, variants sorted by their bytes; what else is visible between its units
 * follows behind it.
 *
 * 6. The block: a line of each mark, <!-- conflict -->, <!-- or --> between variants, <!-- /conflict -->; a variant
 * that does not end in a line feed gets one; a line of a variant that is a mark, or backslashes and a mark, gets
 * one more backslash. A line feed goes before it where it would not begin a line, and belongs to it. Who left a
 * block with its variants as they were (carriage returns at line ends and backslashes apart) wrote nothing to it. Who
 * left one with as many, of which one alone differs from what he saw, wrote that variant anew: D is all units of the
 * region, the run hangs to the left of the first, the writes of that variant's commits are settled, and it stands
 * beside the others of the region. Who left neither, or moved it, settled it: all its writes are settled, the text he left stands.
 *
 * 7. Front matter. A key that the kind lists as a list is a set: an element is in while one add of it in P is in the
 * past of no remove of it. Any other key is a register: a write is live until one that saw it writes; equal values
 * (decoded, NFC) count once; several: the least bytes at NAME, the others at NAME@2 and on, a removed key last and
 * empty. Each value he left that he did not see is a write; if there is none, yet one he saw is missing, the first
 * that he left is, or its absence. It overwrites what he saw and did not leave beside it. tlp: the most restrictive
 * live value; status: the latest; of equal rank the least bytes; who overwrites it overwrites all live ones. A
 * write of a guarded key without the right is none.
 *
 * 8. The document is there while one live commit left it there; if another live one deleted it, the last line of
 * its front matter is "gone@2: yes", until somebody removes the line (it stays) or the document (it goes). Live:
 * in no other's past, but for those who saw that line and left it. The line is no key.
 *
 * 9. The whole file, when P has several heads (or a head that was not taken in whole): keys in the order of the head
 * of the least id, then those of the other heads, by id, each behind the key before it there (the first: first),
 * then, sorted, those of no head; a value's bytes as the least commit id of its live writes has them; a set as the
 * first head that has just these elements, else in brackets, sorted; before each key the comments and empty lines
 * that the first head which has it has there, and behind the last those of the first head with a front matter. No
 * front matter, if there is nothing of all this. The line end of a last line is left out, if of the heads that
 * left its last unit last none has it.
 *
 * 10. A masked commit (standing.c) is not in P, though others may have it in their past: they saw what it wrote. It
 * deletes, overwrites, settles nothing and is no head. A unit that masked commits alone added is not visible and in no
 * row of rule 5, but keeps its place, and so does what hangs on it. A write of a key that a masked one overwrote is not
 * live if somebody overwrote that one.
 */
#include "sync/merge.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"
#include "kb/text/fold.h"
#include "sync/units.h"

#define NONE SIZE_MAX
#define BIRTH ((size_t)0)			/* the unit that the first edit deletes; of no run */

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
	struct list d;				/* rising */
	struct list settles, beside;		/* writes; beside: of a variant written anew */
	size_t run, before, after;		/* before, after: neighbours of an insertion that he saw, or NONE */
	struct list into;			/* other units of the lines, tables, fences an insertion stands in; rising */
};
struct shown_variant { struct str text; struct list units, edits; };
struct block {
	struct list units, writes;		/* of the region */
	struct shown_variant *v;
	size_t n;
	bool lead;				/* a line feed before the first mark */
	struct str bytes;
};
struct item { size_t unit; const struct block *block; };	/* block NULL: a unit */
struct items { struct item *v; size_t n, cap; };

struct keyw { struct str name, value, raw; size_t edit; struct list over; };	/* value.p NULL: absent */
struct setw { struct str name, element; size_t edit; bool add; };
struct fkey { struct str name, value, lead, raw; unsigned variant; const struct key *key; };	/* raw: from the colon on */
struct state {				/* what an edit left */
	struct items items;
	size_t *begin;				/* of each item: the first of its line, table, fence; a block: itself */
	struct list blocks;			/* which of the items are */
	struct fkey *keys;
	size_t nkeys;
	struct str front, tail;			/* the front matter with its fences; what is behind its last key */
	unsigned note_line;			/* where it says gone@2 */
	bool fronted, whole, gone, note;	/* whole: every write counted */
	bool unended;				/* its last line has no line end */
};

struct merge {
	struct arena *a;
	struct edit *e; size_t e_cap;
	size_t n, words;			/* words: that a past has, and any set of edits */
	struct merge_rules rules;
	struct run *runs; size_t nruns, runs_cap;
	struct unit *units; size_t nunits, units_cap;
	struct list root;			/* runs */
	struct write *writes; size_t nwrites, writes_cap;
	struct keyw *keyw; size_t nkeyw, keyw_cap;
	struct setw *setw; size_t nsetw, setw_cap;
	struct state *state; size_t state_cap;
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

static void copy(struct list *to, struct arena *a, const struct list *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		put(to, a, from->v[i]);
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

static bool ends_line(struct str s)
{
	return s.n && s.p[s.n - 1] == '\n';
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

struct sib { size_t run, adder; };

static int sib_cmp(const struct merge *m, const struct sib *x, const struct sib *y)
{
	const struct run *a = &m->runs[x->run], *b = &m->runs[y->run];
	size_t i;
	int c = (a->d.n > 0) - (b->d.n > 0);

	for (i = 0; !c && i < a->n && i < b->n; i++)
		c = str_cmp(m->units[a->first + i].text, m->units[b->first + i].text);
	if (!c)
		c = (a->n > b->n) - (a->n < b->n);
	return c ? c : oid_cmp(&m->e[x->adder].id, &m->e[y->adder].id);
}

/* The runs of a list that P has, in order. */
static size_t *siblings(const struct merge *m, struct arena *a, const struct list *l, const uint64_t *p, size_t *n)
{
	size_t *out = arena_array(a, l->n, sizeof *out), i, j, k = 0;
	struct sib *s = arena_array(a, l->n, sizeof *s);

	for (i = 0; i < l->n; i++) {
		struct sib x = { l->v[i], least_adder(m, &m->runs[l->v[i]], p) };

		if (x.adder == NONE)
			continue;
		for (j = k++; j > 0 && sib_cmp(m, &s[j - 1], &x) > 0; j--)	/* few: by insertion */
			s[j] = s[j - 1];
		s[j] = x;
	}
	for (i = 0; i < k; i++)
		out[i] = s[i].run;
	*n = k;
	return out;
}

struct frame { size_t run, unit, *kids, nkids, kid; int phase; };	/* phase 0: left kids; 1: right kids */
struct order { size_t *v, n, *pos; };		/* pos[unit]: index in v, or NONE */

/* With what its authors saw: a place may hang on what is not in P, masked by now. */
static uint64_t *with_past(const struct merge *m, struct arena *a, const uint64_t *p)
{
	uint64_t *all = arena_array(a, m->words + 1, sizeof *all);
	size_t i, k;

	for (k = 0; k < m->words; k++)
		all[k] = p[k];
	for (i = m->n; i-- > 0;)
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

static bool added(const struct merge *m, size_t u, const uint64_t *p)	/* by a commit of P: not by masked ones alone */
{
	const struct list *adders = &m->runs[m->units[u].run].adders;
	size_t i;

	for (i = 0; i < adders->n; i++)
		if (bit(p, adders->v[i]))
			return true;
	return false;
}

static bool visible(const struct merge *m, size_t u, const uint64_t *p)
{
	const struct list *dels = &m->units[u].dels;
	size_t i;

	for (i = 0; i < dels->n; i++)
		if (bit(p, dels->v[i]))
			return false;
	return added(m, u, p);
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

static bool one_write(const struct write *x, const struct write *y)
{
	return x->run != NONE || y->run != NONE ? x->run == y->run : same_list(&x->d, &y->d);
}

static bool concurrent(const struct merge *m, size_t x, size_t y)
{
	return x != y && !before(m, x, y) && !before(m, y, x);
}

struct closing {
	const struct merge *m;
	struct arena *s;
	const uint64_t *p;
	struct list active;		/* writes in P, not settled */
	bool *is_active;
	size_t *reg;			/* of each write: region, or NONE */
	size_t *ureg;			/* of each unit */
	size_t *link;			/* union-find over regions */
	uint64_t **edits;		/* of each region, true at its root */
	size_t nreg, cap, ecap;
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
	size_t i;

	x = root_of(c, x);
	y = root_of(c, y);
	if (x == y)
		return;
	c->link[y] = x;
	for (i = 0; i < c->m->words; i++)
		c->edits[x][i] |= c->edits[y][i];
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

	if (c->reg[w] != NONE) {
		join(c, c->reg[w], r);
		return;
	}
	c->reg[w] = r;
	c->changed = true;
	c->edits[root_of(c, r)][x->edit / 64] |= (uint64_t)1 << (x->edit % 64);
	for (i = 0; i < x->d.n; i++)
		take_unit(c, x->d.v[i], r);
	for (i = 0; x->run != NONE && i < c->m->runs[x->run].n; i++)
		take_unit(c, c->m->runs[x->run].first + i, r);
}

static size_t new_region(struct closing *c)
{
	if (c->nreg == c->cap)
		c->link = arena_grow(c->s, c->link, &c->cap, sizeof *c->link);
	if (c->nreg == c->ecap)
		c->edits = arena_grow(c->s, c->edits, &c->ecap, sizeof *c->edits);
	c->edits[c->nreg] = arena_array(c->s, c->m->words, sizeof **c->edits);
	c->link[c->nreg] = c->nreg;
	return c->nreg++;
}

static void overlap(struct closing *c, size_t x, size_t y)
{
	size_t r;

	if (c->reg[x] != NONE && c->reg[y] != NONE && root_of(c, c->reg[x]) == root_of(c, c->reg[y]))
		return;
	r = c->reg[x] != NONE ? c->reg[x] : c->reg[y] != NONE ? c->reg[y] : new_region(c);
	take_write(c, x, r);
	take_write(c, y, r);
}

static bool may_overlap(const struct merge *m, size_t x, size_t y)
{
	return concurrent(m, m->writes[x].edit, m->writes[y].edit) && !one_write(&m->writes[x], &m->writes[y]);
}

static bool subset(const struct list *x, const struct list *of)	/* both rising */
{
	size_t i, j = 0;

	for (i = 0; i < x->n; i++) {
		while (j < of->n && of->v[j] < x->v[i])
			j++;
		if (j == of->n || of->v[j] != x->v[i])
			return false;
	}
	return true;
}

static void overlaps(struct closing *c)
{
	const struct merge *m = c->m;
	struct list *at = arena_array(c->s, m->nunits, sizeof *at);	/* writes at a unit: 2w deleted it, 2w + 1 added */
	size_t i, j, k, w;

	for (i = 0; i < c->active.n; i++) {
		const struct write *x = &m->writes[w = c->active.v[i]];

		for (j = 0; j < x->d.n; j++)
			put(&at[x->d.v[j]], c->s, 2 * w);
		for (j = 0; x->run != NONE && j < m->runs[x->run].n; j++)
			put(&at[m->runs[x->run].first + j], c->s, 2 * w + 1);
	}
	for (i = 0; i < m->nunits; i++)
		for (j = 1; j < at[i].n && (i == 0 || !same_list(&at[i], &at[i - 1])); j++)
			for (k = 0; k < j; k++)
				if ((at[i].v[j] % 2 == 0 || at[i].v[k] % 2 == 0) && may_overlap(m, at[i].v[j] / 2, at[i].v[k] / 2))
					overlap(c, at[i].v[j] / 2, at[i].v[k] / 2);
	for (i = 0; i < c->active.n; i++) {
		const struct write *x = &m->writes[w = c->active.v[i]];

		for (j = 0; x->into.n && j < at[x->into.v[0]].n; j++) {
			k = at[x->into.v[0]].v[j];
			if (k % 2 == 0 && may_overlap(m, w, k / 2) && subset(&x->into, &m->writes[k / 2].d))
				overlap(c, w, k / 2);
		}
		for (j = 0; j < x->beside.n; j++)
			if (c->is_active[x->beside.v[j]])
				overlap(c, w, x->beside.v[j]);
	}
}

/* To the regions that a write belongs to, though it began none: by what it deleted, or where it inserted. */
static void take_by_place(struct closing *c, size_t w)
{
	const struct merge *m = c->m;
	const struct write *x = &m->writes[w];
	size_t i, j, r;
	bool taken;

	for (i = 0; c->reg[w] == NONE && i < x->d.n; i++)
		if (c->ureg[x->d.v[i]] != NONE)
			take_write(c, w, c->ureg[x->d.v[i]]);
	if (x->before != NONE && x->after != NONE && c->ureg[x->before] != NONE && c->ureg[x->after] != NONE) {
		r = root_of(c, c->ureg[x->before]);
		for (i = 0, taken = false; r == root_of(c, c->ureg[x->after]) && !taken && i < m->words; i++)
			taken = c->edits[r][i] & m->e[x->edit].past[i];
		if (taken)
			take_write(c, w, r);
	}
	for (i = 0; i < x->into.n; i++) {
		if (c->ureg[x->into.v[i]] == NONE)
			continue;
		r = root_of(c, c->ureg[x->into.v[i]]);
		for (j = 0, taken = false; (c->reg[w] == NONE || root_of(c, c->reg[w]) != r) && !taken && j < m->n; j++)
			taken = bit(c->edits[r], j) && concurrent(m, x->edit, j);
		if (taken)
			take_write(c, w, r);
	}
}

/* Whole lines, tables and fences of what a commit of a region left. */
static void take_structures(struct closing *c, size_t e)
{
	const struct state *st = &c->m->state[e];
	const struct item *v = st->items.v;
	size_t i, j, k, r;

	for (i = 0; i < st->items.n; i = j) {
		for (r = NONE, j = i; j < st->items.n && st->begin[j] == i; j++)
			if (r == NONE && !v[j].block && c->ureg[v[j].unit] != NONE && bit(c->edits[root_of(c, c->ureg[v[j].unit])], e))
				r = c->ureg[v[j].unit];
		for (k = i; r != NONE && k < j; k++)
			take_unit(c, v[k].unit, r);
	}
}

static void close_regions(struct closing *c)
{
	const struct merge *m = c->m;
	size_t i;

	do {
		bool *member = arena_array(c->s, m->n, sizeof *member);

		c->changed = false;
		for (i = 0; i < c->active.n; i++) {
			size_t w = c->active.v[i];

			take_by_place(c, w);
			member[m->writes[w].edit] |= c->reg[w] != NONE;
		}
		for (i = 0; i < m->n; i++)
			if (member[i])
				take_structures(c, i);
	} while (c->changed);
}

static int by_text(const void *x, const void *y)
{
	return str_cmp(((const struct shown_variant *)x)->text, ((const struct shown_variant *)y)->text);
}

static int by_least_id(const struct merge *m, size_t x, size_t y)
{
	return oid_cmp(&m->e[x].id, &m->e[y].id);
}

struct row { struct list units, edits; size_t owner; };
struct rows { struct row *v; size_t n, cap; };

/* The live commits of a region, by id. */
static void live_of(const struct merge *m, struct arena *a, struct region *r)
{
	size_t i, j;

	for (i = 0; i < r->edits.n; i++) {
		size_t e = r->edits.v[i];

		for (j = 0; j < r->edits.n && !before(m, e, r->edits.v[j]); j++)
			;
		if (j < r->edits.n)
			continue;
		put(&r->live, a, e);
		for (j = r->live.n - 1; j > 0 && by_least_id(m, r->live.v[j - 1], e) > 0; j--)
			r->live.v[j] = r->live.v[j - 1];
		r->live.v[j] = e;
	}
}

/* Did edit e leave a block of region ri? */
static bool open_in(const struct merge *m, const struct regions *rs, size_t ri, size_t e)
{
	const struct state *st = &m->state[e];
	size_t i, j;

	for (i = 0; i < st->blocks.n; i++)
		for (j = 0; j < st->items.v[st->blocks.v[i]].block->units.n; j++)
			if (rs->of_unit[st->items.v[st->blocks.v[i]].block->units.v[j]] == ri)
				return true;
	return false;
}

/* Of a variant in a block that live commit e of region ri left: does it count still? */
static bool counts(const struct merge *m, const struct regions *rs, size_t ri, size_t e, const struct shown_variant *v)
{
	const struct region *r = &rs->v[ri];
	size_t i, j;

	for (i = 0; i < v->edits.n; i++) {
		size_t x = v->edits.v[i];

		if (x == e)
			return true;
		if (!in(&r->edits, x))
			continue;
		for (j = 0; j < r->edits.n; j++) {
			size_t y = r->edits.v[j];

			if (y != e && !before(m, y, e) && before(m, x, y) && !open_in(m, rs, ri, y))
				break;
		}
		if (j == r->edits.n)
			return true;
	}
	return false;
}

static void add_row(struct rows *to, struct arena *a, struct row x)
{
	if (to->n == to->cap)
		to->v = arena_grow(a, to->v, &to->cap, sizeof *to->v);
	to->v[to->n++] = x;
}

/* The rows of what edit e left of region r: at[0..n) are the items of it. */
static void rows_of(struct rows *to, const struct regions *rs, const struct merge *m, struct arena *a, const uint64_t *p, size_t ri,
    size_t e, const struct list *at)
{
	const struct item *v = m->state[e].items.v;
	struct list *choice = arena_array(a, at->n, sizeof *choice);	/* of each block: variants that count */
	size_t i, j, k, most = 1;
	bool none;

	for (i = 0; i < at->n; i++) {
		const struct block *b = v[at->v[i]].block;

		for (j = 0; b && j < b->n; j++)
			if (counts(m, rs, ri, e, &b->v[j]))
				put(&choice[i], a, j);
		none = !choice[i].n;
		for (j = 0; b && none && j < b->n; j++)
			put(&choice[i], a, j);
		most = choice[i].n > most ? choice[i].n : most;
	}
	for (k = 0; k < most; k++) {
		struct row x = { .owner = e };
		bool others = false;

		for (i = 0; i < at->n; i++) {
			const struct item *it = &v[at->v[i]];
			const struct shown_variant *sv;

			if (!it->block && added(m, it->unit, p)) {
				put(&x.units, a, it->unit);
				others = true;
			}
			if (!it->block)
				continue;
			sv = &it->block->v[choice[i].v[k < choice[i].n ? k : choice[i].n - 1]];
			for (j = 0; j < sv->units.n; j++)
				if (rs->of_unit[sv->units.v[j]] == ri && added(m, sv->units.v[j], p))
					put(&x.units, a, sv->units.v[j]);
			for (j = 0; j < sv->edits.n; j++)
				put(&x.edits, a, sv->edits.v[j]);
		}
		if (others || !x.edits.n)
			put(&x.edits, a, e);
		sort_unique(&x.edits);
		add_row(to, a, x);
	}
}

static struct str joined(const struct merge *m, struct arena *a, const struct list *units)
{
	struct buf b = BUF_INIT;
	struct str s;
	size_t i;

	for (i = 0; i < units->n; i++)
		buf_str_add(&b, m->units[units->v[i]].text);
	s = b.n ? arena_str(a, buf_str(&b)) : STR("");
	buf_free(&b);
	return s;
}

/* The items of each region that an edit left, appended to at[region] where that is wanted. */
static void items_left(struct list *at, const bool *wanted, const struct regions *rs, const struct merge *m, struct arena *a, size_t e)
{
	const struct items *it = &m->state[e].items;
	size_t i, j, r;

	for (i = 0; i < it->n; i++) {
		const struct block *b = it->v[i].block;

		for (j = 0; j < (b ? b->units.n : 1); j++) {
			r = rs->of_unit[b ? b->units.v[j] : it->v[i].unit];
			if (r != NONE && wanted[r] && (!at[r].n || at[r].v[at[r].n - 1] != i))
				put(&at[r], a, i);
		}
	}
}

static void variants(struct regions *rs, const struct merge *m, struct arena *a, const uint64_t *p)
{
	struct rows *rows = arena_array(a, rs->n, sizeof *rows);
	size_t i, j, k, n, *owner;

	for (i = 0; i < rs->n; i++)
		live_of(m, a, &rs->v[i]);
	for (i = 0; i < m->n; i++) {
		struct list *at = arena_array(a, rs->n, sizeof *at);
		bool *wanted = arena_array(a, rs->n, sizeof *wanted), any = false;

		for (j = 0; j < rs->n; j++)
			any |= wanted[j] = in(&rs->v[j].live, i);
		if (any)
			items_left(at, wanted, rs, m, a, i);
		for (j = 0; j < rs->n; j++)
			if (wanted[j])
				rows_of(&rows[j], rs, m, a, p, j, i, &at[j]);
	}
	for (i = 0; i < rs->n; i++) {
		struct region *r = &rs->v[i];

		r->v = arena_array(a, rows[i].n, sizeof *r->v);
		owner = arena_array(a, rows[i].n, sizeof *owner);
		for (j = 0, n = 0; j < rows[i].n; j++) {
			const struct row *x = &rows[i].v[j];
			struct str text = joined(m, a, &x->units);

			for (k = 0; k < n && !str_eq(r->v[k].text, text); k++)
				;
			if (k == n)
				r->v[n++].text = text;
			if (!r->v[k].edits.n || by_least_id(m, x->owner, owner[k]) < 0) {
				r->v[k].units = x->units;
				owner[k] = x->owner;
			}
			copy(&r->v[k].edits, a, &x->edits);
		}
		r->n = n;
		qsort(r->v, r->n, sizeof *r->v, by_text);
		for (j = 0; r->n == 1 && j < r->v[0].units.n; j++)
			rs->shown[r->v[0].units.v[j]] = true;
	}
}

static void gather(struct regions *out, struct closing *c, struct arena *a)
{
	const struct merge *m = c->m;
	size_t *index = arena_array(c->s, c->nreg, sizeof *index), i;

	out->v = arena_array(a, c->nreg, sizeof *out->v);
	for (i = 0; i < c->nreg; i++)
		index[i] = root_of(c, i) == i ? out->n++ : NONE;
	for (i = 0; i < m->nunits; i++)
		if (c->ureg[i] != NONE) {
			out->of_unit[i] = index[root_of(c, c->ureg[i])];
			put(&out->v[out->of_unit[i]].units, a, i);
		}
	for (i = 0; i < m->nwrites; i++)
		if (c->reg[i] != NONE) {
			struct region *r = &out->v[index[root_of(c, c->reg[i])]];

			put(&r->writes, a, i);
			put(&r->edits, a, m->writes[i].edit);
		}
	for (i = 0; i < out->n; i++)
		sort_unique(&out->v[i].edits);
}

static void regions_of(struct regions *out, const struct merge *m, struct arena *a, const uint64_t *p)
{
	struct arena s = ARENA_INIT;
	struct closing c = { .m = m, .s = &s, .p = p, .is_active = arena_array(&s, m->nwrites, 1) };
	size_t i, j;

	*out = (struct regions){ .of_unit = arena_array(a, m->nunits, sizeof *out->of_unit),
		.shown = arena_array(a, m->nunits, sizeof *out->shown) };
	for (i = 0; i < m->nunits; i++)
		out->of_unit[i] = NONE;
	for (i = 0; i < m->nwrites; i++)
		c.is_active[i] = bit(p, m->writes[i].edit);
	for (i = 0; i < m->nwrites; i++)
		for (j = 0; bit(p, m->writes[i].edit) && j < m->writes[i].settles.n; j++)
			c.is_active[m->writes[i].settles.v[j]] = false;
	for (i = 0; i < m->nwrites; i++)
		if (c.is_active[i])
			put(&c.active, &s, i);
	c.reg = arena_array(&s, m->nwrites, sizeof *c.reg);
	c.ureg = arena_array(&s, m->nunits, sizeof *c.ureg);
	for (i = 0; i < m->nwrites; i++)
		c.reg[i] = NONE;
	for (i = 0; i < m->nunits; i++)
		c.ureg[i] = NONE;
	overlaps(&c);
	if (c.nreg) {
		close_regions(&c);
		gather(out, &c, a);
		variants(out, m, a, p);
	}
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

	buf_puts(&out, b->lead ? "\n" : "");
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
		if (out.n) {			/* a mark begins its line */
			const struct item *last = &out.v[out.n - 1];
			struct str t = last->block ? last->block->bytes : m->units[last->unit].text;

			b->lead = t.n && t.p[t.n - 1] != '\n';
		}
		format_block(m->a, b);
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

static size_t first_of(struct taking *t, const struct item *x)
{
	return x->block ? first_in_order(t, &x->block->units) : x->unit;
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

/* A write of D and a run at (parent, left), unless n is 0. */
static size_t add_write_at(struct taking *t, struct write w, size_t parent, bool left, const struct str *texts, size_t n)
{
	struct merge *m = t->m;
	size_t i;

	w.edit = t->edit;
	sort_unique(&w.d);
	for (i = 0; i < w.d.n; i++)
		put(&m->units[w.d.v[i]].dels, m->a, t->edit);
	w.run = n ? add_run(m, t->edit, &w.d, parent, left, texts, n) : NONE;
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
	const struct order *o = n ? weave_order(t) : NULL;
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
	copy(&x.d, m->a, &b->units);
	for (i = 0; i < b->writes.n; i++)
		put(in(&b->v[k].edits, m->writes[b->writes.v[i]].edit) ? &x.settles : &x.beside, m->a, b->writes.v[i]);
	w = add_write_at(t, x, first_in_order(t, &b->units), true, units, n);
	*nb = (struct block){ .n = b->n, .lead = b->lead, .v = arena_array(m->a, b->n, sizeof *nb->v) };
	copy(&nb->units, m->a, &b->units);
	copy(&nb->writes, m->a, &b->writes);
	put(&nb->writes, m->a, w);
	memcpy(nb->v, b->v, b->n * sizeof *nb->v);
	nb->v[k] = (struct shown_variant){ .text = text };
	put(&nb->v[k].edits, m->a, t->edit);
	for (i = 0; i < n; i++) {
		put(&nb->v[k].units, m->a, m->runs[m->writes[w].run].first + i);
		put(&nb->units, m->a, m->runs[m->writes[w].run].first + i);
	}
	format_block(m->a, nb);
	add_item(t->left, m->a, (struct item){ NONE, nb });
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
	struct str *v = group_variants(&t->s, text, n);
	size_t i, j, k, differ, most;

	for (most = 0; most < 2; most++)
		for (i = 0; i < t->seen->n; i++) {
			const struct block *b = t->seen->v[i].block;

			if (!b || used[i] || b->n != n)
				continue;
			for (j = 0, k = 0, differ = NONE; j < n; j++) {
				struct buf shown = BUF_INIT;

				write_variant(&shown, b->v[j].text);
				if (!same_text(read_variant(&t->s, buf_str(&shown)), v[j]))
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

		len = blocks ? group(body, &nv) : 0;
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
					put(&m->writes[last - 1].into, m->a, v[w].unit);
		}
	}
	for (w = w0; w < m->nwrites; w++)
		sort_unique(&m->writes[w].into);
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

static void take_body(struct merge *m, size_t edit, const struct items *seen, struct str body, struct items *left)
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
				add_item(left, m->a, seen->v[i]);
			if (f.v[j].block)
				keep_bytes(m, &left->v[left->n - 1], f.v[j].left);
			i++, j++;
			continue;
		}
		for (i0 = i; i < na && match[i] == NONE; i++) {
			const struct block *blk = seen->v[i].block;

			if (blk) {
				copy(&d, m->a, &blk->units);
				copy(&settles, m->a, &blk->writes);
			} else {
				put(&d, m->a, seen->v[i].unit);
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
			put(&d, m->a, BIRTH);
		w = add_write(&t, &d, &settles, texts, n, i0 ? i0 - 1 : NONE, i);
		for (k = 0; m->writes[w].run != NONE && k < m->runs[m->writes[w].run].n; k++)
			add_item(left, m->a, (struct item){ m->runs[m->writes[w].run].first + k, NULL });
	}
	find_structures(m, edit, w0);
	arena_free(&t.s);
}

/* ---- front matter (rule 7) ---- */

static bool is_set(const struct merge *m, struct str name)
{
	const struct key_rule *r = kind_key(m->rules.kind, name);

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

/* noted: he saw that others deleted the document. */
static struct str parse_front(struct merge *m, struct state *s, struct str text, bool noted)
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
	for (i = 0; i < f.n; i++) {
		const struct key *k = &f.keys[i];
		struct str raw = str_sub(text, k->from, k->to);
		struct fkey *x;

		if (k->variant == 2 && str_is(k->name, "gone")) {	/* no key, whoever wrote it */
			s->note = noted;
			s->note_line = k->place.line;
			last = k->to;
			continue;
		}
		x = &s->keys[s->nkeys++];
		*x = (struct fkey){ k->name, norm(m->a, k), str_sub(text, last, k->from), str_sub(raw, str_chr(raw, ':'), raw.n), k->variant, k };
		last = k->to;
	}
	s->tail = str_sub(text, last, f.close);
	s->front = str_sub(text, 0, f.body);
	return str_sub(text, f.body, text.n);
}

/* Also by one that overwrote what is masked now and had overwritten it. */
static bool live_key(const struct merge *m, size_t w, const uint64_t *p)
{
	size_t i;

	for (i = w + 1; i < m->nkeyw; i++)
		if (in(&m->keyw[i].over, w) && (bit(p, m->keyw[i].edit) || !live_key(m, i, p)))
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
	return !m->rules.may || m->rules.may(m->rules.ctx, edit, key, old, new);
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

static bool same_value(struct str x, struct str y)	/* .p NULL: absent */
{
	return (x.p != NULL) == (y.p != NULL) && str_eq(x, y);
}

/* The key of that name and value among keys[0..n), but for *not, or NULL. */
static const struct fkey *find_value(const struct fkey *keys, size_t n, struct str name, struct str value, const struct fkey *not)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (&keys[i] != not && str_eq(keys[i].name, name) && same_value(keys[i].value, value))
			return &keys[i];
	return NULL;
}

static void take_register(struct merge *m, size_t edit, struct str name, const struct state *s)
{
	struct arena scratch = ARENA_INIT;
	struct values seen = shown(m, &scratch, name, m->e[edit].past);
	const struct fkey *first = NULL, *k, *old = NULL, none = { .name = name };
	struct list anew = { 0 }, over = { 0 };
	size_t i, j;
	bool missing = false;

	for (i = 0; i < s->nkeys; i++) {
		k = &s->keys[i];
		if (!str_eq(k->name, name))
			continue;
		first = first ? first : k;
		for (j = 0; j < seen.n && !same_value(seen.v[j].value, k->value); j++)
			;
		if (j == seen.n && !find_value(s->keys, i, name, k->value, NULL))
			put(&anew, &scratch, i);
	}
	for (j = 0; j < seen.n; j++)
		missing |= !find_value(s->keys, s->nkeys, name, seen.v[j].value, NULL) &&
		    (first || seen.n > 1 || seen.v[j].value.p);
	if (!anew.n && !missing)
		goto out;			/* as he saw it */
	if (!anew.n)
		old = first ? first : &none;	/* of what he saw, this counts */
	for (j = 0; j < seen.n; j++)
		for (i = 0; !find_value(s->keys, s->nkeys, name, seen.v[j].value, old) && i < seen.v[j].writes.n; i++)
			put(&over, m->a, seen.v[j].writes.v[i]);
	for (i = 0; i < (old ? 1 : anew.n); i++) {
		k = old ? old : &s->keys[anew.v[i]];
		if (may(m, edit, name, seen.n ? seen.v[0].value : STR_NONE, k->value))
			add_keyw(m, (struct keyw){ .name = name, .edit = edit, .value = k->value, .raw = k->raw, .over = over });
		else
			m->state[edit].whole = false;
	}
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
static bool wrote_presence(const struct merge *m, size_t i, const uint64_t *p)
{
	size_t j;

	if (!bit(p, i) || (m->state[i].note && !m->state[i].gone))
		return false;
	for (j = i + 1; j < m->n; j++)
		if (bit(p, j) && before(m, i, j) && !(m->state[j].note && !m->state[j].gone))
			return false;
	return true;
}

static void presence(const struct merge *m, const uint64_t *p, bool *here, bool *note)
{
	bool gone = false;
	size_t i;

	*here = false;
	for (i = 0; i < m->n; i++) {
		if (!wrote_presence(m, i, p))
			continue;
		if (m->state[i].gone)
			gone = true;
		else
			*here = true;
	}
	*note = *here && gone;
}

static struct conflict presence_conflict(const struct merge *m, const uint64_t *p, unsigned line)
{
	struct conflict c = { STR("gone"), line, arena_array(m->a, 2, sizeof *c.variants), 2 };
	struct list edits[2] = { 0 };
	size_t i;

	for (i = 0; i < m->n; i++)
		if (wrote_presence(m, i, p))
			put(&edits[m->state[i].gone], m->a, i);
	c.variants[0] = (struct variant){ STR("here"), edits[0].v, edits[0].n };
	c.variants[1] = (struct variant){ STR("gone"), edits[1].v, edits[1].n };
	return c;
}

static void place_keys(struct str **names, size_t *n, size_t *cap, struct arena *a, const struct state *s)
{
	size_t i, j, at = 0;

	for (i = 0; i < s->nkeys; i++) {
		for (j = 0; j < *n && !str_eq((*names)[j], s->keys[i].name); j++)
			;
		if (j < *n) {
			at = j + 1;
			continue;
		}
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

/* The first key of that name that one of the heads left, or NULL. */
static const struct fkey *first_key(const struct merge *m, struct str name, const size_t *heads, size_t nheads, size_t *head)
{
	size_t h, i;

	for (h = *head; h < nheads; h++)
		for (i = 0; i < m->state[heads[h]].nkeys; i++)
			if (str_eq(m->state[heads[h]].keys[i].name, name)) {
				*head = h;
				return &m->state[heads[h]].keys[i];
			}
	return NULL;
}

static bool has_elements(struct arena *s, const struct key *k, const struct str *set, size_t n)
{
	struct str *v = arena_array(s, k->n, sizeof *v);
	size_t i, c = 0;

	if (k->n)
		memcpy(v, k->values, k->n * sizeof *v);
	if (k->n > 1)
		qsort(v, k->n, sizeof *v, by_str);
	for (i = 0; i < k->n; i++)
		if (i == 0 || !str_eq(v[i], v[i - 1])) {
			if (c == n || !str_eq(v[i], set[c]))
				return false;
			c++;
		}
	return c == n;
}

static void write_set(struct buf *b, const struct merge *m, struct arena *s, const uint64_t *p, struct str name,
    const size_t *heads, size_t nheads)
{
	size_t n, h, i;
	struct str *set = set_of(m, s, p, name, &n), lead = STR_NONE;
	const struct fkey *k;

	for (h = 0; (k = first_key(m, name, heads, nheads, &h)); h++) {
		lead = lead.p ? lead : k->lead;
		if (has_elements(s, k->key, set, n)) {
			buf_str_add(b, lead);
			buf_str_add(b, name);
			buf_str_add(b, k->raw);
			return;
		}
	}
	if (!n)
		return;
	buf_str_add(b, lead);
	buf_printf(b, "%.*s: [", FMT_STR(name));
	for (i = 0; i < n; i++) {
		buf_puts(b, i ? ", " : "");
		front_quote(b, set[i], true);
	}
	buf_puts(b, "]\n");
}

/* Names of keys that P has, and none of the heads: a removal that one of them did not see. Sorted, behind the others. */
static void place_others(struct str **names, size_t *n, size_t *cap, struct arena *a, const struct merge *m, const uint64_t *p)
{
	size_t i, j, from = *n;

	for (i = 0; i < m->nkeyw + m->nsetw; i++) {
		struct str name = i < m->nkeyw ? m->keyw[i].name : m->setw[i - m->nkeyw].name;

		if (!bit(p, i < m->nkeyw ? m->keyw[i].edit : m->setw[i - m->nkeyw].edit))
			continue;
		for (j = 0; j < *n && !str_eq((*names)[j], name); j++)
			;
		if (j < *n)
			continue;
		if (*n == *cap)
			*names = arena_grow(a, *names, cap, sizeof **names);
		(*names)[(*n)++] = name;
	}
	if (*n > from)
		qsort(*names + from, *n - from, sizeof **names, by_str);
}

static struct conflict of_key(struct arena *a, struct str name, unsigned line, const struct values *v)
{
	struct conflict c = { .where = arena_str(a, name), .line = line, .variants = arena_array(a, v->n, sizeof *c.variants), .n = v->n };
	size_t j, k;

	for (j = 0; j < v->n; j++) {
		struct list edits = { 0 };

		for (k = 0; k < v->v[j].edits.n; k++)
			put(&edits, a, v->v[j].edits.v[k]);
		sort_unique(&edits);
		c.variants[j] = (struct variant){ v->v[j].value, edits.v, edits.n };
	}
	return c;
}

static bool find_name(const struct fkey *keys, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n && !str_eq(keys[i].name, name); i++)
		;
	return i < n;
}

/* Of a lone head: as he left it, with its conflicts. */
static void copy_front(struct merged *out, size_t *ccap, struct buf *b, const struct merge *m, struct arena *s,
    const uint64_t *p, const struct state *st)
{
	size_t i;

	for (i = 0; i < st->nkeys; i++) {
		const struct fkey *k = &st->keys[i];
		struct values v;

		if (!is_set(m, k->name) && !find_name(st->keys, i, k->name) && (v = shown(m, s, k->name, p)).n > 1)
			add_conflict(out, ccap, m->a, of_key(m->a, k->name, k->key->place.line, &v));
	}
	buf_str_add(b, st->front);
}

static void write_keys(struct merged *out, size_t *ccap, struct buf *b, const struct merge *m, struct arena *s,
    const uint64_t *p, const size_t *heads, size_t nheads)
{
	struct str *names = NULL;
	size_t n = 0, cap = 0, i, j, h;

	for (i = 0; i < nheads; i++)
		place_keys(&names, &n, &cap, s, &m->state[heads[i]]);
	place_others(&names, &n, &cap, s, m, p);
	for (i = 0; i < n; i++) {
		struct values v;
		const struct fkey *k;

		if (is_set(m, names[i])) {
			write_set(b, m, s, p, names[i], heads, nheads);
			continue;
		}
		v = shown(m, s, names[i], p);
		if (!v.n || (v.n == 1 && !v.v[0].value.p))
			continue;
		h = 0;
		if ((k = first_key(m, names[i], heads, nheads, &h)))
			buf_str_add(b, k->lead);
		if (v.n > 1)
			add_conflict(out, ccap, m->a, of_key(m->a, names[i], line_of(b), &v));
		for (j = 0; j < v.n; j++) {
			buf_str_add(b, names[i]);
			if (j)
				buf_printf(b, "@%zu", j + 1);
			buf_str_add(b, v.v[j].value.p ? v.v[j].raw : STR(":\n"));
		}
	}
}

static void write_front(struct merged *out, size_t *ccap, struct buf *b, const struct merge *m, struct arena *s,
    const uint64_t *p, const size_t *heads, size_t nheads, bool note)
{
	unsigned gone_line = 1;
	size_t base = 0;

	while (base < nheads && !m->state[heads[base]].fronted)
		base++;
	if (out->as_written) {
		copy_front(out, ccap, b, m, s, p, &m->state[heads[0]]);
		gone_line = base < nheads ? m->state[heads[0]].note_line : 1;
	} else {
		buf_puts(b, "---\n");
		write_keys(out, ccap, b, m, s, p, heads, nheads);
		if (base < nheads)
			buf_str_add(b, m->state[heads[base]].tail);
		if (b->n == 4) {		/* nothing to say */
			buf_clear(b);
		} else {
			gone_line = line_of(b);
			buf_puts(b, note ? "gone@2: yes\n---\n" : "---\n");
		}
	}
	if (note)
		add_conflict(out, ccap, m->a, presence_conflict(m, p, gone_line));
}

/* Have heads left this unit last, and none of them a line end behind it? */
static bool unended(const struct merge *m, size_t unit, const size_t *heads, size_t nheads)
{
	bool any = false;
	size_t i;

	for (i = 0; i < nheads; i++) {
		const struct state *st = &m->state[heads[i]];

		if (st->gone || !st->items.n || st->items.v[st->items.n - 1].block || st->items.v[st->items.n - 1].unit != unit)
			continue;
		if (!st->unended)
			return false;
		any = true;
	}
	return any;
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
			struct conflict c = { .where = STR("passage"), .line = line_of(&b) + k->lead, .n = k->n };

			c.variants = arena_array(m->a, k->n, sizeof *c.variants);
			for (j = 0; j < k->n; j++)
				c.variants[j] = (struct variant){ k->v[j].text, k->v[j].edits.v, k->v[j].edits.n };
			add_conflict(out, &ccap, m->a, c);
		}
		buf_str_add(&b, k ? k->bytes : m->units[items->v[i].unit].text);
	}
	if (items->n && !items->v[items->n - 1].block && unended(m, items->v[items->n - 1].unit, heads, nheads)) {
		b.n -= b.p[b.n - 1] == '\n';
		b.n -= b.n && b.p[b.n - 1] == '\r';
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

/* With a line end behind its last line, unless that is the last he saw. */
static struct str ended(const struct merge *m, struct arena *scratch, const struct items *seen, struct str body)
{
	struct buf b = BUF_INIT;
	struct list row = { 0 };
	size_t i, k = seen->n;

	for (i = body.n; i && body.p[i - 1] != '\n'; i--)
		;
	if (i == body.n)
		return body;
	for (; k && !seen->v[k - 1].block && !ends_line(m->units[seen->v[k - 1].unit].text); k--)
		;
	for (; k < seen->n; k++)
		put(&row, scratch, seen->v[k].unit);
	if (!str_eq(joined(m, scratch, &row), str_sub(body, i, body.n))) {
		buf_str_add(&b, body);
		buf_puts(&b, i > 1 && body.p[i - 2] == '\r' ? "\r\n" : "\n");
		body = arena_str(m->a, buf_str(&b));
		buf_free(&b);
	}
	return body;
}

static void take_edit(struct merge *m, size_t i)
{
	struct arena s = ARENA_INIT;
	struct state *st = &m->state[i];
	size_t j, n, *heads = heads_of(m, &s, m->e[i].past, &n);
	struct items seen = items_of(m, m->e[i].past, heads, n);
	struct str body;
	bool here, noted;

	st->whole = true;
	st->gone = m->e[i].gone;
	if (st->gone) {
		st->items = seen;
	} else {
		presence(m, m->e[i].past, &here, &noted);
		body = parse_front(m, st, m->e[i].text, noted);
		take_front(m, i, st);
		st->unended = body.n && body.p[body.n - 1] != '\n';
		take_body(m, i, &seen, ended(m, &s, &seen, body), &st->items);
	}
	for (j = 0; j < st->items.n; j++)
		if (st->items.v[j].block)
			put(&st->blocks, m->a, j);
	arena_free(&s);
}

/* ---- all of it ---- */

struct weave { struct merge m; };

struct weave *weave_make(struct arena *a, const struct merge_rules *rules)
{
	struct weave *w = arena_alloc(a, sizeof *w);
	struct merge *m = &w->m;

	*m = (struct merge){ .a = a, .rules = *rules };
	m->units = arena_grow(a, m->units, &m->units_cap, sizeof *m->units);
	m->units[m->nunits++] = (struct unit){ .text = STR(""), .run = NONE };	/* BIRTH */
	return w;
}

void weave_add(struct weave *w, const struct edit *e)
{
	struct merge *m = &w->m;
	uint64_t *past;
	size_t i;

	if (EDIT_WORDS(m->n + 1) > m->words) {		/* wider sets */
		size_t words = m->words ? 2 * m->words : 1;

		for (i = 0; i < m->n; i++) {
			past = arena_array(m->a, words, sizeof *past);
			memcpy(past, m->e[i].past, m->words * sizeof *past);
			m->e[i].past = past;
		}
		m->words = words;
	}
	if (m->n == m->e_cap)
		m->e = arena_grow(m->a, m->e, &m->e_cap, sizeof *m->e);
	if (m->n == m->state_cap)
		m->state = arena_grow(m->a, m->state, &m->state_cap, sizeof *m->state);
	past = arena_array(m->a, m->words, sizeof *past);
	if (m->n)
		memcpy(past, e->past, EDIT_WORDS(m->n) * sizeof *past);
	m->e[m->n] = *e;
	m->e[m->n].past = past;
	m->state[m->n] = (struct state){ 0 };
	m->n++;
	take_edit(m, m->n - 1);
}

void weave_view(struct merged *out, const struct weave *w, struct arena *a, const uint64_t *in)
{
	struct merge m = w->m;		/* what is taken stays; what is shown lives elsewhere */
	struct arena s = ARENA_INIT;
	uint64_t *p = arena_array(&s, m.words + 1, sizeof *p);
	size_t i, nheads, *heads;
	struct items items;
	bool note = false;

	*out = (struct merged){ .text = STR("") };
	m.a = a;
	for (i = 0; i < EDIT_WORDS(m.n); i++)
		p[i] = in[i];
	heads = heads_of(&m, &s, p, &nheads);
	presence(&m, p, &out->here, &note);
	out->as_written = taken_whole(&m, p, heads, nheads);
	if (out->here) {
		items = items_of(&m, p, heads, nheads);
		out->text = file_of(out, &m, p, &items, heads, nheads, note);
		if (out->as_written)		/* the same bytes, and what conflicts are open in them */
			out->text = m.e[heads[0]].text;
	}
	arena_free(&s);
}

void merge_document(struct merged *out, struct arena *a, const struct edit *edits, size_t n, const struct merge_rules *rules)
{
	struct weave *w = weave_make(a, rules);
	uint64_t *in = arena_array(a, EDIT_WORDS(n), sizeof *in);
	size_t i;

	for (i = 0; i < n; i++) {
		weave_add(w, &edits[i]);
		if (!rules->masked || !bit(rules->masked, i))
			in[i / 64] |= (uint64_t)1 << (i % 64);
	}
	weave_view(out, w, a, in);
}
