/* render/changes.c: see changes.h.
 *
 * Two texts are compared as a reader sees them: both are laid out as pages are (so what is left out of a page is left
 * out here), cut into blocks (paragraphs, items, cells), the blocks compared, and within blocks that differ the words.
 * Nothing of an exercise is compared, whose players must not see what facilitators do; nor of translations, whose
 * fitness hangs on another document's history. */
#include "render/changes.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/date.h"
#include "kb/base/diff.h"
#include "kb/limits.h"
#include "render/body.h"
#include "render/facts.h"
#include "render/kept_io.h"
#include "render/lists.h"
#include "sync/sync.h"

#define REVISIONS_SHOWN 50		/* in one document's history */
#define DIFF_MAX ((size_t)64 << 10)	/* bytes of one document's differences */

struct past {				/* of one document */
	const struct revision *v;	/* the newest first; those since which all were fit */
	size_t n;
	size_t older;			/* fit revisions before `since`: v[n - older] is the text of then */
	struct str old;			/* the text as it was at `since`; STR_NONE: new since */
	struct oid old_blob;
	bool changed, new;		/* since then */
};
struct changes {
	struct past *of;		/* by the document's number in the copy */
	const struct entry **v;		/* new ones, then changed ones; of each the newest first */
	size_t n, new;
	const struct entry *meeting;	/* the last one held, or NULL: since the beginning */
	int64_t since;
	bool moved;			/* changes_moved */
};

bool changes_have(const struct copy *c)
{
	return c->changes != NULL;
}

size_t changes_count(const struct copy *c)
{
	return c->changes ? c->changes->n : 0;
}

/* ---- loading ---- */

static void last_meeting(struct changes *ch, const struct copy *c)
{
	const struct use_of *u;
	int64_t first, last;
	size_t n, i;

	u = of_kind(&n, c, "meeting");
	for (i = 0; i < n; i++) {
		struct str end = key_text(u[i].entry, "end");

		if (u[i].entry == c->meeting || !str_is(key_text(u[i].entry, "stage"), "held") ||
		    !date_parse(&first, &last, end.n ? end : key_text(u[i].entry, "start")))
			continue;
		if (!ch->meeting || (last + 1) * 86400 > ch->since) {
			ch->meeting = u[i].entry;
			ch->since = (last + 1) * 86400;
		}
	}
}

/* The text of a revision, if the audience could have had it. */
static bool fit(struct buf *text, const struct copy *c, struct repo *repo, const struct entry *e, const struct oid *blob)
{
	struct err err = ERR_INIT;

	buf_clear(text);
	return !oid_is_none(blob) && !repo_read(text, repo, blob, OBJECT_BLOB, LIMIT_VIEW, &err) &&
	    copy_fit(c, e->kind, buf_str(text));
}

/* all[0..n): the revisions of one document, newest first. Those from `known` on are fit, but for those of the blob *but, which was
 * not looked at. */
static void judge(struct past *p, struct copy *c, struct repo *repo, const struct entry *e, const struct revision *all,
    size_t n, size_t known, const struct oid *but, int64_t since)
{
	struct buf text = BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		bool read = i < known || oid_eq(&all[i].new, but) || (all[i].time < since && !p->older);

		if (!oid_eq(&all[i].new, &e->blob) && read && !fit(&text, c, repo, e, &all[i].new))
			break;
		p->n++;
		if (all[i].time < since) {
			p->older++;
			if (p->older == 1 && i > 0) {	/* the text at the meeting */
				if (oid_eq(&all[i].new, &e->blob))
					buf_clear(&text);
				else
					p->old = arena_str(&c->arena, buf_str(&text));
				p->old_blob = all[i].new;
			}
		}
	}
	p->v = all;
	p->new = p->n > 0 && p->older == 0;
	p->changed = p->older > 0 && p->older < p->n;
	buf_free(&text);
}

/* Which ones are shown, and in what order. */
static void arrange(struct changes *ch, struct copy *c)
{
	size_t i, pass;

	ch->n = 0;
	ch->v = arena_array(&c->arena, c->n, sizeof *ch->v);
	for (pass = 0; pass < 2; pass++) {
		size_t from = ch->n;

		for (i = 0; i < c->n; i++)
			if (pass == 0 ? ch->of[i].new : ch->of[i].changed)
				ch->v[ch->n++] = c->v[i];
		if (ch->n > from)
			qsort(ch->v + from, ch->n - from, sizeof *ch->v, by_newest);
		if (pass == 0)
			ch->new = ch->n;
	}
}

struct reading {
	const char *dir;
	struct oid main;
	struct repo *repo;
	struct revision *v;
	size_t n;
	struct arena a;			/* becomes the copy's */
	enum rc rc;
	struct err err;
	pthread_t thread;
	bool running;
};

static void *read_history(void *arg)
{
	struct reading *r = arg;

	if (!(r->rc = repo_open(&r->repo, r->dir, &r->err)))
		r->rc = sync_revisions(&r->v, &r->n, &r->a, r->repo, &r->main, &r->err);
	return NULL;
}

struct reading *changes_begin(const char *dir, const struct oid *main)
{
	struct reading *r = xmalloc(sizeof *r);

	*r = (struct reading){ .dir = dir, .main = *main, .a = ARENA_INIT, .err = ERR_INIT };
	r->running = pthread_create(&r->thread, NULL, read_history, r) == 0;
	if (!r->running)
		read_history(r);
	return r;
}

void changes_cancel(struct reading *r)
{
	if (!r)
		return;
	if (r->running)
		pthread_join(r->thread, NULL);
	repo_close(r->repo);
	arena_free(&r->a);
	free(r);
}

enum rc changes_load(struct copy *c, struct reading *r, struct err *e)
{
	struct changes *ch = arena_alloc(&c->arena, sizeof *ch);
	const struct entry *of;
	size_t i, end;
	enum rc rc;

	if (r->running)
		pthread_join(r->thread, NULL);
	r->running = false;
	if ((rc = r->rc)) {
		*e = r->err;
		goto out;
	}
	arena_join(&c->arena, &r->a);
	last_meeting(ch, c);
	ch->of = arena_array(&c->arena, c->n, sizeof *ch->of);
	for (i = 0; i < r->n; i = end) {
		for (end = i; end < r->n && str_eq(r->v[end].name, r->v[i].name); end++)
			;
		if ((of = copy_find(c, r->v[i].name)) && of->original == of && !of->broken)
			judge(&ch->of[of->number], c, r->repo, of, r->v + i, end - i, end - i, &of->blob, ch->since);
	}
	arrange(ch, c);
	c->changes = ch;
out:
	changes_cancel(r);
	return rc;
}

#define COMMITS_MORE 64			/* by which a build goes on; with more it begins anew */

enum rc changes_go_on(struct copy *c, struct repo *repo, const struct oid *main, struct err *e)
{
	struct changes *ch = c->changes;
	struct revision *v = NULL, *all;
	size_t n = 0, i, end;
	enum rc rc;

	ch->moved = false;
	if ((rc = sync_revisions_since(&v, &n, &c->arena, repo, main, &c->since, COMMITS_MORE, e)))
		return rc;
	for (i = 0; i < n; i = end) {
		const struct entry *of = copy_find(c, v[i].name);
		struct past was, *past;

		for (end = i; end < n && str_eq(v[end].name, v[i].name); end++)
			;
		if (of && !copy_differs(c, of))
			return err_set(e, RC_NOTFOUND, "too many documents");
		if (!of || of->original != of || of->broken)
			continue;
		past = &ch->of[of->number];
		was = *past;
		all = arena_array(&c->arena, end - i + was.n, sizeof *all);
		memcpy(all, v + i, (end - i) * sizeof *all);
		if (was.n)
			memcpy(all + (end - i), was.v, was.n * sizeof *all);
		*past = (struct past){ .n = 0 };
		judge(past, c, repo, of, all, end - i + was.n, end - i, &v[end - 1].old, ch->since);
		ch->moved |= was.new != past->new || was.changed != past->changed;
	}
	if (ch->moved)
		arrange(ch, c);
	return RC_OK;
}

struct changes *changes_walk(struct image *x, struct arena *a, const struct copy *c, struct entry *to)
{
	struct changes ch = *c->changes;
	const struct entry **v = arena_array(a, ch.n, sizeof *v);
	struct past *of = arena_array(a, c->n, sizeof *of);
	size_t i, k;

	for (i = 0; i < ch.n; i++)
		v[i] = image_into(ch.v[i], c->all, to);
	ch.v = image_array(x, v, ch.n, sizeof *v);
	ch.meeting = image_into(ch.meeting, c->all, to);
	for (i = 0; i < c->n; i++) {
		struct revision *r = arena_array(a, ch.of[i].n, sizeof *r);

		of[i] = ch.of[i];
		image_strs(x, &of[i].old, 1);
		for (k = 0; k < of[i].n; k++) {
			r[k] = of[i].v[k];
			image_strs(x, &r[k].name, 1);
			image_strs(x, &r[k].node, 1);
		}
		of[i].v = image_array(x, of[i].v ? r : NULL, of[i].n, sizeof *r);
	}
	ch.of = image_array(x, of, c->n, sizeof *of);
	return image_array(x, &ch, 1, sizeof ch);
}

void changes_of(struct buf *b, const struct copy *c, const struct entry *e)
{
	const struct past *past;
	size_t i;

	if (!c->changes || !e->in || e->original != e)
		return;
	past = &c->changes->of[e->number];
	kept_put_u32(b, past->n);
	kept_put_u32(b, past->changed << 1 | past->new);
	buf_add(b, past->old_blob.b, sizeof past->old_blob.b);
	for (i = 0; i < past->n && i < REVISIONS_SHOWN; i++) {
		kept_put_u64(b, (uint64_t)past->v[i].time);
		kept_put_str(b, past->v[i].node);
	}
}

void changes_of_page(struct buf *b, const struct copy *c, size_t page)
{
	const struct changes *ch = c->changes;
	size_t i;

	if (!ch)
		return;
	buf_printf(b, "%zu %zu %.*s ", ch->n, ch->new, FMT_STR(ch->meeting ? ch->meeting->name : STR_NONE));
	for (i = (page - 1) * LIST_PAGE; i < ch->n && i < page * LIST_PAGE; i++) {
		buf_str_add(b, ch->v[i]->name);
		buf_putc(b, ' ');
		changes_of(b, c, ch->v[i]);
	}
}

bool changes_page_has(const struct copy *c, size_t page, const struct str *names, size_t n)
{
	const struct changes *ch = c->changes;
	size_t i, k;

	for (k = 0; ch && k < n; k++) {
		const struct entry *e = copy_find(c, names[k]);

		for (i = (page - 1) * LIST_PAGE; e && i < ch->n && i < page * LIST_PAGE; i++)
			if (ch->v[i] == e)
				return true;
	}
	return false;
}

bool changes_moved(const struct copy *c)
{
	return c->changes && c->changes->moved;
}

/* ---- comparing ---- */

struct strs {
	struct str *v;
	size_t n, cap;
};

static void strs_add(struct strs *s, struct arena *a, struct str one)
{
	if (s->n == s->cap)
		s->v = arena_grow(a, s->v, &s->cap, sizeof *s->v);
	s->v[s->n++] = one;
}

static bool is_block(struct str name)
{
	return word_in("p h2 h3 h4 h5 h6 li td th pre blockquote tr div", name);
}

/* The texts between the tags of blocks, still escaped, blanks made one. What the page itself says of a conflict, in its own
 * language (body.c: "which"), has a line end in front, as no other has. */
static struct strs blocks(struct arena *a, struct str html)
{
	struct strs to = { NULL, 0, 0 };
	struct buf b = BUF_INIT;
	size_t i = 0, from;
	bool own = false, next = false;

	while (i <= html.n) {
		char ch = i < html.n ? html.p[i] : '<';
		bool ends = i == html.n;

		if (ch == '<' && !ends) {
			from = ++i;
			from += from < html.n && html.p[from] == '/';
			for (i = from; i < html.n && html.p[i] != '>' && html.p[i] != ' '; i++)
				;
			ends = is_block(str_sub(html, from, i));
			next = str_starts(str_sub(html, from, html.n), STR("p class=\"which\""));
			while (i < html.n && html.p[i] != '>')
				i++;
			i++;
		} else if (!ends) {
			if (ch == ' ' || ch == '\n' || ch == '\t') {
				if (b.n && b.p[b.n - 1] != ' ')
					buf_putc(&b, ' ');
			} else {
				buf_putc(&b, ch);
			}
			i++;
		} else {
			i++;
		}
		if (ends) {
			struct str text = str_trim(buf_str(&b));

			if (text.n)
				strs_add(&to, a, arena_str(a, own ? buf_str(&b) : text));
			buf_clear(&b);
			if ((own = next))
				buf_putc(&b, '\n');
		}
	}
	buf_free(&b);
	return to;
}

/* Words, each with the blank behind it. */
static struct strs words_of(struct arena *a, struct str text)
{
	struct strs to = { NULL, 0, 0 };
	size_t i, from = 0;

	for (i = 0; i < text.n; i++)
		if (text.p[i] == ' ') {
			strs_add(&to, a, str_sub(text, from, i + 1));
			from = i + 1;
		}
	if (from < text.n)
		strs_add(&to, a, str_sub(text, from, text.n));
	return to;
}

/* In front of what is gone (tag "del") or new ("ins"): a sign, and a word for those who hear the page; no meaning
 * hangs on the colour. */
static void side_begin(struct page *p, const char *tag)
{
	bool ins = tag[0] == 'i';

	buf_printf(p->b, "<%s><span class=\"sign\" aria-hidden=\"true\">%s</span><span class=\"hear\">", tag, ins ? "+" : "−");
	page_t(p, ins ? "diff.added" : "diff.removed");
	page_puts(p, " </span>");
}

static void run_of(struct page *p, const char *tag, const struct strs *w, size_t from, size_t to)
{
	side_begin(p, tag);
	while (from < to)
		buf_str_add(p->b, w->v[from++]);
	buf_printf(p->b, "</%s>", tag);
}

static void words_diff(struct page *p, struct str old, struct str new)
{
	struct arena a = ARENA_INIT;
	struct strs x = words_of(&a, old), y = words_of(&a, new);
	char *del = arena_alloc(&a, x.n + 1), *ins = arena_alloc(&a, y.n + 1);
	size_t i = 0, j = 0, from;

	diff_strs(del, ins, x.v, x.n, y.v, y.n);
	while (i < x.n || j < y.n) {
		if (i < x.n && del[i]) {
			for (from = i; i < x.n && del[i]; i++)
				;
			run_of(p, "del", &x, from, i);
		} else if (j < y.n && ins[j]) {
			for (from = j; j < y.n && ins[j]; j++)
				;
			run_of(p, "ins", &y, from, j);
		} else {
			buf_str_add(p->b, y.v[j]);
			i++;
			j++;
		}
	}
	arena_free(&a);
}

/* Blocks i..ie of the old text stand where j..je of the new do: pair them in order. */
static void blocks_diff(struct page *p, struct str lang, const struct strs *x, size_t i, size_t ie, const struct strs *y,
    size_t j, size_t je)
{
	while (i < ie || j < je) {
		struct str was = i < ie ? x->v[i] : STR_NONE, is = j < je ? y->v[j] : STR_NONE;
		bool own = str_starts(is.n ? is : was, STR("\n"));

		page_puts(p, "<p class=\"hunk\"");
		page_lang(p, own ? p->t->lang : lang);
		page_puts(p, ">");
		words_diff(p, str_trim(was), str_trim(is));
		page_puts(p, "</p>\n");
		i += i < ie;
		j += j < je;
	}
}

static bool same_values(const struct key *a, const struct key *b)
{
	size_t i;

	if (!a || !b || a->n != b->n)
		return (!a || !a->n) && (!b || !b->n);
	for (i = 0; i < a->n && str_eq(a->values[i], b->values[i]); i++)
		;
	return i == a->n;
}

static bool key_side(struct page *p, const char *tag, const struct entry *e, const char *key)
{
	size_t before = p->b->n;

	side_begin(p, tag);
	if (!page_values(p, e, key)) {
		page_cut(p, before);
		return false;
	}
	buf_printf(p->b, "</%s> ", tag);
	return true;
}

/* Keys that changed, old and new values; what may not be named is not. */
static void keys_diff(struct page *p, const struct entry *old, const struct entry *new)
{
	const struct key_rule *tables[2] = { new->kind->keys, common_keys }, *r;
	size_t t, before;
	bool shown;

	for (t = 0; t < 2; t++)
		for (r = tables[t]; r->name; r++) {
			const struct key *a = front_key(&old->doc.front, r->name), *b = front_key(&new->doc.front, r->name);

			if (word_in("id kind lint-ok", cstr(r->name)) || kind_key(new->kind, cstr(r->name)) != r || same_values(a, b))
				continue;
			before = p->b->n;
			page_puts(p, "<p class=\"hunk\"><b>");
			page_t_of(p, "key", cstr(r->name));
			page_puts(p, ":</b> ");
			shown = key_side(p, "del", old, r->name);
			shown |= key_side(p, "ins", new, r->name);
			page_puts(p, "</p>\n");
			if (!shown)
				page_cut(p, before);
		}
}

static struct str laid_out(struct page *p, struct arena *a, const struct entry *e)
{
	struct buf html = BUF_INIT, *page = p->b;
	struct err err = ERR_INIT;
	struct str s = STR_NONE;

	p->b = &html;
	if (body_render(p, e, false, &err) == RC_OK)	/* a text that cannot be laid out is not compared */
		s = arena_str(a, buf_str(&html));
	p->b = page;
	buf_free(&html);
	return s;
}

static void differences(struct page *p, const struct entry *e, const struct past *past)
{
	struct arena a = ARENA_INIT;
	struct entry old = *e;
	struct err err = ERR_INIT;
	struct place at;
	struct strs x, y;
	char *del, *ins;
	size_t i = 0, j = 0, ie, je, begin = p->b->n;

	if (is_kind(e, "exercise") || !past->old.n || doc_parse(&old.doc, &at, &a, past->old, &err))
		goto out;
	old.original = &old;
	page_puts(p, "<div class=\"diff\">\n");
	keys_diff(p, &old, e);
	x = blocks(&a, laid_out(p, &a, &old));
	y = blocks(&a, laid_out(p, &a, e));
	del = arena_alloc(&a, x.n + 1);
	ins = arena_alloc(&a, y.n + 1);
	diff_strs(del, ins, x.v, x.n, y.v, y.n);
	while ((i < x.n || j < y.n) && p->b->n - begin < DIFF_MAX) {
		for (ie = i; ie < x.n && del[ie]; ie++)
			;
		for (je = j; je < y.n && ins[je]; je++)
			;
		if (ie > i || je > j) {
			blocks_diff(p, e->lang, &x, i, ie, &y, j, je);
			i = ie;
			j = je;
		} else {
			i++;
			j++;
		}
	}
	page_puts(p, "</div>\n");
out:
	arena_free(&a);
}

static void details(struct page *p, const struct entry *e, const struct past *past)
{
	size_t begin = p->b->n, inside;

	page_puts(p, "<details><summary>");
	page_t(p, "changes.what");
	page_puts(p, "</summary>\n");
	inside = p->b->n;
	differences(p, e, past);
	if (p->b->n == inside)
		page_cut(p, begin);
	else
		page_puts(p, "</details>\n");
}

/* ---- pages ---- */

void changes_history(struct page *p, const struct entry *e)
{
	const struct past *past;
	char day[11];
	size_t i;
	bool nameless = str_is(front_text(&e->original->doc.front, "attribution"), "none");

	facts_note(p->c->watch, FACT_PAST, 0, 0, e->name);
	if (!p->c->changes || e->original != e)
		return;
	past = &p->c->changes->of[e->number];
	if (!past->n)
		return;
	page_puts(p, "<ol class=\"revisions\">\n");
	for (i = 0; i < past->n && i < REVISIONS_SHOWN; i++) {
		const struct revision *r = &past->v[i];

		date_format(day, r->time);
		buf_printf(p->b, "<li><bdi dir=\"ltr\">%s</bdi> ", day);
		page_t(p, i + 1 == past->n ? "changes.first" : "changes.changed");
		if (r->node.n && !nameless) {
			page_puts(p, " – ");
			page_owner(p, str_sub(r->node, 0, str_chr(r->node, '-')));
		}
		page_puts(p, "</li>\n");
	}
	page_puts(p, "</ol>\n");
	if (past->changed)
		details(p, e, past);
}

static void since(struct page *p, const char *key)
{
	const struct changes *ch = p->c->changes;

	if (!ch->meeting)
		return;
	page_t_before(p, key);
	page_link(p, ch->meeting);
	page_t_after(p, key);
}

void changes_summary(struct page *p)
{
	const struct changes *ch = p->c->changes;

	if (!ch)
		return;
	page_puts(p, "<p>");
	since(p, "changes.since");
	buf_printf(p->b, " <a href=\"%schanges.html\">", p->up);
	page_t_number(p, "changes.new", ch->new);
	page_comma(p);
	page_t_number(p, "changes.count", ch->n - ch->new);
	page_puts(p, "</a></p>\n");
}

enum rc changes_write(struct page *p, struct page_head *h, struct str file, struct err *e)
{
	const struct changes *ch = p->c->changes;
	struct str number = str_sub(file, strlen("changes."), file.n - strlen("html"));
	uint64_t n = 1;
	size_t i, from, to;

	if (!str_is(file, "changes.html") && (!str_ends(file, STR(".html")) || !number.n ||
	    !str_u64(&n, str_sub(number, 0, number.n - 1)) || n < 2 || number.p[0] == '0'))
		return err_set(e, RC_NOTFOUND, "%.*s: not in this copy", FMT_STR(file));
	from = (size_t)(n - 1) * LIST_PAGE;
	to = from + LIST_PAGE < ch->n ? from + LIST_PAGE : ch->n;
	if (n > 1 && from >= ch->n)
		return err_set(e, RC_NOTFOUND, "%.*s: not in this copy", FMT_STR(file));
	facts_note(p->c->watch, FACT_CHANGES, 0, (size_t)n, STR_NONE);
	page_begin(p, h);
	page_h(p, 1, "changes");
	page_puts(p, "<p>");
	since(p, "changes.since");
	page_puts(p, "</p>\n<p class=\"quiet\">");
	page_t_number(p, "changes.new", ch->new);
	page_comma(p);
	page_t_number(p, "changes.count", ch->n - ch->new);
	page_puts(p, "</p>\n");
	for (i = from; i < to; i++) {
		if (i == from || i == ch->new) {
			page_puts(p, i > from ? "</ul>\n" : "");
			page_h(p, 2, i < ch->new ? "changes.new.title" : "changes.changed.title");
			page_puts(p, "<ul class=\"list\">\n");
		}
		page_item(p, ch->v[i], i < ch->new);
		if (i >= ch->new) {
			page_cut(p, p->b->n - strlen("</li>\n"));
			details(p, ch->v[i], &ch->of[ch->v[i]->number]);
			page_puts(p, "</li>\n");
		}
	}
	page_puts(p, to > from ? "</ul>\n" : "");
	lists_pager(p, STR("changes"), ch->n, (size_t)n);
	page_end(p);
	return RC_OK;
}
