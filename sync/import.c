/* sync/import.c: see import.h.
 *
 * A file with a valid id at its place is taken byte for byte. Any other Markdown becomes a document of the
 * kind asked for: a front matter is made (title, lang, date and summary are kept when they fit; every other key
 * of its own that is flat text is kept as x-KEY), the body follows unchanged. A file whose path and body a
 * document of main has already is not taken again. All files of a commit go into one pack, so ten thousand
 * documents are three new files in .git, not ten thousand. */
#include "sync/import.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/date.h"
#include "kb/doc/check.h"
#include "kb/limits.h"
#include "kb/text/fold.h"

struct source {
	const char *path;		/* to open */
	struct str rel;			/* below the folder */
};
struct prior {				/* a document made by an earlier import */
	struct oid mark;		/* hash of its x-path and body */
	struct str id;
};
struct taker {
	struct author *au;
	const struct import_plan *plan;
	struct arena *a;
	struct source *sources;
	size_t n, cap;
	struct change *changes;
	size_t nchanges, ccap;
	struct str *used;		/* paths given so far: a hash set, a power of two, at most half full */
	size_t nused, used_cap;
	struct prior *priors;		/* sorted by mark */
	size_t npriors, pcap;
	size_t taken, skipped;
	char today[11];
};

static bool markdown(const char *name)
{
	struct str s = cstr(name);

	return str_ends(s, STR(".md")) || str_ends(s, STR(".markdown"));
}

static void tell(struct taker *t, struct str id, struct str source, const char *why)
{
	if (!id.p)
		t->skipped++;
	t->plan->told(t->plan->ctx, id, source, why);
}

static void tell_place(struct taker *t, struct str source, const struct place *at, const struct err *odd)
{
	tell(t, STR_NONE, source, at->line ? arena_printf(t->a, "line %u: %s", at->line, odd->msg) :
	    arena_printf(t->a, "%s", odd->msg));
}

static enum rc collect(struct taker *t, const char *path, const char *rel, unsigned depth, struct err *e)
{
	struct err odd = ERR_INIT;
	const char *why;
	char **names;
	size_t n, i;
	enum rc rc;

	if ((rc = dir_list(&names, &n, t->a, path, depth ? &odd : e))) {
		if (!depth)
			return rc;
		why = strstr(odd.msg, ": ");	/* one folder that is closed to us: the others are taken */
		tell(t, STR_NONE, cstr(rel), arena_printf(t->a, "%s", why ? why + 2 : odd.msg));
		return RC_OK;
	}
	for (i = 0; i < n && !rc; i++) {
		const char *p = path_join(t->a, path, names[i]), *r = *rel ? path_join(t->a, rel, names[i]) : names[i];

		if (names[i][0] == '.')
			continue;
		if (file_is_dir(p)) {
			if (depth < 32)
				rc = collect(t, p, r, depth + 1, e);
			else
				tell(t, STR_NONE, cstr(r), "folders more than 32 deep; import it by itself");
			continue;
		}
		if (!markdown(names[i]))
			continue;
		if (t->n == t->cap)
			t->sources = arena_grow(t->a, t->sources, &t->cap, sizeof *t->sources);
		t->sources[t->n++] = (struct source){ p, cstr(r) };
	}
	return rc;
}

static size_t used_slot(const struct taker *t, struct str path)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < path.n; i++)
		h = (h ^ (unsigned char)path.p[i]) * 0x100000001b3u;
	for (i = (size_t)(h ^ h >> 32) & (t->used_cap - 1); t->used[i].p && !str_eq(t->used[i], path);)
		i = (i + 1) & (t->used_cap - 1);
	return i;
}

static bool used(const struct taker *t, struct str path)
{
	return t->used_cap && t->used[used_slot(t, path)].p;
}

static void use(struct taker *t, struct str path)
{
	struct str *old = t->used;
	size_t i, n = t->used_cap;

	if ((t->nused + 1) * 2 > t->used_cap) {
		t->used_cap = n ? n * 2 : 1024;
		t->used = arena_array(t->a, t->used_cap, sizeof *t->used);
		for (i = 0; i < n; i++)
			if (old[i].p)
				t->used[used_slot(t, old[i])] = old[i];
	}
	t->used[used_slot(t, path)] = path;
	t->nused++;
}

static const char *on_disk(struct taker *t, struct str path)
{
	return path_join(t->a, t->au->node->dir, arena_cstr(t->a, path));
}

/* Free in main, in this import, and in the work tree, where something unsaved may stand? */
static enum rc path_free(bool *yes, struct taker *t, struct str path, struct err *e)
{
	struct oid o;
	enum rc rc;

	*yes = !used(t, path) && !file_exists(on_disk(t, path));
	if (!*yes)
		return RC_OK;
	rc = repo_lookup(&o, t->au->repo, &t->au->base, path, e);
	*yes = rc == RC_NOTFOUND;
	return rc == RC_NOTFOUND ? RC_OK : rc;
}

static enum rc put(struct taker *t, struct str path, struct str text, struct err *e)
{
	struct change c = { .path = path };
	enum rc rc = repo_write(&c.new, t->au->repo, OBJECT_BLOB, text, e);

	if (rc)
		return rc;
	if (t->nchanges == t->ccap)
		t->changes = arena_grow(t->a, t->changes, &t->ccap, sizeof *t->changes);
	t->changes[t->nchanges++] = c;
	use(t, path);
	t->taken++;
	return RC_OK;
}

static int by_path(const void *x, const void *y)
{
	return str_cmp(((const struct change *)x)->path, ((const struct change *)y)->path);
}

static bool same_content(struct taker *t, struct str path, struct str text)
{
	struct err e = ERR_INIT;
	struct oid there, blob;

	if (repo_lookup(&there, t->au->repo, &t->au->base, path, &e))
		return false;		/* new, as most are: no need to hash it twice */
	blob = repo_hash_blob(text);
	return oid_eq(&there, &blob);
}

/* Is there something else at the path than main has? Then it is unsaved work, and not to be buried. */
static bool unsaved(struct taker *t, struct str path, struct str text)
{
	struct buf disk = BUF_INIT;
	struct err e = ERR_INIT;
	bool yes = false;

	if (file_exists(on_disk(t, path)))
		yes = file_read(&disk, on_disk(t, path), LIMIT_DOC, &e) ||
		    (!str_eq(buf_str(&disk), text) && !same_content(t, path, buf_str(&disk)));
	buf_free(&disk);
	return yes;
}

/* What must not enter history, whatever the file is: said as a reason, or NULL. */
static const char *bad_text(struct str text)
{
	if (text.n > LIMIT_DOC)
		return "more than 256 KiB; split it";
	if (str_chr(text, '\0') != SIZE_MAX)
		return "has NUL bytes, so it is no text; save it as UTF-8";
	if (str_utf8_bad(text) != text.n)
		return "is not UTF-8; save it as UTF-8";
	return NULL;
}

/* A finding that the reader should know of though the file is taken. */
static const char *warn_personal(struct arena *a, struct str text)
{
	struct findings f = { 0 };
	size_t i, n = 0;
	const struct finding *first = NULL;

	check_personal(&f, a, text, 1, false);
	for (i = 0; i < f.n; i++)
		if (f.v[i].level == LEVEL_ERROR && f.v[i].rule[2] == '0') {
			first = first ? first : &f.v[i];
			n++;
		}
	if (!n)
		return NULL;
	return arena_printf(a, "taken, but line %u looks like %.*s (%s, %zu in all)", first->place.line,
	    FMT_STR(str_sub(first->message, 0, str_chr(first->message, ';'))), first->rule, n);
}

/* At its place: kept byte for byte. *is = false: not a document of ours. */
static enum rc take_document(bool *is, struct taker *t, const struct source *s, struct str text, struct err *e)
{
	struct arena scratch = ARENA_INIT;
	struct err odd = ERR_INIT;
	const char *why = NULL;
	struct place at;
	struct doc_path p;
	struct doc d;
	enum rc rc = RC_OK;

	*is = false;
	if (!doc_path_parse(&p, s->rel, NULL))
		return RC_OK;
	if (doc_parse(&d, &at, &scratch, text, &odd)) {
		*is = true;		/* its name says what it wants to be */
		tell_place(t, s->rel, &at, &odd);
		goto out;
	}
	if (!p.lang.n && !str_eq(d.id, p.id))
		goto out;
	*is = true;
	if (!roster_may(t->au->member, ACT_EDIT, p.owner, p.kind->common))
		why = arena_printf(t->a, "it belongs to %.*s, and this node writes for %.*s", FMT_STR(p.owner), FMT_STR(t->au->owner));
	else if (!p.lang.n && tlp_rank(d.tlp) < 0)
		why = "has no label; add a line such as tlp: TLP:GREEN";
	else if (!p.lang.n && tlp_rank(d.tlp) > tlp_rank(t->au->roster.ceiling))
		why = arena_printf(t->a, "%.*s is above %.*s, the highest label this community stores", FMT_STR(d.tlp),
		    FMT_STR(t->au->roster.ceiling));
	if (why) {
		tell(t, STR_NONE, s->rel, why);
	} else if (same_content(t, s->rel, text)) {
		tell(t, p.name, s->rel, NULL);	/* there already */
	} else if (unsaved(t, s->rel, text)) {
		tell(t, STR_NONE, s->rel, "has unsaved changes in the node; run 'colep save' first");
	} else if (!(rc = put(t, s->rel, text, e))) {
		tell(t, p.name, s->rel, strcmp(p.kind->name, "contact") == 0 ? NULL : warn_personal(t->a, text));
	}
out:
	arena_free(&scratch);
	return rc;
}

static void line(struct buf *b, const char *key, struct str value)
{
	buf_printf(b, "%s: ", key);
	front_quote(b, value, false);
	buf_putc(b, '\n');
}

/* The first heading of a body, or STR_NONE. */
static struct str first_heading(struct str body)
{
	struct str row;

	while (str_line(&row, &body))
		if (str_starts(row, STR("# ")))
			return str_trim(str_sub(row, 2, row.n));
	return STR_NONE;
}

static struct str cut_title(struct str s)
{
	size_t i = 0, n = 0;

	while (i < s.n && n++ < LIMIT_TITLE)
		(void)str_utf8_next(s, &i);
	return str_sub(s, 0, i);
}

/* "en/news/_posts/2007-05-11-x.md" -> its last folders and name, for a slug and a title. */
static struct str stem_of(struct str rel)
{
	size_t dot = rel.n, i, slashes = 0;

	while (dot > 0 && rel.p[dot - 1] != '.')
		dot--;
	rel = str_sub(rel, 0, dot ? dot - 1 : rel.n);
	for (i = rel.n; i > 0; i--)
		if (rel.p[i - 1] == '/' && ++slashes == 2)
			return str_sub(rel, i, rel.n);
	return rel;
}

static void keep_keys(struct buf *b, struct arena *a, const struct front *f)
{
	static const char *const ours[] = { "id", "kind", "title", "owner", "status", "tlp", "lang", "date", "summary", "category",
		"stage", "x-path" };
	size_t i, j, kept = 0;

	for (i = 0; i < f->n && kept < 100; i++) {
		const struct key *k = &f->keys[i];
		struct buf value = BUF_INIT;
		bool own = false;

		for (j = 0; j < sizeof ours / sizeof *ours; j++)
			own |= str_is(k->name, ours[j]);
		if (own || k->variant > 1 || !k->n || k->name.n > 48)
			continue;
		for (j = 0; j < k->n; j++) {
			buf_puts(&value, j ? ", " : "");
			buf_str_add(&value, k->values[j]);
		}
		line(b, arena_printf(a, "%s%.*s", str_starts(k->name, STR("x-")) ? "" : "x-", FMT_STR(k->name)), buf_str(&value));
		buf_free(&value);
		kept++;
	}
}

static struct oid mark_of(struct str rel, struct str body)
{
	struct buf b = BUF_INIT;
	struct oid o;

	buf_str_add(&b, rel);
	buf_putc(&b, '\n');
	buf_str_add(&b, body);
	o = repo_hash_blob(buf_str(&b));
	buf_free(&b);
	return o;
}

static int by_mark(const void *x, const void *y)
{
	const struct prior *a = x, *b = y;
	int k = oid_cmp(&a->mark, &b->mark);

	return k ? k : str_cmp(a->id, b->id);
}

/* The document that an earlier import made of this file, or NULL. */
static const struct prior *prior_find(const struct taker *t, struct str rel, struct str body)
{
	struct oid mark;
	size_t lo = 0, hi = t->npriors, mid;

	if (!t->npriors)
		return NULL;
	mark = mark_of(rel, body);
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (oid_cmp(&t->priors[mid].mark, &mark) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < t->npriors && oid_eq(&t->priors[lo].mark, &mark) ? &t->priors[lo] : NULL;
}

static enum rc prior_add(void *ctx, const struct change *c, struct err *e)
{
	struct arena scratch = ARENA_INIT;
	struct err odd = ERR_INIT;
	struct buf b = BUF_INIT;
	struct taker *t = ctx;
	struct doc_path p;
	struct place at;
	struct doc d;
	enum rc rc = RC_OK;

	if (!doc_path_parse(&p, c->path, NULL) || p.lang.n || p.kind != t->plan->kind || !str_eq(p.owner, t->plan->owner) ||
	    (rc = repo_read(&b, t->au->repo, &c->new, OBJECT_BLOB, LIMIT_DOC, e)))
		goto out;
	if (!doc_parse(&d, &at, &scratch, buf_str(&b), &odd) && front_text(&d.front, "x-path").n) {
		if (t->npriors == t->pcap)
			t->priors = arena_grow(t->a, t->priors, &t->pcap, sizeof *t->priors);
		t->priors[t->npriors++] = (struct prior){ mark_of(front_text(&d.front, "x-path"), d.body), arena_str(t->a, p.name) };
	}
out:
	buf_free(&b);
	arena_free(&scratch);
	return rc == RC_INVALID ? RC_OK : rc;	/* too large for a document: none of ours */
}

static enum rc take_foreign(struct taker *t, const struct source *s, struct str text, struct err *e)
{
	const struct kind *kind = t->plan->kind;
	struct arena scratch = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct err odd = ERR_INIT;
	struct place at = { 0, 0 };
	struct doc d = { 0 };
	struct str title, lang, date, body = text, slug, id = STR_NONE, path;
	int64_t first, last;
	bool is_free = false, fronted = str_starts(text, STR("---\n")) || str_starts(text, STR("---\r\n"));
	const struct prior *before;
	size_t n;
	enum rc rc = RC_OK;

	if (fronted) {
		if (front_parse_foreign(&d.front, &at, &scratch, text, &odd)) {
			tell_place(t, s->rel, &at, &odd);
			goto out;
		}
		d.title = front_text(&d.front, "title");
		d.lang = front_text(&d.front, "lang");
		d.date = front_text(&d.front, "date");
		d.summary = front_text(&d.front, "summary");
		body = str_sub(text, d.front.body, text.n);
	}
	if ((before = prior_find(t, s->rel, body))) {
		tell(t, before->id, s->rel, NULL);	/* there already */
		goto out;
	}
	title = str_trim(d.title);
	if (!title.n)
		title = first_heading(body);
	if (!title.n)
		title = stem_of(s->rel);
	title = cut_title(title);
	lang = d.lang.n && lang_valid(d.lang) ? d.lang : cstr(text_language(body));
	if (!lang.n)
		lang = STR("en");
	date = str_sub(d.date, 0, 10);
	if (!date_parse(&first, &last, date)) {
		struct str name = stem_of(s->rel);
		size_t slash = str_chr(name, '/');

		date = str_sub(slash == SIZE_MAX ? name : str_sub(name, slash + 1, name.n), 0, 10);
		if (date.n != 10 || !date_parse(&first, &last, date))
			date = cstr(t->today);
	}
	slug = doc_slug(&scratch, d.title.n ? title : stem_of(s->rel), 36);
	if (str_is(slug, "x"))
		slug = doc_slug(&scratch, stem_of(s->rel), 36);
	if (!kind->year) {
		tell(t, STR_NONE, s->rel, arena_printf(t->a, "a %s has one document for each owner; import it by its id", kind->name));
		goto out;
	}
	for (n = 1; !is_free && n < 100000; n++) {
		id = cstr(arena_printf(t->a, n == 1 ? "%s-%.*s-%.4s-%.*s" : "%s-%.*s-%.4s-%.*s-%zu", kind->prefix,
		    FMT_STR(t->plan->owner), date.p, FMT_STR(slug), n));
		path = doc_path_of(t->a, id);
		if ((rc = path_free(&is_free, t, path, e)))
			goto out;
	}
	buf_puts(&out, "---\n");
	line(&out, "id", id);
	line(&out, "kind", cstr(kind->name));
	line(&out, "title", title);
	line(&out, "owner", t->plan->owner);
	line(&out, "status", STR("submitted"));
	line(&out, "tlp", str_is(t->au->roster.ceiling, "TLP:CLEAR") ? STR("TLP:CLEAR") : STR("TLP:GREEN"));
	line(&out, "lang", lang);
	line(&out, "date", date);
	if (d.summary.n)
		line(&out, "summary", d.summary);
	if (strcmp(kind->name, "lesson") == 0) {
		line(&out, "category", STR("lesson"));
		line(&out, "stage", STR("observation"));
	}
	line(&out, "x-path", s->rel);
	if (fronted)
		keep_keys(&out, &scratch, &d.front);
	if (out.n > LIMIT_FRONT - 8) {
		tell(t, STR_NONE, s->rel, "its front matter is too large");
		goto out;
	}
	buf_puts(&out, "---\n");
	buf_str_add(&out, body);
	if (out.n > LIMIT_DOC)
		tell(t, STR_NONE, s->rel, "more than 256 KiB; split it");
	else if (!(rc = put(t, path, buf_str(&out), e)))
		tell(t, id, s->rel, warn_personal(t->a, text));
out:
	buf_free(&out);
	arena_free(&scratch);
	return rc;
}

static enum rc take(struct taker *t, const struct source *s, struct err *e)
{
	struct buf text = BUF_INIT;
	struct err odd = ERR_INIT;
	const char *why;
	bool is = false;
	enum rc rc = file_read(&text, s->path, LIMIT_DOC + 1, &odd);

	if (str_utf8_bad(s->rel) != s->rel.n) {
		rc = RC_OK;
		tell(t, STR_NONE, s->rel, "its name is not UTF-8; rename it");
	} else if (rc) {
		rc = RC_OK;
		why = strstr(odd.msg, ": ");
		tell(t, STR_NONE, s->rel, arena_printf(t->a, "%s", why ? why + 2 : odd.msg));
	} else if ((why = bad_text(buf_str(&text)))) {
		tell(t, STR_NONE, s->rel, why);
	} else if (!(rc = take_document(&is, t, s, buf_str(&text), e)) && !is) {
		if (str_starts(buf_str(&text), STR("\xef\xbb\xbf")))
			buf_splice(&text, 0, 3, STR_NONE);
		rc = take_foreign(t, s, buf_str(&text), e);
	}
	buf_free(&text);
	return rc;
}

static enum rc commit(struct taker *t, struct err *e)
{
	struct oid id;
	enum rc rc;

	if (t->nchanges > 1)
		qsort(t->changes, t->nchanges, sizeof *t->changes, by_path);
	if ((rc = repo_bulk_end(t->au->repo, e)))
		return rc;
	if (t->nchanges) {
		if (t->plan->progress)
			t->plan->progress(t->plan->ctx, "writing", t->taken, t->n);
		rc = author_change(&id, t->au, t->changes, t->nchanges, cstr(arena_printf(t->a, "Import %zu document%s", t->nchanges,
		    t->nchanges == 1 ? "" : "s")), STR_NONE, e);
	}
	t->nchanges = 0;
	return rc;
}

enum rc import_folder(size_t *taken, size_t *skipped, struct author *au, const struct import_plan *plan, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct taker t = { .au = au, .plan = plan, .a = &a };
	enum rc rc;
	size_t i;

	date_format(t.today, au->now);
	if (!file_is_dir(path_join(&a, plan->folder, ".")))	/* given by hand, it may be a link to one */
		rc = err_set(e, RC_INVALID, "%s: no such folder; name one with Markdown in it", plan->folder);
	else if (!(rc = repo_diff(au->repo, NULL, &au->base, prior_add, &t, e)))
		rc = collect(&t, plan->folder, "", 0, e);
	if (t.npriors)
		qsort(t.priors, t.npriors, sizeof *t.priors, by_mark);
	if (!rc)
		rc = repo_bulk_begin(au->repo, e);
	for (i = 0; i < t.n && !rc; i++) {
		if (plan->progress)
			plan->progress(plan->ctx, "importing", i, t.n);
		rc = take(&t, &t.sources[i], e);
		if (!rc && t.nchanges == LIMIT_CHANGES && !(rc = commit(&t, e)))
			rc = repo_bulk_begin(au->repo, e);
	}
	if (!rc)
		rc = commit(&t, e);
	*taken = t.taken;
	*skipped = t.skipped;
	arena_free(&a);
	return rc;
}
