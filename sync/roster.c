/* sync/roster.c: see roster.h. */
#include "sync/roster.h"

#include <stdlib.h>
#include <string.h>

#define BASE64_KEY 68			/* characters of an ssh-ed25519 public key: 51 bytes */

static const char *const role_names[] = { "none", "contributor", "focal-point", "chair", "secretariat" };

const char *role_name(enum role role)
{
	return role_names[role];
}

enum role role_find(struct str name)
{
	unsigned i;

	for (i = ROLE_CONTRIBUTOR; i <= ROLE_SECRETARIAT; i++)
		if (str_is(name, role_names[i]))
			return (enum role)i;
	return ROLE_NONE;
}

static bool all_of(struct str s, const char *set)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !strchr(set, s.p[i]))
			return false;
	return true;
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

bool node_id_valid(struct str id, struct str *owner)
{
	size_t dash = str_chr(id, '-');
	struct str o = str_sub(id, 0, dash), label = dash == SIZE_MAX ? STR_NONE : str_sub(id, dash + 1, id.n);

	if (o.n < 2 || o.n > 8 || !all_of(o, LOWER))
		return false;
	if (dash != SIZE_MAX && (label.n < 1 || label.n > 16 || !all_of(label, LOWER DIGITS)))
		return false;
	*owner = o;
	return true;
}

static bool key_valid(struct str key)
{
	return key.n == BASE64_KEY && str_starts(key, STR("AAAAC3NzaC1lZDI1NTE5AAAAI")) &&
	    all_of(key, LOWER DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZ+/");
}

/* "node@bg.invalid namespaces="git" ssh-ed25519 KEY" */
static bool signer_line(struct str line, struct str *node, struct str *key, struct str *owner)
{
	const struct str front = STR("node@"), back = STR(".invalid");
	struct str who = STR_NONE, space = STR_NONE, type = STR_NONE;

	*key = STR_NONE;
	(void)(str_split(&who, &line, ' ') && str_split(&space, &line, ' ') && str_split(&type, &line, ' ') &&
	    str_split(key, &line, ' '));
	if (line.n || !str_starts(who, front) || !str_ends(who, back) || who.n < front.n + back.n ||
	    !str_is(space, "namespaces=\"git\"") || !str_is(type, "ssh-ed25519") || !key_valid(*key))
		return false;
	*node = str_sub(who, front.n, who.n - back.n);
	return node_id_valid(*node, owner);
}

static int by_node_key(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = str_cmp(x->node, y->node);

	return c ? c : str_cmp(x->key, y->key);
}

static void read_signers(struct roster *r, struct arena *a, struct str text)
{
	struct str line, node, key, owner;
	size_t cap = 0, i, kept = 0;

	while (str_line(&line, &text)) {
		if (line.n == 0)
			continue;
		if (!signer_line(line, &node, &key, &owner)) {
			r->odd++;
			continue;
		}
		if (r->n == cap)
			r->members = arena_grow(a, r->members, &cap, sizeof *r->members);
		r->members[r->n++] = (struct member){ .node = node, .owner = owner, .key = key };
	}
	if (r->n)
		qsort(r->members, r->n, sizeof *r->members, by_node_key);
	for (i = 0; i < r->n; i++)	/* a line standing twice is one member */
		if (i == 0 || by_node_key(&r->members[kept - 1], &r->members[i]) != 0)
			r->members[kept++] = r->members[i];
	r->n = kept;
}

static void read_roles(struct roster *r, struct str text)
{
	struct str line, node, name;
	enum role role;
	size_t i;

	while (str_line(&line, &text)) {
		if (line.n == 0)
			continue;
		name = line;
		if (!str_split(&node, &name, ' ') || (role = role_find(name)) == ROLE_NONE) {
			r->odd++;
			continue;
		}
		for (i = 0; i < r->n; i++) {
			struct member *m = &r->members[i];

			if (str_eq(m->node, node) && (m->role == ROLE_NONE || role < m->role))
				m->role = role;
		}
	}
}

static void read_revoked(struct roster *r, struct arena *a, struct str text)
{
	struct str line, rest, node, key;
	size_t i;

	while (str_line(&line, &text)) {
		if (line.n == 0)
			continue;
		rest = line;
		if (!str_split(&node, &rest, ' ') || !str_split(&key, &rest, ' ') || !key_valid(key)) {
			r->odd++;
			continue;
		}
		for (i = 0; i < r->n; i++) {
			struct member *m = &r->members[i];

			if (!str_eq(m->node, node) || !str_eq(m->key, key))
				continue;
			if (m->last.n && rest.n)
				m->last = cstr(arena_printf(a, "%.*s %.*s", FMT_STR(m->last), FMT_STR(rest)));
			else if (rest.n)
				m->last = rest;
			m->revoked = true;
		}
	}
}

static void read_space(struct roster *r, struct str text)
{
	static const char *const ceilings[] = { "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER" };
	struct str line, key, value;
	unsigned best = 3, i;
	uint64_t rules;

	while (str_line(&line, &text)) {
		if (line.n == 0)
			continue;
		value = line;
		(void)str_split(&key, &value, ' ');	/* a line that is not empty has a first part */
		if (str_is(key, "ceiling")) {
			for (i = 0; i < 3 && !str_is(value, ceilings[i]); i++)
				;
			r->odd += i == 3;
			if (i < best)
				best = i;
		} else if (str_is(key, "name") && value.n && value.n <= 200) {
			if (!r->name.n || str_cmp(value, r->name) < 0)
				r->name = value;
		} else if (str_is(key, "rules") && str_u64(&rules, value) && rules && rules < 1000) {
			if (rules > r->rules)
				r->rules = (unsigned)rules;
		} else {
			r->odd++;
		}
	}
	if (best < 3)
		r->ceiling = cstr(ceilings[best]);
}

void roster_parse(struct roster *r, struct arena *a, struct str allowed_signers, struct str roles,
    struct str revoked, struct str space)
{
	*r = (struct roster){ .ceiling = STR("TLP:GREEN"), .rules = 1 };
	read_signers(r, a, arena_str(a, allowed_signers));
	read_roles(r, arena_str(a, roles));
	read_revoked(r, a, arena_str(a, revoked));
	read_space(r, arena_str(a, space));
}

const struct member *roster_member(const struct roster *r, struct str node, struct str key)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (str_eq(r->members[i].node, node) && str_eq(r->members[i].key, key))
			return &r->members[i];
	return NULL;
}

bool roster_may(const struct member *m, enum act act, struct str owner, bool common)
{
	bool own = str_eq(m->owner, owner);

	if (m->revoked || m->role == ROLE_NONE)
		return false;
	if (m->role == ROLE_SECRETARIAT)
		return true;
	switch (act) {
	case ACT_EDIT:
		return own || common;
	case ACT_LOWER:
		return own;
	case ACT_CLEAR:
	case ACT_ADOPT:
		return own && m->role >= ROLE_FOCAL_POINT;
	case ACT_PUBLISH:
	case ACT_ENDORSE:
		return m->role == ROLE_CHAIR;
	case ACT_ROSTER:
	case ACT_VOCAB:
		return false;
	}
	return false;
}
