/* render/image.h: structures that point at one another, as one stretch of bytes for a file that is mapped where its pointers
 * say: nothing is parsed, copied or even read before it is looked at. As in a compiler's precompiled header, there is
 * no image where that place in memory is not free. A walk over the structures writes it: it is told where in the bytes
 * pointers stand (`at`), puts what they point at behind all that is there, and its address in their place. */
#ifndef RENDER_IMAGE_H
#define RENDER_IMAGE_H

#include "kb/base/str.h"

struct image {
	char *p;			/* owned: free() */
	size_t n, cap;
	uintptr_t base;			/* the address that p[0] will have */
	uint32_t *strings;		/* where strings stand, by hash; owned until image_end */
};

/* Begin with a structure of that size at 0. base: a multiple of 16. */
void image_begin(struct image *x, uintptr_t base, const void *root, size_t size);
void image_end(struct image *x);	/* no more is put in */

/* A pointer at `at` to n things of a size, NULL allowed: where they stand. Walk their pointers then. */
size_t image_array(struct image *x, size_t at, size_t n, size_t size);
void image_str(struct image *x, size_t at);	/* a struct str */
void image_cstr(struct image *x, size_t at);	/* a const char *, NULL allowed */
/* A pointer, NULL allowed, into an array that is at base now and was put at `to`. */
void image_into(struct image *x, size_t at, const void *base, size_t to);
/* The structure at an offset, as it is now: valid until more is put in. */
#define image_of(x, type, at) ((type *)(void *)((x)->p + (at)))

#endif
