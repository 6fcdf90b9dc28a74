/* kb/node.h: a node's folder (DESIGN 3), looked at without libgit2. */
#ifndef KB_NODE_H
#define KB_NODE_H

#include "kb/base/arena.h"
#include "kb/base/err.h"
#include "kb/base/oid.h"
#include "kb/base/str.h"

struct node {
	const char *dir;		/* root of the work tree, in the arena */
	const char *git;		/* "<dir>/.git" */
	const char *cache;		/* "<dir>/.git/colep": index and caches, never shared */
	bool foreign;			/* the folder is another user's: read only, its config is not looked at */
	bool practice;			/* a practice node (colep.practice=true): every page says so */
};

/* The node that dir lies in (dir or a folder above it). RC_INVALID: there is none; the message says how
 * to make or join one. Also for a plain git clone without .git/colep. */
enum rc node_open(struct node *n, struct arena *a, const char *dir, struct err *e) NODISCARD;

/* What refs/heads/main names: loose file, else packed-refs. RC_NOTFOUND: no commit yet. */
enum rc node_main(struct oid *o, const struct node *n, struct err *e) NODISCARD;

/* One value of .git/config ("colep.id"), the last one set; STR_NONE in *v when absent or the node is
 * foreign. A small reader of git's own format: sections, subsections, quotes, comments. */
enum rc node_config(struct str *v, struct arena *a, const struct node *n, const char *key, struct err *e) NODISCARD;

/* What a command of ours wrote into the work tree (a site, a .zip, a bundle) is no document: a line of
 * .git/info/exclude names it, so that save, status and check leave it alone, and git too. *added: it lies in the
 * work tree and was not named before. */
enum rc node_leave_out(bool *added, struct arena *a, const struct node *n, const char *path, struct err *e) NODISCARD;

/* The text of .git/info/exclude, in the arena, empty when it cannot be read; and whether node_leave_out named a path
 * (from the root of the work tree) in it. What else stands there is git's to understand. */
struct str node_exclude(struct arena *a, const struct node *n);
bool node_left_out(struct str exclude, const char *rel);

#endif
