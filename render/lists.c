/* render/lists.c: see lists.h: which pages there are, and the families of lists.
 *
 * A row of fixed[] is a page of its own. A row of families[] is a folder with one list for each key in use, in pages
 * of LIST_PAGE documents: "country/mk.html", "country/mk.2.html". All count and list what is in the copy, in an
 * order that depends on nothing else. */
#include "render/lists.h"

#include <stdlib.h>
#include <string.h>

#include "render/changes.h"
#include "render/chart.h"
#include "render/facts.h"
#include "render/form.h"

bool is_kind(const struct entry *e, const char *kind)
{
	return strcmp(e->kind->name, kind) == 0;
}

int by_newest(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
	int d = -str_cmp(a->date, b->date);

	return d ? d : str_cmp(a->name, b->name);
}

int by_title(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
	int d = str_cmp(a->title, b->title);

	return d ? d : str_cmp(a->name, b->name);
}

const struct use_of *of_kind(size_t *n, const struct copy *c, const char *kind)
{
	return copy_uses(n, c, USE_KIND, cstr(kind));
}

const struct entry **of_kind_sorted(size_t *n, struct arena *a, const struct copy *c, const char *kind,
    int (*cmp)(const void *, const void *))
{
	const struct use_of *u = of_kind(n, c, kind);
	const struct entry **v = arena_array(a, *n, sizeof *v);
	size_t i;

	for (i = 0; i < *n; i++)
		v[i] = u[i].entry;
	if (*n)
		qsort(v, *n, sizeof *v, cmp);
	return v;
}

static size_t count_kind(const struct copy *c, const char *kind)
{
	size_t n;

	of_kind(&n, c, kind);
	return n;
}

struct str key_text(const struct entry *e, const char *key)
{
	return front_text(&e->doc.front, key);
}

bool key_has(const struct entry *e, const char *key, const char *value)
{
	const struct key *k = front_key(&e->doc.front, key);
	size_t i;

	for (i = 0; k && i < k->n; i++)
		if (str_is(k->values[i], value))
			return true;
	return false;
}

/* ---- families ---- */

static const struct family {
	const char *folder;
	enum use use;
	const char *vocab;		/* names of the keys, or NULL */
	const char *page;		/* the list of keys */
} families[] = {
	{ "country", USE_COUNTRY, "countries", "countries.html" }, { "topic", USE_TOPIC, "topics", "topics.html" },
	{ "year", USE_YEAR, NULL, "years.html" }, { "lang", USE_LANG, NULL, "languages.html" },
	{ "status", USE_STATUS, NULL, "status.html" }, { "kind", USE_KIND, NULL, "kinds.html" },
	{ "meeting", USE_MEETING, NULL, "meetings.html" },
};
enum { FAMILIES = sizeof families / sizeof families[0] };

static const struct family *family_of(enum use use)
{
	size_t i;

	for (i = 0; families[i].use != use; i++)
		;
	return &families[i];
}

static void lower_key(char to[48], struct str key)
{
	size_t i;

	for (i = 0; i < key.n && i < 47; i++)
		to[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] + 32) : key.p[i];
	to[i] = '\0';
}

/* What the page of a key is called: a kind is called by its folder, all others by the key. */
static const char *file_of(struct arena *a, const struct family *f, struct str key)
{
	char low[48];

	if (f->use == USE_KIND)
		return arena_printf(a, "kind/%s", kind_find(key)->folder);
	if (f->use == USE_MEETING)
		return arena_printf(a, "meeting/%.*s", FMT_STR(key));
	lower_key(low, key);
	return arena_printf(a, "%s/%s", f->folder, low);
}

static bool has_page(const struct family *f, struct str key)
{
	return f->use == USE_MEETING || copy_key_valid(key);
}

static void key_name(struct page *p, const struct family *f, struct str key, const struct entry *first)
{
	if (f->use == USE_KIND)
		page_t_of(p, "kinds", key);
	else if (f->use == USE_LANG)
		page_lang_name(p, first->lang);
	else if (f->use == USE_STATUS)
		page_t_of(p, "value", key);
	else if (f->vocab)
		page_label(p, f->vocab, key);
	else
		page_text(p, key);
}

static int by_most(const void *pa, const void *pb)
{
	const struct key_row *a = pa, *b = pb;

	return a->n != b->n ? a->n > b->n ? -1 : 1 : str_cmp(a->key, b->key);
}

static int by_order(const void *pa, const void *pb)
{
	const struct key_row *a = pa, *b = pb;
	int d = str_cmp(a->order, b->order);

	return d ? d : str_cmp(a->key, b->key);
}

struct key_row *lists_rows(size_t *n, size_t *all, struct arena *a, const struct page *p, enum use use, size_t max)
{
	const struct family *f = family_of(use);
	const struct uses *u = copy_keys(p->c, use);
	struct key_row *v = arena_array(a, u->n, sizeof *v);
	size_t i, end;

	*all = 0;
	for (i = 0; i < u->n; i = end) {
		for (end = i; end < u->n && str_eq(u->v[end].key, u->v[i].key); end++)
			;
		v[(*all)++] = (struct key_row){ u->v[i].key, STR_NONE, u->v + i, end - i };
	}
	*n = *all;
	if (max && *n > max) {
		qsort(v, *n, sizeof *v, by_most);
		*n = max;
	}
	for (i = 0; f->vocab && i < *n; i++)
		v[i].order = page_label_order(p, a, f->vocab, v[i].key);
	if (*n && (f->vocab || *n < *all))
		qsort(v, *n, sizeof *v, by_order);
	return v;
}

void lists_keys(struct page *p, enum use use, size_t max)
{
	const struct family *f = family_of(use);
	struct arena a = ARENA_INIT;
	size_t n, all, i;
	const struct key_row *v = lists_rows(&n, &all, &a, p, use, max);

	page_puts(p, "<ul class=\"entry\">\n");
	for (i = 0; i < n; i++) {
		bool page = has_page(f, v[i].key);

		page_puts(p, "<li>");
		if (page)
			buf_printf(p->b, "<a href=\"%s%s.html\">", p->up, file_of(&a, f, v[i].key));
		key_name(p, f, v[i].key, v[i].u->entry);
		page_puts(p, page ? "</a>" : "");
		buf_printf(p->b, " <span class=\"quiet\">(%zu)</span></li>\n", v[i].n);
	}
	if (n < all) {
		buf_printf(p->b, "<li><a href=\"%s%s\">", p->up, f->page);
		page_t_number(p, "all", all);
		page_puts(p, "</a></li>\n");
	}
	page_puts(p, "</ul>\n");
	arena_free(&a);
}

void lists_kinds(struct page *p)
{
	const struct kind *k;
	size_t n;

	page_puts(p, "<ul class=\"entry\">\n");
	for (k = kinds; k->name; k++)
		if ((n = count_kind(p->c, k->name))) {
			buf_printf(p->b, "<li><a href=\"%skind/%s.html\">", p->up, k->folder);
			page_t_of(p, "kinds", cstr(k->name));
			buf_printf(p->b, "</a> <span class=\"quiet\">(%zu)</span></li>\n", n);
		}
	page_puts(p, "</ul>\n");
}

/* The pages of the keys of a vocabulary that has groups, group by group. */
static void grouped(struct page *p, const struct family *f)
{
	const struct vocab_table *t = vocab_table(&p->c->vocab, cstr(f->vocab));
	struct arena a = ARENA_INIT;
	struct str last = STR_NONE;
	const struct use_of *u;
	size_t i, n;
	bool open = false;

	for (i = 0; t && i < t->n; i++) {
		u = copy_uses(&n, p->c, f->use, t->terms[i].code);
		if (!n || !has_page(f, u->key))
			continue;
		if (!open || !str_eq(t->terms[i].group, last)) {
			page_puts(p, open ? "</ul>\n<h2>" : "<h2>");
			page_t_of(p, "group", t->terms[i].group);
			page_puts(p, "</h2>\n<ul class=\"entry\">\n");
			last = t->terms[i].group;
			open = true;
		}
		buf_printf(p->b, "<li><a href=\"%s%s.html\">", p->up, file_of(&a, f, u->key));
		page_label(p, f->vocab, u->key);
		buf_printf(p->b, "</a> <span class=\"quiet\">(%zu)</span></li>\n", n);
	}
	page_puts(p, open ? "</ul>\n" : "");
	arena_free(&a);
}

/* Codes that the vocabulary does not know, which grouped() has not. */
static void strangers(struct page *p, const struct family *f)
{
	const struct vocab_table *t = vocab_table(&p->c->vocab, cstr(f->vocab));
	const struct uses *u = copy_keys(p->c, f->use);
	struct arena a = ARENA_INIT;
	size_t i, shown = 0;

	for (i = 0; i < u->n; i++) {
		struct str key = u->v[i].key;

		if ((i && str_eq(key, u->v[i - 1].key)) || (t && vocab_term(t, key)) || !has_page(f, key))
			continue;
		page_puts(p, shown++ ? "" : "<ul class=\"entry\">\n");
		buf_printf(p->b, "<li><a href=\"%s%s.html\">", p->up, file_of(&a, f, key));
		page_text(p, key);
		page_puts(p, "</a></li>\n");
	}
	page_puts(p, shown ? "</ul>\n" : "");
	arena_free(&a);
}

void lists_pager(struct page *p, struct str file, size_t n, size_t page)
{
	size_t pages = (n + LIST_PAGE - 1) / LIST_PAGE, i;
	struct str name = str_sub(file, 0, file.n);

	if (pages < 2)
		return;
	for (i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/') {
			name = str_sub(name, i, name.n);
			break;
		}
	page_puts(p, "<nav class=\"pager\" aria-label=\"");
	page_t(p, "pages");
	page_puts(p, "\"><ul>\n");
	for (i = 1; i <= pages; i++) {
		if (i > 2 && i + 1 < pages && (i + 2 < page || i > page + 2)) {	/* near the ends and near this one */
			if (i == 3 || i + 2 == pages)
				page_puts(p, "<li>…</li>\n");
			continue;
		}
		buf_printf(p->b, "<li><a href=\"%.*s", FMT_STR(name));
		if (i > 1)
			buf_printf(p->b, ".%zu", i);
		buf_printf(p->b, ".html\"%s>%zu</a></li>\n", i == page ? " aria-current=\"page\"" : "", i);
	}
	page_puts(p, "</ul></nav>\n");
}

/* Documents from..to of a list, with a heading wherever the kind changes. */
static void by_kind(struct page *p, const struct use_of *u, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i++) {
		if (i == from || u[i].entry->kind != u[i - 1].entry->kind) {
			page_puts(p, i == from ? "<h2>" : "</ul>\n<h2>");
			page_t_of(p, "kinds", cstr(u[i].entry->kind->name));
			page_puts(p, "</h2>\n<ul class=\"list\">\n");
		}
		page_item(p, u[i].entry, to - from <= 30);
	}
	page_puts(p, to > from ? "</ul>\n" : "");
}

static void family_body(struct page *p, const struct family *f, struct str file, struct str key, const struct use_of *u,
    size_t n, size_t page)
{
	size_t from = (page - 1) * LIST_PAGE, to = from + LIST_PAGE < n ? from + LIST_PAGE : n, i;

	p->as_written = f->use == USE_LANG;
	page_puts(p, "<h1>");
	if (f->use == USE_MEETING)
		page_t(p, "meeting.documents");
	else
		key_name(p, f, key, n ? u->entry : NULL);
	page_puts(p, "</h1>\n");
	if (f->use == USE_MEETING) {
		page_puts(p, "<p>");
		page_link(p, copy_find(p->c, key));
		page_puts(p, "</p>\n");
	}
	page_puts(p, "<p class=\"quiet\">");
	page_t_number(p, "count", n);
	page_puts(p, "</p>\n");
	if (f->use == USE_KIND && n) {
		page_puts(p, "<ul class=\"list\">\n");
		for (i = from; i < to; i++)
			page_item(p, u[i].entry, true);
		page_puts(p, "</ul>\n");
	} else {
		by_kind(p, u, from, to);
	}
	lists_pager(p, file, n, page);
}

/* The family, key and page of "country/mk.2.html". */
static const struct family *family_parse(struct str *key, size_t *page, char up[48], struct str *file, struct str name)
{
	size_t slash = str_chr(name, '/'), dot, i;
	struct str folder = str_sub(name, 0, slash);
	const struct family *f = NULL;
	const struct kind *k;
	uint64_t n = 1;

	if (slash == SIZE_MAX || !str_ends(name, STR(".html")))
		return NULL;
	for (i = 0; i < FAMILIES; i++)
		if (str_is(folder, families[i].folder))
			f = &families[i];
	*key = str_sub(name, slash + 1, name.n - 5);
	dot = str_chr(*key, '.');
	if (dot != SIZE_MAX && (!str_u64(&n, str_sub(*key, dot + 1, key->n)) || n < 2 || n > 1000000 ||
	    key->p[dot + 1] == '0'))
		return NULL;
	*page = (size_t)n;
	*key = str_sub(*key, 0, dot);
	*file = str_sub(name, 0, slash + 1 + key->n);
	if (!f || (f->use != USE_MEETING && !copy_key_valid(*key)))
		return NULL;
	if (f->use == USE_KIND) {
		if (!(k = kind_by_folder(*key)))
			return NULL;
		*key = cstr(k->name);
	} else if (f->use == USE_COUNTRY) {
		for (i = 0; i < key->n; i++)
			up[i] = key->p[i] >= 'a' && key->p[i] <= 'z' ? (char)(key->p[i] - 32) : key->p[i];
		key->p = up;
	}
	return f;
}

/* ---- pages of their own ---- */

static void families_page(struct page *p, const char *key, enum use use)
{
	const struct family *f = family_of(use);

	page_h(p, 1, key);
	if (use == USE_COUNTRY) {
		page_puts(p, "<p>");
		page_t(p, "country.note");
		page_puts(p, "</p>\n");
	}
	if (use == USE_TOPIC) {
		grouped(p, f);
		strangers(p, f);
	} else if (use == USE_KIND) {
		lists_kinds(p);
	} else {
		lists_keys(p, use, 0);
	}
}

static void kinds_page(struct page *p)
{
	static const struct { const char *file, *key; } more[] = {
		{ "years.html", "years" }, { "languages.html", "languages.title" }, { "status.html", "status" },
		{ "conflicts.html", "conflicts" }, { "write.html", "form.title" },
	};
	size_t i;

	families_page(p, "kinds", USE_KIND);
	page_h(p, 2, "kinds.more");
	page_puts(p, "<ul class=\"entry\">\n");
	for (i = 0; i < sizeof more / sizeof more[0]; i++)
		if (lists_have(p->c, more[i].file)) {
			buf_printf(p->b, "<li><a href=\"%s%s\">", p->up, more[i].file);
			page_t(p, more[i].key);
			page_puts(p, "</a></li>\n");
		}
	page_puts(p, "</ul>\n");
}

static void countries_page(struct page *p)
{
	families_page(p, "countries", USE_COUNTRY);
}

static void topics_page(struct page *p)
{
	families_page(p, "topics", USE_TOPIC);
}

static void years_page(struct page *p)
{
	families_page(p, "years", USE_YEAR);
}

static void languages_page(struct page *p)
{
	families_page(p, "languages.title", USE_LANG);
}

static void status_page(struct page *p)
{
	families_page(p, "status", USE_STATUS);
}

void lists_of_meeting(struct page *p, struct str id)
{
	size_t n;

	copy_uses(&n, p->c, USE_MEETING, id);
	if (!n)
		return;
	buf_printf(p->b, "<li class=\"under\"><a href=\"%smeeting/%.*s.html\">", p->up, FMT_STR(id));
	page_t(p, "meeting.documents");
	buf_printf(p->b, "</a> <span class=\"quiet\">(%zu)</span></li>\n", n);
}

static void meetings_page(struct page *p)
{
	const struct use_of *v;
	size_t n, i;

	page_h(p, 1, "meetings");
	v = of_kind(&n, p->c, "meeting");
	page_puts(p, "<ul class=\"list\">\n");
	for (i = 0; i < n; i++) {
		page_item(p, v[i].entry, true);
		lists_of_meeting(p, v[i].entry->id);
	}
	page_puts(p, "</ul>\n");
}

static const struct {
	const char *file, *title;	/* key of a text */
	void (*write)(struct page *p);
} fixed[] = {
	{ "actions.html", "actions", page_actions }, { "chairs.html", "chairs", page_chairs },
	{ "conflicts.html", "conflicts", page_conflicts }, { "countries.html", "countries", countries_page },
	{ "kinds.html", "kinds", kinds_page }, { "labels.html", "words", page_words },
	{ "languages.html", "languages.title", languages_page }, { "matrix.html", "matrix", page_matrix }, { "meetings.html", "meetings", meetings_page },
	{ "needs.html", "needs", page_needs }, { "participants.html", "participants", page_participants },
	{ "readiness.html", "readiness", page_readiness }, { "requests.html", "requests", page_requests },
	{ "search.html", "search", find_page }, { "status.html", "status", status_page }, { "topics.html", "topics", topics_page },
	{ "write.html", "form.title", page_form }, { "years.html", "years", years_page },
};
enum { FIXED = sizeof fixed / sizeof fixed[0] };

bool lists_have(const struct copy *c, const char *file)
{
	bool pack = c->meeting != NULL;
	size_t n;

	facts_note(c->watch, FACT_HAVE, 0, 0, cstr(file));
	if (strcmp(file, "index.html") == 0 || strcmp(file, "labels.html") == 0 || strcmp(file, "actions.html") == 0)
		return true;
	if (strcmp(file, "search.html") == 0) {
		const struct theme_file *f = theme_file(c->want.theme, STR("search.js"));

		return !c->want.live && f && f->bytes.n;
	}
	if (strcmp(file, "print.html") == 0)
		return pack;
	if (strcmp(file, "changes.html") == 0)
		return changes_have(c);
	if (strcmp(file, "requests.html") == 0)
		return c->want.audience != AUDIENCE_PUBLIC && !pack;
	if (strcmp(file, "needs.html") == 0)
		return of_kind(&n, c, "issue") && n > 0;
	if (strcmp(file, "status.html") == 0)
		return c->want.audience == AUDIENCE_NODE;
	if (strcmp(file, "conflicts.html") == 0)
		return c->conflict;
	if (strcmp(file, "chairs.html") == 0 || strcmp(file, "participants.html") == 0 || strcmp(file, "meetings.html") == 0)
		return !pack;
	return true;
}

static void add(struct str *to, size_t max, size_t *n, struct str name)
{
	if (*n < max)
		to[*n] = name;
	++*n;
}

static void add_pages(struct str *to, size_t max, size_t *n, struct arena *a, const char *file, size_t documents)
{
	size_t i;

	add(to, max, n, cstr(arena_printf(a, "%s.html", file)));
	for (i = 2; (i - 1) * LIST_PAGE < documents; i++)
		add(to, max, n, cstr(arena_printf(a, "%s.%zu.html", file, i)));
}

size_t lists_changes(struct str *to, size_t max, struct arena *a, const struct copy *c)
{
	size_t n = 0;

	if (lists_have(c, "changes.html"))
		add_pages(to, max, &n, a, "changes", changes_count(c));
	return n;
}

size_t lists_names(struct str *to, size_t max, struct arena *a, const struct copy *c)
{
	const struct use_of *u;
	size_t n = lists_changes(to, max, a, c), i, j, end;

	add(to, max, &n, STR("index.html"));
	if (lists_have(c, "print.html"))
		add(to, max, &n, STR("print.html"));
	for (i = 0; i < FIXED; i++)
		if (lists_have(c, fixed[i].file))
			add(to, max, &n, cstr(fixed[i].file));
	for (j = 0; j < FAMILIES; j++) {
		const struct uses *v = &c->uses[families[j].use];

		if (!lists_have(c, families[j].page) || families[j].use == USE_MEETING)
			continue;
		for (i = 0; i < v->n; i = end) {
			for (end = i; end < v->n && str_eq(v->v[end].key, v->v[i].key); end++)
				;
			if (has_page(&families[j], v->v[i].key))
				add_pages(to, max, &n, a, file_of(a, &families[j], v->v[i].key), end - i);
		}
	}
	u = of_kind(&end, c, "meeting");	/* a page for each meeting, whether something names it or not */
	for (i = 0; lists_have(c, "meetings.html") && i < end; i++) {
		copy_uses(&j, c, USE_MEETING, u[i].entry->id);
		add_pages(to, max, &n, a, arena_printf(a, "meeting/%.*s", FMT_STR(u[i].entry->id)), j);
	}
	return n;
}

static enum rc nothing(struct str file, struct err *e)
{
	return err_set(e, RC_NOTFOUND, "%.*s: not in this copy", FMT_STR(file));
}

/* What the title says, before the page is begun. */
static struct str family_title(const struct copy *c, const struct family *f, struct str key, const struct entry *first)
{
	const char *group = f->use == USE_KIND ? "kinds" : f->use == USE_STATUS ? "value" : f->vocab;
	struct str text = group ? text_of(copy_texts(c), group, key) : STR_NONE;

	if (text.n)
		return text;
	return f->use == USE_LANG ? lang_name(first->lang) : f->vocab ? copy_label(c, f->vocab, key) : key;
}

static enum rc family(struct page *p, struct page_head *h, struct str name, struct err *e)
{
	const struct family *f;
	const struct entry *m;
	const struct use_of *u;
	struct str key, file;
	size_t n, page;
	char up[48];

	if (!(f = family_parse(&key, &page, up, &file, name)) || !lists_have(p->c, f->page))
		return nothing(name, e);
	u = copy_uses_page(&n, p->c, f->use, key, page);
	if (f->use == USE_MEETING) {
		if (!(m = copy_find(p->c, key)) || m->original != m || !is_kind(m, "meeting"))
			return nothing(name, e);
		h->title = m->title;
	} else if (!n) {
		return nothing(name, e);
	}
	if (page > 1 && (page - 1) * LIST_PAGE >= n)
		return nothing(name, e);
	if (f->use != USE_MEETING)
		h->title = family_title(p->c, f, key, n ? u->entry : NULL);
	page_begin(p, h);
	family_body(p, f, file, key, u, n, page);
	page_end(p);
	return RC_OK;
}

static struct str title_of(const struct page *p, const char *key)
{
	return text_get(copy_texts(p->c), cstr(key), NULL);
}

enum rc lists_write(struct page *p, struct str file, struct str build, struct err *e)
{
	struct page_head h = { .tlp = p->c->tlp };
	const struct copy *c = p->c;
	size_t i;
	enum rc rc;

	facts_note(c->watch, FACT_LABEL, 0, 0, STR_NONE);
	if (str_is(file, "index.html") || (str_is(file, "print.html") && lists_have(c, "print.html"))) {
		bool print = str_is(file, "print.html");

		h.file = print ? "print.html" : "index.html";
		h.title = c->meeting ? c->meeting->title : c->space.n ? c->space : STR("COLEP knowledge base");
		page_begin(p, &h);
		rc = print ? pack_print(p, e) : c->meeting ? pack_write(p, build, e) : home_write(p, build, e);
		if (rc != RC_IO)
			page_end(p);
		return rc;
	}
	if (str_starts(file, STR("changes.")) && lists_have(c, "changes.html")) {
		h.file = "changes.html";
		h.title = title_of(p, "changes");
		return changes_write(p, &h, file, e);
	}
	for (i = 0; i < FIXED; i++)
		if (str_is(file, fixed[i].file) && lists_have(c, fixed[i].file)) {
			h.file = fixed[i].file;
			h.title = title_of(p, fixed[i].title);
			page_begin(p, &h);
			fixed[i].write(p);
			page_end(p);
			return RC_OK;
		}
	return family(p, &h, file, e);
}
