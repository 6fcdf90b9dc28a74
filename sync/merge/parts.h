/* sync/merge/parts.h: what the files of the merge share; not for others. The rules are told on top of sync/merge.c; each
 * file here does one part of them. All lives in the weave's arena unless a function takes another. */
#ifndef SYNC_MERGE_PARTS_H
#define SYNC_MERGE_PARTS_H

#include <string.h>

#include "sync/merge.h"

#define NONE SIZE_MAX
#define BIRTH ((size_t)0)			/* the unit that the first edit deletes; of no run */

struct list { size_t *v, n, cap; };		/* of indices */

struct run {
	struct list adders, d;			/* d: rising */
	size_t parent;				/* unit; NONE: the root */
	bool left;
	size_t first, n;			/* units */
};
struct unit {
	struct str text;
	size_t run;
	struct list dels;			/* edits */
	struct list left, right;		/* runs; right only at a run's last unit */
};
struct write {
	size_t edit;
	struct list d;				/* rising */
	struct list settles, beside;		/* writes; beside: of a variant written anew */
	size_t run, before, after;		/* before, after: neighbours of an insertion that he saw, or NONE */
	struct list into;			/* other units of the lines, tables, fences an insertion stands in; rising */
};
struct shown_variant { struct str text; struct list units, edits; };
struct block {
	struct list units, writes;		/* of the region */
	struct shown_variant *v;
	size_t n;
	bool lead;				/* a line feed before the first mark */
	struct str bytes;
};
struct item { size_t unit; const struct block *block; };	/* block NULL: a unit */
struct items { struct item *v; size_t n, cap; };

struct keyw { struct str name, value, raw; size_t edit; struct list over; };	/* value.p NULL: absent */
struct setw { struct str name, element; size_t edit; bool add; };
struct fkey { struct str name, value, lead, raw; unsigned variant; const struct key *key; };	/* raw: from the colon on */
struct state {				/* what an edit left */
	struct items items;
	size_t *begin;				/* of each item: the first of its line, table, fence; a block: itself */
	struct list blocks;			/* which of the items are */
	struct fkey *keys;
	size_t nkeys;
	struct str front, tail;			/* the front matter with its fences; what is behind its last key */
	unsigned note_line;			/* where it says gone@2 */
	bool fronted, whole, gone, note;	/* whole: every write counted */
	bool unended;				/* its last line has no line end */
};

struct merge {
	struct arena *a;
	struct edit *e; size_t e_cap;
	size_t n, words;			/* words: that a past has, and any set of edits */
	struct merge_rules rules;
	struct run *runs; size_t nruns, runs_cap;
	struct unit *units; size_t nunits, units_cap;
	struct list root;			/* runs */
	struct write *writes; size_t nwrites, writes_cap;
	struct keyw *keyw; size_t nkeyw, keyw_cap;
	struct setw *setw; size_t nsetw, setw_cap;
	struct state *state; size_t state_cap;
};

static inline bool bit(const uint64_t *p, size_t i)
{
	return p[i / 64] >> (i % 64) & 1;
}

static inline bool before(const struct merge *m, size_t x, size_t y)	/* is x in y's past? */
{
	return x < y && bit(m->e[y].past, x);
}

static inline bool ends_line(struct str s)
{
	return s.n && s.p[s.n - 1] == '\n';
}

static inline int by_str(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static inline struct str next_line(struct str *s)
{
	size_t end = str_chr(*s, '\n');
	struct str line = str_sub(*s, 0, end == SIZE_MAX ? s->n : end + 1);

	*s = str_sub(*s, line.n, s->n);
	return line;
}

/* list.c: lists of indices. */
void list_put(struct list *l, struct arena *a, size_t v);
void list_copy(struct list *to, struct arena *a, const struct list *from);
bool list_has(const struct list *l, size_t v);
void list_sort(struct list *l);
bool list_same(const struct list *x, const struct list *y);

/* weave.c: runs in their order (rules 3, 4). */
struct order { size_t *v, n, *pos; };		/* pos[unit]: index in v, or NONE */
struct order weave_order(const struct merge *m, struct arena *a, const uint64_t *seen);
/* Added by a commit of P: not by masked ones alone. And not deleted. */
bool weave_added(const struct merge *m, size_t u, const uint64_t *p);
bool weave_visible(const struct merge *m, size_t u, const uint64_t *p);
/* Has P one of these runs? */
bool weave_any(const struct merge *m, const struct list *runs, const uint64_t *p);
/* The texts of some units, joined. */
struct str weave_text(const struct merge *m, struct arena *a, const struct list *units);
/* A run with these units at a place, or the equal one that is there already: its index. */
size_t weave_run(struct merge *m, size_t edit, const struct list *d, size_t parent, bool left,
    const struct str *texts, size_t n);

/* region.c: where concurrent writes overlap, and what each live one would leave (rule 5). */
struct region {
	struct list writes, units, edits, live;
	struct shown_variant *v;
	size_t n;
};
struct regions {
	struct region *v;
	size_t n;
	size_t *of_unit;		/* index, or NONE */
	bool *shown;			/* of units in a region with one text: is it shown? */
};
void regions_find(struct regions *out, const struct merge *m, struct arena *a, const uint64_t *p);

/* block.c: a conflict as it stands in a file (rule 6). */
void variant_write(struct buf *b, struct str text);		/* with marks in it escaped */
struct str variant_read(struct arena *a, struct str text);
void block_format(struct arena *a, struct block *b);		/* sets its bytes */
/* The well-made group that begins with text's first line: its length in bytes, 0 none; *n variants; and these. */
size_t block_group(struct str text, size_t *n);
struct str *block_variants(struct arena *a, struct str text, size_t n);

/* body.c: what P shows of a body, and taking in what an edit left of it (rules 2, 3, 6). */
void items_add(struct items *it, struct arena *a, struct item x);
struct items items_shown(const struct merge *m, const uint64_t *p);
void items_take(struct merge *m, size_t edit, const struct items *seen, struct str body, struct items *left);

/* keys.c: registers and sets (rule 7). */
struct value { struct str value, raw; struct list edits, writes; };	/* edits by least id first */
struct values { struct value *v; size_t n; };
/* The front matter of what an edit left, into its state; the rest is the answer. noted: he saw that others deleted it. */
struct str keys_parse(struct merge *m, struct state *s, struct str text, bool noted);
void keys_take(struct merge *m, size_t edit, struct state *s);	/* every key he saw or left */
bool keys_are_set(const struct merge *m, struct str name);
/* What P shows of a register: its live values, sorted; of tlp and status the one that counts. And of a set. */
struct values keys_shown(const struct merge *m, struct arena *a, struct str name, const uint64_t *p);
struct str *keys_set(const struct merge *m, struct arena *a, const uint64_t *p, struct str name, size_t *n);

/* front.c: the front matter of the whole file (rule 9), and its conflicts; the line of the note that it was deleted. */
unsigned front_write(struct merged *out, size_t *ccap, struct buf *b, const struct merge *m, struct arena *s, const uint64_t *p,
    const size_t *heads, size_t nheads, bool note);
unsigned front_line(const struct buf *b);			/* the number of the line that comes next */
void conflict_add(struct merged *out, size_t *cap, struct arena *a, struct conflict c);

#endif
