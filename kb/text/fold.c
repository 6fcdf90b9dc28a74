/* kb/text/fold.c: see fold.h. */
#include "kb/text/fold.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"

/* Of a byte: no ASCII letter, an ASCII letter or digit, or of a longer character. */
enum { NO, YES, FAR };
#define R16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
static const unsigned char kinds[256] = {
	R16(NO), R16(NO), R16(NO),
	YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, NO, NO, NO, NO, NO, NO,
	NO, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES,
	YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, NO, NO, NO, NO, NO,
	NO, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES,
	YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, YES, NO, NO, NO, NO, NO,
	R16(FAR), R16(FAR), R16(FAR), R16(FAR), R16(FAR), R16(FAR), R16(FAR), R16(FAR),
};

/* str_utf8_next for what is not ASCII, without a call for two bytes. */
static inline uint32_t next_point(struct str s, size_t *i)
{
	const unsigned char *p = (const unsigned char *)s.p + *i;

	if (p[0] >= 0xc2 && p[0] < 0xe0 && *i + 1 < s.n && (p[1] & 0xc0) == 0x80) {
		*i += 2;
		return (uint32_t)(p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	}
	return str_utf8_next(s, i);
}

/* The end of a word that goes on at i, behind the code point `before`. */
static size_t word_end(struct str s, size_t i, uint32_t before)
{
	uint32_t c;
	enum char_class k;
	size_t next;

	for (;;) {
		while (i < s.n && kinds[(unsigned char)s.p[i]] == YES)
			i++, before = 0;
		if (i == s.n || kinds[(unsigned char)s.p[i]] == NO)
			return i;
		next = i;
		c = next_point(s, &next);
		k = text_class(c);
		if (k == CHAR_BREAK || k == CHAR_PAIR || (c == 0x200c && before >= 0x0600 && before < 0x0900))
			return i;
		before = c;
		i = next;
	}
}

/* Behind the code point at i and what is dropped behind it. */
static size_t pair_end(struct str s, size_t i)
{
	size_t next;

	for ((void)str_utf8_next(s, &i); (next = i) < s.n; i = next)
		if (text_class(str_utf8_next(s, &next)) != CHAR_DROP)
			break;
	return i;
}

bool words_next(struct words *w, struct str *word)
{
	struct str s = w->text;
	size_t i = w->at, start, next;
	enum char_class k = CHAR_BREAK;
	uint32_t c = 0;

	if (!w->run) {
		for (start = i; i < s.n; start = i) {
			if (kinds[(unsigned char)s.p[i]] == NO) {
				i++;
				continue;
			}
			if (kinds[(unsigned char)s.p[i]] == YES || (k = text_class(c = next_point(s, &i))) == CHAR_LETTER) {
				w->at = word_end(s, i, c);
				*word = (struct str){ s.p + start, w->at - start };
				return true;
			}
			if (k == CHAR_PAIR)
				break;
		}
		if (k != CHAR_PAIR) {
			w->at = s.n;
			return false;
		}
		w->at = start;
		for (i = start; (next = i) < s.n && text_class(str_utf8_next(s, &next)) == CHAR_PAIR;)
			i = pair_end(s, i);
		w->run = i;
	}
	/* In a run: the pair at w->at, or the run's only character. */
	start = w->at;
	w->at = next = pair_end(s, start);
	if (next < w->run)
		next = pair_end(s, next);
	*word = str_sub(s, start, next);
	if (next == w->run) {
		w->at = w->run;
		w->run = 0;
	}
	return true;
}

static bool ascii(struct str s)
{
	unsigned char all = 0;
	size_t i;

	for (i = 0; i < s.n; i++)
		all |= (unsigned char)s.p[i];
	return all < 0x80;
}

static void lower_ascii(struct buf *out, struct str s)
{
	size_t i;

	buf_reserve(out, s.n);
	for (i = 0; i < s.n; i++)
		out->p[out->n + i] = (char)(s.p[i] | (s.p[i] >= 'A' && s.p[i] <= 'Z') << 5);
	out->n += s.n;
	out->p[out->n] = '\0';
}

/* buf_str_add of what a code point becomes: a few bytes at most, and mostly two. */
static inline void add_few(struct buf *out, struct str s)
{
	size_t i;

	if (out->n + s.n >= out->cap)
		buf_reserve(out, s.n);
	for (i = 0; i < s.n; i++)
		out->p[out->n + i] = s.p[i];
	out->n += s.n;
	out->p[out->n] = '\0';
}

/* Make one of the last two code points of out, from start on, where Unicode has one. */
static void compose(struct buf *out, size_t start, size_t last)
{
	uint32_t first, second, both;
	size_t before = last;

	if (last == start || last == out->n)
		return;
	while (before > start && ((unsigned char)out->p[--before] & 0xc0) == 0x80)
		;
	last = before;
	first = str_utf8_next(buf_str(out), &last);
	second = str_utf8_next(buf_str(out), &last);
	if (last == out->n && (both = text_pair(first, second))) {
		out->n = before;
		buf_utf8(out, both);
	}
}

void text_lower(struct buf *out, struct str word)
{
	size_t i = 0, n, start = out->n, last;

	if (ascii(word)) {
		lower_ascii(out, str_sub(word, 0, TEXT_POINTS));
		return;
	}
	for (n = 0; i < word.n && n < TEXT_POINTS; n++) {
		struct text_row row = text_char(next_point(word, &i));

		last = out->n;
		add_few(out, row.lower);
		if (row.joins)
			compose(out, start, last);
	}
}

static void fold_points(struct buf *out, struct str word, size_t points)
{
	uint32_t c = 0, before;
	size_t i = 0, n;

	for (n = 0; i < word.n && n < points; n++) {
		before = c;
		c = next_point(word, &i);
		if (c == 0x0306 && (before == 0x0418 || before == 0x0438))
			out->p[out->n - 1] = 'j';
		else
			add_few(out, text_char(c).surface);
	}
}

void text_fold(struct buf *out, struct str word)
{
	if (ascii(word))
		buf_str_add(out, word);
	else
		fold_points(out, word, SIZE_MAX);
}

void text_surface(struct buf *out, struct str word)
{
	size_t start = out->n;

	if (ascii(word))
		lower_ascii(out, str_sub(word, 0, WORD_MAX));
	else
		fold_points(out, word, TEXT_POINTS);
	out->n = start + str_utf8_cut(str_sub(buf_str(out), start, out->n), WORD_MAX).n;
	if (out->p)
		out->p[out->n] = '\0';
}

void text_romanise(struct buf *out, struct str text)
{
	struct buf surface = BUF_INIT;
	struct words w = { text, 0, 0 };
	struct str word;
	size_t i, last = 0;
	bool first = true;

	while (words_next(&w, &word)) {
		size_t at = (size_t)(word.p - text.p);

		if (!first && at >= last)
			buf_putc(out, ' ');
		first = false;
		last = at + word.n;
		buf_clear(&surface);
		text_surface(&surface, word);
		for (i = 0; i < surface.n; i++)
			if ((unsigned char)surface.p[i] < 0x80)
				buf_putc(out, surface.p[i]);
	}
	buf_free(&surface);
}

void text_plain(struct buf *out, size_t **from, struct str text)
{
	size_t *map = xmalloc((text.n + 1) * sizeof *map), i = 0, at, start = out->n;

	while (i < text.n) {
		uint32_t c, d;

		at = i;
		c = str_utf8_next(text, &i);
		if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff || c == 0x00ad || c == 0x034f ||
		    c == 0x061c || c == 0x180e || (c >= 0x202a && c <= 0x202e) || (c >= 0xfe00 && c <= 0xfe0f))
			continue;
		d = text_digit(c);
		if (c == 0x00a0 || c == 0x202f || (c >= 0x2000 && c <= 0x200a) || c == 0x205f || c == 0x3000)
			d = ' ';
		if (c == 0x2010 || c == 0x2011)
			d = '-';
		if (d) {
			map[out->n - start] = at;
			buf_putc(out, (char)d);
			continue;
		}
		for (; at < i; at++) {
			map[out->n - start] = at;
			buf_putc(out, text.p[at]);
		}
	}
	map[out->n - start] = text.n;
	*from = map;
}
