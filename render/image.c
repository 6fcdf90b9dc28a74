/* render/image.c: see image.h. Arrays begin at multiples of ALIGN; equal strings of up to SHARED bytes mostly stand there
 * once, with a NUL behind. */
#include "render/image.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "render/strings.h"

enum { ALIGN = 16, SHARED = 64, SLOTS = 1 << 15 };

static uintptr_t get(const struct image *x, size_t at)
{
	uintptr_t v;

	memcpy(&v, x->p + at, sizeof v);
	return v;
}

static void set(struct image *x, size_t at, uintptr_t v)
{
	memcpy(x->p + at, &v, sizeof v);
}

static size_t put(struct image *x, const void *p, size_t n)
{
	size_t at = x->n;

	if (n > x->cap - x->n) {
		x->cap = 2 * x->cap + n;
		x->p = xrealloc(x->p, x->cap);
	}
	if (n)
		memcpy(x->p + at, p, n);
	x->n += n;
	return at;
}

void image_begin(struct image *x, uintptr_t base, const void *root, size_t size)
{
	*x = (struct image){ .base = base, .strings = xmalloc(SLOTS * sizeof *x->strings) };
	memset(x->strings, 0, SLOTS * sizeof *x->strings);
	(void)put(x, root, size);
}

void image_end(struct image *x)
{
	free(x->strings);
	x->strings = NULL;
}

size_t image_array(struct image *x, size_t at, size_t n, size_t size)
{
	static const char none[ALIGN] = { 0 };
	const void *from = (const void *)get(x, at);
	size_t to;

	if (!from)
		return 0;
	(void)put(x, none, (ALIGN - x->n % ALIGN) % ALIGN);
	to = put(x, from, n * size);
	set(x, at, x->base + to);
	return to;
}

/* Put a string; of short ones the latest with that hash is known. */
static uintptr_t put_str(struct image *x, struct str s)
{
	uint32_t *slot = NULL;
	size_t at;

	if (s.n <= SHARED && x->n < UINT32_MAX) {
		slot = &x->strings[strings_hash(s, 0) % SLOTS];
		if (*slot && s.n < x->n - *slot && !memcmp(x->p + *slot, s.p, s.n) && !x->p[*slot + s.n])
			return x->base + *slot;
	}
	at = put(x, s.p, s.n);
	(void)put(x, "", 1);
	if (slot)
		*slot = (uint32_t)at;
	return x->base + at;
}

void image_str(struct image *x, size_t at)
{
	struct str s;

	memcpy(&s, x->p + at, sizeof s);
	if (s.p)
		set(x, at, put_str(x, s));
}

void image_cstr(struct image *x, size_t at)
{
	uintptr_t v = get(x, at);

	if (v)
		set(x, at, put_str(x, cstr((const char *)v)));
}

void image_into(struct image *x, size_t at, const void *base, size_t to)
{
	uintptr_t v = get(x, at);

	if (v)
		set(x, at, x->base + to + (v - (uintptr_t)base));
}
