/* kb/doc/load.c: see load.h. */
#include "kb/doc/load.h"

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/limits.h"

static void vocabularies(struct load *l, struct arena *a, const char *root)
{
	const char *dir = path_join(a, root, "vocab");
	struct err e = ERR_INIT;
	char **names;
	size_t n, i;

	if (dir_list(&names, &n, a, dir, &e))
		return;			/* none: the defaults hold */
	for (i = 0; i < n; i++) {
		struct buf text = BUF_INIT;
		struct str name = cstr(names[i]);

		if (str_ends(name, STR(".md")) && !file_read(&text, path_join(a, dir, names[i]), LIMIT_DOC, &e) &&
		    str_utf8_bad(buf_str(&text)) == text.n &&
		    vocab_read(&l->vocab, a, str_sub(name, 0, name.n - 3), buf_str(&text), &e))
			buf_clear(&text);	/* no table in it: the default holds */
		buf_free(&text);
	}
}

void load_open(struct load *l, struct arena *a, const char *root)
{
	struct buf space = BUF_INIT;
	struct err e = ERR_INIT;
	struct str rest, line;

	*l = (struct load){ .ceiling = STR("TLP:GREEN"), .known_root = root };
	vocab_default(&l->vocab, a);
	if (!root)
		return;
	vocabularies(l, a, root);
	if (!file_read(&space, path_join(a, root, "roster/space"), LIMIT_DOC, &e))
		for (rest = buf_str(&space); str_line(&line, &rest);)
			if (str_starts(line, STR("ceiling ")) && tlp_rank(str_sub(line, 8, line.n)) >= 0)
				l->ceiling = arena_str(a, str_sub(line, 8, line.n));
	buf_free(&space);
}

bool load_known(const struct load *l, struct str id)
{
	struct arena a = ARENA_INIT;
	struct str path = doc_path_of(&a, id);
	bool there = path.n && l->known_root && (file_exists(path_join(&a, l->known_root, path.p)) ||
	    file_exists(path_join(&a, l->known_root, arena_printf(&a, "drafts/%.*s.md", FMT_STR(id)))));

	arena_free(&a);
	return there;
}
