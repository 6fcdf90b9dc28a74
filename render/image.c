/* render/image.c: see image.h. Arrays begin at multiples of ALIGN; equal strings of up to SHARED bytes mostly stand there
 * once, with a NUL behind those that are put one by one. */
#include "render/image.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "render/strings.h"

enum { ALIGN = 16, SHARED = 64, SLOTS = 1 << 15 };

struct image_string {
	struct str s;			/* where it is now */
	uintptr_t at;			/* where it will be; 0: none */
};

static uintptr_t put(struct image *x, const void *p, size_t n)
{
	uintptr_t at = x->base + x->n;

	if (n)
		kept_add(x->out, (struct str){ p, n });
	x->n += n;
	return at;
}

void image_begin(struct image *x, struct kept_out *out, uintptr_t base)
{
	*x = (struct image){ .out = out, .base = base, .strings = xmalloc(SLOTS * sizeof *x->strings) };
	memset(x->strings, 0, SLOTS * sizeof *x->strings);
}

void image_end(struct image *x)
{
	free(x->strings);
	x->strings = NULL;
}

void *image_next(const struct image *x)
{
	return (void *)(x->base + (x->n + ALIGN - 1) / ALIGN * ALIGN);
}

void *image_array(struct image *x, const void *p, size_t n, size_t size)
{
	static const char none[ALIGN] = { 0 };

	if (!p)
		return NULL;
	(void)put(x, none, (ALIGN - x->n % ALIGN) % ALIGN);
	return (void *)put(x, p, n * size);
}

void image_whole(struct image *x, struct str s)
{
	x->whole = s;
	x->whole_at = put(x, s.p, s.n);
}

/* Of short strings the latest with that hash is known. */
static uintptr_t put_str(struct image *x, struct str s)
{
	struct image_string *known = s.n <= SHARED ? &x->strings[strings_hash(s, 0) % SLOTS] : NULL;
	uintptr_t at;

	if (known && known->at && str_eq(known->s, s))
		return known->at;
	at = put(x, s.p, s.n);
	(void)put(x, "", 1);
	if (known)
		*known = (struct image_string){ s, at };
	return at;
}

static const char *string_at(struct image *x, struct str s)
{
	uintptr_t in = (uintptr_t)s.p - (uintptr_t)x->whole.p;

	if (in < x->whole.n && s.n <= x->whole.n - in)
		return (const char *)(x->whole_at + in);
	if (s.p != x->last.p || s.n != x->last.n) {
		x->last_at = put_str(x, s);
		x->last = s;
	}
	return (const char *)x->last_at;
}

void image_strs(struct image *x, struct str *v, size_t n)
{
	for (; n; n--, v++)
		if (v->p)
			v->p = string_at(x, *v);
}

const char *image_cstr(struct image *x, const char *s)
{
	return s ? string_at(x, cstr(s)) : NULL;
}

void *image_into(const void *p, const void *from, void *to)
{
	return p ? (char *)to + ((const char *)p - (const char *)from) : NULL;
}
