/* render/find_blocks.c: blocks of sorted strings with something behind each, cut where their strings say.
 *
 * A block is text: for each item the count of UTF-16 units that its string begins with like the one before, as one digit;
 * the rest of the string; its tail; a blank. A block begins at each string whose hash ends in so many zeros, and where the one
 * before would become longer than FIND_BLOCK. So what stands in one stretch between such strings is a matter of that
 * stretch alone, whatever was put in or taken out elsewhere. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/text/chars.h"

const char find_digits[90] = "#$%&'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

static const uint32_t cuts[FIND_KINDS] = { (1 << 12) - 1, (1 << 10) - 1 };	/* stretches of some FIND_BLOCK bytes each */

bool find_cuts(struct str s, unsigned kind)
{
	return (strings_hash(s, 0) & cuts[kind]) == 0;
}

size_t find_units(struct str s)
{
	size_t n = 0, i;

	for (i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80 ? 1u + ((unsigned char)s.p[i] >= 0xf0) : 0u;
	return n;
}

static void put_like(struct buf *b, struct str before, struct str s)
{
	size_t same = str_utf8_alike(s, before);

	buf_putc(b, find_digits[find_units(str_sub(s, 0, same))]);
	buf_str_add(b, str_sub(s, same, s.n));
}

bool find_begins(const struct find_encoder *e, struct str s, struct str tail)
{
	const struct find_block *b = e->to->n ? &e->to->v[e->to->n - 1] : NULL;

	return !b || !b->n || find_cuts(s, e->kind) ||	/* n 0: one that is left as it is */
	    b->n + 2 + s.n - str_utf8_alike(s, buf_str(&e->last)) + tail.n > FIND_BLOCK;
}

static void block_begin(struct find_blocks *to, struct str first, uint32_t name)
{
	if (to->n == to->cap)
		to->v = arena_grow(&to->a, to->v, &to->cap, sizeof *to->v);
	to->v[to->n++] = (struct find_block){ .first = arena_str(&to->a, first), .name = name, .at = to->bytes.n };
}

static void item_end(struct find_encoder *e, struct str s)
{
	struct find_block *b = &e->to->v[e->to->n - 1];

	b->n = e->to->bytes.n - b->at;
	buf_clear(&e->last);
	buf_str_add(&e->last, s);
}

void find_item(struct find_encoder *e, struct str s, struct str tail)
{
	struct buf *b = &e->to->bytes;

	if (find_begins(e, s, tail)) {
		block_begin(e->to, s, strings_hash(s, 0));
		buf_clear(&e->last);
	}
	put_like(b, buf_str(&e->last), s);
	buf_str_add(b, tail);
	buf_putc(b, ' ');
	item_end(e, s);
}

void find_item_again(struct find_encoder *e, struct str s, struct str tail, struct str bytes)
{
	if (e->to->v[e->to->n - 1].n + bytes.n > FIND_BLOCK) {
		find_item(e, s, tail);
		return;
	}
	buf_str_add(&e->to->bytes, bytes);
	item_end(e, s);
}

void find_leave(struct find_encoder *e, const struct find_block *was)
{
	block_begin(e->to, was->first, was->name);
}

void find_items_end(struct find_encoder *e)
{
	buf_free(&e->last);
}

void find_blocks_join(struct find_blocks *to, struct find_blocks *rest)
{
	size_t i, at = to->bytes.n;

	for (i = 0; i < rest->n; i++) {
		struct find_block *b = &rest->v[i];

		block_begin(to, b->first, b->name);
		to->v[to->n - 1].rank = b->rank;
		to->v[to->n - 1].at = at + b->at;
		to->v[to->n - 1].n = b->n;
	}
	buf_str_add(&to->bytes, buf_str(&rest->bytes));
	buf_free(&rest->bytes);
	arena_free(&rest->a);
	*rest = (struct find_blocks){ .n = 0 };
}

void find_form_tail(struct buf *b, struct str form, const struct str *refs, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		buf_putc(b, '!');
		put_like(b, form, refs[i]);
	}
}

void find_number(struct buf *b, uint32_t v)
{
	for (; v >= 45; v = v / 45 - 1)
		buf_putc(b, find_digits[45 + v % 45]);
	buf_putc(b, find_digits[v]);
}

void find_list_tail(struct buf *b, const uint32_t *posts, size_t n)
{
	uint32_t before = 0, gap;
	size_t i;
	char *p;

	buf_reserve(b, 1 + 6 * n);	/* a gap of 24 bits has five digits at most */
	p = b->p + b->n;
	*p++ = '!';
	for (i = 0; i < n; i++) {
		for (gap = (posts[i] >> 8) - before; gap >= 45; gap = gap / 45 - 1)
			*p++ = find_digits[45 + gap % 45];
		*p++ = find_digits[gap];
		*p++ = find_digits[posts[i] & 0xff];
		before = (posts[i] >> 8) + 1;
	}
	b->n = (size_t)(p - b->p);
}

static int by_name(const void *pa, const void *pb)
{
	const struct find_block *a = *(struct find_block *const *)pa, *b = *(struct find_block *const *)pb;

	return a->name != b->name ? (a->name > b->name) - (a->name < b->name) : (a > b) - (a < b);
}

bool find_twins(struct find_blocks *b)
{
	struct find_block **v = xmalloc((b->n + 1) * sizeof *v);
	bool any = false;
	size_t i;

	for (i = 0; i < b->n; i++)
		v[i] = &b->v[i];
	if (b->n)
		qsort(v, b->n, sizeof *v, by_name);
	for (i = 0; i < b->n; i++) {
		v[i]->twin = i && v[i]->name == v[i - 1]->name ? v[i - 1]->twin + 1 : 0;
		any |= v[i]->twin > 0;
	}
	free(v);
	return any;
}

/* ---- reading ---- */

bool find_take_digit(uint32_t *v, struct str *s)
{
	const char *at = s->n ? memchr(find_digits, s->p[0], sizeof find_digits) : NULL;

	if (!at)
		return false;
	*v = (uint32_t)(at - find_digits);
	*s = str_sub(*s, 1, s->n);
	return true;
}

bool find_take_number(uint32_t *v, struct str *s)
{
	uint64_t sum = 0, m = 1;
	uint32_t d;

	while (find_take_digit(&d, s)) {
		if (d < 45) {
			sum += m * d;
			*v = (uint32_t)sum;
			return sum <= UINT32_MAX;
		}
		sum += m * (d - 45);
		m *= 45;
		sum += m;
		if (m > UINT32_MAX)
			return false;
	}
	return false;
}

bool find_take(struct str *tail, struct find_decoder *d)
{
	struct str s = d->rest, before = buf_str(&d->string);
	size_t i, same = 0, end;
	uint32_t n;

	if (!find_take_digit(&n, &s))
		return false;
	while (n && same < before.n) {
		n -= (unsigned char)before.p[same] >= 0xf0 && n > 1 ? 2 : 1;
		for (same++; same < before.n && ((unsigned char)before.p[same] & 0xc0) == 0x80; same++)
			;
	}
	if (n || (end = str_chr(s, ' ')) == SIZE_MAX)
		return false;
	for (i = 0; i < end && s.p[i] != '!'; i++)
		;
	if (same + i > WORD_MAX)	/* more than put_like has digits for */
		return false;
	d->string.n = same;
	buf_str_add(&d->string, str_sub(s, 0, i));
	*tail = str_sub(s, i, end);
	d->rest = str_sub(s, end + 1, s.n);
	return true;
}
