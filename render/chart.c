/* render/chart.c: see chart.h. */
#include "render/chart.h"
#include "render/facts.h"

#include <stdlib.h>
#include <string.h>

#include "render/lists.h"

#define ROW 26				/* units of the drawing */
#define NAME 190
#define ROWS_MAX 60
#define COLUMNS_MAX 24			/* countries with most documents */
#define TOPICS_MAX 30

static void begin(struct page *p, const char *title, unsigned width, unsigned height)
{
	buf_printf(p->b, "<figure class=\"chart\" dir=\"ltr\" tabindex=\"0\"><svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" role=\"img\" "
	    "aria-label=\"", width, height, width, height);
	page_t(p, title);
	page_puts(p, "\">\n");
}

static void end(struct page *p)
{
	page_puts(p, "</svg></figure>\n");
}

static void label(struct page *p, unsigned x, unsigned y, const char *anchor, struct str text)
{
	buf_printf(p->b, "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\">", x, y, anchor);
	page_text(p, text);
	page_puts(p, "</text>\n");
}

/* A column's name, in the language of the page. */
static void head(struct page *p, unsigned x, const char *key)
{
	buf_printf(p->b, "<text x=\"%u\" y=\"18\" text-anchor=\"middle\">", x);
	page_t(p, key);
	page_puts(p, "</text>\n");
}

void chart_readiness(struct page *p, const struct ready *v, size_t n)
{
	unsigned rows = n > ROWS_MAX ? ROWS_MAX : (unsigned)n, i, k, y;

	if (!n)
		return;
	begin(p, "readiness", 640, rows * ROW + 40);
	head(p, 260, "readiness.profile");
	head(p, 470, "readiness.cases");
	for (i = 0; i < rows; i++) {
		y = 30 + i * ROW;
		label(p, NAME, y + 17, "end", page_label_text(p, "countries", v[i].country));
		for (k = 0; k < 4; k++) {
			bool yes = k == 0 ? v[i].profile : v[i].cases >= k;
			unsigned x = k == 0 ? 248 : 350 + k * 50;

			buf_printf(p->b, "<rect x=\"%u\" y=\"%u\" width=\"24\" height=\"20\" rx=\"3\" class=\"%s\"/>", x, y + 2,
			    yes ? "full" : "empty");
			if (yes)
				buf_printf(p->b, "<path d=\"M%u %ul5 5l9 -10\" class=\"tick\"/>", x + 5, y + 12);
			page_puts(p, "\n");
		}
		if (v[i].cases > 3)
			buf_printf(p->b, "<text x=\"550\" y=\"%u\">%zu</text>\n", y + 17, v[i].cases);
	}
	end(p);
}

struct row {
	struct str key;
	size_t n;
	const struct use_of *u;
};

static int by_count(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	return a->n != b->n ? a->n > b->n ? -1 : 1 : str_cmp(a->key, b->key);
}

static int by_key(const void *pa, const void *pb)
{
	return str_cmp(((const struct row *)pa)->key, ((const struct row *)pb)->key);
}

/* The keys with most documents, by key. */
static struct row *rows_of(size_t *n, struct arena *a, const struct copy *c, enum use use, size_t max)
{
	const struct uses *u = copy_keys(c, use);
	struct row *v = arena_array(a, u->n, sizeof *v);
	size_t i, end_;

	*n = 0;
	for (i = 0; i < u->n; i = end_) {
		for (end_ = i; end_ < u->n && str_eq(u->v[end_].key, u->v[i].key); end_++)
			;
		if (copy_key_valid(u->v[i].key))
			v[(*n)++] = (struct row){ u->v[i].key, end_ - i, u->v + i };
	}
	if (*n)
		qsort(v, *n, sizeof *v, by_count);
	*n = *n < max ? *n : max;
	if (*n)
		qsort(v, *n, sizeof *v, by_key);
	return v;
}

/* counts[t * columns + k]: documents of topic t about country k. */
static unsigned *count(struct arena *a, const struct copy *c, const struct row *topics, size_t t, const struct row *countries,
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

/* The radius of a circle whose area goes with n; 12 for the most. */
static unsigned radius(unsigned n, unsigned most)
{
	unsigned r = 4;

	while (r < 12 && (r + 1) * (r + 1) * most <= 144 * n)
		r++;
	return r;
}

void page_matrix(struct page *p)
{
	struct arena a = ARENA_INIT;
	struct row *topics, *countries;
	unsigned *counts, most = 1;
	size_t t, k, i, j;

	topics = rows_of(&t, &a, p->c, USE_TOPIC, TOPICS_MAX);
	countries = rows_of(&k, &a, p->c, USE_COUNTRY, COLUMNS_MAX);
	counts = count(&a, p->c, topics, t, countries, k);
	for (i = 0; i < t * k; i++)
		most = counts[i] > most ? counts[i] : most;
	page_h(p, 1, "matrix");
	page_puts(p, "<p>");
	page_t(p, "matrix.note");
	page_puts(p, "</p>\n");
	begin(p, "matrix", (unsigned)k * 32 + NAME + 60, (unsigned)t * 28 + 40);
	for (j = 0; j < k; j++)
		label(p, NAME + 46 + (unsigned)j * 32, 18, "middle", countries[j].key);
	for (i = 0; i < t; i++) {
		unsigned y = 44 + (unsigned)i * 28;

		label(p, NAME + 20, y + 5, "end", page_label_text(p, "topics", topics[i].key));
		buf_printf(p->b, "<path d=\"M%u %uh%zu\" class=\"rule\"/>\n", NAME + 30, y + 14, k * 32);
		for (j = 0; j < k; j++) {
			unsigned n = counts[i * k + j], x = NAME + 46 + (unsigned)j * 32;

			if (n)
				buf_printf(p->b, "<circle cx=\"%u\" cy=\"%u\" r=\"%u\" class=\"full\"/><text x=\"%u\" y=\"%u\" "
				    "text-anchor=\"middle\" class=\"on\">%u</text>\n", x, y, radius(n, most) < 9 ? 9 : radius(n, most), x, y + 4, n);
		}
	}
	end(p);
	page_puts(p, "<details><summary>");
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
