/* kb/doc/kind.h: the eleven kinds of document (DOMAIN 2, 3) as data: keys, needs, allowed values,
 * headings, stages. Templates, checks, lists and the site's forms are all made from this table. */
#ifndef KB_DOC_KIND_H
#define KB_DOC_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "kb/base/str.h"

enum key_type { KEY_TEXT, KEY_CODE, KEY_DATE, KEY_NUMBER, KEY_YESNO, KEY_ID, KEY_LIST, KEY_IDLIST };
enum key_need { NEED_OPTIONAL, NEED_ALWAYS, NEED_PUBLISHED };

struct key_rule {
	const char *name;
	enum key_type type;
	enum key_need need;
	const char *values;		/* allowed, separated by blanks; NULL: see vocab, else free */
	const char *vocab;		/* name of the vocabulary its codes come from, or NULL. Three are patterns, not
					 * tables: owners, lang, grading */
	const char *about;		/* one line for templates and forms */
};

struct heading {
	const char *text;		/* without "## " */
	bool must;			/* not empty in a published document */
	bool facilitator;		/* left out of the player view */
};

struct kind {
	const char *name, *prefix, *folder;	/* "case-study", "cs", "case-studies" */
	const char *label, *plural;	/* "Case study", "Case studies" */
	bool year;			/* ids carry a year */
	bool common;			/* owned by bps: every member may edit (meeting, action, ...) */
	const struct key_rule *keys;	/* beyond the common ones; ended by a NULL name */
	const struct heading *headings;	/* ended by a NULL text */
};

extern const struct kind kinds[];	/* in the order of DOMAIN 2; ended by a NULL name */
extern const struct key_rule common_keys[];	/* of all kinds; ended by a NULL name */
extern const struct key_rule translation_keys[];	/* all a translation may have */

const struct kind *kind_find(struct str name);
const struct kind *kind_by_prefix(struct str prefix);
const struct kind *kind_by_folder(struct str folder);
const struct key_rule *kind_key(const struct kind *k, struct str key);	/* its own or a common one, or NULL */

/* Is word one of the words, which are separated by blanks (key_rule.values)? */
bool word_in(const char *words, struct str word);

/* draft submitted cleared published superseded withdrawn: 0 to 5; -1 unknown. */
int status_rank(struct str status);

#endif
