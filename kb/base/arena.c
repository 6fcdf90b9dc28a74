/* kb/base/arena.c: see arena.h. A list of blocks, each twice the last up to 1 MiB, and large ones
 * where there are 4 MiB already; what is larger than a quarter block gets one of its own behind the head. */
#include "kb/base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_EXACT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define ARENA_EXACT 1
#endif
#endif
#ifndef ARENA_EXACT
#define ARENA_EXACT 0
#endif

#define BLOCK_MIN ((size_t)16 << 10)	/* bytes; a small command fits into one */
#define BLOCK_MAX ((size_t)1 << 20)
#define LARGE_FROM ((size_t)4 << 20)

struct arena_block {
	struct arena_block *next;
	size_t size;			/* of data */
	_Alignas(max_align_t) char data[];
};

_Noreturn void out_of_memory(void)
{
	fputs("colep: memory: not enough for this; close other programs or take a smaller input\n", stderr);
	exit(3);
}

void *xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *xrealloc(void *p, size_t n)
{
	p = realloc(p, n ? n : 1);
	if (!p)
		out_of_memory();
	return p;
}

void *xmalloc_large(size_t n)
{
	void *p;

	if (n < XMALLOC_LARGE)
		return xmalloc(n);
	if (n > SIZE_MAX - XMALLOC_LARGE || !(p = aligned_alloc(XMALLOC_LARGE, (n + XMALLOC_LARGE - 1) / XMALLOC_LARGE * XMALLOC_LARGE)))
		out_of_memory();
	(void)madvise(p, n, MADV_HUGEPAGE);	/* a wish */
	return p;
}

/* zeros: all of it is; memory that is fresh from the system need not be touched for that. */
static struct arena_block *block_new(size_t size, bool zeros)
{
	struct arena_block *b;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	b = zeros ? calloc(1, sizeof *b + size) : xmalloc(sizeof *b + size);
	if (!b)
		out_of_memory();
	b->size = size;
	return b;
}

static struct arena_block *block_large(void)
{
	struct arena_block *b = xmalloc_large(XMALLOC_LARGE);

	b->size = XMALLOC_LARGE - sizeof *b;
	return b;
}

void *arena_alloc(struct arena *a, size_t n)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_block *b;
	size_t size;
	char *p;

	if (n > SIZE_MAX / 4)
		out_of_memory();
	if (!ARENA_EXACT)
		n = (n + align - 1) / align * align;
	if (!ARENA_EXACT && a->p && (size_t)(a->end - a->p) >= n) {
		p = a->p;
		a->p += n;
		return memset(p, 0, n);
	}
	size = a->head ? a->head->size * 2 : BLOCK_MIN;
	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (ARENA_EXACT || n > size / 4) {	/* a block of its own; the head stays in use */
		b = block_new(n, true);
		if (ARENA_EXACT || !a->head) {
			b->next = a->head;
			a->head = b;
		} else {
			b->next = a->head->next;
			a->head->next = b;
		}
		return b->data;
	}
	b = a->n < LARGE_FROM ? block_new(size, false) : block_large();
	a->n += b->size;
	b->next = a->head;
	a->head = b;
	a->p = b->data + n;
	a->end = b->data + b->size;
	return memset(b->data, 0, n);
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		out_of_memory();
	return arena_alloc(a, n * size);
}

void *arena_grow(struct arena *a, void *items, size_t *cap, size_t size)
{
	size_t n = *cap ? *cap * 2 : 8;
	void *p = arena_array(a, n, size);

	if (*cap)
		memcpy(p, items, *cap * size);
	*cap = n;
	return p;
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	return (struct str){ arena_cstr(a, s), s.n };
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

void arena_free(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	*a = (struct arena)ARENA_INIT;
}

void arena_reset(struct arena *a)
{
	struct arena_block *b, *next, *keep = NULL;

	for (b = a->head; b; b = next) {
		next = b->next;
		if (!ARENA_EXACT && a->p && !keep && a->end == b->data + b->size)
			keep = b;	/* the block that small things come from: the largest */
		else
			free(b);
	}
	*a = (struct arena)ARENA_INIT;
	if (keep) {
		keep->next = NULL;
		*a = (struct arena){ keep, keep->data, keep->data + keep->size, keep->size };
	}
}

void arena_join(struct arena *a, struct arena *b)
{
	struct arena_block *last;
	struct arena less = *b;
	size_t n = a->n + b->n;

	if (!a->head || (b->head && b->end - b->p > a->end - a->p)) {	/* go on where there is more room */
		less = *a;
		*a = *b;
	}
	last = less.head;
	if (last) {
		while (last->next)
			last = last->next;
		last->next = a->head->next;
		a->head->next = less.head;
	}
	a->n = n;
	*b = (struct arena)ARENA_INIT;
}
