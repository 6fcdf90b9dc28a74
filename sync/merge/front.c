/* sync/merge/front.c: the front matter of the whole file: rule 9 of merge.c. */
#include "sync/merge/parts.h"

#include <stdlib.h>

#include "kb/doc/doc.h"

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

void conflict_add(struct merged *out, size_t *cap, struct arena *a, struct conflict c)
{
	if (out->nconflicts == *cap)
		out->conflicts = arena_grow(a, out->conflicts, cap, sizeof *out->conflicts);
	out->conflicts[out->nconflicts++] = c;
}

unsigned front_line(const struct buf *b)
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
	struct str *set = keys_set(m, s, p, name, &n), lead = STR_NONE;
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
			list_put(&edits, a, v->v[j].edits.v[k]);
		list_sort(&edits);
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

		if (!keys_are_set(m, k->name) && !find_name(st->keys, i, k->name) && (v = keys_shown(m, s, k->name, p)).n > 1)
			conflict_add(out, ccap, m->a, of_key(m->a, k->name, k->key->place.line, &v));
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

		if (keys_are_set(m, names[i])) {
			write_set(b, m, s, p, names[i], heads, nheads);
			continue;
		}
		v = keys_shown(m, s, names[i], p);
		if (!v.n || (v.n == 1 && !v.v[0].value.p))
			continue;
		h = 0;
		if ((k = first_key(m, names[i], heads, nheads, &h)))
			buf_str_add(b, k->lead);
		if (v.n > 1)
			conflict_add(out, ccap, m->a, of_key(m->a, names[i], front_line(b), &v));
		for (j = 0; j < v.n; j++) {
			buf_str_add(b, names[i]);
			if (j)
				buf_printf(b, "@%zu", j + 1);
			buf_str_add(b, v.v[j].value.p ? v.v[j].raw : STR(":\n"));
		}
	}
}

unsigned front_write(struct merged *out, size_t *ccap, struct buf *b, const struct merge *m, struct arena *s, const uint64_t *p,
    const size_t *heads, size_t nheads, bool note)
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
			gone_line = front_line(b);
			buf_puts(b, note ? "gone@2: yes\n---\n" : "---\n");
		}
	}
	return gone_line;
}
