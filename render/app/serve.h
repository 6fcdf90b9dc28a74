/* render/app/serve.h: what the local web app answers, whoever carries it: the pages of page.h made on request
 * from main as it stands now, and a search page. */
#ifndef RENDER_APP_SERVE_H
#define RENDER_APP_SERVE_H

#include "kb/index/index.h"
#include "kb/node.h"
#include "render/app/http.h"
#include "render/copy.h"
#include "render/md.h"

struct serve;

/* ix, md and the bytes of lang are borrowed, ix and md used by this thread only. audience: AUDIENCE_NODE, or
 * AUDIENCE_COMMUNITY for guests. lang: of the interface, or STR_NONE. now: seconds, for what is overdue. */
enum rc serve_open(struct serve **s, const struct node *node, struct index *ix, struct md *md, enum audience audience,
    struct str lang, int64_t now, struct err *e) NODISCARD;
void serve_close(struct serve *s);	/* no-op on NULL */

http_handler serve_answer;		/* ctx: the struct serve */

#endif
