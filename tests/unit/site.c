/* tests/unit/site.c: the pure parts of site and serve: parts of a body, what leaves a body on its way into a page,
 * ids of left-out documents, the manifest, the Host header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "render/app/http.h"
#include "render/app/lan.h"
#include "render/body.h"
#include "render/manifest.h"
#include "render/page.h"
#include "render/site.h"

#define S(lit) { lit, sizeof(lit) - 1 }
static struct entry all[] = {		/* by name */
	{ .name = S("cs-mk-2022-a"), .id = S("cs-mk-2022-a"), .title = S("Secret <title>") },
	{ .name = S("cs-mk-2022-a-b"), .id = S("cs-mk-2022-a-b"), .title = S("Open title"), .in = true },
	{ .name = S("ll-bg-2022-x"), .id = S("ll-bg-2022-x"), .title = S("document") },
};
static const struct copy copy = { .all = all, .nall = 3 };

static void assert_buf(struct buf *b, const char *want)
{
	assert_string_equal(buf_cstr(b), want);
	buf_free(b);
}

static void test_copy__ids_of_left_out_documents_are_replaced(void **state)
{
	static const struct { const char *in, *out; } cases[] = {
		{ "see cs-mk-2022-a.", "see " COPY_NOT_HERE "." },
		{ "see cs-mk-2022-a.md, please", "see " COPY_NOT_HERE ", please" },
		{ "see cs-mk-2022-a-b", "see cs-mk-2022-a-b" },
		{ "cs-mk-2022-a-c", COPY_NOT_HERE "-c" },
		{ "fn-cs-mk-2022-a", "fn-" COPY_NOT_HERE },
		{ "cs-mk-2022-a-b-ll-bg-2022-x", "cs-mk-2022-a-b-" COPY_NOT_HERE },
		{ "(cs-mk-2022-a)(ll-bg-2022-x)", "(" COPY_NOT_HERE ")(" COPY_NOT_HERE ")" },
		{ "cs-mk-2022-", "cs-mk-2022-" }, { "", "" }, { "-----", "-----" }, { "a-b", "a-b" },
		{ "<b> & \"", "&lt;b&gt; &amp; &quot;" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b = BUF_INIT;

		copy_text(&b, &copy, cstr(cases[i].in));
		assert_buf(&b, cases[i].out);
	}
}

static void assert_parts(const char *body, size_t want, const char *const *texts, const unsigned *variants)
{
	struct arena a = ARENA_INIT;
	size_t n, i;
	struct part *v = body_parts(&n, &a, cstr(body));

	assert_int_equal(n, want);
	for (i = 0; i < n; i++) {
		assert_string_equal(arena_cstr(&a, v[i].text), texts[i]);
		assert_int_equal(v[i].variant, variants[i]);
	}
	arena_free(&a);
}

static void test_body__conflicts_are_split_into_variants(void **state)
{
	(void)state;
	assert_parts("a\n<!-- conflict -->\nb\n<!-- or -->\nc\n<!-- or -->\n<!-- /conflict -->\nd\n", 5,
	    (const char *const[]){ "a\n", "b\n", "c\n", "", "d\n" }, (const unsigned[]){ 0, 1, 2, 3, 0 });
	assert_parts("<!-- conflict -->\nb\n<!-- or -->\nc\n<!-- /conflict -->", 2,
	    (const char *const[]){ "b\n", "c\n" }, (const unsigned[]){ 1, 2 });
	assert_parts("", 1, (const char *const[]){ "" }, (const unsigned[]){ 0 });
}

static void test_body__blocks_go_as_most_of_their_letters(void **state)
{
	static const struct { const char *in, *rtl, *ltr; } cases[] = {
		{ "<p dir=\"auto\">COLEP \330\250\330\261\330\247\333\214 \331\207\331\205\331\207</p>",
		  "<p>COLEP \330\250\330\261\330\247\333\214 \331\207\331\205\331\207</p>",
		  "<p dir=\"rtl\">COLEP \330\250\330\261\330\247\333\214 \331\207\331\205\331\207</p>" },
		{ "<li dir=\"auto\">\330\247 <a href=\"\330\247\330\247\330\247\330\247\">two words</a></li>",
		  "<li dir=\"ltr\">\330\247 <a href=\"\330\247\330\247\330\247\330\247\">two words</a></li>",
		  "<li>\330\247 <a href=\"\330\247\330\247\330\247\330\247\">two words</a></li>" },
		{ "<td dir=\"auto\" class=\"r\">12-14 &amp; \333\261</td>", "<td dir=\"auto\" class=\"r\">12-14 &amp; \333\261</td>",
		  "<td dir=\"auto\" class=\"r\">12-14 &amp; \333\261</td>" },
		{ "<li dir=\"auto\">\n<p dir=\"auto\">a</p><h2 dir=\"auto\" id=\"s-1\">\340\246\225</h2>",
		  "<li>\n<p dir=\"ltr\">a</p><h2 dir=\"ltr\" id=\"s-1\">\340\246\225</h2>",
		  "<li>\n<p>a</p><h2 id=\"s-1\">\340\246\225</h2>" },
		{ "<p dir=\"auto\">a\330\247</p>", "<p dir=\"ltr\">a\330\247</p>", "<p>a\330\247</p>" },
		{ "<p dir=\"auto\"", "<p dir=\"auto\"", "<p dir=\"auto\"" }, { "", "", "" },
	};
	size_t i, way;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (way = 0; way < 2; way++) {
			struct buf b = BUF_INIT;

			buf_puts(&b, "dir=\"auto\">");
			buf_puts(&b, cases[i].in);
			body_directions(&b, 11, way == 0);
			buf_splice(&b, 0, 11, STR_NONE);
			assert_buf(&b, way == 0 ? cases[i].rtl : cases[i].ltr);
		}
}

static void test_body__marks_that_form_no_group_are_text(void **state)
{
	static const char *const odd[] = {
		"<!-- conflict -->\nb\n", "<!-- or -->\nb\n", "<!-- conflict -->\nb\n<!-- /conflict -->\n",
		"<!-- conflict -->\nb\n<!-- or -->\nc\n", "x <!-- conflict -->\nb\n<!-- or -->\nc\n<!-- /conflict -->\n",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof odd / sizeof odd[0]; i++)
		assert_parts(odd[i], 1, &odd[i], (const unsigned[]){ 0 });
	/* a group inside one that was begun before: the inner one counts */
	assert_parts("<!-- conflict -->\na\n<!-- conflict -->\nb\n<!-- or -->\nc\n<!-- /conflict -->\n", 3,
	    (const char *const[]){ "<!-- conflict -->\na\n", "b\n", "c\n" }, (const unsigned[]){ 0, 1, 2 });
}

static void assert_post(const char *html, const struct kind *player, const char *want)
{
	struct post p = { .copy = &copy, .player = player };
	struct buf b = BUF_INIT;

	body_post(&b, cstr(html), &p);
	assert_buf(&b, want);
}

static void test_body__a_link_to_a_left_out_document_becomes_text(void **state)
{
	(void)state;
	assert_post("<p>a <a href=\"#doc:cs-mk-2022-a\">word <em>x</em></a>.</p>", NULL, "<p>a word <em>x</em>.</p>");
	assert_post("<p><a href=\"#doc:cs-mk-2022-a\">Secret &lt;<em>title</em>&gt;</a></p>", NULL,
	    "<p>" COPY_NOT_HERE "</p>");
	assert_post("<p><a href=\"#doc:cs-mk-2022-a\">see  SECRET\n&lt;title&gt; there</a></p>", NULL,
	    "<p>" COPY_NOT_HERE "</p>");
	assert_post("<p><a href=\"#doc:cs-mk-2022-a.fa\">cs-mk-2022-a</a></p>", NULL, "<p>" COPY_NOT_HERE "</p>");
	assert_post("<pre><code>[Secret &lt;title&gt;](cs-mk-2022-a.md)</code></pre>", NULL,
	    "<pre><code>[" COPY_NOT_HERE "](" COPY_NOT_HERE ")</code></pre>");
	assert_post("<p>a document ll-bg-2022-x document</p>", NULL, "<p>a " COPY_NOT_HERE " " COPY_NOT_HERE " " COPY_NOT_HERE "</p>");
	assert_post("<p><a href=\"#doc:cs-fr-2022-gone\">cs-fr-2022-gone</a></p>", NULL, "<p>" COPY_NOT_HERE "</p>");
}

static void test_body__players_do_not_see_what_is_for_facilitators(void **state)
{
	const struct kind *ex = kind_find(STR("exercise"));

	(void)state;
	assert_post("<h2 dir=\"auto\" id=\"s-1\">Scenario</h2><p>a</p><h2 dir=\"auto\" id=\"s-2\">Hot wash</h2><p>b</p>"
	    "<h3 dir=\"auto\" id=\"s-3\">Purpose</h3><p>c</p><h2 dir=\"auto\" id=\"s-4\">More</h2><p>d</p>", ex,
	    "<h2 dir=\"auto\" id=\"s-1\">Scenario</h2><p>a</p>");
	assert_post("<h2 id=\"s-1\">hot <em>wash</em> (30 minutes)</h2><p>b</p><h2 id=\"s-2\">Discussion questions</h2><p>c</p>", ex,
	    "<h2 dir=\"auto\" id=\"s-1\">Discussion questions</h2><p>c</p>");
	/* begun inside a quotation: its end tag stays, so that what follows is well formed */
	assert_post("<blockquote dir=\"auto\"><h2 id=\"s-1\">Evaluation</h2><p>b</p></blockquote><p>c</p>", ex,
	    "<blockquote dir=\"auto\"></blockquote>");
	assert_post("<table><thead><tr><th dir=\"auto\">No</th><th dir=\"auto\"><strong>Expected</strong> action</th>"
	    "<th dir=\"auto\">Z</th></tr></thead><tbody><tr><td dir=\"auto\">1</td><td dir=\"auto\">do</td>"
	    "<td dir=\"auto\">3</td></tr></tbody></table>", ex,
	    "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr><th dir=\"auto\">No</th>"
	    "<th dir=\"auto\">Z</th></tr></thead><tbody><tr><td dir=\"auto\">1</td><td dir=\"auto\">3</td></tr></tbody></table></div>");
	assert_post("<p>| No | Expected action |\n| 1 | do |</p>", ex, "<p></p>");
	assert_post("<p>x<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup></p>"
	    "<section class=\"footnotes\"><ol><li id=\"fn-1\">note</li></ol></section>", ex, "<p>x</p>");
}

static void test_body__anchors_run_through_all_parts(void **state)
{
	struct post p = { .copy = &copy };
	struct buf b = BUF_INIT;

	(void)state;
	body_post(&b, STR("<h2 dir=\"auto\" id=\"s-1\">A</h2>"), &p);
	p.part = 1;
	body_post(&b, STR("<h3 dir=\"auto\" id=\"s-1\">B</h3><a href=\"#fnref-1\" class=\"footnote-backref\" id=\"fn-1\">"), &p);
	assert_buf(&b, "<h2 dir=\"auto\" id=\"s-1\">A</h2><h3 dir=\"auto\" id=\"s-2\">B</h3>"
	    "<a href=\"#fnref-1-1\" class=\"footnote-backref\" id=\"fn-1-1\">");
}

static void test_site__a_manifest_names_only_files_a_build_makes(void **state)
{
	static const char *const bad[] = {
		"../x.html", "/etc/x.html", "d/../x.html", "d/a/b.html", "other/x.html", "x.txt", "d/.html", ".html",
		"manifest.txt", "d/x y.html", "", "d/",
	};
	static const char *const good[] = { "index.html", "d/cs-mk-2022-a.sr-Latn.html", "colep.css", "country/mk.html" };
	static const size_t digits[] = { 64, 128 }, wrong[] = { 63, 65, 127 };	/* 128: of earlier versions */
	char line[256];
	struct str name;
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		memset(line, 'a', digits[k]);
		memcpy(line + digits[k], "  ", 3);
		for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
			snprintf(line + digits[k] + 2, sizeof line - digits[k] - 2, "%s", bad[i]);
			assert_false(manifest_take(&name, cstr(line)));
		}
		for (i = 0; i < sizeof good / sizeof good[0]; i++) {
			snprintf(line + digits[k] + 2, sizeof line - digits[k] - 2, "%s", good[i]);
			assert_true(manifest_take(&name, cstr(line)));
			assert_true(str_is(name, good[i]));
		}
		line[5] = 'G';
		assert_false(manifest_take(&name, cstr(line)));
	}
	for (k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
		memset(line, 'a', wrong[k]);
		snprintf(line + wrong[k], sizeof line - wrong[k], "  %s", good[0]);
		assert_false(manifest_take(&name, cstr(line)));
	}
}

static void test_page__scripts_that_run_from_right_to_left(void **state)
{
	(void)state;
	assert_true(lang_rtl(STR("ar")) && lang_rtl(STR("fa-IR")) && lang_rtl(STR("ur")) && lang_rtl(STR("ckb")));
	assert_false(lang_rtl(STR("en")) || lang_rtl(STR("bn")) || lang_rtl(STR("sr-Latn")) || lang_rtl(STR("")));
}

static void test_copy__keys_that_may_be_file_names_anywhere(void **state)
{
	static const char *const bad[] = { "", "con", "AUX", "nul", "com1", "lpt9", "-x", "a/b", "a.b", "..", "é", "a b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	static const char *const good[] = { "som", "MK", "cons", "com0", "com10", "small-boats", "2022" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(copy_key_valid(cstr(bad[i])));
	for (i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(copy_key_valid(cstr(good[i])));
}

static void test_theme__words_and_files_of_the_one_compiled_in(void **state)
{
	struct err e = ERR_INIT;
	struct theme *t;
	size_t i;

	(void)state;
	assert_int_equal(theme_open(&t, NULL, &e), RC_OK);
	assert_true(theme_texts(t, STR("sr-Latn")) == theme_texts(t, STR("sr")));
	assert_null(theme_texts(t, STR("xx")));
	assert_true(str_is(text_get(theme_texts(t, STR("fr")), STR("nav.home"), NULL), "Accueil"));
	for (i = 0; i < t->ntexts; i++) {	/* made when asked for: what is wrong with one would be told nobody */
		const struct texts *x = theme_texts(t, t->texts[i].lang);

		assert_true(x == &t->texts[i] && x->n >= t->english->n);
		assert_true(x == t->english || !str_eq(text_get(x, STR("nav.home"), NULL), text_get(t->english, STR("nav.home"), NULL)));
	}
	assert_true(str_is(text_get(t->english, STR("no.such.key"), NULL), "no.such.key"));
	assert_true(theme_copied(STR("colep.css")) && theme_copied(STR("a-1.js")));
	assert_false(theme_copied(STR("../x.css")) || theme_copied(STR(".css")) || theme_copied(STR("X.css")) ||
	    theme_copied(STR("a/b.js")) || theme_copied(STR("a.html")));
	theme_close(t);
}

static void test_http__only_names_of_this_machine_are_answered(void **state)
{
	(void)state;
	assert_true(http_host_valid("127.0.0.1:8022", 8022, NULL, 0));
	assert_true(http_host_valid("localhost:8022", 8022, NULL, 0));
	assert_true(http_host_valid("[::1]:8022", 8022, NULL, 0));
	assert_false(http_host_valid(NULL, 8022, NULL, 0));
	assert_false(http_host_valid("", 8022, NULL, 0));
	assert_false(http_host_valid("127.0.0.1", 8022, NULL, 0));
	assert_false(http_host_valid("127.0.0.1:80", 8022, NULL, 0));
	assert_false(http_host_valid("localhost.example.org:8022", 8022, NULL, 0));
	assert_false(http_host_valid("example.org:8022", 8022, NULL, 0));
	assert_false(http_host_valid("127.0.0.1:8022 ", 8022, NULL, 0));
}

static void test_http__with_addresses_only_these_are_answered(void **state)
{
	const struct http_address at[] = { { .text = "192.0.2.7" }, { .text = "[2001:db8::7]" } };

	(void)state;
	assert_true(http_host_valid("192.0.2.7:8022", 8022, at, 2));
	assert_true(http_host_valid("[2001:db8::7]:8022", 8022, at, 2));
	assert_true(http_host_valid("192.0.2.7", 443, at, 2));
	assert_false(http_host_valid("192.0.2.7", 8022, at, 2));
	assert_false(http_host_valid("127.0.0.1:8022", 8022, at, 2));
	assert_false(http_host_valid("localhost:8022", 8022, at, 2));
	assert_false(http_host_valid("desk.example.org:8022", 8022, at, 2));
}

static void test_http__near_is_the_same_network_or_both_private(void **state)
{
	const struct http_address here = { .b = { 192, 0, 2, 7 }, .n = 4, .bits = 24 }, office = { .b = { 10, 1, 2, 3 }, .n = 4, .bits = 25 },
		six = { .b = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x1f }, .n = 16, .bits = 62 };
	unsigned char v4[16] = { [10] = 0xff, [11] = 0xff, [12] = 192, [13] = 0, [14] = 2, [15] = 200 };
	unsigned char v6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0x1c, 9 };

	(void)state;
	assert_true(http_near(v4, &here));
	assert_false(http_near(v4, &office));
	assert_false(http_near(v4, &six));
	v4[14] = 3;
	assert_false(http_near(v4, &here));
	memcpy(v4 + 12, (unsigned char[]){ 192, 168, 9, 9 }, 4);
	assert_true(http_near(v4, &office));		/* another part of the house */
	assert_false(http_near(v4, &here));
	assert_true(http_near(v6, &six));
	assert_false(http_near(v6, &here));
	v6[7] = 0x18;
	assert_false(http_near(v6, &six));
}

static void test_lan__a_code_is_twelve_digits_however_typed(void **state)
{
	char d[13];

	(void)state;
	assert_true(lan_code_read(d, STR("0123-4567 8901")) && strcmp(d, "012345678901") == 0);
	assert_true(lan_code_read(d, STR("012345678901")));
	assert_false(lan_code_read(d, STR("01234567890")) || lan_code_read(d, STR("0123456789012")) || lan_code_read(d, STR("")) ||
	    lan_code_read(d, STR("0123-4567-890x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy__ids_of_left_out_documents_are_replaced),
		cmocka_unit_test(test_body__conflicts_are_split_into_variants),
		cmocka_unit_test(test_body__marks_that_form_no_group_are_text),
		cmocka_unit_test(test_body__blocks_go_as_most_of_their_letters),
		cmocka_unit_test(test_body__a_link_to_a_left_out_document_becomes_text),
		cmocka_unit_test(test_body__players_do_not_see_what_is_for_facilitators),
		cmocka_unit_test(test_body__anchors_run_through_all_parts),
		cmocka_unit_test(test_site__a_manifest_names_only_files_a_build_makes),
		cmocka_unit_test(test_page__scripts_that_run_from_right_to_left),
		cmocka_unit_test(test_copy__keys_that_may_be_file_names_anywhere),
		cmocka_unit_test(test_theme__words_and_files_of_the_one_compiled_in),
		cmocka_unit_test(test_http__only_names_of_this_machine_are_answered),
		cmocka_unit_test(test_http__with_addresses_only_these_are_answered),
		cmocka_unit_test(test_http__near_is_the_same_network_or_both_private),
		cmocka_unit_test(test_lan__a_code_is_twelve_digits_however_typed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
