/* kb/base/diff.c: see diff.h. Myers' greedy algorithm (1986) over lines, after equal ends are taken off; texts
 * further apart than MAX_EDITS lines are shown as one replaced whole, so time and memory are bounded. */
#include "kb/base/diff.h"

#include <string.h>

enum { MAX_EDITS = 1500, CONTEXT = 3 };

struct lines { const struct str *v; size_t n; };

static struct lines split(struct arena *a, struct str s)
{
	struct str line, *v = NULL;
	size_t cap = 0, n = 0;

	while (str_line(&line, &s)) {
		if (n == cap)
			v = arena_grow(a, v, &cap, sizeof *v);
		v[n++] = line;
	}
	return (struct lines){ v, n };
}

/* Where the furthest path of diagonal k comes from: k + 1 (a line of b is inserted) or k - 1 (one of a deleted). */
static long from_diagonal(const long *reach, long k, long d)
{
	return k == -d || (k != d && reach[k - 1] < reach[k + 1]) ? k + 1 : k - 1;
}

/* Mark what is deleted in a and inserted in b. false: more than MAX_EDITS edits. */
static bool myers(struct arena *arena, const struct lines *a, const struct lines *b, char *del, char *ins)
{
	long n = (long)a->n, m = (long)b->n, max = n + m < MAX_EDITS ? n + m : MAX_EDITS, d, k, x, y, from;
	long **saved = arena_array(arena, (size_t)max + 1, sizeof *saved);
	long *reach = (long *)arena_array(arena, (size_t)(2 * max + 3), sizeof *reach) + max + 1;
	bool found = false;

	for (d = 0; d <= max && !found; d++) {
		/* saved[d]: how far step d - 1 had come on the diagonals -d to d, which is all the way back needs */
		saved[d] = (long *)arena_array(arena, (size_t)(2 * d + 3), sizeof **saved) + d + 1;
		memcpy(saved[d] - d - 1, reach - d - 1, (size_t)(2 * d + 3) * sizeof *reach);
		for (k = -d; k <= d && !found; k += 2) {
			from = from_diagonal(reach, k, d);
			x = d == 0 ? 0 : from > k ? reach[from] : reach[from] + 1;
			for (y = x - k; x < n && y < m && str_eq(a->v[x], b->v[y]); x++, y++)
				;
			reach[k] = x;
			found = x >= n && y >= m;
		}
	}
	if (!found)
		return false;
	for (x = n, y = m, d--; d > 0; d--) {
		k = x - y;
		from = from_diagonal(saved[d], k, d);
		x = saved[d][from];
		y = x - from;
		if (from > k)
			ins[y] = 1;
		else
			del[x] = 1;
	}
	return true;
}

static void hunk(struct buf *out, const struct lines *a, const struct lines *b, const char *del, const char *ins,
    size_t x, size_t y, size_t xe, size_t ye)
{
	buf_printf(out, "@@ -%zu,%zu +%zu,%zu @@\n", xe > x ? x + 1 : x, xe - x, ye > y ? y + 1 : y, ye - y);
	while (x < xe || y < ye) {
		if (x < xe && del[x])
			buf_printf(out, "-%.*s\n", FMT_STR(a->v[x])), x++;
		else if (y < ye && ins[y])
			buf_printf(out, "+%.*s\n", FMT_STR(b->v[y])), y++;
		else
			buf_printf(out, " %.*s\n", FMT_STR(a->v[x])), x++, y++;
	}
}

void diff_strs(char *del, char *ins, const struct str *a, size_t n, const struct str *b, size_t m)
{
	struct arena arena = ARENA_INIT;
	struct lines ma, mb;
	size_t front = 0, back = 0;

	while (front < n && front < m && str_eq(a[front], b[front]))
		front++;
	while (back < n - front && back < m - front && str_eq(a[n - 1 - back], b[m - 1 - back]))
		back++;
	ma = (struct lines){ a + front, n - front - back };
	mb = (struct lines){ b + front, m - front - back };
	if (!myers(&arena, &ma, &mb, del + front, ins + front)) {
		memset(del + front, 1, ma.n);
		memset(ins + front, 1, mb.n);
	}
	arena_free(&arena);
}

void diff_unified(struct buf *out, struct str label, struct str old, struct str new)
{
	struct arena arena = ARENA_INIT;
	struct lines a = split(&arena, old), b = split(&arena, new);
	char *del = arena_alloc(&arena, a.n + 1), *ins = arena_alloc(&arena, b.n + 1);
	size_t x, y, x0, y0, xe, ye, same;

	if (str_eq(old, new) && (old.p != NULL) == (new.p != NULL))
		goto out;
	diff_strs(del, ins, a.v, a.n, b.v, b.n);
	buf_printf(out, "--- %s%.*s\n+++ %s%.*s\n", old.p ? "a/" : "/dev/null", FMT_STR(old.p ? label : STR_NONE),
	    new.p ? "b/" : "/dev/null", FMT_STR(new.p ? label : STR_NONE));
	for (x = y = 0; x < a.n || y < b.n;) {
		if (!(x < a.n && del[x]) && !(y < b.n && ins[y])) {
			x++, y++;
			continue;
		}
		x0 = x > CONTEXT ? x - CONTEXT : 0;
		y0 = y > x - x0 ? y - (x - x0) : 0;
		x0 = x - (y - y0);
		for (xe = x, ye = y, same = 0; (xe < a.n || ye < b.n) && same <= 2 * CONTEXT;) {
			if (xe < a.n && del[xe])
				xe++, same = 0;
			else if (ye < b.n && ins[ye])
				ye++, same = 0;
			else
				xe++, ye++, same++;
		}
		if (same > CONTEXT) {		/* the lines behind the last change: three of them are context */
			xe -= same - CONTEXT;
			ye -= same - CONTEXT;
		}
		hunk(out, &a, &b, del, ins, x0, y0, xe, ye);
		x = xe;
		y = ye;
	}
out:
	arena_free(&arena);
}
