/* tests/browser/personal.cjs PROGRAM SITE: do the rules PD01 to PD14 of the form (render/theme/personal.js) find the same as those
 * of `check` (kb/doc/personal.c)? Every text of the unit test, texts cut from them, put together and garbled, and the
 * documents of content/ go through both; rule, line and column must be the same. TAP. */
'use strict';
const fs = require('fs'), path = require('path'), vm = require('vm'), { spawnSync } = require('child_process');
const root = process.env.ROOT, colep = process.argv[2];
const box = vm.createContext({});
vm.runInContext(fs.readFileSync(path.join(root, 'render/theme/personal.js'), 'utf8'), box);
box.W = d => { box.personal.zeros = d.zeros; };
vm.runInContext(fs.readFileSync(path.join(process.argv[3], 'write-data.js'), 'utf8'), box);

/* String literals of the unit test, as C reads them. */
const source = fs.readFileSync(path.join(root, 'tests/unit/personal.c'), 'utf8');
const texts = (source.match(/"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*/g) || []).map(row =>
	Buffer.concat((row.match(/"(?:[^"\\\n]|\\.)*"/g)).map(s => {
		const out = [];
		s.slice(1, -1).replace(/\\x([0-9a-fA-F]+)|\\([0-7]{1,3})|\\(.)|([^\\]+)/g, (all, x, o, e, t) => {
			if (x) out.push(Buffer.from([parseInt(x, 16) & 255]));
			else if (o) out.push(Buffer.from([parseInt(o, 8) & 255]));
			else if (e) out.push(Buffer.from({ n: '\n', t: '\t', r: '\r', 0: '\0' }[e] || e));
			else out.push(Buffer.from(t));
			return '';
		});
		return Buffer.concat(out);
	})).toString('utf8')).filter(t => t.length > 3 && !t.includes('\0') && !t.includes('\ufffd') && !t.includes('---'));

let state = 1;
function rnd(n) { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % n; }
const odd = [' ', '-', '.', '+', '@', '٣', '۴', '৫', '𝟗', '߁', '\u200b', '\u00a0', 'é', '°', '"', '\'', '/', '(', ':', '!', '[', ']', '<', '7', '12', 'A', 'tel', 'passport '];
const made = [];
for (let i = 0; i < 1500; i++) {
	const a = Array.from(texts[rnd(texts.length)]), b = Array.from(texts[rnd(texts.length)]);
	let t = a.slice(rnd(a.length)).concat(odd[rnd(odd.length)], b.slice(0, rnd(b.length + 1)));
	for (let k = rnd(4); k > 0; k--)
		t.splice(rnd(t.length), rnd(2), odd[rnd(odd.length)]);
	made.push(t.join(''));
}
function documents(dir) {
	return fs.readdirSync(dir, { withFileTypes: true }).flatMap(f => f.isDirectory() ? documents(path.join(dir, f.name)) :
		[fs.readFileSync(path.join(dir, f.name), 'utf8')]);
}
function place(text, byte) {
	const before = Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8'), lines = before.split('\n');
	return lines.length + ':' + (Array.from(lines[lines.length - 1]).length + 1);
}

fs.mkdirSync('drafts', { recursive: true });
const all = texts.concat(made).map(t => '---\ntitle: x\n---\n' + t.replace(/\r/g, ' ') + '\n').concat(documents(path.join(root, 'content')));
all.forEach((t, i) => fs.writeFileSync('drafts/ll-bg-2022-t' + i + '.md', t));
const run = spawnSync(colep, ['check', '--json', '.'], { maxBuffer: 1 << 28, encoding: 'utf8' });
const theirs = all.map(() => []);
for (const line of run.stdout.split('\n').filter(Boolean)) {
	const f = JSON.parse(line), n = /ll-bg-2022-t(\d+)\.md$/.exec(f.path);
	if (n && /^PD/.test(f.rule) && f.line) theirs[n[1]].push(f.line + ':' + f.column + ' ' + f.rule + ' ' + f.level);
}
let failed = 0, found = 0;
all.forEach((t, i) => {
	const ours = box.personal.check(t, false).map(f => place(t, f.at) + ' ' + f.rule + ' ' + (f.error ? 'error' : 'warning'));
	found += ours.length;
	if (ours.slice().sort().join('\n') !== theirs[i].slice().sort().join('\n') && failed++ < 10)
		console.log('# ' + JSON.stringify(t) + '\n# check: ' + theirs[i].join(', ') + '\n# form:  ' + ours.join(', '));
});
const enough = texts.length > 150 && found > 300;
console.log((failed ? 'not ok' : 'ok') + ' 1 - the form finds what check finds in ' + all.length + ' texts');
console.log((enough ? 'ok' : 'not ok') + ' 2 - and that is something: ' + found + ' findings');
console.log('1..2');
process.exit(failed || !enough ? 1 : 0);
