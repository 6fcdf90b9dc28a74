/* tests/unit/roster.c: who may do what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/roster.h"

#define KEY(c) "AAAAC3NzaC1lZDI1NTE5AAAAI" c c c "0123456789012345678901234567890123456789"
#define SIGNER(id, c) "node@" id ".invalid namespaces=\"git\" ssh-ed25519 " KEY(c) "\n"

static const char signer_lines[] = SIGNER("bps", "a") SIGNER("bg", "b") SIGNER("bg-desk2", "c")
    SIGNER("pk", "d") SIGNER("at", "e") SIGNER("bg", "b");
static const char role_lines[] =
    "at focal-point\nbg focal-point\nbg-desk2 contributor\nbps secretariat\npk chair\n";

static void test_roster__node_ids_are_owner_or_owner_and_label(void **state)
{
	static const char *const bad[] = { "", "b", "BG", "bg-", "bg-Desk", "-x", "bg-a-b", "b1",
		"abcdefghi", "bg-12345678901234567" };
	struct str owner;
	size_t i;

	(void)state;
	assert_true(node_id_valid(STR("bg-desk2"), &owner) && str_is(owner, "bg"));
	assert_true(node_id_valid(STR("eucom"), &owner) && str_is(owner, "eucom"));
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(node_id_valid(cstr(bad[i]), &owner));
}

static void test_roster__key_and_node_must_stand_together(void **state)
{
	struct arena a = ARENA_INIT;
	struct roster r;

	(void)state;
	roster_parse(&r, &a, cstr(signer_lines), cstr(role_lines), STR_NONE, STR("ceiling TLP:AMBER\nname COLEP\nrules 1\n"));
	assert_int_equal(r.n, 5);
	assert_int_equal(r.odd, 0);
	assert_true(str_is(r.ceiling, "TLP:AMBER") && str_is(r.name, "COLEP"));
	assert_non_null(roster_member(&r, STR("bg"), STR(KEY("b"))));
	assert_null(roster_member(&r, STR("bg"), STR(KEY("c"))));
	assert_null(roster_member(&r, STR("bps"), STR(KEY("b"))));
	arena_free(&a);
}

static void test_roster__rights_follow_the_role_and_the_owner(void **state)
{
	static const struct { const char *node, *key; enum act act; const char *owner; bool common, may; } v[] = {
		{ "bps", KEY("a"), ACT_ROSTER, "bg", false, true }, { "bps", KEY("a"), ACT_EDIT, "bg", false, true },
		{ "bg", KEY("b"), ACT_CLEAR, "bg", false, true }, { "bg", KEY("b"), ACT_CLEAR, "pk", false, false },
		{ "bg", KEY("b"), ACT_LOWER, "at", false, false }, { "bg", KEY("b"), ACT_PUBLISH, "bg", false, false },
		{ "bg-desk2", KEY("c"), ACT_EDIT, "bg", false, true }, { "bg-desk2", KEY("c"), ACT_EDIT, "at", false, false },
		{ "bg-desk2", KEY("c"), ACT_EDIT, "bps", true, true }, { "bg-desk2", KEY("c"), ACT_CLEAR, "bg", false, false },
		{ "pk", KEY("d"), ACT_PUBLISH, "bg", false, true }, { "pk", KEY("d"), ACT_ENDORSE, "bg", false, true },
		{ "pk", KEY("d"), ACT_ROSTER, "pk", false, false }, { "at", KEY("e"), ACT_VOCAB, "at", false, false },
	};
	struct arena a = ARENA_INIT;
	const struct member *m;
	struct roster r;
	size_t i;

	(void)state;
	roster_parse(&r, &a, cstr(signer_lines), cstr(role_lines), STR_NONE, STR_NONE);
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		assert_non_null(m = roster_member(&r, cstr(v[i].node), cstr(v[i].key)));
		assert_int_equal(roster_may(m, v[i].act, cstr(v[i].owner), v[i].common), v[i].may);
	}
	arena_free(&a);
}

static void test_roster__revocation_beats_grant_and_the_lower_role_counts(void **state)
{
	struct arena a = ARENA_INIT;
	const struct member *m;
	struct roster r;

	(void)state;
	roster_parse(&r, &a, cstr(signer_lines), STR("bg chair\nbg contributor\npk chair\n"),
	    STR("pk " KEY("d") " 1111\npk " KEY("d") " 2222\n"), STR("ceiling TLP:GREEN\nceiling TLP:CLEAR\n"));
	m = roster_member(&r, STR("bg"), STR(KEY("b")));
	assert_int_equal(m->role, ROLE_CONTRIBUTOR);
	m = roster_member(&r, STR("pk"), STR(KEY("d")));
	assert_true(m->revoked && str_is(m->last, "1111 2222"));
	assert_false(roster_may(m, ACT_EDIT, STR("pk"), false));
	m = roster_member(&r, STR("at"), STR(KEY("e")));
	assert_false(roster_may(m, ACT_EDIT, STR("at"), false));	/* no role, no right */
	assert_true(str_is(r.ceiling, "TLP:CLEAR"));
	arena_free(&a);
}

static void test_roster__odd_lines_have_no_effect_and_are_counted(void **state)
{
	struct arena a = ARENA_INIT;
	struct roster r;

	(void)state;
	roster_parse(&r, &a, STR("node@bg.invalid ssh-ed25519 " KEY("b") "\nnode@.invalid namespaces=\"git\" ssh-ed25519 "
	    KEY("b") "\nnode@bg.invalid namespaces=\"git\" ssh-rsa " KEY("b") "\n*@x cert-authority\n"
	    "node@bg.invalid namespaces=\"git\" ssh-ed25519 short\n\n \n"),
	    STR("bg king\n"), STR("bg\n"), STR("ceiling TLP:RED\nrules 0\nwhat\n"));
	assert_int_equal(r.n, 0);
	assert_int_equal(r.odd, 6 + 1 + 1 + 3);
	assert_true(str_is(r.ceiling, "TLP:GREEN"));
	assert_int_equal(r.rules, 1);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roster__node_ids_are_owner_or_owner_and_label),
		cmocka_unit_test(test_roster__key_and_node_must_stand_together),
		cmocka_unit_test(test_roster__rights_follow_the_role_and_the_owner),
		cmocka_unit_test(test_roster__revocation_beats_grant_and_the_lower_role_counts),
		cmocka_unit_test(test_roster__odd_lines_have_no_effect_and_are_counted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
