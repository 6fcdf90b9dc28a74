/* render/chart.c: see chart.h. */
#include "render/chart.h"
#include "render/facts.h"

#include <string.h>

#include "render/lists.h"

#define ROW 30				/* units of the drawing */
#define NAME 210			/* where names end */
#define CELL 34
#define ROWS_MAX 60
#define COLUMNS_MAX 24			/* countries with most documents */
#define TOPICS_MAX 30
#define SHADES 5
#define DARK 4				/* from this shade on the number is light */

/* A drawing goes from its start to its end, as its page does: x is counted from the start. */
struct chart {
	struct page *p;
	unsigned width;
	bool rtl;
};

static struct chart begin(struct page *p, const char *title, unsigned width, unsigned height)
{
	struct chart c = { p, width, lang_rtl(p->t->lang) };

	buf_printf(p->b, "<figure class=\"chart\" tabindex=\"0\"><svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" role=\"img\" "
	    "aria-label=\"", width, height, width, height);
	page_t(p, title);
	page_puts(p, "\">\n");
	return c;
}

static void end(const struct chart *c)
{
	page_puts(c->p, "</svg></figure>\n");
}

static unsigned from_left(const struct chart *c, unsigned x)
{
	return c->rtl ? c->width - x : x;
}

enum anchor { START, MIDDLE, END };

static void text_begin(const struct chart *c, unsigned x, unsigned y, enum anchor at, const char *class)
{
	static const char *const names[] = { "start", "middle", "end" };

	buf_printf(c->p->b, "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\"%s>", from_left(c, x), y, names[c->rtl ? END - at : at], class);
}

static void label(const struct chart *c, unsigned x, unsigned y, enum anchor at, struct str text)
{
	text_begin(c, x, y, at, "");
	page_text(c->p, text);
	page_puts(c->p, "</text>\n");
}

/* A column's name, in the language of the page. */
static void head(const struct chart *c, unsigned x, enum anchor at, const char *key)
{
	text_begin(c, x, 20, at, " class=\"head\"");
	page_t(c->p, key);
	page_puts(c->p, "</text>\n");
}

static void rule(const struct chart *c, unsigned from, unsigned y, unsigned width)
{
	buf_printf(c->p->b, "<path d=\"M%u %uh%u\" class=\"rule\"/>\n", from_left(c, c->rtl ? from + width : from), y, width);
}

void chart_readiness(struct page *p, const struct ready *v, size_t n)
{
	unsigned rows = n > ROWS_MAX ? ROWS_MAX : (unsigned)n, i, k, y;
	struct chart c;

	if (!n)
		return;
	c = begin(p, "readiness", 540, rows * ROW + 36);
	head(&c, 262, MIDDLE, "readiness.profile");
	head(&c, 340, START, "readiness.cases");
	for (i = 0; i < rows; i++) {
		y = 32 + i * ROW;
		rule(&c, 0, y, c.width);
		label(&c, 0, y + 20, START, page_label_text(p, "countries", v[i].country));
		for (k = 0; k < 4; k++) {
			bool yes = k == 0 ? v[i].profile : v[i].cases >= k;
			unsigned x = from_left(&c, k == 0 ? 262 : 352 + (k - 1) * 34) - 12;

			buf_printf(p->b, "<rect x=\"%u\" y=\"%u\" width=\"24\" height=\"20\" rx=\"3\" class=\"%s\"/>", x, y + 5,
			    yes ? "full" : "empty");
			if (yes)
				buf_printf(p->b, "<path d=\"M%u %ul5 5l9 -10\" class=\"tick\"/>", x + 5, y + 15);
			page_puts(p, "\n");
		}
		if (v[i].cases > 3) {
			text_begin(&c, 446, y + 20, START, "");
			buf_printf(p->b, "%zu</text>\n", v[i].cases);
		}
	}
	end(&c);
}

/* The keys with most documents, by name; those only that can have a page. */
static struct key_row *rows_of(size_t *n, struct arena *a, const struct page *p, enum use use, size_t max)
{
	size_t all, got, i;
	struct key_row *v = lists_rows(&got, &all, a, p, use, max);

	for (i = *n = 0; i < got; i++)
		if (copy_key_valid(v[i].key))
			v[(*n)++] = v[i];
	return v;
}

/* counts[t * columns + k]: documents of topic t about country k. */
static unsigned *count(struct arena *a, const struct copy *c, const struct key_row *topics, size_t t, const struct key_row *countries,
    size_t k)
{
	unsigned *counts = arena_array(a, t * k + 1, sizeof *counts);
	unsigned char *of = arena_alloc(a, c->n + 1);
	size_t i, j, m;

	facts_note(c->watch, FACT_FACES, 0, 0, STR_NONE);
	for (j = 0; j < k; j++) {
		memset(of, 0, c->n + 1);
		for (m = 0; m < countries[j].n; m++)
			of[countries[j].u[m].entry->number] = 1;
		for (i = 0; i < t; i++)
			for (m = 0; m < topics[i].n; m++)
				counts[i * k + j] += of[topics[i].u[m].entry->number];
	}
	return counts;
}

/* How dark the cell of a count is: 1 to SHADES; by the root, so that few and some are told apart. */
static unsigned shade(unsigned n, unsigned most)
{
	unsigned k = 1;

	while (k < SHADES && (n - 1) * SHADES * SHADES > k * k * (most - 1))
		k++;
	return k;
}

void page_matrix(struct page *p)
{
	struct arena a = ARENA_INIT;
	struct key_row *topics, *countries;
	unsigned *counts, most = 1;
	struct chart c;
	size_t t, k, i, j;

	topics = rows_of(&t, &a, p, USE_TOPIC, TOPICS_MAX);
	countries = rows_of(&k, &a, p, USE_COUNTRY, COLUMNS_MAX);
	counts = count(&a, p->c, topics, t, countries, k);
	for (i = 0; i < t * k; i++)
		most = counts[i] > most ? counts[i] : most;
	page_h(p, 1, "matrix");
	page_puts(p, "<p>");
	page_t(p, "matrix.note");
	page_puts(p, "</p>\n");
	c = begin(p, "matrix", NAME + 16 + (unsigned)k * CELL, 32 + (unsigned)t * ROW);
	for (j = 0; j < k; j++)
		label(&c, NAME + 16 + CELL / 2 + (unsigned)j * CELL, 20, MIDDLE, countries[j].key);
	for (i = 0; i < t; i++) {
		unsigned y = 32 + (unsigned)i * ROW;

		rule(&c, 0, y, c.width);
		label(&c, 0, y + 20, START, page_label_text(p, "topics", topics[i].key));
		for (j = 0; j < k; j++) {
			unsigned m = counts[i * k + j], x = NAME + 16 + CELL / 2 + (unsigned)j * CELL;

			if (!m)
				continue;
			buf_printf(p->b, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" class=\"shade s%u\"/>",
			    from_left(&c, x) - CELL / 2 + 1, y + 1, CELL - 2, ROW - 2, shade(m, most));
			text_begin(&c, x, y + 20, MIDDLE, shade(m, most) >= DARK ? " class=\"on\"" : "");
			buf_printf(p->b, "%u</text>\n", m);
		}
	}
	end(&c);
	page_puts(p, "<ul class=\"flow quiet\">\n");
	for (j = 0; j < k; j++) {
		page_puts(p, "<li>");
		if (!str_starts(page_label_text(p, "countries", countries[j].key), countries[j].key))	/* else made up: "XA (made up)" */
			buf_printf(p->b, "<bdi>%.*s</bdi> ", FMT_STR(countries[j].key));
		page_country(p, countries[j].key);
		page_puts(p, "</li>\n");
	}
	page_puts(p, "</ul>\n<details><summary>");
	page_t(p, "matrix.table");
	page_puts(p, "</summary>\n<div class=\"wide\" role=\"group\" tabindex=\"0\" aria-label=\"");
	page_t(p, "matrix");
	page_puts(p, "\"><table>\n<thead><tr><th scope=\"col\">");
	page_t(p, "topics");
	page_puts(p, "</th>");
	for (j = 0; j < k; j++) {
		page_puts(p, "<th scope=\"col\" class=\"r\">");
		page_country(p, countries[j].key);
		page_puts(p, "</th>");
	}
	page_puts(p, "</tr></thead>\n<tbody>\n");
	for (i = 0; i < t; i++) {
		buf_printf(p->b, "<tr><th scope=\"row\"><a href=\"%stopic/%.*s.html\">", p->up, FMT_STR(topics[i].key));
		page_label(p, "topics", topics[i].key);
		page_puts(p, "</a></th>");
		for (j = 0; j < k; j++)
			buf_printf(p->b, "<td class=\"r\">%u</td>", counts[i * k + j]);
		page_puts(p, "</tr>\n");
	}
	page_table_end(p);
	page_puts(p, "</details>\n");
	arena_free(&a);
}
