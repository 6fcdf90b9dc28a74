#!/usr/bin/env python3
"""tests/bench/site.py COLEP GENERATE PAGES [N [SEED]]: what a site costs beside its floor and beside Hugo.

The floor (pages.c) is cmark-gfm with two threads: read, parse, render, write the same documents. Hugo makes a page of
each and the lists by kind, country, topic, language and year that our site has; search, history, charts, the filter of what
may be shown and the checks of hostile texts it has not. Its front matter is ours with dates in full and a list for each
family; its templates are in this file. Our site is made with search and, by a theme whose search.js is empty, without. All
are run in turn five times (TURNS) into new folders; printed are medians. CPU is user + system of the program and its
children. Then one document is changed (the front matter is not) and all are built again over what is there, as often. Then Chromium searches in the folder, and types into a page of `serve`
(tests/browser/measure.mjs). Files lie in BENCH_DIR, else in the folder for temporary ones, and are gone at the end."""
import os, resource, shutil, statistics, subprocess, sys, tempfile, time

colep, generate, pages = sys.argv[1:4]
n, seed = (sys.argv[4:5] or ['10000'])[0], (sys.argv[5:6] or ['1'])[0]
work = tempfile.mkdtemp(prefix='colep-bench.', dir=os.environ.get('BENCH_DIR'))
env = dict(os.environ, COLEP_KEYS=work + '/keys', HOME=work, GIT_CONFIG_NOSYSTEM='1')
TURNS = int(os.environ.get('TURNS', 5))
LISTS = {'kind': 'kinds', 'countries': 'countries', 'topics': 'topics', 'lang': 'languages', 'date': 'years'}
HUGO = {
    'config.toml': 'baseURL = "/"\ntitle = "site"\nrelativeURLs = true\nuglyURLs = true\npaginate = 100\ntimeout = "600s"\n'
                   'disableKinds = ["RSS", "sitemap", "robotsTXT", "404"]\n[taxonomies]\n' +
                   ''.join('%s = "%s"\n' % (k[:-1] if k.endswith('s') else k, k) for k in LISTS.values()),
    'layouts/_default/baseof.html': '<!DOCTYPE html>\n<html lang="{{ with .Params.of }}{{ . }}{{ else }}en{{ end }}"><head><meta charset="utf-8">'
                                    '<title>{{ .Title }}</title><meta name="description" content="{{ .Params.summary }}"></head><body>'
                                    '<header><a href="{{ "index.html" | relURL }}">Home</a></header><main>{{ block "main" . }}{{ end }}</main>'
                                    '<footer>{{ .Params.tlp }}</footer></body></html>\n',
    'layouts/_default/single.html': '{{ define "main" }}<h1>{{ .Title }}</h1><p>{{ .Params.summary }}</p><dl>'
                                    '{{ range $k, $v := .Params }}{{ if not (in (slice "title" "summary" "iscjklanguage" "draft" "date" "lastmod" '
                                    '"publishdate") $k) }}<dt>{{ $k }}</dt><dd>{{ if reflect.IsSlice $v }}{{ delimit $v ", " }}{{ else }}{{ $v }}'
                                    '{{ end }}</dd>{{ end }}{{ end }}</dl>{{ .Content }}{{ end }}\n',
    'layouts/_default/list.html': '{{ define "main" }}<h1>{{ .Title }}</h1><ul>{{ $p := .Paginate .Pages }}{{ range $p.Pages }}<li>'
                                  '<a href="{{ .RelPermalink }}">{{ .Title }}</a> {{ .Params.owner }} {{ .Date.Format "2006-01-02" }}</li>'
                                  '{{ end }}</ul>{{ template "_internal/pagination.html" . }}{{ end }}\n',
    'layouts/_default/terms.html': '{{ define "main" }}<h1>{{ .Title }}</h1><ul>{{ range .Data.Terms.Alphabetical }}<li>'
                                   '<a href="{{ .Page.RelPermalink }}">{{ .Page.Title }}</a> ({{ .Count }})</li>{{ end }}</ul>{{ end }}\n',
    'layouts/index.html': '{{ define "main" }}<h1>{{ .Title }}</h1><ul>{{ range first 3 .Site.RegularPages.ByDate.Reverse }}<li>'
                          '<a href="{{ .RelPermalink }}">{{ .Title }}</a></li>{{ end }}</ul>{{ end }}\n',
    'layouts/_default/_markup/render-link.html': '<a href="{{ .Destination | replaceRE `^(?:\\.\\./)*(?:[a-z-]+/)*([a-z0-9-]+)\\.md$` "$1.html" '
                                                 '| safeURL }}">{{ .Text | safeHTML }}</a>',
}


def run(*argv, out=subprocess.DEVNULL):
    begin = time.monotonic()
    p = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, env=env)
    _, status, use = os.wait4(p.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit('failed: ' + ' '.join(argv))
    return time.monotonic() - begin, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


def hugo_source(paths):
    for name, text in HUGO.items():
        os.makedirs(os.path.dirname(work + '/hugo/' + name), exist_ok=True)
        with open(work + '/hugo/' + name, 'w') as f:
            f.write(text)
    os.makedirs(work + '/hugo/content/d')
    for path in paths:
        _, front, body = open(path).read().split('---\n', 2)
        lines = [line.split(': ', 1) for line in front.splitlines()]
        named = dict(line for line in lines if len(line) == 2)
        more = ''.join('%s: [%s]\n' % (LISTS[k], (named[k][:4] if k == 'date' else named[k]).strip('[]')) for k in LISTS if k in named)
        # words that Hugo keeps for itself, and dates that it would refuse
        kept = ''.join('%s: %s\n' % ({'kind': 'sort', 'lang': 'of', 'status': 'state', 'type': 'type-of', 'id': 'ident', 'url': 'address'}.get(k, k),
                                     v if k != 'date' else (v + '-01-01')[:10] if len(v) != 7 else v + '-01')
                       for k, v in named.items() if k not in ('countries', 'topics'))
        with open(work + '/hugo/content/d/' + os.path.basename(path), 'w') as f:
            f.write('---\n' + kept + more + '---\n' + body)


def build(what):
    if what == 'floor, 2 threads':
        os.makedirs(work + '/floor', exist_ok=True)
        return run(pages, work + '/list', work + '/floor')
    if what == 'hugo':
        return run('hugo', '--quiet', '--source', work + '/hugo', '--destination', work + '/hugo-site')
    if what == 'site, no search':       # a theme without search.js: pages and lists alone
        return run(colep, '-C', node, 'site', work + '/plain', '--audience', 'community', '--theme', work + '/theme')
    return run(colep, '-C', node, 'site', work + '/site', '--audience', 'community')


def table(title, rows):
    mid = lambda v, k: statistics.median(x[k] for x in v)
    floor = rows['floor, 2 threads']
    print(f'{title:24}  wall s   CPU s    MB   wall/floor   CPU/floor')
    for name, v in rows.items():
        print(f'{name:24}{mid(v, 0):8.3f}{mid(v, 1):8.3f}{mid(v, 2):6.0f}{mid(v, 0) / mid(floor, 0):13.2f}{mid(v, 1) / mid(floor, 1):12.2f}')


try:
    docs, node = work + '/docs', work + '/node'
    run(generate, n, seed, docs, work + '/queries', work + '/typos')
    run(colep, 'init', node, '--id', 'bps', '--import', docs)
    told = subprocess.run([colep, '-C', node, 'site', 'x', '--dry-run', '--audience', 'community'], env=env,
                          capture_output=True, text=True).stdout
    ids = {line.split('\t')[1] for line in told.splitlines() if line.startswith('in\t')}
    paths = sorted(os.path.join(d, f) for d, _, fs in os.walk(docs) for f in fs if f[:-3] in ids)
    with open(work + '/list', 'w') as f:
        f.write(''.join(p + '\n' for p in paths))
    hugo_source(paths)
    os.mkdir(work + '/theme')
    open(work + '/theme/search.js', 'w').close()
    rows = {'floor, 2 threads': [], 'site, no search': [], 'site': [], 'hugo': []}
    for i in range(TURNS):
        for folder in ('floor', 'plain', 'site', 'hugo-site', 'hugo/resources'):
            shutil.rmtree(work + '/' + folder, ignore_errors=True)
        for what, v in rows.items():
            if what.startswith('site'):
                shutil.rmtree(work + '/node/.git/colep/site', ignore_errors=True)
            v.append(build(what))
    table(f'{len(ids)} documents', rows)
    made = {os.path.basename(f)[:-5] for f in os.listdir(work + '/hugo-site/d') if f.endswith('.html')}
    if ids - made:
        sys.exit('hugo made no page of ' + ' '.join(sorted(ids - made)[:5]))
    path = next(os.path.join(d, f) for d, _, fs in sorted(os.walk(node)) if '.git' not in d for f in sorted(fs) if f.startswith('ll-') and f[:-3] in ids)
    rows = {'floor, 2 threads': rows['floor, 2 threads'], 'site': [], 'hugo': []}
    again = []
    for i in range(TURNS):
        for changed in (path, work + '/hugo/content/d/' + os.path.basename(path)):
            with open(changed, 'a') as f:
                f.write('\nOne more sentence.\n')
        run(colep, '-C', node, 'save', '-m', 'one')
        for what in ('site', 'hugo'):
            rows[what].append(build(what))
        again.append(build('site'))
    table('one changed', rows)
    table('no change', {'floor, 2 threads': rows['floor, 2 threads'], 'site': again})
    measure = os.path.dirname(os.path.abspath(__file__)) + '/../browser/measure.mjs'
    subprocess.run(['node', measure, 'site', 'site', 'queries', '40'], env=env, cwd=work, check=True)
    serve = subprocess.Popen([colep, '-C', node, 'serve', '--port', '0'], env=env, stdout=subprocess.PIPE, text=True)
    try:
        subprocess.run(['node', measure, 'live', serve.stdout.readline().strip(), 'queries', '20'], env=env, cwd=work, check=True)
    finally:
        serve.terminate()
finally:
    shutil.rmtree(work, ignore_errors=True)
