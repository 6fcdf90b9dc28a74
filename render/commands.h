/* render/commands.h: the commands that live in render/, for main.c's table. */
#ifndef RENDER_COMMANDS_H
#define RENDER_COMMANDS_H

struct ctx;

#endif
