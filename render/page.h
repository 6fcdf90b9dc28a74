/* render/page.h: the pages of a copy, by file name. The same functions make them for a folder (site.h) and
 * one at a time on request (app/serve.h). Same copy and name, same bytes. */
#ifndef RENDER_PAGE_H
#define RENDER_PAGE_H

#include "render/copy.h"
#include "render/md.h"

/* Every file of the copy by name, sorted: "colep.css", "country/mk.html", "d/cs-mk-2022-taiwan.html", ...
 * In the arena. */
struct str *pages_names(size_t *n, struct arena *a, const struct copy *c);

struct page_want {
	bool facilitator;		/* an exercise with what players do not see */
	struct str build;		/* id of this copy, for index.html, or STR_NONE */
};

/* Append the page of that name. RC_NOTFOUND: there is none. RC_INVALID: its text could not be laid out; the
 * page is there all the same and says so. RC_IO: no Markdown worker. */
enum rc page_write(struct buf *out, struct md *m, const struct copy *c, struct str name,
    const struct page_want *want, struct err *e) NODISCARD;

/* For the files that make pages (page.c, lists.c, app/serve.c). */
struct page {
	struct buf *b;
	const struct copy *c;
	const char *up;			/* "" or "../" */
	struct md *md;
};
struct page_head {
	const char *file;		/* for the mark in the navigation */
	struct str title, description, lang, tlp;
	const struct entry *of;		/* a document's page: its metadata */
	struct str query;		/* what the search box holds */
};
void page_begin(struct page *p, const struct page_head *h);
void page_end(struct page *p, const struct page_head *h);

void page_puts(struct page *p, const char *html);
void page_text(struct page *p, struct str s);	/* escaped, ids of left-out documents replaced */
/* A link to a document, with its title in its own language; owner, date and the like behind and the summary
 * below when wanted. */
void page_link(struct page *p, const struct entry *e);
void page_item(struct page *p, const struct entry *e, bool summary);	/* <li> */
void page_list(struct page *p, const struct entry *const *v, size_t n);	/* <ul>, or a sentence when empty */
/* "North Macedonia" of "mk", "Frontex" of "frontex"; linked to the page of the country where there is one. */
void page_owner(struct page *p, struct str code);
void page_country(struct page *p, struct str code);
/* "good-practice" as "good practice". */
void page_words(struct page *p, struct str code);
/* One value of a front-matter key, by its rule. false: an id that is not in this copy; nothing is written. */
bool page_value(struct page *p, const struct key_rule *r, struct str value);
void page_tlp(struct page *p, struct str label);

bool lang_rtl(struct str lang);

/* A document's facts and body; lists.c has it for a meeting pack's first page. */
enum rc page_body(struct page *p, const struct entry *e, bool player, struct err *e2) NODISCARD;

/* lists.c: every page that is no document's. */
size_t lists_names(struct str *to, size_t max, struct arena *a, const struct copy *c);	/* to NULL: only counts */
enum rc lists_write(struct page *p, struct str name, struct str build, struct err *e) NODISCARD;	/* RC_NOTFOUND */
bool lists_have(const struct copy *c, const char *file);

#endif
