/* render/form.c: see form.h.
 *
 *	W({"lang":"en","ceiling":"TLP:GREEN","zeros":[1632,...],
 *	   "common":[KEY...],"kinds":[{"name":"lesson","keys":[KEY...],"heads":[{"text":"Observation","must":true}...]}...],
 *	   "vocab":{"topics":[["som","Smuggling of migrants"]...]...},"owners":[["bg","Bulgaria"]...],
 *	   "names":{"bg":"Български"...},"texts":{"bg":{"form.title":"..."}...}})
 *	KEY: {"name":"topics","type":"list","need":"published","values":null,"vocab":"topics"}
 *
 * Texts are those whose key begins as the form's own do, or with the name of a vocabulary; in other languages than English,
 * those that differ. */
#include "render/form.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/kind.h"
#include "kb/text/chars.h"

static const char *const types[] = { "text", "code", "date", "number", "yesno", "id", "list", "ids" };
static const char *const needs[] = { "optional", "always", "published" };

/* A string in a script: no "<", so that nothing in it ends the script, and no line ends that only scripts know. */
static void string(struct buf *b, struct str s)
{
	struct buf json = BUF_INIT;
	size_t i;

	buf_json_escape(&json, s);
	buf_putc(b, '"');
	for (i = 0; i < json.n; i++) {
		if (json.p[i] == '<')
			buf_puts(b, "\\u003c");
		else if (str_starts(str_sub(buf_str(&json), i, json.n), STR("\xe2\x80\xa8")) ||
		    str_starts(str_sub(buf_str(&json), i, json.n), STR("\xe2\x80\xa9")))
			buf_printf(b, "\\u202%c", json.p[i += 2] == '\xa8' ? '8' : '9');
		else
			buf_putc(b, json.p[i]);
	}
	buf_putc(b, '"');
	buf_free(&json);
}

static void member(struct buf *b, const char *name, struct str s)
{
	buf_printf(b, "\"%s\":", name);
	string(b, s);
}

static void key(struct buf *b, const struct key_rule *r)
{
	struct str rest = cstr(r->values ? r->values : ""), word;
	const char *comma = "";

	buf_printf(b, "{\"name\":\"%s\",\"type\":\"%s\",\"need\":\"%s\",\"values\":", r->name, types[r->type], needs[r->need]);
	buf_puts(b, r->values ? "[" : "null");
	while (r->values && str_split(&word, &rest, ' ')) {
		buf_puts(b, comma);
		string(b, word);
		comma = ",";
	}
	buf_puts(b, r->values ? "],\"vocab\":" : ",\"vocab\":");
	if (r->vocab)
		buf_printf(b, "\"%s\"}", r->vocab);
	else
		buf_puts(b, "null}");
}

static void keys(struct buf *b, const char *name, const struct key_rule *r)
{
	const char *comma = "";

	buf_printf(b, "\"%s\":[", name);
	for (; r->name; r++, comma = ",") {
		buf_puts(b, comma);
		key(b, r);
	}
	buf_putc(b, ']');
}

static void kind(struct buf *b, const struct kind *k)
{
	const struct heading *h;

	buf_printf(b, "{\"name\":\"%s\",", k->name);
	keys(b, "keys", k->keys);
	buf_puts(b, ",\"heads\":[");
	for (h = k->headings; h->text; h++)
		buf_printf(b, "%s{\"text\":\"%s\",\"must\":%s}", h == k->headings ? "" : ",", h->text, h->must ? "true" : "false");
	buf_puts(b, "]}");
}

static void term(struct buf *b, const char **comma, struct str code, struct str label)
{
	buf_puts(b, *comma);
	buf_putc(b, '[');
	string(b, code);
	buf_putc(b, ',');
	string(b, label.n ? label : code);
	buf_putc(b, ']');
	*comma = ",";
}

static void terms(struct buf *b, const char **comma, struct arena *a, const struct vocab_table *t, bool small)
{
	size_t i, k;

	for (i = 0; t && i < t->n; i++) {
		struct str code = arena_str(a, t->terms[i].code);
		char *p = arena_cstr(a, code);

		for (k = 0; small && k < code.n; k++)
			if (p[k] >= 'A' && p[k] <= 'Z')
				p[k] = (char)(p[k] | 0x20);
		term(b, comma, cstr(p), t->terms[i].label);
	}
}

/* The digits zero of all scripts whose digits the checks for personal data know (text_plain). */
static void zeros(struct buf *b)
{
	const char *comma = "";
	uint32_t c;

	for (c = 0x80; c < 0x20000; c++)
		if (text_digit(c) == '0') {
			buf_printf(b, "%s%u", comma, c);
			comma = ",";
		}
}

static bool of_form(struct str key, const struct vocab *v)
{
	static const char *const fronts[] = { "form.", "kind.", "key.", "head.", "hint.", "value." };
	size_t i, dot = str_chr(key, '.');

	for (i = 0; i < sizeof fronts / sizeof *fronts; i++)
		if (str_starts(key, cstr(fronts[i])))
			return true;
	return dot < key.n && vocab_table(v, str_sub(key, 0, dot));
}

static void words(struct buf *b, const struct copy *c, const struct texts *x)
{
	const struct theme *t = c->want.theme;
	const char *comma = "";
	size_t i;

	string(b, x->lang);
	buf_puts(b, ":{");
	for (i = 0; i < x->n; i++) {
		if (!of_form(x->v[i].name, &c->vocab) || (x != t->english && str_eq(x->v[i].bytes, text_get(t->english, x->v[i].name, NULL))))
			continue;
		buf_puts(b, comma);
		string(b, x->v[i].name);
		buf_putc(b, ':');
		string(b, x->v[i].bytes);
		comma = ",";
	}
	buf_putc(b, '}');
}

void form_data(struct buf *b, const struct copy *c)
{
	const struct theme *t = c->want.theme;
	const struct texts *here = theme_texts(t, c->want.lang);
	struct arena a = ARENA_INIT;
	const struct kind *k;
	const char *comma = "";
	size_t i;

	buf_puts(b, "W({");
	member(b, "lang", here ? here->lang : STR("en"));
	buf_putc(b, ',');
	member(b, "ceiling", c->ceiling);
	buf_puts(b, ",\"zeros\":[");
	zeros(b);
	buf_puts(b, "],\n");
	keys(b, "common", common_keys);
	buf_puts(b, ",\n\"kinds\":[");
	for (k = kinds; k->name; k++) {
		buf_puts(b, k == kinds ? "\n" : ",\n");
		kind(b, k);
	}
	buf_puts(b, "],\n\"vocab\":{");
	for (i = 0; i < c->vocab.n; i++) {
		buf_puts(b, i ? ",\n" : "\n");
		string(b, c->vocab.tables[i].name);
		buf_puts(b, ":[");
		comma = "";
		terms(b, &comma, &a, &c->vocab.tables[i], false);
		buf_putc(b, ']');
	}
	buf_puts(b, "},\n\"owners\":[");
	comma = "";
	terms(b, &comma, &a, vocab_table(&c->vocab, STR("institutions")), true);
	terms(b, &comma, &a, vocab_table(&c->vocab, STR("countries")), true);
	buf_puts(b, "],\n\"names\":{");
	for (i = 0; i < t->ntexts; i++) {
		buf_puts(b, i ? "," : "");
		string(b, t->texts[i].lang);
		buf_putc(b, ':');
		string(b, lang_name(t->texts[i].lang));
	}
	buf_puts(b, "},\n\"texts\":{");
	for (i = 0; i < t->ntexts; i++) {
		buf_puts(b, i ? ",\n" : "\n");
		words(b, c, theme_texts(t, t->texts[i].lang));
	}
	buf_puts(b, "}});\n");
	arena_free(&a);
}

static void text(struct page *p, const char *tag, const char *name)	/* one that the form's language rules */
{
	buf_printf(p->b, "<%s data-text=\"%s\">", tag, name);
	page_t(p, name);
	buf_printf(p->b, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

void page_form(struct page *p)
{
	text(p, "h1", "form.title");
	page_puts(p, "<noscript>");
	text(p, "p class=\"notice\"", "form.noscript");
	page_puts(p, "</noscript>\n<div id=\"write\" hidden>\n");
	text(p, "p class=\"lead\"", "form.lead");
	text(p, "p class=\"notice\"", "form.persons");
	page_puts(p, "<div class=\"field\">");
	text(p, "label for=\"language\"", "form.language");
	page_puts(p, "<select id=\"language\" autocomplete=\"off\"></select></div>\n<div class=\"field\">");
	text(p, "label for=\"kind\"", "form.kind");
	page_puts(p, "<select id=\"kind\" autocomplete=\"off\"></select></div>\n<div class=\"field\">");
	text(p, "label for=\"open\"", "form.open");
	page_puts(p, "<input type=\"file\" id=\"open\" accept=\".md\"></div>\n");
	text(p, "p class=\"quiet\"", "form.needed");
	page_puts(p, "<div id=\"form\" class=\"write\"></div>\n");
	text(p, "button type=\"button\" id=\"save\"", "form.save");
	page_puts(p, "<p id=\"state\" role=\"status\"></p>\n<div id=\"found\"></div>\n</div>\n"
	    "<script src=\"personal.js\"></script>\n<script src=\"write.js\"></script>\n<script src=\"" FORM_DATA "\"></script>\n");
}
