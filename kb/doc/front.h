/* kb/doc/front.h: front matter (DOMAIN 3): the flat, strict subset of YAML between two `---` lines.
 * Parsed by libyaml's events; anchors, aliases, tags, nesting, duplicate keys, documents over the
 * limits are refused before they cost. */
#ifndef KB_DOC_FRONT_H
#define KB_DOC_FRONT_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/str.h"

struct place {				/* where in a file, from 1; 0 = the file as a whole */
	unsigned line, column;
};

struct key {
	struct str name;		/* "title"; of "title@2" only "title" */
	unsigned variant;		/* 2 of "title@2" (an open conflict, MERGE.md); 1 otherwise */
	bool list;			/* written as a list; n may be 0 */
	struct str *values;		/* decoded; a plain value is one entry */
	size_t n;
	size_t from, to;		/* bytes of the file its lines take, last line end included */
	struct place place;		/* of the key */
	struct place value_place;	/* of the value */
};

struct front {
	struct key *keys;		/* in file order */
	size_t n;
	size_t open, close;		/* offsets of the bytes after the first `---` line, and of the second */
	size_t body;			/* offset of the body */
	unsigned body_line;		/* its line number */
};

/* Strings borrow text or live in the arena. On RC_INVALID *at says where. Says apart: no front matter,
 * no closing line, BOM, CRLF, NUL, not UTF-8, too large, duplicate key, nesting, anchor, alias, tag, and
 * the `title: Water: a study` case (put the value in double quotes). Bodies are not looked at. */
enum rc front_parse(struct front *f, struct place *at, struct arena *a, struct str text, struct err *e) NODISCARD;

/* The key with variant 1, or NULL. */
const struct key *front_key(const struct front *f, const char *name);
/* Its only or first value; STR_NONE when the key is absent or has none. */
struct str front_text(const struct front *f, const char *name);

#endif
