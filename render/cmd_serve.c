#include "kb/cmd.h"
#include "render/commands.h"
int cmd_serve(struct ctx *c, int argc, char **argv)
{
	(void)argc; (void)argv;
	return cmd_usage(c, "serve: not yet");
}
