/* tests/merge/replay.c: histories of one document through sync/merge.c. Reads from standard input, any number of
 * histories in one run, and answers at each `view`:
 *
 *	history KIND			begins a history; KIND: lesson, case-study ...
 *	edit ID PARENTS SIZE		the next edit, from 0: ID in hex, zeros added at the right; PARENTS: indices of
 *	TEXT				edits before it, joined by commas, or -; its past is theirs and themselves;
 *	edit ID PARENTS gone		SIZE bytes of text follow, then a line feed
 *	deny EDIT KEY			EDIT may not write KEY
 *	by EDIT OWNER ROLE		EDIT's writer is of OWNER and has ROLE: guard.h says what it may write to the document,
 *					which is bg's
 *	blind EDIT LIST			EDIT did not see these of its past: masked for it
 *	view HEADS [LIST]		the view of HEADS (indices, or - for all) and all their pasts; LIST: masked in it; made
 *					of these alone, and once more from one weave of all edits so far, which must
 *					show the same
 *
 *	here|gone written|merged SIZE CONFLICTS		the answer
 *	TEXT						SIZE bytes, a line feed
 *	conflict WHERE LINE VARIANTS			for each conflict
 *	variant SIZE ID...				for each variant; ids rising, 8 digits
 *	TEXT
 *
 * Exit status: 0; 1 when the two views differ; 2 for input it cannot read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "sync/guard.h"
#include "sync/merge.h"

struct entry { struct oid id; bool *past, *blind; struct str text; bool gone; struct member by; };
struct denial { size_t edit; struct str key; };
struct history {
	struct arena a;
	const struct kind *kind;
	struct entry *e;
	size_t n, cap;
	struct denial *d;
	size_t nd, dcap;
	struct weave *weave;		/* of the first `taken` */
	size_t taken;
};
struct asked { const struct history *h; const size_t *index; };	/* index NULL: by itself */

static _Noreturn void bad(const char *line)
{
	fprintf(stderr, "replay: cannot read: %s\n", line);
	exit(2);
}

static struct doc_path bg;

static bool may(void *ctx, size_t i, struct str key, struct str old, struct str new)
{
	const struct asked *q = ctx;
	const struct member *by;
	size_t k;

	i = q->index ? q->index[i] : i;
	by = &q->h->e[i].by;
	for (k = 0; k < q->h->nd; k++)
		if (q->h->d[k].edit == i && str_eq(q->h->d[k].key, key))
			return false;
	return !by->owner.n || guard_key(by, &bg, key, old, new);
}

static void read_by(struct history *h, char *args)
{
	char *save = NULL, *edit = strtok_r(args, " ", &save), *owner = strtok_r(NULL, " ", &save), *role = strtok_r(NULL, " ", &save);
	size_t i = edit ? strtoul(edit, NULL, 10) : SIZE_MAX;

	if (!owner || !role || i >= h->n)
		bad("by");
	h->e[i].by = (struct member){ .owner = arena_str(&h->a, cstr(owner)), .role = role_find(cstr(role)) };
}

/* Indices joined by commas, each with its past or alone, into set[0..n). */
static void read_set(bool *set, const struct history *h, char *list, bool with_past)
{
	char *save = NULL, *p, *end;
	size_t i, j;

	if (strcmp(list, "-") == 0)
		return;
	for (p = strtok_r(list, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
		i = strtoul(p, &end, 10);
		if (*end || i >= h->n)
			bad(p);
		set[i] = true;
		for (j = 0; with_past && j < i; j++)
			set[j] |= h->e[i].past[j];
	}
}

static struct str read_text(struct arena *a, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (fread(p, 1, n, stdin) != n || getchar() != '\n')
		bad("text");
	return (struct str){ p, n };
}

static void read_edit(struct history *h, char *args)
{
	struct entry x = { .gone = false };
	char *save = NULL, *id = strtok_r(args, " ", &save), *parents = strtok_r(NULL, " ", &save),
	    *size = strtok_r(NULL, " ", &save), *end, hex[3] = "";
	size_t i;

	if (!id || !parents || !size || strlen(id) % 2 || strlen(id) > OID_HEX)
		bad("edit");
	for (i = 0; id[2 * i]; i++) {
		memcpy(hex, id + 2 * i, 2);
		x.id.b[i] = (unsigned char)strtoul(hex, &end, 16);
		if (*end)
			bad(id);
	}
	x.past = arena_array(&h->a, h->n + 1, sizeof *x.past);
	read_set(x.past, h, parents, true);
	x.gone = strcmp(size, "gone") == 0;
	if (!x.gone)
		x.text = read_text(&h->a, strtoul(size, NULL, 10));
	if (h->n == h->cap)
		h->e = arena_grow(&h->a, h->e, &h->cap, sizeof *h->e);
	h->e[h->n++] = x;
}

static int by_id(const void *x, const void *y)
{
	return oid_cmp(x, y);
}

static void print_variant(const struct variant *v, const struct edit *e)
{
	struct oid *ids = xmalloc((v->n + 1) * sizeof *ids);
	char hex[OID_HEX + 1];
	size_t i;

	for (i = 0; i < v->n; i++)
		ids[i] = e[v->edits[i]].id;
	qsort(ids, v->n, sizeof *ids, by_id);
	printf("variant %zu", v->text.n);
	for (i = 0; i < v->n; i++) {
		oid_format(hex, &ids[i]);
		printf(" %.8s", hex);
	}
	putchar('\n');
	fwrite(v->text.p ? v->text.p : "", 1, v->text.n, stdout);
	putchar('\n');
	free(ids);
}

/* The view of a set from the weave of all edits, of which others are known as well. */
static void check_weave(struct history *h, const bool *set, const bool *masked, const struct merged *want, const size_t *index)
{
	struct arena a = ARENA_INIT;
	uint64_t *in = arena_array(&a, EDIT_WORDS(h->n), sizeof *in);
	struct asked *q = arena_alloc(&h->a, sizeof *q);
	struct merged m;
	bool same;
	size_t i, j, k;

	*q = (struct asked){ h, NULL };
	if (!h->weave)
		h->weave = weave_make(&h->a, &(struct merge_rules){ .kind = h->kind, .may = may, .ctx = q });
	for (; h->taken < h->n; h->taken++) {
		uint64_t *past = arena_array(&a, EDIT_WORDS(h->n), sizeof *past);
		const struct entry *x = &h->e[h->taken];

		for (j = 0; j < h->taken; j++)
			past[j / 64] |= (uint64_t)(x->past[j] && !(x->blind && x->blind[j])) << (j % 64);
		weave_add(h->weave, &(struct edit){ .id = x->id, .past = past, .text = x->text, .gone = x->gone });
	}
	for (i = 0; i < h->n; i++)
		in[i / 64] |= (uint64_t)(set[i] && !masked[i]) << (i % 64);
	weave_view(&m, h->weave, &a, in);
	same = m.here == want->here && m.as_written == want->as_written && str_eq(m.text, want->text) && m.nconflicts == want->nconflicts;
	for (i = 0; i < m.nconflicts && same; i++) {
		const struct conflict *x = &m.conflicts[i], *y = &want->conflicts[i];

		same = str_eq(x->where, y->where) && x->line == y->line && x->n == y->n;
		for (j = 0; j < x->n && same; j++) {
			same = str_eq(x->variants[j].text, y->variants[j].text) && x->variants[j].n == y->variants[j].n;
			for (k = 0; k < x->variants[j].n && same; k++)
				same = x->variants[j].edits[k] == index[y->variants[j].edits[k]];
		}
	}
	if (!same) {
		printf("weave shows %s, %zu conflicts:\n%.*s\n", m.here ? "here" : "gone", m.nconflicts, FMT_STR(m.text));
		exit(1);
	}
	arena_free(&a);
}

static void view(struct history *h, char *heads)
{
	struct arena a = ARENA_INIT;
	bool *set = arena_array(&a, h->n + 1, sizeof *set), *masked = arena_array(&a, h->n + 1, sizeof *masked);
	char *save = NULL, *without;
	size_t *index = arena_array(&a, h->n + 1, sizeof *index), n = 0, i, j;
	struct edit *e = arena_array(&a, h->n + 1, sizeof *e);
	struct asked q = { h, index };
	struct merge_rules rules = { .kind = h->kind, .may = may, .ctx = &q };
	struct merged m;
	uint64_t *bits;
	bool all, blind = false;

	heads = strtok_r(heads, " ", &save);
	if (!heads)
		bad("view");
	all = strcmp(heads, "-") == 0;
	read_set(set, h, heads, true);
	if ((without = strtok_r(NULL, " ", &save)))
		read_set(masked, h, without, false);
	for (i = 0; i < h->n; i++)
		if (all || set[i])
			index[n++] = i;
	for (i = 0; i < n; i++) {
		uint64_t *past = arena_array(&a, EDIT_WORDS(n), sizeof *past);

		blind |= h->e[index[i]].blind != NULL;
		for (j = 0; j < i; j++)
			if (h->e[index[i]].past[index[j]] && !(h->e[index[i]].blind && h->e[index[i]].blind[index[j]]))
				past[j / 64] |= (uint64_t)1 << (j % 64);
		e[i] = (struct edit){ .id = h->e[index[i]].id, .past = past, .text = h->e[index[i]].text, .gone = h->e[index[i]].gone };
	}
	bits = arena_array(&a, EDIT_WORDS(n), sizeof *bits);
	for (i = 0; i < n; i++)
		bits[i / 64] |= (uint64_t)masked[index[i]] << (i % 64);
	rules.masked = without || blind ? bits : NULL;
	merge_document(&m, &a, e, n, &rules);
	for (i = 0; i < n; i++)
		set[index[i]] = true;
	check_weave(h, set, masked, &m, index);
	printf("%s %s %zu %zu\n", m.here ? "here" : "gone", m.as_written ? "written" : "merged", m.text.n, m.nconflicts);
	fwrite(m.text.p ? m.text.p : "", 1, m.text.n, stdout);
	putchar('\n');
	for (i = 0; i < m.nconflicts; i++) {
		printf("conflict %.*s %u %zu\n", FMT_STR(m.conflicts[i].where), m.conflicts[i].line, m.conflicts[i].n);
		for (j = 0; j < m.conflicts[i].n; j++)
			print_variant(&m.conflicts[i].variants[j], e);
	}
	fflush(stdout);
	arena_free(&a);
}

int main(void)
{
	struct history h = { .kind = NULL };
	const char *why;
	char *line = NULL, *end;
	size_t cap = 0;
	ssize_t n;

	if (!doc_path_parse(&bg, STR("lessons/bg/ll-bg-2024-x.md"), &why))
		bad(why);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (strncmp(line, "history ", 8) == 0) {
			arena_free(&h.a);
			h = (struct history){ .kind = kind_find(cstr(line + 8)) };
		} else if (strncmp(line, "edit ", 5) == 0) {
			read_edit(&h, line + 5);
		} else if (strncmp(line, "deny ", 5) == 0) {
			if (h.nd == h.dcap)
				h.d = arena_grow(&h.a, h.d, &h.dcap, sizeof *h.d);
			h.d[h.nd].edit = strtoul(line + 5, &end, 10);
			h.d[h.nd++].key = arena_str(&h.a, cstr(*end ? end + 1 : end));
		} else if (strncmp(line, "by ", 3) == 0) {
			read_by(&h, line + 3);
		} else if (strncmp(line, "blind ", 6) == 0) {
			size_t i = strtoul(line + 6, &end, 10);

			if (*end != ' ' || i >= h.n)
				bad(line);
			h.e[i].blind = arena_array(&h.a, h.n, sizeof *h.e[i].blind);
			read_set(h.e[i].blind, &h, end + 1, false);
		} else if (strncmp(line, "view ", 5) == 0) {
			view(&h, line + 5);
		} else if (*line) {
			bad(line);
		}
	}
	arena_free(&h.a);
	free(line);
	return 0;
}
