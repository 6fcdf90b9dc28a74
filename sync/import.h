/* sync/import.h: taking a folder of Markdown in (DESIGN 4, `import`). */
#ifndef SYNC_IMPORT_H
#define SYNC_IMPORT_H

#include "sync/author.h"
#include "kb/doc/kind.h"

struct import_plan {
	const char *folder;
	const struct kind *kind;	/* of files that are no documents yet; a lesson by default */
	struct str owner;
	/* Each file in turn: taken under this id, or skipped (id STR_NONE) or taken with a warning, and why. */
	void (*told)(void *ctx, struct str id, struct str source, const char *why);
	void (*progress)(void *ctx, const char *what, uint64_t n, uint64_t total);
	void *ctx;
};

/* One commit for each 50,000 files; *taken and *skipped are counts. Nothing to take: no commit, RC_OK. */
enum rc import_folder(size_t *taken, size_t *skipped, struct author *au, const struct import_plan *plan, struct err *e) NODISCARD;

#endif
