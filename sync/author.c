/* sync/author.c: see author.h.
 *
 * An authored commit, byte by byte ("T" = seconds since 1970, UTC, cut to the hour):
 *
 *	tree <hex>
 *	parent <hex>				(genesis: none)
 *	author BG node <node@bg.invalid> T +0000
 *	committer BG node <node@bg.invalid> T +0000
 *	gpgsig -----BEGIN SSH SIGNATURE-----	(SSHSIG over the object without these lines)
 *	 ...
 *
 *	Subject
 *
 *	Body
 *
 *	Colep-Space: <hex of genesis>		(genesis: none)
 *	Colep-Node: bg/0123456789abcdef
 *	Colep-Seq: 7
 *	Colep-Prev: <hex of own commit 6>	(number 1: none)
 *
 * Order of work: blobs and trees, the commit, then the ref by compare-and-swap, then the work tree. A kill
 * between any two leaves objects that nobody names, or a work tree one command behind its main: the next command that
 * writes brings it after (mend.c), so that what it lacks is not taken for deleted. */
#include "sync/author.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/limits.h"
#include "sync/cache.h"
#include "sync/fold.h"
#include "sync/merge.h"
#include "sync/mend.h"
#include "sync/setup.h"

enum { LOCK_SECONDS = 10 };

bool author_of(const struct commit *c, struct str *id, struct str *incarnation, uint64_t *seq)
{
	struct str node = commit_trailer(c, "Colep-Node"), owner;
	size_t slash = str_chr(node, '/');

	if (slash == SIZE_MAX || !str_u64(seq, commit_trailer(c, "Colep-Seq")))
		return false;
	*id = str_sub(node, 0, slash);
	*incarnation = str_sub(node, slash + 1, node.n);
	return node_id_valid(*id, &owner) && incarnation->n == INCARNATION_HEX;
}

static enum rc read_file(struct str *text, struct arena *a, struct repo *repo, const struct oid *commit, const char *path,
    struct err *e)
{
	struct buf b = BUF_INIT;
	struct oid blob;
	enum rc rc;

	*text = STR_NONE;
	rc = repo_lookup(&blob, repo, commit, cstr(path), e);
	if (rc == RC_NOTFOUND)
		return RC_OK;
	if (!rc && !(rc = repo_read(&b, repo, &blob, OBJECT_BLOB, (size_t)16 << 20, e)))
		*text = arena_str(a, buf_str(&b));
	buf_free(&b);
	return rc;
}

enum rc author_roster(struct roster *r, struct arena *a, struct repo *repo, const struct oid *commit, struct err *e)
{
	struct str signers, roles, revoked, space;
	enum rc rc;

	if ((rc = read_file(&signers, a, repo, commit, "roster/allowed_signers", e)) ||
	    (rc = read_file(&roles, a, repo, commit, "roster/roles", e)) ||
	    (rc = read_file(&revoked, a, repo, commit, "roster/revoked", e)) ||
	    (rc = read_file(&space, a, repo, commit, "roster/space", e)))
		return rc;
	roster_parse(r, a, signers, roles, revoked, space);
	return RC_OK;
}

static const char kept[] = "refs/colep/main";

bool author_made(const struct commit *c)
{
	struct str id, inc;
	uint64_t seq;

	return (c->signature.n && author_of(c, &id, &inc, &seq)) || str_starts(c->committer, STR("colep <merge@colep.invalid>"));
}

enum rc author_last(struct oid *last, struct repo *repo, const struct oid *main, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct commit c;
	enum rc rc;

	for (*last = *main;;) {
		arena_reset(&a);
		if ((rc = repo_commit(&c, &a, repo, last, e)) || author_made(&c) || !c.nparents)
			break;
		*last = c.parents[0];
	}
	arena_free(&a);
	return rc;
}

enum rc author_base(struct oid *base, struct repo *repo, const struct oid *main, struct err *e)
{
	bool has = false;
	enum rc rc = repo_ref(base, repo, kept, e);

	if (!rc && !(rc = repo_has(&has, repo, base, e)) && has)
		return RC_OK;
	return rc && rc != RC_NOTFOUND ? rc : author_last(base, repo, main, e);
}

enum rc author_base_set(struct repo *repo, const struct oid *main, struct err *e)
{
	struct oid old = OID_NONE;
	enum rc rc = repo_ref(&old, repo, kept, e);

	if (rc && rc != RC_NOTFOUND)
		return rc;
	return rc == RC_OK && oid_eq(&old, main) ? RC_OK : repo_ref_set(repo, kept, main, &old, e);
}

/* The own commit of the highest number below base, in this incarnation. */
static enum rc find_prev(struct author *au, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct graph g;
	enum rc rc;
	size_t i;

	graph_init(&g, &a, au->repo);
	cache_open(&g, au->node);
	if ((rc = graph_add(&g, &au->base, NULL, NULL, e)) == RC_OK) {
		for (i = 0; i < g.n; i++) {
			const struct gcommit *c = g.v[i];

			if (!c->merged && c->seq > au->seq && str_eq(c->node, au->id) && str_is(c->incarnation, au->incarnation)) {
				au->seq = c->seq;
				au->prev = c->id;
			}
		}
		cache_store(&g);
	}
	arena_free(&a);
	return rc;
}

static void find_member(struct author *au)
{
	struct buf key = BUF_INIT;

	sshkey_public(&key, au->signer.public);
	au->member = roster_member(&au->roster, au->id, buf_str(&key));
	buf_free(&key);
}

/* The key that `roster rotate` proposed, once the roster has it: from now on this node's own. */
static enum rc take_next_key(struct author *au, const char *path, const char *agent, struct err *e)
{
	static const char *const ends[] = { "", ".pub" };
	const char *next_path = arena_printf(au->a, "%s.next", path);
	struct signer next = { 0 };
	struct err odd = ERR_INIT;
	struct buf key = BUF_INIT;
	const struct member *m;
	enum rc rc = RC_OK;
	size_t i;

	if (key_open(&next, au->a, next_path, agent, &odd))
		return RC_OK;			/* none proposed */
	sshkey_public(&key, next.public);
	m = roster_member(&au->roster, au->id, buf_str(&key));
	buf_free(&key);
	if (!m || m->revoked) {
		signer_close(&next);
		return RC_OK;
	}
	for (i = 0; i < 2 && !rc; i++) {	/* the old one stays beside it, for what it may have to prove */
		const char *old = arena_printf(au->a, "%s%s", path, ends[i]);

		if (file_exists(old) && rename(old, arena_printf(au->a, "%s.old%s", path, ends[i])))
			rc = err_errno(e, "%s", old);
	}
	for (i = 0; i < 2 && !rc; i++) {
		const char *from = arena_printf(au->a, "%s%s", next_path, ends[i]), *to = arena_printf(au->a, "%s%s", path, ends[i]);

		if (!file_exists(from))
			continue;
		if (rename(from, to))
			rc = err_errno(e, "%s", from);
		else
			rc = repo_config_set(au->repo, "user.signingKey", to, e);
	}
	signer_close(&au->signer);
	au->signer = next;
	return rc;
}

enum rc author_open(struct author *out, struct arena *a, const struct node *n, const char *keys, const char *agent,
    int64_t now, struct err *e)
{
	struct author au = { .a = a, .node = n, .keys = keys, .lock = LOCK_INIT, .now = now };
	struct buf pub = BUF_INIT;
	struct str space;
	size_t pushed;
	char *path;
	enum rc rc;

	if (n->foreign)
		return err_set(e, RC_UNTRUSTED, "%s: this folder belongs to another user; it is only read", n->dir);
	if ((rc = node_config(&au.id, a, n, "colep.id", e)) || (rc = node_config(&space, a, n, "colep.space", e)))
		return rc;
	if (!node_id_valid(au.id, &au.owner) || !oid_parse(&au.space, space))
		return err_set(e, RC_UNTRUSTED, "%s: this node only reads: it has no id; 'colep join SOURCE DIR --id ID' makes one that "
		    "writes", n->dir);
	if (!keys)
		return err_set(e, RC_IO, "no folder for keys; set COLEP_KEYS or HOME");
	if ((rc = lock_open(&au.lock, path_join(a, n->cache, "lock"), LOCK_SECONDS, e)))
		return rc;
	path = key_path(a, keys, &au.space, au.id);
	if ((rc = repo_open(&au.repo, n->dir, e)) || (rc = setup_mend(n, au.repo, e)) || (rc = key_open(&au.signer, a, path, agent, e)))
		goto out;
	au.have_key = true;
	if ((rc = key_incarnation(au.incarnation, &au.renewed, &au.adopt, a, path, n->dir, e)) ||
	    (rc = mend(n, au.repo, e)) || (au.mended = true, rc = fold_in(&pushed, &au.main, a, n, au.repo, &au.space, e)) ||
	    (rc = author_base(&au.base, au.repo, &au.main, e)) || (rc = find_prev(&au, e)) ||
	    (rc = author_roster(&au.roster, a, au.repo, &au.base, e)) || (rc = take_next_key(&au, path, agent, e)))
		goto out;
	find_member(&au);
	if (au.roster.rules > MERGE_RULES || fold_newer(n))
		rc = err_set(e, RC_UNTRUSTED, "update needed: this community merges by rules %u, and this program knows %d; reading and drafts "
		    "go on, writing waits for the newer program", au.roster.rules > MERGE_RULES ? au.roster.rules : fold_newer(n), MERGE_RULES);
	else if (!au.member) {
		sshkey_public(&pub, au.signer.public);
		rc = err_set(e, RC_UNTRUSTED, "%.*s: this key is not in the roster yet; ask the Secretariat to run: colep roster add "
		    "%.*s ssh-ed25519 %s", FMT_STR(au.id), FMT_STR(au.id), buf_cstr(&pub));
	} else if (au.member->revoked)
		rc = err_set(e, RC_UNTRUSTED, "%.*s: this key was revoked; ask the Secretariat for a new admission", FMT_STR(au.id));
out:
	buf_free(&pub);
	if (rc) {
		author_close(&au);
		return rc == RC_NOTFOUND ? (e->rc = RC_UNTRUSTED) : rc;
	}
	*out = au;
	return RC_OK;
}

void author_close(struct author *au)
{
	repo_close(au->repo);
	au->repo = NULL;
	if (au->have_key)
		signer_close(&au->signer);
	if (au->moving)
		mend_end(au->node, !au->later);
	au->moving = false;
	if (au->mended)
		mend_close(au->node);
	au->mended = false;
	if (au->node || au->lock.fd > 0)
		lock_close(&au->lock);
}

static void add_person(struct buf *b, const char *role, struct str id, int64_t now)
{
	size_t i;

	buf_printf(b, "%s ", role);
	for (i = 0; i < id.n; i++)
		buf_putc(b, (char)(id.p[i] >= 'a' && id.p[i] <= 'z' ? id.p[i] - 32 : id.p[i]));
	buf_printf(b, " node <node@%.*s.invalid> %lld +0000\n", FMT_STR(id), (long long)(now - now % 3600));
}

static void add_message(struct buf *b, const struct author *au, struct str subject, struct str body, struct str trailers,
    bool genesis)
{
	char hex[OID_HEX + 1];

	buf_str_add(b, str_trim(subject));
	buf_puts(b, "\n\n");
	if (str_trim(body).n) {
		buf_str_add(b, str_trim(body));
		buf_puts(b, "\n\n");
	}
	buf_str_add(b, trailers);
	if (!genesis) {
		oid_format(hex, &au->space);
		buf_printf(b, "Colep-Space: %s\n", hex);
	}
	buf_printf(b, "Colep-Node: %.*s/%s\nColep-Seq: %llu\n", FMT_STR(au->id), au->incarnation,
	    (unsigned long long)au->seq + 1);
	if (au->seq) {
		oid_format(hex, &au->prev);
		buf_printf(b, "Colep-Prev: %s\n", hex);
	}
}

/* The whole object: header, folded signature, message. */
static enum rc commit_bytes(struct buf *out, const struct author *au, const struct oid *tree, const struct oid *parent,
    struct str message, struct err *e)
{
	struct buf head = BUF_INIT, payload = BUF_INIT, sig = BUF_INIT;
	char hex[OID_HEX + 1];
	struct str rest, line;
	bool first = true;
	enum rc rc;

	oid_format(hex, tree);
	buf_printf(&head, "tree %s\n", hex);
	if (parent) {
		oid_format(hex, parent);
		buf_printf(&head, "parent %s\n", hex);
	}
	add_person(&head, "author", au->id, au->now);
	add_person(&head, "committer", au->id, au->now);
	buf_str_add(&payload, buf_str(&head));
	buf_putc(&payload, '\n');
	buf_str_add(&payload, message);
	if ((rc = signer_sign(&sig, &au->signer, buf_str(&payload), e)) == RC_OK) {
		buf_str_add(out, buf_str(&head));
		for (rest = str_trim(buf_str(&sig)); str_line(&line, &rest); first = false)
			buf_printf(out, "%s %.*s\n", first ? "gpgsig" : "", FMT_STR(line));
		buf_putc(out, '\n');
		buf_str_add(out, message);
	}
	buf_free(&head);
	buf_free(&payload);
	buf_free(&sig);
	return rc;
}

/* Before main moves: from where it did so first, and where to. */
static enum rc note(struct author *au, const struct oid *to, struct err *e)
{
	if (!au->moving)
		au->from = au->base;
	au->moving = true;
	return mend_begin(au->node, &au->from, to, e);
}

enum rc author_commit(struct oid *out, struct author *au, const struct oid *tree, struct str subject, struct str body,
    struct str trailers, struct err *e)
{
	struct buf message = BUF_INIT, raw = BUF_INIT;
	struct oid id;
	enum rc rc;

	add_message(&message, au, subject, body, trailers, false);
	if (au->adopt && (rc = key_adopt(au->a, key_path(au->a, au->keys, &au->space, au->id), au->node->dir, au->incarnation, e))) {
		buf_free(&message);
		return rc;
	}
	au->adopt = false;
	if (message.n > LIMIT_MESSAGE)
		rc = err_set(e, RC_INVALID, "a message of more than 4 KiB; shorten it");
	else if (str_utf8_bad(buf_str(&message)) != message.n || str_chr(buf_str(&message), '\0') != SIZE_MAX)
		rc = err_set(e, RC_INVALID, "the message is not UTF-8");
	else if (!(rc = commit_bytes(&raw, au, tree, &au->base, buf_str(&message), e)) &&
	    !(rc = repo_write(&id, au->repo, OBJECT_COMMIT, buf_str(&raw), e)) && !(rc = note(au, &id, e)) &&
	    !(rc = repo_ref_set(au->repo, "refs/heads/main", &id, &au->main, e))) {
		au->base = au->main = au->prev = *out = id;
		au->seq++;
	}
	buf_free(&message);
	buf_free(&raw);
	return rc;
}

static enum rc change(struct oid *out, struct author *au, const struct change *c, size_t n, struct str subject, struct str body,
    struct str trailers, struct err *e)
{
	struct oid tree, before = au->base;	/* not main: what plain commits brought is unsaved work, and stays */
	enum rc rc;

	if ((rc = repo_tree(&tree, au->repo, &au->base, c, n, e)) ||
	    (rc = author_commit(out, au, &tree, subject, body, trailers, e)))
		return rc;
	if ((rc = repo_checkout(au->repo, &before, out, NULL, NULL, e)) || (rc = author_base_set(au->repo, out, e))) {
		au->later = true;	/* the next command brings the work tree after */
		return rc;
	}
	mend_end(au->node, true);
	au->moving = false;
	return RC_OK;
}

enum rc author_change(struct oid *out, struct author *au, const struct change *c, size_t n, struct str subject,
    struct str body, struct err *e)
{
	return change(out, au, c, n, subject, body, STR_NONE, e);
}

enum rc author_change_for(struct oid *out, struct author *au, const struct change *c, size_t n, struct str subject,
    struct str trailers, struct err *e)
{
	return change(out, au, c, n, subject, STR_NONE, trailers, e);
}

enum rc author_genesis(struct author *au, const char *keys, struct str name, struct str ceiling, struct err *e)
{
	struct change files[3] = { { .path = STR("roster/allowed_signers") }, { .path = STR("roster/roles") },
		{ .path = STR("roster/space") } };
	struct buf text[3] = { BUF_INIT, BUF_INIT, BUF_INIT }, message = BUF_INIT, raw = BUF_INIT;
	const char *path;
	struct oid tree, id;
	enum rc rc = RC_OK;
	size_t i;

	buf_printf(&text[0], "node@%.*s.invalid namespaces=\"git\" ssh-ed25519 ", FMT_STR(au->id));
	sshkey_public(&text[0], au->signer.public);
	buf_putc(&text[0], '\n');
	buf_printf(&text[1], "%.*s secretariat\n", FMT_STR(au->id));
	buf_printf(&text[2], "ceiling %.*s\n", FMT_STR(ceiling));
	if (name.n)
		buf_printf(&text[2], "name %.*s\n", FMT_STR(name));
	buf_puts(&text[2], "rules 1\n");
	for (i = 0; i < 3 && !rc; i++)
		rc = repo_write(&files[i].new, au->repo, OBJECT_BLOB, buf_str(&text[i]), e);
	if (rc || (rc = repo_tree(&tree, au->repo, NULL, files, 3, e)))
		goto out;
	/* The genesis commit names an incarnation, and the key's file is named after the genesis: so the first
	 * incarnation is drawn here, and the key is stored before any ref names the commit. */
	incarnation_make(au->incarnation);
	add_message(&message, au, STR("A new community"), name, STR_NONE, true);
	if ((rc = commit_bytes(&raw, au, &tree, NULL, buf_str(&message), e)) ||
	    (rc = repo_write(&id, au->repo, OBJECT_COMMIT, buf_str(&raw), e)))
		goto out;
	path = key_path(au->a, keys, &id, au->id);
	if ((rc = key_store(&au->signer, path, cstr(arena_printf(au->a, "node@%.*s.invalid", FMT_STR(au->id))), e)) ||
	    (rc = key_adopt(au->a, path, au->node->dir, au->incarnation, e)) ||
	    (rc = repo_ref_set(au->repo, "refs/heads/main", &id, NULL, e)) ||
	    (rc = repo_checkout(au->repo, NULL, &id, NULL, NULL, e)) || (rc = author_base_set(au->repo, &id, e)))
		goto out;
	au->space = au->base = au->main = au->prev = id;
	au->seq = 1;
	if (!(rc = author_roster(&au->roster, au->a, au->repo, &id, e)))
		find_member(au);
out:
	for (i = 0; i < 3; i++)
		buf_free(&text[i]);
	buf_free(&message);
	buf_free(&raw);
	return rc;
}
