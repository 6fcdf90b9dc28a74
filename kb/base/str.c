/* kb/base/str.c: see str.h. */
#include "kb/base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n ? memcmp(a.p, b.p, n) : 0;

	return c ? c : (a.n > b.n) - (a.n < b.n);
}

int str_order(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

size_t str_lower(const struct str *sorted, size_t n, struct str s)
{
	size_t from = 0, to = n, mid;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (str_cmp(sorted[mid], s) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
	while (s.n && blank(s.p[s.n - 1]))
		s.n--;
	while (s.n && blank(s.p[0]))
		s.p++, s.n--;
	return s;
}

size_t str_find(struct str s, struct str needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return SIZE_MAX;
	at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

size_t str_chr(struct str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : SIZE_MAX;
}

bool str_split(struct str *part, struct str *s, char sep)
{
	size_t i;

	if (s->n == 0)
		return false;
	i = str_chr(*s, sep);
	*part = str_sub(*s, 0, i);
	*s = i == SIZE_MAX ? STR_NONE : str_sub(*s, i + 1, s->n);
	return true;
}

bool str_line(struct str *line, struct str *s)
{
	return str_split(line, s, '\n');
}

bool str_u64(uint64_t *v, struct str s)
{
	uint64_t sum = 0;
	size_t i;

	if (s.n == 0 || s.n > 20)
		return false;
	for (i = 0; i < s.n; i++) {
		unsigned d = (unsigned char)s.p[i] - (unsigned)'0';

		if (d > 9 || sum > (UINT64_MAX - d) / 10)
			return false;
		sum = sum * 10 + d;
	}
	*v = sum;
	return true;
}

/* Length of the well-formed sequence at p (n bytes left), or 0. */
static size_t utf8_length(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		return n >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if ((p[0] & 0xf0) == 0xe0) {
		if (n < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
			return 0;
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0))
			return 0;
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] < 0xf5) {
		if (n < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
			return 0;
		if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
			return 0;
		return 4;
	}
	return 0;
}

typedef unsigned char bytes __attribute__((vector_size(16)));

/* 16 bytes at a time: is each what the three in front of it call for? Behind that sequences are told. */
size_t str_utf8_bad(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint64_t w, odd[2] = { 0, 0 };
	bytes x, b1, b2, b3;
	size_t i, k;

	for (i = 0; i < 3 && i < s.n; i += k)
		if ((k = utf8_length(p + i, s.n - i)) == 0)
			return i;
	for (; i + sizeof x <= s.n; i += sizeof x) {
		memcpy(&x, p + i, sizeof x);
		memcpy(&b1, p + i - 1, sizeof x);
		memcpy(&b2, p + i - 2, sizeof x);
		memcpy(&b3, p + i - 3, sizeof x);
		x = (bytes)((((x & 0xc0) == 0x80) ^ ((b1 >= 0xc0) | (b2 >= 0xe0) | (b3 >= 0xf0))) |
		    ((x & 0xfe) == 0xc0) | (x > 0xf4) | ((b1 == 0xe0) & (x < 0xa0)) | ((b1 == 0xed) & (x >= 0xa0)) |
		    ((b1 == 0xf0) & (x < 0x90)) | ((b1 == 0xf4) & (x >= 0x90)));
		memcpy(odd, &x, sizeof odd);
		if (odd[0] | odd[1])
			break;
	}
	for (k = 0; k < 3 && i && (p[i - 1] & 0xc0) == 0x80; k++)
		i--;
	if (i && p[i - 1] >= 0xc0)
		i--;			/* where the last sequence begins */
	while (i < s.n) {
		while (i + 8 <= s.n && (memcpy(&w, p + i, 8), (w & 0x8080808080808080u) == 0))
			i += 8;
		if (i >= s.n)
			break;
		if ((k = utf8_length(p + i, s.n - i)) == 0)
			return i;
		i += k;
	}
	return s.n;
}

struct str str_utf8_cut(struct str s, size_t n)
{
	if (s.n <= n)
		return s;
	while (n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_sub(s, 0, n);
}

size_t str_utf8_count(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

size_t str_utf8_alike(struct str s, struct str other)
{
	size_t i = str_alike(s, other);

	while (i && i < s.n && ((unsigned char)s.p[i] & 0xc0) == 0x80)
		i--;
	return i;
}

uint32_t str_utf8_next(struct str s, size_t *i)
{
	const unsigned char *p = (const unsigned char *)s.p + *i;
	size_t n;

	if (p[0] < 0x80) {
		++*i;
		return p[0];
	}
	n = utf8_length(p, s.n - *i);
	*i += n ? n : 1;
	switch (n) {
	case 2: return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	case 3: return (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	case 4: return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3f) << 12 |
		    (uint32_t)(p[2] & 0x3f) << 6 | (p[3] & 0x3f);
	default: return 0xfffd;
	}
}

size_t str_distance(struct str a, struct str b, size_t max)
{
	enum { LONGEST = 128 };		/* bytes; nothing longer is worth a suggestion */
	size_t row[3][LONGEST + 1], *pp = row[0], *p = row[1], *c = row[2], *t, i, j, v;

	if (a.n > LONGEST || b.n > LONGEST || a.n > b.n + max || b.n > a.n + max)
		return max + 1;
	for (j = 0; j <= b.n; j++)
		p[j] = j;
	for (i = 1; i <= a.n; i++) {
		c[0] = i;
		for (j = 1; j <= b.n; j++) {
			v = p[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			if (p[j] + 1 < v)
				v = p[j] + 1;
			if (c[j - 1] + 1 < v)
				v = c[j - 1] + 1;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] &&
			    pp[j - 2] + 1 < v)
				v = pp[j - 2] + 1;
			c[j] = v;
		}
		t = pp;
		pp = p;
		p = c;
		c = t;
	}
	return p[b.n] > max ? max + 1 : p[b.n];
}

const char *buf_cstr(struct buf *b)
{
	buf_reserve(b, 0);
	return b->p;
}

void buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf)BUF_INIT;
}

void buf_reserve(struct buf *b, size_t more)
{
	size_t want = b->n + more + 1;

	if (want < b->n)
		want = SIZE_MAX;	/* xrealloc ends the program */
	if (want <= b->cap)
		return;
	b->cap = want < b->cap + b->cap / 2 ? b->cap + b->cap / 2 : want;
	if (b->cap < 64)
		b->cap = 64;
	b->p = xrealloc(b->p, b->cap);
	b->p[b->n] = '\0';
}

void buf_utf8(struct buf *b, uint32_t cp)
{
	char s[4];
	size_t n = 0;

	if (cp < 0x80) {
		s[n++] = (char)cp;
	} else if (cp < 0x800) {
		s[n++] = (char)(0xc0 | cp >> 6);
	} else if (cp < 0x10000) {
		s[n++] = (char)(0xe0 | cp >> 12);
		s[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
	} else {
		s[n++] = (char)(0xf0 | (cp >> 18 & 7));
		s[n++] = (char)(0x80 | (cp >> 12 & 0x3f));
		s[n++] = (char)(0x80 | (cp >> 6 & 0x3f));
	}
	if (cp >= 0x80)
		s[n++] = (char)(0x80 | (cp & 0x3f));
	buf_add(b, s, n);
}

void buf_number(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do
		digits[--at] = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(b, digits + at, sizeof digits - at);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t room;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	buf_reserve(b, 64);		/* most fits, and is formatted once */
	room = b->cap - b->n;
	n = vsnprintf(b->p + b->n, room, fmt, ap);
	va_end(ap);
	if (n > 0 && (size_t)n >= room) {
		buf_reserve(b, (size_t)n);
		n = vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
	}
	b->n += n > 0 ? (size_t)n : 0;
	b->p[b->n] = '\0';
	va_end(again);
}

void buf_splice(struct buf *b, size_t off, size_t n, struct str s)
{
	size_t tail = b->n - off - n;

	buf_reserve(b, s.n);
	memmove(b->p + off + s.n, b->p + off + n, tail);
	if (s.n)
		memcpy(b->p + off, s.p, s.n);
	b->n = off + s.n + tail;
	b->p[b->n] = '\0';
}

void buf_text_escape(struct buf *b, struct str s)
{
	size_t i = 0, at;

	while (i < s.n) {
		unsigned char c;
		uint32_t cp;
		bool bad;

		for (at = i; i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f; i++)
			;
		if (i > at) {
			buf_add(b, s.p + at, i - at);
			continue;
		}
		c = (unsigned char)s.p[at];
		cp = str_utf8_next(s, &i);
		bad = cp == 0xfffd && !(i - at == 3 && c == 0xef);

		if (cp >= 0x20 && cp != 0x7f && !(cp >= 0x80 && cp < 0xa0) && !bad) {
			buf_add(b, s.p + at, i - at);
			continue;
		}
		for (; at < i; at++) {
			c = (unsigned char)s.p[at];
			if (c == '\t' || c == '\n')
				buf_puts(b, c == '\t' ? "\\t" : "\\n");
			else
				buf_printf(b, "\\x%02x", c);
		}
	}
}

void buf_json_escape(struct buf *b, struct str s)
{
	size_t i = 0, at;
	uint32_t cp;

	while (i < s.n) {
		at = i;
		cp = str_utf8_next(s, &i);
		if (cp == '"' || cp == '\\')
			buf_printf(b, "\\%c", (char)cp);
		else if (cp == '\n')
			buf_puts(b, "\\n");
		else if (cp == '\t')
			buf_puts(b, "\\t");
		else if (cp < 0x20 || cp == 0x7f)
			buf_printf(b, "\\u%04x", (unsigned)cp);
		else if (cp == 0xfffd)
			buf_utf8(b, cp);
		else
			buf_add(b, s.p + at, i - at);
	}
}

/* Bytes of the sequence that begins with a byte and surely stands for itself in HTML, if those behind it go on with it. */
static const unsigned char html_plain[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
	3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 3, 0,
};

/* 16 bytes at a time, where they are plain and of sequences of one and two bytes. */
size_t str_html_plain(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t from, k;
	unsigned n;

	if (i < s.n && (p[i] & 0xc0) == 0x80)
		return i;		/* goes on with nothing */
	for (;;) {
		for (from = i, k = 0; i && i + sizeof(bytes) <= s.n; i += sizeof(bytes)) {
			bytes x, before;
			uint64_t odd[2];

			memcpy(&x, p + i, sizeof x);
			memcpy(&before, p + i - 1, sizeof before);
			/* & ' < > " or a control; no sequence begins so; one does not go on where it must, or must not */
			x = (bytes)(((x & 0xfe) == '&') | ((x & 0xfd) == '<') | (x == '"') | (x < ' ') | (x == 0x7f) |
			    ((x >= 0xc0) & ((x < 0xc3) | (x > 0xdf))) | (((x & 0xc0) == 0x80) ^ (before >= 0xc0)));
			memcpy(odd, &x, sizeof odd);
			if (odd[0] | odd[1]) {
				for (k = odd[0] ? 0 : 8; !x[k]; k++)
					;
				break;
			}
		}
		i += k;
		if (i > from && p[i - 1] >= 0xc0)
			i--;			/* it begins there */
		do {
			if (i >= s.n)
				return s.n;
			n = html_plain[p[i]];
			if (n != 1 && !(n == 2 && i + 1 < s.n && (p[i + 1] & 0xc0) == 0x80) &&
			    !(n == 3 && i + 2 < s.n && (p[i + 1] & 0xc0) == 0x80 && (p[i + 2] & 0xc0) == 0x80 &&
			    (p[i] > 0xe0 || p[i + 1] >= 0xa0)))
				return i;
			i += n;
		} while (n == 3 || i + sizeof(bytes) > s.n);
	}
}

void buf_html_escape(struct buf *b, struct str s)
{
	size_t i = 0, from = 0, at;
	uint32_t cp;
	const char *instead;

	buf_reserve(b, s.n);
	while ((at = i = str_html_plain(s, i)) < s.n) {
		cp = str_utf8_next(s, &i);
		if (cp == '\n' || cp == '\t' || (cp >= 0xa0 && cp != 0xfffd))
			continue;
		instead = cp == '&' ? "&amp;" : cp == '<' ? "&lt;" : cp == '>' ? "&gt;" : cp == '"' ? "&quot;" : cp == '\'' ? "&#39;" :
		    "\xef\xbf\xbd";
		buf_add(b, s.p + from, at - from);
		buf_puts(b, instead);
		from = i;
	}
	buf_str_add(b, str_sub(s, from, s.n));
}
