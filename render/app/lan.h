/* render/app/lan.h: the node for others on the local network: its pages for a browser, its history for git, both for
 * who has the code on the screen. Nobody can write by this way. */
#ifndef RENDER_APP_LAN_H
#define RENDER_APP_LAN_H

#include "kb/node.h"
#include "render/app/http.h"
#include "render/app/serve.h"

struct lan;
#define LAN_CODE 14			/* "1234-5678-9012" */

/* node and pages are borrowed; pages: of the community's audience. */
void lan_open(struct lan **l, const struct node *node, struct serve *pages);
void lan_close(struct lan *l);		/* no-op on NULL; after http_close */
const char *lan_code(const struct lan *l);

http_handler lan_answer;		/* ctx: the struct lan */
size_t lan_expect(void *ctx, const struct http_request *rq, struct http_reply *r);

/* A code as it is typed, blanks and hyphens left out, is these 12 digits. For tests. */
bool lan_code_read(char digits[13], struct str typed);

#endif
