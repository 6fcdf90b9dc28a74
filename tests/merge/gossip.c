/* tests/merge/gossip.c: random histories of many nodes in one process, without transport: what a node knows is a
 * graph of its own over one store of objects, and "sync" is reading another's main, now or as it was a while ago.
 *
 *	gossip [SEEDS=20 [NODES=6 [STEPS=60 [FIRST=1]]]]
 *
 * Nodes change lines, keys and sets, create and delete documents, two of them at one path, set texts back to older
 * ones, repeat what another did, settle conflicts by hand or write inside them; the Secretariat admits nodes while
 * others work; a node is restored from an older copy and goes on with the same key and numbers; nodes are ended and
 * read their history anew, from git or from a cache of their own that was kept, cut off or damaged. In every other seed
 * the Secretariat moves all to newer merge rules, which half the nodes do not know for a while: these write nothing and
 * leave main, but take and pass on what comes. Syncs are between neighbours only for a while (partitions), with old and
 * repeated states.
 * In the end all exchange, and for each seed it is told (TAP) that
 *   - all nodes have one main;
 *   - a further round makes no commit;
 *   - new nodes that learn the same commits in other orders and portions accept all of them and have that main;
 *   - each document is, on the way, what all its versions show, also where the view took it as one commit left it;
 *   - no word was lost: each word made up by a writer stands in the view unless somebody who saw it took it out;
 *   - git fsck --strict finds nothing.
 * The seed is printed, and makes the same history again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "sync/accept.h"
#include "sync/author.h"
#include "sync/cache.h"
#include "sync/standing.h"
#include "sync/view.h"

enum { NODES_MAX = 64, PATHS = 6, OLD_MAINS = 16, HEADS_MAX = 8, CARRIED = 64 };

struct sim {				/* a node: what it knows, and who it is */
	struct arena a;
	struct graph g;
	struct author au;
	struct node node;		/* a cache folder of its own */
	struct oid main, before[OLD_MAINS];	/* before: a ring of what main was */
	size_t nbefore;
	bool admitted;
	unsigned rules;			/* the newest merge rules that its program knows */
	bool waits;			/* it met newer ones: updated, it takes what it carries, and goes on */
	struct oid carried[CARRIED];	/* what it could not judge */
	size_t ncarried;
	struct str old_text[PATHS];	/* something it once saw there */
};

static struct sim v[NODES_MAX];
static size_t nodes, total;
static struct repo *repo;
static struct node node;
static struct arena all = ARENA_INIT;
static struct oid space, ref;
static struct acceptor acceptor;
static struct err err = ERR_INIT;
static bool moved;			/* the community is under rules 2 */

static struct str words[1 << 16];	/* each made up once */
static bool taken_out[1 << 16];
static size_t nwords, commits, refusals, differing, waited;

/* ---- chance ---- */

static uint64_t chance_state;

static size_t chance(size_t below)
{
	chance_state += 0x9e3779b97f4a7c15u;
	uint64_t z = chance_state;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return (size_t)((z ^ z >> 31) % below);
}

static void stop_if(enum rc rc, const char *where)
{
	if (!rc)
		return;
	printf("Bail out! %s: %s\n", where, err.msg);
	exit(3);
}

static void refused(void *ctx, const struct gcommit *c, const char *why)
{
	char hex[OID_HEX + 1];

	(void)ctx;
	oid_format(hex, &c->id);
	printf("# refused %s%s: %s\n", hex, c->merged ? " (merged)" : "", why);
	refusals++;
}

/* ---- what a node knows ---- */

static size_t *heads_of(const struct graph *g, struct arena *a, size_t *n)
{
	bool *under = arena_array(a, g->n, sizeof *under);
	size_t *tips = arena_array(a, g->n, sizeof *tips), i, j;

	for (i = 0; i < g->n; i++)
		for (j = 0; j < g->v[i]->nparents; j++)
			under[g->v[i]->up[j]] = true;
	for (*n = i = 0; i < g->n; i++)
		if (!under[i])
			tips[(*n)++] = i;
	return graph_heads(g, a, tips, *n, n);
}

static void set_main(struct sim *s)
{
	struct arena a = ARENA_INIT;
	size_t n, *heads = heads_of(&s->g, &a, &n);
	const struct standing *now;

	stop_if(standing_of(&now, &s->g, heads, n, &err), "the standing");
	s->waits |= now->roster.rules > s->rules;
	if (!s->waits) {
		s->before[s->nbefore++ % OLD_MAINS] = s->main;
		stop_if(view_commit(&s->main, &s->g, heads, n, &err), "the view");
	}
	arena_free(&a);
}

static void learn(struct sim *s, const struct oid *tip)
{
	struct err odd = ERR_INIT;
	size_t i;

	acceptor.rules = s->rules;
	acceptor.newer = 0;
	if (graph_add(&s->g, tip, accept_judge, &acceptor, &odd)) {
		err = odd;
		stop_if(odd.rc, "learning");
	}
	if (!acceptor.newer)
		return;
	s->waits = true;
	for (i = 0; i < s->ncarried && !oid_eq(&s->carried[i], tip); i++)
		;
	if (i == s->ncarried && i < CARRIED)
		s->carried[s->ncarried++] = *tip;
}

/* The cache as a kill, a full disk or a bad one leaves it. */
static void damage(const struct sim *s)
{
	const char *path = path_join(&all, s->node.cache, "history-1");
	struct buf b = BUF_INIT;

	if (!file_read(&b, path, (size_t)1 << 30, &err) && b.n) {
		if (chance(2))
			b.n = chance(b.n);
		else
			b.p[chance(b.n)] ^= (char)(1 + chance(255));
		stop_if(file_write_fast(path, buf_str(&b), 0644, &err), path);
	}
	buf_free(&b);
}

/* As a new process would: what is below main is known, and nothing else. */
static void begin_again(struct sim *s)
{
	if (s->g.cache && chance(2))
		cache_store(&s->g);
	arena_free(&s->a);
	graph_init(&s->g, &s->a, repo);
	s->node = (struct node){ .cache = arena_printf(&all, "%s/%zu", node.cache, (size_t)(s - v)) };
	stop_if(dir_make(s->node.cache, 0755, &err), s->node.cache);
	if (chance(4) == 0)
		damage(s);
	cache_open(&s->g, &s->node);
	stop_if(graph_add(&s->g, &s->main, NULL, NULL, &err), "reading the history");
}

static void sync_from(struct sim *s, const struct sim *from)
{
	size_t old = from->nbefore < OLD_MAINS ? from->nbefore : OLD_MAINS, i;

	if (chance(4) == 0)
		begin_again(s);
	if (chance(4) == 0 && old && !oid_is_none(&from->before[0]))
		learn(s, &from->before[chance(old)]);	/* a stick that lay about */
	else
		learn(s, &from->main);
	for (i = 0; i < from->ncarried; i++)
		learn(s, &from->carried[i]);
	set_main(s);
}

/* Its program knows newer rules from now on. What it had heard besides main it has to hear again, but what it carries. */
static void update(struct sim *s)
{
	size_t i;

	s->rules = 2;
	s->waits = false;
	begin_again(s);
	for (i = 0; i < s->ncarried; i++)
		learn(s, &s->carried[i]);
	s->ncarried = 0;
	set_main(s);
}

/* ---- writing ---- */

static const char *const paths[PATHS] = { "lessons/bg/ll-bg-2022-a.md", "lessons/bg/ll-bg-2022-b.md",
	"case-studies/bg/cs-bg-2022-c.md", "case-studies/bg/cs-bg-2022-c.fr.md", "lessons/pk/ll-pk-2023-d.md", "vocab/crimes.md" };
enum { DOCUMENTS = 5 };			/* of them: the last one is the Secretariat's alone */

static struct str word(void)
{
	if (nwords == sizeof words / sizeof *words)
		exit(3);
	taken_out[nwords] = false;
	return words[nwords] = cstr(arena_printf(&all, "Zk%zuq", nwords)), words[nwords++];
}

static struct str text_at(struct arena *a, const struct oid *commit, const char *path)
{
	struct buf b = BUF_INIT;
	struct str text = STR_NONE;
	struct oid blob;
	enum rc rc = repo_lookup(&blob, repo, commit, cstr(path), &err);

	if (rc == RC_NOTFOUND)
		return text;
	stop_if(rc, path);
	stop_if(repo_read(&b, repo, &blob, OBJECT_BLOB, (size_t)1 << 20, &err), path);
	text = b.n ? arena_str(a, buf_str(&b)) : STR("");
	buf_free(&b);
	return text;
}

/* Of each path: is what main has what all its versions show? */
static void compare_documents(struct sim *s)
{
	struct arena a = ARENA_INIT;
	size_t n, i, *heads = heads_of(&s->g, &a, &n);
	struct view_document d;
	struct str has;

	for (i = 0; i < PATHS; i++) {
		has = text_at(&a, &s->main, paths[i]);
		stop_if(view_document(&d, &a, &s->g, heads, n, cstr(paths[i]), &err), paths[i]);
		if (d.merged.here != (has.p != NULL) || (d.merged.here && !str_eq(d.merged.text, has))) {
			printf("# %s: main has another text than its versions show\n", paths[i]);
			differing++;
		}
	}
	arena_free(&a);
}

static void new_document(struct buf *b, const char *path)
{
	struct str name = cstr(strrchr(path, '/') + 1), w;
	size_t i, n = 2 + chance(5);

	if (str_starts(cstr(path), STR("vocab/"))) {
		buf_printf(b, "# Crimes\n");
	} else {
		w = word();
		name = str_sub(name, 0, str_chr(name, '.'));
		buf_printf(b, "---\nid: %.*s\nkind: %s\ntitle: %.*s\nowner: %.*s\nstatus: submitted\ntlp: TLP:GREEN\nlang: en\n"
		    "topics: [som]\n---\n\n## Text\n\n", FMT_STR(name), str_starts(name, STR("cs")) ? "case-study" : "lesson",
		    FMT_STR(w), FMT_STR(str_sub(name, 3, 5)));
	}
	for (i = 0; i < n; i++) {
		w = word();
		buf_printf(b, "%.*s was seen.%s", FMT_STR(w), chance(3) ? "\n" : " ");
	}
	buf_putc(b, '\n');
}

static bool is_mark(struct str line)
{
	return str_is(line, "<!-- conflict -->") || str_is(line, "<!-- or -->") || str_is(line, "<!-- /conflict -->");
}

/* All conflicts of a text settled for the variant of one number. */
static void settle(struct buf *out, struct str text)
{
	size_t want = chance(2), at = 0;
	struct str line, rest;
	bool in = false;

	for (rest = text; str_line(&line, &rest);) {
		if (str_is(line, "<!-- conflict -->")) {
			in = true;
			at = 0;
		} else if (in && str_is(line, "<!-- or -->")) {
			at++;
		} else if (str_is(line, "<!-- /conflict -->")) {
			in = false;
		} else if (str_chr(line, '@') != SIZE_MAX && str_chr(line, ':') > str_chr(line, '@')) {
			continue;
		} else if (!in || at == want) {
			buf_printf(out, "%.*s\n", FMT_STR(line));
		}
	}
}

/* A few changes to lines and keys; marks are seldom touched. */
static void change_lines(struct buf *out, struct str text)
{
	size_t n = 0, at, i = 0, head = 0, dashes = 0;
	struct str line, rest, w;

	for (rest = text; str_line(&line, &rest); n++)
		if (str_is(line, "---") && dashes < 2 && ++dashes == 2)
			head = n + 1;
	at = head + chance(n - head + 1);
	if (dashes == 2 && chance(3) == 0)
		at = chance(head);
	for (rest = text; str_line(&line, &rest); i++) {
		bool key = i < head;

		if (i != at || (is_mark(line) && chance(8))) {
			buf_printf(out, "%.*s\n", FMT_STR(line));
			continue;
		}
		if (key && str_starts(line, STR("title"))) {
			w = word();
			buf_printf(out, "%.*s: %.*s\n", FMT_STR(str_sub(line, 0, str_chr(line, ':'))), FMT_STR(w));
		} else if (key && str_starts(line, STR("topics:"))) {
			static const char *const sets[] = { "[som, trafficking]", "[som]", "[thb, som]", "[]", "[thb, trafficking]" };

			buf_printf(out, "topics: %s\n", sets[chance(5)]);
		} else if (key && str_starts(line, STR("status:"))) {
			w = word();
			buf_printf(out, "%.*s\nx-note: %.*s\n", FMT_STR(line), FMT_STR(w));
		} else if (key && !str_starts(line, STR("x-note"))) {
			buf_printf(out, "%.*s\n", FMT_STR(line));
		} else switch (chance(key ? 1 : 6)) {
		case 0: break;					/* out */
		case 1:
			w = word();
			buf_printf(out, "%.*s came.\n", FMT_STR(w));
			break;
		case 2:						/* the same by two nodes */
			buf_printf(out, "%.*s Indeed.\n", FMT_STR(line));
			break;
		case 3:
			w = word();
			buf_printf(out, "%.*s %.*s too.\n", FMT_STR(line), FMT_STR(w));
			break;
		case 4:
			buf_printf(out, "%.*s\n%.*s\n", FMT_STR(line), FMT_STR(line));
			break;
		default:
			w = word();
			buf_printf(out, "%.*s before.\n%.*s\n", FMT_STR(w), FMT_STR(line));
		}
	}
	if (at >= i) {
		w = word();
		buf_printf(out, "%.*s at the end.%s", FMT_STR(w), chance(4) ? "\n" : "");
	}
}

/* Words that a writer saw and did not leave. */
static void note_words(struct str old, struct str new)
{
	size_t i;

	for (i = 0; i < nwords; i++)
		if (!taken_out[i] && str_find(old, words[i]) != SIZE_MAX && str_find(new, words[i]) == SIZE_MAX)
			taken_out[i] = true;
}

/* A repeated key would not parse for a reader, and `save` would hold it back. */
static bool keys_repeat(struct str text)
{
	struct str line, rest, other, again;
	size_t i = 0, k;

	for (rest = text; str_line(&line, &rest); i++) {
		if (i && str_is(line, "---"))
			break;
		for (again = text, k = 0; k < i && str_line(&other, &again); k++)
			if (k && str_eq(str_sub(line, 0, str_chr(line, ':')), str_sub(other, 0, str_chr(other, ':'))))
				return true;
	}
	return false;
}

static void commit_change(struct sim *s, struct change *c, size_t n)
{
	struct oid tree, id;

	s->au.base = s->main;
	s->au.main = ref;		/* one ref for all nodes: nobody looks at it */
	stop_if(repo_tree(&tree, repo, &s->main, c, n, &err), "a tree");
	stop_if(author_commit(&id, &s->au, &tree, STR("Change"), STR_NONE, STR_NONE, &err), "a commit");
	ref = id;
	commits++;
	learn(s, &id);
	set_main(s);
}

static void edit(struct sim *s)
{
	size_t k = chance(s == &v[0] ? PATHS : DOCUMENTS);
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	struct change c = { .path = cstr(paths[k]) };
	struct str old = text_at(&a, &s->main, paths[k]);
	size_t before = nwords;
	bool gone = false;

	if (!old.p)
		new_document(&b, paths[k]);
	else switch (chance(12)) {
	case 0:
		gone = k < DOCUMENTS;
		break;
	case 1:
		if (s->old_text[k].p)
			buf_str_add(&b, s->old_text[k]);
		break;
	case 2: case 3:
		settle(&b, old);
		break;
	default:
		change_lines(&b, old);
	}
	if (gone || (b.n && !str_eq(buf_str(&b), old) && !keys_repeat(buf_str(&b)) &&
	    (k >= DOCUMENTS || strstr(b.p, "\ntlp: ") || strstr(paths[k], ".fr.")))) {
		if (!gone)
			stop_if(repo_write(&c.new, repo, OBJECT_BLOB, buf_str(&b), &err), "a blob");
		note_words(old, gone ? STR("") : buf_str(&b));
		if (old.p && chance(2))
			s->old_text[k] = arena_str(&all, old);
		commit_change(s, &c, 1);
	} else {
		nwords = before;	/* thought of, not written */
	}
	buf_free(&b);
	arena_free(&a);
}

/* The Secretariat admits a node: two lines of the roster. */
static void admit(struct sim *s)
{
	struct arena a = ARENA_INIT;
	struct change c[2] = { { .path = STR("roster/allowed_signers") }, { .path = STR("roster/roles") } };
	struct buf b[2] = { BUF_INIT, BUF_INIT };
	size_t i;

	for (i = 0; i < 2; i++)
		buf_str_add(&b[i], text_at(&a, &v[0].main, c[i].path.p));
	buf_printf(&b[0], "node@%.*s.invalid namespaces=\"git\" ssh-ed25519 ", FMT_STR(s->au.id));
	sshkey_public(&b[0], s->au.signer.public);
	buf_putc(&b[0], '\n');
	buf_printf(&b[1], "%.*s focal-point\n", FMT_STR(s->au.id));
	for (i = 0; i < 2; i++)
		stop_if(repo_write(&c[i].new, repo, OBJECT_BLOB, buf_str(&b[i]), &err), "the roster");
	commit_change(&v[0], c, 2);
	if (moved)
		s->rules = 2;		/* an older program does not join it */
	s->admitted = true;
	s->main = v[0].main;		/* it joins */
	begin_again(s);
	for (i = 0; i < 2; i++)
		buf_free(&b[i]);
	arena_free(&a);
}

/* The Secretariat moves the community to newer rules. */
static void move_on(void)
{
	struct arena a = ARENA_INIT;
	struct change c = { .path = STR("roster/space") };
	struct str old = text_at(&a, &v[0].main, c.path.p);
	size_t at = str_find(old, STR("rules 1\n"));
	struct buf b = BUF_INIT;

	buf_printf(&b, "%.*srules 2\n%.*s", FMT_STR(str_sub(old, 0, at)), FMT_STR(str_sub(old, at + 8, old.n)));
	stop_if(repo_write(&c.new, repo, OBJECT_BLOB, buf_str(&b), &err), "the rules");
	moved = true;
	commit_change(&v[0], &c, 1);
	buf_free(&b);
	arena_free(&a);
}

/* A node's folder as it was a while ago, brought back beside the one that went on: same key, same numbers. */
static void restore(struct sim *to, const struct sim *from)
{
	to->au = from->au;
	to->main = from->main;
	to->rules = from->rules;
	to->admitted = true;
	begin_again(to);
}

/* ---- one history ---- */

static void found_community(const char *dir, const char *keys)
{
	struct author *au = &v[0].au;

	node = (struct node){ .dir = dir, .git = path_join(&all, dir, ".git"), .cache = path_join(&all, dir, ".git/colep") };
	stop_if(dir_make(node.cache, 0755, &err), node.cache);
	*au = (struct author){ .a = &all, .node = &node, .repo = repo, .id = STR("bps"), .owner = STR("bps"), .now = 1700000000 };
	signer_make(&au->signer);
	stop_if(author_genesis(au, keys, STR("Gossip"), STR("TLP:AMBER"), &err), "the community");
	space = ref = v[0].main = au->space;
	v[0].admitted = true;
	begin_again(&v[0]);
}

static void ok(bool yes, const char *what, size_t seed, size_t *failed)
{
	static size_t n;

	printf("%sok %zu - seed %zu: %s\n", yes ? "" : "not ", ++n, seed, what);
	*failed += !yes;
	total = n;
}

static bool same_mains(void)
{
	size_t i;

	for (i = 1; i < nodes; i++)
		if (!oid_eq(&v[i].main, &v[0].main))
			return false;
	return true;
}

/* Nodes that know nothing learn the commits in any order: what stands on unknown ones brings these along. */
static bool learned_anyhow(void)
{
	size_t round, i, k, n = v[0].g.n;
	size_t *order = arena_array(&all, n, sizeof *order);
	struct sim fresh = { .a = ARENA_INIT, .rules = 2 };
	bool same = true;

	for (round = 0; round < 6; round++) {
		graph_init(&fresh.g, &fresh.a, repo);
		for (i = 0; i < n; i++)
			order[i] = i;
		for (i = n; i > 1; i--) {
			size_t t = order[k = chance(i)];

			order[k] = order[i - 1];
			order[i - 1] = t;
		}
		for (i = 0; i < n; i++) {
			learn(&fresh, &v[0].g.v[order[round ? i : n - 1 - i]]->id);
			if (chance(8) == 0)
				set_main(&fresh);
		}
		set_main(&fresh);
		same &= oid_eq(&fresh.main, &v[0].main) && fresh.g.n >= n;
		arena_free(&fresh.a);
	}
	return same;
}

static bool nothing_lost(void)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	size_t i, lost = 0;

	for (i = 0; i < PATHS; i++)
		buf_str_add(&b, text_at(&a, &v[0].main, paths[i]));
	for (i = 0; i < nwords; i++)
		if (!taken_out[i] && str_find(buf_str(&b), words[i]) == SIZE_MAX) {
			printf("# lost: %.*s\n", FMT_STR(words[i]));
			lost++;
		}
	buf_free(&b);
	arena_free(&a);
	return lost == 0;
}

static void history(size_t seed, size_t steps)
{
	size_t i, wall = 0, step;
	struct sim *s, *from;

	for (i = 1; i < nodes; i++) {
		v[i].au = (struct author){ .a = &all, .node = &node, .repo = repo, .space = space, .now = 1700000000,
			.id = cstr(arena_printf(&all, "%s-n%zu", i % 3 ? "bg" : "pk", i)) };
		signer_make(&v[i].au.signer);
		incarnation_make(v[i].au.incarnation);
		v[i].rules = i % 2 ? 1 : 2;
	}
	v[0].rules = 2;
	for (step = 0; step < steps; step++) {
		if (step % 16 == 0)
			wall = chance(nodes);
		if (seed % 2 && step == steps / 3)
			move_on();
		s = &v[chance(nodes)];
		from = &v[chance(nodes)];
		if (!s->admitted) {
			if (s == &v[nodes - 1] && step > steps / 2 && v[1].admitted)
				restore(s, &v[1]);
			else if (s != &v[nodes - 1])
				admit(s);
			continue;
		}
		waited += s->waits;
		if (s->waits && chance(12) == 0)
			update(s);
		if (!s->waits && chance(8) == 0)
			compare_documents(s);
		if (!s->waits && chance(2) == 0)
			edit(s);
		else if (from->admitted && from != s && ((size_t)(s - v) < wall) == ((size_t)(from - v) < wall))
			sync_from(s, from);
	}
	for (i = 1; i < nodes; i++)
		if (!v[i].admitted)
			admit(&v[i]);
	for (i = 1; i < nodes; i++)
		update(&v[i]);
}

static void exchange_all(void)
{
	size_t i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < nodes; i++) {
			learn(&v[i], &v[(i + nodes - 1) % nodes].main);
			set_main(&v[i]);
		}
}

static void one(size_t seed, size_t steps, size_t *failed)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ".";
	char *top = arena_printf(&all, "%s/colep-gossip-XXXXXX", base), *dir, *keys;
	size_t i, before, n;
	struct oid main;

	if (!mkdtemp(top))
		exit(3);
	dir = path_join(&all, top, "node");
	keys = path_join(&all, top, "keys");
	chance_state = seed * 0x51ed27u;
	nwords = commits = refusals = differing = waited = 0;
	moved = false;
	memset(taken_out, 0, sizeof taken_out);
	stop_if(repo_init(&repo, dir, &err), "the repository");
	found_community(dir, keys);
	acceptor = (struct acceptor){ .space = space, .refused = refused };
	history(seed, steps);
	exchange_all();
	compare_documents(&v[0]);
	ok(same_mains(), "one main", seed, failed);
	before = commits;
	main = v[0].main;
	exchange_all();
	ok(same_mains() && oid_eq(&main, &v[0].main) && before == commits, "no commit because somebody synced", seed, failed);
	ok(learned_anyhow(), "the same in any order, in any portions", seed, failed);
	ok(nothing_lost(), "no word lost", seed, failed);
	ok(refusals == 0, "nothing refused", seed, failed);
	ok(differing == 0, "documents are what their versions show", seed, failed);
	stop_if(repo_ref_set(repo, "refs/heads/main", &main, &ref, &err), "main");
	ok(system(arena_printf(&all, "git -C %s fsck --strict --no-progress --no-dangling >%s/fsck 2>&1 && ! grep -v '^dangling' %s/fsck",
	    dir, top, top)) == 0, "git fsck --strict", seed, failed);
	for (n = i = 0; i < nodes; i++)
		n += v[i].g.n;
	printf("# seed %zu: %zu commits, %zu words, %zu known by all nodes, waited for newer rules %zu times\n", seed, commits, nwords, n, waited);
	fflush(stdout);
	repo_close(repo);
	if (!getenv("KEEP") && dir_remove(top, &err))
		printf("# %s stays\n", top);
	for (i = 0; i < nodes; i++) {
		arena_free(&v[i].a);
		v[i] = (struct sim){ .a = ARENA_INIT };
	}
	arena_free(&all);
}

static size_t number(int argc, char **argv, int at, size_t otherwise)
{
	uint64_t n;

	return argc > at && str_u64(&n, cstr(argv[at])) && n < 1u << 20 ? (size_t)n : otherwise;
}

int main(int argc, char **argv)
{
	size_t seeds = number(argc, argv, 1, 20), steps = number(argc, argv, 3, 60), first = number(argc, argv, 4, 1), i, failed = 0;

	nodes = number(argc, argv, 2, 6);
	if (nodes < 3 || nodes > NODES_MAX)
		return 2;
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	for (i = first; i < first + seeds; i++)
		one(i, steps, &failed);
	printf("1..%zu\n", total);
	return failed > 0;
}
