/* sync/merge/region.c: conflict regions: rule 5 of merge.c. */
#include "sync/merge/parts.h"

#include <stdlib.h>

static bool one_write(const struct write *x, const struct write *y)
{
	return x->run != NONE || y->run != NONE ? x->run == y->run : list_same(&x->d, &y->d);
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
			list_put(&at[x->d.v[j]], c->s, 2 * w);
		for (j = 0; x->run != NONE && j < m->runs[x->run].n; j++)
			list_put(&at[m->runs[x->run].first + j], c->s, 2 * w + 1);
	}
	for (i = 0; i < m->nunits; i++)
		for (j = 1; j < at[i].n && (i == 0 || !list_same(&at[i], &at[i - 1])); j++)
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
		list_put(&r->live, a, e);
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
		if (!list_has(&r->edits, x))
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
				list_put(&choice[i], a, j);
		none = !choice[i].n;
		for (j = 0; b && none && j < b->n; j++)
			list_put(&choice[i], a, j);
		most = choice[i].n > most ? choice[i].n : most;
	}
	for (k = 0; k < most; k++) {
		struct row x = { .owner = e };
		bool others = false;

		for (i = 0; i < at->n; i++) {
			const struct item *it = &v[at->v[i]];
			const struct shown_variant *sv;

			if (!it->block && weave_added(m, it->unit, p)) {
				list_put(&x.units, a, it->unit);
				others = true;
			}
			if (!it->block)
				continue;
			sv = &it->block->v[choice[i].v[k < choice[i].n ? k : choice[i].n - 1]];
			for (j = 0; j < sv->units.n; j++)
				if (rs->of_unit[sv->units.v[j]] == ri && weave_added(m, sv->units.v[j], p))
					list_put(&x.units, a, sv->units.v[j]);
			for (j = 0; j < sv->edits.n; j++)
				list_put(&x.edits, a, sv->edits.v[j]);
		}
		if (others || !x.edits.n)
			list_put(&x.edits, a, e);
		list_sort(&x.edits);
		add_row(to, a, x);
	}
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
				list_put(&at[r], a, i);
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
			any |= wanted[j] = list_has(&rs->v[j].live, i);
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
			struct str text = weave_text(m, a, &x->units);

			for (k = 0; k < n && !str_eq(r->v[k].text, text); k++)
				;
			if (k == n)
				r->v[n++].text = text;
			if (!r->v[k].edits.n || by_least_id(m, x->owner, owner[k]) < 0) {
				r->v[k].units = x->units;
				owner[k] = x->owner;
			}
			list_copy(&r->v[k].edits, a, &x->edits);
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
			list_put(&out->v[out->of_unit[i]].units, a, i);
		}
	for (i = 0; i < m->nwrites; i++)
		if (c->reg[i] != NONE) {
			struct region *r = &out->v[index[root_of(c, c->reg[i])]];

			list_put(&r->writes, a, i);
			list_put(&r->edits, a, m->writes[i].edit);
		}
	for (i = 0; i < out->n; i++)
		list_sort(&out->v[i].edits);
}

void regions_find(struct regions *out, const struct merge *m, struct arena *a, const uint64_t *p)
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
			list_put(&c.active, &s, i);
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
