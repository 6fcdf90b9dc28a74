/* sync/author.h: making authored commits (DESIGN 5): opened once by a command that writes, it holds the node's
 * lock, repository, roster and key; every change of a node's content goes through author_commit. */
#ifndef SYNC_AUTHOR_H
#define SYNC_AUTHOR_H

#include "kb/base/file.h"
#include "kb/gate/git.h"
#include "kb/node.h"
#include "sync/key.h"
#include "sync/roster.h"

struct author {
	struct arena *a;		/* the caller's; strings below live in it */
	const struct node *node;
	struct lock lock;
	bool moving, later;		/* a note of mend.h stands; and is to stand when we end */
	bool mended;			/* mend_close is due */
	struct repo *repo;
	struct str id, owner;		/* "bg-desk2", "bg" */
	struct oid space;		/* genesis; none before there is one */
	char incarnation[INCARNATION_HEX + 1];
	bool renewed;			/* the incarnation is new: another machine or folder */
	bool adopt;			/* the side file is to be written before the first commit */
	const char *keys;
	struct signer signer;
	bool have_key;
	struct oid from;		/* of that note */
	struct oid base;		/* what a new commit stands on: author_base */
	struct oid main;		/* refs/heads/main; differs from base while plain git moved it */
	struct oid prev;		/* own last commit of this incarnation, or none */
	uint64_t seq;			/* its number; 0: none */
	struct roster roster;		/* of base's view */
	const struct member *member;	/* who we are in it; NULL: nobody */
	struct load *load;		/* vocabularies of the work tree; NULL: not asked for yet */
	int64_t now;
};

/* Lock (10 s), open, finish what a killed command began, fold in what peers pushed, find out who and where we are.
 * RC_NOTFOUND of the key is RC_UNTRUSTED here: this node can be read, not written. */
enum rc author_open(struct author *au, struct arena *a, const struct node *n, const char *keys, const char *agent,
    int64_t now, struct err *e) NODISCARD;
void author_close(struct author *au);	/* safe on a zeroed one */

/* Sign and store a commit of this tree on au->base, then move main to it by compare-and-swap; *out is its id,
 * and base, main, prev, seq are as it left them. The work tree is not touched; when it is as it
 * shall be, author_base_set. subject: first line; body: more
 * lines or empty; trailers: "Key: value\n" lines or empty, put before ours. RC_INVALID: the message is over 4 KiB. */
enum rc author_commit(struct oid *out, struct author *au, const struct oid *tree, struct str subject, struct str body,
    struct str trailers, struct err *e) NODISCARD;

/* Change these paths (new: blobs already stored; none: removed) on top of base and bring work tree and
 * .git/index after. Paths sorted and unique. */
enum rc author_change(struct oid *out, struct author *au, const struct change *c, size_t n, struct str subject,
    struct str body, struct err *e) NODISCARD;
/* The same with trailers, as author_commit takes them. */
enum rc author_change_for(struct oid *out, struct author *au, const struct change *c, size_t n, struct str subject,
    struct str trailers, struct err *e) NODISCARD;

/* A community's first commit: roster files, no parent. au: id, signer and now set, repo open. Stores the key. */
enum rc author_genesis(struct author *au, const char *keys, struct str name, struct str ceiling, struct err *e) NODISCARD;

/* What the roster of a commit's view says. */
enum rc author_roster(struct roster *r, struct arena *a, struct repo *repo, const struct oid *commit, struct err *e) NODISCARD;

/* What of main is the community's: refs/colep/main, where we note what we made main, so that plain git may move
 * main as it likes (commit, merge, pull, rebase, reset): all that is between is unsaved work, none of it trusted.
 * Without the note (an older node, a plain clone): the nearest authored or merged commit along first parents. */
enum rc author_base(struct oid *base, struct repo *repo, const struct oid *main, struct err *e) NODISCARD;
/* That commit: main without the plain commits on it. */
enum rc author_last(struct oid *last, struct repo *repo, const struct oid *main, struct err *e) NODISCARD;
/* Note it, once main and folder are there. */
enum rc author_base_set(struct repo *repo, const struct oid *main, struct err *e) NODISCARD;
/* Has it the form of an authored commit or a merged view? Nothing is verified. */
bool author_made(const struct commit *c);

/* A commit made by a node: Colep-Node "<id>/<incarnation>", Colep-Seq. false: not of that form. */
bool author_of(const struct commit *c, struct str *id, struct str *incarnation, uint64_t *seq);

#endif
