/* sync/merge/weave.c: the order of the weave: rules 3 and 4 of merge.c. */
#include "sync/merge/parts.h"

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

struct order weave_order(const struct merge *m, struct arena *a, const uint64_t *seen)
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

bool weave_added(const struct merge *m, size_t u, const uint64_t *p)	/* by a commit of P: not by masked ones alone */
{
	const struct list *adders = &m->runs[m->units[u].run].adders;
	size_t i;

	for (i = 0; i < adders->n; i++)
		if (bit(p, adders->v[i]))
			return true;
	return false;
}

bool weave_visible(const struct merge *m, size_t u, const uint64_t *p)
{
	const struct list *dels = &m->units[u].dels;
	size_t i;

	for (i = 0; i < dels->n; i++)
		if (bit(p, dels->v[i]))
			return false;
	return weave_added(m, u, p);
}

bool weave_any(const struct merge *m, const struct list *runs, const uint64_t *p)
{
	size_t i;

	for (i = 0; i < runs->n; i++)
		if (least_adder(m, &m->runs[runs->v[i]], p) != NONE)
			return true;
	return false;
}

struct str weave_text(const struct merge *m, struct arena *a, const struct list *units)
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

size_t weave_run(struct merge *m, size_t edit, const struct list *d, size_t parent, bool left, const struct str *texts, size_t n)
{
	struct list *at = parent == NONE ? &m->root : left ? &m->units[parent].left : &m->units[parent].right;
	struct run r = { .parent = parent, .left = left, .first = m->nunits, .n = n };
	size_t i, j;

	for (i = 0; i < at->n; i++) {
		struct run *x = &m->runs[at->v[i]];
		bool same = x->n == n && list_same(&x->d, d);

		for (j = 0; same && j < n; j++)
			same = str_eq(m->units[x->first + j].text, texts[j]);
		for (j = 0; same && j < x->adders.n; j++)
			same = !before(m, x->adders.v[j], edit) && x->adders.v[j] != edit;
		if (same) {
			list_put(&x->adders, m->a, edit);
			return at->v[i];
		}
	}
	list_put(&r.adders, m->a, edit);
	for (i = 0; i < d->n; i++)
		list_put(&r.d, m->a, d->v[i]);
	list_put(at, m->a, m->nruns);
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
