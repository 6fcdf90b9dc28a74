/* sync/units.c: see units.h.
 *
 * Units. A line with its line feed is a unit. A line outside fences and tables that holds several sentences is cut
 * behind each run of end marks (. ! ? U+2026 U+0964 U+06D4 U+061F) that blanks or tabs follow and something else
 * follows these; the blanks belong to the sentence before. A fence opens at a line of at most three blanks and
 * three or more backquotes (none behind them in the line) or tildes, and closes at a line of at most three blanks,
 * as many of the same or more, and nothing but blanks. A table line's first character that is no blank is '|'.
 *
 * Match. Equal units at both ends are matched. Of what is between, units that stand exactly once on each side are
 * candidates; the longest row of them rising on both sides (of several, the one found by patience sorting from the
 * left, smallest piles first) is matched and cuts the texts into stretches, each of which is done in the same
 * way. A stretch without candidates is matched by Myers' greedy algorithm, forward, a step down (insert) where
 * k = -d or (k < d and reach[k-1] < reach[k+1]), else a step right (delete); more than MAX_EDITS edits: nothing
 * in it matches. */
#include "sync/units.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EDITS = 1000 };

static size_t blanks(struct str s, size_t i)
{
	while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t'))
		i++;
	return i;
}

/* Length of the fence a line is, 0 none. *mark: its character; *bare: nothing behind it. */
static size_t fence(struct str line, char *mark, bool *bare)
{
	size_t i = 0, n;

	while (i < line.n && line.p[i] == ' ')
		i++;
	if (i > 3 || i >= line.n || (line.p[i] != '`' && line.p[i] != '~'))
		return 0;
	*mark = line.p[i];
	for (n = 0; i < line.n && line.p[i] == *mark; i++)
		n++;
	if (*mark == '`' && str_chr(str_sub(line, i, line.n), '`') != SIZE_MAX)
		return 0;		/* code in a line */
	i = blanks(line, i);
	*bare = i >= line.n || line.p[i] == '\n' || line.p[i] == '\r';
	return n >= 3 ? n : 0;
}

static size_t end_mark(struct str s, size_t i)	/* bytes of the end mark at i, or 0 */
{
	const char *mark;
	size_t n;

	if (i >= s.n)
		return 0;
	switch ((unsigned char)s.p[i]) {	/* asked of every byte of every text */
	case '.': case '!': case '?': return 1;
	case 0xe2: mark = "\xe2\x80\xa6", n = 3; break;
	case 0xe0: mark = "\xe0\xa5\xa4", n = 3; break;
	case 0xdb: mark = "\xdb\x94", n = 2; break;
	case 0xd8: mark = "\xd8\x9f", n = 2; break;
	default: return 0;
	}
	return i + n <= s.n && memcmp(s.p + i, mark, n) == 0 ? n : 0;
}

static void add(struct str **units, size_t *n, size_t *cap, struct arena *a, struct str u)
{
	if (*n == *cap)
		*units = arena_grow(a, *units, cap, sizeof **units);
	(*units)[(*n)++] = u;
}

static void sentences(struct str **units, size_t *n, size_t *cap, struct arena *a, struct str line)
{
	size_t from = 0, i = 0, k, to;

	while (i < line.n) {
		if (!(k = end_mark(line, i))) {
			i++;
			continue;
		}
		for (i += k; (k = end_mark(line, i)); i += k)
			;
		to = blanks(line, i);
		if (to > i && to < line.n && line.p[to] != '\n' && line.p[to] != '\r') {
			add(units, n, cap, a, str_sub(line, from, to));
			from = to;
		}
		i = to > i ? to : i;
	}
	if (from < line.n)
		add(units, n, cap, a, str_sub(line, from, line.n));
}

void units_split(struct str **units, size_t *n, size_t *cap, struct arena *a, struct str text)
{
	size_t open = 0, k, end, first;
	char mark = 0, m = 0;
	bool bare = false;
	struct str line;

	while (text.n) {
		end = str_chr(text, '\n');
		line = str_sub(text, 0, end == SIZE_MAX ? text.n : end + 1);
		text = str_sub(text, line.n, text.n);
		k = fence(line, &m, &bare);
		first = blanks(line, 0);
		if (open) {
			add(units, n, cap, a, line);
			if (k >= open && m == mark && bare)
				open = 0;
		} else if (k) {
			open = k;
			mark = m;
			add(units, n, cap, a, line);
		} else if (first < line.n && line.p[first] == '|') {
			add(units, n, cap, a, line);
		} else {
			sentences(units, n, cap, a, line);
		}
	}
}

void units_structure(size_t *begin, const struct str *units, size_t n)
{
	size_t i, open = 0, start = 0, k;
	bool line_start = true, table = false, bare = false;
	char mark = 0, m = 0;

	for (i = 0; i < n; i++) {
		struct str u = units[i];
		size_t first = blanks(u, 0);
		bool ends = u.n && u.p[u.n - 1] == '\n', row = line_start && first < u.n && u.p[first] == '|';

		k = line_start ? fence(u, &m, &bare) : 0;
		if (open) {
			begin[i] = start;
			if (k >= open && m == mark && bare)
				open = 0;
		} else if (k) {
			open = k;
			mark = m;
			begin[i] = start = i;
			table = false;
		} else {
			if (line_start && !(row && table))
				start = i;
			if (line_start)
				table = row;
			begin[i] = start;
		}
		line_start = ends;
	}
}

/* ---- matching ---- */

struct job { size_t a0, a1, b0, b1; };
struct matcher {
	struct arena a;
	const size_t *ca, *cb;		/* class of each unit: equal units have equal classes */
	size_t nclasses;
	size_t *match;
	size_t *count_a, *count_b, *at_b;	/* by class, for the stretch in work */
	struct job *jobs;
	size_t njobs, cap;
};

static void push(struct matcher *m, size_t a0, size_t a1, size_t b0, size_t b1)
{
	if (a0 == a1 || b0 == b1)
		return;
	if (m->njobs == m->cap)
		m->jobs = arena_grow(&m->a, m->jobs, &m->cap, sizeof *m->jobs);
	m->jobs[m->njobs++] = (struct job){ a0, a1, b0, b1 };
}

static long from_diagonal(const long *reach, long k, long d)
{
	return k == -d || (k != d && reach[k - 1] < reach[k + 1]) ? k + 1 : k - 1;
}

static void myers(struct matcher *m, const struct job *j)
{
	long n = (long)(j->a1 - j->a0), mm = (long)(j->b1 - j->b0), max = n + mm < MAX_EDITS ? n + mm : MAX_EDITS, d, k, x, y, from;
	const size_t *a = m->ca + j->a0, *b = m->cb + j->b0;
	struct arena scratch = ARENA_INIT;
	long **saved = arena_array(&scratch, (size_t)max + 1, sizeof *saved);
	long *reach = (long *)arena_array(&scratch, (size_t)(2 * max + 3), sizeof *reach) + max + 1;
	bool found = false;

	for (d = 0; d <= max && !found; d++) {
		saved[d] = (long *)arena_array(&scratch, (size_t)(2 * d + 3), sizeof **saved) + d + 1;
		memcpy(saved[d] - d - 1, reach - d - 1, (size_t)(2 * d + 3) * sizeof *reach);
		for (k = -d; k <= d && !found; k += 2) {
			from = from_diagonal(reach, k, d);
			x = d == 0 ? 0 : from > k ? reach[from] : reach[from] + 1;
			for (y = x - k; x < n && y >= 0 && y < mm && a[x] == b[y]; x++, y++)
				;
			reach[k] = x;
			found = x >= n && y >= mm;
		}
	}
	if (found) {
		for (x = n, y = mm, d--; d > 0; d--) {
			long px, py;

			k = x - y;
			from = from_diagonal(saved[d], k, d);
			px = saved[d][from];
			py = px - from;
			while (x > px + (from < k) && y > py + (from > k))
				m->match[j->a0 + (size_t)--x] = j->b0 + (size_t)--y;
			x = px;
			y = py;
		}
		while (x > 0 && y > 0)
			m->match[j->a0 + (size_t)--x] = j->b0 + (size_t)--y;
	}
	arena_free(&scratch);
}

/* Longest rising row of b over candidates in order of a, by patience sorting. */
static size_t *rising(struct arena *s, const size_t *bs, size_t n, size_t *len)
{
	size_t *tops = arena_array(s, n, sizeof *tops), *prev = arena_array(s, n, sizeof *prev), i, lo, hi, mid, *row;

	for (*len = 0, i = 0; i < n; i++) {
		for (lo = 0, hi = *len; lo < hi;) {
			mid = (lo + hi) / 2;
			if (bs[tops[mid]] < bs[i])
				lo = mid + 1;
			else
				hi = mid;
		}
		prev[i] = lo ? tops[lo - 1] : SIZE_MAX;
		tops[lo] = i;
		if (lo == *len)
			++*len;
	}
	row = arena_array(s, *len, sizeof *row);
	for (i = *len ? tops[*len - 1] : 0, lo = *len; lo-- > 0; i = prev[i])
		row[lo] = i;
	return row;
}

static void stretch(struct matcher *m, struct job j)
{
	struct arena s = ARENA_INIT;
	size_t i, n = 0, len, *as, *bs, *row, a, b;

	for (; j.a0 < j.a1 && j.b0 < j.b1 && m->ca[j.a0] == m->cb[j.b0]; j.a0++, j.b0++)
		m->match[j.a0] = j.b0;
	for (; j.a0 < j.a1 && j.b0 < j.b1 && m->ca[j.a1 - 1] == m->cb[j.b1 - 1]; j.a1--, j.b1--)
		m->match[j.a1 - 1] = j.b1 - 1;
	if (j.a0 == j.a1 || j.b0 == j.b1)
		return;
	for (i = j.a0; i < j.a1; i++)
		m->count_a[m->ca[i]]++;
	for (i = j.b0; i < j.b1; i++) {
		m->count_b[m->cb[i]]++;
		m->at_b[m->cb[i]] = i;
	}
	as = arena_array(&s, j.a1 - j.a0, sizeof *as);
	bs = arena_array(&s, j.a1 - j.a0, sizeof *bs);
	for (i = j.a0; i < j.a1; i++)
		if (m->count_a[m->ca[i]] == 1 && m->count_b[m->ca[i]] == 1) {
			as[n] = i;
			bs[n++] = m->at_b[m->ca[i]];
		}
	for (i = j.a0; i < j.a1; i++)
		m->count_a[m->ca[i]] = 0;
	for (i = j.b0; i < j.b1; i++)
		m->count_b[m->cb[i]] = 0;
	row = rising(&s, bs, n, &len);
	if (!len) {
		myers(m, &j);
	} else {
		for (a = j.a0, b = j.b0, i = 0; i < len; i++) {
			size_t x = as[row[i]], y = bs[row[i]];

			m->match[x] = y;
			push(m, a, x, b, y);
			a = x + 1;
			b = y + 1;
		}
		push(m, a, j.a1, b, j.b1);
	}
	arena_free(&s);
}

static size_t *classes(struct arena *a, struct str **reps, size_t *n, size_t *slots, size_t cap, const struct str *u, size_t count)
{
	size_t *cls = arena_array(a, count, sizeof *cls), i, k, s;

	for (i = 0; i < count; i++) {
		uint64_t h = 0xcbf29ce484222325u;

		for (k = 0; k < u[i].n; k++)
			h = (h ^ (unsigned char)u[i].p[k]) * 0x100000001b3u;
		for (s = (size_t)(h ^ h >> 31) & (cap - 1); slots[s] && !str_eq((*reps)[slots[s] - 1], u[i]); s = (s + 1) & (cap - 1))
			;
		if (!slots[s]) {
			(*reps)[*n] = u[i];
			slots[s] = ++*n;
		}
		cls[i] = slots[s] - 1;
	}
	return cls;
}

void units_match(size_t *match, const struct str *a, size_t na, const struct str *b, size_t nb)
{
	struct matcher m = { .match = match };
	struct str *reps;
	size_t i, cap = 64, *slots;

	for (i = 0; i < na; i++)
		match[i] = SIZE_MAX;
	if (!na || !nb)
		return;
	while (cap < 2 * (na + nb))
		cap *= 2;
	slots = arena_array(&m.a, cap, sizeof *slots);
	reps = arena_array(&m.a, na + nb, sizeof *reps);
	m.ca = classes(&m.a, &reps, &m.nclasses, slots, cap, a, na);
	m.cb = classes(&m.a, &reps, &m.nclasses, slots, cap, b, nb);
	m.count_a = arena_array(&m.a, m.nclasses, sizeof *m.count_a);
	m.count_b = arena_array(&m.a, m.nclasses, sizeof *m.count_b);
	m.at_b = arena_array(&m.a, m.nclasses, sizeof *m.at_b);
	push(&m, 0, na, 0, nb);
	while (m.njobs) {
		struct job j = m.jobs[--m.njobs];

		stretch(&m, j);
	}
	arena_free(&m.a);
}
