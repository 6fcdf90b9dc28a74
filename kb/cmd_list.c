/* kb/cmd_list.c: colep list, show and related. */
#include "kb/cmd_card.h"
#include "kb/cmd_filters.h"
#include "kb/commands.h"
#include "kb/index/related.h"

/* s, dir: r's snapshot and node. */
static enum rc put(struct ctx *c, struct out *o, struct snap *s, const char *dir, const struct record *r, struct err *e)
{
	struct str line;
	enum rc rc = card_line(&line, c, s, dir, r, e);

	if (rc)
		return rc;
	if (line.n) {
		screen_card(&c->screen, r->title, line, STR_NONE);
		return RC_OK;
	}
	out_begin(o);
	out_text(o, "id", r->id);
	out_text(o, "kind", r->kind);
	out_text(o, "owner", r->owner);
	out_text(o, "status", r->status);
	out_text(o, "tlp", r->tlp);
	out_text(o, "lang", r->lang);
	out_text(o, "date", r->date);
	out_text(o, "title", r->title);
	out_text(o, "path", r->path);
	out_end(o);
	return RC_OK;
}

int cmd_list(struct ctx *c, int argc, char **argv)
{
	struct filter_args args = { 0 };
	struct filters f = FILTERS_INIT;
	struct opt opts[FILTER_OPTIONS];
	struct err e = ERR_INIT;
	struct reading in;
	struct record r;
	struct out o;
	size_t d, i, n = 0;
	enum rc rc = RC_OK;
	int left, status;

	filter_options(opts, &args);
	if ((status = cmd_options(&left, c, argc, argv, opts, FILTER_OPTIONS)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words; 'colep search' looks for them");
	if ((status = filter_read(&f, c, &args)) >= 0)
		return status;
	cmd_out(&o, c);
	for (d = 0; d < c->ndirs && !rc; d++) {
		if ((rc = reading_open(&in, c, c->dirs[d], &e)))
			break;
		for (i = 0; i < snap_count(in.snap) && !rc; i++)
			if (!(rc = snap_record(&r, in.snap, i, &e)) && filters_match(&f, &r)) {
				rc = put(c, &o, in.snap, c->dirs[d], &r, &e);
				n++;
			}
		reading_close(&in);
	}
	out_close(&o);
	if (!rc && !n)
		filters_offer(c, &f, STR_NONE);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}

/* An id, or the path of its file. */
static struct str id_of(const char *arg)
{
	struct str id = cstr(arg);
	size_t i;

	if (str_ends(id, STR(".md")))
		id = str_sub(id, 0, id.n - 3);
	for (i = id.n; i > 0; i--)
		if (id.p[i - 1] == '/')
			return str_sub(id, i, id.n);
	return id;
}

/* The id that is meant by one that no document has: of those that lie nearest, or begin with it, the first. Ids are in
 * small letters, so capitals are no slips. */
static void near_id(struct str *near, size_t *best, struct arena *a, struct snap *s, struct str id)
{
	struct err ignored = ERR_INIT;
	struct record r;
	char *low = arena_alloc(a, id.n + 1);
	size_t i, d;

	for (i = 0; i < id.n; i++)
		low[i] = (char)(id.p[i] >= 'A' && id.p[i] <= 'Z' ? id.p[i] | 0x20 : id.p[i]);
	id.p = low;
	for (i = 0; i < snap_count(s) && !snap_record(&r, s, i, &ignored); i++) {
		d = id.n > 3 && str_starts(r.id, id) ? 1 : str_distance(id, r.id, 2);
		if (d < *best) {
			*best = d;
			*near = arena_str(a, r.id);
		}
	}
}

static int not_here(struct ctx *c, const char *arg, struct str near)
{
	if (near.n)
		cmd_say(c, "%s: no document of this id; did you mean %.*s", arg, FMT_STR(near));
	else
		cmd_say(c, "%s: no document of this id; 'colep list' shows them, 'colep search' finds them", arg);
	return EXIT_NO;
}

int cmd_related(struct ctx *c, int argc, char **argv)
{
	uint64_t limit = 10;
	const struct opt opts[] = { { "limit", 'n', OPT_NUMBER, &limit, "N", "at most so many; default: 10" } };
	struct record r, *found = NULL;
	struct err e = ERR_INIT;
	struct reading in;
	struct str near = STR_NONE;
	enum rc rc = RC_NOTFOUND;
	size_t d, i, n = 0, far = 3;
	struct out o;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, "needs one id");
	cmd_out(&o, c);
	for (d = 0; d < c->ndirs && rc == RC_NOTFOUND; d++) {	/* of the first node that has it */
		if ((rc = reading_open(&in, c, c->dirs[d], &e)))
			break;
		if (!(rc = snap_find(&r, in.snap, id_of(argv[1]), &e)))
			rc = related_find(&found, &n, c->arena, in.snap, &r, limit < 1000 ? (size_t)limit : 1000, &e);
		else if (rc == RC_NOTFOUND)
			near_id(&near, &far, c->arena, in.snap, id_of(argv[1]));
		for (i = 0; i < n && !rc; i++)
			rc = put(c, &o, in.snap, c->dirs[d], &found[i], &e);
		reading_close(&in);
	}
	out_close(&o);
	if (rc == RC_NOTFOUND)
		return not_here(c, argv[1], near);
	if (rc)
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!n)
		cmd_say(c, "%s: nothing near it", argv[1]);
	return n ? EXIT_YES : EXIT_NO;
}

int cmd_show(struct ctx *c, int argc, char **argv)
{
	struct buf text = BUF_INIT;
	struct err e = ERR_INIT;
	struct reading in;
	struct record r;
	struct str id, near = STR_NONE;
	struct out o;
	size_t d, far = 3;
	enum rc rc = RC_NOTFOUND;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left != 2)
		return cmd_usage(c, "needs one id");
	id = id_of(argv[1]);
	for (d = 0; d < c->ndirs && rc == RC_NOTFOUND; d++) {
		if ((rc = reading_open(&in, c, c->dirs[d], &e)))
			break;
		if (!(rc = snap_find(&r, in.snap, id, &e)) && !(rc = snap_text(&text, in.snap, &r, &e))) {
			if (c->json) {
				cmd_out(&o, c);
				out_begin(&o);
				out_text(&o, "id", r.id);
				out_text(&o, "path", r.path);
				out_text(&o, "text", buf_str(&text));
				out_end(&o);
				out_close(&o);
			} else if (c->out_terminal) {	/* what others wrote must not steer a terminal */
				struct str rest = buf_str(&text), line;

				while (str_line(&line, &rest)) {
					struct buf b = BUF_INIT;

					buf_text_escape(&b, line);
					fprintf(c->out, "%.*s\n", (int)b.n, b.n ? b.p : "");
					buf_free(&b);
				}
			} else {
				fwrite(text.p, 1, text.n, c->out);
			}
		}
		if (rc == RC_NOTFOUND)
			near_id(&near, &far, c->arena, in.snap, id);
		reading_close(&in);
	}
	buf_free(&text);
	if (rc == RC_NOTFOUND)
		return not_here(c, argv[1], near);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}
