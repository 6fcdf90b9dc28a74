/* sync/merge.c: see merge.h. The merge rules, version 1. (The words are those of DESIGN 5; oids are compared as
 * bytes, texts as bytes, unless said.) The files of sync/merge/ do one part each; here are rules 0, 8, 10 and the whole.
 *
 * 0. The set. The view of a document is a function of the authored commits that touched it and of which is in
 * whose past; never of the order they are learned in, of heads or of a merge base. "P" below is such a set, closed
 * under past. What an author saw is the view of his past; a lone head that was taken in whole is seen as he left it.
 *
 * 1. Units and match: units.c. A document is a front matter, if its bytes are one (kb/doc/front.h), and a body: the
 * rest, or else everything. A body whose last line has no line end is read as if it had one (that of the line before
 * it, else a line feed), unless he saw just that line last, so that what others write behind it is a new line.
 *
 * 2. What an edit did to the body. The items he saw (units, and conflict blocks as one item each) are matched with
 * those he left, a block with a block only. A line that he left and saw, but for a carriage return before its line
 * feed, is the units that he saw there (the k-th of equal lines those of the k-th, or the last, of these): so a fence
 * opened above is no change of what is below, and an editor that changes line ends changes nothing. A stretch of items
 * deleted, of units inserted, or of both between two matched items is one write. Its D is the units deleted (of a
 * block: all units of its region), its run the units inserted. The first edit (its past is empty), if it left any unit,
 * deleted the birth: a unit without text that stands in no order; so who creates one path at once writes one place. Who
 * deletes the document leaves the body.
 *
 * 3. The weave: a tree of runs. A run with D hangs to the left of D's first unit (of the birth alone: at the root).
 * A run without: behind the last unit L before it (nothing: the root; of a block: the unit before what comes next in
 * the whole order, deleted ones counted, or the last of all); if L has something to its right already, to the left
 * of the unit that comes next in the whole order, else to the right of L. (That is the Fugue tree: Weidner and
 * Kleppmann, 2023; runs stay whole and no order of arrival matters.) Runs at one place on one side: those without D
 * first, then by their units' bytes, unit by unit,
 * a row that ends sooner first, then by the least commit id among their adders in P. (By bytes, since the least
 * adder can change with P, and text that somebody saw must not change its order.) Equal runs at one place with
 * equal D are one run with several adders: a commit joins the first that has no adder in its past.
 *
 * 4. A unit is visible in P while a commit in P added it and none deleted it.
 *
 * 5. Conflict regions, of the writes by commits in P that no commit in P settled (rule 6). Two overlap when their
 * commits are concurrent, they are not one (one run; or both without, and equal D), and either a unit that one deleted
 * was deleted or added by the other, or one is an insertion into a line, table or fence (of what its commit left it has
 * units that the commit did not add) and the other deleted all of these. A variant written anew overlaps with all it
 * stood beside. Overlapping writes are one region, their D and runs its units; and with them, again and again until
 * nothing is added: every write whose D meets the region's units; every insertion between two units of the region by
 * somebody who had one of its writes in his past; every insertion into a line, table or fence that has a unit of the
 * region, by a commit concurrent with one of its commits; the units of every line, table and fence (blocks apart) that
 * a commit of the region left with a unit of the region in it. Regions that share a unit or a write are one. The live
 * commits of a region are those of its commits that are in no other's past. A live commit's variant is the row of the
 * region's units that it left. Where it left blocks of the region, it has as many rows as the largest has variants, the
 * k-th with the k-th variant of each, or the last; but a variant counts only (while another of its block does) if the
 * commit wrote it anew, or if one of those it is of is a commit of the region, and in the past of none of the region's
 * that the live one did not know and that left no block of it. A row is by the commits of its block variants, and by
 * the live one if it has other units. Equal texts count once; one text: the region shows it (as its least commit id
 * left it, in the order of the weave), there is no conflict. Several: a block at the place of the region's first unit,
 * variants sorted by their bytes; what else is visible between its units follows behind it.
 *
 * 6. The block: a line of each mark, <!-- conflict -->, <!-- or --> between variants, <!-- /conflict -->; a variant
 * that does not end in a line feed gets one; a line of a variant that is a mark, or backslashes and a mark, gets one
 * more backslash. A line feed goes before it where it would not begin a line, and belongs to it. Who left a block with
 * its variants as they were (carriage returns at line ends and backslashes apart) wrote nothing to it. Who left one
 * with as many, of which one alone differs from what he saw, wrote that variant anew: D is all units of the region, the
 * run hangs to the left of the first, the writes of that variant's commits are settled, and it stands beside the others
 * of the region. Who left neither, or moved it, settled it: all its writes are settled, the text he left stands.
 *
 * 7. Front matter. A key that the kind lists as a list is a set: an element is in while one add of it in P is in the
 * past of no remove of it. Any other key is a register: a write is live until one that saw it writes; equal values
 * (decoded, NFC) count once; several: the least bytes at NAME, the others at NAME@2 and on, a removed key last and
 * empty. Each value he left that he did not see is a write; if there is none, yet one he saw is missing, the first
 * that he left is, or its absence. It overwrites what he saw and did not leave beside it. tlp: the most restrictive
 * live value; status: the latest; of equal rank the least bytes; who overwrites it overwrites all live ones. A
 * write of a guarded key without the right is none.
 *
 * 8. The document is there while one live commit left it there; if another live one deleted it, the last line of
 * its front matter is "gone@2: yes", until somebody removes the line (it stays) or the document (it goes). Live:
 * in no other's past, but for those who saw that line and left it. The line is no key.
 *
 * 9. The whole file, when P has several heads (or a head that was not taken in whole): keys in the order of the head
 * of the least id, then those of the other heads, by id, each behind the key before it there (the first: first),
 * then, sorted, those of no head; a value's bytes as the least commit id of its live writes has them; a set as the
 * first head that has just these elements, else in brackets, sorted; before each key the comments and empty lines
 * that the first head which has it has there, and behind the last those of the first head with a front matter. No
 * front matter, if there is nothing of all this. The line end of a last line is left out, if of the heads that
 * left its last unit last none has it.
 *
 * 10. A masked commit (standing.c) is not in P, though others may have it in their past: they saw what it wrote. It
 * deletes, overwrites, settles nothing and is no head. A unit that masked commits alone added is not visible and in no
 * row of rule 5, but keeps its place, and so does what hangs on it. A write of a key that a masked one overwrote is not
 * live if somebody overwrote that one.
 */
#include "sync/merge.h"

#include "sync/merge/parts.h"

static size_t *heads_of(const struct merge *m, struct arena *a, const uint64_t *p, size_t *n)
{
	size_t *out = arena_array(a, m->n, sizeof *out), i, j, k = 0, t;

	for (i = 0; i < m->n; i++) {
		if (!bit(p, i))
			continue;
		for (j = i + 1; j < m->n && !(bit(p, j) && before(m, i, j)); j++)
			;
		if (j < m->n)
			continue;
		for (t = k++; t > 0 && oid_cmp(&m->e[out[t - 1]].id, &m->e[i].id) > 0; t--)
			out[t] = out[t - 1];
		out[t] = i;
	}
	*n = k;
	return out;
}

/* Presence: heads decide, since every edit writes it, but for those who left the note of a conflict as it was. */
static bool wrote_presence(const struct merge *m, size_t i, const uint64_t *p)
{
	size_t j;

	if (!bit(p, i) || (m->state[i].note && !m->state[i].gone))
		return false;
	for (j = i + 1; j < m->n; j++)
		if (bit(p, j) && before(m, i, j) && !(m->state[j].note && !m->state[j].gone))
			return false;
	return true;
}

static void presence(const struct merge *m, const uint64_t *p, bool *here, bool *note)
{
	bool gone = false;
	size_t i;

	*here = false;
	for (i = 0; i < m->n; i++) {
		if (!wrote_presence(m, i, p))
			continue;
		if (m->state[i].gone)
			gone = true;
		else
			*here = true;
	}
	*note = *here && gone;
}

static struct conflict presence_conflict(const struct merge *m, const uint64_t *p, unsigned line)
{
	struct conflict c = { STR("gone"), line, arena_array(m->a, 2, sizeof *c.variants), 2 };
	struct list edits[2] = { 0 };
	size_t i;

	for (i = 0; i < m->n; i++)
		if (wrote_presence(m, i, p))
			list_put(&edits[m->state[i].gone], m->a, i);
	c.variants[0] = (struct variant){ STR("here"), edits[0].v, edits[0].n };
	c.variants[1] = (struct variant){ STR("gone"), edits[1].v, edits[1].n };
	return c;
}

/* Have heads left this unit last, and none of them a line end behind it? */
static bool unended(const struct merge *m, size_t unit, const size_t *heads, size_t nheads)
{
	bool any = false;
	size_t i;

	for (i = 0; i < nheads; i++) {
		const struct state *st = &m->state[heads[i]];

		if (st->gone || !st->items.n || st->items.v[st->items.n - 1].block || st->items.v[st->items.n - 1].unit != unit)
			continue;
		if (!st->unended)
			return false;
		any = true;
	}
	return any;
}

static struct str file_of(struct merged *out, const struct merge *m, const uint64_t *p, const struct items *items,
    const size_t *heads, size_t nheads, bool note)
{
	struct arena s = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t i, j, ccap = 0;
	unsigned gone_line;
	struct str text;

	gone_line = front_write(out, &ccap, &b, m, &s, p, heads, nheads, note);
	if (note)
		conflict_add(out, &ccap, m->a, presence_conflict(m, p, gone_line));
	for (i = 0; i < items->n; i++) {
		const struct block *k = items->v[i].block;

		if (k) {
			struct conflict c = { .where = STR("passage"), .line = front_line(&b) + k->lead, .n = k->n };

			c.variants = arena_array(m->a, k->n, sizeof *c.variants);
			for (j = 0; j < k->n; j++)
				c.variants[j] = (struct variant){ k->v[j].text, k->v[j].edits.v, k->v[j].edits.n };
			conflict_add(out, &ccap, m->a, c);
		}
		buf_str_add(&b, k ? k->bytes : m->units[items->v[i].unit].text);
	}
	if (items->n && !items->v[items->n - 1].block && unended(m, items->v[items->n - 1].unit, heads, nheads)) {
		b.n -= b.p[b.n - 1] == '\n';
		b.n -= b.n && b.p[b.n - 1] == '\r';
	}
	text = b.n ? arena_str(m->a, buf_str(&b)) : STR("");
	buf_free(&b);
	arena_free(&s);
	return text;
}

static bool taken_whole(const struct merge *m, const uint64_t *p, const size_t *heads, size_t n)
{
	size_t i;

	if (n != 1 || !m->state[heads[0]].whole)
		return false;
	for (i = 0; i < heads[0]; i++)		/* what he saw may be masked by now */
		if (bit(m->e[heads[0]].past, i) && !bit(p, i))
			return false;
	return true;
}

/* The items P shows: as a lone head left them, else rendered. */
static struct items items_of(const struct merge *m, const uint64_t *p, const size_t *heads, size_t n)
{
	if (n == 0)
		return (struct items){ 0 };
	if (taken_whole(m, p, heads, n) && !m->state[heads[0]].gone)
		return m->state[heads[0]].items;
	return items_shown(m, p);
}

/* With a line end behind its last line, unless that is the last he saw. */
static struct str ended(const struct merge *m, struct arena *scratch, const struct items *seen, struct str body)
{
	struct buf b = BUF_INIT;
	struct list row = { 0 };
	size_t i, k = seen->n;

	for (i = body.n; i && body.p[i - 1] != '\n'; i--)
		;
	if (i == body.n)
		return body;
	for (; k && !seen->v[k - 1].block && !ends_line(m->units[seen->v[k - 1].unit].text); k--)
		;
	for (; k < seen->n; k++)
		list_put(&row, scratch, seen->v[k].unit);
	if (!str_eq(weave_text(m, scratch, &row), str_sub(body, i, body.n))) {
		buf_str_add(&b, body);
		buf_puts(&b, i > 1 && body.p[i - 2] == '\r' ? "\r\n" : "\n");
		body = arena_str(m->a, buf_str(&b));
		buf_free(&b);
	}
	return body;
}

static void take_edit(struct merge *m, size_t i)
{
	struct arena s = ARENA_INIT;
	struct state *st = &m->state[i];
	size_t j, n, *heads = heads_of(m, &s, m->e[i].past, &n);
	struct items seen = items_of(m, m->e[i].past, heads, n);
	struct str body;
	bool here, noted;

	st->whole = true;
	st->gone = m->e[i].gone;
	if (st->gone) {
		st->items = seen;
	} else {
		presence(m, m->e[i].past, &here, &noted);
		body = keys_parse(m, st, m->e[i].text, noted);
		keys_take(m, i, st);
		st->unended = body.n && body.p[body.n - 1] != '\n';
		items_take(m, i, &seen, ended(m, &s, &seen, body), &st->items);
	}
	for (j = 0; j < st->items.n; j++)
		if (st->items.v[j].block)
			list_put(&st->blocks, m->a, j);
	arena_free(&s);
}

struct weave { struct merge m; };

struct weave *weave_make(struct arena *a, const struct merge_rules *rules)
{
	struct weave *w = arena_alloc(a, sizeof *w);
	struct merge *m = &w->m;

	*m = (struct merge){ .a = a, .rules = *rules };
	m->units = arena_grow(a, m->units, &m->units_cap, sizeof *m->units);
	m->units[m->nunits++] = (struct unit){ .text = STR(""), .run = NONE };	/* BIRTH */
	return w;
}

void weave_add(struct weave *w, const struct edit *e)
{
	struct merge *m = &w->m;
	uint64_t *past;
	size_t i;

	if (EDIT_WORDS(m->n + 1) > m->words) {		/* wider sets */
		size_t words = m->words ? 2 * m->words : 1;

		for (i = 0; i < m->n; i++) {
			past = arena_array(m->a, words, sizeof *past);
			memcpy(past, m->e[i].past, m->words * sizeof *past);
			m->e[i].past = past;
		}
		m->words = words;
	}
	if (m->n == m->e_cap)
		m->e = arena_grow(m->a, m->e, &m->e_cap, sizeof *m->e);
	if (m->n == m->state_cap)
		m->state = arena_grow(m->a, m->state, &m->state_cap, sizeof *m->state);
	past = arena_array(m->a, m->words, sizeof *past);
	if (m->n)
		memcpy(past, e->past, EDIT_WORDS(m->n) * sizeof *past);
	m->e[m->n] = *e;
	m->e[m->n].past = past;
	m->state[m->n] = (struct state){ 0 };
	m->n++;
	take_edit(m, m->n - 1);
}

void weave_view(struct merged *out, const struct weave *w, struct arena *a, const uint64_t *in)
{
	struct merge m = w->m;		/* what is taken stays; what is shown lives elsewhere */
	struct arena s = ARENA_INIT;
	uint64_t *p = arena_array(&s, m.words + 1, sizeof *p);
	size_t i, nheads, *heads;
	struct items items;
	bool note = false;

	*out = (struct merged){ .text = STR("") };
	m.a = a;
	for (i = 0; i < EDIT_WORDS(m.n); i++)
		p[i] = in[i];
	heads = heads_of(&m, &s, p, &nheads);
	presence(&m, p, &out->here, &note);
	out->as_written = taken_whole(&m, p, heads, nheads);
	if (out->here) {
		items = items_of(&m, p, heads, nheads);
		out->text = file_of(out, &m, p, &items, heads, nheads, note);
		if (out->as_written)		/* the same bytes, and what conflicts are open in them */
			out->text = m.e[heads[0]].text;
	}
	arena_free(&s);
}

void merge_document(struct merged *out, struct arena *a, const struct edit *edits, size_t n, const struct merge_rules *rules)
{
	struct weave *w = weave_make(a, rules);
	uint64_t *in = arena_array(a, EDIT_WORDS(n), sizeof *in);
	size_t i;

	for (i = 0; i < n; i++) {
		weave_add(w, &edits[i]);
		if (!rules->masked || !bit(rules->masked, i))
			in[i / 64] |= (uint64_t)1 << (i % 64);
	}
	weave_view(out, w, a, in);
}
