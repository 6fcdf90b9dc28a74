/* render/commands.h: the commands that live in render/, for main.c's table. */
#ifndef RENDER_COMMANDS_H
#define RENDER_COMMANDS_H

#include "render/copy.h"

struct ctx;

int cmd_serve(struct ctx *c, int argc, char **argv);
int cmd_site(struct ctx *c, int argc, char **argv);

extern const struct as_site render_as_site;	/* kb/cmd_as_site.h */
/* "public", "community", NULL for public. RC_INVALID: another. */
enum rc site_audience(enum audience *to, const char *name, struct err *e) NODISCARD;

#endif
