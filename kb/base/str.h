/* kb/base/str.h: the two string types. `struct str` looks at bytes that somebody else keeps;
 * `struct buf` grows, owns its bytes and is always NUL-terminated. All lengths are bytes. */
#ifndef KB_BASE_STR_H
#define KB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kb/base/err.h"

struct str {				/* borrowed; may hold NUL bytes; p may be NULL when n is 0 */
	const char *p;
	size_t n;
};
#define STR(lit) ((struct str){ (lit), sizeof(lit) - 1 })	/* of a string literal */
#define STR_NONE ((struct str){ NULL, 0 })
#define FMT_STR(s) (int)((s).n > 4096 ? 4096 : (s).n), (s).p	/* for "%.*s" */

static inline struct str cstr(const char *s)	/* of a NUL-terminated string; NULL gives STR_NONE */
{
	return s ? (struct str){ s, strlen(s) } : STR_NONE;
}
static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (a.p[0] == b.p[0] && memcmp(a.p, b.p, a.n) == 0));	/* most differ at once */
}
static inline bool str_is(struct str a, const char *s)	/* equal to a C string */
{
	return a.n ? a.p[0] == s[0] && str_eq(a, cstr(s)) : !*s;
}
int str_cmp(struct str a, struct str b);	/* by bytes, the shorter first */
int str_order(const void *a, const void *b);	/* the same of two struct str, for qsort and bsearch */
/* The place of the first of n strings, sorted by str_cmp, that is not before s; n: all are. */
size_t str_lower(const struct str *sorted, size_t n, struct str s);
static inline struct str str_sub(struct str s, size_t from, size_t to)	/* [from, to), cut to what is there */
{
	to = to < s.n ? to : s.n;
	from = from < to ? from : to;
	return s.p ? (struct str){ s.p + from, to - from } : STR_NONE;
}
static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}
static inline bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_sub(s, s.n - suffix.n, s.n), suffix);
}
static inline size_t str_alike(struct str a, struct str b)	/* how many bytes both begin with */
{
	size_t i = 0;

	while (i < a.n && i < b.n && a.p[i] == b.p[i])
		i++;
	return i;
}
struct str str_trim(struct str s);		/* without blanks, tabs, CR, LF at both ends */
size_t str_find(struct str s, struct str needle);	/* offset, or SIZE_MAX */
size_t str_chr(struct str s, char c);		/* offset, or SIZE_MAX */
/* Take the next line off *s, without its LF; false when *s is empty. "a\n\nb" is three lines. */
bool str_line(struct str *line, struct str *s);
/* Take the next part up to sep off *s; false when none is left. An empty *s gives none. */
bool str_split(struct str *part, struct str *s, char sep);
bool str_u64(uint64_t *v, struct str s);	/* decimal digits only, no sign, no overflow */
/* Offset of the first byte that is no UTF-8 (overlong, surrogate, above U+10FFFF), or s.n. */
size_t str_utf8_bad(struct str s);
/* The longest prefix of at most n bytes that does not end inside a UTF-8 sequence. */
struct str str_utf8_cut(struct str s, size_t n);
size_t str_utf8_count(struct str s);		/* characters (code points) */
size_t str_utf8_alike(struct str s, struct str other);	/* str_alike, of whole characters of s */
/* Decode one code point of valid UTF-8 at *i and advance; U+FFFD and one byte on bad input. */
uint32_t str_utf8_next(struct str s, size_t *i);
/* Edit distance (insert, delete, replace, swap of neighbours), by bytes; more than max gives max + 1. */
size_t str_distance(struct str a, struct str b, size_t max);

struct buf {
	char *p;			/* NUL-terminated once anything was added; NULL at first */
	size_t n, cap;
};
#define BUF_INIT { NULL, 0, 0 }

static inline struct str buf_str(const struct buf *b)	/* borrowed: valid until the next change of b */
{
	return (struct str){ b->p, b->n };
}
const char *buf_cstr(struct buf *b);		/* never NULL */
void buf_free(struct buf *b);
static inline void buf_clear(struct buf *b)	/* n = 0, keeps the memory */
{
	b->n = 0;
	if (b->p)
		b->p[0] = '\0';
}
void buf_reserve(struct buf *b, size_t more);	/* so that `more` bytes fit */
static inline void buf_add(struct buf *b, const void *p, size_t n)
{
	if (n >= b->cap - b->n)			/* cap 0 and n 0 at first */
		buf_reserve(b, n);
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}
static inline void buf_str_add(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}
static inline void buf_puts(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}
static inline void buf_putc(struct buf *b, char c)
{
	if (b->n + 2 > b->cap)
		buf_reserve(b, 1);
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
}
void buf_utf8(struct buf *b, uint32_t cp);
void buf_number(struct buf *b, uint64_t n);	/* decimal */
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Replace n bytes at off by s (splice); off + n must be within. */
void buf_splice(struct buf *b, size_t off, size_t n, struct str s);

/* Escapes for the three places where text of others is printed. */
void buf_text_escape(struct buf *b, struct str s);	/* \t \n \xNN for TAB, LF, other controls (C1 too), bad UTF-8 */
void buf_json_escape(struct buf *b, struct str s);	/* inside a JSON string; bad UTF-8 gives U+FFFD */
void buf_html_escape(struct buf *b, struct str s);	/* & < > " ' for text and attributes; bad UTF-8
							 * and controls give U+FFFD */
size_t str_html_plain(struct str s, size_t i);		/* offset from i on of what may not stand there as it is, or s.n */
#endif
