/* sync/cmd_status.c: colep status: where this node stands. */
#include "kb/cmd_filters.h"
#include "sync/commands.h"

#include <string.h>

#include "kb/base/file.h"
#include "kb/base/words.h"
#include "sync/fold.h"
#include "sync/save.h"

/* Remotes in .git/config: sections [remote "NAME"]. */
static enum rc count_peers(uint64_t *n, const struct node *node, struct arena *a, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str rest, line;
	enum rc rc = file_read(&b, path_join(a, node->git, "config"), (size_t)1 << 20, e);

	*n = 0;
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);)
		*n += str_starts(str_trim(line), STR("[remote \""));
	buf_free(&b);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc count_lines(uint64_t *n, const char *path, struct err *e)
{
	struct buf b = BUF_INIT;
	struct str rest, line;
	enum rc rc = file_read(&b, path, (size_t)16 << 20, e);

	*n = 0;
	for (rest = buf_str(&b); !rc && str_line(&line, &rest);)
		*n += line.n > 0;
	buf_free(&b);
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc heads_of(uint64_t *heads, struct arena *a, struct repo *repo, const struct oid *main, struct err *e)
{
	struct commit c;
	enum rc rc = repo_commit(&c, a, repo, main, e);

	if (!rc)
		*heads = c.nparents > 1 ? c.nparents : 1;
	return rc;
}

static int status_of(struct ctx *c, struct out *o, const char *dir)
{
	struct err e = ERR_INIT;
	struct buf main_words = BUF_INIT, root_words = BUF_INIT;
	struct unsaved *list = NULL;
	struct repo *repo = NULL;
	char main_hex[OID_HEX + 1];
	uint64_t heads = 0, peers = 0, conflicts = 0, refused = 0, forks = 0;
	struct str id, space;
	struct oid main, base, root;
	struct node node;
	size_t n = 0;
	enum rc rc;

	if ((rc = node_open(&node, c->arena, dir, &e)) || (rc = node_main(&main, &node, &e)) ||
	    (rc = node_config(&id, c->arena, &node, "colep.id", &e)) ||
	    (rc = node_config(&space, c->arena, &node, "colep.space", &e)) || (rc = repo_open(&repo, node.dir, &e)) ||
	    (rc = heads_of(&heads, c->arena, repo, &main, &e)) || (rc = author_base(&base, repo, &main, &e)) ||
	    (rc = save_list(&list, &n, c->arena, repo, &base, &e)) ||
	    (rc = count_peers(&peers, &node, c->arena, &e)) || (rc = index_conflicts(&conflicts, &node, &e)) ||
	    (rc = count_lines(&refused, path_join(c->arena, node.cache, "refused"), &e)))
		goto out;
	oid_format(main_hex, &main);
	words_format(&main_words, &main);
	if (oid_parse(&root, space))
		words_format(&root_words, &root);
	out_begin(o);
	out_text(o, "main", cstr(main_hex));
	out_text(o, "root", space.n ? space : STR_NONE);
	out_text(o, "node", id.n ? id : STR_NONE);
	out_number(o, "heads", (int64_t)heads);
	out_number(o, "peers", (int64_t)peers);
	out_number(o, "unsaved", (int64_t)n);
	out_number(o, "conflicts", (int64_t)conflicts);
	out_number(o, "refused", (int64_t)refused);
	out_text(o, "main-words", buf_str(&main_words));
	out_text(o, "root-words", root_words.n ? buf_str(&root_words) : STR_NONE);
	out_end(o);
	if (fold_newer(&node))
		cmd_say(c, "%s: update needed: this community merges by rules %u, which this program does not know", dir, fold_newer(&node));
	if (count_lines(&forks, path_join(c->arena, node.cache, "forks"), &e) == RC_OK && forks)
		cmd_say(c, "%s: %llu numbers were used twice by one writer: a restored disk or a copied folder; both count, 'colep doctor' "
		    "names them", dir, (unsigned long long)forks);
out:
	repo_close(repo);
	buf_free(&main_words);
	buf_free(&root_words);
	if (rc) {
		(void)cmd_fail(c, &e);
		return EXIT_FAIL;
	}
	return EXIT_YES;
}

int cmd_status(struct ctx *c, int argc, char **argv)
{
	struct out o;
	size_t i;
	int left, status;

	if ((status = cmd_options(&left, c, argc, argv, NULL, 0)) >= 0)
		return status;
	if (left > 1)
		return cmd_usage(c, "takes no words");
	cmd_out(&o, c);
	for (i = 0; i < c->ndirs && status < EXIT_FAIL; i++)
		status = status_of(c, &o, c->dirs[i]);
	out_close(&o);
	return status;
}
