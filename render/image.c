/* render/image.c: see image.h. A pointer is an offset + 1, one of image_one a number + 1; 0 is NULL. Arrays begin at
 * multiples of ALIGN; equal strings of up to SHARED bytes mostly stand there once. The last byte is NUL. */
#include "render/image.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "render/strings.h"

enum { ALIGN = 8, SHARED = 64, SLOTS = 1 << 15 };

static size_t get(const struct image *x, size_t at)
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

static void align(struct image *x)
{
	static const char none[ALIGN] = { 0 };

	(void)put(x, none, (ALIGN - x->n % ALIGN) % ALIGN);
}

void image_begin(struct image *x, const void *root, size_t size)
{
	*x = (struct image){ .strings = xmalloc(SLOTS * sizeof *x->strings) };
	memset(x->strings, 0, SLOTS * sizeof *x->strings);
	(void)put(x, root, size);
}

void image_read(struct image *x, char *p, size_t n)
{
	*x = (struct image){ .p = p, .n = n, .reading = true, .bad = !n || p[n - 1] != '\0' };
}

void image_end(struct image *x)
{
	(void)put(x, "", 1);
	free(x->strings);
	x->strings = NULL;
}

/* In reading: the offset + 1 at `at`, when n bytes from there on are in the image; else 0. */
static size_t taken(struct image *x, size_t at, size_t n)
{
	size_t v = get(x, at);

	if (!v || (v <= x->n && n <= x->n - (v - 1)))
		return v;
	x->bad = true;
	return 0;
}

size_t image_array(struct image *x, size_t at, size_t n, size_t size)
{
	size_t v = get(x, at);
	const void *from = (const void *)(uintptr_t)v;

	if (x->reading) {
		v = taken(x, at, n > x->n / size ? x->n + 1 : n * size);
		x->bad |= n && (!v || (v - 1) % ALIGN);
		set(x, at, v && !x->bad ? (uintptr_t)x->p + v - 1 : 0);
		return v && !x->bad ? v - 1 : 0;
	}
	if (v) {
		align(x);
		v = put(x, from, n * size) + 1;
		set(x, at, v);
	}
	return v ? v - 1 : 0;
}

/* Put a string; of short ones the latest with that hash is known. */
static size_t put_str(struct image *x, struct str s)
{
	uint32_t *slot = NULL;
	size_t at;

	if (s.n <= SHARED && x->n < UINT32_MAX) {
		slot = &x->strings[strings_hash(s, 0) % SLOTS];
		if (*slot && s.n < x->n - *slot && !memcmp(x->p + *slot, s.p, s.n) && !x->p[*slot + s.n])
			return *slot;
	}
	at = put(x, s.p, s.n);
	(void)put(x, "", 1);
	if (slot)
		*slot = (uint32_t)at;
	return at;
}

void image_str(struct image *x, size_t at)
{
	struct str s;
	size_t v;

	memcpy(&s, x->p + at, sizeof s);
	if (x->reading) {
		v = taken(x, at, s.n);
		x->bad |= !v && s.n;
		set(x, at, v ? (uintptr_t)x->p + v - 1 : 0);
	} else if (s.p) {
		v = put_str(x, s) + 1;
		set(x, at, v);
	}
}

void image_cstr(struct image *x, size_t at)
{
	size_t v = get(x, at);

	if (x->reading)
		v = (v = taken(x, at, 1)) ? (uintptr_t)x->p + v - 1 : 0;
	else if (v)
		v = put_str(x, cstr((const char *)(uintptr_t)v)) + 1;
	set(x, at, v);
}

void image_one(struct image *x, size_t at, const void *base, size_t to, size_t n, size_t size)
{
	size_t v = get(x, at);

	if (!x->reading) {
		set(x, at, v ? (v - (uintptr_t)base) / size + 1 : 0);
		return;
	}
	if (v > n) {
		x->bad = true;
		v = 0;
	}
	set(x, at, v ? (to == SIZE_MAX ? (uintptr_t)base : (uintptr_t)x->p + to) + (v - 1) * size : 0);
}
