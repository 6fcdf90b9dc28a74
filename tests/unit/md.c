/* tests/unit/md.c: Markdown of strangers to HTML: what goes through, what does not, what it may cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <dirent.h>
#include <limits.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kb/limits.h"
#include "render/md.h"

static struct md *m;			/* one for all tests: each leaves it able to serve the next */
static struct buf html = BUF_INIT;

static int setup(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	return md_open(&m, &e);
}

static int teardown(void **state)
{
	(void)state;
	md_close(m);
	buf_free(&html);
	return 0;
}

static enum rc render(struct str s, struct err *e)
{
	buf_clear(&html);
	return md_render(&html, m, s, NULL, NULL, e);
}

static void assert_html(const char *markdown, const char *want)
{
	struct err e = ERR_INIT;

	if (render(cstr(markdown), &e))
		fail_msg("%s", e.msg);
	assert_string_equal(buf_cstr(&html), want);
}

static void assert_works(void)
{
	assert_html("plain *text*\n", "<p dir=\"auto\">plain <em>text</em></p>\n");
}

static struct str repeat(struct buf *b, const char *s, size_t n)
{
	size_t len = strlen(s);

	buf_clear(b);
	while (b->n < n)
		buf_add(b, s, len < n - b->n ? len : n - b->n);
	return buf_str(b);
}

/* Whether s is what a page may hold, judged without the filter's tables: balanced tags of the allowed
 * names, attributes of the allowed names in double quotes, links of the allowed schemes, no bare markup. */
static const char *why_unsafe(struct str s)
{
	static const char names[] = " p h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del a table thead tbody"
	    " tr th td hr br sup section input ", voids[] = " hr br input ";
	static const char known[] = " dir id class href rel start type disabled checked ";
	static char open[256][16];
	char name[16], word[20];
	size_t i = 0, depth = 0, k;

	while (i < s.n) {
		if (s.p[i] == '>' || s.p[i] == '"' || s.p[i] == '\0')
			return "bare markup";
		if (s.p[i++] != '<')
			continue;
		bool end = i < s.n && s.p[i] == '/';

		i += end;
		for (k = 0; i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9')) && k < 15; )
			name[k++] = s.p[i++];
		name[k] = '\0';
		snprintf(word, sizeof word, " %s ", name);
		if (!strstr(names, word))
			return "unknown tag";
		if (end) {
			if (depth == 0 || strcmp(open[--depth], name) != 0)
				return "wrong nesting";
		} else if (!strstr(voids, word)) {
			if (depth == 256)
				return "too deep";
			memcpy(open[depth++], name, sizeof name);
		}
		while (i < s.n && s.p[i] == ' ') {
			struct str value;

			for (i++, k = 0; i < s.n && s.p[i] >= 'a' && s.p[i] <= 'z' && k < 15; )
				name[k++] = s.p[i++];
			name[k] = '\0';
			snprintf(word, sizeof word, " %s ", name);
			if (end || !strstr(known, word))
				return "unknown attribute";
			if (i == s.n || s.p[i] != '=')
				continue;
			if (++i == s.n || s.p[i] != '"')
				return "no quotes";
			value = str_sub(s, i + 1, s.n);
			if (str_chr(value, '"') == SIZE_MAX)
				return "open quotes";
			value = str_sub(value, 0, str_chr(value, '"'));
			i += value.n + 2;
			if (str_chr(value, '<') != SIZE_MAX || str_chr(value, '>') != SIZE_MAX)
				return "markup in an attribute";
			if (strcmp(name, "href") == 0) {
				size_t colon = str_chr(value, ':'), j;

				for (j = 0; j < value.n; j++)
					if ((unsigned char)value.p[j] <= ' ')
						return "blank in a link";
				if (colon != SIZE_MAX && strncasecmp(value.p, "http:", 5) && strncasecmp(value.p, "https:", 6) &&
				    strncasecmp(value.p, "mailto:", 7) &&
				    strcspn(value.p, "/?#") > colon)
					return "scheme";
			}
		}
		if (i == s.n || s.p[i++] != '>')
			return "open tag";
	}
	return depth ? "not closed" : str_utf8_bad(s) != s.n ? "no UTF-8" : NULL;
}

static void assert_safe(struct str s)
{
	const char *why = why_unsafe(s);

	if (why)
		fail_msg("%s: %.*s", why, FMT_STR(s));
}

static void test_md__blocks_and_inlines(void **state)
{
	(void)state;
	assert_works();
	assert_html("", "");
	assert_html("# One\n\n## Two\n\nThree\n-----\n\n###### Six\n",
	    "<h2 dir=\"auto\" id=\"s-1\">One</h2>\n<h2 dir=\"auto\" id=\"s-2\">Two</h2>\n"
	    "<h2 dir=\"auto\" id=\"s-3\">Three</h2>\n<h6 dir=\"auto\" id=\"s-4\">Six</h6>\n");
	assert_html("a **b** ~~c~~ `d<`  \ne 'f' \"g\" & &copy;\n",
	    "<p dir=\"auto\">a <strong>b</strong> <del>c</del> <code>d&lt;</code><br>\n"
	    "e &#39;f&#39; &quot;g&quot; &amp; \302\251</p>\n");
	assert_html("> q\n\n3. x\n4. y\n\n---\n",
	    "<blockquote dir=\"auto\">\n<p dir=\"auto\">q</p>\n</blockquote>\n"
	    "<ol start=\"3\">\n<li dir=\"auto\">x</li>\n<li dir=\"auto\">y</li>\n</ol>\n<hr>\n");
	assert_html("![a *picture* \"here\"](x.png \"title\")\n",
	    "<p dir=\"auto\">a picture &quot;here&quot;</p>\n");
	assert_html("```\na\r\nb\r\n```\r\n", "<pre><code>a\nb\n</code></pre>\n");
}

static void test_md__tables_say_alignment_by_class(void **state)
{
	(void)state;
	assert_html("| a | b | c |\n|:-:|--:|:--|\n| 1 | 2 | 3 |\n",
	    "<table>\n<thead>\n<tr>\n<th dir=\"auto\" class=\"c\">a</th>\n<th dir=\"auto\" class=\"r\">b</th>\n"
	    "<th dir=\"auto\">c</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td dir=\"auto\" class=\"c\">1</td>\n"
	    "<td dir=\"auto\" class=\"r\">2</td>\n<td dir=\"auto\">3</td>\n</tr>\n</tbody>\n</table>\n");
}

static void test_md__footnotes_lead_there_and_back(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_html("x[^1] y[^1]\n\n[^1]: note\n",
	    "<p dir=\"auto\">x<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\">1</a></sup>"
	    " y<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1-2\">1</a></sup></p>\n"
	    "<section class=\"footnotes\">\n<ol>\n<li dir=\"auto\" id=\"fn-1\">\n<p dir=\"auto\">note "
	    "<a href=\"#fnref-1\" class=\"footnote-backref\">\342\206\251</a> "
	    "<a href=\"#fnref-1-2\" class=\"footnote-backref\">\342\206\251<sup class=\"footnote-ref\">2</sup></a></p>\n"
	    "</li>\n</ol>\n</section>\n");
	assert_int_equal(render(STR("x[^\"><script>]\n\n[^\"><script>]: [a[^\303\251]](/b)\n\n[^\303\251]: c\n"), &e), RC_OK);
	assert_safe(buf_str(&html));
	assert_null(strstr(html.p, "<script"));
}

static void test_md__task_lists_have_dead_boxes(void **state)
{
	(void)state;
	assert_html("- [x] done\n- [ ] todo\n",
	    "<ul>\n<li dir=\"auto\"><input type=\"checkbox\" disabled checked> done</li>\n"
	    "<li dir=\"auto\"><input type=\"checkbox\" disabled> todo</li>\n</ul>\n");
}

static void test_md__links_of_known_schemes_only(void **state)
{
	static const char *const bad[] = {
		"[l](javascript:alert(1))", "[l](JaVaScRiPt:alert(1))", "[l](&#106;avascript:alert(1))",
		"[l](&#x6a;avascript&colon;alert(1))", "[l](java&#10;script:alert(1))", "[l](&#1;javascript:alert(1))",
		"[l](<  javascript:alert(1)>)", "[l](data:text/html;base64,PHN2Zz4=)", "[l](data:image/png;base64,AA)",
		"[l](vbscript:x)", "[l](file:///etc/passwd)", "[l](tel:1)", "[l]()", "[l](x:y)",
		"[l][r]\n\n[r]: javascript:alert(1)",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = ERR_INIT;

		assert_int_equal(render(cstr(bad[i]), &e), RC_OK);
		assert_safe(buf_str(&html));
		/* what has a blank in it is percent-encoded and leads to a page of that odd name */
		if (!strstr(html.p, "href=\"java%0Ascript"))
			assert_string_equal(html.p, "<p dir=\"auto\">l</p>\n");
	}
	assert_html("[l](<javascript:x>) <javascript:x>", "<p dir=\"auto\">l javascript:x</p>\n");
	assert_html("[a](../b/c.md#d) [e](#f \"t\") [g](//h/i)",
	    "<p dir=\"auto\"><a href=\"../b/c.md#d\">a</a> <a href=\"#f\">e</a> "
	    "g</p>\n");	/* from a disk, that is another computer's */
	assert_html("[a](HTTPS://x/?a=1&b='2') <http://y> www.z.org me@x.org",
	    "<p dir=\"auto\"><a href=\"HTTPS://x/?a=1&amp;b=&#39;2&#39;\" rel=\"noreferrer noopener\">a</a> "
	    "<a href=\"http://y\" rel=\"noreferrer noopener\">http://y</a> "
	    "<a href=\"http://www.z.org\" rel=\"noreferrer noopener\">www.z.org</a> "
	    "<a href=\"mailto:me@x.org\">me@x.org</a></p>\n");
}

static void own_link(void *ctx, struct buf *href, struct str target)
{
	++*(unsigned *)ctx;
	if (str_is(target, "a&b"))
		buf_puts(href, "../x/\"&<.html");
	else if (str_is(target, "evil"))
		buf_puts(href, "javascript:alert(1)");
}

static void test_md__the_link_function_decides_but_not_on_scripts(void **state)
{
	struct err e = ERR_INIT;
	unsigned asked = 0;

	(void)state;
	buf_clear(&html);
	assert_int_equal(md_render(&html, m, STR("[1](a&b) [2](evil) [*3*](none)[^f]\n\n[^f]: f"), own_link, &asked, &e), RC_OK);
	assert_int_equal(asked, 3);
	assert_true(str_starts(buf_str(&html),
	    STR("<p dir=\"auto\"><a href=\"../x/&quot;&amp;&lt;.html\">1</a> 2 <em>3</em><sup")));
}

static void test_md__raw_html_is_left_out(void **state)
{
	(void)state;
	assert_html("a <b onclick=\"x\">c</b> <!-- d --> e <script>f</script>\n",
	    "<p dir=\"auto\">a c  e f</p>\n");
	assert_html("<script>alert(1)</script>\n\n<div>\n\n<img src=x onerror=y>\n\n<!-- c -->\n", "\n\n\n\n");
	assert_html("`<!-- raw HTML omitted -->` &lt;script&gt;\n",
	    "<p dir=\"auto\"><code>&lt;!-- raw HTML omitted --&gt;</code> &lt;script&gt;</p>\n");
}

static void test_md__the_language_of_code_is_harmless(void **state)
{
	(void)state;
	assert_html("```C++ {x=\"y\"}\na\n```\n", "<pre><code class=\"language-c++\">a\n</code></pre>\n");
	assert_html("```x\"><script>alert(1)</script>\na\n```\n", "<pre><code>a\n</code></pre>\n");
	assert_html("```x&quot;onload=y\na\n```\n", "<pre><code>a\n</code></pre>\n");
	assert_html("~~~\303\251\na\n~~~\n", "<pre><code>a\n</code></pre>\n");
}

static void test_md__bytes_that_are_no_text(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(render(((struct str){ "a\0b\377c\033d\302\200", 9 }), &e), RC_OK);
	assert_string_equal(html.p, "<p dir=\"auto\">a\357\277\275b\357\277\275c\357\277\275d\357\277\275</p>\n");
	/* an address is written by its bytes: there they must be text before */
	assert_html("[a](https://x.example/\377b)\n", "<p dir=\"auto\"><a href=\"https://x.example/%EF%BF%BDb\" rel=\"noreferrer noopener\">a</a></p>\n");
}

static void test_md__too_long_is_told_and_shown(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(render(repeat(&b, "some words\n\n", LIMIT_DOC), &e), RC_OK);
	assert_int_equal(render(repeat(&b, "<words>\n", LIMIT_DOC + 1), &e), RC_INVALID);
	assert_true(str_starts(buf_str(&html), STR("<pre class=\"broken\" dir=\"auto\">&lt;words&gt;\n")));
	assert_true(str_ends(buf_str(&html), STR("</pre>\n")));
	assert_safe(buf_str(&html));
	assert_works();
	buf_free(&b);
}

static void test_md__hostile_inputs_end(void **state)
{
	static const char *const bad[] = { "|||||", "![[]()", "<?x", ">>>a*", ">", "> ", "[", "*a_", "a**b ", "`a``b", "[^a]",
		"<!--", "((((", "- ", "* a\n ", "[a](", "<a<b", "[a]: b\n", "~~a~", "www.a_", "a@b.", "&#;", "1) ", "|a\n|-\n" };
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = ERR_INIT;
		enum rc rc = render(repeat(&b, bad[i], 65536), &e);

		assert_true(rc == RC_OK || rc == RC_INVALID);
		assert_true((rc == RC_INVALID) == str_starts(buf_str(&html), STR("<pre class=\"broken\"")));
		assert_safe(buf_str(&html));
		assert_works();
	}
	buf_free(&b);
}

static void test_md__each_limit_says_which_it_was(void **state)
{
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	assert_int_equal(render(repeat(&b, "www.a_", LIMIT_DOC), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "within 1000 ms"));
	assert_works();
	assert_int_equal(render(repeat(&b, ">", 65536), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "200 deep"));
	assert_works();
	assert_int_equal(render(repeat(&b, ">", LIMIT_DOC), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "4194304 bytes"));
	assert_works();
	/* a table of n columns fills each of its short rows up to n cells */
	repeat(&b, "|a", 20000);
	buf_puts(&b, "\n");
	for (i = 0; i < 10000; i++)
		buf_puts(&b, "|-");
	buf_puts(&b, "\n");
	while (b.n < LIMIT_DOC - 3)
		buf_puts(&b, "|b\n");
	assert_int_equal(render(buf_str(&b), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "out of memory"));
	assert_works();
	buf_free(&b);
}

/* The pid of our one child and its state, found in /proc. */
static pid_t find_worker(char *state)
{
	struct dirent *d;
	DIR *dir = opendir("/proc");
	pid_t pid, found = 0;
	int ppid;
	char path[64], line[256];
	FILE *f;

	assert_non_null(dir);
	while (!found && (d = readdir(dir))) {
		if ((pid = atoi(d->d_name)) <= 0)
			continue;
		snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
		if (!(f = fopen(path, "r")))
			continue;
		if (fgets(line, sizeof line, f) && strrchr(line, ')') &&
		    sscanf(strrchr(line, ')') + 1, " %c %d", state, &ppid) == 2 && ppid == (int)getpid())
			found = pid;
		fclose(f);
	}
	closedir(dir);
	return found ? found : INT_MAX;	/* none: nobody's, where 0 would be all of this process group */
}

static pid_t worker_pid(void)
{
	char state;

	return find_worker(&state);
}

/* 'S': it waits, so that it has done what it was asked; 'Z': it has ended. */
static void await_worker(char want)
{
	char state = '\0';
	unsigned i;

	for (i = 0; i < 10000 && (find_worker(&state) == INT_MAX || state != want); i++)
		usleep(1000);
	assert_int_equal(state, want);
}

struct killing {
	unsigned after_ms;
	int signal;
};

static void *kill_worker(void *arg)
{
	struct killing *k = arg;

	usleep(k->after_ms * 1000);
	kill(worker_pid(), k->signal);
	return NULL;
}

static void test_md__a_worker_killed_from_outside_is_replaced(void **state)
{
	struct killing k = { 200, SIGKILL }, crash = { 200, SIGSEGV };
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT;
	pthread_t t;

	(void)state;
	assert_int_equal(kill(worker_pid(), SIGKILL), 0);
	assert_works();
	assert_int_equal(kill(worker_pid(), SIGTERM), 0);
	usleep(50000);
	assert_works();
	repeat(&b, "www.a_", LIMIT_DOC);
	assert_int_equal(pthread_create(&t, NULL, kill_worker, &k), 0);
	assert_int_equal(render(buf_str(&b), &e), RC_INVALID);	/* tried again, and too slow then */
	pthread_join(t, NULL);
	assert_non_null(strstr(e.msg, "within"));
	assert_works();
	assert_int_equal(pthread_create(&t, NULL, kill_worker, &crash), 0);
	assert_int_equal(render(buf_str(&b), &e), RC_INVALID);
	pthread_join(t, NULL);
	assert_non_null(strstr(e.msg, "ended by signal 11"));
	assert_works();
	assert_int_equal(kill(worker_pid(), SIGSTOP), 0);	/* takes no time at all, and does not end */
	assert_int_equal(render(STR("words"), &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "no end within"));
	assert_works();
	buf_free(&b);
}

static void expected_is(const char *text, const char *want)
{
	struct err e = ERR_INIT;

	buf_clear(&html);
	assert_int_equal(md_render(&html, m, cstr(text), NULL, NULL, &e), RC_OK);
	assert_string_equal(buf_cstr(&html), want);
}

static void test_md__what_is_expected_is_laid_out_before_it_is_asked_for(void **state)
{
	static const char *const texts[] = { "one\n", "", "*two*\n", "three\n", "four\n" };
	struct buf deep = BUF_INIT, slow = BUF_INIT, many = BUF_INIT;
	struct err e = ERR_INIT;
	pid_t worker = worker_pid();
	size_t i;

	(void)state;
	for (i = 0; i < 5; i++)
		md_expect(m, cstr(texts[i]));
	md_begin(m);
	await_worker('S');
	assert_int_equal(kill(worker, SIGKILL), 0);	/* its answers are there already */
	await_worker('Z');
	expected_is(texts[0], "<p dir=\"auto\">one</p>\n");
	expected_is(texts[1], "");
	expected_is(texts[2], "<p dir=\"auto\"><em>two</em></p>\n");
	assert_int_equal(worker_pid(), worker);			/* nobody else was asked */
	expected_is("other\n", "<p dir=\"auto\">other</p>\n");	/* the rest is forgotten */
	assert_int_not_equal(worker_pid(), worker);
	expected_is(texts[4], "<p dir=\"auto\">four</p>\n");
	md_expect(m, cstr(texts[0]));
	md_begin(m);
	md_forget(m);
	expected_is(texts[2], "<p dir=\"auto\"><em>two</em></p>\n");

	/* one that fails is itself at fault, and none of its neighbours */
	md_expect(m, cstr(texts[0]));
	md_expect(m, repeat(&deep, ">", LIMIT_DOC));
	md_expect(m, cstr(texts[2]));
	expected_is(texts[0], "<p dir=\"auto\">one</p>\n");
	buf_clear(&html);
	assert_int_equal(md_render(&html, m, buf_str(&deep), NULL, NULL, &e), RC_INVALID);
	expected_is(texts[2], "<p dir=\"auto\"><em>two</em></p>\n");

	/* nor where their answers were to go together */
	for (i = 0; i < 3; i++)
		md_expect(m, i == 1 ? repeat(&slow, "www.a_", 60000) : cstr(texts[i]));
	expected_is(texts[0], "<p dir=\"auto\">one</p>\n");
	buf_clear(&html);
	assert_int_equal(md_render(&html, m, buf_str(&slow), NULL, NULL, &e), RC_INVALID);
	assert_non_null(strstr(e.msg, "no end within"));
	expected_is(texts[2], "<p dir=\"auto\"><em>two</em></p>\n");

	/* killed with some of them unanswered: they are asked again */
	assert_int_equal(kill(worker_pid(), SIGSTOP), 0);
	for (i = 0; i < 3; i++)
		md_expect(m, cstr(texts[i]));
	md_begin(m);
	assert_int_equal(kill(worker_pid(), SIGKILL), 0);
	expected_is(texts[0], "<p dir=\"auto\">one</p>\n");
	expected_is(texts[1], "");
	expected_is(texts[2], "<p dir=\"auto\"><em>two</em></p>\n");

	/* more than there is room for on the way, both ways */
	for (i = 0; i < 200; i++)
		md_expect(m, repeat(&many, "words ", LIMIT_DOC / 8));
	md_begin(m);
	for (i = 0; i < 200; i++) {
		buf_clear(&html);
		assert_int_equal(md_render(&html, m, buf_str(&many), NULL, NULL, &e), RC_OK);
		assert_true(html.n > LIMIT_DOC / 8);
	}
	buf_free(&deep);
	buf_free(&slow);
	buf_free(&many);
}

static void test_md__the_worker_is_locked_in(void **state)
{
	char path[64], line[256];
	bool filtered = false, no_new = false;
	FILE *f;

	(void)state;
	assert_works();
	snprintf(path, sizeof path, "/proc/%d/status", (int)worker_pid());
	assert_non_null(f = fopen(path, "r"));
	while (fgets(line, sizeof line, f)) {
		filtered |= strcmp(line, "Seccomp:\t2\n") == 0;
		no_new |= strcmp(line, "NoNewPrivs:\t1\n") == 0;
	}
	fclose(f);
	assert_true(filtered);
	assert_true(no_new);
}

static void test_md__closing_leaves_no_process(void **state)
{
	struct err e = ERR_INIT;
	struct md *other;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {	/* apart, so that the one child found is the one opened here */
		if (md_open(&other, &e) || worker_pid() == INT_MAX)
			_exit(1);
		md_close(other);
		md_close(NULL);
		_exit(worker_pid() == INT_MAX ? 0 : 2);
	}
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_md__the_filter_refuses_what_the_parser_does_not_write(void **state)
{
	static const char *const bad[] = {
		"<script>x</script>", "<p>", "</p>", "<p></em></p>", "<p onclick=\"x\">y</p>", "<p onclick>y</p>",
		"<svg/onload=x>", "<p style=\"x\"></p>", "<!-- x -->", "<!-- raw HTML omitted -- >", "<", "<p", "<p class=\"",
		"<p class='x'></p>", "<p class=x></p>", "<P></P>", "<input type=\"text\" disabled=\"\" />", "<p><p></p></p>",
		"<li><input type=\"image\" disabled=\"\" src=\"x\" /></li>", "x", "<tr></tr>", "<table><p></p></table>",
		"<ul>x</ul>", "<p><ul></ul></p>", "<pre>x</pre>", "<a href=\"x\">y</a", "<![CDATA[x]]>", "<?x?>", "</ p>",
		"<iframe></iframe>", "<p><a href=\"x\"></p></a>", "<li></li>", "<hr></hr>", "<em>x</em>", "<style>", "<base>",
		"<p><style></style></p>", "<math></math>", "<form></form>", "<p>x</p><template></template>",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err e = ERR_INIT;
		struct buf b = BUF_INIT;

		buf_puts(&b, "before");
		if (md_filter(&b, cstr(bad[i]), NULL, NULL, &e) != RC_INVALID)
			fail_msg("let through: %s", bad[i]);
		assert_string_equal(b.p, "before");
		buf_free(&b);
	}
}

static void test_md__the_filter_writes_links_anew(void **state)
{
	static const char *const cases[][2] = {
		{ "<p><a href=\"javascript:x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\" javascript:x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"java\tscript:x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"java&#10;script:x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"&#x6A;avascript&#58;x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"java&#0;script:x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"javascript:x\" data-footnote-ref>y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"x\" id=\"top\">y</a></p>", "<p dir=\"auto\"><a href=\"x\">y</a></p>" },
		{ "<p><a>y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"x\">y<a href=\"z\">w</a></a>v<a href=\"u\"></a></p>",
		    "<p dir=\"auto\"><a href=\"x\">yw</a>v<a href=\"u\"></a></p>" },
		{ "<p><a href=\"x&quot; onclick=&quot;y\">z</a></p>", "<p dir=\"auto\">z</p>" },
		{ "<p><a href=\"\\x\">y</a></p>", "<p dir=\"auto\"><a href=\"\\x\">y</a></p>" },
		{ "<p><a href=\"\\\\x\">y</a></p>", "<p dir=\"auto\">y</p>" },	/* from a disk, both are another computer's */
		{ "<p><a href=\"/\\x\">y</a></p>", "<p dir=\"auto\">y</p>" },
		{ "<p><a href=\"x&colon;y\">z&nbsp;</a>></p>", "<p dir=\"auto\"><a href=\"x&amp;colon;y\">z&amp;nbsp;</a>&gt;</p>" },
		{ "<p>&#60;script&#x3e; &#xd800; &#99999999; &#</p>",
		    "<p dir=\"auto\">&lt;script&gt; \357\277\275 \357\277\275 &amp;#</p>" },
		{ "<ol start=\"0\"><li id=\"x\"></li></ol><ol start=\"-1\"></ol><ol start=\"9999999999\"></ol>",
		    "<ol start=\"0\"><li dir=\"auto\"></li></ol><ol></ol><ol></ol>" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = ERR_INIT;
		struct buf b = BUF_INIT;

		if (md_filter(&b, cstr(cases[i][0]), NULL, NULL, &e))
			fail_msg("%s: %s", cases[i][0], e.msg);
		assert_string_equal(buf_cstr(&b), cases[i][1]);
		buf_free(&b);
	}
}

static uint32_t seed = 1;
static uint32_t rnd(uint32_t n)		/* xorshift: the same sequence in every run */
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static void test_md__no_mutation_of_html_gets_markup_through_the_filter(void **state)
{
	static const char whole[] =
	    "<h1>H</h1>\n<p>a <a href=\"http://b/?c&amp;d\" title=\"t\">e</a> <em>f</em><strong>g</strong><del>h</del>"
	    "<sup class=\"footnote-ref\"><a href=\"#fn-1\" id=\"fnref-1\" data-footnote-ref>1</a></sup><br />\n"
	    "<img src=\"u\" alt=\"v\" /><!-- raw HTML omitted --></p>\n<ol start=\"3\">\n<li><input type=\"checkbox\" "
	    "checked=\"\" disabled=\"\" /> x</li>\n</ol>\n<pre><code class=\"language-c\">y &lt; z\n</code></pre>\n"
	    "<table>\n<thead>\n<tr>\n<th align=\"right\">a</th>\n</tr>\n</thead>\n</table>\n<blockquote>\n<hr />\n"
	    "</blockquote>\n<section class=\"footnotes\" data-footnotes>\n<ol>\n<li id=\"fn-1\">\n<p>k "
	    "<a href=\"#fnref-1\" class=\"footnote-backref\" data-footnote-backref aria-label=\"Back\">l</a></p>\n"
	    "</li>\n</ol>\n</section>\n";
	static const char *const bits[] = { "<script>", "</script>", " onload=\"x\"", " onclick=x ", "javascript:", "&#106;", "<",
		">", "\"", "'", "&", "=", "/", " ", "\t", "\n", "href=\"javascript:x\"", "<p>", "</p>", "<a href=\"", "\">", "<!--",
		"-->", "<em>", "</em>", "&quot;", "&lt;", "\377", "\303", "data:", "<svg", "id=\"", "style", "<li>", "</a>", "<a>" };
	struct buf b = BUF_INIT, out = BUF_INIT;
	unsigned round, passed = 0;

	(void)state;
	for (round = 0; round < 60000; round++) {
		struct err e = ERR_INIT;
		uint32_t n = 1 + rnd(4);

		buf_clear(&b);
		buf_clear(&out);
		buf_puts(&b, whole);
		while (n--) {
			size_t at = rnd((uint32_t)b.n), len = rnd(3) ? 0 : rnd(12);

			len = len < b.n - at ? len : b.n - at;
			switch (rnd(5)) {
			case 0: b.p[at] = (char)rnd(256); break;
			case 1: b.p[at] ^= (char)(1 << rnd(8)); break;
			case 2: buf_splice(&b, at, len, STR("")); break;
			default: buf_splice(&b, at, len, cstr(bits[rnd(sizeof bits / sizeof bits[0])]));
			}
		}
		if (md_filter(&out, buf_str(&b), NULL, NULL, &e)) {
			assert_int_equal(out.n, 0);
			continue;
		}
		passed++;
		assert_safe(buf_str(&out));
		assert_null(strstr(buf_cstr(&out), "<script"));
	}
	assert_in_range(passed, 6000, 54000);	/* neither all refused nor all let through */
	buf_free(&b);
	buf_free(&out);
}

static void test_md__nothing_the_parser_writes_is_refused(void **state)
{
	static const char *const bits[] = { "a", "b ", "*", "**", "_", "~~", "`", "```", "\n", "\n\n", "\n\n", "> ", "- ", "1. ",
		"  ", "    ", "[", "](", ")", "![", "]", "[^1]", "\n[^1]: ", "[^x y]", "<b>", "</b>", "<!-- -->", "<script>", "|",
		"\n|a|b|\n|-|:-:|\n|", "# ", "\n---\n", "[ ] ", "[x] ", "www.a.org ", "http://b.c/d ", "e@f.org ", "<http://g.h>",
		"&amp;", "&#0;", "\"", "'", "\\", "\303\251", "\377", "\t", "\r\n", "(x \"t\")", "[r]: /u 't'\n", "[r]" };
	struct buf b = BUF_INIT;
	unsigned round;

	(void)state;
	for (round = 0; round < 4000; round++) {
		struct err e = ERR_INIT;
		uint32_t n = 1 + rnd(60);

		buf_clear(&b);
		while (n--)
			buf_puts(&b, bits[rnd(sizeof bits / sizeof bits[0])]);
		if (render(buf_str(&b), &e))
			fail_msg("%s, of: %.*s", e.msg, FMT_STR(buf_str(&b)));
		assert_safe(buf_str(&html));
	}
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_md__blocks_and_inlines),
		cmocka_unit_test(test_md__tables_say_alignment_by_class),
		cmocka_unit_test(test_md__footnotes_lead_there_and_back),
		cmocka_unit_test(test_md__task_lists_have_dead_boxes),
		cmocka_unit_test(test_md__links_of_known_schemes_only),
		cmocka_unit_test(test_md__the_link_function_decides_but_not_on_scripts),
		cmocka_unit_test(test_md__raw_html_is_left_out),
		cmocka_unit_test(test_md__the_language_of_code_is_harmless),
		cmocka_unit_test(test_md__bytes_that_are_no_text),
		cmocka_unit_test(test_md__too_long_is_told_and_shown),
		cmocka_unit_test(test_md__hostile_inputs_end),
		cmocka_unit_test(test_md__each_limit_says_which_it_was),
		cmocka_unit_test(test_md__a_worker_killed_from_outside_is_replaced),
		cmocka_unit_test(test_md__what_is_expected_is_laid_out_before_it_is_asked_for),
		cmocka_unit_test(test_md__the_worker_is_locked_in),
		cmocka_unit_test(test_md__closing_leaves_no_process),
		cmocka_unit_test(test_md__the_filter_refuses_what_the_parser_does_not_write),
		cmocka_unit_test(test_md__the_filter_writes_links_anew),
		cmocka_unit_test(test_md__no_mutation_of_html_gets_markup_through_the_filter),
		cmocka_unit_test(test_md__nothing_the_parser_writes_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
