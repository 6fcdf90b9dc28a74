/* kb/cmd_version.c: colep version. */
#include "kb/cmd.h"
#include "kb/commands.h"
#include "kb/version.h"

int cmd_version(struct ctx *c, int argc, char **argv)
{
	int left, status = cmd_options(&left, c, argc, argv, NULL, 0);

	if (status >= 0)
		return status;
	fprintf(c->out, "colep %s\n", COLEP_VERSION);
	return EXIT_YES;
}
