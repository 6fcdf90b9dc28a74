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

#include "kb/gate/sodium.h"
#include "kb/text/chars.h"
#include "render/find_parts.h"

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

static const struct kind *kind_of(struct str name)
{
	return kind_find(str_starts(name, STR("mt-")) ? STR("meeting") : str_starts(name, STR("cp-")) ? STR("country-profile") : STR("lesson"));
}

/* A copy of texts, sorted by name. */
static void copy_of(const struct text *v, size_t n)
{
	size_t i;

	assert_true(n <= MOST);
	copy.n = 0;
	copy.nall = n;
	for (i = 0; i < n; i++) {
		all[i] = (struct entry){ .name = cstr(v[i].name), .id = cstr(v[i].name), .lang = cstr(v[i].lang),
			.date = cstr(v[i].date), .title = cstr(v[i].title), .status = STR("published"), .tlp = STR("TLP:CLEAR"),
			.owner = STR("bg"), .kind = kind_of(cstr(v[i].name)), .original = &all[i], .in = !v[i].out };
		blake2b_of(all[i].face, cstr(arena_printf(&arena, "%s %s %s %s", v[i].name, v[i].lang, v[i].date, v[i].title)));
		if (!v[i].out)
			admitted[copy.n++] = &all[i];
	}
}

/* Texts that were added back and forth by so many parts. */
static struct find *added(const struct text *v, size_t n, unsigned parts)
{
	struct find *f;
	size_t i, k;

	copy_of(v, n);
	f = find_open(&copy, parts);
	for (i = 0; i < n; i++) {
		k = parts % 2 ? i : n - 1 - i;
		if (!v[k].out)
			find_add(f, (unsigned)(k % parts), &copy, &all[k], cstr(v[k].html));
	}
	return f;
}

static struct find *made(const struct text *v, size_t n, unsigned parts)
{
	struct find *f = added(v, n, parts);

	find_finish(f, NULL, NULL);
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

static void test_find__what_is_named_comes_first_but_is_no_filter(void **state)
{
	static const struct text v[] = {
		{ "cp-a", "en", "2020", "One", "<p>nothing</p>", false },
		{ "ll-b", "en", "2021", "The meeting profile of a country", "<p>the ferry of the long night; who is who</p>", false },
		{ "ll-c", "en", "2020", "Ferry", "<p>more</p>", false },
		{ "mt-d", "en", "2022", "In Ohrid", "<p>nothing more</p>", false },
	};
	static const char *const none[] = { "meetingplaces ", "vstr ", "country night ", "case study " };
	struct find *f = made(v, sizeof v / sizeof v[0], 1);
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	assert_finds(f, "meeting", "mt-d ll-b");
	assert_finds(f, "r\303\251union ", "mt-d");		/* in any language, */
	assert_finds(f, "\320\262\321\201\321\202\321\200\320\265\321\207\320\270 ", "mt-d");	/* and form: of what ends in another vowel */
	assert_finds(f, "country profile ", "cp-a ll-b");	/* two words are one name */
	assert_finds(f, "ferry meeting ", "mt-d ll-b ll-c");
	assert_finds(f, "ferry of the long meeting ", "ll-b ll-c mt-d");	/* a line of a text */
	assert_finds(f, "who ferry ", "ll-c ll-b");		/* a question is of no one word */
	assert_finds(f, "ferry -meeting ", "ll-c");		/* and what is to be left out names nothing */
	for (i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct filters all_pass = FILTERS_INIT;
		struct find_result r;
		struct err e = ERR_INIT;

		assert_int_equal(find_run(&r, &arena, f, cstr(none[i]), &all_pass, 100, &e), RC_OK);
		assert_true(!r.n || str_is(r.hits[0].entry->name, "ll-b"));
	}
	assert_true(find_write(&b, f, STR("find/root.js")));
	assert_true(str_find(buf_str(&b), STR("0meeting|")) != SIZE_MAX);
	assert_true(str_find(buf_str(&b), STR("0case-study|")) == SIZE_MAX);	/* there is none */
	buf_free(&b);
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

static void assert_files(const struct find *f, const struct str *name, const struct buf *file, size_t n)
{
	size_t got, i;
	struct str *names = find_names(&got, &arena, f);

	assert_int_equal(got, n);
	for (i = 0; i < n; i++) {
		struct buf b = BUF_INIT;

		assert_true(str_eq(names[i], name[i]) && find_write(&b, f, name[i]));
		assert_true(str_eq(buf_str(&b), buf_str(&file[i])));
		buf_free(&b);
	}
}

/* Nor which thread filled what of a list, of one with room left in it for two words of a document too. */
static void test_find__who_added_what_in_which_order_changes_no_byte(void **state)
{
	static const unsigned char key[KEPT_KEY] = "key";
	static struct text v[MOST];
	size_t n = many(v, MOST), names, i;
	struct err e = ERR_INIT;
	struct str *name;
	struct buf *first;
	struct find *f;

	(void)state;
	for (i = 0; i < n; i++)
		v[i].html = arena_printf(&arena, "%s<p>zebra zebras</p>", v[i].html);
	f = made(v, n, 1);
	name = find_names(&names, &arena, f);
	first = arena_array(&arena, names, sizeof *first);
	for (i = 0; i < names; i++) {
		assert_true(find_is_name(name[i]));
		assert_true(i == 0 || str_cmp(name[i - 1], name[i]) < 0);
		assert_true(find_write(&first[i], f, name[i]));
	}
	find_close(f);
	f = made(v, n, 4);
	assert_files(f, name, first, names);
	find_close(f);
	for (i = 0; i < 40; i++) {	/* in two halves: both threads begin with the second, where zebras are, and one may be late */
		f = added(v, n, 2);
		find_finish(f, "kept", key);
		assert_int_equal(find_save(f, "kept", key, (struct str){ (const char *)key, KEPT_KEY }, &e), RC_OK);
		assert_files(f, name, first, names);
		find_close(f);
	}
	for (i = 0; i < names; i++)
		buf_free(&first[i]);
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

/* The items of all blocks of a letter, in order of their strings, which rise. */
struct item {
	const char *string, *tail;
};
static int by_string(const void *a, const void *b)
{
	return strcmp(((const struct item *)a)->string, ((const struct item *)b)->string);
}

static struct item *items(const struct find *f, char letter, size_t *n, size_t *blocks)
{
	struct item *v = arena_array(&arena, 100000, sizeof *v);
	struct str *name;
	size_t names, i, size;

	name = find_names(&names, &arena, f);
	for (i = *n = *blocks = 0; i < names; i++) {
		char string[256] = "", *p;

		if (!str_starts(name[i], cstr(arena_printf(&arena, "find-%c/", letter))))
			continue;
		++*blocks;
		p = payload(f, arena_cstr(&arena, name[i]), &size);
		assert_true(size <= (24 << 10) + 64);
		while (*p) {
			struct in in = { p };
			unsigned same = digit_of(&in);
			char *end = strchr(p, ' ');
			size_t rest = strcspn(in.p, "! ");

			assert_non_null(end);
			assert_true(same <= strlen(string));
			*end = '\0';
			snprintf(string + same, sizeof string - same, "%.*s", (int)rest, in.p);
			v[(*n)++] = (struct item){ arena_cstr(&arena, cstr(string)), in.p + rest };
			p = end + 1;
		}
	}
	qsort(v, *n, sizeof *v, by_string);
	for (i = 1; i < *n; i++)
		assert_true(strcmp(v[i - 1].string, v[i].string) < 0);
	return v;
}

/* Marks the documents in the list of a term, if there is one. */
static void mark(unsigned char *found, const struct item *lists, size_t n, const char *term)
{
	struct item key = { term, NULL }, *at = bsearch(&key, lists, n, sizeof *lists, by_string);
	struct in posts;
	uint32_t doc = 0;

	if (!at)
		return;
	assert_true(*at->tail == '!');
	for (posts.p = at->tail + 1; *posts.p; doc++) {
		doc += number_of(&posts);
		assert_in_range(digit_of(&posts), 1, 63);
		assert_true(doc < copy.n);
		found[doc] = 1;
	}
}

static void test_find_files__blocks_hold_what_is_found(void **state)
{
	static struct text v[MOST];
	size_t n = many(v, MOST), nforms, nlists, form_blocks, list_blocks, i, k, size;
	struct find *f = made(v, n, 2);
	struct item *forms = items(f, 't', &nforms, &form_blocks), *lists = items(f, 'p', &nlists, &list_blocks);
	char *root = payload(f, "find/root.js", &size), first[80];

	(void)state;
	assert_true(form_blocks > 1 && list_blocks > 1 && nforms > 1000);
	snprintf(first, sizeof first, "5 %zu\\n%s ", copy.n, forms[0].string);
	assert_true(strncmp(root, first, strlen(first)) == 0);
	for (i = 0; i < nforms; i += 40) {
		struct filters none = FILTERS_INIT;
		struct err e = ERR_INIT;
		struct find_result r;
		unsigned char found[MOST] = { 0 };
		unsigned got = 0;
		const char *t;

		mark(found, lists, nlists, forms[i].string);
		for (t = forms[i].tail; *t; t += strcspn(t, "!")) {
			struct in in = { t + 1 };
			unsigned same = digit_of(&in);

			mark(found, lists, nlists, arena_printf(&arena, "%.*s%.*s", (int)same, forms[i].string, (int)strcspn(in.p, "!"), in.p));
			t = in.p;
		}
		for (k = 0; k < copy.n; k++)
			got += found[k];
		assert_int_equal(find_run(&r, &arena, f, cstr(arena_printf(&arena, "%s ", forms[i].string)), &none, MOST, &e), RC_OK);
		assert_int_equal(r.total, got);
	}
	find_close(f);
}

/* ---- changing an index ---- */

struct disk {				/* files of an index */
	struct str *names, *texts;
	size_t n;
};

static bool disk_read(void *ctx, struct buf *b, struct str name)
{
	const struct disk *d = ctx;
	size_t i;

	for (i = 0; i < d->n; i++)
		if (str_eq(d->names[i], name)) {
			buf_str_add(b, d->texts[i]);
			return true;
		}
	return false;
}

/* The files of f; those that it does not make are those of `was`. *wrote: how many it made. */
static struct disk disk_of(const struct find *f, struct disk *was, size_t *wrote)
{
	struct disk d = { 0 };
	size_t i;

	d.names = find_names(&d.n, &arena, f);
	d.texts = arena_array(&arena, d.n, sizeof *d.texts);
	for (i = *wrote = 0; i < d.n; i++) {
		struct buf b = BUF_INIT;

		if (find_makes(f, d.names[i])) {
			++*wrote;
			assert_true(find_write(&b, f, d.names[i]));
		} else {
			assert_true(disk_read(was, &b, d.names[i]));
		}
		d.texts[i] = arena_str(&arena, buf_str(&b));
		buf_free(&b);
	}
	return d;
}

static void assert_same_disk(const struct disk *is, const struct disk *want)
{
	size_t i;

	assert_int_equal(is->n, want->n);
	for (i = 0; i < is->n; i++) {
		assert_true(str_eq(is->names[i], want->names[i]));
		assert_true(str_eq(is->texts[i], want->texts[i]));
	}
}

static const unsigned char key[KEPT_KEY] = "key";
static const struct str tie = { "stamp-of-16-bytes", KEPT_KEY };

static bool near;	/* become: the order of the documents is the one that is kept */

/* The index of v, which is kept and whose files are `was`, becomes that of w. can: it can be changed. */
static struct disk become(struct disk *was, const struct text *v, size_t n, const struct text *w, size_t m, bool can, size_t *wrote)
{
	struct disk is;
	struct find *f;
	struct err e = ERR_INIT;
	size_t i, k;

	copy_of(w, m);
	if (near) {
		f = find_open_near(&copy, 2, "kept", key, tie);
		assert_non_null(f);
	} else {
		f = find_open(&copy, 2);
		assert_true(find_load(f, "kept", key, tie));
	}
	for (i = k = 0; i < m; i++) {
		if (w[i].out)
			continue;
		while (k < n && (v[k].out || strcmp(v[k].name, w[i].name) < 0))
			k++;
		if (k < n && strcmp(v[k].name, w[i].name) == 0 && v[k].html == w[i].html && v[k].date == w[i].date)
			assert_true(find_keep(f, &all[i]));
		else
			find_add(f, i % 2, &copy, &all[i], cstr(w[i].html));
	}
	assert_int_equal(find_patch(f, disk_read, was), can);
	if (!can) {
		assert_true(find_restore(f));
		find_finish(f, NULL, NULL);
	}
	is = disk_of(f, was, wrote);
	assert_int_equal(find_save(f, "kept", key, tie, &e), RC_OK);
	find_close(f);
	return is;
}

/* Texts v become w, and v again by what was kept then: the index that is changed has the bytes of one that is made anew.
 * Returns how many files a change wrote. */
static size_t assert_patched(struct text *v, size_t n, struct text *w, size_t m, bool can)
{
	struct disk was, is, want;
	struct find *f = made(w, m, 2);
	struct err e = ERR_INIT;
	size_t wrote, back, ignored;

	want = disk_of(f, NULL, &ignored);
	find_close(f);
	f = made(v, n, 2);
	assert_int_equal(find_save(f, "kept", key, tie, &e), RC_OK);
	was = disk_of(f, NULL, &ignored);
	find_close(f);
	is = become(&was, v, n, w, m, can, &wrote);
	assert_same_disk(&is, &want);
	is = become(&is, w, m, v, n, can, &back);
	assert_same_disk(&is, &was);
	is = become(&is, v, n, v, n, true, &ignored);
	assert_same_disk(&is, &was);
	assert_int_equal(ignored, 0);
	return wrote > back ? wrote : back;
}

static void test_find_kept__a_changed_document_touches_few_files(void **state)
{
	static struct text v[MOST], w[MOST];
	size_t n = many(v, MOST - 1), wrote, i;

	(void)state;
	memcpy(w, v, sizeof v);
	w[100].html = arena_printf(&arena, "%s<p>one word newbornword more</p>", v[100].html);
	wrote = assert_patched(v, n, w, n, true);
	assert_in_range(wrote, 2, 16);
	near = true;
	assert_int_equal(assert_patched(v, n, w, n, true), wrote);
	for (i = 0; i < n; i++)		/* the average changes; what was made anew keeps the order of the documents too */
		w[i].html = arena_printf(&arena, "%s%s%s", v[i].html, v[i].html, v[i].html);
	assert_patched(v, n, w, n, false);
	near = false;
}

static void test_find_kept__any_change_gives_the_bytes_of_a_first_index(void **state)
{
	static struct text v[MOST], w[MOST];
	size_t n = many(v, MOST - 1), i, at;

	(void)state;
	for (i = 0; i < 6; i++) {			/* new ones before, between and behind all others, some of a kind that was not there; others go */
		static const char *const dates[] = { "1999", "2010", "2099", "2010", "", "2099" };

		memcpy(w, v, sizeof v);
		at = i % 2 ? 0 : n;
		memmove(w + at + 1, w + at, (n - at) * sizeof *w);
		w[at] = (struct text){ i % 2 ? "aa-new" : "mt-new", "en", dates[i], "A title", v[i].html, false };
		assert_patched(v, n, w, n + 1, true);
		assert_patched(w, n + 1, v, n, true);
		w[10 + i].date = "2011";		/* it moves, another is left out */
		w[200 + i].out = true;
		assert_patched(v, n, w, n + 1, true);
	}
	for (i = 0; i < 300; i++)			/* longer ones: another average */
		w[i].html = arena_printf(&arena, "%s%s", w[i].html, w[i].html);
	assert_patched(v, n, w, n + 1, false);
}

/* Rare words come and go all over the blocks, also those at which one begins. */
static void test_find_kept__words_that_come_and_go_anywhere(void **state)
{
	static struct text v[MOST], w[MOST];
	size_t n = many(v, MOST - 1), i, k;
	unsigned seed = 1, round;

	(void)state;
	for (round = 0; round < 8; round++) {
		memcpy(w, v, sizeof v);
		for (i = 0; i < 1u << round; i++) {
			struct buf b = BUF_INIT;

			seed = seed * 1103515245 + 12345;
			for (k = 0; k < 60; k++)	/* as many words as before */
				buf_printf(&b, "<p>%s %s</p>", word((seed >> 8) * (unsigned)(k + 1) % 20000), word((seed >> 4) % (unsigned)(k + 1)));
			w[(seed >> 12) % n].html = arena_cstr(&arena, buf_str(&b));
			buf_free(&b);
		}
		assert_patched(v, n, w, n, true);
	}
}

/* The text with another word of that length instead of one. */
static const char *without(const char *html, struct str is)
{
	char *text = arena_cstr(&arena, cstr(html)), *at;
	const char *word_of = arena_cstr(&arena, is);

	for (at = text; (at = strstr(at, word_of)); at += is.n)
		memset(at, 'z', is.n);
	return text;
}

/* The word that a block begins with goes, and comes again: the block before may end elsewhere. */
static void test_find_kept__the_first_word_of_a_block_goes(void **state)
{
	static struct text v[MOST], w[MOST];
	size_t n = many(v, MOST - 1), i, ignored, gone = 0;
	struct str line, name, rest, first;
	struct find *f = made(v, n, 1);
	struct disk was = disk_of(f, NULL, &ignored);
	struct buf root = BUF_INIT;

	(void)state;
	find_close(f);
	assert_true(disk_read(&was, &root, STR("find/root.js")));
	rest = buf_str(&root);
	rest = str_sub(rest, str_chr(rest, '\\') + 2, rest.n);	/* the lines of one string */
	while (str_split(&first, &rest, ' ') && str_split(&name, &rest, ' ')) {
		line = str_starts(first, STR("\\n")) ? str_sub(first, 2, first.n) : first;
		if (line.n < 4)
			continue;
		memcpy(w, v, sizeof v);
		for (i = 0; i < n; i++)
			w[i].html = strstr(v[i].html, arena_cstr(&arena, line)) ? without(v[i].html, line) : v[i].html;
		for (i = 0; i < n && w[i].html == v[i].html; i++)
			;
		if (i == n)
			continue;	/* a stem, or one with marks */
		gone++;
		assert_patched(v, n, w, n, true);
	}
	assert_in_range(gone, 4, 64);
	buf_free(&root);
}

static void test_find_kept__files_that_are_not_as_they_were_are_no_ground(void **state)
{
	static const unsigned char other[KEPT_KEY] = "other";
	static struct text v[MOST];
	struct str tie2 = { (const char *)other, KEPT_KEY };
	size_t n = many(v, MOST), wrote, i;
	struct find *f = made(v, n, 1);
	struct err e = ERR_INIT;
	struct disk was;

	(void)state;
	assert_int_equal(find_save(f, "kept", key, tie, &e), RC_OK);
	was = disk_of(f, NULL, &wrote);
	find_close(f);
	f = find_open(&copy, 1);
	assert_false(find_load(f, "kept", other, tie));
	assert_false(find_load(f, "kept", key, tie2));
	assert_false(find_load(f, "nowhere", key, tie));
	assert_true(find_load(f, "kept", key, tie));
	find_add(f, 0, &copy, &all[0], STR("<p>altogether other words</p>"));
	for (i = 1; i < n; i++)
		if (!v[i].out)
			assert_true(find_keep(f, &all[i]));
	for (i = 0; i < was.n; i++)
		if (str_starts(was.names[i], STR("find-p/")))
			was.texts[i] = str_sub(was.texts[i], 0, was.texts[i].n / 2);
	assert_false(find_patch(f, disk_read, &was));
	find_close(f);
}

static void test_find_kept__lengths_that_cannot_be_are_no_ground(void **state)
{
	static struct text v[MOST];
	struct find *f = made(v, many(v, MOST), 1);
	struct err e = ERR_INIT;
	struct kept_log_out *out;
	struct kept_log log;
	struct str head;
	char *p;

	(void)state;
	assert_int_equal(find_save(f, "kept", key, tie, &e), RC_OK);
	find_close(f);
	assert_true(kept_log_open(&log, "kept", key, tie) && kept_log_get(&head, &log, STR("h")));
	p = arena_cstr(&arena, head);
	memset(p + 4, 0, 8);		/* the sum of all lengths */
	assert_int_equal(kept_log_begin(&out, "kept", key, &log, &e), RC_OK);
	kept_log_put(out, STR("h"), (struct str){ p, head.n });
	assert_int_equal(kept_log_end(out, tie, &e), RC_OK);
	kept_log_close(&log);
	f = find_open(&copy, 1);
	assert_false(find_load(f, "kept", key, tie));
	find_close(f);
}

static void test_find_blocks__a_string_longer_than_any_word_is_refused(void **state)
{
	struct find_decoder d = { .string = BUF_INIT };
	struct str tail;
	char text[WORD_MAX + 4];

	(void)state;
	memset(text, 'a', sizeof text);
	text[0] = find_digits[0];
	text[WORD_MAX + 1] = ' ';
	text[WORD_MAX + 2] = find_digits[WORD_MAX];
	text[WORD_MAX + 3] = ' ';
	d.rest = (struct str){ text, sizeof text };
	assert_true(find_take(&tail, &d) && d.string.n == WORD_MAX && find_take(&tail, &d) && !d.rest.n);
	text[WORD_MAX + 1] = 'a';
	text[WORD_MAX + 2] = ' ';
	d.rest = (struct str){ text, WORD_MAX + 3 };
	assert_false(find_take(&tail, &d));
	buf_free(&d.string);
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
	assert_string_equal(buf_cstr(&b), "S(\"find-d/0\",\"ll-bg-2022-in\\tfa\\tLesson\\tBulgaria\\t2021-02-03\\t\\t"
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

/* As many values as documents, each a set by itself: more than two digits tell apart. */
static void test_find_files__a_facet_of_any_number_of_sets(void **state)
{
	enum { N = 8200, DIGITS = 3 };
	struct entry *docs = arena_array(&arena, N, sizeof *docs);
	const struct entry **admit = arena_array(&arena, N, sizeof *admit);
	struct copy c = { .all = docs, .v = admit, .n = N, .nall = N, .vocab = copy.vocab };
	struct find *f;
	uint32_t *years = arena_array(&arena, N, sizeof *years), set;
	struct in in;
	char *line;
	size_t size, i, k;

	(void)state;
	for (i = 0; i < N; i++) {
		docs[i] = (struct entry){ .name = cstr(arena_printf(&arena, "ll-bg-%04zu", i)), .lang = STR("en"), .title = STR("x"),
			.date = cstr(arena_printf(&arena, "%04zu-05", i * 7 % N)), .kind = kind_find(STR("lesson")), .original = &docs[i], .in = true };
		docs[i].id = docs[i].name;
		admit[i] = &docs[i];
	}
	f = find_open(&c, 1);
	for (i = 0; i < N; i++)
		find_add(f, 0, &c, &docs[i], STR("<p>x</p>"));
	find_finish(f, NULL, NULL);
	assert_true(line = strstr(payload(f, "find/facets.js", &size), "\\nyear\\t"));
	in.p = strstr(line + 2, "\\n") + 2;	/* years are in order and have each year of so many: the number of a value is the year */
	for (i = 0; i < N; i++) {
		years[i] = number_of(&in);
		assert_int_equal(*in.p++, ' ');
	}
	in.p += 2;
	for (i = 0; i < N; i++) {
		for (set = 0, k = 0; k < DIGITS; k++)
			set = 90 * set + digit_of(&in);
		assert_true(set < N);
		assert_int_equal(years[set], atoi(f->docs[i]->date.p));
	}
	assert_string_equal(in.p, "\\n");
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
		cmocka_unit_test(test_find__what_is_named_comes_first_but_is_no_filter),
		cmocka_unit_test(test_find__no_word_is_an_error_unless_there_is_a_filter),
		cmocka_unit_test(test_find__who_added_what_in_which_order_changes_no_byte),
		cmocka_unit_test(test_find__names_that_are_none),
		cmocka_unit_test(test_find_files__blocks_hold_what_is_found),
		cmocka_unit_test(test_find_files__texts_are_escaped_and_ids_of_left_out_ones_are_not_there),
		cmocka_unit_test(test_find_files__a_facet_of_any_number_of_sets),
		cmocka_unit_test(test_find__nothing_at_all),
		cmocka_unit_test(test_find_kept__a_changed_document_touches_few_files),
		cmocka_unit_test(test_find_kept__any_change_gives_the_bytes_of_a_first_index),
		cmocka_unit_test(test_find_kept__words_that_come_and_go_anywhere),
		cmocka_unit_test(test_find_kept__the_first_word_of_a_block_goes),
		cmocka_unit_test(test_find_kept__files_that_are_not_as_they_were_are_no_ground),
		cmocka_unit_test(test_find_kept__lengths_that_cannot_be_are_no_ground),
		cmocka_unit_test(test_find_blocks__a_string_longer_than_any_word_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
