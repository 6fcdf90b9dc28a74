/* render/md_filter.c: what of the worker's HTML goes into a page; see md.h.
 *
 * Nothing is copied: tags are recognised and written anew from the table below, text and attributes are
 * decoded and escaped again. So whatever the input, the output holds only what this file can write.
 * Each element says where it may stand and what it may hold, the way the parser nests them; input that
 * does otherwise is refused whole, because a browser would move such elements about, and because a parser
 * that writes it is not in its senses. Elements are closed in order, at most DEPTH deep. */
#include "render/md.h"

#include <string.h>

#define DEPTH 200			/* open elements; browsers stop at 512 */
#define OUT_MAX ((size_t)8 << 20)	/* bytes of filtered HTML */
#define LANGUAGE_MAX 32			/* bytes of a code block's language */
#define ANCHOR_MAX 512			/* bytes of a footnote's id */

/* What an element is, and what it may hold. */
enum {
	FLOW = 1, PHRASE = 2, TEXT = 4, ITEM = 8, ROWS = 16, ROW = 32, CELL = 64, CODE = 128, CHECK = 256,
	LINE = PHRASE | TEXT
};

enum tag {
	A, BLOCKQUOTE, BR, CODE_, DEL, EM, H1, H2, H3, H4, H5, H6, HR, IMG, INPUT, LI, OL, P, PRE, SECTION, STRONG,
	SUP, TABLE, TBODY, TD, TH, THEAD, TR, UL, TAGS
};

#define LIT(s) { s, sizeof s - 1 }
static const struct {
	const char *name;
	struct str written, end;	/* but for ">"; written: with the attributes that are always there */
	unsigned is, holds;		/* holds nothing: has no end tag */
} tags[TAGS] = {
	[A] =          { "a",          LIT("<a"),                        LIT("</a"),           PHRASE,        LINE },
	[BLOCKQUOTE] = { "blockquote", LIT("<blockquote dir=\"auto\""),  LIT("</blockquote"),  FLOW,          FLOW },
	[BR] =         { "br",         LIT("<br"),                       LIT("</br"),          PHRASE,        0 },
	[CODE_] =      { "code",       LIT("<code"),                     LIT("</code"),        PHRASE | CODE, TEXT },
	[DEL] =        { "del",        LIT("<del"),                      LIT("</del"),         PHRASE,        LINE },
	[EM] =         { "em",         LIT("<em"),                       LIT("</em"),          PHRASE,        LINE },
	[H1] =         { "h1",         LIT("<h2 dir=\"auto\""),          LIT("</h2"),          FLOW,          LINE },
	[H2] =         { "h2",         LIT("<h2 dir=\"auto\""),          LIT("</h2"),          FLOW,          LINE },
	[H3] =         { "h3",         LIT("<h3 dir=\"auto\""),          LIT("</h3"),          FLOW,          LINE },
	[H4] =         { "h4",         LIT("<h4 dir=\"auto\""),          LIT("</h4"),          FLOW,          LINE },
	[H5] =         { "h5",         LIT("<h5 dir=\"auto\""),          LIT("</h5"),          FLOW,          LINE },
	[H6] =         { "h6",         LIT("<h6 dir=\"auto\""),          LIT("</h6"),          FLOW,          LINE },
	[HR] =         { "hr",         LIT("<hr"),                       LIT("</hr"),          FLOW,          0 },
	[IMG] =        { "img",        LIT(""),                          LIT(""),              PHRASE,        0 },
	[INPUT] =      { "input",      LIT("<input type=\"checkbox\" disabled"),LIT("</input"),       CHECK,         0 },
	[LI] =         { "li",         LIT("<li dir=\"auto\""),          LIT("</li"),          ITEM,          FLOW | LINE | CHECK },
	[OL] =         { "ol",         LIT("<ol"),                       LIT("</ol"),          FLOW,          ITEM },
	[P] =          { "p",          LIT("<p dir=\"auto\""),           LIT("</p"),           FLOW,          LINE },
	[PRE] =        { "pre",        LIT("<pre"),                      LIT("</pre"),         FLOW,          CODE },
	[SECTION] =    { "section",    LIT("<section"),                  LIT("</section"),     FLOW,          FLOW },
	[STRONG] =     { "strong",     LIT("<strong"),                   LIT("</strong"),      PHRASE,        LINE },
	[SUP] =        { "sup",        LIT("<sup"),                      LIT("</sup"),         PHRASE,        LINE },
	[TABLE] =      { "table",      LIT("<table"),                    LIT("</table"),       FLOW,          ROWS },
	[TBODY] =      { "tbody",      LIT("<tbody"),                    LIT("</tbody"),       ROWS,          ROW },
	[TD] =         { "td",         LIT("<td dir=\"auto\""),          LIT("</td"),          CELL,          LINE },
	[TH] =         { "th",         LIT("<th dir=\"auto\""),          LIT("</th"),          CELL,          LINE },
	[THEAD] =      { "thead",      LIT("<thead"),                    LIT("</thead"),       ROWS,          ROW },
	[TR] =         { "tr",         LIT("<tr"),                       LIT("</tr"),          ROW,           CELL },
	[UL] =         { "ul",         LIT("<ul"),                       LIT("</ul"),          FLOW,          ITEM },
};

enum attr {
	ALIGN, ALT, CHECKED, CLASS, DISABLED, HREF, ID, START, TYPE, ATTRS
};
static const char *const attrs[ATTRS] = {
	"align", "alt", "checked", "class", "disabled", "href", "id", "start", "type"
};
/* Written by the parser, of no use here, dropped. */
static const char *const dropped[] = {
	"aria-label", "data-footnote-backref", "data-footnote-ref", "data-footnotes", "src", "title"
};

struct element {
	enum tag tag;
	bool silent;			/* a link that became its text: no tags */
};

struct filter {
	struct buf *out;
	struct str raw;
	size_t i;			/* offset in raw */
	md_link_fn *link;
	void *ctx;
	struct element open[DEPTH];
	unsigned depth, headings, links;	/* links: <a> written and open */
	struct buf scratch, href;
	struct str value[ATTRS];	/* of the current tag, still escaped; p NULL: not there */
	bool valued;			/* one is there */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static int hex(char c)
{
	c = lower(c);
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "&#38;" or "&#x26;" at s; *cp is 0 for what is no character. Its length, or 0: none. */
static size_t entity_number(uint32_t *cp, struct str s)
{
	bool is_hex = s.n > 2 && lower(s.p[2]) == 'x';
	size_t i, first = is_hex ? 3 : 2;
	uint32_t v = 0;

	if (s.n < 3 || s.p[1] != '#')
		return 0;
	for (i = first; i < s.n && i < first + 8; i++) {
		int d = hex(s.p[i]);

		if (d < 0 || (!is_hex && d > 9))
			break;
		v = v > 0x10ffff ? v : v * (is_hex ? 16 : 10) + (uint32_t)d;
	}
	if (i == first || i == s.n || s.p[i] != ';')
		return 0;
	*cp = v > 0x10ffff || (v >= 0xd800 && v < 0xe000) ? 0 : v;
	return i + 1;
}

/* Those that have a name. */
static const struct { const char *name; size_t n; char c; } entities[] = {
	{ "&amp;", 5, '&' }, { "&lt;", 4, '<' }, { "&gt;", 4, '>' }, { "&quot;", 6, '"' }
};

/* Append s with its entities decoded; names the parser does not write stay as they are. CR LF and CR
 * become LF, as a browser reads them. */
static void unescape(struct buf *b, struct str s)
{
	size_t i, from = 0, k, n;
	uint32_t cp;

	for (i = 0; i < s.n; ) {
		if (s.p[i] != '&' && s.p[i] != '\r') {
			i++;
			continue;
		}
		buf_add(b, s.p + from, i - from);
		from = i;
		if (s.p[i] == '\r') {
			if (i + 1 == s.n || s.p[i + 1] != '\n')
				buf_putc(b, '\n');
			from = ++i;
			continue;
		}
		if ((n = entity_number(&cp, str_sub(s, i, i + 12))) > 0) {
			buf_utf8(b, cp ? cp : 0xfffd);
			from = i += n;
			continue;
		}
		for (k = 0; k < sizeof entities / sizeof entities[0]; k++)
			if (s.n - i >= entities[k].n && memcmp(s.p + i, entities[k].name, entities[k].n) == 0)
				break;
		if (k < sizeof entities / sizeof entities[0]) {
			buf_putc(b, entities[k].c);
			from = i += entities[k].n;
		} else {
			i++;
		}
	}
	buf_str_add(b, str_sub(s, from, s.n));
}

/* In f->scratch, or s where nothing is to be decoded. */
static struct str unescaped(struct filter *f, struct str s)
{
	if (str_chr(s, '&') == SIZE_MAX && str_chr(s, '\r') == SIZE_MAX)
		return s;
	buf_clear(&f->scratch);
	unescape(&f->scratch, s);
	return buf_str(&f->scratch);
}

/* Whether a target may be followed: of a known scheme or of none. A browser drops blanks and controls
 * before it looks for the scheme, so a target with any is no link; nor is "//host", which from a page on a disk is
 * another computer's disk, to which Windows would say who asks. */
static bool may_follow(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	if (s.n == 0 || str_utf8_bad(s) != s.n || (s.n > 1 && strchr("/\\", s.p[0]) && strchr("/\\", s.p[1])))
		return false;
	for (i = 0; i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#'; i++) {
		static const char *const schemes[] = { "http", "https", "mailto" };
		size_t k, j;

		if (s.p[i] != ':')
			continue;
		for (k = 0; k < sizeof schemes / sizeof schemes[0]; k++) {
			for (j = 0; j < i && schemes[k][j] && lower(s.p[j]) == schemes[k][j]; j++)
				;
			if (j == i && !schemes[k][j])
				return true;
		}
		return false;
	}
	return true;
}

/* Whether a target that may be followed leads out: http, https, or "//host" with slashes either way. */
static bool leaves(struct str s)
{
	size_t slashes = 0;

	while (slashes < s.n && (s.p[slashes] == '/' || s.p[slashes] == '\\'))
		slashes++;
	return slashes >= 2 || (s.n > 4 && lower(s.p[0]) == 'h' && lower(s.p[1]) == 't' && lower(s.p[2]) == 't' &&
	    lower(s.p[3]) == 'p' && (s.p[4] == ':' || (s.n > 5 && lower(s.p[4]) == 's' && s.p[5] == ':')));
}

void md_link_default(void *ctx, struct buf *href, struct str target)
{
	(void)ctx;
	if (may_follow(target))
		buf_str_add(href, target);
}

static enum rc refuse(const struct filter *f, struct err *e, const char *what)
{
	return err_set(e, RC_INVALID, "HTML of the Markdown parser, byte %zu: %s", f->i, what);
}

static unsigned holds(const struct filter *f)
{
	return f->depth ? tags[f->open[f->depth - 1].tag].holds : FLOW;
}

static void attribute(struct filter *f, const char *name, struct str value)
{
	buf_putc(f->out, ' ');
	buf_puts(f->out, name);
	buf_puts(f->out, "=\"");
	buf_html_escape(f->out, value);
	buf_putc(f->out, '"');
}

/* The parser's own anchors: "fn-LABEL" and "fnref-LABEL", of visible characters. */
static bool is_footnote(struct str s)
{
	size_t i;

	if (s.n > ANCHOR_MAX || str_utf8_bad(s) != s.n || !(str_starts(s, STR("fn-")) || str_starts(s, STR("fnref-"))))
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

static bool class_is(const struct filter *f, const char *name)
{
	return f->value[CLASS].p && str_is(f->value[CLASS], name);
}

/* Returns whether the link is written. Inside another link it is not: the parser puts a footnote there. */
static bool open_link(struct filter *f, bool footnote)
{
	struct str target = unescaped(f, f->value[HREF]), id;

	if (f->links)
		return false;
	if (footnote && target.n && target.p[0] == '#' && is_footnote(str_sub(target, 1, target.n))) {
		buf_puts(f->out, "<a");
		attribute(f, "href", target);
		if (class_is(f, "footnote-backref"))
			attribute(f, "class", STR("footnote-backref"));
		id = unescaped(f, f->value[ID]);
		if (id.n && is_footnote(id))
			attribute(f, "id", id);
		buf_putc(f->out, '>');
		return true;
	}
	buf_clear(&f->href);
	for (size_t i = 0; i < target.n; i++)
		if ((unsigned char)target.p[i] <= ' ' || target.p[i] == 0x7f)
			return false;
	if (target.n)
		f->link(f->ctx, &f->href, target);
	if (!may_follow(buf_str(&f->href)))
		return false;
	buf_puts(f->out, "<a");
	attribute(f, "href", buf_str(&f->href));
	if (leaves(buf_str(&f->href)))
		buf_puts(f->out, " rel=\"noreferrer noopener\"");
	buf_putc(f->out, '>');
	return true;
}

/* " class="language-x"", lower case, when x is harmless and short. */
static void language(struct filter *f)
{
	struct str s = f->value[CLASS];
	char x[LANGUAGE_MAX];
	size_t i;

	if (!str_starts(s, STR("language-")))
		return;
	s = str_sub(s, 9, s.n);
	if (s.n == 0 || s.n > sizeof x)
		return;
	for (i = 0; i < s.n; i++) {
		x[i] = lower(s.p[i]);
		if (!(is_digit(x[i]) || (x[i] >= 'a' && x[i] <= 'z') || x[i] == '+' || x[i] == '-'))
			return;
	}
	buf_printf(f->out, " class=\"language-%.*s\"", (int)s.n, x);
}

/* A cell that holds a date or a span of them, which must not break at its hyphens. */
static bool is_date(const struct filter *f)
{
	bool hyphen = false;
	size_t i;

	for (i = f->i; i < f->raw.n && i - f->i < 24 && f->raw.p[i] != '<'; i++) {
		if (!is_digit(f->raw.p[i]) && !memchr("-/ :.", f->raw.p[i], 5))
			return false;
		hyphen |= f->raw.p[i] == '-';
	}
	return hyphen && i < f->raw.n && f->raw.p[i] == '<';
}

static enum rc open_tag(struct filter *f, enum tag t, bool footnote, struct err *e)
{
	struct element el = { t, false };
	uint64_t start;
	struct str id;

	if (t == IMG) {
		buf_html_escape(f->out, unescaped(f, f->value[ALT]));
		return RC_OK;
	}
	if (t == INPUT && !(f->value[TYPE].p && str_is(f->value[TYPE], "checkbox") && f->value[DISABLED].p))
		return refuse(f, e, "an <input> that is no disabled checkbox");
	if (tags[t].holds && f->depth == DEPTH)
		return refuse(f, e, "nested more than 200 deep");
	if (t == A) {
		if (open_link(f, footnote))
			f->links++;
		else
			el.silent = true;
		f->open[f->depth++] = el;
		return RC_OK;
	}
	buf_str_add(f->out, tags[t].written);
	if (t >= H1 && t <= H6) {
		buf_puts(f->out, " id=\"s-");
		buf_number(f->out, ++f->headings);
		buf_putc(f->out, '"');
	} else if (t == CODE_)
		language(f);
	else if (t == INPUT && f->value[CHECKED].p)
		buf_puts(f->out, " checked");
	else if (t == OL && f->value[START].p && str_u64(&start, f->value[START]) && start <= 999999999)
		buf_printf(f->out, " start=\"%u\"", (unsigned)start);
	else if ((t == TD || t == TH) && f->value[ALIGN].p && str_is(f->value[ALIGN], "right"))
		attribute(f, "class", STR("r"));
	else if ((t == TD || t == TH) && f->value[ALIGN].p && str_is(f->value[ALIGN], "center"))
		attribute(f, "class", STR("c"));
	else if (t == TD && is_date(f))
		attribute(f, "class", STR("date"));
	else if (t == SECTION && class_is(f, "footnotes"))
		attribute(f, "class", STR("footnotes"));
	else if (t == SUP && class_is(f, "footnote-ref"))
		attribute(f, "class", STR("footnote-ref"));
	else if (t == LI && f->value[ID].p && (id = unescaped(f, f->value[ID]), is_footnote(id)))
		attribute(f, "id", id);
	buf_putc(f->out, '>');
	if (tags[t].holds)
		f->open[f->depth++] = el;
	return RC_OK;
}

static bool at(const struct filter *f, char c)
{
	return f->i < f->raw.n && f->raw.p[f->i] == c;
}

static struct str name_at(struct filter *f)
{
	size_t from = f->i;

	while (f->i < f->raw.n && ((f->raw.p[f->i] >= 'a' && f->raw.p[f->i] <= 'z') || is_digit(f->raw.p[f->i]) ||
	    f->raw.p[f->i] == '-'))
		f->i++;
	return str_sub(f->raw, from, f->i);
}

static bool tag_parse(enum tag *t, struct str name)
{
	static const unsigned char first[26] = { ['b' - 'a'] = BLOCKQUOTE, ['c' - 'a'] = CODE_, ['d' - 'a'] = DEL,
		['e' - 'a'] = EM, ['h' - 'a'] = H1, ['i' - 'a'] = IMG, ['l' - 'a'] = LI, ['o' - 'a'] = OL, ['p' - 'a'] = P,
		['s' - 'a'] = SECTION, ['t' - 'a'] = TABLE, ['u' - 'a'] = UL };
	char c = name.n ? name.p[0] : '\0';
	int i;

	if (c < 'a' || c > 'z')
		return false;
	for (i = first[c - 'a']; i < TAGS && tags[i].name[0] == c; i++)
		if (str_is(name, tags[i].name)) {
			*t = (enum tag)i;
			return true;
		}
	return false;
}

/* Attributes up to and with ">". *footnote: the parser marks the link as one of its own. */
static enum rc read_attrs(struct filter *f, bool *footnote, struct err *e)
{
	const char *end;
	struct str name, value;
	size_t k;

	if (f->valued)
		memset(f->value, 0, sizeof f->value);
	f->valued = *footnote = false;
	for (;;) {
		while (f->i < f->raw.n && is_blank(f->raw.p[f->i]))
			f->i++;
		if (at(f, '/'))
			f->i++;
		if (at(f, '>')) {
			f->i++;
			return RC_OK;
		}
		name = name_at(f);
		value = STR("");
		if (name.n == 0)
			return refuse(f, e, "a tag that does not end");
		if (at(f, '=')) {
			f->i++;
			if (!at(f, '"'))
				return refuse(f, e, "an attribute without quotes");
			f->i++;
			end = memchr(f->raw.p + f->i, '"', f->raw.n - f->i);
			if (!end)
				return refuse(f, e, "an attribute that does not end");
			value = str_sub(f->raw, f->i, (size_t)(end - f->raw.p));
			f->i += value.n + 1;
		}
		for (k = 0; k < ATTRS && !str_is(name, attrs[k]); k++)
			;
		if (k < ATTRS) {
			f->value[k] = value;
			f->valued = true;
			continue;
		}
		for (k = 0; k < sizeof dropped / sizeof dropped[0] && !str_is(name, dropped[k]); k++)
			;
		if (k == sizeof dropped / sizeof dropped[0])
			return refuse(f, e, "an attribute that is not known");
		if (str_starts(name, STR("data-footnote-")))
			*footnote = true;
	}
}

static enum rc close_tag(struct filter *f, enum tag t, struct err *e)
{
	struct element el;

	if (!at(f, '>') || f->depth == 0 || f->open[f->depth - 1].tag != t)
		return refuse(f, e, "an end tag that closes nothing");
	f->i++;
	el = f->open[--f->depth];
	if (el.silent)
		return RC_OK;
	f->links -= t == A;
	buf_str_add(f->out, tags[t].end);
	buf_putc(f->out, '>');
	return RC_OK;
}

/* At "<". */
static enum rc markup(struct filter *f, struct err *e)
{
	static const char comment[] = "<!-- raw HTML omitted -->";
	bool end, footnote;
	enum tag t;
	enum rc rc;

	if (f->i + 1 < f->raw.n && f->raw.p[f->i + 1] == '!' && str_starts(str_sub(f->raw, f->i, f->raw.n), STR(comment))) {
		f->i += sizeof comment - 1;
		return RC_OK;
	}
	f->i++;
	end = at(f, '/');
	f->i += end;
	if (!tag_parse(&t, name_at(f)))
		return refuse(f, e, "a tag that is not known");
	if (end)
		return close_tag(f, t, e);
	if (!(holds(f) & tags[t].is))
		return refuse(f, e, "an element where it may not stand");
	if ((rc = read_attrs(f, &footnote, e)))
		return rc;
	return open_tag(f, t, footnote, e);
}

/* Bytes at i of a text that become the same when decoded and escaped again; 0: it takes that to tell. */
static size_t same(struct str s, size_t i)
{
	size_t at = i, k;
	uint32_t cp;

	for (k = 0; s.p[i] == '&' && k < sizeof entities / sizeof entities[0]; k++)
		if (s.n - i >= entities[k].n && memcmp(s.p + i, entities[k].name, entities[k].n) == 0)
			return entities[k].n;
	cp = str_utf8_next(s, &at);
	return cp == '\n' || cp == '\t' || (cp >= 0xa0 && cp != 0xfffd) ? at - i : 0;
}

static enum rc text(struct filter *f, struct err *e)
{
	struct str s = f->raw;
	size_t i = f->i, n;
	const char *end;

	while (i < s.n && is_blank(s.p[i]))
		i++;
	if (i < s.n && s.p[i] != '<' && !(holds(f) & TEXT))
		return refuse(f, e, "text where none may stand");
	for (i = f->i; (i = str_html_plain(s, i)) < s.n && (n = same(s, i)); i += n)
		;
	buf_add(f->out, s.p + f->i, i - f->i);
	f->i = i;
	if (i == s.n || s.p[i] == '<')
		return RC_OK;
	end = memchr(s.p + i, '<', s.n - i);
	s = str_sub(s, i, end ? (size_t)(end - s.p) : s.n);
	buf_html_escape(f->out, unescaped(f, s));
	f->i += s.n;
	return RC_OK;
}

enum rc md_filter(struct buf *html, struct str raw, md_link_fn *link, void *ctx, struct err *e)
{
	struct filter f = { .out = html, .raw = raw, .link = link ? link : md_link_default, .ctx = ctx };
	size_t before = html->n;
	enum rc rc = RC_OK;

	while (rc == RC_OK && f.i < raw.n) {
		rc = raw.p[f.i] == '<' ? markup(&f, e) : text(&f, e);
		if (rc == RC_OK && html->n - before > OUT_MAX)
			rc = refuse(&f, e, "more than 8 MiB");
	}
	if (rc == RC_OK && f.depth)
		rc = refuse(&f, e, "an element that is not closed");
	if (rc && html->p) {
		html->n = before;
		html->p[before] = '\0';
	}
	buf_free(&f.scratch);
	buf_free(&f.href);
	return rc;
}
