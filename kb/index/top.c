/* kb/index/top.c: see top.h. A heap of at most `limit`. Ids are looked up for documents of two segments that tie, and
 * for no others. */
#include "kb/index/top.h"

#include "kb/index/columns.h"

void top_open(struct top *t, size_t limit, struct snap *s, struct arena *a, struct err *e)
{
	*t = (struct top){ .s = s, .a = a, .limit = limit < s->stamp.documents ? limit : (size_t)s->stamp.documents, .e = e };
	t->v = arena_array(a, t->limit, sizeof *t->v);
}

static void pick_id(struct top *t, struct pick *p)
{
	if (!p->id.n && !t->rc)
		t->rc = columns_id(&p->id, t->a, &t->s->segments[p->seg], p->place, t->e);
}

static bool before(struct top *t, struct pick *a, struct pick *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	if (a->seg == b->seg)
		return a->place < b->place;
	pick_id(t, a);
	pick_id(t, b);
	return str_cmp(a->id, b->id) < 0;
}

static void sift(struct top *t, size_t n, size_t i)
{
	struct pick *h = t->v, x;
	size_t k;

	for (; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && before(t, &h[k], &h[k + 1]))
			k++;
		if (!before(t, &h[i], &h[k]))
			return;
		x = h[i], h[i] = h[k], h[k] = x;
	}
}

void top_offer(struct top *t, uint32_t score, uint32_t place, size_t seg)
{
	struct pick p = { score >> SHOWN, place, seg, STR_NONE };
	size_t k;

	if (t->n < t->limit) {
		t->v[t->n++] = p;
		if (t->n == t->limit)
			for (k = t->n / 2; k-- > 0;)
				sift(t, t->n, k);
	} else if (t->limit && before(t, &p, &t->v[0])) {
		t->v[0] = p;
		sift(t, t->n, 0);
	}
}

uint64_t top_need(const struct top *t, size_t seg)
{
	if (t->n < t->limit)
		return 0;
	if (!t->limit)
		return UINT64_MAX;
	return ((uint64_t)t->v[0].score + (t->v[0].seg == seg)) << SHOWN;
}

/* Take the worst off again and again. */
enum rc top_close(struct top *t)
{
	struct pick x;
	size_t n, k;

	for (k = t->n < t->limit ? t->n / 2 : 0; k-- > 0;)
		sift(t, t->n, k);
	for (n = t->n; n > 1; n--) {
		x = t->v[0], t->v[0] = t->v[n - 1], t->v[n - 1] = x;
		sift(t, n - 1, 0);
	}
	return t->rc;
}
