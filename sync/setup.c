/* sync/setup.c: see setup.h. */
#include "sync/setup.h"

#include "kb/base/file.h"

static const struct { const char *key, *value; } settings[] = {
	{ "gpg.format", "ssh" }, { "gpg.ssh.allowedSignersFile", "roster/allowed_signers" }, { "receive.fsckObjects", "true" },
	{ "receive.maxInputSize", "1073741824" }, { "receive.denyCurrentBranch", "refuse" }, { "receive.denyDeletes", "true" },
	{ "transfer.fsckObjects", "true" }, { "receive.hideRefs", "refs/colep/main" },	/* ours alone: see fold_base */
};

enum rc setup_node(struct node *n, struct repo **repo, struct arena *a, const char *dir, bool practice, struct err *e)
{
	const struct str exclude = STR("# drafts stay here until 'colep submit' has checked them\n/drafts/\n");
	enum rc rc;
	size_t i;

	if ((rc = repo_init(repo, dir, e)))
		return rc;
	*n = (struct node){ dir, path_join(a, dir, ".git"), path_join(a, dir, ".git/colep"), false, practice };
	if ((rc = dir_make(n->cache, 0755, e)) || (rc = dir_make(path_join(a, n->git, "info"), 0755, e)) ||
	    (rc = file_write(path_join(a, n->git, "info/exclude"), exclude, 0644, e)))
		return rc;
	for (i = 0; i < sizeof settings / sizeof *settings && !rc; i++)
		rc = repo_config_set(*repo, settings[i].key, settings[i].value, e);
	if (!rc && practice)
		rc = repo_config_set(*repo, "colep.practice", "true", e);
	return rc;
}
