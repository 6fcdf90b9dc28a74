/* sync/cmd_roster.c: colep roster: who belongs to the community, and who may do what. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <stdlib.h>
#include <string.h>

#include "kb/gate/sodium.h"
#include "sync/fold.h"
#include "sync/standing.h"

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

/* Keys that a node asks for, and that a chair named: not in the roster yet. */
static enum rc list_proposed(struct ctx *c, struct out *o, struct repo *repo, const struct oid *main, const struct roster *r, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str rest, line, node, what, id, key;
	struct oid blob;
	enum rc rc = repo_lookup(&blob, repo, main, STR("roster/proposed"), e);

	if (!rc)
		rc = repo_read(&b, repo, &blob, OBJECT_BLOB, (size_t)16 << 20, e);
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);) {
		if (!str_split(&node, &line, ' ') || !str_split(&what, &line, ' '))
			continue;
		id = node;
		if (str_is(what, "recover") && !str_split(&id, &line, ' '))
			continue;
		key = line;
		if (roster_member(r, id, key))
			continue;		/* it has been given */
		out_begin(o);
		out_text(o, "node", id);
		out_text(o, "owner", str_sub(id, 0, str_chr(id, '-')));
		out_text(o, "role", str_is(what, "recover") ? STR("secretariat") : STR_NONE);
		out_text(o, "state", str_is(what, "recover") ? cstr(arena_printf(c->arena, "named by %.*s", FMT_STR(node))) : STR("proposed"));
		out_text(o, "fingerprint", fingerprint(c->arena, key));
		out_end(o);
	}
	buf_free(&b);
	return rc == RC_NOTFOUND ? RC_OK : rc;
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
	if (!rc)
		rc = list_proposed(c, &o, repo, &main, &r, &e);
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
	qsort(v, n, sizeof *v, str_order);
	for (i = 0; i < n; i++)
		if (v[i].n && (!i || !str_eq(v[i - 1], v[i])))
			buf_printf(&b, "%.*s\n", FMT_STR(v[i]));
	out = arena_str(a, buf_str(&b));
	buf_free(&b);
	return out;
}

/* A file under roster/ with one line more or some less. */
struct edit_of { const char *path; struct str old, new; };

/* Write the files that changed: one signed commit, its id printed. */
static int commit(struct ctx *c, struct author *au, const struct edit_of *v, size_t n, const char *subject)
{
	struct change *ch = arena_array(c->arena, n, sizeof *ch);
	struct err e = ERR_INIT;
	char hex[OID_HEX + 1];
	struct fold f;
	struct oid id;
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (str_eq(v[i].old, v[i].new))
			continue;
		ch[k].path = cstr(v[i].path);
		if (v[i].new.n && repo_write(&ch[k].new, au->repo, OBJECT_BLOB, v[i].new, &e))
			return cmd_fail(c, &e), EXIT_FAIL;
		k++;
	}
	if (!k) {
		cmd_say(c, "nothing to change");
		return EXIT_YES;
	}
	/* What it brings about need not be what it says: a second chair's word makes a recovery. */
	if (author_change(&id, au, ch, k, cstr(subject), STR_NONE, &e) ||
	    fold_open(&f, c->arena, au->node, au->repo, &au->space, &au->main, &e) || fold_finish(&au->main, &f, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	oid_format(hex, &id);
	fprintf(c->out, c->json ? "{\"commit\":\"%s\"}\n" : "%s\n", hex);
	return EXIT_YES;
}

/* A line put into roster/proposed. */
static int propose(struct ctx *c, struct author *au, const char *line, const char *subject)
{
	struct edit_of v = { .path = "roster/proposed" };
	struct err e = ERR_INIT;

	if (read_lines(&v.old, au, v.path, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	v.new = edit_lines(c->arena, v.old, STR_NONE, cstr(line));
	return commit(c, au, &v, 1, subject);
}

static bool has_other_admin(const struct roster *r, struct str id, const struct str *key)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct member *m = &r->members[i];

		if (m->role == ROLE_SECRETARIAT && !m->revoked && (!str_eq(m->node, id) || (key && !str_eq(m->key, *key))))
			return true;
	}
	return false;
}

static int change(struct ctx *c, const char *id, const char *key, const char *role)
{
	struct err e = ERR_INIT;
	struct edit_of v[3] = { { .path = "roster/allowed_signers" }, { .path = "roster/roles" }, { .path = "roster/proposed" } };
	struct str owner;
	struct node node;
	struct author au;
	enum role r = role ? role_find(cstr(role)) : ROLE_NONE, now = ROLE_NONE;
	bool first = true, known = false, there = false;
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
	if (au.member->role == ROLE_CHAIR && key && r == ROLE_SECRETARIAT) {
		status = propose(c, &au, arena_printf(c->arena, "%.*s recover %s %s", FMT_STR(au.id), id, key),
		    arena_printf(c->arena, "Name %s as the new Secretariat", id));
		if (status == EXIT_YES)
			cmd_say(c, "it counts when a chair of another owner names the same node and key");
		goto out;
	}
	if (!roster_may(au.member, ACT_ROSTER, au.owner, false)) {
		cmd_say(c, "only a node of the Secretariat changes the roster; %.*s is %s", FMT_STR(au.id), role_name(au.member->role));
		status = EXIT_FAIL;
		goto out;
	}
	for (i = 0; i < au.roster.n; i++) {
		const struct member *m = &au.roster.members[i];

		first &= !str_eq(m->owner, owner);
		if (str_is(m->node, id) && key && str_is(m->key, key) && m->revoked) {
			cmd_say(c, "%s: this key was revoked, for good; let the node make a new one with 'colep roster rotate' or 'colep join'", id);
			status = EXIT_FAIL;
			goto out;
		}
		if (str_is(m->node, id)) {
			there = true;
			now = m->role;
		}
		if (str_is(m->node, id) && (!key || str_is(m->key, key)))
			known = true;
	}
	if (!key && !known) {
		cmd_say(c, "%s: no such node in the roster; 'colep roster' lists them", id);
		status = EXIT_NO;
		goto out;
	}
	if (r == ROLE_NONE)
		r = there && now != ROLE_NONE ? now : first ? ROLE_FOCAL_POINT : ROLE_CONTRIBUTOR;
	if (r != ROLE_SECRETARIAT && now == ROLE_SECRETARIAT && !has_other_admin(&au.roster, cstr(id), NULL)) {
		cmd_say(c, "%s is the only Secretariat; give another node that role first", id);
		status = EXIT_FAIL;
		goto out;
	}
	for (i = 0; i < 3; i++)
		if (read_lines(&v[i].old, &au, v[i].path, &e)) {
			status = (cmd_fail(c, &e), EXIT_FAIL);
			goto out;
		}
	v[0].new = key ? edit_lines(c->arena, v[0].old, STR_NONE, cstr(arena_printf(c->arena,
	    "node@%s.invalid namespaces=\"git\" ssh-ed25519 %s", id, key))) : v[0].old;
	v[1].new = edit_lines(c->arena, v[1].old, cstr(arena_printf(c->arena, "%s ", id)), cstr(arena_printf(c->arena, "%s %s", id,
	    role_name(r))));
	v[2].new = key ? edit_lines(c->arena, v[2].old, cstr(arena_printf(c->arena, "%s rotate %s", id, key)), STR_NONE) : v[2].old;
	status = commit(c, &au, v, 3, arena_printf(c->arena, key ? "Admit %s as %s" : "%s becomes %s", id, role_name(r)));
	if (status == EXIT_YES && key && there && !known)
		cmd_say(c, "%s has its new key; when it has written with it, take the old one away: colep roster revoke %s --key FINGERPRINT", id, id);
out:
	author_close(&au);
	return status;
}

/* The last commits of a key that are accepted here and count: nobody of that key stands on them. */
static enum rc last_of(struct buf *b, struct ctx *c, const struct author *au, const struct member *m, struct err *e)
{
	struct fold f;
	const struct standing *now;
	size_t i, j, n, *heads;
	enum rc rc;

	if ((rc = fold_open(&f, c->arena, au->node, au->repo, &au->space, &au->main, e)) ||
	    (rc = standing_heads(&heads, &n, &now, &f.graph, c->arena, e)))
		return rc;
	for (i = 0; i < f.graph.n; i++) {
		const struct gcommit *gc = f.graph.v[i];
		char hex[OID_HEX + 1];

		if (gc->merged || !str_eq(gc->node, m->node) || !str_eq(gc->key, m->key) || standing_masks(now, &f.graph, i))
			continue;
		for (j = i + 1; j < f.graph.n; j++)
			if (!f.graph.v[j]->merged && str_eq(f.graph.v[j]->node, m->node) && str_eq(f.graph.v[j]->key, m->key) &&
			    graph_below(&f.graph, i, j))
				break;
		if (j < f.graph.n)
			continue;
		oid_format(hex, &gc->id);
		buf_printf(b, " %s", hex);
	}
	return RC_OK;
}

static int revoke(struct ctx *c, const char *id, const char *which)
{
	struct edit_of v[2] = { { .path = "roster/revoked" }, { .path = "roster/proposed" } };
	struct err e = ERR_INIT;
	struct buf last = BUF_INIT;
	struct node node;
	struct author au;
	bool known = false, hit = false;
	enum rc rc = RC_OK;
	size_t i;
	int status = EXIT_FAIL;

	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	if (!roster_may(au.member, ACT_ROSTER, au.owner, false)) {
		cmd_say(c, "only a node of the Secretariat changes the roster; %.*s is %s", FMT_STR(au.id), role_name(au.member->role));
		goto out;
	}
	for (i = 0; i < 2; i++) {
		if ((rc = read_lines(&v[i].old, &au, v[i].path, &e)))
			goto out;
		v[i].new = v[i].old;
	}
	for (i = 0; i < au.roster.n; i++) {
		const struct member *m = &au.roster.members[i];

		known |= str_is(m->node, id);
		if (!str_is(m->node, id) || (which && !str_is(m->key, which) && !str_is(fingerprint(c->arena, m->key), which)))
			continue;
		hit = true;
		if (m->revoked)
			continue;
		if (!has_other_admin(&au.roster, m->node, which ? &m->key : NULL)) {
			cmd_say(c, "%s is the only Secretariat; give another node that role first", id);
			goto out;
		}
		buf_clear(&last);
		if ((rc = last_of(&last, c, &au, m, &e)))
			goto out;
		v[0].new = edit_lines(c->arena, v[0].new, STR_NONE, cstr(arena_printf(c->arena, "%s %.*s%s", id, FMT_STR(m->key),
		    buf_cstr(&last))));
		v[1].new = edit_lines(c->arena, v[1].new, cstr(arena_printf(c->arena, "%s ", id)), STR_NONE);
	}
	if (!hit) {
		cmd_say(c, known ? "%s: it has no such key; 'colep roster' lists them" : "%s: no such node in the roster; 'colep roster' lists "
		    "them", id);
		status = EXIT_NO;
		goto out;
	}
	status = commit(c, &au, v, 2, arena_printf(c->arena, "Revoke the key of %s", id));
out:
	if (rc)
		(void)cmd_fail(c, &e);
	buf_free(&last);
	author_close(&au);
	return status;
}

/* A new key, beside the old one until an admin has added it; asked again, the same one. */
static int rotate(struct ctx *c, const char *file)
{
	struct err e = ERR_INIT;
	struct signer next = { 0 };
	struct buf pub = BUF_INIT;
	const char *path;
	struct node node;
	struct author au;
	enum rc rc;
	int status = EXIT_FAIL;

	if (node_open(&node, c->arena, c->dir, &e) || author_open(&au, c->arena, &node, c->keys, c->agent, c->now, &e))
		return cmd_fail(c, &e), EXIT_FAIL;
	path = arena_printf(c->arena, "%s.next", key_path(c->arena, c->keys, &au.space, au.id));
	rc = file ? signer_read(&next, file, c->agent, &e) : key_open(&next, c->arena, path, c->agent, &e);
	if (!file && rc == RC_NOTFOUND) {
		signer_make(&next);
		file = path;
		rc = RC_OK;
	}
	if (rc || (file && (rc = key_store(&next, path, cstr(arena_printf(c->arena, "node@%.*s.invalid", FMT_STR(au.id))), &e))))
		goto out;
	sshkey_public(&pub, next.public);
	status = propose(c, &au, arena_printf(c->arena, "%.*s rotate %s", FMT_STR(au.id), buf_cstr(&pub)), "Propose a new key");
	if (status == EXIT_YES)
		cmd_say(c, "the new key counts when a node of the Secretariat runs: colep roster add %.*s ssh-ed25519 %s", FMT_STR(au.id),
		    buf_cstr(&pub));
out:
	if (rc)
		(void)cmd_fail(c, &e);
	signer_close(&next);
	buf_free(&pub);
	author_close(&au);
	return status;
}

int cmd_roster(struct ctx *c, int argc, char **argv)
{
	const char *role = NULL, *key = NULL;
	const struct opt opts[] = {
		{ "role", 0, OPT_TEXT, &role, "R", "add: contributor, focal-point, chair or secretariat" },
		{ "key", 0, OPT_TEXT, &key, "KEY", "revoke: this one of its keys, by fingerprint; rotate: a key file to use" },
	};
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, opts, 2)) >= 0)
		return status;
	if (left == 1)
		return list(c);
	if (strcmp(argv[1], "revoke") == 0)
		return left == 3 ? revoke(c, argv[2], key) : cmd_usage(c, "revoke needs one node; 'colep roster' lists them");
	if (strcmp(argv[1], "rotate") == 0)
		return left == 2 ? rotate(c, key) : cmd_usage(c, "rotate is of this node's own key, and takes no words");
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
	return cmd_usage(c, "%s: no part of roster; it is 'roster', 'roster add', 'revoke', 'role' or 'rotate'", argv[1]);
}
