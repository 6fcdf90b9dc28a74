/* kb/gate/git_parts.h: what the files behind kb/gate/git.h share; nobody else includes it.
 *
 *	git.c		libgit2: objects, bulk packs, refs, config, ignore rules
 *	git_disk.c	trees and blobs, read without libgit2 where that is quicker
 *	git_commit.c	commit objects, parsed from their bytes
 *	git_tree.c	tree objects: diff, lookup, building
 *	git_noted.c	what makes one tree another, noted by who made it
 *	git_index.c	the file .git/index, read and written whole
 *	git_work.c	the work tree against a commit: diff, checkout  */
#ifndef KB_GATE_GIT_PARTS_H
#define KB_GATE_GIT_PARTS_H

#include <sys/stat.h>

#include "kb/gate/git.h"

#define TREE_DEPTH 16			/* folders in a path; documents have 4 */
#define TREE_BYTES ((size_t)16 << 20)	/* of one tree object: about 400,000 entries */
#define COMMIT_BYTES ((size_t)64 << 10)
#define PATH_BYTES 4096

#define MODE_FILE 0100644u
#define MODE_EXEC 0100755u
#define MODE_LINK 0120000u
#define MODE_GIT 0160000u		/* another repository */
#define MODE_DIR 0040000u
#define MODE_KIND 0170000u

/* git.c */
const char *repo_git_dir(const struct repo *r);	/* without a slash at the end */
enum rc repo_work_dir(const char **dir, const struct repo *r, struct err *e) NODISCARD;	/* RC_INVALID: bare */
enum rc repo_info(enum object_type *t, size_t *size, struct repo *r, const struct oid *o, struct err *e) NODISCARD;
enum rc repo_ignored(bool *yes, struct repo *r, const char *path, struct err *e) NODISCARD;	/* "a/" is a folder */
struct object {				/* one that is looked at, without a copy of it */
	struct str bytes;
	void *held, *copy;		/* libgit2's, or our own */
	struct disk *disk;		/* who keeps the copy when it is closed; NULL: nobody */
	struct oid id;			/* with disk */
};
#define OBJECT_INIT { .bytes = STR_NONE }
enum rc object_open(struct object *o, struct repo *r, const struct oid *id, enum object_type t, size_t max, struct err *e) NODISCARD;
void object_close(struct object *o);		/* no-op on one that is not open */
bool repo_filemode(struct repo *r);		/* does the file system keep the x bit? */

/* git_disk.c */
enum { KEPT_TREES = 1024 };
struct kept {				/* a tree, at the place its id gives it */
	struct oid id;
	char *copy;			/* NULL: none */
	struct str bytes;		/* in copy */
};
struct disk {				/* of one repository; all zero at first */
	struct pack *packs;
	size_t npacks;
	struct timespec looked;		/* when the folder of packs, as we know it, was changed */
	struct buf packed, alone;	/* what is being unpacked; with its head in front, what stands alone */
	struct kept kept[KEPT_TREES];
	size_t kept_bytes;
};
/* Into *o, which is empty. False: libgit2 must look, and tells what is wrong if something is; *o is empty. */
bool disk_read(struct object *o, struct disk *d, const char *git_dir, const struct oid *id, enum object_type t, size_t max);
void disk_keep(struct object *o);		/* takes the copy of one that has a disk */
void disk_close(struct disk *d);

/* git_commit.c: the tree a commit's bytes name. */
bool commit_tree(struct oid *tree, struct str raw);

/* The tree of the last commit that was asked for: of the moves of a branch each begins where the one before ended. */
struct last_tree {
	struct oid commit, tree;
	size_t noted;			/* where, in the file of git_noted.c, the note behind the last one used begins */
};
struct last_tree *repo_last_tree(struct repo *r);

/* git_tree.c */
/* May this path of a tree be made on a disk? No empty part, "." or "..", ".git", backslash, control byte. */
bool path_safe(struct str path);
/* repo_diff into an array, by path. */
enum rc repo_changes(struct change **list, size_t *n, struct arena *a, struct repo *r, const struct oid *from,
    const struct oid *to, struct err *e) NODISCARD;

/* git_noted.c: between two trees, as repo_diff gives them, all of them. What is got lives in the arena; false: nothing is noted. */
void noted_put(const struct repo *r, const struct oid *from, const struct oid *to, const struct change *c, size_t n);
bool noted_get(struct change **list, size_t *n, struct arena *a, struct repo *r, const struct oid *from, const struct oid *to);

/* git_index.c */
struct index_entry {
	struct str path;
	struct oid id;
	uint32_t ctime, ctime_ns, mtime, mtime_ns, dev, ino, mode, uid, gid, size;
	uint16_t flags, more;		/* flags without the path's length; more: the extended ones */
	bool fresh;			/* the stat data were compared with the content just now */
};
struct index_file {
	struct index_entry *v;		/* by path and stage */
	size_t n;
	bool there;			/* false: no such file, or one that we cannot use */
	struct stat st;			/* of the file, when there */
};
unsigned index_stage(const struct index_entry *en);
enum rc index_read(struct index_file *ix, struct arena *a, const char *path, struct err *e) NODISCARD;
bool index_stands(const struct index_file *ix, const char *path);	/* is the file still the one that was read? */
struct index_entry *index_find(const struct index_file *ix, struct str path);	/* stage 0, or NULL */
/* Is the entry's id the content of the file with this stat, without looking at it? */
bool index_trust(const struct index_file *ix, const struct index_entry *en, const struct stat *st);
void index_stat(struct index_entry *en, const struct stat *st);
/* The lock git takes too; RC_CONFLICT when it is held, with wait for two seconds. *fd for index_write, which ends it in any case. */
enum rc index_lock(int *fd, const char *path, bool wait, struct err *e) NODISCARD;
void index_unlock(int fd, const char *path);
/* Sorts v. racy: the modification time of the file the entries were read from, 0 for none. */
enum rc index_write(int fd, const char *path, struct index_entry *v, size_t n, int64_t racy, struct err *e) NODISCARD;

#endif
