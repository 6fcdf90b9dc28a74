/* kb/doc/check.h: every rule of DOMAIN 3-8 on one document, without opening anything. */
#ifndef KB_DOC_CHECK_H
#define KB_DOC_CHECK_H

#include "kb/doc/doc.h"
#include "kb/doc/vocab.h"

enum level { LEVEL_WARNING, LEVEL_ERROR };

struct finding {
	struct place place;
	enum level level;
	const char *rule;		/* "PD01", "key-missing": constant, stable */
	struct str message;		/* one plain sentence: what, and how to mend; personal data masked */
	bool passed;			/* silenced by lint-ok; listed, but counts for nothing */
};
struct findings {
	struct finding *v;		/* by place, then rule */
	size_t n, cap, errors, warnings;
};

struct check_env {
	const struct vocab *vocab;
	struct str ceiling;		/* "TLP:GREEN" */
	/* Is there a document of this id? NULL: relations are not looked at. */
	bool (*known)(void *ctx, struct str id);
	void *ctx;
};

/* All findings on one file. path is relative to the node's root (for id, owner, folder) and may be that
 * of a draft ("drafts/<id>.md"). text need not parse: that is a finding too. */
void check_document(struct findings *f, struct arena *a, struct str path, struct str text, const struct check_env *env);

/* PD01-PD14 on any text (a body, a file name, a commit message): appends to *f; line numbers count from
 * first_line. */
void check_personal(struct findings *f, struct arena *a, struct str text, unsigned first_line, bool contact);

/* Append one finding; the message is copied to the arena. For the rules' own files. */
void finding_add(struct findings *f, struct arena *a, struct place place, enum level level, const char *rule,
    const char *fmt, ...) PRINTF_LIKE(6, 7);

/* Does this finding hold a document back at save (DESIGN 4)? */
bool check_holds_back(const struct finding *f);

#endif
