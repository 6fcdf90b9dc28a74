/* render/lists.c: every page of a copy that is no document's: the first page, the lists by kind, country, topic
 * and meeting, and the tables a meeting asks for (readiness, actions, chairs, requests, participants).
 *
 * A row of fixed[] is a page of its own; the four families (kind/, country/, topic/, meeting/) have one page
 * for each key in use. All count and list what is in the copy, in an order that depends on nothing else. */
#include "render/page.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/date.h"

#define NEWEST 10			/* documents on the first page */
#define SEATS 3				/* chairs (DOMAIN 3) */

static bool is_kind(const struct entry *e, const char *kind)
{
	return strcmp(e->kind->name, kind) == 0;
}

static int by_newest(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
	int d = -str_cmp(a->date, b->date);

	return d ? d : str_cmp(a->name, b->name);
}

static int by_title(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
	int d = str_cmp(a->title, b->title);

	return d ? d : str_cmp(a->name, b->name);
}

/* The originals of a kind (NULL: of all), newest first. */
static const struct entry **of_kind(size_t *n, struct arena *a, const struct copy *c, const char *kind)
{
	const struct entry **v = arena_array(a, c->n, sizeof *v);
	size_t i, got = 0;

	for (i = 0; i < c->n; i++)
		if (c->v[i]->original == c->v[i] && (!kind || is_kind(c->v[i], kind)))
			v[got++] = c->v[i];
	if (got)
		qsort(v, got, sizeof *v, by_newest);
	*n = got;
	return v;
}

static size_t count_kind(const struct copy *c, const char *kind)
{
	size_t i, n = 0;

	for (i = 0; i < c->n; i++)
		n += c->v[i]->original == c->v[i] && (!kind || is_kind(c->v[i], kind));
	return n;
}

static struct str key_text(const struct entry *e, const char *key)
{
	return front_text(&e->doc.front, key);
}

static bool key_has(const struct entry *e, const char *key, const char *value)
{
	const struct key *k = front_key(&e->doc.front, key);
	size_t i;

	for (i = 0; k && i < k->n; i++)
		if (str_is(k->values[i], value))
			return true;
	return false;
}

static void number(struct page *p, size_t n)
{
	buf_printf(p->b, "%zu", n);
}

static void heading(struct page *p, const char *text, size_t n)
{
	buf_printf(p->b, "<h2>%s <span class=\"quiet\">(%zu)</span></h2>\n", text, n);
}

/* Values of a list key, each as the rule of the kind says. */
static void values(struct page *p, const struct entry *e, const char *key)
{
	const struct key *k = front_key(&e->doc.front, key);
	const struct key_rule *r = kind_key(e->kind, cstr(key));
	size_t i, before, shown = 0;

	for (i = 0; k && i < k->n; i++) {
		before = p->b->n;
		if (shown)
			page_puts(p, ", ");
		if (page_value(p, r, k->values[i]))
			shown++;
		else
			p->b->p[p->b->n = before] = '\0';
	}
}

static void lower_key(char to[48], struct str key)
{
	size_t i;

	for (i = 0; i < key.n && i < 47; i++)
		to[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] + 32) : key.p[i];
	to[i] = '\0';
}

/* The keys of one use, each with the number of documents: links to their pages. */
static void keys_list(struct page *p, enum use use, const char *folder, const char *vocab)
{
	const struct uses *u = &p->c->uses[use];
	const struct entry *m;
	char file[48];
	size_t i, end;

	page_puts(p, "<ul class=\"entry\">\n");
	for (i = 0; i < u->n; i = end) {
		struct str key = u->v[i].key;

		for (end = i; end < u->n && str_eq(u->v[end].key, key); end++)
			;
		if (use == USE_MEETING) {
			m = copy_find(p->c, key);
			buf_printf(p->b, "<li><a href=\"%smeeting/%.*s.html\"><span lang=\"%.*s\" dir=\"auto\">", p->up, FMT_STR(key),
			    FMT_STR(m->lang));
			page_text(p, m->title);
			page_puts(p, "</span></a>");
		} else if (copy_key_valid(key)) {
			lower_key(file, key);
			buf_printf(p->b, "<li><a href=\"%s%s/%s.html\">", p->up, folder, file);
			page_text(p, vocab_label(&p->c->vocab, vocab, key));
			page_puts(p, "</a>");
		} else {
			page_puts(p, "<li>");
			page_text(p, key);
		}
		buf_printf(p->b, " <span class=\"quiet\">(%zu)</span></li>\n", end - i);
	}
	page_puts(p, "</ul>\n");
}

static void kinds_list(struct page *p)
{
	const struct kind *k;
	size_t n;

	page_puts(p, "<ul class=\"entry\">\n");
	for (k = kinds; k->name; k++)
		if ((n = count_kind(p->c, k->name)))
			buf_printf(p->b, "<li><a href=\"%skind/%s.html\">%s</a> <span class=\"quiet\">(%zu)</span></li>\n", p->up,
			    k->folder, k->plural, n);
	page_puts(p, "</ul>\n");
}

static void kinds_page(struct page *p)
{
	page_puts(p, "<h1>Documents by kind</h1>\n");
	kinds_list(p);
}

static void countries_page(struct page *p)
{
	page_puts(p, "<h1>Countries</h1>\n<p>A name implies no view on status.</p>\n");
	keys_list(p, USE_COUNTRY, "country", "countries");
}

static void topics_page(struct page *p)
{
	page_puts(p, "<h1>Topics</h1>\n");
	keys_list(p, USE_TOPIC, "topic", "topics");
}

static void meetings_page(struct page *p)
{
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n, i, uses;

	page_puts(p, "<h1>Meetings</h1>\n");
	v = of_kind(&n, &a, p->c, "meeting");
	page_puts(p, "<ul class=\"list\">\n");
	for (i = 0; i < n; i++) {
		page_item(p, v[i], true);
		copy_uses(&uses, p->c, USE_MEETING, v[i]->id);
		buf_printf(p->b, "<li><a href=\"%smeeting/%.*s.html\">Documents of this meeting</a> <span class=\"quiet\">(%zu)"
		    "</span></li>\n", p->up, FMT_STR(v[i]->id), uses);
	}
	page_puts(p, "</ul>\n");
	arena_free(&a);
}

/* Has the country a profile; how many full, published case studies of its own. As `colep readiness` counts. */
static void ready(bool *profile, size_t *cases, const struct copy *c, struct str owner)
{
	size_t i;

	*profile = false;
	*cases = 0;
	for (i = 0; i < c->n; i++) {
		const struct entry *e = c->v[i];

		if (e->original != e || !str_is(e->status, "published") || !str_eq(e->owner, owner))
			continue;
		if (is_kind(e, "country-profile"))
			*profile = true;
		if (is_kind(e, "case-study") && key_has(e, "detail", "full"))
			++*cases;
	}
}

static void readiness_row(struct page *p, struct str code)
{
	char owner[48];
	bool profile;
	size_t cases;

	lower_key(owner, code);
	ready(&profile, &cases, p->c, cstr(owner));
	page_puts(p, "<tr><th scope=\"row\">");
	page_country(p, code);
	buf_printf(p->b, "</th><td>%s</td><td class=\"r\">%zu</td><td>%s</td></tr>\n", profile ? "yes" : "missing", cases,
	    cases == 0 ? "missing" : cases == 1 ? "enough; two or three are wished" : "as wished");
}

static void readiness_page(struct page *p)
{
	const struct key *k = p->c->meeting ? front_key(&p->c->meeting->doc.front, "countries") : NULL;
	struct str last = STR_NONE;
	size_t i;

	page_puts(p, "<h1>Readiness</h1>\n<p>Each country has a profile and at least one, ideally two or three, published "
	    "case studies in full. Outlines are not counted.</p>\n<div class=\"wide\" role=\"region\" aria-label=\"Readiness\" "
	    "tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">Country</th><th scope=\"col\">Profile</th>"
	    "<th scope=\"col\" class=\"r\">Case studies</th><th scope=\"col\">So</th></tr></thead>\n<tbody>\n");
	for (i = 0; k && i < k->n; i++)
		readiness_row(p, k->values[i]);
	for (i = 0; !k && i < p->c->n; i++) {
		const struct entry *e = p->c->v[i];

		if (e->original != e || !is_kind(e, "participant") || !key_has(e, "type", "country") ||
		    str_eq(e->owner, last))
			continue;
		readiness_row(p, e->owner);
		last = e->owner;
	}
	page_puts(p, "</tbody></table></div>\n");
}

struct due {
	const struct entry *e;
	int64_t day;			/* INT64_MAX - 1: words; INT64_MAX: none */
	struct str who;
};

static int by_due(const void *pa, const void *pb)
{
	const struct due *a = pa, *b = pb;
	int d = a->day < b->day ? -1 : a->day > b->day;

	if (!d)
		d = str_cmp(a->who, b->who);
	return d ? d : str_cmp(a->e->name, b->e->name);
}

static bool open_action(const struct entry *e)
{
	return e->original == e && is_kind(e, "action") && word_in("open in-progress", key_text(e, "stage"));
}

static void actions_table(struct page *p)
{
	struct arena a = ARENA_INIT;
	struct due *v = arena_array(&a, p->c->n, sizeof *v);
	size_t i, n = 0;
	int64_t first;

	for (i = 0; i < p->c->n; i++) {
		const struct entry *e = p->c->v[i];
		struct str due = key_text(e, "due");

		if (!open_action(e))
			continue;
		v[n] = (struct due){ e, due.n ? INT64_MAX - 1 : INT64_MAX, key_text(e, "responsible") };
		(void)date_parse(&first, &v[n].day, due);
		n++;
	}
	if (n == 0) {
		page_puts(p, "<p>No action is open in this copy.</p>\n");
		arena_free(&a);
		return;
	}
	qsort(v, n, sizeof *v, by_due);
	page_puts(p, "<div class=\"wide\" role=\"region\" aria-label=\"Open actions\" tabindex=\"0\"><table>\n<thead><tr>"
	    "<th scope=\"col\">Due</th><th scope=\"col\">Action</th><th scope=\"col\">Responsible</th><th scope=\"col\">Stage</th>"
	    "</tr></thead>\n<tbody>\n");
	for (i = 0; i < n; i++) {
		struct str due = key_text(v[i].e, "due");

		page_puts(p, "<tr><td>");
		page_text(p, due.n ? due : STR("not stated"));
		if (copy_overdue(p->c, due))
			page_puts(p, " <strong>overdue</strong>");
		page_puts(p, "</td><td>");
		page_link(p, v[i].e);
		page_puts(p, "</td><td>");
		values(p, v[i].e, "responsible");
		page_puts(p, "</td><td>");
		page_words(p, key_text(v[i].e, "stage"));
		page_puts(p, "</td></tr>\n");
	}
	page_puts(p, "</tbody></table></div>\n<p class=\"quiet\">Dates are compared with ");
	page_text(p, cstr(p->c->today));
	page_puts(p, p->c->want.now ? ".</p>\n" : ", the newest date in this copy.</p>\n");
	arena_free(&a);
}

static void actions_page(struct page *p)
{
	page_puts(p, "<h1>Open actions</h1>\n");
	actions_table(p);
}

/* In the chair on the day that dates are compared with. */
static bool chairs_now(const struct copy *c, const struct entry *e)
{
	struct str until = key_text(e, "chair-until"), from = key_text(e, "chair-from");
	int64_t first, last;

	if (e->original != e || !is_kind(e, "participant") || !key_has(e, "roles", "chair") || copy_overdue(c, until))
		return false;
	return !date_parse(&first, &last, from) || first <= c->today_days;
}

static void chairs_page(struct page *p)
{
	size_t i, seats = 0;

	page_puts(p, "<h1>Chairs</h1>\n<p>Three countries share the chair, in rotation.</p>\n<ol>\n");
	for (i = 0; i < p->c->n; i++) {
		const struct entry *e = p->c->v[i];
		struct str from = key_text(e, "chair-from"), until = key_text(e, "chair-until");

		if (!chairs_now(p->c, e))
			continue;
		seats++;
		page_puts(p, "<li>");
		page_link(p, e);
		if (from.n) {
			page_puts(p, ", from ");
			page_text(p, from);
		}
		if (until.n) {
			page_puts(p, " until ");
			page_text(p, until);
		}
		page_puts(p, "</li>\n");
	}
	for (; seats < SEATS; seats++)
		page_puts(p, "<li><strong>Vacant seat</strong></li>\n");
	page_puts(p, "</ol>\n");
}

static void participants_page(struct page *p)
{
	static const char *const types[] = { "country", "institution" };
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n, i, j, t;

	page_puts(p, "<h1>Participants</h1>\n");
	v = of_kind(&n, &a, p->c, "participant");
	if (n)
		qsort(v, n, sizeof *v, by_title);
	for (t = 0; t < 2; t++) {
		page_puts(p, t ? "<h2>Institutions</h2>\n<ul>\n" : "<h2>Countries</h2>\n<ul>\n");
		for (i = j = 0; i < n; i++) {
			if (!key_has(v[i], "type", types[t]))
				continue;
			j++;
			page_puts(p, "<li>");
			page_link(p, v[i]);
			page_puts(p, " <span class=\"quiet\">");
			values(p, v[i], "roles");
			page_puts(p, "</span></li>\n");
		}
		if (!j)
			page_puts(p, "<li>None in this copy.</li>\n");
		page_puts(p, "</ul>\n");
	}
	if (p->c->want.audience != AUDIENCE_PUBLIC) {
		page_puts(p, "<h2>Focal points and desks</h2>\n");
		v = of_kind(&n, &a, p->c, "contact");
		if (n)
			page_puts(p, "<ul>\n");
		for (i = 0; i < n; i++) {
			page_puts(p, "<li>");
			page_link(p, v[i]);
			page_puts(p, ": ");
			values(p, v[i], "role");
			page_puts(p, ", ");
			values(p, v[i], "country");
			values(p, v[i], "institution");
			if (copy_old(p->c, key_text(v[i], "verified")))
				page_puts(p, ", <strong>to be confirmed</strong>");
			page_puts(p, "</li>\n");
		}
		page_puts(p, n ? "</ul>\n" : "<p>None in this copy.</p>\n");
	}
	arena_free(&a);
}

static void requests_page(struct page *p)
{
	static const char *const urgency[] = { "immediate", "urgent", "routine" };
	struct arena a = ARENA_INIT;
	const struct entry **v, **some;
	size_t n, i, j, u;

	page_puts(p, "<h1>Requests</h1>\n<p>A request arranges contact; case data go by the official channel only.</p>\n");
	v = of_kind(&n, &a, p->c, "request");
	some = arena_array(&a, n, sizeof *some);
	for (u = 0; u < 3; u++) {
		for (i = j = 0; i < n; i++) {
			struct str is = key_text(v[i], "urgency");

			if (str_is(is.n ? is : STR("routine"), urgency[u]))
				some[j++] = v[i];
		}
		heading(p, u == 0 ? "Immediate" : u == 1 ? "Urgent" : "Routine", j);
		page_list(p, some, j);
	}
	arena_free(&a);
}

static void labels_page(struct page *p)
{
	static const struct { const char *label, *means; } tlp[] = {
		{ "TLP:CLEAR", "May go to anyone." },
		{ "TLP:GREEN", "May go to the community, not to the public." },
		{ "TLP:AMBER", "May go to the receiving organisations, to those who need to know." },
	};
	const struct kind *k;
	size_t i, j;

	page_puts(p, "<h1>Labels and words</h1>\n<h2>Labels</h2>\n<p>The label of a page stands above and below it (Traffic "
	    "Light Protocol 2.0). The community is the COLEP countries, the Secretariat and the institutions that take part.</p>\n"
	    "<dl class=\"facts\">\n");
	for (i = 0; i < sizeof tlp / sizeof tlp[0]; i++) {
		page_puts(p, "<dt>");
		page_tlp(p, cstr(tlp[i].label));
		buf_printf(p->b, "</dt><dd>%s</dd>\n", tlp[i].means);
	}
	page_puts(p, "</dl>\n<h2>Kinds of document</h2>\n<ul>\n");
	for (k = kinds; k->name; k++)
		buf_printf(p->b, "<li>%s</li>\n", k->label);
	page_puts(p, "</ul>\n");
	for (i = 0; i < p->c->vocab.n; i++) {
		const struct vocab_table *t = &p->c->vocab.tables[i];

		if (str_is(t->name, "countries"))
			continue;
		page_puts(p, "<h2>");
		page_words(p, t->name);
		page_puts(p, "</h2>\n<div class=\"wide\" role=\"region\" aria-label=\"");
		page_words(p, t->name);
		page_puts(p, "\" tabindex=\"0\"><table>\n<thead><tr><th scope=\"col\">Word</th><th scope=\"col\">Code</th>"
		    "<th scope=\"col\">Also called</th></tr></thead>\n<tbody>\n");
		for (j = 0; j < t->n; j++) {
			page_puts(p, "<tr><td>");
			page_text(p, t->terms[j].label);
			page_puts(p, "</td><td>");
			page_text(p, t->terms[j].code);
			page_puts(p, "</td><td>");
			page_text(p, t->terms[j].also);
			page_puts(p, "</td></tr>\n");
		}
		page_puts(p, "</tbody></table></div>\n");
	}
}

/* The documents of one use of a key, kind by kind. */
static void by_kind(struct page *p, enum use use, struct str key)
{
	const struct kind *k;
	const struct use_of *u;
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n, i, j;

	u = copy_uses(&n, p->c, use, key);
	v = arena_array(&a, n, sizeof *v);
	for (k = kinds; k->name; k++) {
		for (i = j = 0; i < n; i++)
			if (u[i].entry->kind == k)
				v[j++] = u[i].entry;
		if (!j)
			continue;
		heading(p, k->plural, j);
		page_list(p, v, j);
	}
	arena_free(&a);
}

static const struct { const char *file, *title; void (*write)(struct page *p); } fixed[] = {
	{ "actions.html", "Open actions", actions_page },
	{ "chairs.html", "Chairs", chairs_page },
	{ "countries.html", "Countries", countries_page },
	{ "kinds.html", "Documents by kind", kinds_page },
	{ "labels.html", "Labels and words", labels_page },
	{ "meetings.html", "Meetings", meetings_page },
	{ "participants.html", "Participants", participants_page },
	{ "readiness.html", "Readiness", readiness_page },
	{ "requests.html", "Requests", requests_page },
	{ "topics.html", "Topics", topics_page },
};
#define FIXED (sizeof fixed / sizeof fixed[0])

bool lists_have(const struct copy *c, const char *file)
{
	if (strcmp(file, "requests.html") == 0)
		return c->want.audience != AUDIENCE_PUBLIC;
	if (strcmp(file, "meetings.html") == 0 || strcmp(file, "chairs.html") == 0)
		return !c->want.meeting.n;	/* a pack has one meeting, and its chairs may have no page in it */
	return true;
}

static void entry_points(struct page *p)
{
	page_puts(p, "<h2>By kind</h2>\n");
	kinds_list(p);
	page_puts(p, "<h2>By country</h2>\n");
	keys_list(p, USE_COUNTRY, "country", "countries");
	page_puts(p, "<h2>By topic</h2>\n");
	keys_list(p, USE_TOPIC, "topic", "topics");
	if (!p->c->want.meeting.n) {
		page_puts(p, "<h2>By meeting</h2>\n");
		keys_list(p, USE_MEETING, "meeting", NULL);
	}
}

static void build_line(struct page *p, struct str build)
{
	page_puts(p, "<p class=\"quiet\">");
	number(p, count_kind(p->c, NULL));
	page_puts(p, " documents. Highest label in this copy: ");
	page_text(p, p->c->tlp);
	if (build.n) {
		page_puts(p, ". Build <bdi dir=\"ltr\">");
		page_text(p, build);
		page_puts(p, "</bdi>");
	}
	page_puts(p, ".</p>\n");
}

static void home(struct page *p, struct str build)
{
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n;

	page_puts(p, "<h1>");
	page_text(p, p->c->space.n ? p->c->space : STR("COLEP knowledge base"));
	page_puts(p, "</h1>\n<p class=\"lead\">Case studies and lessons learned of the Community of Law Enforcement "
	    "Practitioners of the Budapest Process, on smuggling of migrants and trafficking in human beings.</p>\n");
	build_line(p, build);
	if (!p->c->want.live)
		page_puts(p, "<p>To find something, begin with a kind, a country, a topic or a meeting below. Who has the "
		    "program searches all words with <code>colep search</code> or <code>colep serve</code>.</p>\n");
	v = of_kind(&n, &a, p->c, NULL);
	page_puts(p, "<h2>Newest</h2>\n");
	page_list(p, v, n < NEWEST ? n : NEWEST);
	entry_points(p);
	arena_free(&a);
}

static void pack_part(struct page *p, const char *kind, const char *text)
{
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n;

	v = of_kind(&n, &a, p->c, kind);
	if (n) {
		if (strcmp(kind, "country-profile") == 0)
			qsort(v, n, sizeof *v, by_title);
		heading(p, text, n);
		page_list(p, v, n);
	}
	arena_free(&a);
}

/* Case studies below the country of their owner. */
static void pack_cases(struct page *p)
{
	struct str last = STR_NONE;
	size_t n = count_kind(p->c, "case-study"), i;

	if (n)
		heading(p, "Case studies by country", n);
	for (i = 0; n && i < p->c->n; i++) {	/* by name is by owner */
		const struct entry *e = p->c->v[i];

		if (e->original != e || !is_kind(e, "case-study"))
			continue;
		if (!str_eq(e->owner, last)) {
			page_puts(p, last.n ? "</ul>\n<h3>" : "<h3>");
			page_owner(p, e->owner);
			page_puts(p, "</h3>\n<ul class=\"list\">\n");
			last = e->owner;
		}
		page_item(p, e, true);
	}
	page_puts(p, n ? "</ul>\n" : "");
}

static enum rc pack(struct page *p, struct str build, struct err *e)
{
	const struct entry *m = p->c->meeting;
	const struct kind *k;
	enum rc rc;

	page_puts(p, "<h1 dir=\"auto\">");
	page_text(p, m->title);
	page_puts(p, "</h1>\n");
	if (m->summary.n) {
		page_puts(p, "<p class=\"lead\" dir=\"auto\">");
		page_text(p, m->summary);
		page_puts(p, "</p>\n");
	}
	build_line(p, build);
	page_puts(p, "<p>");
	page_link(p, m);
	page_puts(p, " <span class=\"quiet\">");
	page_text(p, key_text(m, "start"));
	page_puts(p, ", ");
	page_text(p, key_text(m, "place"));
	page_puts(p, "</span></p>\n");
	if ((rc = page_body(p, m, false, e)) == RC_IO)
		return rc;
	pack_part(p, "country-profile", "Country profiles");
	pack_cases(p);
	pack_part(p, "exercise", "Exercise");
	page_puts(p, "<h2>Open actions</h2>\n");
	actions_table(p);
	for (k = kinds; k->name; k++)
		if (!word_in("country-profile case-study exercise action meeting", cstr(k->name)))
			pack_part(p, k->name, k->plural);
	return rc;
}

static const struct { const char *folder; enum use use; } families[] = {
	{ "country", USE_COUNTRY }, { "meeting", USE_MEETING }, { "topic", USE_TOPIC },
};

static void name(struct str *to, size_t max, size_t *n, struct arena *a, const char *folder, struct str key)
{
	char low[48];

	if (*n < max) {
		if (strcmp(folder, "meeting") == 0) {
			to[*n] = cstr(arena_printf(a, "%s/%.*s.html", folder, FMT_STR(key)));
		} else {
			lower_key(low, key);
			to[*n] = cstr(arena_printf(a, "%s/%s.html", folder, low));
		}
	}
	++*n;
}

size_t lists_names(struct str *to, size_t max, struct arena *a, const struct copy *c)
{
	const struct kind *k;
	size_t n = 0, i, j;

	if (n < max)
		to[n] = STR("index.html");
	n++;
	for (i = 0; i < FIXED; i++)
		if (lists_have(c, fixed[i].file)) {
			if (n < max)
				to[n] = cstr(fixed[i].file);
			n++;
		}
	for (k = kinds; k->name; k++)
		if (count_kind(c, k->name))
			name(to, max, &n, a, "kind", cstr(k->folder));
	for (j = 0; j < 3; j++) {
		const struct uses *u = &c->uses[families[j].use];

		if (families[j].use == USE_MEETING)
			continue;
		for (i = 0; i < u->n; i++)
			if ((i == 0 || !str_eq(u->v[i].key, u->v[i - 1].key)) && copy_key_valid(u->v[i].key))
				name(to, max, &n, a, families[j].folder, u->v[i].key);
	}
	for (i = 0; lists_have(c, "meetings.html") && i < c->n; i++)
		if (c->v[i]->original == c->v[i] && is_kind(c->v[i], "meeting"))
			name(to, max, &n, a, "meeting", c->v[i]->id);
	return n;
}

static enum rc nothing(struct str file, struct err *e)
{
	return err_set(e, RC_NOTFOUND, "%.*s: not in this copy", FMT_STR(file));
}

/* "country/mk.html" and the like. */
static enum rc family(struct page *p, struct page_head *h, struct str file, struct err *e)
{
	size_t slash = str_chr(file, '/'), n = 0, i;
	struct str folder = str_sub(file, 0, slash), key;
	const struct entry *m = NULL, **v;
	struct arena a = ARENA_INIT;
	const struct kind *k;
	char up[48];

	if (slash == SIZE_MAX || !str_ends(file, STR(".html")))
		return nothing(file, e);
	key = str_sub(file, slash + 1, file.n - 5);
	if (str_is(folder, "kind")) {
		if (!(k = kind_by_folder(key)) || !count_kind(p->c, k->name))
			return nothing(file, e);
		h->title = cstr(k->plural);
		page_begin(p, h);
		v = of_kind(&n, &a, p->c, k->name);
		buf_printf(p->b, "<h1>%s</h1>\n<p class=\"quiet\">%zu in this copy, the newest first.</p>\n", k->plural, n);
		page_list(p, v, n);
		arena_free(&a);
	} else if (str_is(folder, "meeting")) {
		if (!(m = copy_find(p->c, key)) || m->original != m || !is_kind(m, "meeting") || !lists_have(p->c, "meetings.html"))
			return nothing(file, e);
		h->title = m->title;
		page_begin(p, h);
		page_puts(p, "<h1>Documents of a meeting</h1>\n<p>");
		page_link(p, m);
		page_puts(p, "</p>\n");
		by_kind(p, USE_MEETING, key);
	} else if (str_is(folder, "country") || str_is(folder, "topic")) {
		bool country = str_is(folder, "country");
		enum use use = country ? USE_COUNTRY : USE_TOPIC;

		if (!copy_key_valid(key))
			return nothing(file, e);
		for (i = 0; i < key.n; i++)
			up[i] = country && key.p[i] >= 'a' && key.p[i] <= 'z' ? (char)(key.p[i] - 32) : key.p[i];
		key.p = up;
		copy_uses(&n, p->c, use, key);
		if (!n)
			return nothing(file, e);
		h->title = vocab_label(&p->c->vocab, country ? "countries" : "topics", key);
		page_begin(p, h);
		page_puts(p, "<h1>");
		page_text(p, h->title);
		buf_printf(p->b, "</h1>\n<p class=\"quiet\">%zu documents in this copy.</p>\n", n);
		by_kind(p, use, key);
	} else {
		return nothing(file, e);
	}
	page_end(p, h);
	return RC_OK;
}

enum rc lists_write(struct page *p, struct str file, struct str build, struct err *e)
{
	struct page_head h = { .lang = STR("en"), .tlp = p->c->tlp };
	enum rc rc = RC_OK;
	size_t i;

	if (str_is(file, "index.html")) {
		h.file = "index.html";
		h.title = p->c->meeting ? p->c->meeting->title : p->c->space.n ? p->c->space : STR("COLEP knowledge base");
		page_begin(p, &h);
		if (!p->c->meeting)
			home(p, build);
		else if ((rc = pack(p, build, e)) == RC_IO)
			return rc;
		page_end(p, &h);
		return rc;
	}
	for (i = 0; i < FIXED; i++)
		if (str_is(file, fixed[i].file) && lists_have(p->c, fixed[i].file)) {
			h.file = fixed[i].file;
			h.title = cstr(fixed[i].title);
			page_begin(p, &h);
			fixed[i].write(p);
			page_end(p, &h);
			return RC_OK;
		}
	return family(p, &h, file, e);
}
