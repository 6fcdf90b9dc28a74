/* sync/commands.h: the commands that live in sync/, for main.c's table. */
#ifndef SYNC_COMMANDS_H
#define SYNC_COMMANDS_H

struct ctx;

int cmd_adopt(struct ctx *c, int argc, char **argv);
int cmd_bundle(struct ctx *c, int argc, char **argv);
int cmd_clear(struct ctx *c, int argc, char **argv);
int cmd_conflicts(struct ctx *c, int argc, char **argv);
int cmd_delete(struct ctx *c, int argc, char **argv);
int cmd_doctor(struct ctx *c, int argc, char **argv);
int cmd_diff(struct ctx *c, int argc, char **argv);
int cmd_endorse(struct ctx *c, int argc, char **argv);
int cmd_import(struct ctx *c, int argc, char **argv);
int cmd_inbox(struct ctx *c, int argc, char **argv);
int cmd_init(struct ctx *c, int argc, char **argv);
int cmd_join(struct ctx *c, int argc, char **argv);
int cmd_log(struct ctx *c, int argc, char **argv);
int cmd_news(struct ctx *c, int argc, char **argv);
int cmd_peer(struct ctx *c, int argc, char **argv);
int cmd_publish(struct ctx *c, int argc, char **argv);
int cmd_resolve(struct ctx *c, int argc, char **argv);
int cmd_restart(struct ctx *c, int argc, char **argv);
int cmd_roster(struct ctx *c, int argc, char **argv);
int cmd_save(struct ctx *c, int argc, char **argv);
int cmd_status(struct ctx *c, int argc, char **argv);
int cmd_submit(struct ctx *c, int argc, char **argv);
int cmd_sync(struct ctx *c, int argc, char **argv);
int cmd_verify(struct ctx *c, int argc, char **argv);
int cmd_why(struct ctx *c, int argc, char **argv);
int cmd_withdraw(struct ctx *c, int argc, char **argv);

#endif
