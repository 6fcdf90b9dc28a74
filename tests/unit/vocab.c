/* tests/unit/vocab.c: vocabularies: the defaults, tables read back, the nearest code. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/doc/doc.h"
#include "kb/doc/names.h"

static bool same(const struct vocab_table *a, const struct vocab_table *b)
{
	size_t i;

	for (i = 0; i < a->n && a->n == b->n; i++) {
		const struct term *x = &a->terms[i], *y = &b->terms[i];

		if (!str_eq(x->code, y->code) || !str_eq(x->label, y->label) || !str_eq(x->group, y->group) || !str_eq(x->also, y->also) ||
		    !str_eq(x->note, y->note))
			return false;
	}
	return a->n == b->n;
}

static void test_vocab__defaults_have_distinct_codes_and_labels(void **state)
{
	struct arena a = ARENA_INIT;
	struct vocab v;
	size_t t, i, j;

	(void)state;
	vocab_default(&v, &a);
	assert_int_equal(v.n, 18);
	for (t = 0; t < v.n; t++) {
		const struct vocab_table *w = &v.tables[t];

		assert_ptr_equal(vocab_table(&v, w->name), w);
		assert_true(w->n > 0);
		for (i = 0; i < w->n; i++) {
			assert_true(w->terms[i].code.n && w->terms[i].label.n && str_utf8_bad(w->terms[i].label) == w->terms[i].label.n);
			for (j = 0; j < w->terms[i].code.n; j++) {
				char c = w->terms[i].code.p[j];

				assert_true(str_is(w->name, "countries") ? c >= 'A' && c <= 'Z' : (c >= 'a' && c <= 'z') || c == '-');
			}
			assert_ptr_equal(vocab_term(w, w->terms[i].code), &w->terms[i]);	/* so it stands once */
			assert_true(str_eq(vocab_nearest(w, w->terms[i].code), w->terms[i].code));
		}
	}
	assert_int_equal(vocab_table(&v, STR("topics"))->n, 45);
	assert_true(vocab_table(&v, STR("countries"))->n >= 249);
	assert_null(vocab_table(&v, STR("Topics")));
	assert_null(vocab_term(vocab_table(&v, STR("topics")), STR("THB")));
	arena_free(&a);
}

static void test_vocab__what_is_written_reads_as_the_same_table(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct vocab v, w;
	struct buf b = BUF_INIT;
	size_t t;

	(void)state;
	vocab_default(&v, &a);
	for (t = 0; t < v.n; t++) {
		buf_clear(&b);
		vocab_format(&b, &v.tables[t]);
		vocab_default(&w, &a);
		assert_int_equal(vocab_read(&w, &a, v.tables[t].name, buf_str(&b), &e), RC_OK);
		assert_int_equal(w.n, v.n);
		assert_true(same(&v.tables[t], &w.tables[t]));
		vocab_format(&b, &w.tables[t]);
		assert_true(str_eq(str_sub(buf_str(&b), 0, b.n / 2), str_sub(buf_str(&b), b.n / 2, b.n)));
	}
	buf_free(&b);
	arena_free(&a);
}

static void test_vocab__tables_as_people_write_them(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct vocab v;
	const struct vocab_table *t;

	(void)state;
	vocab_default(&v, &a);
	assert_int_equal(vocab_read(&v, &a, STR("colours"), STR("# Colours\n\nText.\n\ncode | label\n:---|---:\nred | Red one\n| light-blue |\n"
	    "||\nblue|\n\nBehind | it\n"), &e), RC_OK);
	t = vocab_table(&v, STR("colours"));
	assert_non_null(t);
	assert_int_equal(t->n, 3);
	assert_true(str_is(t->terms[0].label, "Red one"));
	assert_true(str_is(t->terms[1].label, "Light blue"));
	assert_true(str_is(vocab_label(&v, "colours", STR("light-blue")), "Light blue"));
	assert_true(str_is(vocab_label(&v, "colours", STR("green")), "green"));
	assert_true(str_is(vocab_label(&v, "no-such", STR("green")), "green"));
	assert_true(str_is(vocab_label(&v, "countries", STR("MK")), "North Macedonia"));
	assert_int_equal(vocab_read(&v, &a, STR("topics"), STR("no table here\n"), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "vocab/topics.md"));
	assert_int_equal(vocab_read(&v, &a, STR("topics"), STR(""), &e), RC_INVALID);
	assert_int_equal(vocab_read(&v, &a, STR("topics"), STR("a | b\nc | d\n"), &e), RC_INVALID);
	assert_int_equal(vocab_table(&v, STR("topics"))->n, 45);	/* stands */
	arena_free(&a);
}

static void test_vocab__the_nearest_code(void **state)
{
	static const struct { const char *table, *wrong, *near; } v[] = {
		{ "topics", "human trafficking", "thb" }, { "topics", "Trafficking in persons", "thb" }, { "topics", "people smuggling", "som" },
		{ "topics", "hawalla", "hawala" }, { "topics", "task-force", "task-forces" }, { "topics", "MoU", "mou" }, { "topics", "zebra", "" },
		{ "topics", "", "" }, { "topics", "x", "" }, { "countries", "mk", "MK" }, { "countries", "Turkey", "TR" }, { "countries", "Türkiye", "TR" },
		{ "countries", "pakistan", "PK" }, { "institutions", "Secretariat", "bps" }, { "transport", "raod", "road" }, { "regions", "European Union", "eu" },
	};
	struct arena a = ARENA_INIT;
	struct vocab d;
	size_t i;

	(void)state;
	vocab_default(&d, &a);
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		struct str got = vocab_nearest(vocab_table(&d, cstr(v[i].table)), cstr(v[i].wrong));

		if (!str_is(got, v[i].near))
			fail_msg("%s: \"%.*s\"", v[i].wrong, FMT_STR(got));
	}
	arena_free(&a);
}

struct given { struct str v[32], lang[32]; size_t n; };

static void take_name(void *ctx, struct str name, struct str lang)
{
	struct given *g = ctx;

	assert_true(g->n < 32);
	g->v[g->n] = name;
	g->lang[g->n++] = lang;
}

static size_t count_of(const struct given *g, struct str name)
{
	size_t i, n = 0;

	for (i = 0; i < g->n; i++)
		n += str_eq(g->v[i], name);
	return n;
}

/* Each code that a key may have gives its label and all it is called, once each. */
static size_t each_code(const struct kind *k, const struct key_rule *rule, const struct vocab *v)
{
	const struct vocab_table *t = rule->vocab ? vocab_table(v, cstr(rule->vocab)) : NULL;
	struct err e = ERR_INIT;
	struct place at;
	size_t i, n = 0;

	for (i = 0; t && i < t->n; i++) {
		struct arena a = ARENA_INIT;
		struct given g = { .n = 0 };
		struct str rest = t->terms[i].also, name;
		struct doc d;
		const char *text = arena_printf(&a, "---\nkind: %s\n%s: [\"%.*s\"]\n---\n", k->name, rule->name, FMT_STR(t->terms[i].code));

		assert_int_equal(doc_parse(&d, &at, &a, cstr(text), &e), RC_OK);
		names_each(&d.front, k, v, take_name, &g);
		assert_int_equal(count_of(&g, t->terms[i].label), 1);
		while (str_split(&name, &rest, ','))
			assert_int_equal(count_of(&g, str_trim(name)), 1);
		arena_free(&a);
		n++;
	}
	return n;
}

static void test_vocab__a_document_has_every_name_of_its_codes(void **state)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct given g = { .n = 0 };
	const struct key_rule *rule;
	const struct kind *k;
	struct place at;
	struct vocab v;
	struct doc d;
	size_t n = 0;

	(void)state;
	vocab_default(&v, &a);
	for (k = kinds; k->name; k++) {
		for (rule = common_keys; rule->name; rule++)
			n += each_code(k, rule, &v);
		for (rule = k->keys; rule->name; rule++)
			n += each_code(k, rule, &v);
	}
	assert_true(n > 1000);
	assert_int_equal(vocab_read(&v, &a, STR("crime"), STR("| code | label |\n|---|---|\n| x | Бюро | | bureau, مکتب ایران, Bureau | |\n"), &e), RC_OK);
	assert_int_equal(doc_parse(&d, &at, &a, STR("---\ncrime: [x, y]\n---\n"), &e), RC_OK);
	names_each(&d.front, kind_find(STR("case-study")), &v, take_name, &g);
	assert_int_equal(g.n, 3);
	assert_true(!str_is(g.lang[0], "en") && str_is(g.lang[1], "en") && !str_is(g.lang[2], "en"));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vocab__defaults_have_distinct_codes_and_labels),
		cmocka_unit_test(test_vocab__what_is_written_reads_as_the_same_table),
		cmocka_unit_test(test_vocab__tables_as_people_write_them),
		cmocka_unit_test(test_vocab__the_nearest_code),
		cmocka_unit_test(test_vocab__a_document_has_every_name_of_its_codes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
