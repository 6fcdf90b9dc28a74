/* render/stamp.h: how a build left a site, so that one that has nothing to do is known before a document is looked at:
 * the same program, options, theme and commit, and every file of the folder is as it was (kept.h). */
#ifndef RENDER_STAMP_H
#define RENDER_STAMP_H

#include "render/kept.h"

struct stamp_doc {			/* a document of the node, by name */
	struct str name, reason;
	bool in;
};
struct stamp {
	struct kept_map map, of_docs;	/* strings borrow them */
	struct stamp_doc *docs;		/* in the arena */
	size_t ndocs;
	struct str tlp;
};

/* Was the last build into dir with these options of that commit. */
bool stamp_is_of(const struct kept_place *place, const struct copy_want *want, const struct oid *commit, const char *dir);
/* Is the site in dir as a build of that commit with these options left it? Then what that build told. k: what was kept of the
 * site, whose files are looked at with up to so many threads. */
bool stamp_holds(struct stamp *s, struct arena *a, struct kept *k, const struct kept_place *place, const struct copy_want *want,
    const struct oid *commit, const char *dir, unsigned threads);
/* What stamp_save told of the copy that c goes on with: none of its documents is broken. false: it is not known. */
bool stamp_goes_on(struct stamp *s, struct arena *a, const struct kept_place *place, const struct copy *c, const char *dir);
void stamp_close(struct stamp *s);	/* no-op on one that is zeroed */
/* pages: the stamp that kept_save wrote of the same build. Nothing of the site may be worth a message. */
enum rc stamp_save(const struct kept_place *place, const struct copy *c, const char *dir, struct str pages, struct err *e) NODISCARD;

#endif
