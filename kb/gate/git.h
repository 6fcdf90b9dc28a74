/* kb/gate/git.h: the gate to libgit2, the only file that includes its header. Loaded by dlopen at the
 * first repo_open or repo_init, because loading and initialising it costs a reading command more than
 * its whole answer. One repo at a time per thread. Objects read are bounded before they are inflated. Whose
 * folder it is, the caller looks; no configuration but the repository's own is read. */
#ifndef KB_GATE_GIT_H
#define KB_GATE_GIT_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/oid.h"
#include "kb/base/str.h"

struct repo;				/* opaque: git.c */

enum rc repo_open(struct repo **r, const char *dir, struct err *e) NODISCARD;	/* work tree or bare; RC_NOTFOUND */
/* Branch main, nothing in it; makes the folder. RC_CONFLICT: a repository is there. */
enum rc repo_init(struct repo **r, const char *dir, struct err *e) NODISCARD;
void repo_close(struct repo *r);	/* no-op on NULL */

enum object_type { OBJECT_COMMIT = 1, OBJECT_TREE = 2, OBJECT_BLOB = 3, OBJECT_TAG = 4 };

/* Append an object's bytes. RC_NOTFOUND; RC_INVALID: another type or more than max bytes; RC_CORRUPT. */
enum rc repo_read(struct buf *b, struct repo *r, const struct oid *o, enum object_type t, size_t max, struct err *e) NODISCARD;
enum rc repo_has(bool *has, struct repo *r, const struct oid *o, struct err *e) NODISCARD;
/* Read objects of another folder (…/objects) too, until the repo is closed. */
enum rc repo_alternate(struct repo *r, const char *objects, struct err *e) NODISCARD;
/* Store bytes as an object; *o is its id. Loose and fsynced, or kept for one pack between bulk_begin and
 * bulk_end: readable at once, in the repository only after bulk_end, so set refs then. */
enum rc repo_write(struct oid *o, struct repo *r, enum object_type t, struct str bytes, struct err *e) NODISCARD;
enum rc repo_bulk_begin(struct repo *r, struct err *e) NODISCARD;
/* Writes one pack (one for each 256 MiB), fsynced; RC_IO: what was kept is gone. */
enum rc repo_bulk_end(struct repo *r, struct err *e) NODISCARD;
/* Id that a blob of these bytes would have; stores nothing. */
struct oid repo_hash_blob(struct str bytes);	/* needs no repo and no libgit2 */

struct commit {
	struct oid id, tree, *parents;
	size_t nparents;
	struct str author, committer;	/* "BG node <node@bg.invalid>" */
	int64_t time;			/* committer's, seconds since 1970 */
	struct str message;
	struct str signature;		/* gpgsig unfolded, or STR_NONE */
	struct str signed_bytes;	/* the raw object without gpgsig, as git makes it */
};
/* All of c lives in the arena. RC_NOTFOUND; RC_INVALID: more than 64 KiB, or bytes that do not parse (a NUL,
 * two signatures, a header missing or out of order). */
enum rc repo_commit(struct commit *c, struct arena *a, struct repo *r, const struct oid *o, struct err *e) NODISCARD;
/* First value of a trailer ("Colep-Node") in the message's last paragraph, or STR_NONE. */
struct str commit_trailer(const struct commit *c, const char *name);

/* Blobs that differ between two trees (or commits; NULL = empty), by path. Whole subtrees that are equal
 * cost nothing. old or new is none for added and deleted. fn returns RC_OK to go on; the path is its until
 * it returns. RC_INVALID: a tree that does not parse, is out of order, or is more than 16 folders deep; names
 * are not looked at besides: one may be "..". RC_NOTFOUND: from or to; RC_CORRUPT: a folder is missing. */
struct change {
	struct str path;
	struct oid old, new;
	unsigned mode;			/* of new: 0100644, other kinds as they stand; 0 when deleted */
};
typedef enum rc change_fn(void *ctx, const struct change *c, struct err *e);
enum rc repo_diff(struct repo *r, const struct oid *from, const struct oid *to, change_fn *fn, void *ctx, struct err *e) NODISCARD;

/* Blob at a path of a commit or tree. RC_NOTFOUND, also for a folder, a symlink, a nested repository. */
enum rc repo_lookup(struct oid *o, struct repo *r, const struct oid *treeish, struct str path, struct err *e) NODISCARD;

/* A tree like base (commit or tree; NULL: empty) with these paths set (new = none: removed; mode 0 =
 * 0100644). Paths sorted and unique. What is set takes the place of a folder or file of that name in base;
 * folders without a file vanish. RC_INVALID: a path set that must not be ("..", ".git", a control byte), or
 * that is file and folder at once. */
enum rc repo_tree(struct oid *o, struct repo *r, const struct oid *base, const struct change *c, size_t n, struct err *e) NODISCARD;

enum rc repo_ref(struct oid *o, struct repo *r, const char *name, struct err *e) NODISCARD;	/* RC_NOTFOUND */
/* Compare and swap under git's own lock: old none or NULL = must not exist. RC_CONFLICT: it moved, or the lock
 * is held for a second; RC_NOTFOUND: new is not in the repository. */
enum rc repo_ref_set(struct repo *r, const char *name, const struct oid *new, const struct oid *old, struct err *e) NODISCARD;

enum rc repo_config_set(struct repo *r, const char *key, const char *value, struct err *e) NODISCARD;
/* One more value of a key, unless it has it. value: letters, digits, '/' and '-' alone. */
enum rc repo_config_add(struct repo *r, const char *key, const char *value, struct err *e) NODISCARD;

/* Paths of the work tree that differ from a commit's tree (NULL: empty; untracked ones that are not ignored
 * included), by path; uses and refreshes git's own stat cache. Deleted: new none, mode 0. The blob is hashed,
 * not stored; mode as on disk. Fifos, sockets, devices (S_IFMT bits) and nested repositories (0160000) have
 * no blob: new none, mode tells; what such a repository holds is not looked at, nor called deleted.
 * RC_CONFLICT: a file changed while it was read. */
enum rc repo_worktree_diff(struct repo *r, const struct oid *commit, change_fn *fn, void *ctx, struct err *e) NODISCARD;

/* Make the work tree and .git/index agree with a move of main from one commit (NULL: nothing) to another:
 * paths that still were as in from are written, others (unsaved work) are left alone and given to kept when
 * not NULL, as repo_diff gives them; symlinks and nested repositories of the commit are never made and given
 * too. Nothing is written through a symlink. Doing it again after a failure goes on where it stopped.
 * RC_INVALID, before anything is written: a path that must not be on a disk. RC_CONFLICT: index.lock. */
enum rc repo_checkout(struct repo *r, const struct oid *from, const struct oid *to, change_fn *kept, void *ctx, struct err *e) NODISCARD;
/* Only .git/index: it becomes the commit's tree, with the stat of the files that have that content. */
enum rc repo_index_set(struct repo *r, const struct oid *commit, struct err *e) NODISCARD;

#endif
