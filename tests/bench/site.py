#!/usr/bin/env python3
"""tests/bench/site.py COLEP GENERATE PAGES [N [SEED]]: what a site costs beside its floor.

The floor (pages.c) is cmark-gfm with two threads: read, parse, render, write the same documents. Both are run in turn
five times into new folders; printed are medians. CPU is user + system of the program and its children. Then one
document is changed and the site built again over the old one. Files lie in BENCH_DIR, else in the folder for
temporary ones, and are gone at the end."""
import os, resource, shutil, statistics, subprocess, sys, tempfile, time

colep, generate, pages = sys.argv[1:4]
n, seed = (sys.argv[4:5] or ['10000'])[0], (sys.argv[5:6] or ['1'])[0]
work = tempfile.mkdtemp(prefix='colep-bench.', dir=os.environ.get('BENCH_DIR'))
env = dict(os.environ, COLEP_KEYS=work + '/keys', HOME=work, GIT_CONFIG_NOSYSTEM='1')


def run(*argv, out=subprocess.DEVNULL):
    begin = time.monotonic()
    p = subprocess.Popen(argv, stdout=out, stderr=subprocess.DEVNULL, env=env)
    _, status, use = os.wait4(p.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit('failed: ' + ' '.join(argv))
    return time.monotonic() - begin, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


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
    floor, site = [], []
    for i in range(5):
        shutil.rmtree(work + '/floor', ignore_errors=True)
        shutil.rmtree(work + '/site', ignore_errors=True)
        os.mkdir(work + '/floor')
        floor.append(run(pages, work + '/list', work + '/floor'))
        site.append(run(colep, '-C', node, 'site', work + '/site', '--audience', 'community'))
    again = [run(colep, '-C', node, 'site', work + '/site', '--audience', 'community') for _ in range(3)]
    path = next(os.path.join(d, f) for d, _, fs in sorted(os.walk(node)) if '.git' not in d for f in sorted(fs) if f.startswith('ll-') and f[:-3] in ids)
    with open(path, 'a') as f:
        f.write('\nOne more sentence.\n')
    run(colep, '-C', node, 'save', '-m', 'one')
    one = [run(colep, '-C', node, 'site', work + '/site', '--audience', 'community')]
    mid = lambda v, k: statistics.median(x[k] for x in v)
    print(f'{len(ids)} documents   wall s   CPU s   MB   wall/floor   CPU/floor')
    for name, v in (('floor, 2 threads', floor), ('site, new folder', site), ('again, no change', again), ('one changed', one)):
        print(f'{name:18}{mid(v, 0):8.2f}{mid(v, 1):8.2f}{mid(v, 2):6.0f}{mid(v, 0) / mid(floor, 0):11.1f}{mid(v, 1) / mid(floor, 1):12.1f}')
finally:
    shutil.rmtree(work, ignore_errors=True)
