/* sync/setup.c: see setup.h. */
#include "sync/setup.h"

#include <string.h>

#include "kb/base/file.h"

static const struct { const char *key, *value; } settings[] = {
	{ "gpg.format", "ssh" }, { "gpg.ssh.allowedSignersFile", "roster/allowed_signers" }, { "receive.fsckObjects", "true" },
	{ "receive.maxInputSize", "1073741824" }, { "receive.denyCurrentBranch", "refuse" }, { "receive.denyDeletes", "true" },
	{ "transfer.fsckObjects", "true" }, { "core.filemode", "false" },	/* documents have no executable bit */
	{ "receive.hideRefs", "refs/colep/main" },	/* ours alone: see author_base */
	{ "transfer.hideRefs", "refs/colep/aside" },	/* masked: not offered */
	{ "uploadpack.hideRefs", "refs/colep/from" },	/* not judged yet */
};

bool setup_unfinished(struct arena *a, const char *dir)
{
	struct err e = ERR_INIT;
	char **names;
	size_t n;

	if (file_exists(path_join(a, dir, SETUP_UNFINISHED)))
		return true;
	return dir_list(&names, &n, a, dir, &e) == RC_OK && n == 1 && strcmp(names[0], ".git") == 0 &&
	    dir_list(&names, &n, a, path_join(a, dir, ".git"), &e) == RC_OK && (n == 0 || (n == 1 && strcmp(names[0], "colep") == 0));
}

enum rc setup_undo(struct arena *a, const char *dir, bool made, struct err *e)
{
	char **names;
	size_t n, i;
	enum rc rc;

	if (made)
		return dir_remove(dir, e);
	rc = dir_list(&names, &n, a, dir, e);
	for (i = 0; !rc && i < n; i++)
		if (strncmp(names[i], "_git2_", 6) == 0)	/* libgit2 tries out the disk with these */
			rc = dir_remove(path_join(a, dir, names[i]), e);
	(void)(rc || (rc = dir_remove(path_join(a, dir, "roster"), e)) || (rc = dir_remove(path_join(a, dir, ".git"), e)));
	return rc;
}

enum rc setup_node(struct node *n, struct repo **repo, struct arena *a, const char *dir, bool practice, struct err *e)
{
	const struct str exclude = STR("# drafts stay here until 'colep submit' has checked them\n/drafts/\n");
	enum rc rc;
	size_t i;

	if ((rc = dir_make(path_join(a, dir, ".git/colep"), 0755, e)) ||
	    (rc = file_write(path_join(a, dir, SETUP_UNFINISHED), STR(""), 0644, e)) || (rc = repo_init(repo, dir, e)))
		return rc;
	*n = (struct node){ dir, path_join(a, dir, ".git"), path_join(a, dir, ".git/colep"), false, practice };
	if ((rc = dir_make(path_join(a, n->git, "info"), 0755, e)) ||
	    (rc = file_write(path_join(a, n->git, "info/exclude"), exclude, 0644, e)))
		return rc;
	for (i = 0; i < sizeof settings / sizeof *settings && !rc; i++)
		rc = repo_config_set(*repo, settings[i].key, settings[i].value, e);
	if (!rc && practice)
		rc = repo_config_set(*repo, "colep.practice", "true", e);
	return rc;
}
