/* tests/unit/doc.c: ids, paths, languages, slugs; keys spliced into documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/doc/doc.h"

static void test_doc__ids_follow_the_pattern(void **state)
{
	static const char *const good[] = { "cs-mk-2022-taiwan", "mt-bps-2022-colep-2", "cp-mk", "pt-unodc", "ll-mk-0000-0", "ct-interpol-2022-a-1-b" };
	static const char *const bad[] = { "", "-", "cs", "cs-", "cs-mk", "cs-mk-2022", "cs-mk-2022-", "cs-mk-2022--x", "cs-mk-2022-x-",
		"cs-mk-22-x", "cs-mk-20222-x", "cs-mk-202a-x", "cs-mk-taiwan", "CS-mk-2022-x", "cs-MK-2022-x", "cs-mk-2022-X", "cs-m-2022-x",
		"cs-abcdefghi-2022-x", "cs-m1-2022-x", "zz-mk-2022-x", "cp-mk-2022-x", "cp-mk-x", "cp-", "cp-mk-", "pt", "cs-mk-2022-a_b", "cs-mk-2022-a b",
		"cs-mk-2022-../x", "cs-mk-2022-a.b", "cs/mk/2022/x", "cs-mk-2022-é", "cs--2022-x", " cs-mk-2022-x", "cs-mk-2022-x\n" };
	const struct kind *k;
	struct str owner;
	char id[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		if (!doc_id_valid(cstr(good[i]), &k, &owner) || strncmp(k->prefix, good[i], 2) != 0 || !doc_owner_valid(owner))
			fail_msg("refused: %s", good[i]);
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (doc_id_valid(cstr(bad[i]), NULL, NULL))
			fail_msg("taken: %s", bad[i]);
	assert_false(doc_id_valid((struct str){ "cs-mk-2022-\0x", 13 }, NULL, NULL));
	snprintf(id, sizeof id, "cs-mk-2022-%053d", 0);
	assert_int_equal(strlen(id), 64);
	assert_true(doc_id_valid(cstr(id), NULL, NULL));
	snprintf(id, sizeof id, "cs-mk-2022-%054d", 0);
	assert_false(doc_id_valid(cstr(id), NULL, NULL));
}

static void test_doc__paths_split_and_hostile_ones_do_not(void **state)
{
	static const char *const bad[] = { "", "/", "case-studies", "case-studies/mk", "case-studies/mk/", "case-studies//cs-mk-2022-x.md",
		"/case-studies/mk/cs-mk-2022-x.md", "../case-studies/mk/cs-mk-2022-x.md", "case-studies/../cs-mk-2022-x.md",
		"case-studies/mk/../mk/cs-mk-2022-x.md", "case-studies/mk/./cs-mk-2022-x.md", "case-studies/mk/cs-mk-2022-x.md/", "case-studies/mk/.md",
		"case-studies/mk/cs-mk-2022-x", "case-studies/mk/cs-mk-2022-x.MD", "case-studies/mk/cs-mk-2022-X.md", "case-studies/MK/cs-mk-2022-x.md",
		"case-studies/bg/cs-mk-2022-x.md", "lessons/mk/cs-mk-2022-x.md", "case-studies/mk/cs-mk-x.md", "country-profiles/mk/cp-mk-2022-x.md",
		"case-studies/mk/cs-mk-2022-x..md", "case-studies/mk/cs-mk-2022-x.e.md", "case-studies/mk/cs-mk-2022-x.fa.bg.md", "case-studies/mk/cs-mk-2022-x.fa-.md",
		"drafts/cs-mk-2022-x.md", "Case-Studies/mk/cs-mk-2022-x.md", "case-studies\\mk\\cs-mk-2022-x.md", "case-studies/mk/cs-mk-2022-x.md\n" };
	struct arena a = ARENA_INIT;
	struct doc_path p = { 0 };
	const char *why = NULL;
	size_t i;

	(void)state;
	assert_true(doc_path_parse(&p, STR("case-studies/mk/cs-mk-2022-taiwan.sr-Latn.md"), &why));
	assert_string_equal(p.kind->name, "case-study");
	assert_true(str_is(p.owner, "mk") && str_is(p.id, "cs-mk-2022-taiwan") && str_is(p.lang, "sr-Latn"));
	assert_true(str_is(p.name, "cs-mk-2022-taiwan.sr-Latn"));
	assert_true(doc_path_parse(&p, STR("participants/unodc/pt-unodc.md"), NULL));
	assert_true(!p.lang.n && str_is(p.name, "pt-unodc"));
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		why = NULL;
		if (doc_path_parse(&p, cstr(bad[i]), &why) || !why || !*why)
			fail_msg("taken, or nothing said: %s", bad[i]);
		assert_true(str_is(p.name, "pt-unodc"));	/* set on success only */
	}
	assert_false(doc_path_parse(&p, cstr(arena_printf(&a, "case-studies/mk/%0120d.md", 0)), &why));
	assert_true(str_is(doc_path_of(&a, STR("cs-mk-2022-taiwan.fa")), "case-studies/mk/cs-mk-2022-taiwan.fa.md"));
	assert_true(str_is(doc_path_of(&a, STR("cp-mk")), "country-profiles/mk/cp-mk.md"));
	assert_null(doc_path_of(&a, STR("cs-mk-2022-taiwan.")).p);
	assert_null(doc_path_of(&a, STR("../etc/passwd")).p);
	assert_null(doc_path_of(&a, STR_NONE).p);
	arena_free(&a);
}

static void test_doc__languages_owners_and_labels(void **state)
{
	static const char *const good[] = { "en", "bg", "ckb", "sr-Latn", "sr-Latn-RS", "de-1996" };
	static const char *const bad[] = { "", "e", "english", "EN", "en_", "en-", "-en", "en--US", "en-Latnlatnl", "en/..", "sr Latn", "e1" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(lang_valid(cstr(good[i])));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		if (lang_valid(cstr(bad[i])))
			fail_msg("taken: %s", bad[i]);
	assert_true(doc_owner_valid(STR("mk")) && doc_owner_valid(STR("eucom")) && doc_owner_valid(STR("interpol")));
	assert_false(doc_owner_valid(STR("")) || doc_owner_valid(STR("m")) || doc_owner_valid(STR("MK")) || doc_owner_valid(STR("abcdefghi")) ||
	    doc_owner_valid(STR("m.")) || doc_owner_valid(STR("m-k")));
	assert_int_equal(tlp_rank(STR("TLP:CLEAR")), 0);
	assert_int_equal(tlp_rank(STR("TLP:WHITE")), 0);
	assert_int_equal(tlp_rank(STR("TLP:GREEN")), 1);
	assert_int_equal(tlp_rank(STR("TLP:AMBER")), 2);
	assert_int_equal(tlp_rank(STR("TLP:AMBER+STRICT")), 3);
	assert_int_equal(tlp_rank(STR("TLP:RED")), 4);
	assert_int_equal(tlp_rank(STR("TLP:red")), -1);
	assert_int_equal(tlp_rank(STR(" TLP:RED")), -1);
	assert_int_equal(tlp_rank(STR_NONE), -1);
}

static void test_doc__slugs_of_any_title(void **state)
{
	static const struct { const char *text, *slug; } v[] = {
		{ "Investigation involving Taiwan", "investigation-involving-taiwan" }, { "  A -- B!  ", "a-b" }, { "Müller & Söhne", "muller-sohne" },
		{ "Трафик на хора", "trafik-na-hora" }, { "Ђорђе Љубичић", "djordje-ljubicic" }, { "Łódź", "lodz" }, { "Straße", "strasse" },
		{ "İstanbul", "istanbul" }, { "تهران", "x" }, { "", "x" }, { "---", "x" }, { "12 May", "12-may" }, { "a\xff" "b", "a-b" }, { "東京", "x" },
		{ "../../etc", "etc" }, { "\xd9\xa2\xd9\xa0\xd9\xa2\xd9\xa2", "2022" },
	};
	struct arena a = ARENA_INIT;
	struct str s;
	struct buf b = BUF_INIT;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		s = doc_slug(&a, cstr(v[i].text), 40);
		if (!str_is(s, v[i].slug))
			fail_msg("%s: %.*s", v[i].text, FMT_STR(s));
	}
	for (i = 0; i < 500; i++)
		buf_puts(&b, "Ж-long title ");
	for (i = 1; i < 50; i++) {
		s = doc_slug(&a, buf_str(&b), i);
		assert_true(s.n >= 1 && s.n <= i && s.p[0] != '-' && s.p[s.n - 1] != '-');
		for (j = 0; j < s.n; j++)
			assert_true(strchr("abcdefghijklmnopqrstuvwxyz0123456789-", s.p[j]) != NULL);
	}
	buf_free(&b);
	arena_free(&a);
}

static void test_doc__parse_picks_the_common_keys(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct place at;
	struct doc d;

	(void)state;
	assert_int_equal(doc_parse(&d, &at, &a, STR("---\nid: cp-mk\nkind: country-profile\ntlp: TLP:CLEAR\n---\nBody\n"), &e), RC_OK);
	assert_string_equal(d.kind->name, "country-profile");
	assert_true(str_is(d.id, "cp-mk") && str_is(d.tlp, "TLP:CLEAR") && !d.title.p && str_is(d.body, "Body\n"));
	assert_int_equal(doc_parse(&d, &at, &a, STR("---\n---\n"), &e), RC_OK);
	assert_true(!d.kind && !d.id.n && !d.body.n);
	assert_int_equal(doc_parse(&d, &at, &a, STR("---\na: b\n---"), &e), RC_OK);
	assert_int_equal(d.body.n, 0);
	assert_int_equal(doc_parse(&d, &at, &a, STR("text"), &e), RC_INVALID);
	arena_free(&a);
}

/* Random documents: what front_set wrote reads back, and the file is as it was but for the lines of the key. */
static uint64_t seed = 42;

static size_t pick(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static void random_text(struct buf *b)
{
	static const char *const part[] = { "a", "Z", " ", ": ", ":", "#", " #", "- ", "-", "'", "\"", "\\", "[", "]", "{", "}", ",", "&", "*", "!",
		"|", ">", "%", "@", "`", "ж", "پ", "é", "\xc2\xa0", "\xe2\x80\x93", "\xe2\x80\x8b", "\xf0\x9f\x98\x80", "yes", "null", "~", "1", "2022-05-18", "=", "?", "<<",
		"---", "...", "0x1f", "\t", "\xc2\x85", "\xe2\x80\xa8", "\xef\xbb\xbf", "\xef\xbf\xbf", "\x7f", "\x01", "\n", "\r" };
	size_t n = pick(8);

	buf_clear(b);
	while (n--)
		buf_puts(b, part[pick(sizeof part / sizeof *part)]);
}

/* What front_quote promises: controls and line ends become blanks. */
static struct str expected(struct arena *a, struct str s)
{
	struct buf b = BUF_INIT;
	struct str out;
	size_t i;

	for (i = 0; i < s.n;) {
		uint32_t c = str_utf8_next(s, &i);

		buf_utf8(&b, c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xffff ? ' ' : c);
	}
	out = arena_str(a, buf_str(&b));
	buf_free(&b);
	return out;
}

static void document(struct buf *b)
{
	static const char *const lines[] = { "# a note\n", "\n", "title: x\n", "title: \"x: y\"   # why\n", "topics: [a, b]\n", "topics:\n- a\n- b\n",
		"topics:\n  - a\n\n  - b\n", "summary:\n", "summary: 'it''s'\n", "title@2: z\n", "x-a: [\n  a,\n  b\n]\n", "related: []\n", "date: 2022\n" };
	unsigned used = 0;
	size_t n = pick(8), k;

	buf_clear(b);
	buf_puts(b, "---\n");
	while (n--) {
		k = pick(sizeof lines / sizeof *lines);
		if (k < 2 || !(used & 1u << (lines[k][0] == 't' ? (lines[k][1] == 'i' ? (lines[k][5] == '@' ? 1 : 2) : 3) : 4 + lines[k][0] % 20))) {
			used |= k < 2 ? 0 : 1u << (lines[k][0] == 't' ? (lines[k][1] == 'i' ? (lines[k][5] == '@' ? 1 : 2) : 3) : 4 + lines[k][0] % 20);
			buf_puts(b, lines[k]);
		}
	}
	buf_puts(b, "---");
	buf_puts(b, pick(4) ? "\nBody: of\r\n---\ntitle: no\n" : pick(2) ? "\n" : "");
}

static void test_doc__splicing_changes_one_key_and_no_other_byte(void **state)
{
	static const char *const names[] = { "title", "topics", "summary", "related", "x-new" };
	struct buf text = BUF_INIT, value = BUF_INIT, out = BUF_INIT;
	struct err e = ERR_INIT;
	struct front f, g;
	struct place at;
	size_t turn, i, n;

	(void)state;
	for (turn = 0; turn < 20000; turn++) {
		struct arena a = ARENA_INIT;
		const char *name = names[pick(5)];
		const struct key *old, *new;
		struct str values[4], before, after;
		size_t what = pick(3);

		document(&text);
		if (front_parse(&f, &at, &a, buf_str(&text), &e))
			fail_msg("%s\n%s", e.msg, buf_cstr(&text));
		old = front_key(&f, name);
		for (n = what == 1 ? pick(4) : 1, i = 0; i < n; i++) {
			random_text(&value);
			values[i] = arena_str(&a, buf_str(&value));
		}
		buf_clear(&out);
		if (what == 0)
			front_set(&out, &f, buf_str(&text), name, values[0]);
		else if (what == 1)
			front_set_list(&out, &f, buf_str(&text), name, values, n);
		else
			front_remove(&out, &f, buf_str(&text), name);
		before = str_sub(buf_str(&text), 0, old ? old->from : f.close);
		after = str_sub(buf_str(&text), old ? old->to : f.close, text.n);
		assert_true(str_starts(buf_str(&out), before) && str_ends(buf_str(&out), after));
		if (front_parse(&g, &at, &a, buf_str(&out), &e))
			fail_msg("%s:\n%s", e.msg, buf_cstr(&out));
		new = front_key(&g, name);
		assert_int_equal(g.n, f.n + (what < 2 && !old) - (what == 2 && old));
		if (what == 2) {
			assert_null(new);
			assert_int_equal(out.n, before.n + after.n);
		} else {
			assert_true(str_is(str_sub(buf_str(&out), before.n, before.n + strlen(name)), name));
			assert_int_equal(new->to, out.n - after.n);
			assert_int_equal(new->list, what == 1);
			if (what == 0 && !expected(&a, values[0]).n)
				n = new->n;	/* an empty text may read as none */
			assert_int_equal(new->n, n);
			for (i = 0; i < n; i++)
				if (!str_eq(new->values[i], expected(&a, values[i])))
					fail_msg("%.*s became %.*s", FMT_STR(values[i]), FMT_STR(new->values[i]));
		}
		arena_free(&a);
	}
	buf_free(&text);
	buf_free(&value);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_doc__ids_follow_the_pattern),
		cmocka_unit_test(test_doc__paths_split_and_hostile_ones_do_not),
		cmocka_unit_test(test_doc__languages_owners_and_labels),
		cmocka_unit_test(test_doc__slugs_of_any_title),
		cmocka_unit_test(test_doc__parse_picks_the_common_keys),
		cmocka_unit_test(test_doc__splicing_changes_one_key_and_no_other_byte),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
