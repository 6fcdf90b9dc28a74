/* kb/gate/git_commit.c: commit objects, parsed from their bytes. libgit2's own parser normalises and
 * guesses; a signature is over the bytes, so the bytes are what is read here. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kb/gate/git_parts.h"

/* Take a header "name value\n" off *s when it stands there. */
static bool header(struct str *value, struct str *s, const char *name)
{
	size_t n = strlen(name), end = str_chr(*s, '\n');

	if (end == SIZE_MAX || end <= n || memcmp(s->p, name, n) != 0 || s->p[n] != ' ')
		return false;
	*value = str_sub(*s, n + 1, end);
	*s = str_sub(*s, end + 1, s->n);
	return true;
}

bool commit_tree(struct oid *tree, struct str raw)
{
	struct str hex;

	return header(&hex, &raw, "tree") && oid_parse(tree, hex);
}

/* "Name <mail> 1700000000 +0100" */
static bool person(struct str *who, int64_t *time, struct str line)
{
	size_t open = str_chr(line, '<'), close = line.n;
	struct str rest, seconds;
	uint64_t t;

	while (close && line.p[close - 1] != '>')
		close--;
	if (open == SIZE_MAX || close == 0 || open >= close)
		return false;
	rest = str_sub(line, close, line.n);
	if (rest.n < 2 || rest.p[0] != ' ')
		return false;
	rest = str_sub(rest, 1, rest.n);
	seconds = str_sub(rest, 0, str_chr(rest, ' '));
	if (!str_u64(&t, seconds) || t > INT64_MAX)
		return false;
	*who = str_sub(line, 0, close);
	*time = (int64_t)t;
	return true;
}

/* The headers behind the committer: what begins with "gpgsig" is not part of what is signed (git leaves
 * out gpgsig-sha256 too); the others are. */
static const char *headers(struct str *message, struct buf *sig, bool *has_sig, struct buf *payload, struct str raw)
{
	enum { OTHER, SIG, DROPPED } in = OTHER;
	struct str line;
	size_t end;

	while (raw.n) {
		end = str_chr(raw, '\n');
		if (end == SIZE_MAX)
			return "a header without an end";
		line = str_sub(raw, 0, end + 1);
		if (line.n == 1) {
			buf_str_add(payload, raw);
			*message = str_sub(raw, 1, raw.n);
			return NULL;
		}
		if (line.p[0] == ' ') {
			line = in == SIG ? str_sub(line, 1, line.n) : line;
		} else if (str_starts(line, STR("gpgsig "))) {
			if (*has_sig)
				return "two signatures";
			*has_sig = true;
			in = SIG;
			line = str_sub(line, 7, line.n);
		} else {
			in = str_starts(line, STR("gpgsig")) ? DROPPED : OTHER;
		}
		if (in != DROPPED)
			buf_str_add(in == SIG ? sig : payload, line);
		raw = str_sub(raw, end + 1, raw.n);
	}
	*message = STR("");		/* headers alone: a commit without a message */
	return NULL;
}

static const char *parse(struct commit *c, struct arena *a, struct str raw)
{
	struct buf sig = BUF_INIT, payload = BUF_INIT;
	struct str rest = raw, value;
	const char *why;
	size_t cap = 0;
	int64_t authored;
	bool has_sig = false;

	if (memchr(raw.p, 0, raw.n))
		return "a zero byte";
	if (!header(&value, &rest, "tree") || !oid_parse(&c->tree, value))
		return "no tree";
	while (header(&value, &rest, "parent")) {
		if (c->nparents == cap)
			c->parents = arena_grow(a, c->parents, &cap, sizeof *c->parents);
		if (!oid_parse(&c->parents[c->nparents++], value))
			return "a parent that is no id";
	}
	if (!header(&value, &rest, "author") || !person(&c->author, &authored, value))
		return "no author with a time";
	if (!header(&value, &rest, "committer") || !person(&c->committer, &c->time, value))
		return "no committer with a time";
	buf_add(&payload, raw.p, raw.n - rest.n);
	why = headers(&c->message, &sig, &has_sig, &payload, rest);
	if (!why) {
		c->signature = has_sig ? arena_str(a, buf_str(&sig)) : STR_NONE;
		c->signed_bytes = arena_str(a, buf_str(&payload));
	}
	buf_free(&sig);
	buf_free(&payload);
	return why;
}

enum rc repo_commit(struct commit *c, struct arena *a, struct repo *r, const struct oid *o, struct err *e)
{
	struct commit got = { .id = *o };
	struct buf raw = BUF_INIT;
	char hex[OID_HEX + 1];
	const char *why;
	enum rc rc;

	if (!(rc = repo_read(&raw, r, o, OBJECT_COMMIT, COMMIT_BYTES, e))) {
		why = raw.n ? parse(&got, a, arena_str(a, buf_str(&raw))) : "no bytes";
		if (why) {
			oid_format(hex, o);
			rc = err_set(e, RC_INVALID, "commit %s: %s", hex, why);
		} else {
			*c = got;
		}
	}
	buf_free(&raw);
	return rc;
}

struct str commit_trailer(const struct commit *c, const char *name)
{
	struct str rest = c->message, line, last = STR_NONE;
	size_t n = strlen(name);
	bool blank = false;

	while (str_line(&line, &rest)) {
		if (str_trim(line).n == 0) {
			blank = true;
		} else if (blank) {
			last = (struct str){ line.p, (size_t)(c->message.p + c->message.n - line.p) };
			blank = false;
		}
	}
	while (str_line(&line, &last))
		if (line.n > n && line.p[n] == ':' && strncasecmp(line.p, name, n) == 0)
			return str_trim(str_sub(line, n + 1, line.n));
	return STR_NONE;
}
