/* kb/base/opt.c: see opt.h. */
#include "kb/base/opt.h"

#include <string.h>

#include "kb/base/str.h"

static const struct opt *find(struct str name, const struct opt *opts, size_t n, struct err *e)
{
	const struct opt *hit = NULL, *near = NULL;
	size_t i, d, best = 3;

	for (i = 0; i < n; i++) {
		if (str_is(name, opts[i].name))
			return &opts[i];
		if (str_starts(cstr(opts[i].name), name)) {
			if (hit) {
				err_set(e, RC_INVALID, "option --%.*s: may be --%s or --%s; write it out", FMT_STR(name),
				    hit->name, opts[i].name);
				return NULL;
			}
			hit = &opts[i];
		}
		d = str_distance(name, cstr(opts[i].name), 2);
		if (d < best) {
			best = d;
			near = &opts[i];
		}
	}
	if (hit)
		return hit;
	if (near)
		err_set(e, RC_INVALID, "option --%.*s: unknown; did you mean --%s", FMT_STR(name), near->name);
	else
		err_set(e, RC_INVALID, "option --%.*s: unknown; see the --help of this command", FMT_STR(name));
	return NULL;
}

static enum rc set(const struct opt *o, const char *value, struct arena *a, struct err *e)
{
	struct opt_list *list;

	switch (o->type) {
	case OPT_FLAG:
		*(bool *)o->to = true;
		break;
	case OPT_TEXT:
		*(const char **)o->to = value;
		break;
	case OPT_NUMBER:
		if (!str_u64(o->to, cstr(value)))
			return err_set(e, RC_INVALID, "option --%s: '%s' is no whole number", o->name, value);
		break;
	case OPT_LIST:
		list = o->to;
		if (list->n == list->cap)
			list->v = arena_grow(a, list->v, &list->cap, sizeof *list->v);
		list->v[list->n++] = value;
		break;
	}
	return RC_OK;
}

enum rc opt_parse(int *left, int argc, char **argv, const struct opt *opts, size_t n,
    struct arena *a, struct err *e)
{
	const struct opt *o;
	const char *arg, *value;
	struct str name;
	enum rc rc;
	int i, kept = 1;
	size_t k;

	for (i = 1; i < argc; i++) {
		arg = argv[i];
		if (arg[0] != '-' || arg[1] == '\0') {
			argv[kept++] = argv[i];
			continue;
		}
		if (strcmp(arg, "--") == 0) {
			for (i++; i < argc; i++)
				argv[kept++] = argv[i];
			break;
		}
		if (arg[1] == '-') {
			name = cstr(arg + 2);
			value = strchr(arg, '=');
			if (value)
				name = str_sub(name, 0, (size_t)(value - arg) - 2);
			if (!(o = find(name, opts, n, e)))
				return e->rc;
			if (value && o->type == OPT_FLAG)
				return err_set(e, RC_INVALID, "option --%s: takes no value", o->name);
			if (value)
				value++;
		} else {
			for (o = NULL, k = 0; k < n && !o; k++)
				if (opts[k].letter == arg[1])
					o = &opts[k];
			if (!o)
				return err_set(e, RC_INVALID, "option -%c: unknown; see the --help of this command, or put -- "
				    "before words that begin with -", arg[1]);
			value = arg[2] ? arg + 2 : NULL;
			if (value && o->type == OPT_FLAG)
				return err_set(e, RC_INVALID, "option -%c: takes no value; give flags one by one", arg[1]);
		}
		if (o->type != OPT_FLAG && !value && (i + 1 >= argc || !(value = argv[++i])))
			return err_set(e, RC_INVALID, "option --%s: needs a value: --%s %s", o->name, o->name,
			    o->arg ? o->arg : "VALUE");
		if ((rc = set(o, value, a, e)))
			return rc;
	}
	argv[kept] = NULL;		/* argv[argc] is ours to write: it is NULL already */
	*left = kept;
	return RC_OK;
}
