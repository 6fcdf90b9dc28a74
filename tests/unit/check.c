/* tests/unit/check.c: the rules of DOMAIN 3 to 8: each hit by what breaks it, and silent beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kb/doc/check.h"
#include "kb/limits.h"

static struct arena arena;
static struct vocab vocab;
static struct findings f;
static struct buf text;

static bool known(void *ctx, struct str id)
{
	(void)ctx;
	return !str_is(id, "ll-mk-2022-elsewhere");
}

static int open_all(void **state)
{
	(void)state;
	vocab_default(&vocab, &arena);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	buf_free(&text);
	arena_free(&arena);
	return 0;
}

static void look_under(const char *path, struct str s, const char *ceiling)
{
	struct check_env env = { &vocab, cstr(ceiling), known, NULL };

	memset(&f, 0, sizeof f);
	check_document(&f, &arena, cstr(path), s, &env);
}

static void look(const char *path, const char *s)
{
	look_under(path, cstr(s), "TLP:GREEN");
}

static const struct finding *hit(const char *rule, const char *says)
{
	size_t i;

	for (i = 0; i < f.n; i++)
		if (strcmp(f.v[i].rule, rule) == 0 && str_find(f.v[i].message, cstr(says)) != SIZE_MAX)
			return &f.v[i];
	return NULL;
}

static void print(const char *what)
{
	size_t i;

	print_message("# %s:\n", what);
	for (i = 0; i < f.n; i++)
		print_message("#   %u:%u %s %s: %.*s\n", f.v[i].place.line, f.v[i].place.column,
		    f.v[i].level == LEVEL_ERROR ? "error" : "warning", f.v[i].rule, FMT_STR(f.v[i].message));
}

static void must(const char *rule, const char *says)
{
	if (hit(rule, says))
		return;
	print(text.n ? buf_cstr(&text) : "a document");
	fail_msg("no finding %s \"%s\"", rule, says);
}

static void clean(void)
{
	if (!f.n)
		return;
	print(text.n ? buf_cstr(&text) : "a document");
	fail_msg("a finding where none belongs");
}

/* A document with the line of one key replaced, added (before the closing fence) or, line NULL, taken out. */
static const char *with(const char *base, const char *key, const char *line)
{
	struct str rest = arena_str(&arena, cstr(base)), l;	/* base may be the text made before */
	unsigned fences = 0;
	bool done = false;

	buf_clear(&text);
	while (str_line(&l, &rest)) {
		size_t colon = str_chr(l, ':');

		if (fences == 1 && colon != SIZE_MAX && str_is(str_sub(l, 0, colon), key)) {
			if (line)
				buf_printf(&text, "%s\n", line);
			done = true;
			continue;
		}
		if (str_is(l, "---") && ++fences == 2 && !done && line)
			buf_printf(&text, "%s\n", line);
		buf_str_add(&text, l);
		buf_putc(&text, '\n');
	}
	return buf_cstr(&text);
}

/* The same with another body. */
static const char *bodied(const char *base, const char *body)
{
	const char *end;

	base = arena_cstr(&arena, cstr(base));
	end = strstr(base + 4, "\n---\n");
	buf_clear(&text);
	buf_add(&text, base, (size_t)(end + 5 - base));
	buf_puts(&text, body);
	return buf_cstr(&text);
}

#define CS "case-studies/mk/cs-mk-2022-lorry.md"
static const char case_study[] = "---\nid: cs-mk-2022-lorry\nkind: case-study\ntitle: People in a lorry\nowner: mk\nstatus: published\n"
    "tlp: TLP:GREEN\nlang: en\ndate: 2022-05-18\nsummary: How a lorry was found.\ntopics: [som, debriefing]\nbasis: real-life\n"
    "detail: full\ncrime: [som]\nchannels: [europol]\noutcome: [arrests]\n---\n"
    "\n## Summary\n\nA lorry.\n\n## Background\n\nNot stated.\n\n## What happened\n\nIt was stopped.\n\n## Investigation\n\n"
    "Not stated.\n\n## International cooperation\n\nA call.\n\n## Outcome\n\nArrests.\n\n## What worked\n\nThe call.\n\n"
    "## What did not work\n\n## Lessons\n\n## Questions for discussion\n\n## Sources\n\nNot stated.\n";

#define LL "lessons/mk/ll-mk-2022-calls.md"
static const char lesson[] = "---\nid: ll-mk-2022-calls\nkind: lesson\ntitle: Call early\nowner: mk\nstatus: published\n"
    "tlp: TLP:CLEAR\nlang: en\ndate: 2022-05-18\nsummary: Call early.\ntopics: [som]\ncategory: lesson\nstage: identified\n---\n"
    "\n## Observation\n\nLate calls.\n\n## Recommendation\n\nCall early.\n";

#define EX "exercises/bps/ex-bps-2022-river.md"
static const char exercise[] = "---\nid: ex-bps-2022-river\nkind: exercise\ntitle: The river\nowner: bps\nstatus: published\n"
    "tlp: TLP:GREEN\nlang: en\ndate: 2022\nsummary: Made up.\ntopics: [som]\ncountries: [XA, XB]\nhypothetical: yes\n"
    "type: table-top\nstage: ready\n---\n\n## Purpose\n\nTo play.\n\n## Objectives\n\nOne.\n\n## Scenario\n\nA river.\n\n"
    "## Injects\n\nOne.\n";

#define CT "contacts/mk/ct-mk-2022-desk.md"
static const char contact[] = "---\nid: ct-mk-2022-desk\nkind: contact\ntitle: Desk\nowner: mk\nstatus: published\ntlp: TLP:GREEN\n"
    "lang: en\ndate: 2022-05-18\nsummary: The desk.\ntopics: [som]\nrole: focal-point\ncountry: MK\nunit: Desk of the police\n"
    "email: desk@police.example\nphone: +389 2 123 4567\nhours: 24/7\nlanguages: [en, mk]\nverified: 2022-05\n---\n";

#define RQ "requests/mk/rq-mk-2022-help.md"
static const char request[] = "---\nid: rq-mk-2022-help\nkind: request\ntitle: Help\nowner: mk\nstatus: published\ntlp: TLP:GREEN\n"
    "lang: en\ndate: 2022-05-18\nsummary: Help.\ntopics: [som]\ntype: capacity-building\nfrom: mk\nto: [pk, unodc]\nvia: bps\n"
    "stage: new\n---\n\n## What is asked\n\nHelp.\n";

#define TR "case-studies/mk/cs-mk-2022-lorry.bg.md"
static const char translation[] = "---\ntranslation-of: cs-mk-2022-lorry\nsource-rev: 8ab686eafeb1f44702738c8b0f24f2567c36da6d\n"
    "lang: bg\ntitle: Хора в камион\nsummary: Как е открит.\ndate: 2022-06-01\n---\n\n## Обобщение\n\nКамион.\n";

static void test_check__good_documents_have_no_findings(void **state)
{
	static const struct { const char *path, *s; } v[] = { { CS, case_study }, { LL, lesson }, { EX, exercise }, { CT, contact },
		{ RQ, request }, { TR, translation }, { "drafts/ll-mk-2022-calls.md", lesson },
		{ "drafts/cs-mk-2022-lorry.bg.md", translation } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		buf_clear(&text);
		buf_puts(&text, v[i].s);
		look(v[i].path, v[i].s);
		clean();
	}
}

struct row {
	const char *path, *base, *key, *line;	/* line NULL: the key is taken out */
	const char *rule, *says;		/* NULL: no finding at all */
	enum level level;
};

static void rows(const struct row *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		look(v[i].path, with(v[i].base, v[i].key, v[i].line));
		if (!v[i].rule) {
			clean();
			continue;
		}
		must(v[i].rule, v[i].says);
		if (hit(v[i].rule, v[i].says)->level != v[i].level) {
			print(v[i].line ? v[i].line : v[i].key);
			fail_msg("%s has the wrong level", v[i].rule);
		}
		assert_int_equal(f.errors + f.warnings, f.n);
	}
}
#define ROWS(v) rows(v, sizeof v / sizeof *v)
#define E LEVEL_ERROR
#define W LEVEL_WARNING

static void test_check__required_keys_are_asked_for(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "id", NULL, "key-missing", "id is missing", E },
		{ CS, case_study, "kind", NULL, "key-missing", "kind is missing", E },
		{ CS, case_study, "title", NULL, "key-missing", "title is missing", E },
		{ CS, case_study, "title", "title:", "key-missing", "title is missing", E },
		{ CS, case_study, "owner", NULL, "key-missing", "owner is missing", E },
		{ CS, case_study, "status", NULL, "key-missing", "status is missing", E },
		{ CS, case_study, "tlp", NULL, "label-missing", "tlp is missing", E },
		{ CS, case_study, "lang", NULL, "key-missing", "lang is missing", E },
		{ CS, case_study, "date", NULL, "key-missing", "date is missing", E },
		{ CS, case_study, "basis", NULL, "key-missing", "basis is missing", E },
		{ CS, case_study, "detail", NULL, "key-missing", "detail is missing", E },
		{ CS, case_study, "crime", "crime: []", "key-missing", "crime is missing", E },
		{ LL, lesson, "category", NULL, "key-missing", "category is missing", E },
		{ LL, lesson, "stage", NULL, "key-missing", "stage is missing", E },
		{ EX, exercise, "hypothetical", NULL, "key-missing", "hypothetical is missing", E },
		{ CT, contact, "unit", NULL, "key-missing", "unit is missing", E },
		{ CT, contact, "verified", NULL, "key-missing", "verified is missing", E },
		{ CT, contact, "country", NULL, "key-missing", "country or institution", E },
		{ CT, contact, "country", "institution: unodc", NULL, NULL, E },
		{ RQ, request, "via", NULL, "key-missing", "via is missing", E },
		{ RQ, request, "urgency", "urgency: urgent", "key-missing", "needed-by", E },
		{ RQ, request, "urgency", "urgency: immediate\nneeded-by: 2022-06-01", NULL, NULL, E },
		{ RQ, request, "urgency", "urgency: routine", NULL, NULL, E },
		{ TR, translation, "source-rev", NULL, "key-missing", "source-rev is missing", E },
		{ TR, translation, "title", NULL, "key-missing", "title is missing", E },
		{ TR, translation, "summary", NULL, NULL, NULL, E },
	};

	(void)state;
	ROWS(v);
}

static void test_check__keys_of_published_documents_are_asked_for_from_then_on(void **state)
{
	static const char *const names[] = { "summary", "topics", "channels", "outcome" };
	static const struct { const char *status; bool asked; } v[] = { { "status: submitted", false }, { "status: cleared", false },
		{ "status: published", true }, { "status: superseded", true }, { "status: withdrawn", false } };
	char says[40];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++)
		for (j = 0; j < 4; j++) {
			char *without = arena_cstr(&arena, cstr(with(case_study, names[j], NULL)));

			look(CS, with(without, "status", v[i].status));
			snprintf(says, sizeof says, "%s is missing", names[j]);
			if (v[i].asked)
				must("key-missing", says);
			else
				clean();
		}
	look(CS, with(case_study, "topics", "topics: []"));
	must("key-missing", "topics is empty");
}

static void test_check__unknown_keys_warn_and_own_ones_do_not(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "sumary", "sumary: x", "key-unknown", "did you mean summary", W },
		{ CS, case_study, "colour", "colour: red", "key-unknown", "begins with x-", W },
		{ CS, case_study, "x-colour", "x-colour: red", NULL, NULL, W },
		{ CS, case_study, "x-list", "x-list: [a, b]", NULL, NULL, W },
		{ LL, lesson, "detail", "detail: full", "key-unknown", "detail", W },
		{ TR, translation, "owner", "owner: mk", "translation-key", "original", W },
		{ TR, translation, "tlp", "tlp: TLP:GREEN", "translation-key", "original", W },
		{ TR, translation, "x-note", "x-note: a", NULL, NULL, W },
		{ CS, case_study, "title@2", "title@2: Other", "conflict", "title has a conflict", W },
	};

	(void)state;
	ROWS(v);
}

static void test_check__codes_are_known_and_the_nearest_is_offered(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "topics", "topics: [human trafficking]", "code", "did you mean thb", E },
		{ CS, case_study, "topics", "topics: [SOM]", "code", "did you mean som", E },
		{ CS, case_study, "topics", "topics: [debreifing]", "code", "did you mean debriefing", E },
		{ CS, case_study, "topics", "topics: [liaison-officer]", "code", "did you mean liaison-officers", E },
		{ CS, case_study, "topics", "topics: [weather]", "code", "vocab/topics.md", E },
		{ CS, case_study, "crime", "crime: [smugling]", "code", "smugling", E },
		{ CS, case_study, "countries", "countries: [mk]", "code", "did you mean MK", E },
		{ CS, case_study, "countries", "countries: [North Macedonia]", "code", "did you mean MK", E },
		{ CS, case_study, "countries", "countries: [QQ]", "code", "QQ", E },
		{ CS, case_study, "countries", "countries: [XA]", "code", "XA", E },
		{ CS, case_study, "countries", "countries: [MK, TW]", NULL, NULL, E },
		{ CS, case_study, "origin", "origin: [PK]\ntransit: [IR, TR]\ndestination: [DE]", NULL, NULL, E },
		{ CS, case_study, "institutions", "institutions: [interpol]", NULL, NULL, E },
		{ CS, case_study, "institutions", "institutions: [interpole]", "code", "did you mean interpol", E },
		{ CS, case_study, "regions", "regions: [eu, caucasus]", NULL, NULL, E },
		{ CS, case_study, "channels", "channels: [mail]", "code", "channels: mail", E },
		{ CS, case_study, "outcome", "outcome: [arrest]", "code", "did you mean arrests", E },
		{ CS, case_study, "transport", "transport: [road, rial]", "code", "did you mean rail", E },
		{ CS, case_study, "status", "status: publishd", "value", "did you mean published", E },
		{ CS, case_study, "basis", "basis: made-up", "value", "real-life", E },
		{ CS, case_study, "detail", "detail: some", "value", "outline full", E },
		{ LL, lesson, "stage", "stage: learnt", "value", "did you mean learned", E },
		{ LL, lesson, "stage", "stage: rejected", NULL, NULL, E },
		{ LL, lesson, "category", "category: good-practise", "value", "did you mean good-practice", E },
		{ LL, lesson, "transferable", "transferable: conditions", NULL, NULL, E },
		{ EX, exercise, "type", "type: live", "value", "table-top", E },
		{ RQ, request, "via", "via: mk", "value", "bps", E },
		{ RQ, request, "subject", "subject: [routes, methods]", NULL, NULL, E },
		{ RQ, request, "subject", "subject: [weather]", "value", "routes", E },
		{ RQ, request, "from", "from: qq", "code", "no country or institution", E },
		{ RQ, request, "to", "to: [unodk]", "code", "did you mean unodc", E },
		{ CT, contact, "role", "role: boss", "value", "focal-point", E },
		{ CT, contact, "hours", "hours: nights", "value", "24/7", E },
		{ CS, case_study, "lang", "lang: english", "lang", "english", E },
		{ CS, case_study, "lang", "lang: sr-Latn", NULL, NULL, E },
		{ CT, contact, "languages", "languages: [en, Bulgarian]", "lang", "Bulgarian", E },
		{ CS, case_study, "grading", "grading: admiralty:B2", NULL, NULL, E },
		{ CS, case_study, "grading", "grading: 4x4:X4", NULL, NULL, E },
		{ CS, case_study, "grading", "grading: 3x5x2:1AP", NULL, NULL, E },
		{ CS, case_study, "grading", "grading: admiralty:G2", "grading", "admiralty:B2", E },
		{ CS, case_study, "grading", "grading: 4x4:D1", "grading", "4x4", E },
		{ CS, case_study, "grading", "grading: good", "grading", "good", E },
		{ CS, case_study, "attribution", "attribution: none", NULL, NULL, E },
		{ CS, case_study, "attribution", "attribution: nobody", "value", "country none", E },
	};

	(void)state;
	ROWS(v);
}

static void test_check__values_have_their_types(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "topics", "topics: som", "list", "write topics: [som]", E },
		{ CS, case_study, "lessons", "lessons: ll-mk-2022-calls", "list", "write lessons: [ll-mk-2022-calls]", E },
		{ CS, case_study, "title", "title: [a, b]", "list", "one value", E },
		{ CS, case_study, "date", "date: 18 May 2022", "date", "2022-05-18", E },
		{ CS, case_study, "date", "date: 2022-02-29", "date", "2022-02-29", E },
		{ CS, case_study, "date", "date: 2024-02-29", NULL, NULL, E },
		{ CS, case_study, "date", "date: 2022-13", "date", "2022-13", E },
		{ CS, case_study, "date", "date: 2022", NULL, NULL, E },
		{ CS, case_study, "period", "period: 2021-03/2021-11", NULL, NULL, E },
		{ CS, case_study, "period", "period: 2021-11/2021-03", "date", "2021-11/2021-03", E },
		{ CS, case_study, "migrants", "migrants: 25", NULL, NULL, E },
		{ CS, case_study, "migrants", "migrants: about 25", "number", "whole number", E },
		{ CS, case_study, "migrants", "migrants: -3", "number", "whole number", E },
		{ CS, case_study, "migrants", "migrants: 1.5", "number", "whole number", E },
		{ EX, exercise, "hypothetical", "hypothetical: no", "value", "use yes", E },
		{ CS, case_study, "related", "related: [ll-mk-2022-calls]", NULL, NULL, E },
		{ CS, case_study, "related", "related:\n- ll-mk-2022-calls", NULL, NULL, E },
		{ CS, case_study, "related", "related: [Calls]", "relation", "no id", E },
		{ CS, case_study, "related", "related: [zz-mk-2022-calls]", "relation", "no id", E },
		{ CS, case_study, "related", "related: [ll-mk-2022-elsewhere]", "relation", "may not have arrived", W },
		{ CS, case_study, "endorsed-at", "endorsed-at: ll-mk-2022-elsewhere", "relation", "may not have arrived", W },
		{ CS, case_study, "endorsed-at", "endorsed-at: Ohrid", "relation", "no id", E },
	};
	size_t i;

	(void)state;
	ROWS(v);
	look(CS, with(case_study, "title", "title: x"));
	buf_clear(&text);
	buf_puts(&text, "title: ");
	for (i = 0; i < 300; i++)
		buf_puts(&text, "ж");
	look(CS, with(case_study, "title", arena_cstr(&arena, buf_str(&text))));
	clean();
	look(CS, with(case_study, "title", arena_printf(&arena, "title: %0301d", 0)));
	must("title-long", "300");
	look(CS, with(case_study, "summary", arena_printf(&arena, "summary: %s%0301d", "a", 0)));
	must("summary-long", "300");
}

static void test_check__identity_follows_the_path(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "id", "id: cs-mk-2022-lorri", "id-name", "cs-mk-2022-lorry.md", E },
		{ CS, case_study, "id", "id: Lorry", "id", "prefix-owner-year-slug", E },
		{ CS, case_study, "kind", "kind: lesson", "kind", "ll-", E },
		{ CS, case_study, "kind", "kind: case study", "kind", "did you mean case-study", E },
		{ CS, case_study, "kind", "kind: picture-book", "kind", "case-study lesson", E },
		{ CS, case_study, "owner", "owner: bg", "owner", "mk", E },
		{ CS, case_study, "owner", "owner: MK", "owner", "mk", E },
		{ TR, translation, "translation-of", "translation-of: cs-mk-2022-car", "id-name", "cs-mk-2022-lorry", E },
		{ TR, translation, "lang", "lang: sr", "id-name", "bg", E },
		{ "case-studies/mk/cs-mk-lorry.md", case_study, "x-a", "x-a: b", "path", "no id", E },
		{ "case-studies/bg/cs-mk-2022-lorry.md", case_study, "x-a", "x-a: b", "path", "owner", E },
		{ "lessons/mk/cs-mk-2022-lorry.md", case_study, "x-a", "x-a: b", "path", "folder", E },
		{ "cases/mk/cs-mk-2022-lorry.md", case_study, "x-a", "x-a: b", "path", "folder of documents", E },
		{ "case-studies/cs-mk-2022-lorry.md", case_study, "x-a", "x-a: b", "path", "folder of an owner", E },
		{ "case-studies/mk/more/cs-mk-2022-lorry.md", case_study, "x-a", "x-a: b", "path", "folder of an owner", E },
		{ "case-studies/mk/cs-mk-2022-lorry.txt", case_study, "x-a", "x-a: b", "path", ".md", E },
		{ "case-studies/mk/cs-mk-2022-Lorry.md", case_study, "x-a", "x-a: b", "path", "no id", E },
		{ "case-studies/mk/cs-mk-2022-lorry.BULGARIAN.md", case_study, "x-a", "x-a: b", "path", "language", E },
		{ "drafts/lorry.md", case_study, "x-a", "x-a: b", "path", "no id", E },
		{ CS, case_study, "status", "status: draft", "status", "drafts/", W },
		{ "drafts/cs-mk-2022-lorry.md", case_study, "status", "status: draft", NULL, NULL, W },
	};

	(void)state;
	ROWS(v);
}

static void test_check__a_translation_is_one_by_its_file_name_only(void **state)
{
	(void)state;
	/* Else one key would free an original from its label. */
	look("case-studies/mk/cs-mk-2022-lorry.md", translation);
	must("label-missing", "tlp");
	must("key-missing", "owner");
}

static void test_check__labels(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "tlp", "tlp: TLP:CLEAR", NULL, NULL, E },
		{ CS, case_study, "tlp", "tlp: TLP:WHITE", "label-white", "TLP:CLEAR", W },
		{ CS, case_study, "tlp", "tlp: GREEN", "label-missing", "no label", E },
		{ CS, case_study, "tlp", "tlp: TLP:green", "label-missing", "no label", E },
		{ CS, case_study, "tlp", "tlp: TLP:AMBER", "label-ceiling", "above TLP:GREEN", E },
		{ CS, case_study, "tlp", "tlp: TLP:AMBER+STRICT", "label-ceiling", "above", E },
		{ CS, case_study, "tlp", "tlp: TLP:RED", "label-ceiling", "above", E },
		{ CT, contact, "tlp", "tlp: TLP:CLEAR", "label-contact", "TLP:GREEN or higher", E },
		{ CT, contact, "tlp", "tlp: TLP:WHITE", "label-contact", "TLP:GREEN or higher", E },
	};

	(void)state;
	ROWS(v);
	look(CS, with(case_study, "tlp", "tlp: TLP:WHITE"));
	assert_int_equal(f.errors, 0);		/* read, warned about, nothing else */
	look(CS, with(case_study, "tlp", "tlp: GREEN"));
	assert_int_equal(f.n, 1);		/* said once */
	look_under(CS, cstr(with(case_study, "tlp", "tlp: TLP:AMBER")), "TLP:AMBER");
	clean();
	look_under(CS, cstr(with(case_study, "tlp", "tlp: TLP:AMBER+STRICT")), "TLP:AMBER");
	must("label-ceiling", "above TLP:AMBER");
}

static void test_check__rules_of_single_kinds(void **state)
{
	static const struct row v[] = {
		{ CS, case_study, "handling", "handling: H3", "handling-note", "H3", E },
		{ CS, case_study, "handling", "handling: H3\nhandling-note: Ask first.", NULL, NULL, E },
		{ CS, case_study, "handling", "handling: H1", NULL, NULL, E },
		{ CS, case_study, "handling", "handling: H4", "value", "H4", E },
		{ CS, case_study, "hypothetical", "hypothetical: yes", "real-life", "never hypothetical", E },
		{ EX, exercise, "countries", "countries: [XA, MK]", "exercise-country", "MK is not made up", E },
		{ EX, exercise, "countries", "countries: [XK]", "exercise-country", "XK", E },
		{ EX, exercise, "countries", "countries: [XZ]", NULL, NULL, E },
		{ EX, exercise, "countries", "countries: [xa]", "exercise-country", "xa", E },
		{ CT, contact, "person", "person: A. Name", "person", "desk", E },
		{ LL, lesson, "person", "person: x", "key-unknown", "person", W },
	};

	(void)state;
	ROWS(v);
}

static void test_check__headings_of_published_documents(void **state)
{
	static const char *const musts[] = { "Summary", "What happened", "International cooperation" };
	char *s, *at;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof musts / sizeof *musts; i++) {
		s = arena_cstr(&arena, cstr(case_study));
		at = strstr(s, arena_printf(&arena, "## %s\n", musts[i]));
		at[3] = '_';
		look(CS, s);
		must("heading", arena_printf(&arena, "\"## %s\" is missing", musts[i]));
		assert_int_equal(hit("heading", musts[i])->level, LEVEL_ERROR);
		look(CS, with(s, "status", "status: cleared"));
		clean();
		look(CS, with(s, "detail", "detail: outline"));
		clean();
	}
	s = arena_cstr(&arena, cstr(case_study));
	strstr(s, "## Background\n")[3] = '_';
	look(CS, s);
	assert_int_equal(hit("heading", "\"## Background\" is missing")->level, LEVEL_WARNING);
	buf_clear(&text);
	look(CS, bodied(case_study, "## Summary\n\n## What happened\n\nA.\n\n## International cooperation\n\nB.\n\n## What worked\n\nC.\n"));
	must("heading", "\"## Summary\" is empty");
	assert_null(hit("heading", "must have text"));
	look(CS, bodied(case_study, "## Summary\n\nA.\n\n## What worked\n\n## What did not work\n\n## Lessons\n\n## Sources\n\nX.\n"));
	must("heading", "one of What worked, What did not work, Lessons");
	look(CS, bodied(case_study, "## Summary\n\nA.\n\n## Lessons ##\n\n- One.\n"));
	assert_null(hit("heading", "must have text"));
	look(CS, bodied(case_study, "```\n## Summary\n\nA.\n```\n"));
	must("heading", "\"## Summary\" is missing");
	look(LL, with(lesson, "x-a", "x-a: b"));
	clean();
	look(LL, bodied(lesson, "## Observation\n\nText.\n"));
	must("heading", "\"## Recommendation\" is missing");
	assert_null(hit("heading", "Discussion"));
}

static void test_check__raw_html_is_refused_and_its_likes_are_not(void **state)
{
	static const char *const bad[] = { "<b>x</b>", "x <br/> y", "a <script>", "<!-- note -->", "<?php", "<!DOCTYPE html>",
		"</div>", "<a href=\"x\">", "<img src=x>", "> <b>quoted</b>", "- <i>item</i>", "<div", "`code` <b>", "`` ` `` <b>",
		"\\\\<b>", "``` <b> ```` <i>", "text\n    <b>not code</b>", "<custom-element>" };
	static const char *const good[] = { "a < b", "1<2", "x <= y", "<https://x.example/>", "<mailto:a>", "`<b>`", "`` <b> ` ``",
		"```\n<b>\n```", "~~~html\n<b>\n~~~", "````\n```\n<b>\n````", "para\n\n    <b>code</b>", "para\n\n\t<b>code</b>", "\\<b>",
		"a <- b", "<3", "5 <x and y", "```\n<b>" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		look(LL, with(bodied(lesson, arena_printf(&arena, "## Observation\n\n%s\n\n## Recommendation\n\nx\n", bad[i])), "x", NULL));
		must("raw-html", "raw HTML");
		assert_int_equal(f.n, 1);
	}
	for (i = 0; i < sizeof good / sizeof *good; i++) {
		look(LL, bodied(lesson, arena_printf(&arena, "## Recommendation\n\nx\n\n## Observation\n\n%s\n", good[i])));
		clean();
	}
	look(LL, bodied(lesson, "## Observation\n\nжжж <b>\n\n## Recommendation\n\nx\n"));
	assert_int_equal(hit("raw-html", "")->place.line, 17);
	assert_int_equal(hit("raw-html", "")->place.column, 5);
}

static void test_check__conflicts_left_open_warn_and_are_no_html(void **state)
{
	(void)state;
	look(LL, bodied(lesson, "## Observation\n\n<!-- conflict -->\nA.\n<!-- or -->\nB.\n<!-- /conflict -->\n\n## Recommendation\n\nx\n"));
	must("conflict", "open");
	assert_int_equal(f.n, 1);
	assert_int_equal(f.errors, 0);
	assert_int_equal(f.v[0].place.line, 17);
	look(LL, bodied(lesson, "## Observation\n\nA.\n<!-- /conflict -->\n\n## Recommendation\n\nx\n"));
	must("conflict-marks", "stands alone");
	look(LL, bodied(lesson, "## Observation\n\n```\n<!-- conflict -->\n```\n\n## Recommendation\n\nx\n"));
	clean();
}

static void test_check__lint_ok_passes_what_it_names(void **state)
{
	const char *base = arena_cstr(&arena, cstr(bodied(lesson, "## Observation\n\nWrite to a@b.example or +38970123456.\n\n"
	    "## Recommendation\n\nx\n")));

	(void)state;
	look(LL, base);
	assert_int_equal(f.errors, 2);
	assert_true(check_holds_back(hit("PD01", "")));
	look(LL, with(base, "lint-ok", "lint-ok:\n- PD01 a desk's address"));
	assert_int_equal(f.errors, 1);
	assert_true(hit("PD01", "")->passed);
	assert_false(check_holds_back(hit("PD01", "")));
	assert_false(hit("PD02", "")->passed);
	look(LL, with(base, "lint-ok", "lint-ok: [PD01 a desk's address, PD02 a desk's number]"));
	assert_int_equal(f.errors, 0);
	look(LL, with(base, "lint-ok", "lint-ok: [PD01]"));
	must("lint-ok", "why it is a false alarm");
	assert_int_equal(f.errors, 3);
	look(LL, with(base, "lint-ok", "lint-ok: [raw-html is nice]"));
	must("lint-ok", "write the rule");
	look(LL, with(base, "lint-ok", "lint-ok: [PD05 vessel]"));
	must("lint-ok", "nothing here is a PD05");
	look("lessons/mk/ll-mk-2022-a-25-year-old.md", with(with(lesson, "id", "id: ll-mk-2022-a-25-year-old"), "lint-ok",
	    "lint-ok: [PD14 a programme]"));
}

static void test_check__personal_data_in_names_of_files_count(void **state)
{
	const char *s = with(lesson, "id", "id: ll-mk-2022-a-25-year-old");

	(void)state;
	look("lessons/mk/ll-mk-2022-a-25-year-old.md", s);
	must("PD14", "age");
	assert_int_equal(hit("PD14", "")->place.line, 0);
	look("lessons/mk/ll-mk-2022-a-25-year-old.md", with(arena_cstr(&arena, cstr(s)), "lint-ok", "lint-ok: [PD14 a programme]"));
	assert_int_equal(f.errors + f.warnings, 0);
	look("drafts/+38970123456.md", lesson);
	must("PD02", "telephone");
}

static void test_check__no_message_shows_personal_data(void **state)
{
	static const char *const secret = "+38970123456";
	static const char *const lines[] = { "topics: [%s]", "owner: %s", "kind: %s", "id: %s", "tlp: %s", "lang: %s", "date: %s",
		"related: [%s]", "channels: %s", "lint-ok: [%s]", "grading: %s", "status: %s", "migrants: %s", "countries: [%s]" };
	char line[80], *key;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof lines / sizeof *lines; i++) {
		snprintf(line, sizeof line, "%.*s%s%s", (int)(strstr(lines[i], "%s") - lines[i]), lines[i], secret,
		    strstr(lines[i], "%s") + 2);
		key = arena_cstr(&arena, str_sub(cstr(line), 0, str_chr(cstr(line), ':')));
		look(CS, with(case_study, key, line));
		assert_true(f.n >= 2);
		must("PD02", "+38***56");
		for (j = 0; j < f.n; j++)
			if (str_find(f.v[j].message, cstr("38970123456")) != SIZE_MAX)
				fail_msg("%s: \"%.*s\" shows it", line, FMT_STR(f.v[j].message));
	}
}

static void test_check__personal_data_behind_escapes_of_front_matter_are_found(void **state)
{
	(void)state;
	look(CS, with(case_study, "source", "source: \"call \\u002b38970123456 now\""));
	must("PD02", "+38***56");
	assert_int_equal(hit("PD02", "")->place.line, 17);
	assert_int_equal(hit("PD02", "")->place.column, 9);
	look(CS, with(case_study, "source", "source: [\"a\\x40b.mk\"]"));
	must("PD01", "a***");
	look(CS, with(case_study, "source", "source: 'it''s +38970123456'"));
	must("PD02", "+38***56");
	look(CS, with(case_study, "source", "source: \"+38970123456\""));
	assert_int_equal(f.n, 1);		/* once */
	look(CS, with(case_study, "source", "source: \"a \\u0436 word\""));
	clean();
}

static void test_check__what_does_not_parse_is_one_finding_and_is_still_searched(void **state)
{
	(void)state;
	look(CS, "no front matter, but +38970123456\n");
	must("front", "no front matter");
	must("PD02", "telephone");
	assert_int_equal(f.n, 2);
	assert_true(check_holds_back(hit("front", "")));
	look(CS, "---\ntitle: a: b\n---\n");
	must("front", "double quotes");
	assert_int_equal(hit("front", "")->place.line, 2);
	look_under(CS, (struct str){ "---\n\0", 5 }, "TLP:GREEN");
	must("front", "NUL");
	look(CS, "\xff");
	must("front", "UTF-8");
	look(CS, "");
	must("front", "no front matter");
}

static void test_check__findings_come_by_place(void **state)
{
	size_t i;

	(void)state;
	look(CS, with(bodied(case_study, "<b>\n\n+38970123456 <i> a@b.example\n"), "topics", "topics: [x, y]"));
	assert_true(f.n > 4);
	for (i = 1; i < f.n; i++)
		assert_true(f.v[i - 1].place.line < f.v[i].place.line || (f.v[i - 1].place.line == f.v[i].place.line &&
		    f.v[i - 1].place.column <= f.v[i].place.column));
}

static void test_check__long_bodies_take_time_in_proportion(void **state)
{
	static const char *const unit[] = { "<a ", "`", "`` ` ", "<", "# ", "- ", "\n", "<!-- conflict -->\n", "\\", "~~~\n", "x <b y\n",
		"@abcde ", "Mr Xyz ", "a@b.cd ", "12-year-old ", "+38970123456 " };
	struct buf b = BUF_INIT;
	struct timespec from, to;
	size_t i, head;

	(void)state;
	for (i = 0; i < sizeof unit / sizeof *unit; i++) {
		buf_clear(&b);
		buf_puts(&b, bodied(lesson, "## Observation\n\n"));
		for (head = b.n; b.n + 20 < LIMIT_DOC; )
			buf_puts(&b, unit[i]);
		clock_gettime(CLOCK_MONOTONIC, &from);
		look_under(LL, buf_str(&b), "TLP:GREEN");
		clock_gettime(CLOCK_MONOTONIC, &to);
		assert_null(hit("front", ""));
		if (getenv("COLEP_TEST_TIMES"))
			print_message("# %s: %ld ms\n", unit[i], (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
		if (to.tv_sec - from.tv_sec > 5)
			fail_msg("%zu bytes of \"%s\" took %ld s", b.n - head, unit[i], (long)(to.tv_sec - from.tv_sec));
	}
	buf_free(&b);
}

static void test_check__what_holds_a_document_back_at_save(void **state)
{
	static const struct { const char *rule; enum level level; bool passed, holds; } v[] = {
		{ "PD01", E, false, true }, { "PD07", E, false, true }, { "PD07", E, true, false }, { "PD08", W, false, false },
		{ "PD13", E, false, false }, { "label-missing", E, false, true }, { "label-ceiling", E, false, true },
		{ "path", E, false, true }, { "front", E, false, true }, { "code", E, false, false }, { "heading", E, false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		struct finding one = { { 1, 1 }, v[i].level, v[i].rule, STR("x"), v[i].passed };

		assert_int_equal(check_holds_back(&one), v[i].holds);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check__good_documents_have_no_findings),
		cmocka_unit_test(test_check__required_keys_are_asked_for),
		cmocka_unit_test(test_check__keys_of_published_documents_are_asked_for_from_then_on),
		cmocka_unit_test(test_check__unknown_keys_warn_and_own_ones_do_not),
		cmocka_unit_test(test_check__codes_are_known_and_the_nearest_is_offered),
		cmocka_unit_test(test_check__values_have_their_types),
		cmocka_unit_test(test_check__identity_follows_the_path),
		cmocka_unit_test(test_check__a_translation_is_one_by_its_file_name_only),
		cmocka_unit_test(test_check__labels),
		cmocka_unit_test(test_check__rules_of_single_kinds),
		cmocka_unit_test(test_check__headings_of_published_documents),
		cmocka_unit_test(test_check__raw_html_is_refused_and_its_likes_are_not),
		cmocka_unit_test(test_check__conflicts_left_open_warn_and_are_no_html),
		cmocka_unit_test(test_check__lint_ok_passes_what_it_names),
		cmocka_unit_test(test_check__personal_data_in_names_of_files_count),
		cmocka_unit_test(test_check__no_message_shows_personal_data),
		cmocka_unit_test(test_check__personal_data_behind_escapes_of_front_matter_are_found),
		cmocka_unit_test(test_check__what_does_not_parse_is_one_finding_and_is_still_searched),
		cmocka_unit_test(test_check__findings_come_by_place),
		cmocka_unit_test(test_check__long_bodies_take_time_in_proportion),
		cmocka_unit_test(test_check__what_holds_a_document_back_at_save),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, open_all, close_all);
}
