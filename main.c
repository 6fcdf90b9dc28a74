/* main.c: the command table, nothing else that matters. Each row names the function; the function is
 * in the cmd_*.c file of its name, beside the library it drives. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kb/cmd.h"
#include "kb/base/file.h"
#include "kb/commands.h"
#include "sync/commands.h"
#include "render/commands.h"

static int cmd_help(struct ctx *c, int argc, char **argv);

static const struct command commands[] = {	/* sorted; `colep help` prints it as it stands */
	{ "adopt",     cmd_adopt,     "[--by WHO] REF|FILE...", "take in what was submitted without a node" },
	{ "bundle",    cmd_bundle,    "[--for PEER] [--to NODE...] FILE", "write a file for a stick: what this node has" },
	{ "check",     cmd_check,     "[--strict] [PATH...]", "check documents: keys, codes, headings, personal data" },
	{ "clear",     cmd_clear,     "ID...", "confirm a submitted document for sharing (focal point)" },
	{ "conflicts", cmd_conflicts, "[ID]", "show what two wrote differently and nobody settled" },
	{ "delete",    cmd_delete,    "-m WHY ID", "take a document out; history keeps it" },
	{ "diff",      cmd_diff,      "[ID]", "show unsaved changes" },
	{ "doctor",    cmd_doctor,    "", "find out whether all is well with this node" },
	{ "endorse",   cmd_endorse,   "--meeting M ID", "note that a meeting endorsed a document (chair)" },
	{ "help",      cmd_help,      "[COMMAND]", "show this list, or what a command does" },
	{ "import",    cmd_import,    "[--kind K] [--owner O] FOLDER", "take in a folder of Markdown" },
	{ "inbox",     cmd_inbox,     "", "show what was submitted by plain git" },
	{ "index",     cmd_index,     "[--rebuild] [--timing]", "bring the search index up to date" },
	{ "init",      cmd_init,      "--id ID [--import FOLDER] DIR", "found a new community and its first node" },
	{ "join",      cmd_join,      "[--id ID] [--root ID] [--pin WORDS] SOURCE DIR", "make a node of a community that is there" },
	{ "list",      cmd_list,      "[FILTERS]", "list documents" },
	{ "log",       cmd_log,       "[ID]", "show what was saved, by whom and when" },
	{ "new",       cmd_new,       "KIND TITLE", "begin a document: a draft from the template" },
	{ "news",      cmd_news,      "[--since DATE|MEETING] [--mark]", "show what this node received" },
	{ "peer",      cmd_peer,      "[list | add [--relay] [--pin WORDS] NAME URL | remove NAME]", "the nodes this one exchanges with" },
	{ "publish",   cmd_publish,   "ID...", "make a cleared document appear on sites (chair, Secretariat)" },
	{ "readiness", cmd_readiness, "[MEETING]", "show which countries have a profile and cases" },
	{ "related",   cmd_related,   "ID", "list the documents nearest to one" },
	{ "resolve",   cmd_resolve,   "ID [N] --take WRITER|--both|--text FILE", "settle a conflict" },
	{ "restart",   cmd_restart,   "", "make unsaved work again of what others refused" },
	{ "roster",    cmd_roster,    "[add [--role R] ID ssh-ed25519 KEY | revoke [--key KEY] ID | role ID R | rotate [--key FILE]]", "who belongs to the community, and who may do what" },
	{ "save",      cmd_save,      "[-m MSG] [PATH...]", "sign and store what changed" },
	{ "search",    cmd_search,    "[FILTERS] QUERY...", "find documents: words, \"a phrase\", +word, -word, kind:lesson" },
	{ "serve",     cmd_serve,     "[--port 8022] [--lan] [--lang L]", "read and search in a browser; with --lan, others too" },
	{ "show",      cmd_show,      "ID", "print a document" },
	{ "site",      cmd_site,      "DIR", "write the static site for an audience or a meeting" },
	{ "status",    cmd_status,    "", "show where this node stands" },
	{ "submit",    cmd_submit,    "DRAFT...", "check a draft and hand it in" },
	{ "sync",      cmd_sync,      "[--pin WORDS] [PEER|URL|BUNDLE...]", "exchange with peers and merge" },
	{ "verify",    cmd_verify,    "", "judge the whole history again" },
	{ "version",   cmd_version,   "", "print the version" },
	{ "why",       cmd_why,       "ID|COMMIT", "show what counts of a document or commit, and why not" },
	{ "withdraw",  cmd_withdraw,  "-m WHY ID", "take a document's text back, with the reason" },
	{ NULL, NULL, NULL, NULL },
};

static const struct command *find(struct ctx *c, const char *name)
{
	const struct command *row, *near = NULL;
	size_t d, best = 3;

	for (row = commands; row->name; row++) {
		if (strcmp(row->name, name) == 0)
			return row;
		d = str_distance(cstr(name), cstr(row->name), 2);
		if (d < best) {
			best = d;
			near = row;
		}
	}
	if (near)
		cmd_say(c, "%s: unknown command; did you mean '%s'", name, near->name);
	else
		cmd_say(c, "%s: unknown command; 'colep help' lists all", name);
	return NULL;
}

static int cmd_help(struct ctx *c, int argc, char **argv)
{
	static char flag[] = "--help";
	char *args[] = { NULL, flag, NULL };
	const struct command *row;

	if (argc > 1) {
		if (!(row = find(c, argv[1])))
			return EXIT_USAGE;
		if (row->run == cmd_help) {
			fprintf(c->out, "usage: colep help [COMMAND]\n%s\n", row->about);
			return EXIT_YES;
		}
		c->command = row;
		args[0] = argv[1];
		return row->run(c, 2, args);
	}
	fputs("usage: colep [-C DIR] COMMAND ...\n\nA knowledge base that works offline and belongs to nobody alone.\n\n", c->out);
	for (row = commands; row->name; row++)
		fprintf(c->out, "  %-10s %s\n", row->name, row->about);
	fputs("\n'colep help COMMAND' tells more of one.\n"
	    "Exit status: 0 yes, 1 the answer is no, 2 wrong usage, 3 failure.\n", c->out);
	return EXIT_YES;
}

/* Foreign GIT_* variables could point our work at another repository: drop all but two. */
static void clean_environment(void)
{
	extern char **environ;
	char **v, name[64];
	size_t n;

again:
	for (v = environ; v && *v; v++) {
		if (strncmp(*v, "GIT_", 4) != 0)
			continue;
		n = strcspn(*v, "=");
		if (n >= sizeof name)
			n = sizeof name - 1;
		memcpy(name, *v, n);
		name[n] = '\0';
		if (strcmp(name, "GIT_SSH_COMMAND") == 0 || strcmp(name, "GIT_SSL_CAINFO") == 0)
			continue;
		if (unsetenv(name) == 0)
			goto again;
	}
}

static const char *keys_folder(struct arena *a)
{
	const char *v;

	if ((v = getenv("COLEP_KEYS")) && *v)
		return v;
	if ((v = getenv("XDG_DATA_HOME")) && *v == '/')
		return path_join(a, v, "colep/keys");
	if ((v = getenv("HOME")) && *v)
		return path_join(a, v, ".local/share/colep/keys");
	return NULL;
}

static int64_t clock_now(void)
{
	const char *v = getenv("SOURCE_DATE_EPOCH");
	uint64_t t;

	if (v && str_u64(&t, cstr(v)) && t < (uint64_t)1 << 40)
		return (int64_t)t;
	return (int64_t)time(NULL);
}

/* Has whoever read our answers gone, as head does when it has enough? Nobody needs to be told then. */
static bool reader_left(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

int main(int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct ctx c = { .arena = &arena, .out = stdout, .err = stderr, .commands = commands, .as_site = &render_as_site };
	struct opt_list dirs = { NULL, 0, 0 };
	const char *lang = getenv("COLEP_LANG"), *dir = getenv("COLEP_DIR");
	static char help[] = "help", version[] = "version";
	int status, i = 1;

	signal(SIGPIPE, SIG_IGN);	/* a closed pipe is a write error, seen below */
	signal(SIGXFSZ, SIG_IGN);	/* so is a file that may not grow */
	clean_environment();
	c.now = clock_now();
	c.lang = lang && *lang ? lang : "en";
	c.keys = keys_folder(&arena);
	c.agent = getenv("SSH_AUTH_SOCK");
	c.out_terminal = isatty(STDOUT_FILENO);
	c.in_terminal = isatty(STDIN_FILENO);
	c.err_terminal = isatty(STDERR_FILENO);
	if (c.out_terminal)
		screen_open(&c.screen, stdout, getenv("COLUMNS"), getenv("NO_COLOR"), getenv("TERM"));

	for (; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			argv[i] = help;
			break;
		}
		if (strcmp(argv[i], "--version") == 0) {
			argv[i] = version;
			break;
		}
		if (strcmp(argv[i], "--json") == 0) {
			c.json = true;
			continue;
		}
		if (strncmp(argv[i], "-C", 2) != 0 || (!argv[i][2] && i + 1 >= argc)) {
			cmd_say(&c, "%s: %s", argv[i], argv[i][1] == 'C' ? "needs a folder: -C DIR" :
			    "unknown option before the command; 'colep help' tells the usage");
			arena_free(&arena);
			return EXIT_USAGE;
		}
		if (dirs.n == dirs.cap)
			dirs.v = arena_grow(&arena, dirs.v, &dirs.cap, sizeof *dirs.v);
		dirs.v[dirs.n++] = argv[i][2] ? argv[i] + 2 : argv[i + 1];
		i += !argv[i][2];
	}
	c.dir = dirs.n ? dirs.v[0] : dir && *dir ? dir : ".";
	c.dirs = dirs.n ? dirs.v : &c.dir;
	c.ndirs = dirs.n ? dirs.n : 1;

	if (i >= argc) {
		c.out = stderr;
		cmd_help(&c, 1, argv);
		status = EXIT_USAGE;
	} else if (!(c.command = find(&c, argv[i]))) {
		status = EXIT_USAGE;
	} else {
		status = c.command->run(&c, argc - i, argv + i);
	}
	if (fflush(stdout) || ferror(stdout)) {
		if (!reader_left())
			fputs("colep: standard output: cannot be written; is the disk full\n", stderr);
		status = EXIT_FAIL;
	}
	arena_free(&arena);
	return status;
}
