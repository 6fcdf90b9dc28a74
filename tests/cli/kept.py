#!/usr/bin/env python3
"""tests/cli/kept.py COLEP ROUNDS SEED: random changes to a node and its site; after each, the folder that is built again
and again has the bytes of one that is built for the first time. What the last build kept is damaged now and then, and so
are files of the folder. TAP."""
import os, random, re, shutil, subprocess, sys, time

colep, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
r = random.Random(seed)
WORDS = 'border smuggling route payment officer truck quokka numbat hawala trial Straße Пътят влак الشرطة 警察 café witness'.split()
TLP = ['TLP:CLEAR', 'TLP:CLEAR', 'TLP:CLEAR', 'TLP:GREEN', 'TLP:AMBER', 'TLP:RED']
STATUS = ['published', 'published', 'published', 'submitted', 'draft']
IDS = ['ll-bps-2022-doc%d' % i for i in range(14)] + ['ex-bps-2022-grey', 'mt-bps-2021-first', 'mt-bps-2022-next', 'pt-bg', 'pt-mk', 'is-bps-2022-need',
       'ct-bps-2022-desk', 'ac-bps-2022-do']
KINDS = {'ll': ('lesson', 'lessons/bps'), 'ex': ('exercise', 'exercises/bps'), 'mt': ('meeting', 'meetings/bps'), 'is': ('issue', 'issues/bps'),
         'ct': ('contact', 'contacts/bps'), 'ac': ('action', 'actions/bps'), 'pt': ('participant', 'participants/%s')}
docs = {}                               # name -> fields and body


def git(*argv):
    subprocess.run(['git', '-C', 'n', '-c', 'user.name=t', '-c', 'user.email=t@t.invalid', *argv], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def sentence(n=12):
    words = [r.choice(WORDS) for _ in range(n)]
    for _ in range(r.randint(0, 3)):
        i = r.choice(IDS)
        words.insert(r.randrange(len(words)), r.choice(['%s', '[it](%s.md)', '[*word*](../x/%s.md)', 'see %s.md', 'ref[^%s]']) % i)
    return ' '.join(words)


def body():
    parts = []
    for i in range(r.randint(1, 4)):
        parts.append('## %s\n\n%s.' % (r.choice(['Observation', 'Facilitator notes', 'Background', 'Hot wash']), sentence()))
    if r.random() < 0.15:
        parts.append('<!-- conflict -->\n%s\n<!-- or -->\n%s\n<!-- /conflict -->' % (sentence(), sentence()))
    if r.random() < 0.05:
        parts.append('> ' * 300 + 'deep')
    return '\n\n'.join(parts) + '\n'


def fresh(name):
    f = {'title': '"%s %s"' % (name[-4:], sentence(3).replace('"', '')), 'status': r.choice(STATUS), 'tlp': r.choice(TLP),
         'date': '20%02d-0%d-01' % (r.randint(18, 22) + r.choice([0, 0, 0, 0, 1]), r.randint(1, 9)), 'summary': sentence(6).replace(': ', ' ').replace('[', '').replace(']', ''),
         'topics': '[%s]' % r.choice(['som', 'debriefing', 'som, unheard-of', 'asset-recovery']),
         'countries': '[%s]' % r.choice(['BG', 'MK', 'BG, MK', 'TR']), 'related': '[%s]' % ', '.join(r.sample(IDS, 2))}
    if name.startswith('mt'):
        f.update(stage=r.choice(['held', 'planned']), start='2021-05-0%d' % r.randint(1, 9), meetings='[mt-bps-2021-first]')
    elif name.startswith('ll'):
        f.update(category='lesson', stage='observation', meetings='[%s]' % r.choice(['mt-bps-2021-first', 'mt-bps-2022-next']))
    elif name.startswith('ac'):
        f.update(stage='open', due='202%d-0%d-01' % (r.randint(2, 3), r.randint(1, 9)), responsible='bg')
    elif name.startswith('pt'):
        f.update({'code': name[3:], 'type': 'country', 'roles': '[chair]', 'chair-from': '20%d-06-01' % r.randint(20, 23),
                  'chair-until': '20%d-06-01' % r.randint(22, 24)})
    elif name.startswith('is'):
        f.update(type='need', stage='open')
    elif name.startswith('ct'):
        f.update(role='secretariat', verified='2020-01-01')
    return f, body()


def path(name):
    kind, folder = KINDS[name[:2]]
    return 'n/%s/%s.md' % (folder % name[3:5] if '%' in folder else folder, name)


def write(name):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    front, text = docs[name]
    with open(path(name), 'w') as f:
        if '.' in name:
            f.write('---\ntranslation-of: %s\nsource-rev: %s\nlang: %s\ntitle: عنوان %s\n---\n\n%s' %
                    (name.split('.')[0], front, name.split('.')[1], r.choice(WORDS), text))
        else:
            owner = name[3:5] if name.startswith('pt') else 'bps'
            f.write('---\nid: %s\nkind: %s\nowner: %s\nlang: en\n' % (name, KINDS[name[:2]][0], owner))
            f.write(''.join('%s: %s\n' % kv for kv in front.items()) + '---\n\n' + text)


def remove(name):
    del docs[name]
    os.remove(path(name))
    for t in [d for d in docs if d.startswith(name + '.')]:
        del docs[t]
        os.remove(path(t))


def change():
    originals = [d for d in docs if '.' not in d]
    absent = [i for i in IDS if i not in docs]
    what = r.choice(['body', 'body', 'body', 'field', 'field', 'field', 'tlp', 'tlp', 'new', 'gone', 'rename', 'translate', 'broken', 'vocab', 'roster', 'theme',
                     'commit', 'nothing', 'nothing'])
    name = r.choice(originals)
    if what == 'body':
        docs[name] = (docs[name][0], body())
        write(name)
    elif what in ('field', 'tlp'):
        new = fresh(name)[0]
        key = 'tlp' if what == 'tlp' else r.choice(list(new))
        docs[name][0][key] = new[key]
        write(name)
    elif what == 'new' and absent:
        name = r.choice(absent)
        docs[name] = fresh(name)
        write(name)
    elif what == 'gone' and len(originals) > 6:
        remove(name)
    elif what == 'rename' and absent and len(originals) > 6:
        to = r.choice(absent)
        docs[to] = docs[name] if to[:2] == name[:2] else fresh(to)
        remove(name)
        write(to)
    elif what == 'translate':
        t = name + '.' + r.choice(['fa', 'bg'])
        rev = subprocess.run(['git', '-C', 'n', 'hash-object', path(name)[2:]], capture_output=True, text=True).stdout.strip()
        docs[t] = (r.choice([rev, '0' * 40]), body())
        write(t)
    elif what == 'broken':
        with open(path(name), 'w') as f:
            f.write('---\nid: [\n---\n' + sentence())
    elif what == 'vocab':
        os.makedirs('n/vocab', exist_ok=True)
        with open('n/vocab/topics.md', 'w') as f:
            f.write('| Code | Label |\n|---|---|\n| som | Smuggling %d |\n' % r.randint(1, 9))
    elif what == 'roster':
        with open('n/roster/space', 'w') as f:
            f.write(re.sub(r'(?m)^(ceiling|name) .*\n', '', space) + 'ceiling %s\nname Space %d\n' % (r.choice(TLP[2:4]), r.randint(1, 3)))
    elif what == 'theme':
        with open('theme/document.html', 'a') as f:
            f.write('<p>%s</p>\n' % r.choice(WORDS))
    if what not in ('nothing', 'theme'):
        git('add', '-A')
        git('commit', '-q', '--allow-empty', '-m', what)
    return what + ' ' + name


def damage():
    folder = 'n/.git/colep/site'
    files = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    what = r.choice(['none'] * 6 + ['cut', 'cut', 'byte', 'byte', 'gone', 'mix', 'edit', 'edit', 'same size', 'same size', 'unlink', 'unlink', 'link'])
    kept = os.path.join(folder, r.choice(files)) if files else None
    pages = [os.path.join(d, f) for d, _, fs in os.walk('out') for f in fs if f != 'manifest.txt']
    page = r.choice(sorted(pages)) if pages else None
    if what == 'cut' and kept and os.path.getsize(kept):
        os.truncate(kept, r.randrange(os.path.getsize(kept)))
    elif what == 'byte' and kept and os.path.getsize(kept):
        with open(kept, 'r+b') as f:
            at = r.randrange(os.path.getsize(kept))
            f.seek(at)
            b = f.read(1)
            f.seek(at)
            f.write(bytes([b[0] ^ 0x55]))
    elif what == 'gone':
        shutil.rmtree(folder, ignore_errors=True)
    elif what == 'mix' and len(files) > 2:
        shutil.copy(os.path.join(folder, files[0]), os.path.join(folder, files[-1]))
    elif what == 'edit' and page:
        with open(page, 'a') as f:
            f.write('x')
    elif what == 'same size' and page and os.path.getsize(page):
        st = os.stat(page)
        with open(page, 'r+b') as f:
            f.write(b'~')
        os.utime(page, ns=(st.st_atime_ns, st.st_mtime_ns))
    elif what == 'unlink' and page:
        os.remove(page)
    elif what == 'link' and page:
        shutil.copy(page, 'elsewhere%d' % i)
        os.remove(page)
        os.link('elsewhere%d' % i, page)
    return what


def stopped():
    """A build that somebody stops."""
    p = subprocess.Popen([colep, '-C', 'n', 'site', 'out', *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(r.uniform(0, 0.12))
    p.kill()
    p.wait()


def one_more():
    """A line more, without a link, in the body of a document that is in the copy and has no translation."""
    name = next(d for d in sorted(docs) if d[:2] == 'll' and docs[d][0]['status'] == 'published' and docs[d][0]['tlp'] == 'TLP:CLEAR' and
                not any(t.startswith(d + '.') for t in docs))
    docs[name] = (docs[name][0], docs[name][1] + '\n%s.\n' % ' '.join(r.choice(WORDS) for _ in range(5)))
    write(name)
    git('commit', '-qam', 'one more')
    return name


def copies():
    return {e.name: e.inode() for e in os.scandir('n/.git/colep/site') if e.name.endswith('.copy')}


def site(folder, options):
    p = subprocess.run([colep, '-C', 'n', 'site', folder, *options], capture_output=True, text=True)
    return p.returncode, p.stdout, p.stderr.split('\n' + folder)[0].replace(folder + ':', '')


subprocess.run([colep, 'init', 'n', '--id', 'bps'], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
with open('n/roster/space') as f:
    space = f.read()
shutil.copytree(os.environ['ROOT'] + '/render/theme', 'theme')
with open('theme/document.html', 'a') as f:
    f.write('<p>another theme</p>\n')
os.mkdir('plain')
open('plain/search.js', 'w').close()    # no search
for name in IDS:
    if r.random() < 0.8:
        docs[name] = fresh(name)
        write(name)
git('add', '-A')
git('commit', '-q', '-m', 'first')
options, failed = [], 0
for i in range(rounds):
    did = damage()
    idle = did in ('edit', 'same size', 'unlink', 'link') and r.random() < 0.6     # nothing else happened: it must be seen all the same
    did = 'damage: ' + did + ', ' + ('nothing' if idle else change())
    if r.random() < 0.2:
        stopped()
        did += ', a build is stopped'
    if not idle and r.random() < 0.25:
        options = r.choice([[], [], ['--audience', 'community'], ['--audience', 'community', '-j', '1'], ['--theme', 'theme'], ['--theme', 'plain'], ['--lang', 'fa'],
                            ['--meeting', 'mt-bps-2021-first', '--audience', 'community']])
    a, b = site('out', options), site('new', options)
    said = [x for x in (a[2] + b[2]).split('\n') if 'no such meeting' in x or 'not for this audience' in x]
    same = subprocess.run(['diff', '-r', 'out', 'new'], capture_output=True, text=True)
    if said:                            # no pack of a meeting that is left out
        same.returncode = a[0] != b[0]
    elif (a[0], a[1]) != (b[0], b[1]):
        same.returncode = 1
    if same.returncode:
        failed += 1
        print('not ok %d - %s %s' % (i + 1, did, options))
        print(''.join('# %s\n' % x for x in (a[2] + b[2] + same.stdout).split('\n')[:20]))
        break
    print('ok %d - %s %s' % (i + 1, did, options))
    shutil.rmtree('new', ignore_errors=True)
# Bodies that change, one after the other, leave the copy that is kept; a title does not.
docs['ll-bps-2022-doc0'] = fresh('ll-bps-2022-doc0')
docs['ll-bps-2022-doc0'][0].update(status='published', tlp='TLP:CLEAR', summary='What parses')
for t in [d for d in docs if d.startswith('ll-bps-2022-doc0.')]:
    remove(t)
write('ll-bps-2022-doc0')
git('add', '-A')
git('commit', '-qm', 'last')
shutil.rmtree('n/.git/colep/site', ignore_errors=True)
site('out', [])
(kept, first), = copies().items()
same = True
for k in range(3):
    name = one_more()
    a, b = site('out', []), site('new', [])
    same = same and a[:2] == b[:2] and not subprocess.run(['diff', '-r', 'out', 'new'], stdout=subprocess.DEVNULL).returncode
    shutil.rmtree('new')
    same = same and copies()[kept] == first
docs[name][0]['title'] = 'Another title'
write(name)
git('commit', '-qam', 'title')
site('out', [])
other = copies()[kept] != first
for said, holds in (('bodies that change are taken into the copy that is kept', same), ('a title that changes makes another', other)):
    i += 1
    failed += not holds
    print('%sok %d - %s' % ('' if holds else 'not ', i + 1, said))
print('1..%d' % (i + 1))
sys.exit(failed > 0)
