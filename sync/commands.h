/* sync/commands.h: the commands that live in sync/, for main.c's table. */
#ifndef SYNC_COMMANDS_H
#define SYNC_COMMANDS_H

struct ctx;

#endif
