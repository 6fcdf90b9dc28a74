/* tests/unit/template.c: the empty document of each kind parses and is what the checks expect. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/doc/check.h"
#include "kb/doc/template.h"

static struct str id_of(struct arena *a, const struct kind *k)
{
	return cstr(arena_printf(a, k->year ? "%s-mk-2022-a-title" : "%s-mk", k->prefix));
}

static void test_template__of_every_kind_parses_and_is_at_its_place(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	const struct kind *k;
	const struct key_rule *r;
	struct vocab v;
	struct place at;
	struct doc d;
	size_t i;

	(void)state;
	vocab_default(&v, &a);
	for (k = kinds; k->name; k++) {
		struct check_env env = { &v, STR("TLP:GREEN"), NULL, NULL };
		struct findings f = { 0 };
		struct str id = id_of(&a, k);

		buf_clear(&b);
		assert_int_equal(template_write(&b, k, id, STR("A title: with \"signs\" & #"), STR("mk"), STR("en"), STR("2022-05-18"), NULL, 0, &e), RC_OK);
		if (doc_parse(&d, &at, &a, buf_str(&b), &e))
			fail_msg("%s: %s\n%s", k->name, e.msg, buf_cstr(&b));
		assert_ptr_equal(d.kind, k);
		assert_true(str_eq(d.id, id) && str_is(d.title, "A title: with \"signs\" & #") && str_is(d.owner, "mk"));
		assert_true(str_is(d.status, "draft") && str_is(d.tlp, "TLP:GREEN") && str_is(d.lang, "en") && str_is(d.date, "2022-05-18"));
		for (r = k->keys; r->name; r++)
			assert_int_equal(front_key(&d.front, r->name) != NULL, r->need != NEED_OPTIONAL || strcmp(r->name, "countries") == 0);
		for (i = 0; k->headings[i].text; i++)
			assert_true(str_find(d.body, cstr(arena_printf(&a, "\n## %s\n", k->headings[i].text))) != SIZE_MAX);
		assert_true(b.p[b.n - 1] == '\n' && b.p[b.n - 2] != '\n');
		check_document(&f, &a, cstr(arena_printf(&a, "drafts/%.*s.md", FMT_STR(id))), buf_str(&b), &env);
		for (i = 0; i < f.n; i++)	/* what is asked for is filling in, nothing else */
			if (strcmp(f.v[i].rule, "key-missing") != 0)
				fail_msg("%s: %s: %.*s", k->name, f.v[i].rule, FMT_STR(f.v[i].message));
	}
	buf_free(&b);
	arena_free(&a);
}

static void test_template__set_keys_stand_in_it(void **state)
{
	const struct template_set sets[] = { { STR("crime"), STR("som, thb") }, { STR("x-own"), STR("v: w") }, { STR("period"), STR("2021") },
		{ STR("tlp"), STR("TLP:CLEAR") }, { STR("related"), STR("cp-mk") }, { STR("topics"), STR("") } };
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	struct place at;
	struct doc d;

	(void)state;
	assert_int_equal(template_write(&b, kind_find(STR("case-study")), STR("cs-mk-2022-x"), STR("X"), STR("mk"), STR("en"), STR("2022"), sets,
	    sizeof sets / sizeof *sets, &e), RC_OK);
	assert_int_equal(doc_parse(&d, &at, &a, buf_str(&b), &e), RC_OK);
	assert_int_equal(front_key(&d.front, "crime")->n, 2);
	assert_true(str_is(front_key(&d.front, "crime")->values[1], "thb"));
	assert_true(str_is(front_text(&d.front, "x-own"), "v: w"));
	assert_true(str_is(front_text(&d.front, "period"), "2021") && str_is(d.tlp, "TLP:CLEAR"));
	assert_true(front_key(&d.front, "related")->list && front_key(&d.front, "topics")->n == 0);
	buf_free(&b);
	arena_free(&a);
}

static void test_template__refuses_keys_the_kind_has_not(void **state)
{
	static const char *const names[] = { "crime", "no-such", "x-", "Title", "a: b\nc", "x-A", "x-a: b\nstatus", "id", "kind", "owner", "status", "lang", "title" };
	struct err e = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct template_set set = { cstr(names[i]), STR("som") };
		struct buf b = BUF_INIT;

		if (template_write(&b, kind_find(STR("lesson")), STR("ll-mk-2022-x"), STR("X"), STR("mk"), STR("en"), STR("2022"), &set, 1, &e) !=
		    RC_INVALID)
			fail_msg("taken: %s", names[i]);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template__of_every_kind_parses_and_is_at_its_place),
		cmocka_unit_test(test_template__set_keys_stand_in_it),
		cmocka_unit_test(test_template__refuses_keys_the_kind_has_not),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
