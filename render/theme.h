/* render/theme.h: what the pages look like and which words they speak: files of render/theme, compiled in, and
 * those that a folder given with --theme puts in their place.
 *
 *	*.html		templates: HTML with slots in it; see below
 *	*.css *.js *.svg	copied into the site as they are; when search.js is empty, the site has no search
 *	texts/LANG.txt	interface texts: "key = value" lines; "#" begins a comment. What a language lacks is English.
 *			"topics.som = ...", "countries.MK = ...": what codes of vocabularies are called in it
 *
 * A template knows three things. What stands in a slot is escaped by who fills it: a template cannot undo that.
 *
 *	{{name}}	a slot that the page fills; the names of each template are in theme.c
 *	{{t key}}	an interface text
 *	{{#name}} ... {{/name}}	stands only if the slot of that name, which is inside, was filled with something
 *	{{! ... }}	nothing: a remark
 */
#ifndef RENDER_THEME_H
#define RENDER_THEME_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "kb/base/arena.h"
#include "kb/base/str.h"

enum theme_template { TEMPLATE_PAGE, TEMPLATE_DOCUMENT, TEMPLATE_ITEM, TEMPLATE_HOME, TEMPLATES };

struct theme_file {
	struct str name, bytes;
};
struct theme {				/* read-only once open */
	struct arena arena;
	struct theme_file *files;	/* by name: all of them, texts and templates too */
	size_t nfiles;
	bool of_folder;			/* some of them may not be those compiled in */
	struct template *templates[TEMPLATES];
	struct texts *texts;		/* by lang */
	size_t ntexts;
	const struct texts *english;
	pthread_mutex_t one;		/* makes texts at a time */
};

/* dir NULL: as compiled in. RC_INVALID: a template that does not parse, a file too large; the message names file
 * and line. RC_NOTFOUND: no such folder. */
enum rc theme_open(struct theme **t, const char *dir, struct err *e) NODISCARD;
void theme_close(struct theme *t);	/* no-op on NULL */

/* Is it copied into the site: a name like "colep.css". */
bool theme_copied(struct str name);
const struct theme_file *theme_file(const struct theme *t, struct str name);	/* or NULL */

struct texts {				/* all but lang: ask theme_texts first */
	struct str lang;
	size_t number;			/* its place in theme.texts */
	const struct theme_file *file;
	atomic_bool made;
	const struct theme_file *as_written;	/* the same as v, without countries that are made up */
	size_t written;
	struct theme_file *v;		/* key and value, by key: every key that English has, and names of codes; those of
					 * countries that are made up are made of "country.made-up" */
	size_t n;
	uint32_t *slots;		/* by hash of the key, number + 1; 0: free. A power of two, at most half full */
	size_t nslots;
};
/* The texts of a language, or of it without its script or region ("sr" for "sr-Latn"), or NULL. */
const struct texts *theme_texts(const struct theme *t, struct str lang);
/* One text; the key itself when there is none, so that a gap is seen. *found may be NULL. */
struct str text_get(const struct texts *x, struct str key, bool *found);
/* The text of "GROUP.NAME", or STR_NONE: "kind.lesson", and "countries.MK", the name of a vocabulary's code where the
 * language has one (English has those of the vocabulary itself). */
struct str text_of(const struct texts *x, const char *group, struct str name);

/* Run a template from its begin (*at 0) to the slot `until` (-1: to its end), which is left out; *at is where to go
 * on. Its words are of x; slot appends what belongs into slot number n of the template. */
void template_run(struct buf *b, size_t *at, const struct template *t, int until, const struct texts *x,
    void (*slot)(void *ctx, unsigned n), void *ctx);

/* Slots by number, in the order of the words in theme.c. */
enum { PAGE_LANG, PAGE_DIR, PAGE_TITLE, PAGE_META, PAGE_UP, PAGE_PRACTICE, PAGE_NOTICE, PAGE_SITE, PAGE_LABEL, PAGE_MENU,
	PAGE_SEARCH, PAGE_MAIN, PAGE_AUDIENCE, PAGE_FORM, PAGE_CLASS };
enum { DOCUMENT_TITLE, DOCUMENT_SWITCH, DOCUMENT_NOTICES, DOCUMENT_SUMMARY, DOCUMENT_CONFLICTS, DOCUMENT_FACTS,
	DOCUMENT_CONTENTS, DOCUMENT_BODY, DOCUMENT_MEETING, DOCUMENT_RELATED, DOCUMENT_LINKS, DOCUMENT_HISTORY,
	DOCUMENT_LANG };
enum { ITEM_LINK, ITEM_KIND, ITEM_OWNER, ITEM_DATE, ITEM_STAGE, ITEM_STATUS, ITEM_LABEL, ITEM_SUMMARY };
enum { HOME_TITLE, HOME_LEAD, HOME_FACTS, HOME_NEWS, HOME_MEETING, HOME_COUNTRIES, HOME_TOPICS, HOME_KINDS, HOME_ASKS,
	HOME_TABLES };

#endif
