/* sync/cmd_pin.h: for the commands that speak to peers: is this the certificate of the one meant? */
#ifndef SYNC_CMD_PIN_H
#define SYNC_CMD_PIN_H

#include "kb/cmd.h"
#include "kb/node.h"

#define PIN_ABOUT "the six words of its certificate, as 'serve --lan' shows them"

/* Keep the certificate of a place when its words are those said; NULL: those typed on the terminal. RC_UNTRUSTED: they
 * are others, or nobody can be asked; the message says what to do. */
enum rc cmd_pin(struct ctx *c, const struct node *n, const char *url, const char *said, struct err *e) NODISCARD;

#endif
