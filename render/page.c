/* render/page.c: see page.h: the words, the frame and the values that all pages are made of.
 *
 * Whatever comes from a document goes through page_text (escaped) or body.c (filtered). Links are relative and
 * name their file, so that a page works wherever the folder lies; nothing is loaded but what stands beside it.
 *
 * Two languages meet on a page: that of the interface, which is the page's (<html lang dir>), and that of a
 * document, which is said at each piece of it. The interface speaks the language the site was asked for; else,
 * on the page of a document, that document's own; else English. */
#include "render/page.h"

#include <stdlib.h>
#include <string.h>

#include "render/article.h"
#include "render/facts.h"
#include "render/form.h"
#include "render/lists.h"
#include "render/order.h"

bool lang_rtl(struct str lang)
{
	static const char two[][2] = { "ar", "fa", "ur", "he", "ps", "sd", "ug" };
	size_t n = lang.n < 4 ? lang.n : str_chr(str_sub(lang, 0, 4), '-'), i;

	for (i = 0; n == 2 && i < sizeof two / sizeof two[0]; i++)
		if (lang.p[0] == two[i][0] && lang.p[1] == two[i][1])
			return true;
	return n == 3 && memcmp(lang.p, "ckb", 3) == 0;
}

struct str lang_name(struct str lang)
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

/* ---- words ---- */

void page_text(struct page *p, struct str s)
{
	copy_text(p->b, p->c, s);
}

void page_cut(struct page *p, size_t n)
{
	if (p->b->n > n)
		p->b->p[p->b->n = n] = '\0';
}

static void word(struct page *p, struct str text, bool before, bool after)
{
	size_t open = str_chr(text, '{'), close = str_chr(text, '}');

	if (open == SIZE_MAX || close == SIZE_MAX || close < open)
		open = close = text.n;
	if (before)
		buf_html_escape(p->b, str_sub(text, 0, open));
	if (after)
		buf_html_escape(p->b, str_sub(text, close + 1, text.n));
}

void page_t(struct page *p, const char *key)
{
	buf_html_escape(p->b, text_get(p->t, cstr(key), NULL));
}

void page_t_before(struct page *p, const char *key)
{
	word(p, text_get(p->t, cstr(key), NULL), true, false);
}

void page_t_after(struct page *p, const char *key)
{
	word(p, text_get(p->t, cstr(key), NULL), false, true);
}

void page_t_number(struct page *p, const char *key, size_t n)
{
	page_t_before(p, key);
	buf_printf(p->b, "%zu", n);
	page_t_after(p, key);
}

void page_h(struct page *p, unsigned level, const char *key)
{
	buf_printf(p->b, "<h%u>", level);
	page_t(p, key);
	buf_printf(p->b, "</h%u>\n", level);
}

void page_lang(struct page *p, struct str lang)
{
	page_puts(p, " lang=\"");
	buf_str_add(p->b, lang);
	buf_str_add(p->b, lang_rtl(lang) ? STR("\" dir=\"rtl\"") : STR("\" dir=\"ltr\""));
}

/* Its own name. */
void page_lang_name(struct page *p, struct str lang)
{
	struct str name = lang_name(lang);

	if (str_eq(name, lang))		/* a code */
		page_text(p, name);
	else
		page_in_lang(p, lang, name);
}

static struct str base(struct str lang)
{
	return str_sub(lang, 0, str_chr(lang, '-'));
}

/* Is it another language than that of the interface. */
static bool foreign(const struct page *p, struct str lang)
{
	return !str_eq(base(lang), base(p->t->lang));
}

void page_element(struct page *p, const char *tag, struct str lang, struct str text)
{
	buf_putc(p->b, '<');
	page_puts(p, tag);
	page_lang(p, lang);
	buf_putc(p->b, '>');
	page_text(p, text);
	page_puts(p, "</");
	page_puts(p, tag);
	buf_putc(p->b, '>');
}

void page_in_lang(struct page *p, struct str lang, struct str text)
{
	if (foreign(p, lang))
		page_element(p, "span", lang, text);
	else
		page_text(p, text);
}

static void words(struct page *p, struct str code, bool capital)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < code.n; i++)
		buf_putc(&b, code.p[i] == '-' ? ' ' : i == 0 && capital && code.p[0] >= 'a' && code.p[0] <= 'z' ?
		    (char)(code.p[0] - 32) : code.p[i]);
	page_in_lang(p, STR("en"), buf_str(&b));
	buf_free(&b);
}

void page_t_of(struct page *p, const char *group, struct str name)
{
	struct str text = text_of(p->t, group, name);

	if (text.n)
		buf_html_escape(p->b, text);
	else
		words(p, name, strcmp(group, "key") == 0);
}

struct str page_label_text(const struct page *p, const char *vocab, struct str code)
{
	struct str text = text_of(p->t, vocab, code);

	return text.n ? text : copy_label(p->c, vocab, code);
}

struct str page_label_order(const struct page *p, struct arena *a, const char *vocab, struct str code)
{
	struct buf key = BUF_INIT;
	struct str name = page_label_text(p, vocab, code), kept;

	if (str_eq(name, code) || (strcmp(vocab, "countries") == 0 && str_starts(name, code)))
		buf_putc(&key, '\xff');	/* without a name, or made up: "XA (made up)" */
	order_key(&key, name);
	kept = arena_str(a, buf_str(&key));
	buf_free(&key);
	return kept;
}

void page_label(struct page *p, const char *vocab, struct str code)
{
	struct str text = text_of(p->t, vocab, code);

	if (text.n)
		page_text(p, text);
	else
		page_in_lang(p, STR("en"), copy_label(p->c, vocab, code));
}

void page_comma(struct page *p)
{
	page_t(p, "comma");
	page_puts(p, " ");
}

void page_table(struct page *p, const char *label, const char *heads)
{
	struct str rest = cstr(heads), key;

	page_puts(p, "<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"");
	page_t(p, label);
	page_puts(p, "\"><table>\n<thead><tr>");
	while (str_split(&key, &rest, ' ')) {
		bool r = str_starts(key, STR("+"));

		page_puts(p, r ? "<th scope=\"col\" class=\"r\">" : "<th scope=\"col\">");
		buf_html_escape(p->b, text_get(p->t, str_sub(key, r, key.n), NULL));
		page_puts(p, "</th>");
	}
	page_puts(p, "</tr></thead>\n<tbody>\n");
}

void page_table_end(struct page *p)
{
	page_puts(p, "</tbody></table></div>\n");
}

const char *page_colour(struct str label)
{
	static const char *const names[] = { "clear", "green", "amber", "strict", "red" };
	int rank = tlp_rank(label);

	return names[rank < 0 ? 4 : rank];
}

struct piece_key page_piece(const struct page *p, enum piece_sort sort, const void *of, struct str code)
{
	return (struct piece_key){ .sort = sort, .texts = p->t, .of = of, .up = p->up, .code = code };
}

bool page_kept(struct page *p, struct piece_mark *mark, const struct piece_key *k)
{
	return piece_put(p->b, mark, p->pieces, p->c->watch, k);
}

void page_keep(struct page *p, const struct piece_mark *mark, const struct piece_key *k)
{
	piece_keep(p->b, mark, p->pieces, p->c->watch, k);
}

void page_tlp(struct page *p, struct str label)
{
	struct piece_key k = page_piece(p, PIECE_LABEL, NULL, label);
	struct piece_mark mark;

	if (page_kept(p, &mark, &k))
		return;
	buf_printf(p->b, "<strong class=\"tlp tlp-%s\" lang=\"en\" dir=\"ltr\">", page_colour(label));
	if (tlp_rank(label) < 0)
		page_puts(p, "no label");
	else
		page_text(p, label);
	page_puts(p, "</strong>");
	page_keep(p, &mark, &k);
}

/* ---- the frame ---- */

static void meta(struct page *p, const char *name, struct str content)
{
	if (!content.n)
		return;
	page_puts(p, "<meta name=\"");
	page_puts(p, name);
	page_puts(p, "\" content=\"");
	page_text(p, content);
	page_puts(p, "\">\n");
}

static void meta_list(struct page *p, const char *name, const struct front *f, const char *key, const char *vocab)
{
	const struct key *k = front_key(f, key);
	size_t i;

	for (i = 0; k && i < k->n; i++) {
		struct piece_key piece = page_piece(p, PIECE_META, vocab, k->values[i]);
		struct piece_mark mark;

		if (page_kept(p, &mark, &piece))
			continue;
		meta(p, name, copy_label(p->c, vocab, k->values[i]));
		page_keep(p, &mark, &piece);
	}
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

static const struct { const char *file, *key; } menu[] = {
	{ "index.html", "nav.home" }, { "changes.html", "nav.new" }, { "kinds.html", "nav.documents" },
	{ "countries.html", "nav.countries" }, { "topics.html", "nav.topics" }, { "meetings.html", "nav.meetings" },
	{ "readiness.html", "nav.readiness" }, { "actions.html", "nav.actions" }, { "participants.html", "nav.participants" },
	{ "labels.html", "nav.words" },
};

static void menu_items(struct page *p)
{
	struct piece_key k = page_piece(p, PIECE_MENU, NULL, cstr(p->head.file));
	struct piece_mark mark;
	size_t i;

	if (page_kept(p, &mark, &k))
		return;
	for (i = 0; i < sizeof menu / sizeof menu[0]; i++) {
		if (!lists_have(p->c, menu[i].file))
			continue;
		buf_printf(p->b, "<li><a href=\"%s%s\"%s>", p->up, menu[i].file,
		    p->head.file && strcmp(p->head.file, menu[i].file) == 0 ? " aria-current=\"page\"" : "");
		page_t(p, menu[i].key);
		page_puts(p, "</a></li>\n");
	}
	page_keep(p, &mark, &k);
}

static void search_form(struct page *p)
{
	bool live = p->c->want.live;

	if (!live && (!lists_have(p->c, "search.html") || (p->head.file && strcmp(p->head.file, "search.html") == 0)))
		return;			/* search.html has a form of its own */
	buf_printf(p->b, "<form class=\"search\" role=\"search\" action=\"%s%s\" method=\"get\"><label for=\"q\">", p->up,
	    live ? "search" : "search.html");
	page_t(p, "search");
	page_puts(p, "</label> <input type=\"search\" id=\"q\" name=\"q\" dir=\"auto\" maxlength=\"1000\" value=\"");
	buf_html_escape(p->b, p->head.query);
	page_puts(p, "\"> <button type=\"submit\">");
	page_t(p, "search");
	page_puts(p, "</button></form>\n");
}

static void scripts(struct page *p)
{
	const char *file = p->head.file;
	struct piece_key k = page_piece(p, PIECE_SCRIPTS, p->head.of ? menu : NULL, cstr(file));
	struct piece_mark mark;

	if (page_kept(p, &mark, &k))
		return;
	/* On the page of the search it runs before anything is laid out: what it reads comes while the page is made ready. */
	if (file && strcmp(file, "search.html") == 0 && lists_have(p->c, file))
		page_puts(p, "<script src=\"search.js\"></script>\n");
	else if (p->head.of && lists_have(p->c, "search.html"))
		buf_printf(p->b, "<script src=\"%ssearch.js\" defer></script>\n", p->up);
	if (file && word_in("search.html write.html", cstr(file)))
		page_puts(p, "<link rel=\"stylesheet\" href=\"forms.css\">\n");
	if (p->c->want.live)
		buf_printf(p->b, "<script src=\"%slive.js\" defer></script>\n", p->up);
	page_keep(p, &mark, &k);
}

static struct str site_name(const struct page *p)
{
	return p->c->space.n ? p->c->space : STR("COLEP knowledge base");
}

static void frame_slot(void *ctx, unsigned n)
{
	struct page *p = ctx;
	const struct page_head *h = &p->head;

	switch (n) {
	case PAGE_LANG:
		page_text(p, p->t->lang);
		break;
	case PAGE_DIR:
		page_puts(p, lang_rtl(p->t->lang) ? "rtl" : "ltr");
		break;
	case PAGE_TITLE:
		page_text(p, h->title);
		if (!str_eq(h->title, site_name(p))) {
			page_puts(p, " - ");
			page_text(p, site_name(p));
		}
		break;
	case PAGE_META:
		meta(p, "description", h->description);
		if (h->of)
			dublin_core(p, h->of);
		scripts(p);
		break;
	case PAGE_UP:
		page_puts(p, p->up);
		break;
	case PAGE_PRACTICE:
		if (p->c->want.practice)
			page_t(p, "practice");
		break;
	case PAGE_NOTICE:
		page_text(p, p->c->notice);
		break;
	case PAGE_SITE:
		page_in_lang(p, STR("en"), site_name(p));
		break;
	case PAGE_LABEL:
		page_tlp(p, h->tlp);
		break;
	case PAGE_MENU:
		menu_items(p);
		break;
	case PAGE_SEARCH:
		search_form(p);
		break;
	case PAGE_AUDIENCE:
		page_t_of(p, "tlp", cstr(page_colour(h->tlp)));
		page_puts(p, " ");
		page_t(p, p->c->want.audience == AUDIENCE_PUBLIC ? "copy.public" :
		    p->c->want.audience == AUDIENCE_COMMUNITY ? "copy.community" : "copy.node");
		break;
	case PAGE_FORM:
		page_puts(p, p->c->want.live ? "'self'; connect-src 'self'" : "'self' file:");
		break;
	case PAGE_CLASS:
		buf_printf(p->b, "label-%s", page_colour(h->tlp));
		break;
	default:
		break;
	}
}

static void run(struct page *p, enum theme_template which, size_t *at, int until, void (*slot)(void *, unsigned), void *ctx)
{
	template_run(p->b, at, p->c->want.theme->templates[which], until, p->t, slot, ctx);
}

void page_begin(struct page *p, const struct page_head *h)
{
	const struct theme *theme = p->c->want.theme;

	p->head = *h;
	p->frame = 0;
	if (!(p->t = theme_texts(theme, p->c->want.lang)) && !(p->t = theme_texts(theme, h->lang)))
		p->t = theme->english;
	run(p, TEMPLATE_PAGE, &p->frame, PAGE_MAIN, frame_slot, p);
}

void page_end(struct page *p)
{
	run(p, TEMPLATE_PAGE, &p->frame, -1, frame_slot, p);
}

void page_template(struct page *p, enum theme_template which, void (*slot)(void *ctx, unsigned n), void *ctx)
{
	size_t at = 0;

	run(p, which, &at, -1, slot, ctx);
}

/* ---- documents in lists ---- */

void page_href(struct page *p, const struct entry *e)
{
	if (p->whole) {
		buf_putc(p->b, '#');
		buf_str_add(p->b, e->name);
		return;
	}
	page_puts(p, p->up);
	page_puts(p, "d/");
	buf_str_add(p->b, e->name);
	page_puts(p, ".html");
}

/* The text that names a document on this page. */
static const struct entry *face_of(const struct page *p, const struct entry *e)
{
	return p->as_written ? e : copy_best(p->c, e);
}

void page_link(struct page *p, const struct entry *e)
{
	facts_name(p->c->watch, p->c, e);
	e = face_of(p, e);
	page_puts(p, "<a class=\"title\" href=\"");
	page_href(p, e);
	page_puts(p, "\">");
	page_element(p, "span", e->lang, e->title);
	page_puts(p, "</a>");
}

struct item {
	struct page *p;
	const struct entry *e;
	bool summary;
};

static void item_slot(void *ctx, unsigned n)
{
	struct item *i = ctx;
	struct page *p = i->p;
	const struct entry *e = i->e, *best;

	switch (n) {
	case ITEM_LINK:
		page_link(p, e);
		break;
	case ITEM_KIND:
		page_t_of(p, "kind", cstr(e->kind->name));
		break;
	case ITEM_OWNER:
		page_owner(p, e->owner);
		break;
	case ITEM_DATE:
		page_text(p, e->date);
		break;
	case ITEM_STAGE:
		if (e->doc.stage.n)
			page_t_of(p, "value", e->doc.stage);
		break;
	case ITEM_STATUS:
		if (p->c->want.audience == AUDIENCE_NODE && e->broken)
			page_t(p, "broken.short");
		else if (p->c->want.audience == AUDIENCE_NODE && !str_is(e->status, "published"))
			page_t_of(p, "value", e->status);
		break;
	case ITEM_LABEL:
		if (tlp_rank(e->tlp) > 0)
			page_text(p, e->tlp);
		break;
	case ITEM_SUMMARY:
		best = face_of(p, e);
		if (i->summary && best->summary.n)
			page_element(p, "p", best->lang, best->summary);
		break;
	default:
		break;
	}
}

void page_item(struct page *p, const struct entry *e, bool summary)
{
	struct item i = { p, e, summary };
	struct piece_key k = page_piece(p, PIECE_ITEM, e, STR_NONE);
	bool often = !summary && p->t == copy_texts(p->c) && !(p->as_written && p->c->want.lang.n);	/* as in most lists */
	struct piece_mark mark;

	k.place = (uint32_t)(e - p->c->all);
	k.places = (uint32_t)p->c->nall;
	if (often && page_kept(p, &mark, &k))
		return;
	page_template(p, TEMPLATE_ITEM, item_slot, &i);
	if (often)
		page_keep(p, &mark, &k);
}

void page_list(struct page *p, const struct entry *const *v, size_t n, bool summary)
{
	size_t i;

	if (n == 0) {
		page_puts(p, "<p>");
		page_t(p, "none");
		page_puts(p, "</p>\n");
		return;
	}
	page_puts(p, "<ul class=\"list\">\n");
	for (i = 0; i < n; i++)
		page_item(p, v[i], summary);
	page_puts(p, "</ul>\n");
}

/* ---- values ---- */

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

/* A code with its name, linked to the page that lists its documents where there is one. */
static void coded(struct page *p, enum use use, const char *folder, const char *vocab, struct str code)
{
	struct piece_key k = page_piece(p, PIECE_CODE, folder, code);
	char one[48], low[48];
	struct str key, file;
	struct piece_mark mark;
	bool link;

	if (page_kept(p, &mark, &k))
		return;
	key = sized(one, code, use == USE_COUNTRY);
	file = sized(low, code, false);
	link = key.n && !p->whole && copy_used(p->c, use, key);
	if (link) {
		page_puts(p, "<a href=\"");
		page_puts(p, p->up);
		page_puts(p, folder);
		buf_putc(p->b, '/');
		buf_str_add(p->b, file);
		page_puts(p, ".html\">");
	}
	page_label(p, vocab, key.n ? key : code);
	if (link)
		page_puts(p, "</a>");
	page_keep(p, &mark, &k);
}

void page_country(struct page *p, struct str code)
{
	coded(p, USE_COUNTRY, "country", "countries", code);
}

void page_owner(struct page *p, struct str code)
{
	char low[48];
	struct str key = sized(low, code, false);

	if (code.n == 2)
		page_country(p, code);
	else
		page_label(p, "institutions", key.n ? key : code);
}

/* One value of a front-matter key, by its rule; lang: of the document, for free text. false: an id that is not in this
 * copy; nothing is written. */
static bool put_value(struct page *p, const struct key_rule *r, struct str value, struct str lang)
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
		coded(p, USE_TOPIC, "topic", "topics", value);
	} else if (strcmp(vocab, "owners") == 0 || (r && word_in("chairs via", cstr(r->name)))) {
		page_owner(p, value);
	} else if (strcmp(vocab, "lang") == 0) {
		page_lang_name(p, value);
	} else if (*vocab && strcmp(vocab, "grading") != 0) {
		page_label(p, vocab, value);
	} else if (r && (r->type == KEY_CODE || r->type == KEY_LIST || r->type == KEY_YESNO) && strcmp(r->name, "tlp") != 0) {
		page_t_of(p, "value", value);
	} else {
		page_puts(p, "<bdi");
		if (r && r->type == KEY_TEXT && !*vocab && foreign(p, lang))
			page_lang(p, lang);
		page_puts(p, ">");
		page_text(p, value);
		page_puts(p, "</bdi>");
	}
	return true;
}

bool page_key_values(struct page *p, const struct key *k, const struct key_rule *r, struct str lang)
{
	size_t i, before, shown = 0;

	for (i = 0; k && i < k->n; i++) {
		before = p->b->n;
		if (shown)
			page_comma(p);
		if (put_value(p, r, k->values[i], lang))
			shown++;
		else
			page_cut(p, before);
	}
	return shown > 0;
}

bool page_values(struct page *p, const struct entry *e, const char *key)
{
	return page_key_values(p, front_key(&e->doc.front, key), kind_key(e->kind, cstr(key)), e->lang);
}

/* ---- all pages ---- */

static enum rc document(struct page *p, const struct entry *e, bool facilitator, struct err *err)
{
	struct page_head h = { .title = e->title, .description = e->summary, .lang = e->lang, .tlp = e->tlp, .of = e };
	bool player = str_is(cstr(e->kind->name), "exercise") && !facilitator;
	enum rc rc;

	facts_name(p->c->watch, p->c, e);
	page_begin(p, &h);
	if ((rc = article_write(p, e, player, err)) != RC_IO)
		page_end(p);
	return rc;
}

struct str *pages_names(size_t *n, struct arena *a, const struct copy *c)
{
	const struct theme *t = c->want.theme;
	size_t lists = lists_names(NULL, 0, a, c), i, got;
	struct str *v = arena_array(a, lists + t->nfiles + 1 + c->n, sizeof *v), *d = arena_array(a, c->n, sizeof *d);

	got = lists_names(v, lists, a, c);
	for (i = 0; i < t->nfiles; i++)
		if (theme_copied(t->files[i].name) && (c->want.live || !str_is(t->files[i].name, "live.js")))
			v[got++] = t->files[i].name;
	v[got++] = STR(FORM_DATA);
	qsort(v, got, sizeof *v, str_order);
	for (i = 0; i < c->n; i++) {
		struct str name = c->v[i]->name;
		char *p = arena_alloc(a, name.n + sizeof "d/.html"), *end = p + 2 + name.n;

		memcpy(p, "d/", 2);
		memcpy(p + 2, name.p, name.n);
		memcpy(end, ".html", sizeof ".html");
		strs_insert(d, i, (struct str){ p, name.n + strlen("d/.html") });	/* with an ending their order may be another */
	}
	*n = got + c->n;
	strs_merge(v, got, d, c->n);
	return v;
}

struct str *pages_names_near(size_t *n, struct arena *a, const struct copy *c, const struct str *was, size_t nwas)
{
	size_t changes = lists_changes(NULL, 0, a, c), i;
	struct str *v = arena_array(a, nwas + changes, sizeof *v), *more = arena_array(a, changes, sizeof *more);

	(void)lists_changes(more, changes, a, c);
	if (changes)
		qsort(more, changes, sizeof *more, str_order);
	for (i = *n = 0; i < nwas; i++)
		if (!str_starts(was[i], STR("changes.")) || !str_ends(was[i], STR(".html")))
			v[(*n)++] = was[i];
	strs_merge(v, *n, more, changes);
	*n += changes;
	return v;
}

enum rc page_write(struct buf *out, struct md *m, const struct copy *c, struct str name,
    const struct page_want *want, struct err *e)
{
	struct page p = { .b = out, .c = c, .up = str_chr(name, '/') == SIZE_MAX ? "" : "../", .md = m };
	const struct theme_file *f;
	const struct entry *of;

	if (theme_copied(name) && (f = theme_file(c->want.theme, name))) {
		buf_str_add(out, f->bytes);
		return RC_OK;
	}
	if (str_is(name, FORM_DATA)) {
		form_data(out, c);
		return RC_OK;
	}
	if (str_starts(name, STR("d/")) && str_ends(name, STR(".html"))) {
		if (!(of = copy_find(c, str_sub(name, 2, name.n - 5))))
			return err_set(e, RC_NOTFOUND, "%.*s: not in this copy", FMT_STR(name));
		p.find = want->find;
		p.find_part = want->find_part;
		p.text = want->text;
		p.pieces = want->pieces;
		return document(&p, of, want->facilitator, e);
	}
	p.pieces = str_is(name, "print.html") ? NULL : want->pieces;	/* links of a whole pack are others */
	return lists_write(&p, name, want->build, e);
}
