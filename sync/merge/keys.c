/* sync/merge/keys.c: front matter keys as registers and sets: rule 7 of merge.c. */
#include "sync/merge/parts.h"

#include <stdlib.h>

#include "kb/doc/doc.h"
#include "kb/text/fold.h"

bool keys_are_set(const struct merge *m, struct str name)
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
struct str keys_parse(struct merge *m, struct state *s, struct str text, bool noted)
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
		if (list_has(&m->keyw[i].over, w) && (bit(p, m->keyw[i].edit) || !live_key(m, i, p)))
			return false;
	return true;
}

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
struct values keys_shown(const struct merge *m, struct arena *a, struct str name, const uint64_t *p)
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
		list_put(&out.v[j].edits, a, w->edit);
		if (oid_cmp(&m->e[w->edit].id, &m->e[out.v[j].edits.v[0]].id) < 0) {
			out.v[j].edits.v[out.v[j].edits.n - 1] = out.v[j].edits.v[0];
			out.v[j].edits.v[0] = w->edit;
		}
		list_put(&out.v[j].writes, a, i);
	}
	if (out.n > 1)
		qsort(out.v, out.n, sizeof *out.v, by_value);
	if (out.n > 1 && tlp_or_status(name, STR_NONE) >= 0) {
		for (i = 1; i < out.n; i++)
			if (tlp_or_status(name, out.v[i].value) > tlp_or_status(name, out.v[best].value))
				best = i;
		for (i = 0; i < out.n; i++)	/* who overwrites it overwrites all */
			for (j = 0; i != best && j < out.v[i].writes.n; j++)
				list_put(&out.v[best].writes, a, out.v[i].writes.v[j]);
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

struct str *keys_set(const struct merge *m, struct arena *a, const uint64_t *p, struct str name, size_t *n)
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
	struct str *old = keys_set(m, &s, m->e[edit].past, name, &n);

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
	struct values seen = keys_shown(m, &scratch, name, m->e[edit].past);
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
			list_put(&anew, &scratch, i);
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
			list_put(&over, m->a, seen.v[j].writes.v[i]);
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
void keys_take(struct merge *m, size_t edit, struct state *s)
{
	size_t i, j, n = m->nkeyw, ns = m->nsetw;

	for (i = 0; i < s->nkeys; i++) {
		for (j = 0; j < i && !str_eq(s->keys[j].name, s->keys[i].name); j++)
			;
		if (j < i)
			continue;
		if (keys_are_set(m, s->keys[i].name))
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
		if (keys_are_set(m, name))
			take_set(m, edit, name, NULL);
		else
			take_register(m, edit, name, s);
	}
}
