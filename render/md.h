/* render/md.h: from the Markdown of a body to HTML that may stand in a page.
 *
 * Markdown comes from strangers, and so do the bugs it is written to meet. It is parsed in a process of
 * its own, which can do nothing but answer (md_worker.c), within a second of its time, and the answer is not trusted
 * either: every byte of it passes md_filter, which knows few tags, fewer attributes and no script. */
#ifndef RENDER_MD_H
#define RENDER_MD_H

#include "kb/base/err.h"
#include "kb/base/str.h"

struct md;				/* a worker process and the pipe to it; md.c. One thread at a time */

/* Start a worker. Call it early, before keys are read or a database is open: the worker is a fork, and
 * what is not in memory then cannot be read by who takes it over (one that replaces it later is a fork of
 * what the process is then). After a fork of the caller only one of the two may go on
 * with it. RC_IO: no process or pipe to be had. */
enum rc md_open(struct md **m, struct err *e) NODISCARD;
struct md *md_open_later(void);	/* the same, but that the worker is started when it is asked for the first time */
void md_close(struct md *m);

/* What becomes of a link or autolink: append the new target (not escaped) to *href, or nothing: then the
 * link becomes its own text. target has its entities decoded and no control characters or blanks; its
 * "%20" are as the parser left them. What is written is held to the rule of md_link_default. Footnotes
 * do not ask. */
typedef void md_link_fn(void *ctx, struct buf *href, struct str target);

/* The policy where none is given: http:, https:, mailto: and what has no scheme stay as they are. */
void md_link_default(void *ctx, struct buf *href, struct str target);

/* Append the HTML of a body. link may be NULL: md_link_default. RC_INVALID: the worker could not (time,
 * memory, output, crash) or the filter refused what it said, or the text is longer than LIMIT_DOC: the
 * text is appended escaped, in <pre class="broken">, and *e says why; go on with the next one. RC_IO: no
 * worker can be made; nothing is appended. At most about a second of processor time, two where others were expected. */
enum rc md_render(struct buf *html, struct md *m, struct str markdown,
    md_link_fn *link, void *ctx, struct err *e) NODISCARD;

/* A text that md_render will be asked for after all that were expected before. It must stay where it is until then, or
 * until all are forgotten: by asking for another one, or so. md_begin: the worker begins with them, as far as it has not,
 * while the caller does something else. */
void md_expect(struct md *m, struct str markdown);
void md_begin(struct md *m);
void md_forget(struct md *m);

/* The filter alone: append to *html what is allowed of raw, written anew. RC_INVALID: a tag, attribute or
 * nesting that the parser does not write; nothing is appended.
 *	headings   h1 becomes h2; the n-th heading has id="s-n"
 *	footnotes  ids "fn-..." and "fnref-..."; classes footnotes, footnote-ref, footnote-backref
 *	cells      class="r" and class="c" for right and centre
 *	code       class="language-x" where x is of a-z 0-9 + -
 *	pictures   their alternative text
 *	links      rel="noreferrer noopener" on those that leave the site
 *	blocks     dir="auto" */
enum rc md_filter(struct buf *html, struct str raw, md_link_fn *link, void *ctx, struct err *e) NODISCARD;

#endif
