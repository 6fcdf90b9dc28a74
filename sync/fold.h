/* sync/fold.h: taking commits that others made into this node: judged, merged, and the folder brought after. */
#ifndef SYNC_FOLD_H
#define SYNC_FOLD_H

#include "kb/base/file.h"
#include "kb/node.h"
#include "sync/accept.h"
#include "sync/author.h"

struct fold {
	struct arena *a;
	const struct node *node;
	struct repo *repo;
	struct graph graph;
	struct acceptor acceptor;
	struct oid main;		/* refs/heads/main as it was */
	struct oid base;		/* main as we left it last: author_base; after fold_finish the new one */
	size_t known;			/* commits the graph had before */
	size_t *heads, nheads;		/* H, after fold_finish */
	const char *peer;		/* whom the next ones come from, for the record */
	const char *why;		/* of the last refusal, or NULL */
	void (*told)(void *ctx, const char *what);	/* unsaved work that could not simply be kept; may be NULL */
	void *ctx;
};

/* The caller holds the node's lock and its repo. main none: a node that is being joined. Reads the history below main, as it was accepted before. */
enum rc fold_open(struct fold *f, struct arena *a, const struct node *n, struct repo *repo, const struct oid *space,
    const struct oid *main, struct err *e) NODISCARD;

/* Judge what is below a commit and not known. Refusals are recorded (.git/colep/refused) and counted, and are no
 * failure. RC_NOTFOUND: something below it is missing. */
enum rc fold_add(struct fold *f, const struct oid *tip, const char *peer, struct err *e) NODISCARD;

/* The same of authored commits that plain git brought below main (somebody pulled or merged by hand). */
enum rc fold_plain(struct fold *f, struct err *e) NODISCARD;
/* A refusal that nobody needs to be told of. */
void fold_ignore(void *ctx, const struct gcommit *c, const char *why);

/* M of all that is accepted now: writes it, moves main, brings the folder and unsaved work after. *main: the new
 * main, which may be the old one. */
enum rc fold_finish(struct oid *main, struct fold *f, struct err *e) NODISCARD;

/* Is a commit (index) below H: after fold_finish. What is masked and under nobody's work is not offered. */
bool fold_shows(const struct fold *f, size_t i);

/* Merge rules that this community uses and this code does not know, or 0: such a node reads, and carries what it does not
 * understand (refs/colep/carry/PEER) to others. Written down in .git/colep/update-needed. */
unsigned fold_newer(const struct node *n);
enum rc fold_carry(struct fold *f, const struct oid *tip, const char *peer, struct err *e) NODISCARD;

/* Refs that peers pushed: refs/colep/from/NODE, and what is carried. *tips in the arena. */
struct pushed { const char *ref, *node; struct oid tip; };
enum rc fold_pushed(struct pushed **list, size_t *n, struct arena *a, const struct node *node, struct err *e) NODISCARD;

/* Is something there that was pushed, or pulled by plain git, and not looked at yet? fold_seen: it was, all of it. */
enum rc fold_news(bool *news, struct arena *a, const struct node *n, struct repo *repo, struct err *e) NODISCARD;
enum rc fold_seen(const struct node *n, const struct pushed *list, size_t count, struct err *e) NODISCARD;

/* All that was pushed, or pulled by plain git, judged and folded in: what every command that writes does first. *got: new commits. */
enum rc fold_in(size_t *got, struct oid *main, struct arena *a, const struct node *n, struct repo *repo,
    const struct oid *space, struct err *e) NODISCARD;

#endif
