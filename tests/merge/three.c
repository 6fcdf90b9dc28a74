/* tests/merge/three.c: merge BASE OURS THEIRS with the rules of sync/merge.c, as two concurrent edits of a
 * document: the text on stdout, exit 1 when conflicts are open. For measuring against `git merge-file`. */
#include <stdio.h>
#include <stdlib.h>

#include "kb/base/file.h"
#include "sync/merge.h"

int main(int argc, char **argv)
{
	static const uint64_t past[3] = { 0, 1, 1 };
	struct arena a = ARENA_INIT;
	struct edit e[3];
	struct merge_rules rules = { .kind = kind_find(STR("lesson")) };
	struct err err = ERR_INIT;
	struct merged m;
	int i;

	if (argc != 4)
		return 2;
	for (i = 0; i < 3; i++) {
		struct buf b = BUF_INIT;

		if (file_read(&b, argv[i + 1], (size_t)64 << 20, &err)) {
			fprintf(stderr, "%s\n", err.msg);
			return 3;
		}
		e[i] = (struct edit){ .past = &past[i], .text = arena_str(&a, buf_str(&b)) };
		e[i].id.b[0] = (unsigned char)(i + 1);
		buf_free(&b);
	}
	merge_document(&m, &a, e, 3, &rules);
	fwrite(m.text.p, 1, m.text.n, stdout);
	i = m.nconflicts > 0;
	arena_free(&a);
	return i;
}
