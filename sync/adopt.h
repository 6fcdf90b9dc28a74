/* sync/adopt.h: what somebody without a node hands in: a branch of plain git, a patch, a document as a form saved
 * it. Each becomes a list of documents as they would be here; nothing is judged, stored or moved. */
#ifndef SYNC_ADOPT_H
#define SYNC_ADOPT_H

#include "kb/doc/template.h"
#include "kb/gate/git.h"
#include "kb/node.h"

struct proposal {			/* one path; strings in the arena */
	struct str path;
	struct str old, new;		/* what is saved now, what would be; .p NULL: nothing */
	const char *held;		/* why it cannot be told what would be, or NULL */
};
struct proposals { struct proposal *v; size_t n, cap; };

/* What a commit changed since it left the history of base, laid over what base has now; paths that are as
 * proposed already are left out. */
enum rc adopt_branch(struct proposals *p, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base,
    const struct oid *tip, struct err *e) NODISCARD;

/* A patch: mails of git format-patch, one or several, or a bare diff. RC_NOTFOUND: it does not fit base. Writes
 * below the node's cache: the caller holds the lock. */
enum rc adopt_patch(struct proposals *p, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base,
    struct str patch, struct err *e) NODISCARD;

/* A document whose front matter need not be whole: keys are set as told (a list is "a,b"), then what follows from
 * others is filled in: owner, date and language from the arguments, the id, status submitted. RC_NOTFOUND: it
 * cannot be read, or a key is missing that the id is made of. */
struct form { struct str text, owner, date; const struct template_set *sets; size_t n; };
enum rc adopt_form(struct proposals *p, struct arena *a, const struct node *n, struct repo *repo, const struct oid *base,
    const struct form *f, struct err *e) NODISCARD;

#endif
