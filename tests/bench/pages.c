/* tests/bench/pages.c: the floor of a site: cmark-gfm reads, parses, renders and writes the same texts, and nothing else.
 *
 *	pages LIST OUT [THREADS]
 *
 * LIST: paths of documents, one a line. Output: bytes of Markdown, bytes of HTML, microseconds of wall and of CPU. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "kb/base/file.h"

static struct str *paths;
static size_t npaths;
static const char *out;
static atomic_size_t next_, in_bytes, out_bytes;

static void *run(void *arg)
{
	static const char *const names[] = { "table", "strikethrough", "autolink", "tasklist" };
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	char to[4096];
	size_t i, k, n;

	(void)arg;
	while ((i = atomic_fetch_add(&next_, 1)) < npaths) {
		cmark_parser *p = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_FOOTNOTES);
		cmark_node *tree;
		char *html;
		FILE *f;

		for (k = 0; k < 4; k++)
			cmark_parser_attach_syntax_extension(p, cmark_find_syntax_extension(names[k]));
		buf_clear(&b);
		if (file_read(&b, paths[i].p, (size_t)1 << 20, &e)) {
			fprintf(stderr, "pages: %s\n", e.msg);
			exit(3);
		}
		cmark_parser_feed(p, b.p, b.n);
		tree = cmark_parser_finish(p);
		html = cmark_render_html(tree, CMARK_OPT_FOOTNOTES, cmark_parser_get_syntax_extensions(p));
		n = strlen(html);
		snprintf(to, sizeof to, "%s/%zu.html", out, i);
		if (!(f = fopen(to, "w")) || fwrite(html, 1, n, f) != n || fclose(f))
			exit(3);
		atomic_fetch_add(&in_bytes, b.n);
		atomic_fetch_add(&out_bytes, n);
		free(html);
		cmark_node_free(tree);
		cmark_parser_free(p);
	}
	buf_free(&b);
	return NULL;
}

int main(int argc, char **argv)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct buf list = BUF_INIT;
	struct timespec t0, t1;
	struct rusage r;
	pthread_t other;
	struct str rest, line;
	size_t cap = 0;
	bool two = argc < 4 || strcmp(argv[3], "1") != 0;

	if (argc < 3 || file_read(&list, argv[1], (size_t)64 << 20, &e))
		return 2;
	out = argv[2];
	for (rest = buf_str(&list); str_line(&line, &rest);) {
		if (npaths == cap)
			paths = arena_grow(&a, paths, &cap, sizeof *paths);
		paths[npaths++] = arena_str(&a, line);
	}
	cmark_gfm_core_extensions_ensure_registered();
	clock_gettime(CLOCK_MONOTONIC, &t0);
	if (two && pthread_create(&other, NULL, run, NULL))
		return 3;
	run(NULL);
	if (two)
		pthread_join(other, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t1);
	getrusage(RUSAGE_SELF, &r);
	printf("%zu\t%zu\t%lld\t%lld\n", (size_t)in_bytes, (size_t)out_bytes,
	    (long long)(t1.tv_sec - t0.tv_sec) * 1000000 + (t1.tv_nsec - t0.tv_nsec) / 1000,
	    (long long)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000000 + r.ru_utime.tv_usec + r.ru_stime.tv_usec);
	return 0;
}
