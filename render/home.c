/* render/home.c: the first page, made for a delegate who has a minute: what is new, what is on the agenda, my country,
 * by topic, what others ask for; and the pack of one meeting, which is a site of its own and one long page to print. */
#include "render/lists.h"

#include <string.h>

#include "render/article.h"
#include "render/changes.h"
#include "render/facts.h"

#define NEWEST 3			/* documents in a block */

struct home {
	struct page *p;
	struct str build;
};

/* The next meeting that is planned, else the last one held; NULL: none. */
static const struct entry *next_meeting(const struct copy *c)
{
	const struct entry *next = NULL, *last = NULL;
	const struct use_of *u;
	size_t n, i;

	u = of_kind(&n, c, "meeting");
	for (i = 0; i < n; i++) {
		const struct entry *e = u[i].entry;
		struct str start = key_text(e, "start");

		if (str_is(key_text(e, "stage"), "planned") && !copy_overdue(c, start) &&
		    (!next || str_cmp(start, key_text(next, "start")) < 0))
			next = e;
		if (str_is(key_text(e, "stage"), "held") && (!last || str_cmp(start, key_text(last, "start")) > 0))
			last = e;
	}
	return next ? next : last;
}

static void when_where(struct page *p, const struct entry *m)
{
	struct str start = key_text(m, "start"), end = key_text(m, "end"), place = key_text(m, "place");

	page_puts(p, "<bdi>");
	page_text(p, start);
	if (end.n && !str_eq(start, end)) {
		page_puts(p, " – ");
		page_text(p, end);
	}
	page_puts(p, "</bdi>");
	if (place.n) {
		page_comma(p);
		page_puts(p, "<bdi>");
		page_text(p, place);
		page_puts(p, "</bdi>");
	}
}

/* "76 documents", the label, "as of", the build. */
static void copy_facts(struct page *p, struct str build)
{
	facts_note(p->c->watch, FACT_ALL, 0, 0, STR_NONE);
	page_t_number(p, "count", p->c->uses[USE_KIND].n);
	page_t(p, "stop");
	page_puts(p, " ");
	page_t_before(p, "home.highest");
	buf_printf(p->b, "<bdi dir=\"ltr\">%.*s</bdi>", FMT_STR(p->c->tlp));
	page_t_after(p, "home.highest");
	page_puts(p, " ");
	page_t_before(p, "home.as-of");
	buf_printf(p->b, "<bdi dir=\"ltr\">%s</bdi>", copy_today(p->c));
	page_t_after(p, "home.as-of");
	if (build.n) {
		page_puts(p, " ");
		page_t_before(p, "home.build");
		buf_printf(p->b, "<bdi dir=\"ltr\">%.*s</bdi>", FMT_STR(build));
		page_t_after(p, "home.build");
	}
}

static void short_list(struct page *p, const struct entry *const *v, size_t n)
{
	size_t i;

	page_puts(p, "<ul class=\"short\">\n");
	for (i = 0; i < n; i++) {
		page_puts(p, "<li>");
		page_link(p, v[i]);
		page_puts(p, "</li>\n");
	}
	page_puts(p, "</ul>\n");
}

static void link_to(struct page *p, const char *file, const char *key, size_t n)
{
	if (!lists_have(p->c, file))
		return;
	buf_printf(p->b, "<li><a href=\"%s%s\">", p->up, file);
	page_t(p, key);
	page_puts(p, "</a>");
	if (n)
		buf_printf(p->b, " <span class=\"quiet\">(%zu)</span>", n);
	page_puts(p, "</li>\n");
}

static void news(struct page *p)
{
	const struct uses *uses = &p->c->uses[USE_KIND];
	const struct entry *v[NEWEST + 1];
	size_t n = 0, i, k, behind = 0;

	facts_note(p->c->watch, FACT_FACES, 0, 0, STR_NONE);
	for (i = 0; i < uses->n; i++) {
		const struct entry *e = uses->v[i].entry;

		behind = i && str_eq(uses->v[i].key, uses->v[i - 1].key) ? behind + 1 : 0;
		if (behind >= NEWEST)		/* they come newest first */
			continue;
		for (k = n; k > 0 && by_newest(&v[k - 1], &e) > 0; k--)
			v[k] = v[k - 1];
		v[k] = e;
		n += n < NEWEST;
	}
	changes_summary(p);
	short_list(p, v, n);
}

static void meeting(struct page *p)
{
	const struct entry *m = next_meeting(p->c);

	if (!m)
		return;
	page_puts(p, "<p>");
	page_link(p, m);
	page_puts(p, " <span class=\"quiet\">");
	when_where(p, m);
	page_puts(p, "</span></p>\n<ul class=\"short\">\n");
	lists_of_meeting(p, m->id);
	link_to(p, "actions.html", "actions", open_actions(p->c));
	link_to(p, "readiness.html", "readiness", 0);
	page_puts(p, "</ul>\n");
}

/* Needs that are open, and requests where the audience may see them. */
static void asks(struct page *p)
{
	const struct entry *v[NEWEST];
	const struct use_of *u;
	size_t n, i, got = 0;

	u = of_kind(&n, p->c, "request");
	for (i = 0; i < n && got < NEWEST; i++)
		if (!word_in("answered declined closed", key_text(u[i].entry, "stage")))
			v[got++] = u[i].entry;
	u = of_kind(&n, p->c, "issue");
	for (i = 0; i < n && got < NEWEST; i++)
		if (str_is(key_text(u[i].entry, "type"), "need") && !str_is(key_text(u[i].entry, "stage"), "closed"))
			v[got++] = u[i].entry;
	if (got)
		short_list(p, v, got);
}

static void tables(struct page *p)
{
	page_puts(p, "<ul class=\"flow\">\n");
	link_to(p, "actions.html", "actions", 0);
	link_to(p, "readiness.html", "readiness", 0);
	link_to(p, "matrix.html", "matrix", 0);
	link_to(p, "needs.html", "needs", 0);
	link_to(p, "requests.html", "requests", 0);
	link_to(p, "chairs.html", "chairs", 0);
	link_to(p, "participants.html", "participants", 0);
	link_to(p, "conflicts.html", "conflicts", 0);
	link_to(p, "write.html", "form.title", 0);
	link_to(p, "years.html", "years", 0);
	link_to(p, "languages.html", "languages.title", 0);
	link_to(p, "labels.html", "words", 0);
	page_puts(p, "</ul>\n");
}

static void slot(void *ctx, unsigned n)
{
	struct home *h = ctx;
	struct page *p = h->p;

	switch (n) {
	case HOME_TITLE:
		page_in_lang(p, STR("en"), p->c->space.n ? p->c->space : STR("COLEP knowledge base"));
		break;
	case HOME_LEAD:
		page_puts(p, "<p class=\"lead\">");
		page_t(p, "home.lead");
		page_puts(p, "</p>\n");
		break;
	case HOME_FACTS:
		copy_facts(p, h->build);
		break;
	case HOME_NEWS:
		news(p);
		break;
	case HOME_MEETING:
		meeting(p);
		break;
	case HOME_COUNTRIES:
		lists_keys(p, USE_COUNTRY, 24);
		break;
	case HOME_TOPICS:
		lists_keys(p, USE_TOPIC, 10);
		break;
	case HOME_KINDS:
		lists_kinds(p);
		break;
	case HOME_ASKS:
		asks(p);
		break;
	case HOME_TABLES:
		tables(p);
		break;
	default:
		break;
	}
}

enum rc home_write(struct page *p, struct str build, struct err *e)
{
	struct home h = { p, build };

	(void)e;
	page_template(p, TEMPLATE_HOME, slot, &h);
	return RC_OK;
}

/* ---- the pack of a meeting ---- */

/* Documents of a pack in the order they are wanted at the table; the meeting itself comes before them. */
static const char *const order[] = { "country-profile", "case-study", "exercise", "lesson", "issue", "request", "procedure",
	"participant", "contact", "action" };
enum { PARTS = sizeof order / sizeof order[0] };

static int by_owner(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
	int d = str_cmp(a->owner, b->owner);

	return d ? d : str_cmp(a->name, b->name);
}

static const struct entry **part(size_t *n, struct arena *a, const struct copy *c, const char *kind)
{
	return of_kind_sorted(n, a, c, kind, strcmp(kind, "country-profile") == 0 ? by_title :
	    strcmp(kind, "case-study") == 0 ? by_owner : by_newest);
}

static void part_heading(struct page *p, const char *kind, size_t n)
{
	page_puts(p, "<h2>");
	if (strcmp(kind, "case-study") == 0)
		page_t(p, "pack.cases");
	else
		page_t_of(p, "kinds", cstr(kind));
	buf_printf(p->b, " <span class=\"quiet\">(%zu)</span></h2>\n", n);
}

/* Case studies stand below the country of their owner. */
static void part_list(struct page *p, const char *kind, const struct entry *const *v, size_t n)
{
	size_t i;

	if (strcmp(kind, "case-study") != 0) {
		page_list(p, v, n, true);
		return;
	}
	for (i = 0; i < n; i++) {
		if (i == 0 || !str_eq(v[i]->owner, v[i - 1]->owner)) {
			page_puts(p, i ? "</ul>\n<h3>" : "<h3>");
			page_owner(p, v[i]->owner);
			page_puts(p, "</h3>\n<ul class=\"list\">\n");
		}
		page_item(p, v[i], true);
	}
	page_puts(p, n ? "</ul>\n" : "");
}

static void pack_head(struct page *p, struct str build)
{
	const struct entry *m = copy_best(p->c, p->c->meeting);

	page_puts(p, "<h1>");
	page_in_lang(p, m->lang, m->title);
	page_puts(p, "</h1>\n<p class=\"quiet\">");
	when_where(p, p->c->meeting);
	page_puts(p, "</p>\n<p class=\"quiet\">");
	copy_facts(p, build);
	page_puts(p, "</p>\n");
}

static void contents(struct page *p)
{
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t i, n;

	for (i = 0; i < PARTS; i++) {
		v = part(&n, &a, p->c, order[i]);
		if (!n || strcmp(order[i], "action") == 0)
			continue;
		part_heading(p, order[i], n);
		part_list(p, order[i], v, n);
	}
	page_h(p, 2, "actions");
	table_actions(p);
	arena_free(&a);
}

enum rc pack_write(struct page *p, struct str build, struct err *e)
{
	enum rc rc;

	pack_head(p, build);
	page_puts(p, "<p><a class=\"button\" href=\"print.html\">");
	page_t(p, "pack.print");
	page_puts(p, "</a></p>\n");
	if ((rc = article_body(p, copy_best(p->c, p->c->meeting), false, e)) == RC_IO)
		return rc;
	contents(p);
	return rc;
}

static enum rc whole(struct page *p, const struct entry *e, struct err *err)
{
	struct err one = ERR_INIT;
	enum rc rc;

	buf_printf(p->b, "<div class=\"sheet sheet-%s label-%s\" id=\"%.*s\">\n", e->kind->prefix, page_colour(e->tlp),
	    FMT_STR(e->name));
	rc = article_write(p, e, true, &one);
	page_puts(p, "</div>\n");
	return rc ? err_set(err, rc, "%s", one.msg) : RC_OK;
}

enum rc pack_print(struct page *p, struct err *e)
{
	struct arena a = ARENA_INIT;
	const struct entry **v;
	enum rc rc, bad = RC_OK;
	size_t i, j, n;

	p->whole = true;
	pack_head(p, STR_NONE);
	contents(p);
	table_readiness(p);
	rc = whole(p, copy_best(p->c, p->c->meeting), e);
	for (i = 0; rc != RC_IO && i < PARTS; i++) {
		v = part(&n, &a, p->c, order[i]);
		for (j = 0; rc != RC_IO && j < n; j++) {
			bad = rc ? rc : bad;
			rc = whole(p, copy_best(p->c, v[j]), e);
		}
	}
	arena_free(&a);
	p->whole = false;
	return rc ? rc : bad;
}
