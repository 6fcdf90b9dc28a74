/* sync/guard.c: see guard.h. */
#include "sync/guard.h"

#include <string.h>

static const char *guarded(struct arena *a, const struct member *m, const struct doc_path *p, const struct doc *old,
    const struct doc *new)
{
	struct str from = old ? old->status : STR("draft"), to = new->status, owner = old ? old->owner : p->owner;
	static const char *const cleared[] = { "cleared-by", "cleared-on" };
	size_t i;

	if (!owner.n)
		owner = p->owner;
	if (old && tlp_rank(new->tlp) >= 0 && tlp_rank(new->tlp) < tlp_rank(old->tlp) &&
	    !roster_may(m, ACT_LOWER, owner, p->kind->common))
		return arena_printf(a, "only the owner, %.*s, may lower its label; set tlp back to %.*s", FMT_STR(owner),
		    FMT_STR(old->tlp));
	if (old && old->owner.n && !str_eq(old->owner, new->owner) && m->role != ROLE_SECRETARIAT)
		return "only the Secretariat may change the owner; set it back";
	if (!str_eq(from, to) && (status_rank(from) > 1 || status_rank(to) > 1)) {
		bool may = status_rank(to) == 2 || status_rank(to) == 5 ?
		    roster_may(m, ACT_CLEAR, owner, false) || roster_may(m, ACT_PUBLISH, owner, false) :
		    roster_may(m, ACT_PUBLISH, owner, false);

		if (!may)
			return arena_printf(a, "the status %.*s needs %s; write submitted, and ask for the rest", FMT_STR(to),
			    status_rank(to) == 2 || status_rank(to) == 5 ? "the owner's focal point" : "a chair or the Secretariat");
	}
	for (i = 0; i < 2; i++)
		if (!str_eq(old ? front_text(&old->front, cleared[i]) : STR_NONE, front_text(&new->front, cleared[i])) &&
		    !roster_may(m, ACT_CLEAR, owner, false) && !roster_may(m, ACT_PUBLISH, owner, false))
			return arena_printf(a, "%s is set by the owner's focal point with 'colep clear'; remove it", cleared[i]);
	if (!str_eq(old ? front_text(&old->front, "endorsed-at") : STR_NONE, front_text(&new->front, "endorsed-at")) &&
	    !roster_may(m, ACT_ENDORSE, owner, false))
		return "endorsed-at is set by a chair with 'colep endorse'; remove it";
	return NULL;
}

bool guard_key(const struct member *m, const struct doc_path *p, struct str key, struct str old, struct str new)
{
	bool clears = roster_may(m, ACT_CLEAR, p->owner, false), publishes = roster_may(m, ACT_PUBLISH, p->owner, false);

	if (str_is(key, "tlp"))
		return !old.p || tlp_rank(new) >= tlp_rank(old) || roster_may(m, ACT_LOWER, p->owner, p->kind->common);
	if (str_is(key, "owner"))
		return !old.p || m->role == ROLE_SECRETARIAT;
	if (str_is(key, "status")) {
		if (status_rank(old) <= 1 && status_rank(new) <= 1)
			return true;
		return publishes || ((status_rank(new) == 2 || status_rank(new) == 5) && clears);
	}
	if (str_is(key, "cleared-by") || str_is(key, "cleared-on"))
		return clears || publishes;
	if (str_is(key, "endorsed-at"))
		return roster_may(m, ACT_ENDORSE, p->owner, false);
	return true;
}

static bool in_conflict(const struct front *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->keys[i].variant != 1)
			return true;
	return false;
}

bool guard_keys_same(struct str old, struct str new)
{
	static const char *const keys[] = { "tlp", "owner", "status", "cleared-by", "cleared-on", "endorsed-at" };
	struct arena a = ARENA_INIT;
	struct err odd = ERR_INIT;
	struct front f, g;
	struct place at;
	bool same = !front_parse(&f, &at, &a, old, &odd) && !front_parse(&g, &at, &a, new, &odd) && !in_conflict(&f) && !in_conflict(&g);
	size_t i, j;

	for (i = 0; i < sizeof keys / sizeof *keys && same; i++) {
		const struct key *x = front_key(&f, keys[i]), *y = front_key(&g, keys[i]);

		same = !x == !y && (!x || (x->list == y->list && x->n == y->n));
		for (j = 0; same && x && j < x->n; j++)
			same = str_eq(x->values[j], y->values[j]);
	}
	arena_free(&a);
	return same;
}

static bool has_line(struct str text, struct str wanted)
{
	struct str line;

	while (str_line(&line, &text))
		if (str_eq(line, wanted))
			return true;
	return false;
}

/* What the Secretariat itself may not do: it would have no effect (standing.c). */
static const char *roster_refuses(struct str path, struct str old, struct str new)
{
	bool was = false, is = false;
	struct str line, rest;

	if (str_is(path, "roster/allowed_signers") || str_is(path, "roster/revoked"))
		for (rest = old; str_line(&line, &rest);)
			if (line.n && !has_line(new, line))
				return "it loses no line, as what it says stays true of what was written; take it back with 'git checkout -- roster'";
	if (str_is(path, "roster/roles")) {
		for (rest = old; str_line(&line, &rest);)
			was |= str_ends(line, STR(" secretariat"));
		for (rest = new; str_line(&line, &rest);)
			is |= str_ends(line, STR(" secretariat"));
		if (was && !is)
			return "no Secretariat would be left; take it back with 'git checkout -- roster'";
	}
	return NULL;
}

const char *guard_refuses(struct arena *a, const struct member *m, struct str path, struct str old, struct str new)
{
	struct doc before = { 0 }, after = { 0 };
	struct err e = ERR_INIT;
	const char *why = NULL;
	struct doc_path p;
	struct place at;
	bool had;

	if (str_starts(path, STR("roster/")))
		return roster_may(m, ACT_ROSTER, m->owner, false) ? roster_refuses(path, old, new) : "only the Secretariat changes roster/; take it back with "
		    "'git checkout -- roster'";
	if (str_starts(path, STR("vocab/")))
		return roster_may(m, ACT_VOCAB, m->owner, false) ? NULL : "only the Secretariat changes vocab/; take it back with "
		    "'git checkout -- vocab'";
	if (!doc_path_parse(&p, path, &why))
		return arena_printf(a, "%s", why);
	if (!roster_may(m, ACT_EDIT, p.owner, p.kind->common && str_is(p.owner, "bps")))
		return arena_printf(a, "it belongs to %.*s, and this node writes for %.*s; send the change to its owner",
		    FMT_STR(p.owner), FMT_STR(m->owner));
	if (p.lang.n || !new.p)
		return NULL;
	if (doc_parse(&after, &at, a, new, &e))
		return NULL;		/* said by the checks */
	had = old.p && doc_parse(&before, &at, a, old, &e) == RC_OK;
	return guarded(a, m, &p, had ? &before : NULL, &after);
}
