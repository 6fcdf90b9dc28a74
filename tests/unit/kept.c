/* tests/unit/kept.c: what a build keeps is as it was written, or is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kb/base/file.h"
#include "kb/index/pack.h"
#include "render/image.h"
#include "render/kept.h"
#include "render/kept_log.h"

static const unsigned char key[KEPT_KEY] = "key", other[KEPT_KEY] = "other";

static void read_all(struct buf *b, const char *path)
{
	struct err e = ERR_INIT;

	buf_clear(b);
	assert_int_equal(file_read(b, path, (size_t)1 << 30, &e), RC_OK);
}

static void write_all(const char *path, struct str s)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write_fast(path, s, 0600, &e), RC_OK);
}

static bool maps(const unsigned char k[KEPT_KEY])
{
	struct kept_map m;
	bool is = kept_map(&m, "file", k) == RC_OK;

	kept_unmap(&m);
	return is;
}

/* Three bytes, and three pieces of the sum. */
static void test_kept__a_file_with_another_byte_is_none(void **state)
{
	static const size_t sizes[] = { 3, ((size_t)2 << 20) + 1000 };
	struct buf b = BUF_INIT, body = BUF_INIT;
	struct err e = ERR_INIT;
	struct kept_out *o;
	size_t i, k;

	(void)state;
	for (k = 0; k < 2; k++) {
		buf_clear(&body);
		for (i = 0; i < sizes[k]; i++)
			buf_putc(&body, (char)(i * 7 + i / 251));
		assert_int_equal(kept_begin(&o, "file", key, &e), RC_OK);
		kept_add(o, buf_str(&body));
		assert_int_equal(kept_end(o, &e), RC_OK);
		assert_true(maps(key));
		assert_false(maps(other));
		read_all(&b, "file");
		assert_true(str_ends(buf_str(&b), buf_str(&body)));
		for (i = 0; i < b.n; i += i < 40 || i + 3 > b.n ? 1 : 400009) {
			b.p[i] ^= 0x10;
			write_all("file", buf_str(&b));
			assert_false(maps(key));
			b.p[i] ^= 0x10;
		}
		for (i = 0; i < b.n; i += i < 40 ? 1 : b.n / 3) {
			write_all("file", str_sub(buf_str(&b), 0, i));
			assert_false(maps(key));
		}
		write_all("file", buf_str(&b));
		assert_true(maps(key));
	}
	buf_free(&b);
	buf_free(&body);
}

/* A list that is kept: each has a name, the next one, and a list of values. */
struct link {
	struct str name;
	const char *why;
	struct link *next;
	struct str *values;
	size_t n;
};
#define AT ((uintptr_t)(UINTPTR_MAX > UINT32_MAX ? 0x3c0000000000 : 0x60000000))

/* The array stands at the end. */
static void write_links(const struct link *links, size_t n)
{
	struct link *v = calloc(n, sizeof *v);
	struct err e = ERR_INIT;
	struct kept_out *o;
	struct image x;
	size_t i, k;
	void *to;

	assert_non_null(v);
	assert_int_equal(kept_begin(&o, "image", key, &e), RC_OK);
	image_begin(&x, o, AT + KEPT_BODY);
	for (i = 0; i < n; i++) {
		struct str values[8];

		v[i] = links[i];
		image_strs(&x, &v[i].name, 1);
		v[i].why = image_cstr(&x, v[i].why);
		for (k = 0; k < v[i].n; k++)
			values[k] = links[i].values[k];
		image_strs(&x, values, v[i].n);
		v[i].values = image_array(&x, v[i].values ? values : NULL, v[i].n, sizeof *values);
	}
	for (i = 0; i < n; i++)
		v[i].next = image_into(v[i].next, links, image_next(&x));
	to = image_next(&x);
	assert_ptr_equal(image_array(&x, v, n, sizeof *v), to);
	image_end(&x);
	assert_int_equal(kept_end(o, &e), RC_OK);
	free(v);
}

static struct link *links_of(const struct kept_map *m, size_t n)
{
	return (struct link *)(uintptr_t)(m->body.p + m->body.n - n * sizeof(struct link));
}

static void test_image__is_what_it_was_where_it_is_mapped(void **state)
{
	static const char long_name[] = "a name of more than sixty-four bytes, which are not looked for among those that are there";
	struct str values[] = { STR("one"), STR("two"), STR("one"), STR_NONE };
	struct link v[3] = { { STR("first"), "for one", &v[2], values, 4 }, { cstr(long_name), NULL, NULL, NULL, 0 },
	    { STR("third"), "", &v[1], values + 1, 1 } };
	struct kept_map m, second;
	struct link *root;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	write_links(v, 3);
	assert_int_equal(kept_map_at(&m, "image", other, AT), RC_NOTFOUND);
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_OK);
	assert_ptr_equal(m.all.p, (const char *)AT);
	root = links_of(&m, 3);
	assert_true(str_is(root[0].name, "first") && str_is(root[1].name, long_name) && str_is(root[2].name, "third"));
	assert_string_equal(root[0].why, "for one");
	assert_null(root[1].why);
	assert_string_equal(root[2].why, "");
	assert_ptr_equal(root[0].next, &root[2]);
	assert_ptr_equal(root[2].next, &root[1]);
	assert_null(root[1].next);
	assert_true(str_is(root[0].values[1], "two") && str_is(root[0].values[2], "one") && !root[0].values[3].p);
	assert_ptr_equal(root[0].values[0].p, root[0].values[2].p);	/* once */
	assert_int_equal((uintptr_t)root[0].values % 16, 0);		/* behind strings of odd lengths */
	assert_null(root[1].values);
	assert_true(str_is(root[2].values[0], "two"));
	root[0].next = NULL;
	assert_int_equal(kept_map_at(&second, "image", key, AT), RC_NOTFOUND);	/* something is there */
	kept_unmap(&m);
	read_all(&b, "image");
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_OK);		/* and the file is as it was */
	root = links_of(&m, 3);
	assert_ptr_equal(root[0].next, &root[2]);
	kept_unmap(&m);
	for (i = 0; i < b.n; i += 7) {
		b.p[i] ^= 1;
		write_all("image", buf_str(&b));
		assert_int_equal(kept_map_at(&m, "image", key, AT), RC_NOTFOUND);
		b.p[i] ^= 1;
	}
	buf_free(&b);
}

static void test_image__is_looked_through_unless_one_who_knows_vouches_for_it(void **state)
{
	struct str values[] = { STR("one") };
	struct link v[1] = { { STR("first"), "for one", NULL, values, 1 } };
	struct buf b = BUF_INIT;
	struct kept_stat stat;
	struct kept_map m;
	struct stat st;

	(void)state;
	write_links(v, 1);
	read_all(&b, "image");
	b.p[b.n - 2] ^= 1;
	write_all("image", buf_str(&b));
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_NOTFOUND);
	assert_int_equal(lstat("image", &st), 0);
	stat = kept_stat(&st);
	kept_vouch("image", &stat);
	assert_int_equal(kept_map_at(&m, "image", other, AT), RC_NOTFOUND);	/* its key is looked at in any case */
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_OK);
	kept_unmap(&m);
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_NOTFOUND);	/* that was for one time */
	kept_vouch("image", &stat);
	write_all("image", buf_str(&b));
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_NOTFOUND);	/* somebody wrote it since */
	buf_free(&b);
}

/* More than their hashes tell apart; many are the beginning of another one. */
static void test_image__of_many_strings_each_is_itself(void **state)
{
	enum { MANY = 40000 };
	struct link *v = calloc(MANY, sizeof *v), *root;
	char (*names)[8] = calloc(MANY, sizeof *names);
	struct kept_map m;
	unsigned i;

	(void)state;
	assert_true(v && names);
	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof names[i], "%u", MANY - i);
		v[i].name = cstr(names[i]);
		v[i].why = names[i];
	}
	write_links(v, MANY);
	assert_int_equal(kept_map_at(&m, "image", key, AT), RC_OK);
	root = links_of(&m, MANY);
	for (i = 0; i < MANY; i++) {
		assert_true(str_is(root[i].name, names[i]));
		assert_string_equal(root[i].why, names[i]);
	}
	kept_unmap(&m);
	free(names);
	free(v);
}

/* The pieces of the log that is kept, in a line: "name=piece ". */
static const char *pieces(struct buf *b, const char *stamp)
{
	struct kept_log l;
	struct str piece;
	size_t i;

	buf_clear(b);
	if (!kept_log_open(&l, "log", key, cstr(stamp)))
		return "none";
	for (i = 0; i < l.n; i++) {
		buf_printf(b, "%.*s=", FMT_STR(l.v[i].name));
		if (kept_log_get(&piece, &l, l.v[i].name))
			buf_str_add(b, piece);
		else
			buf_putc(b, '?');
		buf_putc(b, ' ');
	}
	kept_log_close(&l);
	return buf_cstr(b);
}

/* Put "name=piece" and drop "name", words in that order. */
static void change(const char *was, const char *stamp, const char *words)
{
	struct str rest = cstr(words), word;
	struct kept_log l = { .n = 0 };
	struct kept_log_out *o;
	struct err e = ERR_INIT;
	size_t at;

	if (was)
		assert_true(kept_log_open(&l, "log", key, cstr(was)));
	assert_int_equal(kept_log_begin(&o, "log", key, was ? &l : NULL, &e), RC_OK);
	while (rest.n) {
		at = str_chr(rest, ' ') == SIZE_MAX ? rest.n : str_chr(rest, ' ');
		word = str_sub(rest, 0, at);
		rest = str_sub(rest, at + 1, rest.n);
		at = str_chr(word, '=');
		if (at == SIZE_MAX)
			kept_log_drop(o, word);
		else
			kept_log_put(o, str_sub(word, 0, at), str_sub(word, at + 1, word.n));
	}
	assert_int_equal(kept_log_end(o, cstr(stamp), &e), RC_OK);
	kept_log_close(&l);
}

static void test_kept_log__pieces_are_put_dropped_and_stay(void **state)
{
	struct buf b = BUF_INIT;
	struct stat st;
	unsigned i;

	(void)state;
	change(NULL, "1", "b=bee a=one d=dee e=");
	assert_string_equal(pieces(&b, "1"), "a=one b=bee d=dee e= ");
	assert_string_equal(pieces(&b, "2"), "none");
	change("1", "2", "c=sea a=two d x");
	assert_string_equal(pieces(&b, "2"), "a=two b=bee c=sea e= ");
	assert_string_equal(pieces(&b, "1"), "none");
	change("2", "3", "b=both b a a=both c");		/* what is put is there */
	assert_string_equal(pieces(&b, "3"), "a=both b=both e= ");
	change("3", "0", "keep=this");
	for (i = 0; i < 200; i++)
		change(i % 2 ? "1" : "0", i % 2 ? "0" : "1", i % 2 ? "a=odd" : "a=even");
	assert_string_equal(pieces(&b, "0"), "a=odd b=both e= keep=this ");
	assert_int_equal(stat("log", &st), 0);
	assert_in_range(st.st_size, 1, 1000);			/* what is of no use goes */
	buf_free(&b);
}

static size_t log_size(void)
{
	struct stat st;

	assert_int_equal(stat("log", &st), 0);
	return (size_t)st.st_size;
}

/* Of many pieces one is changed, and again, until what differs is more than a table of it all should carry. */
static void test_kept_log__what_differs_is_told_behind_what_is_as_it_was(void **state)
{
	enum { N = 1000, CHANGES = 400 };
	struct buf b = BUF_INIT, words = BUF_INIT, want = BUF_INIT;
	char one[64];
	size_t i, before, large = 0;

	(void)state;
	for (i = 0; i < N; i++)
		buf_printf(&words, "%spiece-%04zu=as-it-was%0100d", i ? " " : "", i, 0);
	change(NULL, "0", buf_cstr(&words));
	for (i = 0; i < CHANGES; i++) {
		before = log_size();
		snprintf(one, sizeof one, i % 3 ? "piece-%04zu=other" : "piece-%04zu", i * 2);
		change(i % 2 ? "1" : "0", i % 2 ? "0" : "1", one);
		large += log_size() > before + N;
		if (i == 0)
			assert_in_range(log_size(), before + 1, before + 100);
	}
	assert_in_range(large, 400 / (N / 8 + 64) - 1, CHANGES / 2);
	for (i = 0; i < N; i++)
		if (i % 2 || i >= 2 * CHANGES)
			buf_printf(&want, "piece-%04zu=as-it-was%0100d ", i, 0);
		else if (i / 2 % 3)
			buf_printf(&want, "piece-%04zu=other ", i);
	assert_string_equal(pieces(&b, "0"), buf_cstr(&want));
	buf_free(&b);
	buf_free(&words);
	buf_free(&want);
}

static void test_kept_log__a_byte_that_is_another_is_noticed(void **state)
{
	struct buf b = BUF_INIT, all = BUF_INIT;
	struct kept_log l;
	const char *said;
	size_t i;

	(void)state;
	change(NULL, "stamp", "a=first b=second");
	assert_false(kept_log_open(&l, "log", other, STR("stamp")));
	read_all(&all, "log");
	for (i = 0; i < all.n; i++) {
		all.p[i] ^= 0x10;
		write_all("log", buf_str(&all));
		said = pieces(&b, "stamp");
		assert_true(strcmp(said, "none") == 0 || strcmp(said, "a=? b=second ") == 0 || strcmp(said, "a=first b=? ") == 0);
		all.p[i] ^= 0x10;
		write_all("log", str_sub(buf_str(&all), 0, i));
		assert_string_equal(pieces(&b, "stamp"), "none");
	}
	write_all("log", buf_str(&all));
	assert_string_equal(pieces(&b, "stamp"), "a=first b=second ");
	buf_free(&all);
	buf_free(&b);
}

static void test_kept_log__a_byte_of_either_table_that_is_another_is_noticed(void **state)
{
	enum { OF_NO_USE = 6 + 4 + 5 + 12 + 24 };	/* what b was; the first table's stamp, what it goes on from, where it stands */
	struct buf b = BUF_INIT, all = BUF_INIT;
	char words[400], want[400];
	size_t i, right = 0;

	(void)state;
	snprintf(words, sizeof words, "a=%0300d b=second", 0);
	snprintf(want, sizeof want, "a=%0300d b=third ", 0);
	change(NULL, "stamp", words);
	change("stamp", "later", "b=third");
	assert_string_equal(pieces(&b, "later"), want);
	read_all(&all, "log");
	for (i = 0; i < all.n; i++) {
		all.p[i] ^= 0x10;
		write_all("log", buf_str(&all));
		right += strcmp(pieces(&b, "later"), want) == 0;
		all.p[i] ^= 0x10;
	}
	assert_int_equal(right, OF_NO_USE);
	buf_free(&all);
	buf_free(&b);
}

/* A table that goes on from another tells what is gone; it is made one that has all. */
static void test_kept_log__of_a_table_that_has_all_nothing_is_gone(void **state)
{
	enum { FOOT = 24, BASE = 4 + 5 };	/* where the table tells what it goes on from: behind its stamp */
	struct buf b = BUF_INIT;
	struct str table;
	char words[400];
	uint64_t at, n, check;

	(void)state;
	snprintf(words, sizeof words, "a=%0300d b=second", 0);
	change(NULL, "stamp", words);
	change("stamp", "later", "b");
	read_all(&b, "log");
	memcpy(&at, b.p + b.n - FOOT, sizeof at);
	memcpy(&n, b.p + b.n - FOOT + 8, sizeof n);
	table = str_sub(buf_str(&b), at, at + n);
	memcpy(&check, table.p + BASE, sizeof check);
	assert_true(check > 0);
	memset(b.p + at + BASE, 0, 12);
	check = check_of(check_of(0, table), STR_NONE);
	memcpy(b.p + b.n - 8, &check, sizeof check);
	write_all("log", buf_str(&b));
	assert_string_equal(pieces(&b, "later"), "none");
	buf_free(&b);
}

/* ---- what pages were made of ---- */

static const unsigned char ground[KEPT_KEY] = "ground";

static uint64_t inode;			/* of all files */

/* A build of those pages, each of the text of that document, into this folder: which are made, in a line. */
static const char *builds(struct buf *made, struct copy *c, const char *pages, const char *of)
{
	const struct kept_place place = { .cache = "." };
	struct kept *k = kept_open(&place, &c->want, ".");
	struct fact_ground g = { .copy = c };
	struct facts facts = { .page = 0 };
	struct kept_file files[8] = { { .nfacts = 0 } };
	struct kept_row rows[8] = { 0 };
	const struct kept_file *of_files[8];
	struct kept_new now = { .files = of_files, .stamp = STR("stamp"), .folders = STR(""), .id = STR("") };
	size_t from[8] = { 0 }, i;
	struct err e = ERR_INIT;

	buf_clear(made);
	assert_true(!k || kept_compare(k, ground, &g));
	for (; *pages; pages++, of++, now.n++) {
		struct kept_file *f = &files[now.n];

		of_files[now.n] = f;
		f->name = (struct str){ pages, 1 };
		for (i = 0; k && i < k->nfiles && !str_eq(k->files[i].name, f->name); i++)
			;
		if (k && i < k->nfiles && kept_same(k, &k->files[i])) {
			*f = k->files[i];
			rows[now.n] = *f->row;
			rows[now.n].stat.inode = inode;
			f->row = &rows[now.n];
			continue;
		}
		buf_str_add(made, f->name);
		facts_page(&facts);
		from[now.n] = facts.list.n;
		facts_note(&facts, FACT_TEXT, 0, 0, (struct str){ of, 1 });
		rows[now.n].stat.inode = inode;
		f->row = &rows[now.n];
		f->nfacts = 1;
		f->of = &facts;
	}
	for (i = 0; i < now.n; i++)
		if (files[i].of)
			files[i].facts = (const uint32_t *)(const void *)(facts.list.p + from[i]);
	assert_int_equal(kept_save(&place, ground, ".", &now, k, &g, &e), RC_OK);
	kept_close(k);
	facts_free(&facts);
	fact_ground_free(&g);
	return buf_cstr(made);
}

/* The files that are kept, in a line; their stats are the last ones. */
static const char *keeps(struct buf *b, const struct copy *c)
{
	const struct kept_place place = { .cache = "." };
	struct kept *k = kept_open(&place, &c->want, ".");
	size_t i;

	buf_clear(b);
	assert_non_null(k);
	for (i = 0; i < k->nfiles; i++) {
		buf_str_add(b, k->files[i].name);
		assert_int_equal(k->files[i].row->stat.inode, inode);
	}
	kept_close(k);
	return buf_cstr(b);
}

static void test_kept__what_differs_from_the_pages_stands_beside_them(void **state)
{
	const struct kept_place place = { .cache = "." };
	struct theme theme = { .nfiles = 0 };
	struct entry all[3] = { { .name = STR("a") }, { .name = STR("b") }, { .name = STR("c") } };
	const struct entry *changed[] = { &all[0] };
	struct copy c = { .want = { .theme = &theme }, .all = all, .nall = 3, .changed = changed, .id = "id" };
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT, pages = BUF_INIT, more = BUF_INIT, now = BUF_INIT;
	const char *at = kept_path(&a, &place, ".", "pages"), *beside = kept_path(&a, &place, ".", "more");

	(void)state;
	assert_string_equal(builds(&b, &c, "abc", "abc"), "abc");
	assert_false(file_exists(beside));
	read_all(&pages, at);
	c.was_kept = true;
	c.nchanged = 1;
	all[0].blob.b[0] = 1;
	assert_string_equal(builds(&b, &c, "abc", "abc"), "a");
	assert_string_equal(builds(&b, &c, "abc", "abc"), "");
	assert_string_equal(builds(&b, &c, "abc", "abc"), "");		/* it is handed on */
	all[0].blob.b[0] = 2;
	assert_string_equal(builds(&b, &c, "abc", "bbc"), "a");	/* of another text from now on */
	assert_string_equal(builds(&b, &c, "abc", "bbc"), "");
	all[1].blob.b[0] = 2;
	changed[0] = &all[1];
	assert_string_equal(builds(&b, &c, "abc", "abc"), "ab");
	all[1].blob.b[0] = 0;
	assert_string_equal(builds(&b, &c, "abc", "abc"), "b");	/* as in "pages", but the page is not */
	inode = 1;
	assert_string_equal(builds(&b, &c, "abc", "abc"), "");	/* as they are, in other files */
	assert_string_equal(keeps(&b, &c), "abc");
	assert_string_equal(builds(&b, &c, "ab", "ab"), "");
	assert_string_equal(keeps(&b, &c), "ab");
	assert_string_equal(builds(&b, &c, "abc", "abc"), "c");
	assert_string_equal(keeps(&b, &c), "abc");
	read_all(&now, at);
	assert_true(str_eq(buf_str(&now), buf_str(&pages)));	/* they stay all the while */
	assert_string_equal(builds(&b, &c, "bc", "bc"), "");
	read_all(&more, beside);

	c.was_kept = false;					/* another copy: "pages" is written anew */
	c.nchanged = 0;
	all[1].blob.b[0] = 1;
	assert_string_equal(builds(&b, &c, "abc", "abc"), "ab");
	assert_false(file_exists(beside));
	write_all(beside, buf_str(&more));			/* it belongs to the "pages" before */
	assert_string_equal(keeps(&b, &c), "abc");
	assert_string_equal(builds(&b, &c, "abc", "abc"), "");
	buf_free(&b);
	buf_free(&pages);
	buf_free(&more);
	buf_free(&now);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kept__a_file_with_another_byte_is_none),
		cmocka_unit_test(test_image__is_what_it_was_where_it_is_mapped),
		cmocka_unit_test(test_image__is_looked_through_unless_one_who_knows_vouches_for_it),
		cmocka_unit_test(test_image__of_many_strings_each_is_itself),
		cmocka_unit_test(test_kept_log__pieces_are_put_dropped_and_stay),
		cmocka_unit_test(test_kept_log__what_differs_is_told_behind_what_is_as_it_was),
		cmocka_unit_test(test_kept_log__a_byte_that_is_another_is_noticed),
		cmocka_unit_test(test_kept_log__a_byte_of_either_table_that_is_another_is_noticed),
		cmocka_unit_test(test_kept_log__of_a_table_that_has_all_nothing_is_gone),
		cmocka_unit_test(test_kept__what_differs_from_the_pages_stands_beside_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
