/* sync/setup.h: an empty node: repository, settings, folders (DESIGN 3, 7). */
#ifndef SYNC_SETUP_H
#define SYNC_SETUP_H

#include "kb/gate/git.h"
#include "kb/node.h"

/* Make it in dir, which is empty or not there. *n's strings live in the arena. */
enum rc setup_node(struct node *n, struct repo **repo, struct arena *a, const char *dir, bool practice, struct err *e) NODISCARD;

#endif
