/* sync/cmd_roster.c: colep roster: who belongs to the community, and who may do what. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/gate/sodium.h"
#include "sync/author.h"

static struct str fingerprint(struct arena *a, struct str key)
{
	unsigned char hash[32];
	struct buf blob = BUF_INIT, b = BUF_INIT;
	struct str s;

	buf_puts(&b, "SHA256:");
	if (base64_decode(&blob, key)) {
		sha256_of(hash, buf_str(&blob));
		base64_encode(&b, (struct str){ (const char *)hash, sizeof hash });
		while (b.n && b.p[b.n - 1] == '=')
			b.n--;
	}
	s = arena_str(a, buf_str(&b));
	buf_free(&blob);
	buf_free(&b);
	return s;
}

static int list(struct ctx *c)
{
	struct err e = ERR_INIT;
	struct repo *repo = NULL;
	struct roster r;
	struct node node;
	struct oid main;
	struct out o;
	size_t i;
	enum rc rc;

	cmd_out(&o, c);
	(void)((rc = node_open(&node, c->arena, c->dir, &e)) || (rc = node_main(&main, &node, &e)) ||
	    (rc = repo_open(&repo, node.dir, &e)) || (rc = author_roster(&r, c->arena, repo, &main, &e)));
	for (i = 0; !rc && i < r.n; i++) {
		out_begin(&o);
		out_text(&o, "node", r.members[i].node);
		out_text(&o, "owner", r.members[i].owner);
		out_text(&o, "role", cstr(role_name(r.members[i].role)));
		out_text(&o, "state", r.members[i].revoked ? STR("revoked") : STR("active"));
		out_text(&o, "fingerprint", fingerprint(c->arena, r.members[i].key));
		out_end(&o);
	}
	out_close(&o);
	repo_close(repo);
	return rc ? (cmd_fail(c, &e), EXIT_FAIL) : EXIT_YES;
}

static enum rc read_lines(struct str *text, struct author *au, const char *path, struct err *e)
{
	struct buf b = BUF_INIT;
	struct oid blob;
	enum rc rc = repo_lookup(&blob, au->repo, &au->base, cstr(path), e);

	*text = STR_NONE;
	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (!rc && !(rc = repo_read(&b, au->repo, &blob, OBJECT_BLOB, (size_t)16 << 20, e)))
		*text = arena_str(au->a, buf_str(&b));
	buf_free(&b);
	return rc;
}

static int by_line(const void *x, const void *y)
{
	return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The lines of a file, those beginning with `without` left out, `with` added: sorted, each once. */
static struct str edit_lines(struct arena *a, struct str text, struct str without, struct str with)
{
	struct str *v = NULL, line, out;
	size_t n = 0, cap = 0, i;
	struct buf b = BUF_INIT;

	for (;;) {
		bool more = str_line(&line, &text);

		if (!more)
			line = with;
		else if (!line.n || (without.n && str_starts(line, without)))
			continue;
		if (n == cap)
			v = arena_grow(a, v, &cap, sizeof *v);
		v[n++] = line;
		if (!more)
			break;
	}
	qsort(v, n, sizeof *v, by_line);
	for (i = 0; i < n; i++)
		if (v[i].n && (!i || !str_eq(v[i - 1], v[i])))
			buf_printf(&b, "%.*s\n", FMT_STR(v[i]));
	out = arena_str(a, buf_str(&b));
	buf_free(&b);
	return out;
}

/* Write both files if they changed: one signed commit, its id printed. */
static int commit(struct ctx *c, struct author *au, struct str signers, struct str roles, struct str old_signers,
    struct str old_roles, const char *subject)
{
	struct change ch[2] = { { .path = STR("roster/allowed_signers") }, { .path = STR("roster/roles") } };
	struct err e = ERR_INIT;
	char hex[OID_HEX + 1];
	struct oid id;

	if (str_eq(signers, old_signers) && str_eq(roles, old_roles)) {
		cmd_say(c, "nothing to change");
		return EXIT_YES;
	}
	if (repo_write(&ch[0].new, au->repo, OBJECT_BLOB, signers, &e) || repo_write(&ch[1].new, au->repo, OBJECT_BLOB, roles, &e) ||
	    author_change(&id, au, ch, 2, cstr(subject), STR_NONE, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	oid_format(hex, &id);
	fprintf(c->out, c->json ? "{\"commit\":\"%s\"}\n" : "%s\n", hex);
	return EXIT_YES;
}

static int change(struct ctx *c, const char *id, const char *key, const char *role)
{
	struct err e = ERR_INIT;
	struct str signers, roles, owner, new_signers, new_roles;
	struct node node;
	struct author au;
	enum role r = role ? role_find(cstr(role)) : ROLE_NONE, now = ROLE_NONE;
	bool first = true, known = false;
	unsigned char public[32];
	size_t i;
	int status;

	if (!node_id_valid(cstr(id), &owner))
		return cmd_usage(c, "%s: no id of a node; it is an owner such as bg, or OWNER-LABEL", id);
	if (role && r == ROLE_NONE)
		return cmd_usage(c, "%s: no role; it is contributor, focal-point, chair or secretariat", role);
	if (key && !sshkey_public_parse(public, cstr(key)))
		return cmd_usage(c, "the key is none of type ssh-ed25519; copy the whole line that 'colep join' printed");
	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!roster_may(au.member, ACT_ROSTER, au.owner, false)) {
		cmd_say(c, "only a node of the Secretariat changes the roster; %.*s is %s", FMT_STR(au.id), role_name(au.member->role));
		status = EXIT_FAIL;
		goto out;
	}
	for (i = 0; i < au.roster.n; i++) {
		const struct member *m = &au.roster.members[i];

		first &= !str_eq(m->owner, owner);
		if (str_is(m->node, id) && (!key || str_is(m->key, key))) {
			known = true;
			now = m->role;
		}
	}
	if (!key && !known) {
		cmd_say(c, "%s: no such node in the roster; 'colep roster' lists them", id);
		status = EXIT_NO;
		goto out;
	}
	if (r == ROLE_NONE)
		r = known ? now : first ? ROLE_FOCAL_POINT : ROLE_CONTRIBUTOR;
	if (read_lines(&signers, &au, "roster/allowed_signers", &e) || read_lines(&roles, &au, "roster/roles", &e)) {
		status = (cmd_fail(c, &e), EXIT_FAIL);
		goto out;
	}
	new_signers = key ? edit_lines(c->arena, signers, STR_NONE, cstr(arena_printf(c->arena,
	    "node@%s.invalid namespaces=\"git\" ssh-ed25519 %s", id, key))) : signers;
	new_roles = edit_lines(c->arena, roles, cstr(arena_printf(c->arena, "%s ", id)), cstr(arena_printf(c->arena, "%s %s", id,
	    role_name(r))));
	status = commit(c, &au, new_signers, new_roles, signers, roles, arena_printf(c->arena, key ? "Admit %s as %s" :
	    "%s becomes %s", id, role_name(r)));
out:
	author_close(&au);
	return status;
}

int cmd_roster(struct ctx *c, int argc, char **argv)
{
	const char *role = NULL;
	const struct opt opts[] = { { "role", 0, OPT_TEXT, &role, "R", "contributor, focal-point, chair or secretariat" } };
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 1)) >= 0)
		return status;
	if (left == 1)
		return list(c);
	if (strcmp(argv[1], "add") == 0) {
		if (left != 5 || strcmp(argv[3], "ssh-ed25519") != 0)
			return cmd_usage(c, "add needs the line that 'colep join' printed: ID ssh-ed25519 KEY");
		return change(c, argv[2], argv[4], role);
	}
	if (strcmp(argv[1], "role") == 0) {
		if (left != 4)
			return cmd_usage(c, "role needs a node and its new role");
		return change(c, argv[2], NULL, argv[3]);
	}
	return cmd_usage(c, "%s: no part of roster; it is 'roster', 'roster add' or 'roster role'", argv[1]);
}
