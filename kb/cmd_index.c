/* kb/cmd_index.c: colep index: bring the index to main, or make it anew. */
#include "kb/cmd.h"
#include "kb/commands.h"

#include <time.h>

#include "kb/index/index.h"

static void indexing(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "indexing", n, total, false);
}

static uint64_t microseconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t work_clock(void)
{
	return microseconds(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t wall_clock(void)
{
	return microseconds(CLOCK_MONOTONIC);
}

/* Processor time by what it went to, then the time that passed: of the two stages, and in all. */
static void put_timing(FILE *f, const struct timing *t, uint64_t total)
{
	const struct { const char *name; uint64_t v; } rows[] = {
		{ "read", t->read }, { "analyse", t->analyse }, { "write", t->write }, { "texts", t->texts }, { "put", t->put },
		{ "collecting", t->collecting }, { "analysing", t->analysing }, { "writing", t->writing }, { "total", total },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		fprintf(f, "%s %llu ms\n", rows[i].name, (unsigned long long)(rows[i].v / 1000));
}

int cmd_index(struct ctx *c, int argc, char **argv)
{
	bool rebuild = false, timing = false;
	struct timing spent = { 0 };
	uint64_t threads = 0;
	const struct opt opts[] = {
		{ "rebuild", 0, OPT_FLAG, &rebuild, NULL, "make it anew, whatever state it is in" },
		{ "timing", 0, OPT_FLAG, &timing, NULL, "tell the milliseconds it took, and what they went to" },
		{ "threads", 0, OPT_NUMBER, &threads, "N", "how many work at once; default: one per processor, at most 4" },
	};
	struct progress p = { .fn = indexing, .ctx = c };
	uint64_t start = microseconds(CLOCK_MONOTONIC);
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

	if ((status = cmd_options(&left, c, argc, argv, opts, sizeof opts / sizeof *opts)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words");
	p.threads = threads > 64 ? 64 : (unsigned)threads;
	if (timing) {
		p.clock = work_clock;
		p.passed = wall_clock;
		p.timing = &spent;
	}
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
		put_timing(c->err, &spent, microseconds(CLOCK_MONOTONIC) - start);
out:
	snap_close(s);
	index_close(ix);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}
