/* kb/doc/doc.h: one document: its text, front matter and body; ids and paths (DOMAIN 2). */
#ifndef KB_DOC_DOC_H
#define KB_DOC_DOC_H

#include "kb/doc/front.h"
#include "kb/doc/kind.h"

struct doc_path {			/* "case-studies/mk/cs-mk-2022-taiwan.fa.md" */
	const struct kind *kind;
	struct str owner;		/* "mk" */
	struct str id;			/* "cs-mk-2022-taiwan", without the language */
	struct str lang;		/* "fa" of a translation, else STR_NONE */
	struct str name;		/* "cs-mk-2022-taiwan.fa": what lists and commands call it */
};

/* Split a path relative to the node's root. Strings borrow path. false: not the path of a document
 * (*why, when not NULL, gets a constant sentence: unknown folder, id not to the pattern, wrong owner...). */
bool doc_path_parse(struct doc_path *p, struct str path, const char **why);
/* "case-studies/mk/cs-mk-2022-taiwan.md" of a name, in the arena; STR_NONE when it is no valid id. */
struct str doc_path_of(struct arena *a, struct str name);
/* Pattern and length of DOMAIN 2, known prefix, year where the kind has one. */
bool doc_id_valid(struct str id, const struct kind **kind, struct str *owner);
bool lang_valid(struct str lang);	/* BCP 47 in shape: en, bg, sr-Latn */
bool doc_owner_valid(struct str owner);	/* two letters, or three to eight */

struct doc {
	struct str text;		/* borrowed: the whole file */
	struct front front;
	struct str body;
	const struct kind *kind;	/* NULL: unknown or absent */
	struct str id, title, owner, status, tlp, lang, date, summary, stage, replaces;	/* STR_NONE when absent; the first value */
};

/* Front matter parsed and the common keys picked; nothing checked beyond (that is check.h). */
enum rc doc_parse(struct doc *d, struct place *at, struct arena *a, struct str text, struct err *e) NODISCARD;

/* The same keys of front matter that was parsed before; text and body stay as they are. */
void doc_of(struct doc *d, const struct front *f);

/* Rank of a label: CLEAR (and WHITE) 0, GREEN 1, AMBER 2, AMBER+STRICT 3, RED 4; -1: none or unknown. */
int tlp_rank(struct str label);

/* A slug of [a-z0-9-], at most max bytes, from any text (accents folded, Cyrillic and the like
 * romanised, what cannot be is dropped); "x" when nothing is left. In the arena. */
struct str doc_slug(struct arena *a, struct str text, size_t max);

#endif
