/* sync/merge/list.c: lists of indices. */
#include "sync/merge/parts.h"

#include <stdlib.h>

void list_put(struct list *l, struct arena *a, size_t v)
{
	if (l->n == l->cap)
		l->v = arena_grow(a, l->v, &l->cap, sizeof *l->v);
	l->v[l->n++] = v;
}

void list_copy(struct list *to, struct arena *a, const struct list *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		list_put(to, a, from->v[i]);
}

bool list_has(const struct list *l, size_t v)
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

void list_sort(struct list *l)
{
	size_t i, k = 0;

	if (l->n > 1)
		qsort(l->v, l->n, sizeof *l->v, by_number);
	for (i = 0; i < l->n; i++)
		if (!k || l->v[k - 1] != l->v[i])
			l->v[k++] = l->v[i];
	l->n = k;
}

bool list_same(const struct list *x, const struct list *y)
{
	return x->n == y->n && (x->n == 0 || memcmp(x->v, y->v, x->n * sizeof *x->v) == 0);
}
