/* render/find_page.c: the page that search happens on. Its parts are there and empty; render/theme/search.js fills
 * them, with the sentences that stand here as data. Without scripts it leads to the lists. */
#include "render/page.h"

static void text(struct page *p, const char *name, const char *said)
{
	buf_printf(p->b, " data-%s=\"", name);
	page_text(p, cstr(said));
	page_puts(p, "\"");
}

void find_page(struct page *p)
{
	page_puts(p, "<h1>Search</h1>\n<noscript><p>Search needs scripts, which are switched off here. Everything else works "
	    "without: the lists by <a href=\"kinds.html\">kind</a>, <a href=\"countries.html\">country</a> and "
	    "<a href=\"topics.html\">topic</a>.</p></noscript>\n<form id=\"find\" class=\"search\" role=\"search\" "
	    "aria-label=\"Documents\" hidden");
	text(p, "hits", "Documents found: {n}");
	text(p, "none", "Nothing found; try fewer or other words, or the beginning of one.");
	text(p, "empty", "Type a word, or choose below.");
	text(p, "missing", "The file {file} cannot be read. This copy is not whole: copy the folder again.");
	text(p, "kind", "Kind");
	text(p, "country", "Country");
	text(p, "topic", "Topic");
	text(p, "lang", "Language");
	text(p, "status", "Status");
	text(p, "year", "Year");
	page_puts(p, ">\n<label for=\"find-q\">Words</label> <input type=\"search\" id=\"find-q\" name=\"q\" dir=\"auto\" "
	    "maxlength=\"1000\" autocomplete=\"off\" spellcheck=\"false\"> <button>Search</button>\n</form>\n"
	    "<p id=\"find-status\" role=\"status\"></p>\n<div class=\"find\">\n<div id=\"find-facets\" hidden></div>\n"
	    "<div><ol id=\"find-hits\" class=\"list\"></ol>\n<p><button type=\"button\" id=\"find-more\" hidden>More</button></p></div>\n"
	    "</div>\n");
}
