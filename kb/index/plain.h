/* kb/index/plain.h: a Markdown body as the words a reader sees: what is indexed, searched for phrases and
 * shown in snippets. Fast and forgiving, not a parser: marks go, words stay. */
#ifndef KB_INDEX_PLAIN_H
#define KB_INDEX_PLAIN_H

#include "kb/base/str.h"

#define PLAIN_HEADING '\x01'		/* first byte of a line that was a heading */

/* Append the lines of body, without marks of emphasis, links (their text stays, the address goes), list and
 * quote marks, table bars, fences, HTML comments and tags. One line of body is at most one line of out. */
void plain_text(struct buf *out, struct str body);

#endif
