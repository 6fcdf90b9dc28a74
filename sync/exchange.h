/* sync/exchange.h: getting commits from a peer, a relay or a bundle, and giving a peer ours (DESIGN 7). */
#ifndef SYNC_EXCHANGE_H
#define SYNC_EXCHANGE_H

#include "kb/gate/sodium.h"
#include "sync/fold.h"
#include "sync/git.h"

struct peer { const char *name, *url; bool relay; };	/* strings in the arena */

/* The peers of a node, by name: its git remotes. */
enum rc peers_read(struct peer **list, size_t *n, struct arena *a, const struct node *node, struct err *e) NODISCARD;
/* May this be asked? A path, a file://, http(s):// or ssh:// URL, or host:path. RC_INVALID says why not. */
enum rc peer_url_check(const char *url, struct err *e) NODISCARD;

/* One exchange, from asking to closing. The caller sets what stands first. */
struct exchange {
	struct arena *a;
	const struct node *node;
	const char *name, *url;		/* of a peer, or twice the place; a file is a bundle */
	bool relay;
	struct str id;			/* who we are; empty: a reader, who gives nothing */
	const struct ed25519 *keys;	/* that open an encrypted bundle */
	size_t nkeys;
	void (*tick)(void *ctx, const char *said);	/* progress; may be NULL */
	void *ctx;

	struct offer {			/* main, and what is carried; of a relay each node's */
		struct oid tip;
		const char *ref, *from;	/* from: the node whose it is, or NULL */
		bool bad;		/* it cannot be accepted */
		bool fresh, wanted, newer;	/* inside: new to the graph; to be fetched; of merge rules that are not known */
	} *offers;
	size_t noffers;
	size_t got, sent, refused;	/* commits */
	bool lacks;			/* a bundle that needs what we do not have */
	const char *why;		/* something of it was refused, now or before: the reason */
	/* inside: */
	struct git_limits limits;
	struct str notes;		/* what is remembered of it */
	const char *dir;		/* quarantine, made when needed */
	const char *plain;		/* bundle: its file, without layers */
	struct oid *needs;
	size_t nneeds, pack;
	bool given;			/* it has our main */
	bool here, odd;			/* what is wanted is there; with trees that are not as git wants them */
	size_t brought;			/* offers whose objects are in the quarantine */
};

/* Ask what is there: one round trip. A bundle is unpacked and its head read. RC_IO: it cannot be reached; others: why it is
 * refused. Close it in any case. */
enum rc exchange_ask(struct exchange *x, struct err *e) NODISCARD;
/* Is there nothing to get and nothing to give, as far as can be told without reading history? main: ours. */
bool exchange_idle(const struct exchange *x, const struct oid *main);
/* What is new, fetched from a peer into a quarantine that repo reads besides: the part that waits for the line, and needs
 * no lock. A bundle waits for exchange_fetch, for it may stand on another one. */
enum rc exchange_bring(struct exchange *x, struct repo *repo, struct err *e) NODISCARD;
/* The same, unless it was done; then it is judged, and what was accepted is put into the repository. Nothing refers to it
 * until fold_finish. The caller holds the node's lock. RC_NOTFOUND: a bundle that lacks (x->lacks) what it stands on; it may be tried again. */
enum rc exchange_fetch(struct exchange *x, struct fold *f, struct err *e) NODISCARD;
/* After fold_finish: our main to the peer's refs/colep/from/ID, or to the relay's refs/heads/colep/ID, if it has not all. */
enum rc exchange_push(struct exchange *x, struct fold *f, const struct oid *main, struct err *e) NODISCARD;
/* Remember what it has (f and main NULL: nothing new); remove what was put aside. */
void exchange_close(struct exchange *x, struct fold *f, const struct oid *main);

/* First contact: what a source offers, and its objects, into an empty repository: unjudged. */
enum rc exchange_clone(struct exchange *x, struct err *e) NODISCARD;

/* A folder for what is not yet ours, removed by the next run if we are killed. */
enum rc exchange_aside(const char **dir, struct arena *a, const struct node *n, struct err *e) NODISCARD;
/* What a peer (by name) or a node (by id; from bundles) was last seen to have; none when that is not known. */
enum rc exchange_had(struct oid *tip, struct arena *a, const struct node *n, const char *who, bool peer, struct err *e) NODISCARD;

#endif
