/* kb/base/arena.h: memory that dies together. One arena per command, per page while rendering, per
 * request while serving. Never returns NULL: out of memory prints one line and ends the program with
 * status 3. In sanitizer builds every allocation is a malloc of its own, so that tools see the edges. */
#ifndef KB_BASE_ARENA_H
#define KB_BASE_ARENA_H

#include <stddef.h>

#include "kb/base/str.h"

struct arena_block;			/* opaque: arena.c */
struct arena {
	struct arena_block *head;
	char *p, *end;			/* free space in head */
	size_t n;			/* bytes of the blocks that small things come from */
};
#define ARENA_INIT { NULL, NULL, NULL, 0 }

/* n bytes, zeroed, aligned for any type; n = 0 is allowed. Lives until arena_free. */
void *arena_alloc(struct arena *a, size_t n);

/* An array of n elements; a product that overflows ends the program. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* Grow the array *items (cap elements so far, n in use) so that one more fits. Use:
 *	if (n == cap)
 *		items = arena_grow(a, items, &cap, sizeof *items);  */
void *arena_grow(struct arena *a, void *items, size_t *cap, size_t size);

/* Copies, NUL-terminated behind the last byte (the NUL is not counted). */
struct str arena_str(struct arena *a, struct str s);
char *arena_cstr(struct arena *a, struct str s);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Free all; the arena is empty and usable again. A no-op on an empty one. */
void arena_free(struct arena *a);

/* Free all but the first block, for loops that use one arena a turn. */
void arena_reset(struct arena *a);

/* What b holds is a's from now on; b is empty. */
void arena_join(struct arena *a, struct arena *b);

/* For owned memory outside an arena: like malloc/realloc, but never NULL (see above). */
void *xmalloc(size_t n);
void *xrealloc(void *p, size_t n);
/* For what is all used: from XMALLOC_LARGE bytes on in large pages where the system has such. They come with one interruption
 * and not one for every 4 KiB, and what is looked up all over them is found sooner. For free, not for xrealloc. */
#define XMALLOC_LARGE ((size_t)2 << 20)
void *xmalloc_large(size_t n);
/* The one way memory runs out: for libraries that answer NULL. */
_Noreturn void out_of_memory(void);

#endif
