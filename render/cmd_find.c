/* render/cmd_find.c: the site's ranking for `colep search --as-site` (kb/cmd_as_site.h): the copy that `colep site`
 * would write, indexed in memory. */
#include "kb/cmd.h"
#include "render/commands.h"

#include <stdlib.h>

#include "kb/cmd_as_site.h"
#include "kb/node.h"
#include "render/find.h"

struct site {
	struct arena a;
	struct theme *theme;
	struct copy *copy;
	struct find *find;
};

enum rc site_audience(enum audience *to, const char *name, struct err *e)
{
	*to = AUDIENCE_PUBLIC;
	if (name && str_is(cstr(name), "community"))
		*to = AUDIENCE_COMMUNITY;
	else if (name && !str_is(cstr(name), "public"))
		return err_set(e, RC_INVALID, "--audience %s: unknown; it is public or community", name);
	return RC_OK;
}

static void as_site_close(void *site)
{
	struct site *s = site;

	if (!s)
		return;
	find_close(s->find);
	copy_free(s->copy);
	theme_close(s->theme);
	arena_free(&s->a);
	free(s);
}

static enum rc as_site_open(void **site, struct ctx *c, const char *dir, const char *audience, struct err *e)
{
	struct site *s = xmalloc(sizeof *s);
	struct copy_want want = { 0 };
	struct node node = { 0 };
	struct index *ix = NULL;
	struct snap *snap = NULL;
	struct md *md = NULL;
	bool stale = false;
	enum rc rc;

	*s = (struct site){ 0 };
	if ((rc = site_audience(&want.audience, audience, e)) || (rc = md_open(&md, e)) ||	/* a fork: before all threads */
	    (rc = node_open(&node, &s->a, dir, e)) || (rc = index_open(&ix, &node, false, NULL, NULL, &stale, e)) ||
	    (rc = snap_open(&snap, ix, e)) || (rc = theme_open(&s->theme, NULL, e)))
		goto out;
	want.theme = s->theme;
	if ((rc = copy_load(&s->copy, snap, &want, e)))
		goto out;
	if (stale)
		cmd_say(c, "the index is behind and cannot be written; the answer is of an earlier state");
	s->find = find_open(s->copy, 1);
	if ((rc = find_fill(s->find, md, e)))
		goto out;
	*site = s;
	s = NULL;
out:
	as_site_close(s);
	if (snap)
		snap_close(snap);
	if (ix)
		index_close(ix);
	md_close(md);
	return rc;
}

static enum rc as_site_run(struct result *res, struct arena *a, void *site, struct str text, const struct filters *f,
    size_t limit, struct err *e)
{
	struct site *s = site;
	struct find_result found;
	size_t i;
	enum rc rc;

	*res = (struct result){ 0 };
	if ((rc = find_run(&found, a, s->find, text, f, limit, e)))
		return rc;
	res->hits = arena_array(a, found.n, sizeof *res->hits);
	for (i = 0; i < found.n; i++) {
		struct hit *h = &res->hits[i];

		find_record(&h->record, found.hits[i].entry);
		h->record.path = doc_path_of(a, h->record.id);
		h->id = h->record.id;
		h->score = found.hits[i].score >> 6 > UINT32_MAX ? UINT32_MAX : (uint32_t)(found.hits[i].score >> 6);
	}
	res->n = found.n;
	res->total = found.total;
	return RC_OK;
}

const struct as_site render_as_site = { as_site_open, as_site_close, as_site_run };
