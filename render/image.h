/* render/image.h: structures that point at one another, as one stretch of bytes for a file that is mapped where its pointers
 * say: nothing is parsed, copied or even read before it is looked at. As in a compiler's precompiled header, there is
 * no image where that place in memory is not free. A walk over the structures writes it from the ends of the pointers to
 * their beginnings: what a structure points at is put, then a copy of the structure with the addresses in it. So the bytes
 * go to the file as they come, and what is not put yet is all that is held. */
#ifndef RENDER_IMAGE_H
#define RENDER_IMAGE_H

#include "render/kept_io.h"

struct image {
	struct kept_out *out;		/* borrowed */
	uintptr_t base;			/* the address that its first byte will have */
	size_t n;			/* bytes so far */
	struct image_string *strings;	/* by hash; owned until image_end */
	struct str whole, last;		/* see image_whole; the string that came last */
	uintptr_t whole_at, last_at;	/* where they are in the image */
};

/* base: a multiple of 16. */
void image_begin(struct image *x, struct kept_out *out, uintptr_t base);
void image_end(struct image *x);	/* no more is put in */

/* All these give the address that it will have, and NULL for NULL. */
void *image_array(struct image *x, const void *p, size_t n, size_t size);
const char *image_cstr(struct image *x, const char *s);
void image_strs(struct image *x, struct str *v, size_t n);	/* of each in place; they stay where they are until image_end */
/* Put bytes as they are: strings in them stand there, until the next ones are put. */
void image_whole(struct image *x, struct str s);
/* The address that the next array will have. */
void *image_next(const struct image *x);
/* Of what is at p now, in an array that is at `from` and will be at `to`. */
void *image_into(const void *p, const void *from, void *to);

#endif
