/* sync/exchange.h: getting commits from a peer and giving it ours (DESIGN 7). */
#ifndef SYNC_EXCHANGE_H
#define SYNC_EXCHANGE_H

#include "sync/fold.h"

struct peer { const char *name, *url; bool relay; };	/* strings in the arena */

/* The peers of a node, by name: its git remotes. */
enum rc peers_read(struct peer **list, size_t *n, struct arena *a, const struct node *node, struct err *e) NODISCARD;
/* May this be asked? A path, a file://, http(s):// or ssh:// URL, or host:path. RC_INVALID says why not. */
enum rc peer_url_check(const char *url, struct err *e) NODISCARD;

/* What a peer has, fetched into a quarantine, judged, and what was accepted put into the repository. Nothing
 * refers to it until fold_finish. *got: new commits; *tip: the peer's main, or none. RC_IO: it cannot be reached. */
enum rc exchange_fetch(size_t *got, struct oid *tip, struct fold *f, const char *url, const char *peer, struct err *e) NODISCARD;

/* Our main to the peer's refs/colep/from/ID. *sent: commits it did not have by its answer. tip: its main as fetched. */
enum rc exchange_push(size_t *sent, struct fold *f, const char *url, struct str id, const struct oid *main, const struct oid *tip,
    struct err *e) NODISCARD;

/* First contact: what a source has as main, and its objects, into an empty repository. */
enum rc exchange_clone(struct oid *tip, struct arena *a, const struct node *n, const char *url, struct err *e) NODISCARD;

#endif
