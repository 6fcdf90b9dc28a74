/* sync/setup.h: an empty node: repository, settings, folders (DESIGN 3, 7). */
#ifndef SYNC_SETUP_H
#define SYNC_SETUP_H

#include "kb/gate/git.h"
#include "kb/node.h"

/* Did an init or join stop here? It has its mark, or only the folder that was to hold it. */
bool setup_unfinished(struct arena *a, const char *dir);
/* Remove what such a one has left; made: dir itself too. */
enum rc setup_undo(struct arena *a, const char *dir, bool made, struct err *e) NODISCARD;

/* Stands in dir from the first moment of setup_node until the caller has made a node of it and removes it: what it
 * lies in may be thrown away. */
#define SETUP_UNFINISHED ".git/colep/unfinished"

/* Make it in dir, which is empty or not there. *n's strings live in the arena. */
enum rc setup_node(struct node *n, struct repo **repo, struct arena *a, const char *dir, bool practice, struct err *e) NODISCARD;

/* A node that an older program made: its settings as they are today. */
enum rc setup_mend(const struct node *n, struct repo *repo, struct err *e) NODISCARD;

#endif
