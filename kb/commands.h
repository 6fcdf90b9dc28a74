/* kb/commands.h: the commands that live in kb/, for main.c's table. */
#ifndef KB_COMMANDS_H
#define KB_COMMANDS_H

struct ctx;

int cmd_check(struct ctx *c, int argc, char **argv);
int cmd_index(struct ctx *c, int argc, char **argv);
int cmd_list(struct ctx *c, int argc, char **argv);
int cmd_new(struct ctx *c, int argc, char **argv);
int cmd_readiness(struct ctx *c, int argc, char **argv);
int cmd_related(struct ctx *c, int argc, char **argv);
int cmd_search(struct ctx *c, int argc, char **argv);
int cmd_show(struct ctx *c, int argc, char **argv);
int cmd_version(struct ctx *c, int argc, char **argv);

#endif
