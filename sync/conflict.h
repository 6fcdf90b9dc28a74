/* sync/conflict.h: the conflicts that stand open in one document's text (rules 6 to 8 of merge.c), whose variants
 * they are, and the text with one of them settled. What is read here is the file as people see it; a group of marks
 * that no commit accounts for (typed, or saved from unsaved work that met another's) is found and settled alike. */
#ifndef SYNC_CONFLICT_H
#define SYNC_CONFLICT_H

#include "sync/view.h"

struct claim {				/* one variant */
	struct str text;		/* a passage, or a key's value; STR_NONE: the key is taken away */
	struct str *nodes;		/* whose it is, sorted; none when no commit accounts for it */
	size_t nnodes;
	size_t from, to;		/* bytes of the file that a key's variant takes */
	struct str raw;			/* of a key: from the colon on */
	struct str *values;		/* of a key: decoded */
	size_t nvalues;
	bool list;			/* of a key: written as a list */
};
enum conflict_kind { CONFLICT_KEY, CONFLICT_PASSAGE, CONFLICT_GONE };
struct open_conflict {
	enum conflict_kind kind;
	struct str where;		/* "title", "passage:12" with its line, "gone" */
	unsigned line;			/* of the file, from 1 */
	struct claim *v;		/* of CONFLICT_GONE two: "here" and "gone" */
	size_t n;
	size_t from, to;		/* bytes of the file: a passage's block, the line of "gone" */
};

/* All of a text, keys first, in the order of the file; everything lives in the arena. Never fails. */
void conflicts_find(struct open_conflict **list, size_t *n, struct arena *a, struct str text);
/* Fill in the nodes of each claim from the document's view. */
void conflicts_attribute(struct open_conflict *list, size_t n, struct arena *a, const struct view_document *d,
    const struct graph *g);

/* Append the text with c settled: by one of its claims (not "gone" of a CONFLICT_GONE: that deletes the document); */
void conflict_take(struct buf *out, struct str text, const struct open_conflict *c, size_t claim);
/* by all of them: a passage's one after the other, a list's entries together. RC_INVALID: of a plain key or presence; */
enum rc conflict_both(struct buf *out, struct arena *a, struct str text, const struct open_conflict *c, struct err *e) NODISCARD;
/* by another text. RC_INVALID: it has a mark of a conflict in it, a key's value has several lines, or presence. */
enum rc conflict_write(struct buf *out, struct str text, const struct open_conflict *c, struct str with, struct err *e) NODISCARD;

#endif
