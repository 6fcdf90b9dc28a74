/* sync/bundle.h: bundle files (DESIGN 7): a git bundle, as it is or compressed by zstd, as it is or encrypted in the age
 * format, in this order; what one is, its first bytes tell, not its name. */
#ifndef SYNC_BUNDLE_H
#define SYNC_BUNDLE_H

#include "kb/base/arena.h"
#include "kb/base/oid.h"
#include "kb/gate/sodium.h"
#include "sync/git.h"

struct bundle_ref { struct oid id; const char *name; };
struct bundle {				/* strings in the arena */
	struct bundle_ref *refs;
	size_t nrefs;
	struct oid *needs;		/* commits that a reader must have */
	size_t nneeds;
	size_t pack;			/* where the pack begins */
	uint64_t objects;		/* in it, as it says */
};
#define BUNDLE_HEAD_MAX ((size_t)1 << 20)

/* The head of a git bundle: pure. RC_INVALID: it is none, of a kind we do not know, cut off, or too long. */
enum rc bundle_parse(struct bundle *b, struct arena *a, struct str text, struct err *e) NODISCARD;

/* Read a file through its layers, into dir (which is thrown away by the caller) where it has any. *plain: the git bundle.
 * keys: this node's, for encrypted ones. RC_IO, RC_NOTFOUND: it cannot be read; else the message says what is wrong. */
enum rc bundle_open(struct bundle *b, const char **plain, struct arena *a, const char *path, const char *dir,
    const struct ed25519 *keys, size_t nkeys, const struct git_limits *l, struct err *e) NODISCARD;

/* What a bundle is to hold. */
struct bundle_plan {
	const struct bundle_ref *refs;	/* refs[0] is also its HEAD */
	size_t nrefs;
	const struct oid *had;		/* commits whose past the reader has */
	size_t nhad;
	bool small;			/* compress */
	const unsigned char (*to)[32];	/* encrypt for these keys; nto 0: not */
	size_t nto;
	void (*tick)(void *ctx, const char *said);	/* for progress; may be NULL */
	void *ctx;
};
/* Write it in place of path, by a temporary file beside it; what it is made of goes to dir before. *commits: how many are
 * in it; none: nothing is written. */
enum rc bundle_write(size_t *commits, struct arena *a, const char *path, const char *repo, const char *dir,
    const struct bundle_plan *p, struct err *e) NODISCARD;

#endif
