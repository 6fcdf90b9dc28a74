/* render/image.c: see image.h. Arrays begin at multiples of ALIGN; equal strings of up to SHARED bytes mostly stand there
 * once, with a NUL behind. */
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

/* Of short strings the latest with that hash is known. */
static const char *put_str(struct image *x, struct str s)
{
	struct image_string *known = s.n <= SHARED ? &x->strings[strings_hash(s, 0) % SLOTS] : NULL;
	uintptr_t at;

	if (known && known->at && str_eq(known->s, s))
		return (const char *)known->at;
	at = put(x, s.p, s.n);
	(void)put(x, "", 1);
	if (known)
		*known = (struct image_string){ s, at };
	return (const char *)at;
}

void image_strs(struct image *x, struct str *v, size_t n)
{
	for (; n; n--, v++)
		if (v->p)
			v->p = put_str(x, *v);
}

const char *image_cstr(struct image *x, const char *s)
{
	return s ? put_str(x, cstr(s)) : NULL;
}

void *image_into(const void *p, const void *from, void *to)
{
	return p ? (char *)to + ((const char *)p - (const char *)from) : NULL;
}
