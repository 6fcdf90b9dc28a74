/* kb/limits.h: the limits that are part of the contract (DESIGN 9): the shared view depends on them,
 * so every node has the same. Local, adjustable limits stand where they are used. */
#ifndef KB_LIMITS_H
#define KB_LIMITS_H

#define LIMIT_DOC ((size_t)256 << 10)		/* bytes of a document */
#define LIMIT_VIEW ((size_t)4 << 20)		/* the same as merged, with all variants of its conflicts: what is read. Local */
#define LIMIT_FRONT ((size_t)16 << 10)		/* bytes of its front matter, fences included */
#define LIMIT_KEYS 200				/* keys in it */
#define LIMIT_LIST 500				/* entries of one list */
#define LIMIT_TITLE 300				/* characters */
#define LIMIT_SUMMARY 300			/* characters */
#define LIMIT_PATH 120				/* bytes, from the root of the node */
#define LIMIT_ID 64				/* bytes */
#define LIMIT_MESSAGE ((size_t)4 << 10)		/* bytes of a commit message */
#define LIMIT_CHANGES 50000			/* changed paths in one commit */
#define LIMIT_DEPTH 4				/* folders and file in a path */
#define LIMIT_HEADS 8				/* heads one writer may have */

#endif
