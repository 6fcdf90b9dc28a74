/* kb/gate/git.c: see git.h. libgit2 reads and writes objects, refs, config and ignore rules; trees, commits,
 * .git/index and the work tree are our own (git_parts.h), because there the bytes are a stranger's, or the
 * cost decides; so is reading what most objects are (git_disk.c).
 *
 * Bulk writing: objects are deflated into a pack as they come and kept readable in memory; the end hands the
 * pack to libgit2's indexer, which checks it, writes the index beside it and fsyncs both. libgit2's mempack
 * was weighed: its dump packs what new commits reach, all of it, old objects too, and nothing besides.
 * No deltas: 10,000 documents of 1.5 KiB take 0.4 s in all, and git's own search for deltas among them 1.6 s;
 * `git gc` finds them when it likes. */
#include "kb/gate/git.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <git2.h>

#include "kb/base/file.h"
#include "kb/base/sha1.h"
#include "kb/gate/deflate.h"
#include "kb/gate/git_parts.h"
#include "kb/gate/load.h"

#define LIBRARY "libgit2.so." LIBGIT2_SOVERSION	/* the one whose prototypes these are */
#define BULK_BYTES ((size_t)256 << 20)	/* kept in memory before a pack is written */
#define PACK_CHUNK ((size_t)1 << 20)	/* the indexer maps the file anew for each part it is given */
#define PACK_WINDOW ((size_t)8 << 20)	/* of a pack that is mapped at once, and of all: what is read of a large history */
#define PACK_MAPPED ((size_t)64 << 20)	/* is not held in memory; libgit2's own are 1 GB and 8 GB */
#define LOCK_TRIES 50			/* times 20 ms */

#define FUNCTIONS(X) \
	X(libgit2_init) X(libgit2_opts) X(error_last) \
	X(repository_open_ext) X(repository_init_ext) X(repository_init_options_init) X(repository_free) \
	X(repository_path) X(repository_workdir) X(repository_odb) X(repository_set_ident) X(repository_config) \
	X(repository_config_snapshot) X(config_free) X(config_set_string) X(config_set_multivar) X(config_get_bool) \
	X(odb_free) X(odb_read_header) X(odb_read) X(odb_exists) X(odb_exists_ext) X(odb_write) X(odb_refresh) X(odb_add_disk_alternate) \
	X(odb_object_free) X(odb_object_data) X(odb_object_size) X(odb_object_type) \
	X(indexer_new) X(indexer_append) X(indexer_commit) X(indexer_free) \
	X(reference_name_to_id) X(reference_name_is_valid) \
	X(transaction_new) X(transaction_lock_ref) X(transaction_set_target) X(transaction_commit) X(transaction_free) \
	X(ignore_path_is_ignored)

static struct {
#define MEMBER(name) __typeof__(git_##name) *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
} lib;
static struct err load_error;

/* Debian's libgit2, when it starts, reads the certificates of all the web's authorities: half of what its start costs. We
 * never let it speak to anybody, so it finds none: the program's own symbol (exported by the Makefile) stands before
 * the library's. */
int mbedtls_x509_crt_parse_file(void *chain, const char *path);
int mbedtls_x509_crt_parse_file(void *chain, const char *path)
{
	(void)chain;
	(void)path;
	return 0;
}

static void load_once(void)
{
#define X(name) { "git_" #name, &lib.name },
	static const struct load_function functions[] = { FUNCTIONS(X) { NULL, NULL } };
#undef X
	int level;

	if (load_library(LIBRARY, "libgit2-" LIBGIT2_SOVERSION, functions, &load_error))
		return;
	if (lib.libgit2_init() < 0) {
		err_set(&load_error, RC_IO, LIBRARY ": does not start");
		return;
	}
	/* A node depends on its own .git/config alone, not on who runs the program. */
	for (level = GIT_CONFIG_LEVEL_PROGRAMDATA; level <= GIT_CONFIG_LEVEL_GLOBAL; level++)
		(void)lib.libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
	(void)lib.libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	(void)lib.libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 0);	/* a second hash of all that is read */
	/* A tree is read again when the next commit changes it, and inflating it is most of what a small change costs. */
	(void)lib.libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, (size_t)4 << 20);
	(void)lib.libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, (ssize_t)32 << 20);
	(void)lib.libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, PACK_WINDOW);
	(void)lib.libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, PACK_MAPPED);
	(void)lib.libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);	/* the caller looks: node.h */
}

static enum rc load(struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load_once);
	if (load_error.rc)
		return *e = load_error, e->rc;
	return RC_OK;
}

static enum rc fail(struct err *e, enum rc rc, const char *what)
{
	const git_error *last = lib.error_last();

	return err_set(e, rc, "%s: %s", what, last && last->message ? last->message : "libgit2 gives no reason");
}

/* Objects of a bulk: found by id through an open-addressed table of places in list, plus one. */
struct pending {
	struct oid id;
	enum object_type type;
	struct str bytes;		/* in the bulk's arena */
};
struct bulk {
	bool on;
	struct arena a;
	struct pending *list;
	size_t n, cap, bytes;
	uint32_t *slots;
	size_t nslots;			/* a power of two, at least twice n */
	struct buf pack;		/* entries, without the pack's header and trailer */
	struct packer *packer;
};

struct repo {
	git_repository *repo;
	git_odb *odb;
	char *dir;			/* of the work tree, no slash at the end; NULL: bare */
	char *git_dir;
	struct bulk bulk;
	struct last_tree last;
	struct disk disk;
};

static git_oid to_git(const struct oid *o)
{
	git_oid g;

	memcpy(g.id, o->b, sizeof g.id);
	return g;
}

static struct oid from_git(const git_oid *g)
{
	struct oid o;

	memcpy(o.b, g->id, sizeof o.b);
	return o;
}

static char *dir_copy(const char *p)
{
	size_t n = strlen(p);
	char *s;

	while (n > 1 && p[n - 1] == '/')
		n--;
	s = xmalloc(n + 1);
	memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

static enum rc repo_from(struct repo **out, git_repository *repo, struct err *e)
{
	struct repo *r;
	const char *work = lib.repository_workdir(repo);
	git_odb *odb;

	if (lib.repository_odb(&odb, repo) || lib.repository_set_ident(repo, "colep", "colep@colep.invalid")) {
		lib.repository_free(repo);
		return fail(e, RC_IO, "opening the repository");
	}
	r = xmalloc(sizeof *r);
	*r = (struct repo){ .repo = repo, .odb = odb, .dir = work ? dir_copy(work) : NULL,
		.git_dir = dir_copy(lib.repository_path(repo)), .bulk = { .a = ARENA_INIT, .pack = BUF_INIT } };
	*out = r;
	return RC_OK;
}

enum rc repo_open(struct repo **out, const char *dir, struct err *e)
{
	git_repository *repo;
	enum rc rc = load(e);
	int code;

	if (rc)
		return rc;
	if ((code = lib.repository_open_ext(&repo, dir, GIT_REPOSITORY_OPEN_NO_SEARCH, NULL)))
		return fail(e, code == GIT_ENOTFOUND ? RC_NOTFOUND : RC_IO, dir);
	return repo_from(out, repo, e);
}

enum rc repo_init(struct repo **out, const char *dir, struct err *e)
{
	git_repository_init_options o;
	struct arena a = ARENA_INIT;
	git_repository *repo;
	enum rc rc = load(e);
	int code;

	if (rc)
		return rc;
	(void)lib.repository_init_options_init(&o, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	o.flags = GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH;
	o.initial_head = "main";
	if ((code = lib.repository_init_ext(&repo, dir, &o)))
		return fail(e, code == GIT_EEXISTS ? RC_CONFLICT : RC_IO, dir);
	if (!(rc = repo_from(out, repo, e))) {
		/* libgit2's built-in template; gone if it can go */
		(void)unlink(path_join(&a, (*out)->git_dir, "hooks/README.sample"));
		(void)rmdir(path_join(&a, (*out)->git_dir, "hooks"));
		(void)unlink(path_join(&a, (*out)->git_dir, "description"));
	}
	arena_free(&a);
	return rc;
}

static void bulk_clear(struct bulk *b)
{
	arena_free(&b->a);
	buf_free(&b->pack);
	packer_free(b->packer);
	free(b->list);
	free(b->slots);
	*b = (struct bulk){ .a = ARENA_INIT, .pack = BUF_INIT };
}

void repo_close(struct repo *r)
{
	if (!r)
		return;
	bulk_clear(&r->bulk);
	disk_close(&r->disk);
	lib.odb_free(r->odb);
	lib.repository_free(r->repo);
	free(r->dir);
	free(r->git_dir);
	free(r);
}

struct last_tree *repo_last_tree(struct repo *r)
{
	return &r->last;
}

const char *repo_git_dir(const struct repo *r)
{
	return r->git_dir;
}

enum rc repo_work_dir(const char **dir, const struct repo *r, struct err *e)
{
	if (!r->dir)
		return err_set(e, RC_INVALID, "%s: a bare repository; it has no work tree", r->git_dir);
	*dir = r->dir;
	return RC_OK;
}

static struct oid hash_object(const char *type, struct str bytes)
{
	struct sha1 s;
	struct oid o;
	char head[40];
	int n = snprintf(head, sizeof head, "%s %zu", type, bytes.n);

	sha1_init(&s);
	sha1_add(&s, head, (size_t)n + 1);
	sha1_add(&s, bytes.p, bytes.n);
	sha1_done(o.b, &s);
	return o;
}

struct oid repo_hash_blob(struct str bytes)
{
	return hash_object("blob", bytes);
}

static const char *type_name(enum object_type t)
{
	static const char *const names[] = { "object", "commit", "tree", "blob", "tag" };

	return (unsigned)t <= OBJECT_TAG ? names[t] : names[0];
}

/* The slot where an id is, or where it would be put. */
static uint32_t *bulk_slot(const struct bulk *b, const struct oid *o)
{
	size_t i;

	memcpy(&i, o->b, sizeof i);
	for (i &= b->nslots - 1; b->slots[i]; i = (i + 1) & (b->nslots - 1))
		if (oid_eq(&b->list[b->slots[i] - 1].id, o))
			break;
	return &b->slots[i];
}

static const struct pending *bulk_find(const struct bulk *b, const struct oid *o)
{
	uint32_t at = b->n ? *bulk_slot(b, o) : 0;

	return at ? &b->list[at - 1] : NULL;
}

static void bulk_grow(struct bulk *b)
{
	size_t i;

	if (b->n == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 256;
		b->list = xrealloc(b->list, b->cap * sizeof *b->list);
	}
	if (2 * (b->n + 1) <= b->nslots)
		return;
	b->nslots = b->nslots ? 2 * b->nslots : 1024;
	free(b->slots);
	b->slots = xmalloc(b->nslots * sizeof *b->slots);
	memset(b->slots, 0, b->nslots * sizeof *b->slots);
	for (i = 0; i < b->n; i++)
		*bulk_slot(b, &b->list[i].id) = (uint32_t)(i + 1);
}

/* Type and size as packs write them (four bits, then seven each), and the deflated bytes. */
static enum rc pack_add(struct bulk *b, enum object_type t, struct str bytes, struct err *e)
{
	size_t left = bytes.n >> 4;
	unsigned c = (unsigned)t << 4 | (unsigned)(bytes.n & 15);

	for (; left; left >>= 7) {
		buf_putc(&b->pack, (char)(c | 0x80));
		c = (unsigned)(left & 0x7f);
	}
	buf_putc(&b->pack, (char)c);
	return zlib_pack(&b->pack, &b->packer, bytes, e);
}

static int pack_append(git_indexer *ix, struct sha1 *s, struct str bytes)
{
	git_indexer_progress progress = { 0 };
	struct str part;
	int code = 0;

	for (; bytes.n && !code; bytes = str_sub(bytes, part.n, bytes.n)) {
		part = str_sub(bytes, 0, PACK_CHUNK);
		if (s)
			sha1_add(s, part.p, part.n);
		code = lib.indexer_append(ix, part.p, part.n, &progress);
	}
	return code;
}

static void put32(unsigned char *p, size_t x)
{
	p[0] = (unsigned char)(x >> 24);
	p[1] = (unsigned char)(x >> 16);
	p[2] = (unsigned char)(x >> 8);
	p[3] = (unsigned char)x;
}

/* Write what the bulk holds as one pack; the bulk is empty afterwards, and still on. */
static enum rc bulk_flush(struct repo *r, struct err *e)
{
	git_indexer_progress progress = { 0 };
	unsigned char head[12] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 }, tail[20];
	struct arena a = ARENA_INIT;
	struct bulk *b = &r->bulk;
	git_indexer *ix = NULL;
	struct sha1 s;
	enum rc rc = RC_OK;

	if (b->n == 0)
		return RC_OK;
	put32(head + 8, b->n);
	sha1_init(&s);
	if (lib.indexer_new(&ix, path_join(&a, r->git_dir, "objects/pack"), 0444, r->odb, NULL) ||
	    pack_append(ix, &s, (struct str){ (char *)head, sizeof head }) || pack_append(ix, &s, buf_str(&b->pack))) {
		rc = fail(e, RC_IO, "writing a pack");
		goto out;
	}
	sha1_done(tail, &s);
	if (pack_append(ix, NULL, (struct str){ (char *)tail, sizeof tail }) || lib.indexer_commit(ix, &progress) ||
	    lib.odb_refresh(r->odb)) {
		rc = fail(e, RC_IO, "writing a pack");
		goto out;
	}
	bulk_clear(b);
	b->on = true;
out:
	if (ix)
		lib.indexer_free(ix);
	arena_free(&a);
	return rc;
}

static enum rc bulk_write(struct oid *o, struct repo *r, enum object_type t, struct str bytes, struct err *e)
{
	struct oid id = hash_object(type_name(t), bytes);
	git_oid g = to_git(&id);
	struct bulk *b = &r->bulk;
	enum rc rc;

	if (bulk_find(b, &id) || lib.odb_exists_ext(r->odb, &g, GIT_ODB_LOOKUP_NO_REFRESH)) {
		*o = id;
		return RC_OK;
	}
	if (b->bytes + bytes.n > BULK_BYTES && (rc = bulk_flush(r, e)))
		return rc;
	if ((rc = pack_add(b, t, bytes, e)))
		return rc;
	bulk_grow(b);
	b->list[b->n++] = (struct pending){ id, t, arena_str(&b->a, bytes) };
	*bulk_slot(b, &id) = (uint32_t)b->n;
	b->bytes += bytes.n;
	*o = id;
	return RC_OK;
}

enum rc repo_write(struct oid *o, struct repo *r, enum object_type t, struct str bytes, struct err *e)
{
	struct oid id;
	git_oid g;

	if (r->bulk.on)
		return bulk_write(o, r, t, bytes, e);
	id = hash_object(type_name(t), bytes);
	g = to_git(&id);
	if (lib.odb_exists_ext(r->odb, &g, GIT_ODB_LOOKUP_NO_REFRESH)) {	/* asked for again and again by who judges views */
		*o = id;
		return RC_OK;
	}
	if (lib.odb_write(&g, r->odb, bytes.n ? bytes.p : "", bytes.n, (git_object_t)t))
		return fail(e, RC_IO, "writing an object");
	*o = from_git(&g);
	return RC_OK;
}

enum rc repo_bulk_begin(struct repo *r, struct err *e)
{
	if (r->bulk.on)
		return err_set(e, RC_INVALID, "%s: a bulk is begun inside another", r->git_dir);
	r->bulk.on = true;
	return RC_OK;
}

enum rc repo_bulk_end(struct repo *r, struct err *e)
{
	enum rc rc = bulk_flush(r, e);

	bulk_clear(&r->bulk);
	return rc;
}

/* Not there, or there and broken? The message names the object either way. */
static enum rc object_fail(struct err *e, int code, const struct oid *o)
{
	char hex[OID_HEX + 1];

	oid_format(hex, o);
	if (code == GIT_ENOTFOUND)
		return err_set(e, RC_NOTFOUND, "object %s is not in the repository", hex);
	(void)fail(e, RC_CORRUPT, "it does not read");
	return err_prefix(e, "object %s", hex);
}

enum rc repo_info(enum object_type *t, size_t *size, struct repo *r, const struct oid *o, struct err *e)
{
	const struct pending *p = bulk_find(&r->bulk, o);
	git_oid g = to_git(o);
	git_object_t type;
	int code;

	if (p) {
		*t = p->type;
		*size = p->bytes.n;
		return RC_OK;
	}
	if ((code = lib.odb_read_header(size, &type, r->odb, &g)))
		return object_fail(e, code, o);
	*t = (enum object_type)type;
	return RC_OK;
}

enum rc object_open(struct object *out, struct repo *r, const struct oid *o, enum object_type t, size_t max, struct err *e)
{
	const struct pending *p = bulk_find(&r->bulk, o);
	git_oid g = to_git(o);
	char hex[OID_HEX + 1];
	enum object_type type;
	git_odb_object *obj;
	size_t size;
	enum rc rc;
	int code;

	*out = (struct object)OBJECT_INIT;
	if (!p && disk_read(out, &r->disk, r->git_dir, o, t, max))
		return RC_OK;
	if ((rc = repo_info(&type, &size, r, o, e)))
		return rc;
	oid_format(hex, o);
	if (type != t)
		return err_set(e, RC_INVALID, "object %s is a %s, not a %s", hex, type_name(type), type_name(t));
	if (size > max)
		return err_set(e, RC_INVALID, "%s %s has %zu bytes, more than the %zu allowed", type_name(t), hex, size, max);
	if (p) {			/* the bulk may be written, and emptied, meanwhile */
		out->copy = xmalloc(size + 1);
		out->bytes = (struct str){ memcpy(out->copy, p->bytes.n ? p->bytes.p : "", size), size };
		return RC_OK;
	}
	if ((code = lib.odb_read(&obj, r->odb, &g)))
		return object_fail(e, code, o);
	out->held = obj;
	out->bytes = (struct str){ lib.odb_object_data(obj), size };
	if ((size_t)lib.odb_object_size(obj) == size && lib.odb_object_type(obj) == (git_object_t)t)
		return RC_OK;
	object_close(out);
	return err_set(e, RC_CORRUPT, "object %s is not what its header says", hex);
}

void object_close(struct object *o)
{
	if (o->held)
		lib.odb_object_free(o->held);
	if (o->disk)
		disk_keep(o);
	else
		free(o->copy);
	*o = (struct object)OBJECT_INIT;
}

enum rc repo_read(struct buf *b, struct repo *r, const struct oid *o, enum object_type t, size_t max, struct err *e)
{
	struct object from;
	enum rc rc = object_open(&from, r, o, t, max, e);

	if (!rc)
		buf_str_add(b, from.bytes);
	object_close(&from);
	return rc;
}

enum rc repo_alternate(struct repo *r, const char *objects, struct err *e)
{
	return lib.odb_add_disk_alternate(r->odb, objects) ? fail(e, RC_IO, objects) : RC_OK;
}

enum rc repo_has(bool *has, struct repo *r, const struct oid *o, struct err *e)
{
	git_oid g = to_git(o);
	(void)e;

	*has = bulk_find(&r->bulk, o) || lib.odb_exists(r->odb, &g);
	return RC_OK;
}

static enum rc ref_valid(const char *name, struct err *e)
{
	int valid = 0;

	if (lib.reference_name_is_valid(&valid, name) || !valid)
		return err_set(e, RC_INVALID, "\"%s\" is no name of a ref", name);
	return RC_OK;
}

enum rc repo_ref(struct oid *o, struct repo *r, const char *name, struct err *e)
{
	enum rc rc = ref_valid(name, e);
	git_oid g;
	int code;

	if (rc)
		return rc;
	if ((code = lib.reference_name_to_id(&g, r->repo, name)))
		return fail(e, code == GIT_ENOTFOUND ? RC_NOTFOUND : RC_CORRUPT, name);
	*o = from_git(&g);
	return RC_OK;
}

/* The name's lock file is held from here to the end of the transaction; other holders are waited for. */
static enum rc ref_lock(git_transaction *tx, const char *name, struct err *e)
{
	const struct timespec pause = { 0, 20000000 };	/* 20 ms */
	int code, tries;

	for (tries = 0; (code = lib.transaction_lock_ref(tx, name)) == GIT_ELOCKED && tries < LOCK_TRIES; tries++)
		nanosleep(&pause, NULL);
	if (code == GIT_ELOCKED)
		return err_set(e, RC_CONFLICT, "%s: its lock is held; if no git is running, remove .git/%s.lock", name, name);
	return code ? fail(e, RC_IO, name) : RC_OK;
}

enum rc repo_ref_set(struct repo *r, const char *name, const struct oid *new, const struct oid *old, struct err *e)
{
	git_transaction *tx = NULL;
	git_oid now, want = to_git(new);
	struct oid is = OID_NONE;
	char hex[OID_HEX + 1];
	enum rc rc = ref_valid(name, e);
	int code;

	if (rc)
		return rc;
	oid_format(hex, new);
	if (!lib.odb_exists(r->odb, &want))
		return err_set(e, RC_NOTFOUND, "%s: object %s is not in the repository", name, hex);
	if (lib.transaction_new(&tx, r->repo))
		return fail(e, RC_IO, name);
	if ((rc = ref_lock(tx, name, e)))
		goto out;
	/* What it is, asked under the lock. */
	code = lib.reference_name_to_id(&now, r->repo, name);
	if (code && code != GIT_ENOTFOUND) {
		rc = fail(e, RC_CORRUPT, name);
		goto out;
	}
	if (!code)
		is = from_git(&now);
	if (old ? !oid_eq(&is, old) : !oid_is_none(&is)) {
		rc = err_set(e, RC_CONFLICT, "%s was moved meanwhile; try again", name);
		goto out;
	}
	if (lib.transaction_set_target(tx, name, &want, NULL, "colep") || lib.transaction_commit(tx))
		rc = fail(e, RC_IO, name);
out:
	lib.transaction_free(tx);
	return rc;
}

static enum rc config_write(struct repo *r, const char *key, const char *value, const char *instead_of, struct err *e)
{
	git_config *c;
	enum rc rc = RC_OK;
	int code;

	if (lib.repository_config(&c, r->repo))
		return fail(e, RC_IO, key);
	if ((code = instead_of ? lib.config_set_multivar(c, key, instead_of, value) : lib.config_set_string(c, key, value)))
		rc = fail(e, code == GIT_EINVALIDSPEC ? RC_INVALID : RC_IO, key);
	lib.config_free(c);
	return rc;
}

enum rc repo_config_set(struct repo *r, const char *key, const char *value, struct err *e)
{
	return config_write(r, key, value, NULL, e);
}

enum rc repo_config_add(struct repo *r, const char *key, const char *value, struct err *e)
{
	struct arena a = ARENA_INIT;
	enum rc rc = config_write(r, key, value, arena_printf(&a, "^%s$", value), e);

	arena_free(&a);
	return rc;
}

bool repo_filemode(struct repo *r)
{
	git_config *c;
	int yes = 1;

	if (lib.repository_config_snapshot(&c, r->repo))
		return true;		/* as git: without a setting the x bit counts */
	if (lib.config_get_bool(&yes, c, "core.filemode"))
		yes = 1;
	lib.config_free(c);
	return yes != 0;
}

enum rc repo_ignored(bool *yes, struct repo *r, const char *path, struct err *e)
{
	int ignored = 0;

	if (lib.ignore_path_is_ignored(&ignored, r->repo, path))
		return fail(e, RC_IO, path);
	*yes = ignored != 0;
	return RC_OK;
}
