/* render/lists.h: every page of a copy that is no document's, and what the files that make them share: lists.c
 * (families of lists, one page for each key in use), tables.c (the tables a meeting asks for), home.c (the first
 * page, the pack of a meeting), changes.c. */
#ifndef RENDER_LISTS_H
#define RENDER_LISTS_H

#include "render/page.h"

size_t lists_names(struct str *to, size_t max, struct arena *a, const struct copy *c);	/* to NULL: only counts */
size_t lists_changes(struct str *to, size_t max, struct arena *a, const struct copy *c);	/* those that hang on history */
enum rc lists_write(struct page *p, struct str name, struct str build, struct err *e) NODISCARD;	/* RC_NOTFOUND */
bool lists_have(const struct copy *c, const char *file);

#define LIST_PAGE 100			/* documents on one page of a list */

bool is_kind(const struct entry *e, const char *kind);
struct str key_text(const struct entry *e, const char *key);
bool key_has(const struct entry *e, const char *key, const char *value);
/* The originals of a kind, newest first. Borrowed. */
const struct use_of *of_kind(size_t *n, const struct copy *c, const char *kind);
/* The same as entries in the arena, to be sorted otherwise. */
const struct entry **of_kind_sorted(size_t *n, struct arena *a, const struct copy *c, const char *kind,
    int (*cmp)(const void *, const void *));
int by_title(const void *pa, const void *pb);	/* of entries ** */
int by_newest(const void *pa, const void *pb);

/* The keys of a family as they are listed: by name where they have names, else by key. *all counts them; only the max with
 * most documents are given (0: all). Lives as long as a. */
struct key_row {
	struct str key, order;
	const struct use_of *u;		/* its documents */
	size_t n;
};
struct key_row *lists_rows(size_t *n, size_t *all, struct arena *a, const struct page *p, enum use use, size_t max);
/* Links to the pages of a family: every key with its count, at most max (0: all); then a link to all. */
void lists_keys(struct page *p, enum use use, size_t max);
/* Kinds with their counts. */
void lists_kinds(struct page *p);
/* The item of a list that links to the documents of a meeting; nothing where there are none. */
void lists_of_meeting(struct page *p, struct str id);
/* Links to the other pages of a list of n documents: "kind/lessons.html", "kind/lessons.2.html", ... */
void lists_pager(struct page *p, struct str file, size_t n, size_t page);

/* tables.c: the pages of their names; the first two also without their heading, for a pack. */
void table_readiness(struct page *p);
void table_actions(struct page *p);
void page_readiness(struct page *p);
void page_actions(struct page *p);
void page_requests(struct page *p);
void page_needs(struct page *p);
void page_chairs(struct page *p);
void page_participants(struct page *p);
void page_conflicts(struct page *p);
void page_words(struct page *p);
size_t open_actions(const struct copy *c);	/* how many */

/* home.c */
enum rc home_write(struct page *p, struct str build, struct err *e) NODISCARD;
enum rc pack_write(struct page *p, struct str build, struct err *e) NODISCARD;	/* index.html of a pack */
enum rc pack_print(struct page *p, struct err *e) NODISCARD;	/* print.html: all of it on one page */

#endif
