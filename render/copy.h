/* render/copy.h: what of a node's documents stands in a copy for an audience, and how they hang together.
 * This is the one place that decides; pages, lists, counts, links and key facts are made from the admitted
 * entries alone, so what is left out cannot be in any of them. Everything is copied out of the index, which
 * is needed only while the copy is loaded. */
#ifndef RENDER_COPY_H
#define RENDER_COPY_H

#include "kb/doc/doc.h"
#include "kb/doc/vocab.h"
#include "kb/index/index.h"
#include "render/theme.h"

enum audience {
	AUDIENCE_PUBLIC,		/* TLP:CLEAR and published, no contacts */
	AUDIENCE_COMMUNITY,		/* up to the space's ceiling, published */
	AUDIENCE_NODE			/* the node's own pages: whatever main holds */
};

struct entry {				/* strings live in the copy's arena */
	struct str name;		/* "cs-mk-2022-taiwan.fa": its page is d/<name>.html */
	struct str id;			/* without the language */
	const struct kind *kind;
	const struct entry *original;	/* itself when it is no translation */
	uint32_t number;		/* of the admitted: its place in copy.v */
	bool in, stale, broken, conflict;	/* so far what is asked of any entry: in few places of memory */
	struct str lang, title, summary;	/* of this text; title is the name when it has none */
	struct str owner, status, tlp, date;	/* of the original; date: its own if it has one */
	struct doc doc;			/* its own front matter; empty when broken. No text, no body: copy_read */
	struct str row;			/* rows.h: what it was read from */
	struct str *links;		/* ids that its body seems to link to */
	size_t nlinks;
	struct oid blob;
	const char *reason;		/* why in or out, in a few words */
	const char *fault;		/* of a broken one: what is wrong with it, with the line in front: "4: ..." */
	unsigned char face[16];		/* hash of all above but body and blob: what other pages show of it */
};

enum use { USE_COUNTRY, USE_TOPIC, USE_YEAR, USE_LANG, USE_STATUS, USE_KIND, USE_MEETING, USE_LINK, USE_TRANSLATION, USES };
struct use_of {
	struct str key;			/* "MK", "som", "2022", "lesson", the id of a document in the copy */
	const struct entry *entry;	/* who uses it: an original, but for USE_TRANSLATION and USE_LANG */
};
struct uses {				/* by key, then (but for USE_KIND) kind, then newest first, then name */
	struct use_of *v;
	size_t n;
};

#define COPY_THREADS 8
struct copy_want {
	enum audience audience;
	struct str meeting;		/* id, or STR_NONE: everything */
	struct str lang;		/* titles in this language where there are any, or STR_NONE */
	int64_t now;			/* seconds; 0: dates are compared with the newest one in the copy */
	const struct theme *theme;	/* borrowed; lives longer than the copy */
	bool live;			/* pages of `serve`: with search */
	bool practice;			/* says so on every page */
	unsigned threads;		/* that load it, at most COPY_THREADS; 0: one */
	size_t hold;			/* bytes of texts that are held from loading until copy_read asks for them */
	const struct kept_place *kept;	/* kept.h: where rows of earlier builds are; NULL: nowhere */
};

struct facts;
struct kept_place;
struct source;				/* copy.c: where texts are read */
struct lookup;				/* copy.c: finds names, keys and labels by hash */

struct copy {
	struct arena arena;
	struct copy_want want;
	struct vocab vocab;
	struct oid commit;		/* that it was loaded of */
	struct str ceiling, space;	/* "TLP:GREEN"; name of the community, or STR_NONE */
	struct entry *all;		/* by name */
	size_t nall;
	const struct entry **v;		/* the admitted, by name */
	size_t n;
	struct uses uses[USES];
	const struct entry *meeting;	/* of a pack, or NULL */
	struct str tlp;			/* the highest label in it */
	bool conflict, broken;		/* is one of the admitted in conflict; is one of all broken */
	char today[11];			/* what dates are compared with; pages ask copy_today */
	int64_t today_days;
	struct lookup *lookup;		/* NULL: the arrays are searched */
	struct source *source;
	struct changes *changes;	/* changes.h; NULL: the past is not known */
	struct str notice;		/* shown on every page of `serve`, or STR_NONE */
	unsigned char id[16];		/* by chance; of one that was kept and brought up to date: what that had */
	const struct kind *kinds;	/* where the entries' kinds stand, in one that was kept; NULL: in the program */
	bool was_kept;
	struct oid since;		/* the commit that it was kept of */
	const struct entry **changed;	/* all that differs from then, in text and history alone */
	size_t nchanged;
	struct facts *watch;		/* facts.h: notes what the functions below are asked; NULL: nobody does */
};

/* RC_NOTFOUND: the meeting of the pack is not in the node or not for this audience. The texts stay where they are: the
 * snapshot must be there as long as copy_read may be called. Rows (rows.h) that were not kept are: that they cannot be is no
 * failure. */
enum rc copy_load(struct copy **c, struct snap *s, const struct copy_want *want, struct err *e) NODISCARD;
void copy_free(struct copy *c);		/* no-op on NULL */

/* copy_kept.c: a copy with its history as the last build into dir kept it, changed into what it is now. That is done where
 * nothing but bodies of documents changed; false: the copy is to be loaded. node: the folder of the node. */
bool copy_load_kept(struct copy **c, struct snap *s, const struct copy_want *want, const char *dir, const char *node);
/* Keep the copy, unless it is nearly what is kept. */
void copy_keep(const struct copy *c, const char *dir);
bool copy_differs(struct copy *c, const struct entry *e);	/* add to c->changed; false: they are too many */
/* Append the whole text of an entry. Any thread. */
enum rc copy_read(struct buf *text, const struct copy *c, const struct entry *e, struct err *err) NODISCARD;

const struct entry *copy_find(const struct copy *c, struct str name);	/* an admitted one, or NULL */
const struct entry *copy_any(const struct copy *c, struct str name);	/* left out or not, or NULL */
/* The text of an entry to name it by: its translation into the wanted language, or itself. */
const struct entry *copy_best(const struct copy *c, const struct entry *e);
/* Those that use a key; *n is how many. Borrowed. */
const struct use_of *copy_uses(size_t *n, const struct copy *c, enum use use, struct str key);
bool copy_used(const struct copy *c, enum use use, struct str key);	/* does any */
/* The words of the interface, as far as the page is not of a document in another language. NULL: no theme. */
const struct texts *copy_texts(const struct copy *c);
/* The same, of which only one page of LIST_PAGE documents is looked at, and the first. */
const struct use_of *copy_uses_page(size_t *n, const struct copy *c, enum use use, struct str key, size_t page);
/* All uses of a sort, of which only keys and counts are looked at, and the first of each. */
const struct uses *copy_keys(const struct copy *c, enum use use);
/* vocab_label of the copy's vocabulary. */
struct str copy_label(const struct copy *c, const char *vocab, struct str code);
/* May this key have a page of its own: letters, digits and hyphens only, short, no device of Windows. */
bool copy_key_valid(struct str key);

/* Could the audience have had this text of a document of that kind: as one of now is judged. */
bool copy_fit(const struct copy *c, const struct kind *kind, struct str text);

/* Append text (html: already escaped HTML without tags) with the ids of left-out documents replaced. */
void copy_text(struct buf *b, const struct copy *c, struct str text);
void copy_html(struct buf *b, const struct copy *c, struct str html, const char *instead);
#define COPY_NOT_HERE "a document not in this copy"
/* Does text hold the id of a left-out document? */
bool copy_names_left_out(const struct copy *c, struct str text);

/* Dates of the kinds: is the last day before today; more than 12 months ago. false for what is no date. */
bool copy_overdue(const struct copy *c, struct str date);
bool copy_old(const struct copy *c, struct str date);
const char *copy_today(const struct copy *c);	/* "2026-11-25" */
int64_t copy_today_days(const struct copy *c);

#endif
