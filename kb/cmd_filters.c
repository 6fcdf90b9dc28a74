/* kb/cmd_filters.c: see cmd_filters.h. */
#include "kb/cmd_filters.h"

#include <string.h>

#include "kb/base/date.h"
#include "kb/doc/kind.h"

void filter_options(struct opt *opts, struct filter_args *args)
{
	static const char *const about[FILTER_FIELDS] = { "kind of document", "owner's code", "country, such as MK",
		"topic's code", "language, such as en", "status, such as published", "meeting's id" };
	static const char *const arg[FILTER_FIELDS] = { "K", "O", "C", "T", "L", "S", "ID" };
	size_t i;

	for (i = 0; i < FILTER_FIELDS; i++)
		opts[i] = (struct opt){ filter_fields[i], 0, OPT_LIST, &args->lists[i], arg[i], about[i] };
	opts[i++] = (struct opt){ "since", 0, OPT_TEXT, &args->since, "DATE", "dated on that day or later" };
	opts[i] = (struct opt){ "until", 0, OPT_TEXT, &args->until, "DATE", "dated on that day or before" };
}

static const char *nearest(const char *words, struct str got, struct arena *a)
{
	struct str rest = cstr(words), w, near = STR_NONE;
	size_t d, best = 4;

	while (str_split(&w, &rest, ' '))
		if ((d = str_distance(w, got, 3)) < best) {
			best = d;
			near = w;
		}
	return near.n ? arena_printf(a, "did you mean %.*s", FMT_STR(near)) : arena_printf(a, "one of: %s", words);
}

int filter_read(struct filters *f, struct ctx *c, const struct filter_args *args)
{
	struct buf names = BUF_INIT;
	const char *all;
	const struct kind *k;
	int64_t first, last;
	size_t i, j;

	for (k = kinds; k->name; k++)
		buf_printf(&names, "%s%s", names.n ? " " : "", k->name);
	all = arena_cstr(c->arena, buf_str(&names));
	buf_free(&names);
	for (i = 0; i < FILTER_FIELDS; i++)
		for (j = 0; j < args->lists[i].n; j++) {
			struct str v = cstr(args->lists[i].v[j]);

			if (i == 0 && !kind_find(v))
				return cmd_usage(c, "--kind %s: no kind; %s", v.p, nearest(all, v, c->arena));
			if (i == 5 && status_rank(v) < 0)
				return cmd_usage(c, "--status %s: no status; %s", v.p,
				    nearest("submitted cleared published superseded withdrawn", v, c->arena));
			(void)filters_add(f, c->arena, cstr(filter_fields[i]), v);
		}
	for (i = 0; i < 2; i++) {
		const char *v = i ? args->until : args->since;

		if (!v)
			continue;
		if (!date_parse(&first, &last, cstr(v)))
			return cmd_usage(c, "--%s %s: no date; write 2022, 2022-05 or 2022-05-18", i ? "until" : "since", v);
		(void)filters_add(f, c->arena, i ? STR("until") : STR("since"), cstr(v));
	}
	return -1;
}

static void indexing(void *ctx, uint64_t n, uint64_t total)
{
	cmd_progress(ctx, "indexing", n, total, false);
}

enum rc reading_open(struct reading *r, struct ctx *c, const char *dir, struct err *e)
{
	struct progress p = { .fn = indexing, .ctx = c };
	const char *why = NULL;
	bool stale = false;
	enum rc rc;

	*r = (struct reading){ 0 };
	if ((rc = node_open(&r->node, c->arena, dir, e)))
		return rc;
	rc = index_open(&r->ix, &r->node, false, &p, &why, &stale, e);
	cmd_progress(c, "", 0, 0, true);
	if (!rc)
		rc = snap_open(&r->snap, r->ix, e);
	if (rc) {
		reading_close(r);
		return rc;
	}
	if (why && strcmp(why, "there was none") != 0)
		cmd_say(c, "the index was made anew: %s", why);
	if (stale)
		cmd_say(c, "the index is behind and cannot be written here; newer documents are not in this answer");
	return RC_OK;
}

void reading_close(struct reading *r)
{
	snap_close(r->snap);
	index_close(r->ix);
	r->snap = NULL;
	r->ix = NULL;
}

void index_after(struct ctx *c, const struct node *n)
{
	struct progress p = { .fn = indexing, .ctx = c };
	struct err e = ERR_INIT;
	struct index *ix;

	if (index_open(&ix, n, false, &p, NULL, NULL, &e))
		cmd_say(c, "the index is behind: %s", e.msg);
	else
		index_close(ix);
	cmd_progress(c, "", 0, 0, true);
}

enum rc index_conflicts(uint64_t *n, const struct node *node, struct err *e)
{
	struct index *ix = NULL;
	struct snap *s = NULL;
	struct record r;
	bool stale;
	size_t i;
	enum rc rc;

	*n = 0;
	if ((rc = index_open(&ix, node, false, NULL, NULL, &stale, e)) || (rc = snap_open(&s, ix, e)))
		goto out;
	for (i = 0; i < snap_count(s) && !(rc = snap_record(&r, s, i, e)); i++)
		*n += r.conflict;
out:
	snap_close(s);
	index_close(ix);
	return rc;
}
