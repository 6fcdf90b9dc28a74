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
	struct str *values;		/* decoded; a plain value is one entry */
	uint32_t n;
	uint16_t variant;		/* 2 of "title@2" (an open conflict, MERGE.md); 1 otherwise */
	bool list;			/* written as a list; n may be 0 */
	uint32_t from, to;		/* bytes of the file its lines take, last line end included */
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
 * no closing line, BOM, CRLF, other line breaks, a second document, NUL, not UTF-8, too large, duplicate key, nesting, anchor, alias, tag, and
 * the `title: Water: a study` case (put the value in double quotes). Bodies are not looked at. */
enum rc front_parse(struct front *f, struct place *at, struct arena *a, struct str text, struct err *e) NODISCARD;

/* The same for front matter that others wrote, to be read once and made ours: values over several lines are
 * joined with blanks, line ends may be CRLF, and a key is named as ours may be ("Redirect_From" is
 * "redirect-from"). Nesting, anchors, aliases and tags stay refused. Not for front_set: its key places are
 * those of lines that ours must not have. */
enum rc front_parse_foreign(struct front *f, struct place *at, struct arena *a, struct str text, struct err *e) NODISCARD;

/* The key with variant 1, or NULL. */
const struct key *front_key(const struct front *f, const char *name);
/* Its only or first value; STR_NONE when the key is absent or has none. */
struct str front_text(const struct front *f, const char *name);

/* Rewrite one key by splicing its lines: no other byte of the file changes. text is the file that f was
 * parsed from; the new file is appended to *out. A key that is absent is put behind the last one. A value
 * is quoted when the flat subset needs it. A list is written in brackets. */
void front_set(struct buf *out, const struct front *f, struct str text, const char *name, struct str value);
void front_set_list(struct buf *out, const struct front *f, struct str text, const char *name,
    const struct str *values, size_t n);
void front_remove(struct buf *out, const struct front *f, struct str text, const char *name);

/* Append a value as the flat subset reads it back: plain, or in double quotes. in_list: as an entry between
 * brackets. Control characters and line ends become blanks. */
void front_quote(struct buf *b, struct str value, bool in_list);

#endif
