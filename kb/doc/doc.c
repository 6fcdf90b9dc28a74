/* kb/doc/doc.c: see doc.h. */
#include "kb/doc/doc.h"

#include <string.h>

#include "kb/limits.h"
#include "kb/text/fold.h"

static bool lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool doc_owner_valid(struct str owner)
{
	size_t i;

	for (i = 0; i < owner.n; i++)
		if (!lower(owner.p[i]))
			return false;
	return owner.n >= 2 && owner.n <= 8;
}

bool doc_id_valid(struct str id, const struct kind **kind, struct str *owner)
{
	struct str rest = id, prefix, own, year, part;
	const struct kind *k;
	size_t i, parts = 0;

	if (id.n > LIMIT_ID || id.n == 0 || id.p[id.n - 1] == '-' || !str_split(&prefix, &rest, '-') ||
	    !str_split(&own, &rest, '-') || !(k = kind_by_prefix(prefix)) || !doc_owner_valid(own))
		return false;
	if (k->year != (rest.n > 0))
		return false;
	if (k->year) {
		if (!str_split(&year, &rest, '-') || year.n != 4)
			return false;
		for (i = 0; i < 4; i++)
			if (!digit(year.p[i]))
				return false;
		while (str_split(&part, &rest, '-')) {
			parts++;
			for (i = 0; i < part.n; i++)
				if (!lower(part.p[i]) && !digit(part.p[i]))
					return false;
			if (!part.n)
				return false;
		}
		if (!parts)
			return false;
	}
	if (kind)
		*kind = k;
	if (owner)
		*owner = own;
	return true;
}

bool lang_valid(struct str lang)
{
	struct str part;
	size_t i, n = 0;

	if (!lang.n || lang.n > 35 || lang.p[lang.n - 1] == '-')
		return false;
	while (str_split(&part, &lang, '-')) {
		if (!part.n || part.n > 8 || (n == 0 && (part.n < 2 || part.n > 3)))
			return false;
		for (i = 0; i < part.n; i++) {
			char c = part.p[i];

			if (n == 0 ? !lower(c) : !lower(c) && !digit(c) && !(c >= 'A' && c <= 'Z'))
				return false;
		}
		n++;
	}
	return true;
}

static bool bad(const char **why, const char *what)
{
	if (why)
		*why = what;
	return false;
}

bool doc_path_parse(struct doc_path *out, struct str path, const char **why)
{
	struct doc_path p = { 0 };
	struct str folder, own, file = path, rest, owner;
	const struct kind *k;
	size_t dot;

	if (path.n > LIMIT_PATH)
		return bad(why, "a path of more than 120 bytes");
	if (!str_split(&folder, &file, '/') || !(p.kind = kind_by_folder(folder)))
		return bad(why, "not in a folder of documents; they lie in case-studies/, lessons/ and so on");
	if (!str_split(&own, &file, '/') || !file.n || str_chr(file, '/') != SIZE_MAX)
		return bad(why, "not in a folder of an owner; documents lie at <folder>/<owner>/<id>.md");
	if (!str_ends(file, STR(".md")))
		return bad(why, "not a Markdown document (.md)");
	p.name = str_sub(file, 0, file.n - 3);
	dot = str_chr(p.name, '.');
	p.id = str_sub(p.name, 0, dot);
	if (!doc_id_valid(p.id, &k, &owner))
		return bad(why, "the file's name is no id; it is prefix-owner-year-slug of a-z, 0-9 and hyphens, at most 64 "
		    "characters");
	if (k != p.kind)
		return bad(why, "the id's prefix belongs to another folder");
	if (!str_eq(owner, own))
		return bad(why, "the id's owner is not the folder's");
	p.owner = own;
	if (dot != SIZE_MAX) {
		rest = str_sub(p.name, dot + 1, p.name.n);
		if (!lang_valid(rest))
			return bad(why, "the language between id and .md is no language code, such as bg or sr-Latn");
		p.lang = rest;
	}
	*out = p;
	return true;
}

struct str doc_path_of(struct arena *a, struct str name)
{
	size_t dot = str_chr(name, '.');
	struct str id = str_sub(name, 0, dot), owner;
	const struct kind *k;
	char *path, *p;

	if (!doc_id_valid(id, &k, &owner) || (dot != SIZE_MAX && !lang_valid(str_sub(name, dot + 1, name.n))))
		return STR_NONE;
	path = arena_alloc(a, strlen(k->folder) + 1 + owner.n + 1 + name.n + sizeof ".md");	/* for every record read: no printf */
	p = stpcpy(path, k->folder);
	*p++ = '/';
	p = mempcpy(p, owner.p, owner.n);
	*p++ = '/';
	p = mempcpy(p, name.p, name.n);
	memcpy(p, ".md", sizeof ".md");
	return (struct str){ path, (size_t)(p - path) + 3 };
}

enum rc doc_parse(struct doc *out, struct place *at, struct arena *a, struct str text, struct err *e)
{
	struct doc d = { .text = text };
	struct front f;
	enum rc rc;

	if ((rc = front_parse(&f, at, a, text, e)))
		return rc;
	d.body = str_sub(text, f.body, text.n);
	doc_of(&d, &f);
	*out = d;
	return RC_OK;
}

void doc_of(struct doc *d, const struct front *f)
{
	d->front = *f;
	d->kind = kind_find(front_text(f, "kind"));
	d->id = front_text(f, "id");
	d->title = front_text(f, "title");
	d->owner = front_text(f, "owner");
	d->status = front_text(f, "status");
	d->tlp = front_text(f, "tlp");
	d->lang = front_text(f, "lang");
	d->date = front_text(f, "date");
	d->summary = front_text(f, "summary");
	d->stage = front_text(f, "stage");
	d->replaces = front_text(f, "replaces");
}

int tlp_rank(struct str label)
{
	static const char *const ranks[] = { "TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED" };
	int i;

	for (i = 0; i < 5; i++)
		if (str_is(label, ranks[i]))
			return i;
	return str_is(label, "TLP:WHITE") ? 0 : -1;
}

struct str doc_slug(struct arena *a, struct str text, size_t max)
{
	struct buf folded = BUF_INIT, b = BUF_INIT;
	struct str out;
	size_t i;

	text_romanise(&folded, text);
	for (i = 0; i < folded.n && b.n < max; i++) {
		char c = folded.p[i];

		if (lower(c) || digit(c))
			buf_putc(&b, c);
		else if (b.n && b.p[b.n - 1] != '-' && c != '\'')
			buf_putc(&b, '-');
	}
	while (b.n && b.p[b.n - 1] == '-')
		b.n--;
	out = b.n ? arena_str(a, buf_str(&b)) : STR("x");
	buf_free(&b);
	buf_free(&folded);
	return out;
}
