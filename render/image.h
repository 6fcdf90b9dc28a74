/* render/image.h: structures that point at one another, as one stretch of bytes: they are read again without being made
 * again. One walk over them serves both ways. It is told where pointers stand (`at`: an offset in the bytes). In writing,
 * what a pointer points at is put behind all that is there, and where that is takes its place; in reading it becomes
 * a pointer again, when all that it points at is within the bytes. */
#ifndef RENDER_IMAGE_H
#define RENDER_IMAGE_H

#include "kb/base/str.h"

struct image {				/* zeroed but for reading; p is owned: free() */
	char *p;
	size_t n, cap;
	bool reading, bad;		/* bad: a pointer leads out of it. What was walked is of no use then */
	uint32_t *strings;		/* in writing: where strings stand, by hash; owned */
};

/* Begin to write, with a structure of that size at 0; or to read n bytes that are there: p is the image's from then on. */
void image_begin(struct image *x, const void *root, size_t size);
void image_read(struct image *x, char *p, size_t n);
void image_end(struct image *x);	/* no more is put in */

/* A pointer at `at` to n things of a size, NULL allowed: where they stand. Walk their pointers then. 0: none. */
size_t image_array(struct image *x, size_t at, size_t n, size_t size);
void image_str(struct image *x, size_t at);	/* a struct str */
void image_cstr(struct image *x, size_t at);	/* a const char *, NULL allowed */
/* A pointer to one of n things of a size, or NULL; they are at base now, and in the image at `to`, or (SIZE_MAX) in the
 * program. */
void image_one(struct image *x, size_t at, const void *base, size_t to, size_t n, size_t size);
/* The structure at an offset, as it is now: valid until more is put in. */
#define image_of(x, type, at) ((type *)(void *)((x)->p + (at)))

#endif
