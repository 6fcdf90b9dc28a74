/* render/body.c: see body.h.
 *
 * md_render writes HTML that is well formed and of few shapes, so it can be read by a scanner that knows tags
 * and text. On its way into the page it is changed in these places:
 *
 *	links	those to documents come as "#doc:<name>" (link_to) and are led to d/<name>.html. One to a left-out
 *		document becomes its own text, or COPY_NOT_HERE where that text holds the title or the id
 *	ids	of left-out documents in running text become COPY_NOT_HERE
 *	tables	get a frame that scrolls
 *	anchors	heading numbers and footnotes run through all parts of one page
 *	player	of an exercise: nothing from a facilitator's heading to the next of the players', no column
 *		"Expected action", no footnotes (their texts stand at the end, whoever they belong to)
 *
 * The player view works on the HTML, not on the Markdown: what a reader sees as a heading counts, however it
 * was written. */
#include "render/body.h"
#include "render/facts.h"

#include <stdlib.h>
#include <string.h>

#define DOC_LINK "#doc:"

#define CONFLICT "<!-- conflict -->"

static bool is_mark(struct str line, const char *mark)
{
	return str_is(str_trim(line), mark);
}

/* The offset of the line with the next mark of a conflict from a line at i on, or s.n. Few texts have any "<". */
static size_t conflict_line(struct str s, size_t i)
{
	size_t at = i, k, line;

	while ((k = str_chr(str_sub(s, at, s.n), '<')) != SIZE_MAX) {
		at += k;
		if (str_starts(str_sub(s, at, s.n), STR(CONFLICT))) {
			for (line = at; line > i && s.p[line - 1] != '\n'; line--)
				;
			return line;
		}
		at++;
	}
	return s.n;
}

struct part *body_parts(size_t *n, struct arena *a, struct str body)
{
	struct part *v = NULL;
	size_t cap = 0, got = 0, begin = 0, at = 0, look, next;
	struct str line;

	while ((at = conflict_line(body, at)) < body.n) {
		size_t end = at + str_chr(str_sub(body, at, body.n), '\n');
		size_t mark[64], marks = 0, after = 0;

		end = end < at || end >= body.n ? body.n : end + 1;
		if (!is_mark(str_sub(body, at, end), CONFLICT)) {
			at = end;
			continue;
		}
		mark[marks++] = end;	/* where each variant begins; the ends follow */
		for (look = end; look < body.n && !after; look = next) {
			next = look + str_chr(str_sub(body, look, body.n), '\n');
			next = next < look || next >= body.n ? body.n : next + 1;
			line = str_sub(body, look, next);
			if (is_mark(line, CONFLICT))
				break;
			if (is_mark(line, "<!-- or -->") || is_mark(line, "<!-- /conflict -->")) {
				if (marks + 2 > sizeof mark / sizeof mark[0])
					break;
				mark[marks++] = look;
				mark[marks++] = next;
				if (is_mark(line, "<!-- /conflict -->"))
					after = next;
			}
		}
		if (!after || marks < 5) {	/* fewer than two variants, or no end: text */
			at = end;
			continue;
		}
		for (look = 0; look < marks; look += 2) {
			if (got + 2 > cap)
				v = arena_grow(a, v, &cap, sizeof *v);
			if (got + 2 > cap)
				v = arena_grow(a, v, &cap, sizeof *v);
			if (look == 0 && at > begin)
				v[got++] = (struct part){ str_sub(body, begin, at), 0, false };
			if (look + 1 < marks)
				v[got++] = (struct part){ str_sub(body, mark[look], mark[look + 1]),
				    (unsigned)look / 2 + 1, look + 3 == marks };
		}
		begin = at = after;
	}
	if (begin < body.n || got == 0) {
		if (got == cap)
			v = arena_grow(a, v, &cap, sizeof *v);
		v[got++] = (struct part){ str_sub(body, begin, body.n), 0, false };
	}
	*n = got;
	return v;
}

static bool scheme(struct str s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '/' && s.p[i] != '?' && s.p[i] != '#'; i++)
		if (s.p[i] == ':')
			return true;
	return false;
}

/* What a link to a document is, wherever the copy has it: decided later, so that this depends on the text alone. */
static void link_to(void *ctx, struct buf *href, struct str target)
{
	struct str path = target, name, file, id;
	size_t i;

	(void)ctx;
	if (scheme(target) || str_starts(target, STR("//")) || str_starts(target, STR("\\"))) {
		md_link_default(NULL, href, target);
		return;
	}
	for (i = 0; i < path.n && path.p[i] != '#' && path.p[i] != '?'; i++)
		;
	path = file = str_sub(path, 0, i);
	for (i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/') {
			file = str_sub(path, i, path.n);
			break;
		}
	name = str_ends(file, STR(".md")) ? str_sub(file, 0, file.n - 3) : file;
	id = str_sub(name, 0, str_chr(name, '.'));
	if (doc_id_valid(id, NULL, NULL) && (lang_valid(str_sub(name, id.n + 1, name.n)) || name.n == id.n))
		buf_printf(href, DOC_LINK "%.*s", FMT_STR(name));
}

/* Attribute-free reading of one tag at html.p[i] == '<': its name, whether it ends something, the offset behind. */
static struct str tag_at(bool *end, size_t *behind, struct str html, size_t i)
{
	size_t from, j;

	*end = i + 1 < html.n && html.p[i + 1] == '/';
	from = i + 1 + *end;
	for (j = from; j < html.n && html.p[j] != ' ' && html.p[j] != '>'; j++)
		;
	*behind = j < html.n ? j + str_chr(str_sub(html, j, html.n), '>') : j;
	*behind = *behind < j || *behind >= html.n ? html.n : *behind + 1;
	return str_sub(html, from, j);
}

/* Text without tags, blanks made one, ASCII letters made small: for comparing. */
static void plain(struct buf *b, struct str html)
{
	bool tag = false;
	size_t i;

	for (i = 0; i < html.n; i++) {
		char c = html.p[i];

		if (c == '<')
			tag = true;
		else if (c == '>')
			tag = false;
		else if (tag)
			continue;
		else if (c == ' ' || c == '\n' || c == '\t') {
			if (b->n && b->p[b->n - 1] != ' ')
				buf_putc(b, ' ');
		} else
			buf_putc(b, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
	}
	while (b->n && b->p[b->n - 1] == ' ')
		b->p[--b->n] = '\0';
}

static bool plain_holds(struct str html, struct str text)
{
	struct buf a = BUF_INIT, b = BUF_INIT, escaped = BUF_INIT;
	bool yes;

	buf_html_escape(&escaped, text);
	plain(&a, html);
	plain(&b, buf_str(&escaped));
	yes = b.n && str_find(buf_str(&a), buf_str(&b)) != SIZE_MAX;
	buf_free(&a);
	buf_free(&b);
	buf_free(&escaped);
	return yes;
}

static bool names_it(const struct copy *c, struct str html, struct str name)
{
	const struct entry *e = copy_any(c, name);
	struct str id = str_sub(name, 0, str_chr(name, '.'));
	size_t i;

	if (e && e->broken)
		return true;		/* nobody knows its title */
	if (plain_holds(html, id) || (e && e->title.n && plain_holds(html, e->title)))
		return true;
	for (i = 0; e && i < e->doc.front.n; i++)	/* titles in conflict count all */
		if (str_is(e->doc.front.keys[i].name, "title") && e->doc.front.keys[i].n &&
		    plain_holds(html, e->doc.front.keys[i].values[0]))
			return true;
	return false;
}

/* What a heading means to the player view: 1 it hides, -1 it shows again, 0 neither. */
static int heading_says(const struct kind *k, struct str html)
{
	const struct heading *h;
	struct buf b = BUF_INIT, want = BUF_INIT;
	int says = 0;

	plain(&b, html);
	for (h = k->headings; h->text; h++) {
		buf_clear(&want);
		plain(&want, cstr(h->text));
		if (str_eq(buf_str(&b), buf_str(&want)))
			says = h->facilitator ? 1 : -1;
		else if (h->facilitator && str_starts(buf_str(&b), buf_str(&want)) && says == 0)
			says = 1;	/* "Hot wash (30 minutes)" */
	}
	if (says == 0 && str_find(buf_str(&b), STR("facilitator")) != SIZE_MAX)
		says = 1;
	buf_free(&b);
	buf_free(&want);
	return says;
}

struct scan {
	struct buf *out;
	struct str html;
	size_t i;
	struct post *p;
	unsigned swallowed;		/* elements that began while hidden and are open */
	uint64_t columns;		/* of the table: the ones to leave out */
	unsigned column;
	bool foot;			/* inside the footnotes, which are left out */
};

/* The offset of the end tag of a name at or after i; these elements do not nest. */
static size_t find_end(struct str html, size_t i, const char *end)
{
	size_t at = str_find(str_sub(html, i, html.n), cstr(end));

	return at == SIZE_MAX ? html.n : i + at;
}

static bool is_void(struct str name)
{
	return str_is(name, "br") || str_is(name, "hr") || str_is(name, "input");
}

/* A tag as it stands, but for heading numbers and footnote anchors, and ids of left-out documents. */
static void put_tag(struct scan *s, struct str tag, struct str name)
{
	static const char *const marks[] = { "id=\"fn-", "id=\"fnref-", "href=\"#fn-", "href=\"#fnref-" };
	struct str rest = tag;
	size_t k, at, best, behind;

	if (name.n == 2 && name.p[0] == 'h' && name.p[1] >= '1' && name.p[1] <= '6') {
		buf_str_add(s->out, str_sub(tag, 0, 1 + name.n));
		buf_puts(s->out, " dir=\"auto\" id=\"");
		buf_str_add(s->out, s->p->within);
		buf_puts(s->out, "s-");
		buf_number(s->out, ++s->p->headings);
		buf_puts(s->out, "\">");
		return;
	}
	while (s->p->part || s->p->within.n) {
		for (best = SIZE_MAX, behind = k = 0; k < sizeof marks / sizeof marks[0]; k++) {
			at = str_find(rest, cstr(marks[k]));
			if (at < best) {
				best = at;
				behind = at + strlen(marks[k]);
			}
		}
		if (best == SIZE_MAX)
			break;
		copy_html(s->out, s->p->copy, str_sub(rest, 0, behind), "x");
		buf_str_add(s->out, s->p->within);
		if (s->p->part)
			buf_printf(s->out, "%u-", s->p->part);
		rest = str_sub(rest, behind, rest.n);
	}
	copy_html(s->out, s->p->copy, rest, "x");
}

/* Where a text names a left-out document, its title beside it is the title of a link in a code block, or meant
 * as one. In the player view, a table that its writer broke is text with bars in it. */
static void put_text(struct scan *s, struct str text)
{
	const struct copy *c = s->p->copy;
	struct buf b = BUF_INIT, title = BUF_INIT;
	size_t i, at, from;

	if (s->p->player && str_chr(text, '|') != SIZE_MAX && plain_holds(text, STR("expected action")))
		return;
	if (!copy_names_left_out(c, text)) {
		buf_str_add(s->out, text);
		return;
	}
	buf_str_add(&b, text);
	facts_note(c->watch, FACT_FACES, 0, 0, STR_NONE);
	for (i = 0; i < c->nall; i++) {
		if (c->all[i].in || !c->all[i].title.n || str_find(text, c->all[i].id) == SIZE_MAX)
			continue;
		buf_clear(&title);
		buf_html_escape(&title, c->all[i].title);
		/* forwards only: a title may be part of what is put in its place */
		for (from = 0; (at = str_find(str_sub(buf_str(&b), from, b.n), buf_str(&title))) != SIZE_MAX;
		    from += at + strlen(COPY_NOT_HERE))
			buf_splice(&b, from + at, title.n, STR(COPY_NOT_HERE));
	}
	copy_html(s->out, c, buf_str(&b), COPY_NOT_HERE);
	buf_free(&b);
	buf_free(&title);
}

static void begin_table(struct scan *s, size_t from)
{
	size_t end = find_end(s->html, from, "</thead>"), at = from, behind;
	unsigned column = 0;

	s->columns = 0;
	s->column = 0;
	while (s->p->player && (at = find_end(s->html, at, "<th ")) < end) {
		bool is_end;
		struct buf b = BUF_INIT;
		size_t close = find_end(s->html, at, "</th>");

		(void)tag_at(&is_end, &behind, s->html, at);
		plain(&b, str_sub(s->html, behind, close));
		if (column >= 64 || str_starts(buf_str(&b), STR("expected action")))
			s->columns |= (uint64_t)1 << (column < 64 ? column : 63);
		buf_free(&b);
		column++;
		at = close;
	}
	buf_puts(s->out, "<div class=\"wide\" role=\"group\" aria-label=\"");
	buf_html_escape(s->out, s->p->t ? text_get(s->p->t, STR("table"), NULL) : STR("Table"));
	buf_puts(s->out, "\" tabindex=\"0\">");
}

/* A heading at the scanner: does the player view change? */
static void player_heading(struct scan *s, struct str name, size_t behind)
{
	char end[6] = "</h2>";
	unsigned level = (unsigned)(name.p[1] - '0');
	int says;

	end[3] = name.p[1];
	says = heading_says(s->p->player, str_sub(s->html, behind, find_end(s->html, behind, end)));
	if (says > 0 && (!s->p->hidden || level < s->p->level)) {
		s->p->hidden = true;
		s->p->level = level;
	} else if (says < 0 && s->p->hidden && level <= s->p->level && s->swallowed == 0) {
		s->p->hidden = false;
	}
}

static void scan(struct scan *s);

/* The text of a link without the link; to: the document it named. */
static void unlink_text(struct scan *s, size_t behind, struct str to)
{
	size_t close = find_end(s->html, behind, "</a>");
	struct str inner = str_sub(s->html, behind, close);
	struct scan in = { .out = s->out, .html = inner, .p = s->p };

	if (to.n && names_it(s->p->copy, inner, to))
		buf_puts(s->out, COPY_NOT_HERE);
	else
		scan(&in);
	s->i = close + (close < s->html.n ? 4 : 0);
}

/* Is the text of a link its address: paper needs it once. */
static bool is_address(struct str text, struct str href)
{
	return str_starts(text, href) && str_starts(str_sub(text, href.n, text.n), STR("</a>"));
}

/* The begin of a link at the scanner: to a document, with the id of a left-out one in it, or to what its text says. false:
 * another. */
static bool link(struct scan *s, struct str whole, size_t behind)
{
	const struct copy *c = s->p->copy;
	const struct entry *e;
	struct str href = STR_NONE;

	if (str_starts(whole, STR("<a href=\"")))
		href = str_sub(whole, 9, 9 + str_chr(str_sub(whole, 9, whole.n), '"'));
	if (!str_starts(href, STR(DOC_LINK))) {
		if (href.n && href.p[0] != '#' && copy_names_left_out(c, href)) {
			unlink_text(s, behind, STR_NONE);
			return true;
		}
		if (!href.n || !is_address(str_sub(s->html, behind, s->html.n), href))
			return false;
		buf_puts(s->out, "<a class=\"bare\"");
		copy_html(s->out, c, str_sub(whole, 2, whole.n), "x");
		return true;
	}
	href = str_sub(href, strlen(DOC_LINK), href.n);
	if (!(e = copy_find(c, href))) {
		unlink_text(s, behind, href);
		return true;
	}
	e = copy_best(c, e);
	buf_puts(s->out, "<a href=\"");
	buf_puts(s->out, s->p->whole ? "#" : s->p->up ? s->p->up : "");
	buf_puts(s->out, s->p->whole ? "" : "d/");
	buf_str_add(s->out, e->name);
	buf_puts(s->out, s->p->whole ? "\">" : ".html\">");
	return true;
}

/* At '<'. */
static void tag(struct scan *s)
{
	bool end;
	size_t behind, from = s->i;
	struct str name = tag_at(&end, &behind, s->html, s->i), whole = str_sub(s->html, s->i, behind);

	s->i = behind;
	if (s->p->player && !end && name.n == 2 && name.p[0] == 'h' && name.p[1] != 'r')
		player_heading(s, name, behind);
	if (s->p->player && !end && str_find(whole, STR("class=\"footnotes\"")) != SIZE_MAX) {
		s->i = find_end(s->html, behind, "</section>");
		s->i += s->i < s->html.n ? strlen("</section>") : 0;
		return;
	}
	if (s->p->player && !end && str_find(whole, STR("class=\"footnote-ref\"")) != SIZE_MAX) {
		s->i = find_end(s->html, behind, "</sup>");
		s->i += s->i < s->html.n ? strlen("</sup>") : 0;
		return;
	}
	if (s->p->hidden) {
		if (end && s->swallowed == 0) {		/* began before the heading that hides */
			buf_str_add(s->out, whole);
			if (str_is(name, "table"))
				buf_puts(s->out, "</div>");
		} else if (end) {
			s->swallowed--;
		} else if (!is_void(name)) {
			s->swallowed++;
		}
		return;
	}
	if (str_is(name, "tr"))
		s->column = 0;
	if (!end && (str_is(name, "td") || str_is(name, "th"))) {
		bool out = s->columns >> (s->column < 64 ? s->column : 63) & 1;

		s->column++;
		if (out) {
			s->i = find_end(s->html, behind, name.p[1] == 'd' ? "</td>" : "</th>");
			s->i += s->i < s->html.n ? 5 : 0;
			return;
		}
	}
	if (!end && str_is(name, "table"))
		begin_table(s, from);
	if (!end && str_is(name, "a") && link(s, whole, behind))
		return;
	if (end)
		buf_str_add(s->out, whole);
	else
		put_tag(s, whole, name);
	if (end && str_is(name, "table"))
		buf_puts(s->out, "</div>");
}

/* The offset behind a text or tag at the scanner that stays as it is, or where it stands: that is to be found out. */
static size_t as_it_is(const struct scan *s)
{
	const char *p = s->html.p + s->i, *end = s->html.p + s->html.n, *to;

	if (s->p->player || s->p->hidden)
		return s->i;
	if (*p != '<') {
		to = memchr(p, '<', (size_t)(end - p));
		to = to ? to : end;
		return copy_names_left_out(s->p->copy, (struct str){ p, (size_t)(to - p) }) ? s->i : (size_t)(to - s->html.p);
	}
	to = memchr(p, '>', (size_t)(end - p));
	if (!to)
		return s->i;
	if (p[1] == '/' ? str_starts((struct str){ p, (size_t)(to - p) }, STR("</table")) :
	    p[1] == 'a' || p[1] == 'h' || (p[1] == 't' && p[2] == 'a') || memchr(p, '-', (size_t)(to - p)))
		return s->i;		/* a link, a heading, a table, a name in it */
	return (size_t)(to + 1 - s->html.p);
}

static void scan(struct scan *s)
{
	size_t from = s->i, end;

	while (s->i < s->html.n) {
		if ((end = as_it_is(s)) > s->i) {
			s->i = end;
			continue;
		}
		buf_str_add(s->out, str_sub(s->html, from, s->i));
		if (s->html.p[s->i] == '<') {
			tag(s);
		} else {
			end = find_end(s->html, s->i, "<");
			if (!s->p->hidden)
				put_text(s, str_sub(s->html, s->i, end));
			s->i = end;
		}
		from = s->i;
	}
	buf_str_add(s->out, str_sub(s->html, from, s->i));
}

void body_post(struct buf *out, struct str html, struct post *p)
{
	struct scan s = { .out = out, .html = html, .p = p };

	buf_reserve(out, html.n);
	scan(&s);
}

void body_plain(struct buf *b, struct str html)
{
	bool tag_ = false;
	size_t i;

	for (i = 0; i < html.n; i++) {
		char c = html.p[i];

		if (c == '<' || c == '>')
			tag_ = c == '<';
		else if (!tag_)
			buf_putc(b, c == '\n' ? ' ' : c);
	}
}

/* Is a code point of a script that goes from right to left: Hebrew to Arabic, their later blocks and old forms. */
static bool goes_left(uint32_t c)
{
	return (c >= 0x590 && c <= 0x8ff) || (c >= 0xfb1d && c <= 0xfdff) || (c >= 0xfe70 && c <= 0xfefc) ||
	    (c >= 0x10800 && c <= 0x10fff) || (c >= 0x1e800 && c <= 0x1efff);
}

/* Letters among 8 bytes, or more than 8: some are not ASCII, or begin a tag or a reference. */
static unsigned ascii_letters(const char *p)
{
	const uint64_t ones = 0x0101010101010101u, high = 0x80 * ones;
	uint64_t w, tag, ref;

	memcpy(&w, p, sizeof w);
	tag = w ^ '<' * ones;
	ref = w ^ '&' * ones;
	if ((w | ((tag - ones) & ~tag) | ((ref - ones) & ~ref)) & high)
		return 9;
	w |= 0x20 * ones;
	w = (w + (0x80 - 'a') * ones) & ~(w + (0x7f - 'z') * ones) & high;
	return (unsigned)((w >> 7) * ones >> 56);
}

/* Might a letter in there go left, by the bytes that such begin with: most texts have none of these. */
static bool may_go_left(struct str html)
{
	typedef unsigned char bytes __attribute__((vector_size(16)));
	bytes x, found = { 0 };
	uint64_t any[2];
	size_t i, n;

	for (i = 0; i < html.n; i += n) {
		n = html.n - i < sizeof x ? html.n - i : sizeof x;
		x = (bytes){ 0 };
		memcpy(&x, html.p + i, n);
		found |= (bytes)((x >= 0xd6) & ((x < 0xe1) | (x > 0xe3)));
	}
	memcpy(any, &found, sizeof any);
	return any[0] | any[1];
}

/* Where the letters of a block go, from behind its tag to the next that may not stand inside a line: above 0 right,
 * below 0 left, 0 when there are none. The first `most` tell. What begins with another block goes as the document. */
static int block_goes(struct str html, size_t i, bool rtl, int most)
{
	int balance = 0, seen = 0;
	size_t behind;
	unsigned n;
	uint32_t c;
	bool end;

	while (i < html.n && seen < most && abs(balance) <= most - seen) {	/* until nothing changes it */
		if (i + 8 <= html.n && seen + 8 <= most && (n = ascii_letters(html.p + i)) <= 8) {
			balance += (int)n;
			seen += (int)n;
			i += 8;
			continue;
		}
		if (html.p[i] == '<') {
			if (!word_in("a em strong del code span bdi sup mark ins br input", tag_at(&end, &behind, html, i))) {
				if (!seen && !end)
					return rtl ? -1 : 1;
				break;
			}
			i = behind;
			continue;
		}
		c = (unsigned char)html.p[i];
		if (c >= 0xc3 && c < 0xe0 && i + 1 < html.n) {	/* letters, but for Arabic digits */
			c = (c & 0x1f) << 6 | ((unsigned char)html.p[i + 1] & 0x3f);
			i += 2;
			if ((c < 0x660 || c > 0x66c) && (c < 0x6f0 || c > 0x6f9)) {
				balance += goes_left(c) ? -1 : 1;
				seen++;
			}
			continue;
		}
		if (c == '&') {		/* a reference is no letter */
			i += str_chr(str_sub(html, i, html.n), ';');
			i = i < html.n ? i + 1 : html.n;
			continue;
		}
		if (c < 0x80) {
			i++;
		} else if (c >= 0xe1 && c < 0xf0 && i + 2 < html.n) {
			c = (c & 0xf) << 12 | ((unsigned char)html.p[i + 1] & 0x3fu) << 6 | ((unsigned char)html.p[i + 2] & 0x3f);
			i += 3;
		} else {
			c = str_utf8_next(html, &i);
		}
		if ((c | 0x20) - 'a' > 25 && (c < 0xc0 || (c >= 0x2000 && c < 0x2c00) || (c >= 0x3000 && c < 0x3040)))
			continue;	/* blanks, digits, marks */
		balance += goes_left(c) ? -1 : 1;
		seen++;
	}
	return balance ? balance : seen ? 1 : 0;
}

void body_directions(struct buf *b, size_t from, bool rtl)
{
	static const char mark[] = " dir=\"auto\"";	/* in no text: its quotes are references there */
	enum { MARK = sizeof mark - 1, SHORT = 10 };
	int most = rtl || may_go_left(str_sub(buf_str(b), from, b->n)) ? 400 : 1, goes;
	size_t to = from, i = from, at, end;
	struct str html = buf_str(b);

	for (at = from; (end = str_chr(str_sub(html, at, html.n), '<')) != SIZE_MAX; at = end) {
		at += end;
		end = at + 1;
		if (end + 1 < html.n && (html.p[end] == '/' || (html.p[end] == 'a' && html.p[end + 1] == ' ')))
			continue;		/* no block begins so */
		for (; end < html.n && html.p[end] != '>'; end++)
			if (html.p[end] == ' ' && html.n - end >= MARK && memcmp(html.p + end, mark, MARK) == 0)
				break;
		if (end == html.n || html.p[end] == '>')
			continue;
		memmove(b->p + to, b->p + i, end - i);
		to += end - i;
		i = end + MARK;
		end = str_chr(str_sub(html, i, html.n), '>');
		goes = block_goes(html, end == SIZE_MAX ? html.n : i + end + 1, rtl, most);
		end = i;
		if (goes != 0 && (goes < 0) == rtl)
			continue;
		memcpy(b->p + to, goes == 0 ? mark : goes < 0 ? " dir=\"rtl\"" : " dir=\"ltr\"", goes == 0 ? MARK : SHORT);
		to += goes == 0 ? MARK : SHORT;
	}
	memmove(b->p + to, b->p + i, html.n - i);
	b->p[b->n = to + html.n - i] = '\0';
}

/* The line of the file at which a part of its body begins. */
static unsigned line_of(const struct entry *of, struct str body, struct str part)
{
	unsigned line = of->doc.front.body_line ? of->doc.front.body_line : 1;
	const char *p;

	for (p = body.p; p && p < part.p; p++)
		line += *p == '\n';
	return line;
}

/* A paragraph of the interface between the paragraphs of a document. */
static void say(struct page *p, const char *class, const char *strong, const char *key)
{
	buf_printf(p->b, "<p class=\"%s\"", class);
	page_lang(p, p->t->lang);
	page_puts(p, ">");
	if (strong) {
		page_puts(p, "<strong>");
		page_t(p, strong);
		page_puts(p, "</strong> ");
	}
	page_t(p, key);
	page_puts(p, "</p>\n");
}

static struct str body_of(const struct entry *of, struct str text)
{
	return str_sub(text, of->doc.front.body, text.n);
}

void body_expect(struct md *m, const struct entry *of, struct str text)
{
	struct arena a = ARENA_INIT;
	struct part *v;
	size_t n, i;

	v = body_parts(&n, &a, body_of(of, text));
	for (i = 0; i < n; i++)
		md_expect(m, v[i].text);
	arena_free(&a);
}

enum rc body_render(struct page *p, const struct entry *of, bool player, struct err *e)
{
	const struct copy *c = p->c;
	struct arena a = ARENA_INIT;
	struct buf raw = BUF_INIT, text = BUF_INIT;
	struct str body = of->doc.body;
	struct post post = { .copy = c, .up = p->up, .t = p->t, .whole = p->whole, .player = player ? of->kind : NULL };
	struct err why = ERR_INIT;
	enum rc rc = RC_OK, one;
	bool before = false, any = false;
	size_t from = p->b->n, n, i;
	struct part *v;

	if (p->whole)
		post.within = cstr(arena_printf(&a, "%.*s-", FMT_STR(of->name)));
	facts_note(c->watch, FACT_TEXT, 0, 0, of->name);
	if (!body.p) {			/* one that is not kept in memory */
		if (!p->text.n && (rc = copy_read(&text, c, of, e)))
			goto out;
		body = body_of(of, p->text.n ? p->text : buf_str(&text));
	}
	v = body_parts(&n, &a, body);
	for (i = 0; i < n; i++) {
		buf_clear(&raw);
		one = md_render(&raw, p->md, v[i].text, link_to, NULL, &why);
		if (one == RC_IO) {
			rc = err_set(e, RC_IO, "%s", why.msg);
			break;
		}
		if (v[i].variant == 1) {
			before = post.hidden;
			any = false;
			page_puts(p, "<div class=\"conflict\"");
			page_lang(p, p->t->lang);	/* its sides stand as the page reads; what is in them, as the document does */
			page_puts(p, ">\n");
			say(p, "which", "conflict", "conflict.text");
			page_puts(p, "<div class=\"sides\">\n");
		}
		if (v[i].variant) {
			post.hidden = before;
			page_puts(p, "<div class=\"variant\" role=\"group\"");
			page_lang(p, of->lang);
			page_puts(p, ">\n<p class=\"which\"");
			page_lang(p, p->t->lang);
			page_puts(p, ">");
			page_t_number(p, "conflict.variant", v[i].variant);
			page_puts(p, "</p>\n");
		}
		post.part = (unsigned)i;
		if (one) {
			/* What links to a left-out document may have its title for a text; nobody can tell here. */
			bool withheld = player || copy_names_left_out(c, v[i].text);

			rc = err_set(e, RC_INVALID, "%.*s:%u: %s; its text is not laid out", FMT_STR(of->name),
			    line_of(of, body, v[i].text), why.msg);
			say(p, "notice", NULL, withheld ? "unlaid.withheld" : "unlaid");
			if (withheld)
				buf_clear(&raw);
			if (player)
				post.hidden = true;	/* nobody knows where the facilitators' part began */
		}
		body_post(p->b, buf_str(&raw), &post);
		any = any || post.hidden;
		if (v[i].variant)
			page_puts(p, "</div>\n");
		if (v[i].last) {
			post.hidden = any;
			page_puts(p, "</div></div>\n");
		}
	}
	body_directions(p->b, from, lang_rtl(of->lang));
out:
	buf_free(&raw);
	buf_free(&text);
	arena_free(&a);
	return rc;
}
