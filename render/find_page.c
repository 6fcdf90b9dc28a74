/* render/find_page.c: the page that search happens on. Its parts are there and empty; render/theme/search.js fills
 * them, with the sentences that stand here as data. Without scripts it leads to the lists. */
#include "render/lists.h"

#include <string.h>

void find_page(struct page *p)
{
	static const char *const said[] = { "hits", "none", "empty", "missing", "kind", "country", "topic", "lang", "status", "year" };
	size_t i;

	page_h(p, 1, "search");
	page_puts(p, "<noscript><p>");
	page_t(p, "search.noscript");
	page_puts(p, "</p>\n");
	lists_kinds(p);
	page_puts(p, "</noscript>\n<form id=\"find\" class=\"search\" role=\"search\" hidden");
	for (i = 0; i < sizeof said / sizeof said[0]; i++) {
		char key[16] = "find.";

		strcpy(key + 5, said[i]);
		buf_printf(p->b, " data-%s=\"", said[i]);
		page_t(p, key);
		page_puts(p, "\"");
	}
	page_puts(p, " data-comma=\"");
	page_t(p, "comma");
	page_puts(p, "\">\n<label for=\"find-q\">");
	page_t(p, "find.words");
	page_puts(p, "</label> <input type=\"search\" id=\"find-q\" name=\"q\" dir=\"auto\" maxlength=\"1000\" autocomplete=\"off\" "
	    "spellcheck=\"false\"> <button type=\"submit\">");
	page_t(p, "search");
	page_puts(p, "</button>\n</form>\n<p id=\"find-status\" role=\"status\"></p>\n<div class=\"find\">\n"
	    "<details id=\"find-narrow\" hidden><summary>");
	page_t(p, "find.narrow");
	page_puts(p, "</summary>\n<div id=\"find-facets\"></div></details>\n<div><ol id=\"find-hits\" class=\"list\"></ol>\n"
	    "<p><button type=\"button\" id=\"find-more\" hidden>");
	page_t(p, "find.more");
	page_puts(p, "</button></p></div>\n</div>\n");
}
