/* render/commands.h: the commands that live in render/, for main.c's table. */
#ifndef RENDER_COMMANDS_H
#define RENDER_COMMANDS_H

struct ctx;

int cmd_serve(struct ctx *c, int argc, char **argv);
int cmd_site(struct ctx *c, int argc, char **argv);

#endif
