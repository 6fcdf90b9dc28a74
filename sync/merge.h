/* sync/merge.h: all versions of one document become one text (DESIGN 5). Pure: texts in, text out; knows nothing
 * of git, files or peers. The rules, version 1, are told on top of merge.c. */
#ifndef SYNC_MERGE_H
#define SYNC_MERGE_H

#include "kb/base/arena.h"
#include "kb/base/oid.h"
#include "kb/doc/kind.h"

#define MERGE_RULES 1			/* the newest version this code knows */

struct edit {				/* what one authored commit made of the document */
	struct oid id;			/* the commit; ties are broken by it */
	const uint64_t *past;		/* bit j: edit j is in its past; all j are below its own index */
	struct str text;		/* the whole file it left */
	bool gone;			/* it deleted the document; text is not looked at */
};
#define EDIT_WORDS(n) (((n) + 63) / 64)	/* uint64_t a past has */

struct merge_rules {
	const struct kind *kind;	/* which keys are sets */
	/* May edit i write this guarded key? NULL: all may. old, new: shown values, .p NULL when absent. */
	bool (*may)(void *ctx, size_t i, struct str key, struct str old, struct str new);
	void *ctx;
	/* Bit i: edit i is not in the set any more, though others saw it (its key was revoked): it wrote nothing.
	 * NULL: all are in. The past of an edit has what its author saw, not what was out for him already. */
	const uint64_t *masked;
};

struct variant {
	struct str text;
	const size_t *edits;		/* whose it is: indices, rising */
	size_t n;
};
struct conflict {
	struct str where;		/* a key's name, "gone", or "passage" */
	unsigned line;			/* of the merged text, where it begins */
	struct variant *variants;	/* of "gone": "here" and "gone" */
	size_t n;
};

struct merged {
	bool here;			/* false: the document is deleted */
	struct str text;
	struct conflict *conflicts;
	size_t nconflicts;
	bool as_written;		/* text is that of the only head, byte for byte */
};

/* The view of edits[0..n), each after its past. All of m lives in the arena, or borrows from the texts. Never fails: any
 * bytes are a text. */
void merge_document(struct merged *m, struct arena *a, const struct edit *edits, size_t n, const struct merge_rules *rules);

/* The same in steps: edits are taken once, and then looked at from any set of them. A set is closed under past, but for
 * what is masked. What it shows does not depend on which others were taken. */
struct weave;
/* Lives in the arena, with what it takes. masked is not looked at. */
struct weave *weave_make(struct arena *a, const struct merge_rules *rules);
/* The next edit, whose past lies among those before it; its text is borrowed. */
void weave_add(struct weave *w, const struct edit *e);
/* What the edits with a bit in `in` show. m lives in arena a, or borrows from the weave. */
void weave_view(struct merged *m, const struct weave *w, struct arena *a, const uint64_t *in);

#endif
