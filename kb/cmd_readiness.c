/* kb/cmd_readiness.c: colep readiness [MEETING]: has each country a profile and real cases (DOMAIN 6)? */
#include "kb/cmd_filters.h"
#include "kb/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/doc.h"

struct country { struct str code; bool profile; uint64_t cases; };
struct table { struct country *v; size_t n, cap; struct arena *a; };

static struct str small(struct arena *a, struct str code)
{
	char *s = arena_cstr(a, code);
	size_t i;

	for (i = 0; i < code.n; i++)
		if (s[i] >= 'A' && s[i] <= 'Z')
			s[i] = (char)(s[i] | 0x20);
	return (struct str){ s, code.n };
}

static struct country *of(struct table *t, struct str code, bool make)
{
	size_t i;

	code = small(t->a, code);
	for (i = 0; i < t->n; i++)
		if (str_eq(t->v[i].code, code))
			return &t->v[i];
	if (!make)
		return NULL;
	if (t->n == t->cap)
		t->v = arena_grow(t->a, t->v, &t->cap, sizeof *t->v);
	t->v[t->n] = (struct country){ .code = code };
	return &t->v[t->n++];
}

static enum rc front_of(struct doc *d, struct arena *a, struct snap *s, const struct record *r, struct err *e)
{
	struct buf text = BUF_INIT;
	struct place at;
	enum rc rc = snap_text(&text, s, r, e);

	*d = (struct doc){ 0 };
	if (!rc && doc_parse(d, &at, a, arena_str(a, buf_str(&text)), e))
		*d = (struct doc){ 0 };		/* broken: it counts for nothing */
	buf_free(&text);
	return rc;
}

/* Who must be ready: the meeting's countries, or every country that takes part. */
static enum rc countries(struct table *t, struct snap *s, const char *meeting, struct err *e)
{
	struct record r;
	struct doc d;
	enum rc rc = RC_OK;
	size_t i;

	if (meeting) {
		if ((rc = snap_find(&r, s, cstr(meeting), e)))
			return rc;
		if (!str_is(r.kind, "meeting"))
			return err_set(e, RC_NOTFOUND, "%s: no meeting; 'colep list --kind meeting' shows them", meeting);
		for (i = 0; i < r.ncountries; i++)
			(void)of(t, r.countries[i], true);
		return RC_OK;
	}
	for (i = 0; i < snap_count(s) && !(rc = snap_record(&r, s, i, e)); i++) {
		if (!str_is(r.kind, "participant") || r.broken || str_chr(r.id, '.') != SIZE_MAX)
			continue;
		if ((rc = front_of(&d, t->a, s, &r, e)))
			break;
		if (str_is(front_text(&d.front, "type"), "country"))
			(void)of(t, r.owner, true);
	}
	return rc;
}

static int by_code(const void *x, const void *y)
{
	return str_cmp(((const struct country *)x)->code, ((const struct country *)y)->code);
}

int cmd_readiness(struct ctx *c, int argc, char **argv)
{
	struct table t = { .a = c->arena };
	struct err e = ERR_INIT;
	struct reading in;
	struct record r;
	struct doc d;
	struct out o;
	size_t i;
	enum rc rc;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 2)
		return cmd_usage(c, "one meeting at a time");
	if ((rc = reading_open(&in, c, c->dir, &e)))
		return cmd_fail(c, &e), EXIT_FAIL;
	rc = countries(&t, in.snap, left == 2 ? argv[1] : NULL, &e);
	for (i = 0; i < snap_count(in.snap) && !rc; i++) {
		struct country *k;

		if ((rc = snap_record(&r, in.snap, i, &e)))
			break;
		if (r.broken || !str_is(r.status, "published") || str_chr(r.id, '.') != SIZE_MAX || !(k = of(&t, r.owner, false)))
			continue;
		k->profile |= str_is(r.kind, "country-profile");
		if (!str_is(r.kind, "case-study"))
			continue;
		if (!(rc = front_of(&d, c->arena, in.snap, &r, &e)))
			k->cases += str_is(front_text(&d.front, "detail"), "full");
	}
	if (t.n)
		qsort(t.v, t.n, sizeof *t.v, by_code);
	cmd_out(&o, c);
	for (i = 0; i < t.n && !rc; i++) {
		out_begin(&o);
		out_text(&o, "country", t.v[i].code);
		out_text(&o, "profile", cstr(t.v[i].profile ? "yes" : "no"));
		out_number(&o, "cases", (int64_t)t.v[i].cases);
		out_end(&o);
	}
	out_close(&o);
	reading_close(&in);
	return rc ? (rc == RC_NOTFOUND ? cmd_fail(c, &e) : (cmd_fail(c, &e), EXIT_FAIL)) : EXIT_YES;
}
