/* kb/screen.h: text for a person at a terminal: paragraphs wrapped to its width, and cards: a title, a quiet line of what
 * tells one thing from another, a text. All text comes in escaped (buf_text_escape), so that the bytes that tell how it looks
 * are nobody's but ours. Widths are in columns, as terminals count them (text_columns). */
#ifndef KB_SCREEN_H
#define KB_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "kb/base/str.h"

struct screen {
	FILE *f;			/* borrowed */
	size_t width;			/* columns of the terminal; SCREEN_NARROW at least */
	bool colour;			/* bold and dim letters; else a mark is [[ ]] and the rest plain */
};
enum { SCREEN_NARROW = 20, SCREEN_PLAIN_WIDTH = 80, SCREEN_PROSE = 100 };

/* How a text looks from there on; a paragraph begins and ends plain. */
enum { SCREEN_TITLE = 1, SCREEN_QUIET = 2, SCREEN_MARK = 3, SCREEN_PLAIN = 4 };

/* The terminal that f is: the width COLUMNS says, else the terminal, else SCREEN_PLAIN_WIDTH; no colour with NO_COLOR, or
 * where TERM is "dumb". Both are NULL when they are not set. */
void screen_open(struct screen *s, FILE *f, const char *columns, const char *no_colour, const char *term);

/* Append text without what turns the direction of the letters behind it (U+202A to U+202E, U+2066 to U+2069): a terminal knows
 * no end of that, and a name must not read as another one. */
void screen_add(struct buf *b, struct str text);

size_t screen_columns(struct str text);		/* of a text without looks */

/* A paragraph and its line's end: the words of a text, wrapped. Its first line goes on at column `at`; all begin at `indent`
 * at least. Of a word that no line has room for, letters of scripts written without blanks go on in the next;
 * ASCII runs over, so that who copies an id or a path gets it whole. */
void screen_text(const struct screen *s, size_t at, size_t indent, struct str text);

/* Append one part of a card's quiet line, escaped; none when it is empty. */
void screen_part(struct buf *line, struct str part);
/* The title is escaped here. line, text: empty: left out. Lines of the text are for reading: SCREEN_PROSE columns at most. */
void screen_card(const struct screen *s, struct str title, struct str line, struct str text);

#endif
