/* tests/unit/find.c: the index of a static site: what it finds in which order, and that the files it writes say the
 * same, read back here by the layout that render/find_files.c tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "render/find.h"

enum { MOST = 700 };
struct text {
	const char *name, *lang, *date, *title, *html;
	bool out;
};
static struct arena arena;
static struct entry all[MOST];
static const struct entry *admitted[MOST];
static struct copy copy;

static int set_up(void **state)
{
	(void)state;
	copy = (struct copy){ .all = all, .v = admitted };
	vocab_default(&copy.vocab, &arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

/* The index of texts, sorted by name as a copy is, added back and forth by so many parts. */
static struct find *made(const struct text *v, size_t n, unsigned parts)
{
	struct find *f;
	size_t i, k;

	assert_true(n <= MOST);
	copy.n = 0;
	copy.nall = n;
	for (i = 0; i < n; i++) {
		all[i] = (struct entry){ .name = cstr(v[i].name), .id = cstr(v[i].name), .lang = cstr(v[i].lang),
			.date = cstr(v[i].date), .title = cstr(v[i].title), .status = STR("published"), .tlp = STR("TLP:CLEAR"),
			.owner = STR("bg"), .kind = kind_find(STR("lesson")), .original = &all[i], .in = !v[i].out };
		if (!v[i].out)
			admitted[copy.n++] = &all[i];
	}
	f = find_open(&copy, parts);
	for (i = 0; i < n; i++) {
		k = parts % 2 ? i : n - 1 - i;
		if (!v[k].out)
			find_add(f, (unsigned)(k % parts), &copy, &all[k], cstr(v[k].html));
	}
	find_finish(f);
	find_encode(f);
	return f;
}

/* "name name": what a query finds, best first. */
static void assert_finds(const struct find *f, const char *query, const char *want)
{
	struct filters none = FILTERS_INIT;
	struct find_result r;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	size_t i;

	assert_int_equal(find_run(&r, &arena, f, cstr(query), &none, 100, &e), RC_OK);
	for (i = 0; i < r.n; i++)
		buf_printf(&b, "%s%.*s", i ? " " : "", FMT_STR(r.hits[i].entry->name));
	assert_string_equal(buf_cstr(&b), want);
	buf_free(&b);
}

static void test_find__titles_headings_short_texts_and_new_ones_come_first(void **state)
{
	static const struct text v[] = {
		{ "a", "en", "2020", "One", "<p>ferry and more</p>", false },
		{ "b", "en", "2021", "Two", "<h2>Ferry</h2><p>and more</p>", false },
		{ "c", "en", "2019", "Ferry", "<p>and more</p>", false },
		{ "d", "en", "2021", "Four", "<p>ferry and very much more that makes this a longer text than the others</p>", false },
		{ "e", "en", "2022", "Five", "<p>ferry and more</p>", false },
		{ "f", "en", "2020", "Six", "<p>ferry and more</p>", false },
		{ "g", "en", "2023", "Seven", "<p>nothing of it</p>", false },
	};
	struct find *f = made(v, sizeof v / sizeof v[0], 1);

	(void)state;
	assert_finds(f, "ferry", "c b e a f d");
	assert_finds(f, "ferry -longer", "c b e a f");
	assert_finds(f, "nothing ferry", "g c b e a f d");	/* the rarer word tells more */
	find_close(f);
}

static void test_find__words_are_found_in_their_forms(void **state)
{
	static const struct text v[] = {
		{ "a", "en", "2020", "A", "<p>crossings</p>", false },
		{ "b", "en", "2020", "B", "<p>the crossing, caf\303\251</p>", false },
		{ "c", "bg", "2020", "C", "<p>\320\263\321\200\320\260\320\275\320\270\321\206\320\260\321\202\320\260</p>", false },
		{ "d", "en", "2020", "D", "<p>smug<em>gl</em>ing &amp; R&amp;D</p>", false },
		{ "e", "en", "2020", "E", "<p>small</p><p>est</p>", false },
	};
	struct find *f = made(v, sizeof v / sizeof v[0], 1);

	(void)state;
	assert_finds(f, "crossing ", "a b");
	assert_finds(f, "CROSSINGS", "a b");
	assert_finds(f, "cafe\314\201 ", "b");
	assert_finds(f, "\320\263\321\200\320\260\320\275\320\270\321\206\320\260\321\202\320\260", "c");
	assert_finds(f, "smuggling ", "d");	/* an element may stand within a word, */
	assert_finds(f, "smallest ", "");	/* a paragraph may not */
	assert_finds(f, "amp ", "");
	find_close(f);
}

static void test_find__beginnings(void **state)
{
	static const struct text v[] = {
		{ "a", "en", "2020", "A", "<p>hawala</p>", false },
		{ "b", "en", "2021", "B", "<p>hawaladars</p>", false },
		{ "c", "en", "2022", "C", "<p>havana</p>", false },
	};
	struct find *f = made(v, sizeof v / sizeof v[0], 1);

	(void)state;
	assert_finds(f, "hawa", "b a");
	assert_finds(f, "hawala", "a b");	/* is typed on: the whole word first, though older */
	assert_finds(f, "hawala ", "a");	/* is not */
	assert_finds(f, "ha", "c b a");
	assert_finds(f, "hawala -hawa", "a");	/* what is left out is a whole word */
	assert_finds(f, "hx", "");
	find_close(f);
}

static void test_find__no_word_is_an_error_unless_there_is_a_filter(void **state)
{
	static const struct text v[] = { { "a", "en", "2020", "A", "<p>x</p>", false }, { "b", "fa", "2021", "B", "<p>y</p>", false } };
	struct find *f = made(v, 2, 1);
	struct filters none = FILTERS_INIT, some = FILTERS_INIT;
	struct find_result r;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(find_run(&r, &arena, f, STR(" \t"), &none, 10, &e), RC_INVALID);
	assert_int_equal(find_run(&r, &arena, f, STR("-x"), &none, 10, &e), RC_INVALID);
	assert_true(filters_add(&some, &arena, STR("lang"), STR("fa")));
	assert_int_equal(find_run(&r, &arena, f, STR(""), &some, 10, &e), RC_OK);
	assert_int_equal(r.total, 1);
	assert_ptr_equal(r.hits[0].entry, &all[1]);
	find_close(f);
}

/* Words that no stemmer changes: letters of a number. */
static const char *word(unsigned n)
{
	char s[7] = "qbbbbq";
	int i;

	for (i = 4; i > 0; i--, n /= 15)
		s[i] = (char)(s[i] + (int)(n % 15));
	return arena_cstr(&arena, cstr(s));
}

/* Texts of which many share some words, of several languages. */
static size_t many(struct text *v, size_t n)
{
	static const char *const langs[] = { "en", "fa", "bg", "xx" };
	size_t i;
	unsigned k;

	for (i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		for (k = 0; k < 60; k++)
			buf_printf(&b, "<p>%s %s</p>", word((unsigned)(i * 37 + k * k) % 20000), word((unsigned)(i % (k + 1))));
		v[i] = (struct text){ arena_printf(&arena, "ll-bg-2022-%04zu", i), langs[i % 4],
			arena_printf(&arena, "20%02zu", i % 23), "A title", arena_cstr(&arena, buf_str(&b)), i % 50 == 7 };
		buf_free(&b);
	}
	return n;
}

static void test_find__who_added_what_in_which_order_changes_no_byte(void **state)
{
	static struct text v[MOST];
	size_t n = many(v, 120), names, again, i;
	struct str *name, *name2;
	struct buf *first;
	struct find *f = made(v, n, 1);

	(void)state;
	name = find_names(&names, &arena, f);
	first = arena_array(&arena, names, sizeof *first);
	for (i = 0; i < names; i++) {
		assert_true(find_is_name(name[i]));
		assert_true(i == 0 || str_cmp(name[i - 1], name[i]) < 0);
		assert_true(find_write(&first[i], f, name[i]));
	}
	find_close(f);
	f = made(v, n, 4);
	name2 = find_names(&again, &arena, f);
	assert_int_equal(names, again);
	for (i = 0; i < names; i++) {
		struct buf b = BUF_INIT;

		assert_true(str_eq(name[i], name2[i]) && find_write(&b, f, name[i]));
		assert_true(str_eq(buf_str(&b), buf_str(&first[i])));
		buf_free(&b);
		buf_free(&first[i]);
	}
	find_close(f);
}

static void test_find__names_that_are_none(void **state)
{
	static const char *const bad[] = { "find/root", "find/other.js", "find-t/x.js", "find-t/9.js", "find-x/0.js", "find-t/.js",
		"find-d/1e9.js", "find-p/99999999999999999999.js", "", "find-t/../root.js" };
	static const struct text v[] = { { "a", "en", "2020", "A", "<p>x</p>", false } };
	struct find *f = made(v, 1, 1);
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(find_write(&b, f, cstr(bad[i])));
	assert_int_equal(b.n, 0);
	find_close(f);
}

/* ---- the files, read by their layout ---- */

struct in {
	const char *p;
};
static unsigned digit_of(struct in *in)
{
	unsigned c = (unsigned char)*in->p++;

	assert_true(c >= '#' && c <= '~' && c != '<' && c != '\\');
	return c - '#' - (c > '<') - (c > '\\');
}
static uint32_t number_of(struct in *in)
{
	uint32_t v = 0, m = 1, d;

	while ((d = digit_of(in)) >= 45) {
		v += m * (d - 45);
		m *= 45;
		v += m;
	}
	return v + m * d;
}

/* The string of a file, escapes and all. */
static char *payload(const struct find *f, const char *name, size_t *size)
{
	struct buf b = BUF_INIT;
	struct str s;
	char *text;
	size_t from;

	if (!find_write(&b, f, cstr(name)))
		return NULL;
	*size = b.n;
	s = buf_str(&b);
	from = strlen("S(\"\",\"") + strlen(name) - strlen(".js");
	s = str_sub(s, from, s.n - strlen("\")\n"));
	text = arena_cstr(&arena, s);
	buf_free(&b);
	return text;
}

/* All lists, one behind the other. */
static char **lists(const struct find *f, size_t *n, unsigned *blocks)
{
	char **v = arena_array(&arena, 100000, sizeof *v), *p, *end;
	size_t size;

	for (*n = *blocks = 0; (p = payload(f, arena_printf(&arena, "find-p/%u.js", *blocks), &size)); ++*blocks)
		for (; *p; p = end + 1) {
			end = strchr(p, ' ');
			assert_non_null(end);
			*end = '\0';
			v[(*n)++] = p;
		}
	return v;
}

static void test_find_files__blocks_hold_what_is_found(void **state)
{
	static struct text v[MOST];
	size_t n = many(v, MOST), nlists, size, forms = 0;
	struct find *f = made(v, n, 2);
	unsigned block, list_blocks;
	char **list = lists(f, &nlists, &list_blocks), *p, *root, *first;
	char form[256] = "", was[256] = "";

	(void)state;
	assert_true(list_blocks > 1);
	root = payload(f, "find/root.js", &size);
	first = strstr(root, "\\n") + 2;		/* the first form of each block */
	for (block = 0; (p = payload(f, arena_printf(&arena, "find-t/%u.js", block), &size)); block++) {
		struct in in = { p };
		uint32_t next;
		bool starts = true;

		assert_true(size <= (24 << 10) + 64);
		next = number_of(&in);
		assert_int_equal(*in.p++, ' ');
		*form = '\0';
		while (*in.p) {
			struct filters none = FILTERS_INIT;
			struct err e = ERR_INIT;
			struct find_result r;
			unsigned same = digit_of(&in), got = 0, i;
			const char *end = strchr(in.p, '!');
			unsigned char found[MOST] = { 0 };

			snprintf(form + same, sizeof form - same, "%.*s", (int)(end - in.p), in.p);
			assert_true(strcmp(was, form) < 0);
			snprintf(was, sizeof was, "%s", form);
			if (starts) {
				assert_true(strncmp(first, form, strlen(form)) == 0 && first[strlen(form)] == ' ');
				first += strlen(form) + 1;
			}
			starts = false;
			forms++;
			for (in.p = end + 1; *in.p != ' ';) {
				uint32_t back = number_of(&in), k = back ? next - back : next++, doc = 0;
				struct in posts = { list[k] };

				assert_true(k < nlists);
				for (; *posts.p; doc++) {
					doc += number_of(&posts);
					assert_in_range(digit_of(&posts), 1, 63);
					assert_true(doc < copy.n);
					found[doc] = 1;
				}
			}
			in.p++;
			for (i = 0; i < copy.n; i++)
				got += found[i];
			if (forms % 40)
				continue;
			assert_int_equal(find_run(&r, &arena, f, cstr(arena_printf(&arena, "%s ", form)), &none, MOST, &e), RC_OK);
			assert_int_equal(r.total, got);
		}
	}
	assert_true(block > 1 && forms > 1000);
	find_close(f);
}

static void test_find_files__texts_are_escaped_and_ids_of_left_out_ones_are_not_there(void **state)
{
	static const struct text v[] = {
		{ "ll-bg-2022-in", "fa", "2021-02-03", "\"T\" \\ <b>\t\n\342\200\250 \342\200\256 \330\256 ll-bg-2022-out", "<p>x</p>", false },
		{ "ll-bg-2022-out", "en", "2022", "Quokka", "<p>wombat</p>", true },
	};
	struct find *f = made(v, 2, 1);
	struct buf b = BUF_INIT;
	struct str *name;
	size_t n, i;

	(void)state;
	assert_true(find_write(&b, f, STR("find-d/0.js")));
	assert_string_equal(buf_cstr(&b), "S(\"find-d/0\",\"ll-bg-2022-in\\tfa\\tTLP:CLEAR\\t2021-02-03\\tbg\\t"
	    "\\\"T\\\" \\\\ \\u003cb>  \\u2028 \\u202e \330\256 " COPY_NOT_HERE "\\t\\n\")\n");
	buf_clear(&b);
	name = find_names(&n, &arena, f);
	for (i = 0; i < n; i++)
		assert_true(find_write(&b, f, name[i]));
	assert_null(strstr(buf_cstr(&b), "out"));
	assert_null(strstr(buf_cstr(&b), "wombat"));
	buf_free(&b);
	find_close(f);
}

static void test_find__nothing_at_all(void **state)
{
	struct find *f = made(NULL, 0, 1);
	struct buf b = BUF_INIT;

	(void)state;
	assert_finds(f, "x", "");
	assert_true(find_write(&b, f, STR("find/root.js")));
	assert_false(find_write(&b, f, STR("find-t/0.js")));
	buf_free(&b);
	find_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find__titles_headings_short_texts_and_new_ones_come_first),
		cmocka_unit_test(test_find__words_are_found_in_their_forms),
		cmocka_unit_test(test_find__beginnings),
		cmocka_unit_test(test_find__no_word_is_an_error_unless_there_is_a_filter),
		cmocka_unit_test(test_find__who_added_what_in_which_order_changes_no_byte),
		cmocka_unit_test(test_find__names_that_are_none),
		cmocka_unit_test(test_find_files__blocks_hold_what_is_found),
		cmocka_unit_test(test_find_files__texts_are_escaped_and_ids_of_left_out_ones_are_not_there),
		cmocka_unit_test(test_find__nothing_at_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
