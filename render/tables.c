/* render/tables.c: the tables that a meeting asks for: readiness, open actions, requests, needs and offers, chairs,
 * participants, open conflicts, the glossary. See lists.h. */
#include "render/lists.h"

#include <stdio.h>
#include <stdlib.h>

#include "kb/base/date.h"
#include "render/chart.h"
#include "render/facts.h"

#define SEATS 3				/* chairs (DOMAIN 3) */

static void note(struct page *p, const char *key)
{
	page_puts(p, "<p>");
	page_t(p, key);
	page_puts(p, "</p>\n");
}

static void count_heading(struct page *p, const char *group, const char *name, size_t n)
{
	page_puts(p, "<h2>");
	page_t_of(p, group, cstr(name));
	buf_printf(p->b, " <span class=\"quiet\">(%zu)</span></h2>\n", n);
}

static void td(struct page *p)
{
	page_puts(p, "</td><td>");
}

/* ---- readiness ---- */

static struct str lower(char to[48], struct str key)
{
	size_t i;

	for (i = 0; i < key.n && i < 47; i++)
		to[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] + 32) : key.p[i];
	to[i] = '\0';
	return (struct str){ to, i };
}

/* Has the country a profile; how many full, published case studies of its own. As `colep readiness` counts. */
static struct ready ready_of(struct arena *a, const struct copy *c, struct str code)
{
	struct ready r = { STR_NONE, STR_NONE, false, 0 };
	const struct use_of *u;
	char owner[48], *up;
	size_t n, i;

	code = lower(owner, code);
	up = arena_cstr(a, code);
	for (i = 0; i < code.n; i++)
		up[i] = up[i] >= 'a' && up[i] <= 'z' ? (char)(up[i] - 32) : up[i];
	r.country = (struct str){ up, code.n };
	u = of_kind(&n, c, "country-profile");
	for (i = 0; i < n; i++)
		r.profile |= str_is(u[i].entry->status, "published") && str_is(u[i].entry->owner, owner);
	u = of_kind(&n, c, "case-study");
	for (i = 0; i < n; i++)
		r.cases += str_is(u[i].entry->status, "published") && str_is(u[i].entry->owner, owner) &&
		    key_has(u[i].entry, "detail", "full");
	return r;
}

static int by_country(const void *pa, const void *pb)
{
	const struct ready *a = pa, *b = pb;
	int d = str_cmp(a->order, b->order);

	return d ? d : str_cmp(a->country, b->country);
}

/* The countries of the pack's meeting, else those that take part, by name. */
static struct ready *ready_list(size_t *n, struct arena *a, struct page *p)
{
	const struct copy *c = p->c;
	const struct key *k = c->meeting ? front_key(&c->meeting->doc.front, "countries") : NULL;
	const struct use_of *u;
	struct ready *v;
	size_t i, m;

	if (c->meeting)
		facts_note(c->watch, FACT_NAME, 0, 0, c->meeting->name);
	u = of_kind(&m, c, "participant");
	v = arena_array(a, k ? k->n : m, sizeof *v);
	*n = 0;
	for (i = 0; k && i < k->n; i++)
		v[(*n)++] = ready_of(a, c, k->values[i]);
	for (i = 0; !k && i < m; i++)
		if (key_has(u[i].entry, "type", "country"))
			v[(*n)++] = ready_of(a, c, u[i].entry->owner);
	for (i = 0; i < *n; i++)
		v[i].order = page_label_order(p, a, "countries", v[i].country);
	if (*n)
		qsort(v, *n, sizeof *v, by_country);
	return v;
}

void table_readiness(struct page *p)
{
	struct arena a = ARENA_INIT;
	struct ready *v;
	size_t n, i;

	v = ready_list(&n, &a, p);
	chart_readiness(p, v, n);
	page_table(p, "readiness", "key.country readiness.profile +readiness.cases readiness.so");
	for (i = 0; i < n; i++) {
		page_puts(p, "<tr><th scope=\"row\">");
		page_country(p, v[i].country);
		page_puts(p, "</th><td>");
		page_t(p, v[i].profile ? "yes" : "missing");
		buf_printf(p->b, "</td><td class=\"r\">%zu</td><td>", v[i].cases);
		page_t(p, v[i].cases == 0 ? "missing" : v[i].cases == 1 ? "readiness.enough" : "readiness.wished");
		page_puts(p, "</td></tr>\n");
	}
	page_table_end(p);
	arena_free(&a);
}

void page_readiness(struct page *p)
{
	page_h(p, 1, "readiness");
	note(p, "readiness.note");
	table_readiness(p);
}

/* ---- actions ---- */

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
	return word_in("open in-progress", key_text(e, "stage"));
}

size_t open_actions(const struct copy *c)
{
	const struct use_of *u;
	size_t n, i, open = 0;

	u = of_kind(&n, c, "action");
	for (i = 0; i < n; i++)
		open += open_action(u[i].entry);
	return open;
}

void table_actions(struct page *p)
{
	struct arena a = ARENA_INIT;
	const struct use_of *u;
	struct due *v;
	size_t i, n = 0, m;
	int64_t first;

	u = of_kind(&m, p->c, "action");
	v = arena_array(&a, m, sizeof *v);
	for (i = 0; i < m; i++) {
		const struct entry *e = u[i].entry;
		struct str due = key_text(e, "due");

		if (!open_action(e))
			continue;
		v[n] = (struct due){ e, due.n ? INT64_MAX - 1 : INT64_MAX, key_text(e, "responsible") };
		(void)date_parse(&first, &v[n].day, due);
		n++;
	}
	if (n == 0) {
		note(p, "actions.none");
		goto out;
	}
	qsort(v, n, sizeof *v, by_due);
	page_table(p, "actions", "key.due kind.action key.responsible key.stage");
	for (i = 0; i < n; i++) {
		struct str due = key_text(v[i].e, "due");

		page_puts(p, "<tr><td>");
		if (v[i].day < INT64_MAX - 1)
			page_puts(p, "<bdi class=\"date\" dir=\"ltr\">");
		if (due.n)
			page_text(p, due);
		else
			page_t(p, "not-stated");
		page_puts(p, v[i].day < INT64_MAX - 1 ? "</bdi>" : "");
		if (copy_overdue(p->c, due)) {
			page_puts(p, " <strong>");
			page_t(p, "overdue");
			page_puts(p, "</strong>");
		}
		td(p);
		page_link(p, v[i].e);
		td(p);
		page_values(p, v[i].e, "responsible");
		td(p);
		page_t_of(p, "value", key_text(v[i].e, "stage"));
		page_puts(p, "</td></tr>\n");
	}
	page_table_end(p);
	page_puts(p, "<p class=\"quiet\">");
	page_t_before(p, "dates");
	buf_printf(p->b, "<bdi dir=\"ltr\">%s</bdi>", copy_today(p->c));
	page_t_after(p, "dates");
	page_puts(p, "</p>\n");
out:
	arena_free(&a);
}

void page_actions(struct page *p)
{
	page_h(p, 1, "actions");
	table_actions(p);
}

/* ---- requests; needs and offers ---- */

void page_requests(struct page *p)
{
	static const char *const urgency[] = { "immediate", "urgent", "routine" };
	struct arena a = ARENA_INIT;
	const struct use_of *u;
	const struct entry **some;
	size_t n, i, j, k;

	page_h(p, 1, "requests");
	note(p, "requests.note");
	u = of_kind(&n, p->c, "request");
	some = arena_array(&a, n, sizeof *some);
	for (k = 0; k < 3; k++) {
		for (i = j = 0; i < n; i++) {
			struct str is = key_text(u[i].entry, "urgency");

			if (str_is(is.n ? is : STR("routine"), urgency[k]))
				some[j++] = u[i].entry;
		}
		count_heading(p, "value", urgency[k], j);
		page_list(p, some, j, true);
	}
	arena_free(&a);
}

static bool share(const struct entry *a, const char *ka, const struct entry *b, const char *kb)
{
	const struct key *x = front_key(&a->doc.front, ka), *y = front_key(&b->doc.front, kb);
	size_t i, j;

	for (i = 0; x && i < x->n; i++)
		for (j = 0; y && j < y->n; j++)
			if (str_eq(x->values[i], y->values[j]))
				return true;
	return false;
}

/* A need and an offer match when they share a topic, and either the offer is to all, or to who raised the need, or
 * both are about one country. */
static bool match(const struct entry *need, const struct entry *offer)
{
	const struct key *to = front_key(&offer->doc.front, "to");

	return share(need, "topics", offer, "topics") &&
	    (!to || !to->n || share(need, "raised-by", offer, "to") || share(need, "countries", offer, "countries"));
}

static bool wanted(const struct entry *e, const char *type)
{
	return key_has(e, "type", type) && !str_is(key_text(e, "stage"), "closed");
}

void page_needs(struct page *p)
{
	static const char *const types[] = { "need", "offer" };
	struct arena a = ARENA_INIT;
	const struct use_of *u;
	const struct entry **some, **offers;
	size_t n, noffers, i, j, k, matched;

	page_h(p, 1, "needs");
	note(p, "needs.note");
	u = of_kind(&n, p->c, "issue");
	some = arena_array(&a, n, sizeof *some);
	offers = arena_array(&a, n, sizeof *offers);
	for (i = noffers = 0; i < n; i++)
		if (wanted(u[i].entry, "offer"))
			offers[noffers++] = u[i].entry;
	for (i = j = 0; i < n; i++) {
		if (!wanted(u[i].entry, "need"))
			continue;
		for (k = matched = 0; k < noffers; k++) {
			if (!match(u[i].entry, offers[k]))
				continue;
			if (!j++)
				page_table(p, "needs", "value.need key.raised-by value.offer key.raised-by");
			page_puts(p, "<tr><td>");
			page_link(p, u[i].entry);
			td(p);
			page_values(p, u[i].entry, "raised-by");
			td(p);
			page_link(p, offers[k]);
			td(p);
			page_values(p, offers[k], "raised-by");
			page_puts(p, "</td></tr>\n");
			if (++matched == LIST_PAGE)
				break;
		}
	}
	if (j)
		page_table_end(p);
	else
		note(p, "needs.none");
	for (k = 0; k < 2; k++) {
		for (i = j = 0; i < n; i++)
			if (wanted(u[i].entry, types[k]))
				some[j++] = u[i].entry;
		count_heading(p, "values", types[k], j);
		page_list(p, some, j, true);
	}
	arena_free(&a);
}

/* ---- who takes part ---- */

/* In the chair on the day that dates are compared with. */
static bool chairs_now(const struct copy *c, const struct entry *e)
{
	int64_t first, last;

	if (!key_has(e, "roles", "chair") || copy_overdue(c, key_text(e, "chair-until")))
		return false;
	return !date_parse(&first, &last, key_text(e, "chair-from")) || first <= copy_today_days(c);
}

/* A link to a participant, by its name in the language of the page where that has one. */
static void member(struct page *p, const struct entry *e)
{
	bool country = key_has(e, "type", "country");
	struct str code = key_text(e, "code"), name;
	char upper[3] = "";
	size_t i;

	for (i = 0; country && code.n == 2 && i < 2; i++)	/* countries are named by capitals */
		upper[i] = code.p[i] >= 'a' && code.p[i] <= 'z' ? (char)(code.p[i] - 32) : code.p[i];
	name = text_of(p->t, country ? "countries" : "institutions", *upper ? cstr(upper) : code);

	if (!name.n) {
		page_link(p, e);
		return;
	}
	page_puts(p, "<a href=\"");
	page_href(p, e);
	page_puts(p, "\">");
	page_text(p, name);
	page_puts(p, "</a>");
}

void page_chairs(struct page *p)
{
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n, i, seats = 0;

	page_h(p, 1, "chairs");
	note(p, "chairs.note");
	page_puts(p, "<ol class=\"seats\">\n");
	v = of_kind_sorted(&n, &a, p->c, "participant", by_title);
	for (i = 0; i < n; i++) {
		if (!chairs_now(p->c, v[i]))
			continue;
		seats++;
		page_puts(p, "<li>");
		member(p, v[i]);
		if (key_text(v[i], "chair-from").n) {
			page_puts(p, " <span class=\"quiet\">");
			page_t(p, "key.chair-from");
			page_puts(p, " <bdi>");
			page_text(p, key_text(v[i], "chair-from"));
			page_puts(p, "</bdi></span>");
		}
		if (key_text(v[i], "chair-until").n) {
			page_puts(p, " <span class=\"quiet\">");
			page_t(p, "key.chair-until");
			page_puts(p, " <bdi>");
			page_text(p, key_text(v[i], "chair-until"));
			page_puts(p, "</bdi></span>");
		}
		page_puts(p, "</li>\n");
	}
	for (; seats < SEATS; seats++) {
		page_puts(p, "<li><strong>");
		page_t(p, "chairs.vacant");
		page_puts(p, "</strong></li>\n");
	}
	page_puts(p, "</ol>\n");
	arena_free(&a);
}

static void contacts(struct page *p)
{
	const struct use_of *u;
	size_t n, i;

	page_h(p, 2, "contacts");
	u = of_kind(&n, p->c, "contact");
	if (n == 0) {
		note(p, "none");
		return;
	}
	page_puts(p, "<ul>\n");
	for (i = 0; i < n; i++) {
		const struct entry *e = u[i].entry;

		page_puts(p, "<li>");
		page_link(p, e);
		page_puts(p, ": ");
		page_values(p, e, "role");
		page_comma(p);
		if (!page_values(p, e, "country"))
			page_values(p, e, "institution");
		if (copy_old(p->c, key_text(e, "verified"))) {
			page_comma(p);
			page_puts(p, "<strong>");
			page_t(p, "to-be-confirmed");
			page_puts(p, "</strong>");
		}
		page_puts(p, "</li>\n");
	}
	page_puts(p, "</ul>\n");
}

void page_participants(struct page *p)
{
	static const char *const types[] = { "country", "institution" }, *const heads[] = { "countries", "institutions" };
	struct arena a = ARENA_INIT;
	const struct entry **v;
	size_t n, i, j, t;

	page_h(p, 1, "participants");
	v = of_kind_sorted(&n, &a, p->c, "participant", by_title);
	for (t = 0; t < 2; t++) {
		page_h(p, 2, heads[t]);
		page_puts(p, "<ul>\n");
		for (i = j = 0; i < n; i++) {
			if (!key_has(v[i], "type", types[t]))
				continue;
			j++;
			page_puts(p, "<li>");
			member(p, v[i]);
			page_comma(p);
			page_puts(p, "<span class=\"quiet\">");
			page_values(p, v[i], "roles");
			page_puts(p, "</span></li>\n");
		}
		if (!j) {
			page_puts(p, "<li>");
			page_t(p, "none");
			page_puts(p, "</li>\n");
		}
		page_puts(p, "</ul>\n");
	}
	if (p->c->want.audience != AUDIENCE_PUBLIC)
		contacts(p);
	arena_free(&a);
}

/* ---- conflicts, words ---- */

void page_conflicts(struct page *p)
{
	size_t i;

	page_h(p, 1, "conflicts");
	note(p, "conflicts.note");
	page_puts(p, "<ul class=\"list\">\n");
	facts_note(p->c->watch, FACT_FACES, 0, 0, STR_NONE);
	for (i = 0; i < p->c->n; i++)
		if (p->c->v[i]->conflict)
			page_item(p, p->c->v[i], false);
	page_puts(p, "</ul>\n");
}

void page_words(struct page *p)
{
	static const struct { const char *label, *key; } tlp[] = {
		{ "TLP:CLEAR", "tlp.clear" }, { "TLP:GREEN", "tlp.green" }, { "TLP:AMBER", "tlp.amber" },
		{ "TLP:AMBER+STRICT", "tlp.strict" }, { "TLP:RED", "tlp.red" },
	};
	const struct kind *k;
	size_t i, j;

	page_h(p, 1, "words");
	page_h(p, 2, "words.labels");
	note(p, "words.note");
	page_puts(p, "<dl class=\"facts\">\n");
	for (i = 0; i < sizeof tlp / sizeof tlp[0]; i++) {
		page_puts(p, "<dt>");
		page_tlp(p, cstr(tlp[i].label));
		page_puts(p, "</dt><dd>");
		page_t(p, tlp[i].key);
		page_puts(p, "</dd>\n");
	}
	page_puts(p, "</dl>\n");
	page_h(p, 2, "form.kind");
	page_puts(p, "<ul>\n");
	for (k = kinds; k->name; k++) {
		page_puts(p, "<li>");
		page_t_of(p, "kind", cstr(k->name));
		page_puts(p, "</li>\n");
	}
	page_puts(p, "</ul>\n");
	for (i = 0; i < p->c->vocab.n; i++) {
		const struct vocab_table *t = &p->c->vocab.tables[i];
		char name[64];

		snprintf(name, sizeof name, "%.*s", FMT_STR(t->name));
		if (str_is(t->name, "countries"))
			continue;
		page_puts(p, "<h2>");
		page_t_of(p, "key", t->name);
		page_puts(p, "</h2>\n");
		page_table(p, "words", "words.word words.code words.also");
		for (j = 0; j < t->n; j++) {
			page_puts(p, "<tr><td>");
			page_label(p, name, t->terms[j].code);
			page_puts(p, "</td><td lang=\"en\" dir=\"ltr\">");
			page_text(p, t->terms[j].code);
			page_puts(p, "</td><td lang=\"en\" dir=\"ltr\">");
			page_text(p, t->terms[j].also);
			page_puts(p, "</td></tr>\n");
		}
		page_table_end(p);
	}
}
