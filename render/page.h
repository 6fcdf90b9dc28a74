/* render/page.h: the pages of a copy, by file name. The same functions make them for a folder (site.h) and
 * one at a time on request (app/serve.h). Same copy and name, same bytes. */
#ifndef RENDER_PAGE_H
#define RENDER_PAGE_H

#include "render/copy.h"
#include "render/find.h"
#include "render/md.h"
#include "render/piece.h"
#include "render/theme.h"

/* Every file of the copy by name, sorted: "colep.css", "country/mk.html", "d/cs-mk-2022-taiwan.html", ...
 * In the arena. */
struct str *pages_names(size_t *n, struct arena *a, const struct copy *c);
/* The same from what they were where nothing else in the copy was than texts and history. */
struct str *pages_names_near(size_t *n, struct arena *a, const struct copy *c, const struct str *was, size_t nwas);

struct page_want {
	bool facilitator;		/* an exercise with what players do not see */
	struct str build;		/* id of this copy, for index.html, or STR_NONE */
	struct find *find;		/* NULL, or: told of the text of a document's page, as this part */
	unsigned find_part;
	struct str text;		/* of the document, or STR_NONE: it is read */
	struct pieces *pieces;		/* of other pages of the same copy, by the same thread; NULL: none are kept */
};

/* Append the page of that name. RC_NOTFOUND: there is none. RC_INVALID: its text could not be laid out; the
 * page is there all the same and says so. RC_IO: no Markdown worker. */
enum rc page_write(struct buf *out, struct md *m, const struct copy *c, struct str name,
    const struct page_want *want, struct err *e) NODISCARD;

/* For the files that make pages (page.c, article.c, lists.c, tables.c, home.c, app/serve.c, ...). */
struct page_head {
	const char *file;		/* for the mark in the navigation */
	struct str title, description, lang, tlp;	/* lang: of a document, or STR_NONE: the site's own */
	const struct entry *of;		/* a document's page: its metadata */
	struct str query;		/* what the search box holds */
};
struct page {
	struct buf *b;
	const struct copy *c;
	const char *up;			/* "" or "../" */
	struct md *md;
	struct find *find;		/* as in page_want */
	unsigned find_part;
	struct str text;		/* of the document whose page it is, or STR_NONE */
	struct pieces *pieces;		/* or NULL */
	bool whole;			/* the pack on one page: links to documents in it are anchors */
	bool as_written;		/* a list by language: of each document this very text, no translation */
	/* set by page_begin */
	const struct texts *t;		/* the words of the interface on this page */
	struct page_head head;
	size_t frame;			/* where the frame goes on behind the text */
};
void page_begin(struct page *p, const struct page_head *h);
void page_end(struct page *p);

/* Run a template of the theme; slot gets ctx. */
void page_template(struct page *p, enum theme_template which, void (*slot)(void *ctx, unsigned n), void *ctx);

static inline void page_puts(struct page *p, const char *html)
{
	buf_puts(p->b, html);
}
void page_text(struct page *p, struct str s);	/* escaped, ids of left-out documents replaced */
void page_t(struct page *p, const char *key);	/* an interface text, escaped */
/* The same up to a mark in it like {x}, and what stands behind the mark: for a link or number in a sentence. */
void page_t_before(struct page *p, const char *key);
void page_t_after(struct page *p, const char *key);
void page_t_number(struct page *p, const char *key, size_t n);	/* the mark is a number */
/* The text of key "GROUP.NAME" ("kind.lesson"), or NAME itself with blanks for hyphens, marked as English. */
void page_t_of(struct page *p, const char *group, struct str name);
void page_h(struct page *p, unsigned level, const char *key);	/* <h2>text</h2> */

/* Text in a language, marked as such where the interface speaks another. */
void page_in_lang(struct page *p, struct str lang, struct str text);
void page_lang_name(struct page *p, struct str lang);	/* lang_name(), so */
/* A label of a vocabulary, in the language of the page where that has one, else English and marked so. */
struct str page_label_text(const struct page *p, const char *vocab, struct str code);	/* not escaped */
/* What puts codes in the order of their names (order.h), those without one, or made up, last; lives as long as a. */
struct str page_label_order(const struct page *p, struct arena *a, const char *vocab, struct str code);
void page_comma(struct page *p);		/* and a blank */
void page_label(struct page *p, const char *vocab, struct str code);
/* A link to a document, with its title in its own language; owner, date and the like behind and the summary
 * below when wanted. */
void page_href(struct page *p, const struct entry *e);	/* "../d/cs-mk-2022-taiwan.html" */
void page_link(struct page *p, const struct entry *e);
void page_item(struct page *p, const struct entry *e, bool summary);	/* <li> */
void page_list(struct page *p, const struct entry *const *v, size_t n, bool summary);	/* <ul>, or a sentence when empty */
/* "North Macedonia" of "mk", "Frontex" of "frontex"; linked to the page of the country where there is one. */
void page_owner(struct page *p, struct str code);
void page_country(struct page *p, struct str code);
/* The values of a front-matter key, each by its rule, with commas. false: none; ids that are not in this copy are none. */
bool page_values(struct page *p, const struct entry *e, const char *key);
/* The same of one key, whose rule may be NULL; lang: of free text. */
bool page_key_values(struct page *p, const struct key *k, const struct key_rule *r, struct str lang);
void page_tlp(struct page *p, struct str label);
const char *page_colour(struct str label);	/* "clear", "green", "amber", "strict", "red" */
void page_lang(struct page *p, struct str lang);	/* ' lang="fa" dir="rtl"' */
void page_element(struct page *p, const char *tag, struct str lang, struct str text);	/* <tag lang dir>text</tag> */
/* A piece that hangs on the words of the page, its folder and a code; piece_put and piece_keep of this page's. */
struct piece_key page_piece(const struct page *p, enum piece_sort sort, const void *of, struct str code);
bool page_kept(struct page *p, struct piece_mark *mark, const struct piece_key *k);
void page_keep(struct page *p, const struct piece_mark *mark, const struct piece_key *k);
void page_cut(struct page *p, size_t n);	/* take back what was written from n on */
/* A table that scrolls sideways: its frame, and its heading row of texts with blanks between the keys ("+" in
 * front: numbers). */
void page_table(struct page *p, const char *label_key, const char *heads);
void page_table_end(struct page *p);

bool lang_rtl(struct str lang);
struct str lang_name(struct str lang);	/* as its speakers write it; the code where none is known */

#endif
