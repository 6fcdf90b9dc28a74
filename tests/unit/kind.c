/* tests/unit/kind.c: the tables of kinds are consistent with themselves and with the vocabularies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/doc/doc.h"
#include "kb/doc/vocab.h"

static bool of(const char *s, const char *bytes)
{
	return s && *s && s[strspn(s, bytes)] == '\0';
}

static void rule_is_sound(const struct key_rule *r, const struct vocab *v)
{
	static const char *const patterns[] = { "owners", "lang", "grading" };
	struct str rest = cstr(r->values), w, others;
	bool known = false;
	size_t i;

	assert_true(of(r->name, "abcdefghijklmnopqrstuvwxyz-"));
	assert_true(r->about && *r->about && strlen(r->about) < 90);
	assert_false(r->values && r->vocab);
	if (r->vocab) {
		for (i = 0; i < 3; i++)
			known |= strcmp(r->vocab, patterns[i]) == 0;
		if (!known && !vocab_table(v, cstr(r->vocab)))
			fail_msg("%s: no vocabulary %s", r->name, r->vocab);
		assert_true(r->type == KEY_CODE || r->type == KEY_LIST || r->type == KEY_TEXT);
	}
	while (str_split(&w, &rest, ' ')) {
		assert_true(w.n > 0 && !word_in("", w));
		assert_true(word_in(r->values, w));
		for (others = rest; others.n;) {
			struct str o;

			(void)str_split(&o, &others, ' ');
			assert_false(str_eq(o, w));
		}
	}
}

static void test_kind__every_rule_names_what_exists(void **state)
{
	struct arena a = ARENA_INIT;
	struct vocab v;
	const struct key_rule *r, *q;
	const struct kind *k;

	(void)state;
	vocab_default(&v, &a);
	for (r = common_keys; r->name; r++)
		rule_is_sound(r, &v);
	for (r = translation_keys; r->name; r++)
		rule_is_sound(r, &v);
	for (k = kinds; k->name; k++)
		for (r = k->keys; r->name; r++) {
			rule_is_sound(r, &v);
			assert_ptr_equal(kind_key(k, cstr(r->name)), r);
			for (q = k->keys; q < r; q++)
				assert_string_not_equal(q->name, r->name);
		}
	arena_free(&a);
}

static void test_kind__eleven_kinds_that_differ_in_name_prefix_and_folder(void **state)
{
	const struct kind *k, *o;
	size_t n = 0;

	(void)state;
	for (k = kinds; k->name; k++, n++) {
		assert_true(of(k->name, "abcdefghijklmnopqrstuvwxyz-") && of(k->folder, "abcdefghijklmnopqrstuvwxyz-"));
		assert_true(of(k->prefix, "abcdefghijklmnopqrstuvwxyz") && strlen(k->prefix) == 2);
		assert_true(*k->label && *k->plural);
		for (o = kinds; o < k; o++) {
			assert_string_not_equal(o->name, k->name);
			assert_string_not_equal(o->prefix, k->prefix);
			assert_string_not_equal(o->folder, k->folder);
		}
		assert_ptr_equal(kind_find(cstr(k->name)), k);
		assert_ptr_equal(kind_by_prefix(cstr(k->prefix)), k);
		assert_ptr_equal(kind_by_folder(cstr(k->folder)), k);
	}
	assert_int_equal(n, 11);
	assert_null(kind_find(STR("Case-study")));
	assert_null(kind_find(STR_NONE));
	assert_null(kind_by_prefix(STR("c")));
	assert_null(kind_by_folder(STR("drafts")));
	assert_null(kind_key(NULL, STR("basis")));
	assert_non_null(kind_key(NULL, STR("title")));
}

static void test_kind__years_and_common_documents_are_those_of_the_domain(void **state)
{
	const struct kind *k;

	(void)state;
	for (k = kinds; k->name; k++) {
		assert_int_equal(k->year, strcmp(k->prefix, "cp") != 0 && strcmp(k->prefix, "pt") != 0);
		assert_int_equal(k->common, word_in("mt ac is ex pr", cstr(k->prefix)));
	}
}

static void test_kind__headings_differ_and_fit_the_check(void **state)
{
	const struct kind *k;
	size_t i, j;

	(void)state;
	for (k = kinds; k->name; k++) {
		for (i = 0; k->headings[i].text; i++)
			for (j = 0; j < i; j++)
				assert_string_not_equal(k->headings[i].text, k->headings[j].text);
		assert_true(i <= 16);		/* struct body of check.c */
		assert_true(i == 0 || k->headings[0].must);
		for (j = 0; j < i; j++)
			assert_int_equal(k->headings[j].facilitator, strcmp(k->prefix, "ex") == 0 &&
			    (strcmp(k->headings[j].text, "Hot wash") == 0 || strcmp(k->headings[j].text, "Evaluation") == 0 ||
			    strcmp(k->headings[j].text, "Improvement plan") == 0));
	}
}

static void test_kind__statuses_are_in_order_and_words_are_whole(void **state)
{
	static const char *const v[] = { "draft", "submitted", "cleared", "published", "superseded", "withdrawn" };
	int i;

	(void)state;
	for (i = 0; i < 6; i++)
		assert_int_equal(status_rank(cstr(v[i])), i);
	assert_int_equal(status_rank(STR("Draft")), -1);
	assert_int_equal(status_rank(STR_NONE), -1);
	assert_true(word_in("a bc d", STR("bc")));
	assert_false(word_in("a bc d", STR("b")));
	assert_false(word_in("a bc d", STR("a bc")));
	assert_false(word_in("a", STR_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kind__every_rule_names_what_exists),
		cmocka_unit_test(test_kind__eleven_kinds_that_differ_in_name_prefix_and_folder),
		cmocka_unit_test(test_kind__years_and_common_documents_are_those_of_the_domain),
		cmocka_unit_test(test_kind__headings_differ_and_fit_the_check),
		cmocka_unit_test(test_kind__statuses_are_in_order_and_words_are_whole),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
