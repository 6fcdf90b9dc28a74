/* kb/doc/load.h: what the checks need from a node's folder: vocabularies, ceiling, which ids there are. Read
 * from the work tree, so that what is being written counts. */
#ifndef KB_DOC_LOAD_H
#define KB_DOC_LOAD_H

#include <stdbool.h>

#include "kb/doc/vocab.h"

struct load {
	struct vocab vocab;
	struct str ceiling;		/* "TLP:GREEN" when nothing else is said */
	const char *known_root;		/* folder the ids are looked up in, or NULL */
};

/* Never fails: a vocabulary that cannot be read leaves the default. root NULL: defaults. */
void load_open(struct load *l, struct arena *a, const char *root);

/* Is there a document of this id in the folder? */
bool load_known(const struct load *l, struct str id);

#endif
