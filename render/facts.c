/* render/facts.c: see facts.h. */
#include "render/facts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "kb/gate/sodium.h"
#include "render/changes.h"
#include "render/lists.h"

enum { HEAD = 6, KEY_MAX = 200 };	/* what, use, number; bytes of a key */

void facts_page(struct facts *f)
{
	f->page++;
}

static uint32_t number_of(struct facts *f, enum fact what, unsigned use, size_t number, struct str key)
{
	char fact[HEAD + KEY_MAX];
	uint32_t n = (uint32_t)number, i, last = f->page - 1;
	struct str s;
	bool is_new;

	fact[0] = (char)what;
	fact[1] = (char)use;
	memcpy(fact + 2, &n, sizeof n);
	if (key.n)
		memcpy(fact + HEAD, key.p, key.n);
	s = (struct str){ fact, HEAD + key.n };
	i = (uint32_t)strings_put(&f->set, s, 0, strings_hash(s, 0), &is_new);
	if (is_new)
		buf_add(&f->seen, &last, sizeof last);
	return i;
}

static void note(struct facts *f, uint32_t i)
{
	uint32_t last;

	if (f->recording)
		buf_add(&f->record, &i, sizeof i);
	memcpy(&last, f->seen.p + i * sizeof last, sizeof last);
	if (last == f->page)
		return;
	memcpy(f->seen.p + i * sizeof last, &f->page, sizeof f->page);
	buf_add(&f->list, &i, sizeof i);
}

void facts_note(struct facts *f, enum fact what, unsigned use, size_t number, struct str key)
{
	if (!f)
		return;
	if (key.n > KEY_MAX) {
		if (what == FACT_NAME)
			return;		/* no document has such a name */
		what = FACT_FACES;
		key = STR_NONE;
	}
	note(f, number_of(f, what, use, number, key));
}

void facts_name(struct facts *f, const struct copy *c, const struct entry *e)
{
	size_t i = (size_t)(e - c->all);

	if (!f || e->name.n > KEY_MAX)
		return;
	if (!f->named) {
		f->named = xmalloc(c->nall * sizeof *f->named);
		memset(f->named, 0, c->nall * sizeof *f->named);
	}
	if (!f->named[i])
		f->named[i] = number_of(f, FACT_NAME, 0, 0, e->name) + 1;
	note(f, f->named[i] - 1);
}

size_t facts_record(struct facts *f)
{
	if (!f)
		return 0;
	if (!f->recording++)
		buf_clear(&f->record);
	return f->record.n;
}

struct str facts_recorded(struct facts *f, size_t from)
{
	if (!f)
		return STR_NONE;
	f->recording--;
	return str_sub(buf_str(&f->record), from, f->record.n);
}

void facts_again(struct facts *f, const char *record, size_t n)
{
	uint32_t i;

	for (; f && n > 0; n--, record += sizeof i) {
		memcpy(&i, record, sizeof i);
		note(f, i);
	}
}

void facts_free(struct facts *f)
{
	buf_free(&f->record);
	strings_free(&f->set);
	buf_free(&f->seen);
	buf_free(&f->list);
	free(f->named);
}

struct str fact_faces(void)
{
	static const char fact[HEAD] = { FACT_FACES };

	return (struct str){ fact, HEAD };
}

/* Links of bodies are in no face, and pages that there are (FACT_HAVE) may hang on history. */
bool fact_of_faces(struct str fact)
{
	switch (fact.n >= HEAD ? (unsigned char)fact.p[0] : FACT_ALL) {
	case FACT_USES: case FACT_USED: case FACT_PAGE:
		return (unsigned char)fact.p[1] != USE_LINK;
	case FACT_NAME: case FACT_OVERDUE: case FACT_OLD: case FACT_LABEL: case FACT_TODAY: case FACT_FACES:
		return true;
	default:
		return false;
	}
}

bool fact_hangs_on(const struct copy *c, struct str fact, const struct str *names, size_t n, bool moved)
{
	struct str key = str_sub(fact, HEAD, fact.n);
	uint32_t number = 0;
	size_t i;

	switch (fact.n >= HEAD ? (unsigned char)fact.p[0] : FACT_ALL) {
	case FACT_TEXT: case FACT_PAST:
		i = str_lower(names, n, key);
		return i < n && str_eq(names[i], key);
	case FACT_CHANGES:
		memcpy(&number, fact.p + 2, sizeof number);
		return moved || changes_page_has(c, number ? number : 1, names, n);
	case FACT_HAVE: case FACT_ALL:
		return true;
	default:
		return false;
	}
}

bool fact_is_all(struct str fact)
{
	return fact.n < HEAD || (unsigned char)fact.p[0] >= FACT_ALL;
}

static void know_faces(struct fact_ground *g)
{
	const struct copy *c = g->copy;
	struct buf *b = &g->scratch;
	size_t i;

	if (g->faces_known)
		return;
	buf_clear(b);
	buf_printf(b, "%s ", c->today);
	buf_str_add(b, c->tlp);
	for (i = 0; i < c->nall; i++)
		buf_add(b, c->all[i].face, sizeof c->all[i].face);
	blake2b_of(g->faces, buf_str(b));
	g->faces_known = true;
}

static void know_all(struct fact_ground *g)
{
	const struct copy *c = g->copy;
	struct buf *b = &g->scratch;
	size_t i;

	if (g->all_known)
		return;
	know_faces(g);
	buf_clear(b);
	buf_add(b, g->faces, sizeof g->faces);
	for (i = 0; i < c->nall; i++) {
		buf_add(b, c->all[i].blob.b, sizeof c->all[i].blob.b);
		changes_of(b, c, &c->all[i]);
	}
	blake2b_of(g->all, buf_str(b));
	g->all_known = true;
}

void fact_ground_free(struct fact_ground *g)
{
	buf_free(&g->scratch);
}

/* Append entry by entry what a list shows of those that use a key. */
static void users(struct buf *b, const struct use_of *u, size_t from, size_t to)
{
	for (; from < to; from++)
		buf_add(b, u[from].entry->face, sizeof u[from].entry->face);
}

static void keys(struct buf *b, const struct uses *u)
{
	size_t i, end;

	for (i = 0; i < u->n; i = end) {
		for (end = i; end < u->n && str_eq(u->v[end].key, u->v[i].key); end++)
			;
		buf_printf(b, "%zu %zu ", u->v[i].key.n, end - i);
		buf_str_add(b, u->v[i].key);
		users(b, u->v, i, i + 1);
	}
}

void fact_value(unsigned char value[FACT_VALUE], struct fact_ground *g, struct str fact)
{
	const struct copy *c = g->copy;
	const struct entry *e;
	const struct use_of *u;
	struct buf *b = &g->scratch;
	unsigned what = fact.n >= HEAD ? (unsigned char)fact.p[0] : FACT_ALL, use = fact.n >= HEAD ? (unsigned char)fact.p[1] : 0;
	struct str key = str_sub(fact, HEAD, fact.n);
	uint32_t number = 0;
	size_t n, from;
	char name[KEY_MAX + 1];

	memset(value, 0, FACT_VALUE);
	if (fact.n >= HEAD)
		memcpy(&number, fact.p + 2, sizeof number);
	if (use >= USES || key.n > KEY_MAX)
		what = FACT_ALL;
	buf_clear(b);
	switch (what) {
	case FACT_NAME:			/* a hash already */
		if ((e = copy_any(c, key)))
			memcpy(value, e->face, FACT_VALUE);
		return;
	case FACT_TEXT:
		if ((e = copy_any(c, key)))
			memcpy(value, e->blob.b, FACT_VALUE);
		return;
	case FACT_PAST:
		if (!(e = copy_any(c, key)))
			return;
		changes_of(b, c, e);
		break;
	case FACT_USES:
		u = copy_uses(&n, c, (enum use)use, key);
		users(b, u, 0, n);
		break;
	case FACT_USED:
		value[0] = copy_used(c, (enum use)use, key);
		return;
	case FACT_PAGE:
		u = copy_uses(&n, c, (enum use)use, key);
		from = number ? (number - 1) * (size_t)LIST_PAGE : 0;
		buf_printf(b, "%zu ", n);
		users(b, u, 0, n < 1 ? n : 1);
		users(b, u, from, n < from + LIST_PAGE ? n : from + LIST_PAGE);
		break;
	case FACT_KEYS:
		keys(b, &c->uses[use]);
		break;
	case FACT_HAVE:
		if (key.n)
			memcpy(name, key.p, key.n);
		name[key.n] = '\0';
		value[0] = lists_have(c, name);
		return;
	case FACT_OVERDUE:
		value[0] = copy_overdue(c, key);
		return;
	case FACT_OLD:
		value[0] = copy_old(c, key);
		return;
	case FACT_LABEL:
		buf_str_add(b, c->tlp);
		break;
	case FACT_TODAY:
		buf_puts(b, c->today);
		break;
	case FACT_CHANGES:
		changes_of_page(b, c, number ? number : 1);
		break;
	case FACT_FACES:
		know_faces(g);
		memcpy(value, g->faces, FACT_VALUE);
		return;
	default:
		know_all(g);
		memcpy(value, g->all, FACT_VALUE);
		return;
	}
	if (b->n)
		blake2b_of(value, buf_str(b));
}
