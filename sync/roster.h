/* sync/roster.h: who may do what (DESIGN 3, 6), read from the files under roster/ of one view. Pure: texts
 * in, answers out. Each file is a sorted set of lines:
 *
 *	allowed_signers  node@bg.invalid namespaces="git" ssh-ed25519 BASE64	never loses a line
 *	roles            bg focal-point
 *	revoked          bg BASE64 COMMIT		COMMIT: the last accepted one of that key
 *	space            ceiling TLP:GREEN | name TEXT | rules 1
 *
 * Lines that do not parse have no effect and are counted. Two roles of one node: the lower one counts.
 * Two ceilings (a merge can bring both): the lower one. */
#ifndef SYNC_ROSTER_H
#define SYNC_ROSTER_H

#include <stdbool.h>

#include "kb/base/arena.h"
#include "kb/base/str.h"

enum role { ROLE_NONE, ROLE_CONTRIBUTOR, ROLE_FOCAL_POINT, ROLE_CHAIR, ROLE_SECRETARIAT };

struct member {				/* one key of one node */
	struct str node, owner;		/* "bg-desk2", "bg" */
	struct str key;			/* base64 of the ssh-ed25519 blob */
	enum role role;
	bool revoked;
	struct str last;		/* revoked: hex ids of the last accepted commits, blank between; or none */
};
struct roster {
	struct member *members;		/* by node, then key */
	size_t n;
	struct str ceiling;		/* "TLP:GREEN" unless said */
	struct str name;		/* of the community, or STR_NONE */
	unsigned rules;			/* merge rules of the view; 1 unless said, the highest when several */
	size_t odd;			/* lines without effect */
};

enum act {				/* what a role may do */
	ACT_EDIT,			/* a document of the given owner, or a common one */
	ACT_CLEAR, ACT_ADOPT,		/* of the given owner */
	ACT_LOWER,			/* a label: the owner alone (and the Secretariat) */
	ACT_PUBLISH, ACT_ENDORSE,
	ACT_ROSTER, ACT_VOCAB
};

/* Strings are copied to the arena. A missing file is STR_NONE. */
void roster_parse(struct roster *r, struct arena *a, struct str allowed_signers, struct str roles,
    struct str revoked, struct str space);

/* The member with this node id and key, revoked or not; NULL when they do not stand together. */
const struct member *roster_member(const struct roster *r, struct str node, struct str key);

/* May this member do that to a document of this owner? common: one every member may edit (DOMAIN 2). */
bool roster_may(const struct member *m, enum act act, struct str owner, bool common);

/* `OWNER` or `OWNER-LABEL`; *owner borrows id. */
bool node_id_valid(struct str id, struct str *owner);

const char *role_name(enum role role);		/* "focal-point" */
enum role role_find(struct str name);		/* ROLE_NONE when unknown */

#endif
