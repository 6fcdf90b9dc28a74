/* render/page.c: see page.h: the frame that all pages have, and the page of a document.
 *
 * Whatever comes from a document goes through page_text (escaped) or body.c (filtered). Links are relative and
 * name their file, so that a page works wherever the folder lies; nothing is loaded but the style sheet. */
#include "render/page.h"

#include <stdlib.h>
#include <string.h>

#include "render/body.h"
#include "render/theme.h"

static const struct { const char *file, *label; } menu[] = {
	{ "index.html", "Home" }, { "kinds.html", "Documents" }, { "countries.html", "Countries" },
	{ "topics.html", "Topics" }, { "meetings.html", "Meetings" }, { "readiness.html", "Readiness" },
	{ "actions.html", "Actions" }, { "requests.html", "Requests" }, { "chairs.html", "Chairs" },
	{ "participants.html", "Participants" }, { "labels.html", "Words" },
};

bool lang_rtl(struct str lang)
{
	return word_in("ar fa ur ckb he ps sd ug", str_sub(lang, 0, str_chr(lang, '-')));
}

void page_puts(struct page *p, const char *html)
{
	buf_puts(p->b, html);
}

void page_text(struct page *p, struct str s)
{
	copy_text(p->b, p->c, s);
}

static void lang_dir(struct page *p, struct str lang)
{
	buf_printf(p->b, " lang=\"%.*s\" dir=\"%s\"", FMT_STR(lang), lang_rtl(lang) ? "rtl" : "ltr");
}

static bool english(struct str lang)
{
	return str_eq(str_sub(lang, 0, str_chr(lang, '-')), STR("en"));
}

void page_tlp(struct page *p, struct str label)
{
	static const char *const colour[] = { "clear", "green", "amber", "amber", "red" };
	int rank = tlp_rank(label);

	buf_printf(p->b, "<strong class=\"tlp tlp-%s\" lang=\"en\" dir=\"ltr\">", rank < 0 ? "red" : colour[rank]);
	if (rank < 0)
		page_puts(p, "no label");
	else
		page_text(p, label);
	page_puts(p, "</strong>");
}

static void meta(struct page *p, const char *name, struct str content)
{
	if (!content.n)
		return;
	buf_printf(p->b, "<meta name=\"%s\" content=\"", name);
	page_text(p, content);
	page_puts(p, "\">\n");
}

static void meta_list(struct page *p, const char *name, const struct front *f, const char *key, const char *vocab)
{
	const struct key *k = front_key(f, key);
	size_t i;

	for (i = 0; k && i < k->n; i++)
		meta(p, name, vocab ? vocab_label(&p->c->vocab, vocab, k->values[i]) : k->values[i]);
}

static void dublin_core(struct page *p, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;
	const struct key *k;
	size_t i, j;

	meta(p, "dcterms.identifier", e->name);
	meta(p, "dcterms.title", e->title);
	meta(p, "dcterms.description", e->summary);
	meta(p, "dcterms.creator", e->owner);
	meta_list(p, "dcterms.subject", f, "topics", "topics");
	meta_list(p, "dcterms.coverage", f, "countries", "countries");
	meta(p, "dcterms.language", e->lang);
	meta(p, "dcterms.created", e->date);
	meta(p, "dcterms.source", front_text(f, "source"));
	for (i = 0; i < 2; i++) {
		k = front_key(f, i ? "replaces" : "related");
		for (j = 0; k && j < k->n; j++)
			if (copy_find(p->c, k->values[j]))
				meta(p, i ? "dcterms.replaces" : "dcterms.relation", k->values[j]);
	}
	if (e->original != e)
		meta(p, "dcterms.isVersionOf", e->id);
	meta(p, "dcterms.accessRights", e->tlp);
}

/* As its speakers write it; the code where this table has none. */
static struct str lang_name(struct str lang)
{
	static const struct { const char *code, *name; } names[] = {
		{ "ar", "العربية" }, { "az", "Azərbaycanca" }, { "bg", "Български" }, { "bn", "বাংলা" }, { "bs", "Bosanski" },
		{ "ckb", "کوردی" }, { "de", "Deutsch" }, { "en", "English" }, { "es", "Español" }, { "fa", "فارسی" },
		{ "fr", "Français" }, { "hr", "Hrvatski" }, { "hu", "Magyar" }, { "it", "Italiano" }, { "mk", "Македонски" },
		{ "pl", "Polski" }, { "ro", "Română" }, { "ru", "Русский" }, { "sq", "Shqip" }, { "sr", "Српски" },
		{ "sr-Latn", "Srpski" }, { "tr", "Türkçe" }, { "uk", "Українська" }, { "ur", "اردو" },
	};
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_is(lang, names[i].code))
			return cstr(names[i].name);
	return lang;
}

static void search_form(struct page *p, struct str query)
{
	buf_printf(p->b, "<form class=\"search\" role=\"search\" action=\"%ssearch\" method=\"get\">"
	    "<label for=\"q\">Search</label> <input type=\"search\" id=\"q\" name=\"q\" maxlength=\"1000\" value=\"", p->up);
	buf_html_escape(p->b, query);
	page_puts(p, "\"> <button>Search</button></form>\n");
}

void page_begin(struct page *p, const struct page_head *h)
{
	const char *chrome = english(h->lang) ? "" : " lang=\"en\" dir=\"ltr\"";
	struct str space = p->c->space.n ? p->c->space : STR("COLEP knowledge base");
	size_t i;

	page_puts(p, "<!DOCTYPE html>\n<html");
	lang_dir(p, h->lang);
	buf_printf(p->b, ">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'self'; base-uri 'none'; "
	    "form-action %s\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n<title>", p->c->want.live ? "'self'" : "'none'");
	page_text(p, h->title);
	if (!str_eq(h->title, space)) {
		page_puts(p, " - ");
		page_text(p, space);
	}
	page_puts(p, "</title>\n");
	meta(p, "description", h->description);
	if (h->of)
		dublin_core(p, h->of);
	buf_printf(p->b, "<link rel=\"stylesheet\" href=\"%scolep.css\">\n</head>\n<body>\n", p->up);
	buf_printf(p->b, "<a class=\"skip\" href=\"#main\"%s>Skip to the text</a>\n", chrome);
	if (p->c->want.practice)
		buf_printf(p->b, "<p class=\"practice\" role=\"note\"%s><strong>This is a practice node</strong>: nothing here "
		    "reaches anybody. To join your community run <code>colep join SOURCE DIR</code>.</p>\n", chrome);
	if (p->c->notice.n) {
		buf_printf(p->b, "<p class=\"practice\" role=\"note\"%s>These pages are not of the newest state: ", chrome);
		page_text(p, p->c->notice);
		page_puts(p, ".</p>\n");
	}
	buf_printf(p->b, "<header%s>\n<div class=\"bar\"><span class=\"brand\"><a href=\"%sindex.html\">", chrome, p->up);
	page_text(p, space);
	page_puts(p, "</a></span> ");
	page_tlp(p, h->tlp);
	page_puts(p, "</div>\n<nav aria-label=\"Main\"><ul>\n");
	for (i = 0; i < sizeof menu / sizeof menu[0]; i++)
		if (lists_have(p->c, menu[i].file))
			buf_printf(p->b, "<li><a href=\"%s%s\"%s>%s</a></li>\n", p->up, menu[i].file,
			    h->file && strcmp(h->file, menu[i].file) == 0 ? " aria-current=\"page\"" : "", menu[i].label);
	page_puts(p, "</ul></nav>\n");
	if (p->c->want.live)
		search_form(p, h->query);
	page_puts(p, "</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

void page_end(struct page *p, const struct page_head *h)
{
	buf_printf(p->b, "</main>\n<footer%s>\n<div class=\"bar\"><span>", english(h->lang) ? "" : " lang=\"en\" dir=\"ltr\"");
	if (p->c->want.audience == AUDIENCE_PUBLIC)
		page_puts(p, "Public copy.");
	else if (p->c->want.audience == AUDIENCE_COMMUNITY)
		page_puts(p, "For the community only: COLEP countries, the Secretariat and the institutions that take part.");
	else
		page_puts(p, "Pages of this node, for its own readers.");
	page_puts(p, "</span> ");
	page_tlp(p, h->tlp);
	page_puts(p, "</div>\n</footer>\n</body>\n</html>\n");
}

void page_words(struct page *p, struct str code)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < code.n; i++)
		buf_putc(&b, code.p[i] == '-' ? ' ' : code.p[i]);
	page_text(p, buf_str(&b));
	buf_free(&b);
}

static void title(struct page *p, const struct entry *e)
{
	page_puts(p, "<span");
	lang_dir(p, e->lang);
	page_puts(p, ">");
	page_text(p, e->title);
	page_puts(p, "</span>");
}

void page_link(struct page *p, const struct entry *e)
{
	e = copy_best(p->c, e);
	buf_printf(p->b, "<a class=\"title\" href=\"%sd/%.*s.html\">", p->up, FMT_STR(e->name));
	title(p, e);
	page_puts(p, "</a>");
}

void page_item(struct page *p, const struct entry *e, bool summary)
{
	const struct entry *best = copy_best(p->c, e);
	struct str stage = front_text(&e->doc.front, "stage");

	page_puts(p, "<li>");
	page_link(p, e);
	page_puts(p, " <span class=\"quiet\">");
	page_puts(p, e->kind->label);
	page_puts(p, ", ");
	page_owner(p, e->owner);
	if (e->date.n) {
		page_puts(p, ", <bdi>");
		page_text(p, e->date);
		page_puts(p, "</bdi>");
	}
	if (stage.n) {
		page_puts(p, ", ");
		page_words(p, stage);
	}
	if (p->c->want.audience == AUDIENCE_NODE && !str_is(e->status, "published")) {
		page_puts(p, ", <strong>");
		page_text(p, e->broken ? STR("does not parse") : e->status);
		page_puts(p, "</strong>");
	}
	if (tlp_rank(e->tlp) > 0) {
		page_puts(p, ", ");
		page_text(p, e->tlp);
	}
	page_puts(p, "</span>");
	if (summary && best->summary.n) {
		page_puts(p, "<p");
		lang_dir(p, best->lang);
		page_puts(p, ">");
		page_text(p, best->summary);
		page_puts(p, "</p>");
	}
	page_puts(p, "</li>\n");
}

void page_list(struct page *p, const struct entry *const *v, size_t n)
{
	size_t i;

	if (n == 0) {
		page_puts(p, "<p>None in this copy.</p>\n");
		return;
	}
	page_puts(p, "<ul class=\"list\">\n");
	for (i = 0; i < n; i++)
		page_item(p, v[i], true);
	page_puts(p, "</ul>\n");
}

/* In letters of one size; to must hold 41 bytes. Empty when it may have no page. */
static struct str sized(char *to, struct str code, bool upper)
{
	size_t i;

	if (!copy_key_valid(code))
		return STR_NONE;
	for (i = 0; i < code.n; i++) {
		to[i] = code.p[i];
		if (upper ? to[i] >= 'a' && to[i] <= 'z' : to[i] >= 'A' && to[i] <= 'Z')
			to[i] = (char)(to[i] ^ 0x20);
	}
	to[code.n] = '\0';
	return (struct str){ to, code.n };
}

void page_country(struct page *p, struct str code)
{
	char up[48], low[48];
	struct str key = sized(up, code, true), file = sized(low, code, false);
	size_t n = 0;

	if (key.n)
		copy_uses(&n, p->c, USE_COUNTRY, key);
	if (n)
		buf_printf(p->b, "<a href=\"%scountry/%.*s.html\">", p->up, FMT_STR(file));
	page_text(p, vocab_label(&p->c->vocab, "countries", key.n ? key : code));
	if (n)
		page_puts(p, "</a>");
}

static void page_topic(struct page *p, struct str code)
{
	char low[48];
	struct str key = sized(low, code, false);
	size_t n = 0;

	if (key.n)
		copy_uses(&n, p->c, USE_TOPIC, key);
	if (n)
		buf_printf(p->b, "<a href=\"%stopic/%.*s.html\">", p->up, FMT_STR(key));
	page_text(p, vocab_label(&p->c->vocab, "topics", key.n ? key : code));
	if (n)
		page_puts(p, "</a>");
}

void page_owner(struct page *p, struct str code)
{
	char low[48];
	struct str key = sized(low, code, false);

	if (code.n == 2)
		page_country(p, code);
	else
		page_text(p, vocab_label(&p->c->vocab, "institutions", key.n ? key : code));
}

bool page_value(struct page *p, const struct key_rule *r, struct str value)
{
	const char *vocab = r && r->vocab ? r->vocab : "";
	const struct entry *to;

	if (r && (r->type == KEY_ID || r->type == KEY_IDLIST)) {
		if (!(to = copy_find(p->c, value)))
			return false;
		page_link(p, to);
	} else if (strcmp(vocab, "countries") == 0) {
		page_country(p, value);
	} else if (strcmp(vocab, "topics") == 0) {
		page_topic(p, value);
	} else if (strcmp(vocab, "owners") == 0 || (r && strcmp(r->name, "chairs") == 0)) {
		page_owner(p, value);
	} else if (*vocab && strcmp(vocab, "lang") != 0 && strcmp(vocab, "grading") != 0) {
		struct str label = vocab_label(&p->c->vocab, vocab, value);

		page_text(p, label);
	} else if (r && (r->type == KEY_CODE || r->type == KEY_LIST) && strcmp(r->name, "tlp") != 0) {
		page_words(p, value);
	} else {
		page_puts(p, "<bdi>");
		page_text(p, value);
		page_puts(p, "</bdi>");
	}
	return true;
}

/* Shown elsewhere on the page, or of no use to a reader. */
static const char hidden_keys[] = "id kind title summary lang lint-ok related translation-of source-rev tlp";

static void fact(struct page *p, const struct entry *e, const struct key *k)
{
	const struct key_rule *r = kind_key(e->kind, k->name);
	size_t i, start = p->b->n, shown = 0, before;

	if (!r || word_in(hidden_keys, k->name) || k->n == 0)
		return;
	page_puts(p, "<dt>");
	for (i = 0; i < k->name.n; i++) {
		char c = k->name.p[i];

		if (i == 0 && c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		buf_putc(p->b, c == '-' ? ' ' : c);
	}
	if (k->variant > 1)
		buf_printf(p->b, " (open conflict, text %u)", k->variant);
	page_puts(p, "</dt><dd>");
	for (i = 0; i < k->n; i++) {
		before = p->b->n;
		if (shown)
			page_puts(p, ", ");
		if (page_value(p, r, k->values[i])) {
			shown++;
		} else {
			p->b->n = before;
			p->b->p[before] = '\0';
		}
	}
	if (k->variant == 1 && str_is(k->name, "verified") && copy_old(p->c, k->values[0]))
		page_puts(p, " (to be confirmed)");
	if (k->variant == 1 && str_is(k->name, "due") && copy_overdue(p->c, k->values[0]) &&
	    word_in("open in-progress", front_text(&e->doc.front, "stage")))
		page_puts(p, " (overdue)");
	page_puts(p, "</dd>\n");
	if (!shown) {
		p->b->n = start;
		p->b->p[start] = '\0';
	}
}

/* The label first, then the keys in the order of the tables, so that pages of a kind look alike. */
static void facts(struct page *p, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;
	const struct key_rule *tables[2] = { e->kind->keys, common_keys }, *r;
	size_t t, i;

	page_puts(p, "<dl class=\"facts\">\n<dt>Label</dt><dd>");
	page_tlp(p, e->tlp);
	page_puts(p, "</dd>\n<dt>Kind</dt><dd>");
	buf_printf(p->b, "<a href=\"%skind/%s.html\">%s</a></dd>\n", p->up, e->kind->folder, e->kind->label);
	for (t = 0; t < 2; t++)
		for (r = tables[t]; r->name; r++)
			for (i = 0; i < f->n; i++)
				if (str_is(f->keys[i].name, r->name) && kind_key(e->kind, f->keys[i].name) == r)
					fact(p, e->original, &f->keys[i]);
	page_puts(p, "<dt>Id</dt><dd><bdi dir=\"ltr\">");
	page_text(p, e->name);
	page_puts(p, "</bdi></dd>\n</dl>\n");
}

static void switch_language(struct page *p, const struct entry *e)
{
	const struct use_of *u;
	size_t n, i;

	u = copy_uses(&n, p->c, USE_TRANSLATION, e->id);
	if (!n)
		return;
	buf_printf(p->b, "<p class=\"switch quiet\"%s>Languages:", english(e->lang) ? "" : " lang=\"en\" dir=\"ltr\"");
	for (i = 0; i <= n; i++) {
		const struct entry *to = i ? u[i - 1].entry : e->original;

		buf_printf(p->b, " <a href=\"%.*s.html\" hreflang=\"%.*s\"", FMT_STR(to->name), FMT_STR(to->lang));
		lang_dir(p, to->lang);
		buf_printf(p->b, "%s>", to == e ? " aria-current=\"page\"" : "");
		page_text(p, lang_name(to->lang));
		buf_printf(p->b, "%s</a>", i ? "" : " (original)");
	}
	page_puts(p, "</p>\n");
}

static bool in_list(const struct front *f, const char *key, struct str id)
{
	const struct key *k = front_key(f, key);
	size_t i;

	for (i = 0; k && i < k->n; i++)
		if (str_eq(k->values[i], id))
			return true;
	return false;
}

static void relations(struct page *p, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;
	const struct key *k = front_key(f, "related");
	const struct entry *to;
	const struct use_of *u;
	size_t n, i, shown = 0;
	struct entry const **v;
	struct arena a = ARENA_INIT;

	if (!english(e->lang))
		page_puts(p, "<div lang=\"en\" dir=\"ltr\">\n");
	v = arena_array(&a, k ? k->n : 0, sizeof *v);
	for (i = 0; k && i < k->n; i++)
		if ((to = copy_find(p->c, k->values[i])))
			v[shown++] = to;
	if (shown) {
		page_puts(p, "<h2>Related documents</h2>\n");
		page_list(p, v, shown);
	}
	u = copy_uses(&n, p->c, USE_LINK, e->id);
	for (i = shown = 0; i < n; i++) {
		if (u[i].entry == e->original || in_list(f, "related", u[i].entry->id) ||
		    in_list(&u[i].entry->doc.front, "meetings", e->id))
			continue;	/* a meeting has a page of its own for these */
		if (!shown++)
			page_puts(p, "<h2>What links here</h2>\n<ul class=\"list\">\n");
		page_item(p, u[i].entry, false);
	}
	if (shown)
		page_puts(p, "</ul>\n");
	if (!english(e->lang))
		page_puts(p, "</div>\n");
	arena_free(&a);
}

/* The one that replaces it, when it is in the copy. */
static const struct entry *replaced_by(const struct copy *c, const struct entry *e)
{
	const struct use_of *u;
	size_t n, i;

	u = copy_uses(&n, c, USE_LINK, e->id);
	for (i = 0; i < n; i++)
		if (in_list(&u[i].entry->doc.front, "replaces", e->id))
			return u[i].entry;
	return NULL;
}

static void notice_begin(struct page *p)
{
	page_puts(p, "<p class=\"notice\" lang=\"en\" dir=\"ltr\">");
}

static void notices(struct page *p, const struct entry *e, bool player)
{
	const struct entry *by = replaced_by(p->c, e);

	if (p->c->want.audience == AUDIENCE_NODE && !str_is(e->status, "published") && !e->broken) {
		notice_begin(p);
		page_puts(p, "Status: <strong>");
		page_text(p, e->status);
		page_puts(p, "</strong>. It is not on sites.</p>\n");
	}
	if (e->stale) {
		notice_begin(p);
		page_puts(p, "This translation is of an earlier text: the original has changed since. ");
		buf_printf(p->b, "<a href=\"%.*s.html\">Read the original</a></p>\n", FMT_STR(e->id));
	}
	if (by) {
		notice_begin(p);
		page_puts(p, "Replaced by ");
		page_link(p, by);
		page_puts(p, ".</p>\n");
	}
	if (str_is(cstr(e->kind->name), "exercise")) {
		notice_begin(p);
		page_puts(p, "Made up for training. ");
		if (player && p->c->want.live)
			buf_printf(p->b, "This is the view of the players; <a href=\"%.*s.html?view=facilitator\">facilitators "
			    "see more</a>.", FMT_STR(e->name));
		else if (player)
			page_puts(p, "This is the view of the players.");
		else
			page_puts(p, "This is the view of the facilitators: do not show it to players before play.");
		page_puts(p, "</p>\n");
	}
}

/* Other titles and summaries, where writers left different ones. */
static void key_conflicts(struct page *p, const struct entry *e)
{
	const struct front *f = &e->doc.front;
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct key *k = &f->keys[i];

		if (k->variant < 2 || k->n == 0 || !(str_is(k->name, "title") || str_is(k->name, "summary")))
			continue;
		buf_printf(p->b, "<p class=\"conflict\"><span lang=\"en\" dir=\"ltr\"><strong>Open conflict.</strong> Another "
		    "%s:</span> <bdi>", str_is(k->name, "title") ? "title" : "summary");
		page_text(p, k->values[0]);
		page_puts(p, "</bdi></p>\n");
	}
}

enum rc page_body(struct page *p, const struct entry *e, bool player, struct err *err)
{
	enum rc rc;

	page_puts(p, "<div class=\"text\">\n");
	if (e->broken) {
		notice_begin(p);
		page_puts(p, "The front matter of this file does not parse, so it is shown as it was written; "
		    "<code>colep check</code> says what is wrong.</p>\n<pre class=\"broken\" dir=\"auto\">");
		page_text(p, e->text);
		page_puts(p, "</pre>\n");
		rc = RC_OK;
	} else {
		rc = body_render(p->b, p->md, p->c, e, p->up, player, err);
	}
	page_puts(p, "</div>\n");
	return rc;
}

static enum rc document(struct page *p, const struct entry *e, bool facilitator, struct err *err)
{
	struct page_head h = { .title = e->title, .description = e->summary, .lang = e->lang, .tlp = e->tlp, .of = e };
	bool player = str_is(cstr(e->kind->name), "exercise") && !facilitator;
	enum rc rc;

	page_begin(p, &h);
	page_puts(p, "<article>\n<h1 dir=\"auto\">");
	page_text(p, e->title);
	page_puts(p, "</h1>\n");
	switch_language(p, e);
	notices(p, e, player);
	if (e->summary.n) {
		page_puts(p, "<p class=\"lead\" dir=\"auto\">");
		page_text(p, e->summary);
		page_puts(p, "</p>\n");
	}
	key_conflicts(p, e);
	if (!english(e->lang))
		page_puts(p, "<div lang=\"en\" dir=\"ltr\">\n");
	facts(p, e);
	if (!english(e->lang))
		page_puts(p, "</div>\n");
	if ((rc = page_body(p, e, player, err)) == RC_IO)
		return rc;
	page_puts(p, "</article>\n");
	if (str_is(cstr(e->kind->name), "meeting") && lists_have(p->c, "meetings.html"))
		buf_printf(p->b, "<p><a href=\"%smeeting/%.*s.html\">Documents of this meeting</a></p>\n", p->up, FMT_STR(e->id));
	relations(p, e);
	page_end(p, &h);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str *pages_names(size_t *n, struct arena *a, const struct copy *c)
{
	size_t lists = lists_names(NULL, 0, a, c), i, got;
	struct str *v = arena_array(a, lists + c->n + 1, sizeof *v);

	got = lists_names(v, lists, a, c);
	for (i = 0; i < c->n; i++)
		v[got++] = cstr(arena_printf(a, "d/%.*s.html", FMT_STR(c->v[i]->name)));
	v[got++] = STR("colep.css");
	qsort(v, got, sizeof *v, by_name);
	*n = got;
	return v;
}

enum rc page_write(struct buf *out, struct md *m, const struct copy *c, struct str name,
    const struct page_want *want, struct err *e)
{
	struct page p = { .b = out, .c = c, .up = str_chr(name, '/') == SIZE_MAX ? "" : "../", .md = m };
	const struct entry *of;

	if (str_is(name, "colep.css")) {
		buf_str_add(out, theme_css());
		return RC_OK;
	}
	if (str_starts(name, STR("d/")) && str_ends(name, STR(".html"))) {
		if (!(of = copy_find(c, str_sub(name, 2, name.n - 5))))
			return err_set(e, RC_NOTFOUND, "%.*s: not in this copy", FMT_STR(name));
		return document(&p, of, want->facilitator, e);
	}
	return lists_write(&p, name, want->build, e);
}
