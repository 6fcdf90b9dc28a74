/* kb/index/sealed.c: see sealed.h. Behind a value stands a check: u32, the low half of check_of over key and value. What was
 * found right is kept as bits, a row of them for each table of each segment. */
#include "kb/index/sealed.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "kb/index/pack.h"

void seal(struct buf *b, struct str key)
{
	u32_add(b, (uint32_t)check_of(check_of(0, key), buf_str(b)));
}

bool sealed(struct str *v, struct str key)
{
	struct str bytes;

	if (v->n < 4)
		return false;
	bytes = str_sub(*v, 0, v->n - 4);
	if (u32_get(v->p + bytes.n) != (uint32_t)check_of(check_of(0, key), bytes))
		return false;
	*v = bytes;
	return true;
}

static enum rc emptied(struct buf *value, enum rc rc)
{
	buf_clear(value);
	return rc;
}

enum rc sealed_append(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e)
{
	seal(value, key);
	return emptied(value, txn_append(t, id, key, buf_str(value), e));
}

enum rc sealed_put(struct txn *t, table_id id, struct str key, struct buf *value, struct err *e)
{
	seal(value, key);
	return emptied(value, txn_put(t, id, key, buf_str(value), e));
}

enum rc sealed_get(struct str *v, struct txn *t, table_id id, struct str key, struct err *e)
{
	enum rc rc = txn_get(v, t, id, key, e);

	if (!rc && !sealed(v, key))
		rc = err_set(e, RC_CORRUPT, "index: a value in it is damaged; 'colep index --rebuild' makes it anew");
	return rc;
}

/* ---- what was found right ---- */

enum { SEEN_MAX = 256 };
struct seen {
	struct { uint32_t segment; unsigned table; uint64_t *bits; size_t n; } *v;
	size_t n;
};

struct seen *seen_open(void)
{
	struct seen *s = xmalloc(sizeof *s);

	*s = (struct seen){ NULL, 0 };
	return s;
}

void seen_close(struct seen *s)
{
	if (!s)
		return;
	while (s->n)
		free(s->v[--s->n].bits);
	free(s->v);
	free(s);
}

static size_t seen_find(const struct seen *s, uint32_t segment, unsigned table)
{
	size_t i;

	for (i = 0; i < s->n && !(s->v[i].segment == segment && s->v[i].table == table); i++)
		;
	return i;
}

bool seen_right(const struct seen *s, uint32_t segment, unsigned table, uint32_t chunk)
{
	size_t i = seen_find(s, segment, table), word = chunk / 64;

	return i < s->n && word < s->v[i].n && (s->v[i].bits[word] >> chunk % 64 & 1);
}

void seen_mark(struct seen *s, uint32_t segment, unsigned table, uint32_t chunk)
{
	size_t i = seen_find(s, segment, table), word = chunk / 64;

	if (i == SEEN_MAX)			/* most of them are of segments that were merged */
		while (s->n)
			free(s->v[i = --s->n].bits);
	if (i == s->n) {
		s->v = xrealloc(s->v, ++s->n * sizeof *s->v);
		s->v[i].segment = segment;
		s->v[i].table = table;
		s->v[i].bits = NULL;
		s->v[i].n = 0;
	}
	if (word >= s->v[i].n) {
		s->v[i].bits = xrealloc(s->v[i].bits, (word + 1) * sizeof *s->v[i].bits);
		memset(s->v[i].bits + s->v[i].n, 0, (word + 1 - s->v[i].n) * sizeof *s->v[i].bits);
		s->v[i].n = word + 1;
	}
	s->v[i].bits[word] |= (uint64_t)1 << chunk % 64;
}
