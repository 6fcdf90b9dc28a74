/* kb/cmd_index.c: colep index: bring the index to main, or make it anew. */
#include "kb/cmd.h"
#include "kb/commands.h"

#include <time.h>

#include "kb/index/index.h"

static void indexing(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "indexing", n, total, false);
}

static uint64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int cmd_index(struct ctx *c, int argc, char **argv)
{
	bool rebuild = false, timing = false;
	const struct opt opts[] = {
		{ "rebuild", 0, OPT_FLAG, &rebuild, NULL, "make it anew, whatever state it is in" },
		{ "timing", 0, OPT_FLAG, &timing, NULL, "tell the milliseconds it took" },
	};
	struct progress p = { indexing, c };
	uint64_t start = milliseconds();
	struct err e = ERR_INIT;
	struct index *ix = NULL;
	struct snap *s = NULL;
	const char *why = NULL;
	char hex[OID_HEX + 1];
	struct node node;
	struct oid commit;
	struct out o;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words");
	if ((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = index_open(&ix, &node, rebuild, &p, &why, NULL, &e)) ||
	    (rc = snap_open(&s, ix, &e)))
		goto out;
	cmd_progress(c, "", 0, 0, true);
	if (why && !rebuild)
		cmd_say(c, "made anew: %s", why);
	commit = snap_commit(s);
	oid_format(hex, &commit);
	cmd_out(&o, c);
	out_begin(&o);
	out_text(&o, "main", cstr(hex));
	out_number(&o, "documents", (int64_t)snap_count(s));
	out_end(&o);
	out_close(&o);
	if (timing)
		fprintf(c->err, "total %llu ms\n", (unsigned long long)(milliseconds() - start));
out:
	snap_close(s);
	index_close(ix);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}
