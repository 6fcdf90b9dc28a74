/* tests/browser/lib.mjs: Chromium over a folder, and TAP. What is tried is a folder on a disk, so no request may
 * leave it: whatever is asked for by another scheme is a failure of the page that did. */
import { chromium } from 'playwright-core';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

let count = 0, failed = 0;
/* One test: problems is what is wrong, a list; empty is well. */
export function ok(name, problems = []) {
	const list = Array.isArray(problems) ? problems : problems ? [String(problems)] : [];
	count++;
	failed += list.length > 0;
	console.log(`${list.length ? 'not ok' : 'ok'} ${count} - ${name}`);
	for (const line of list.slice(0, 30)) console.log('# ' + String(line).replaceAll('\n', '\n#   '));
	if (list.length > 30) console.log(`# and ${list.length - 30} more`);
}
export const is = (name, got, wanted) => ok(name, JSON.stringify(got) === JSON.stringify(wanted) ? [] :
	[`got:    ${JSON.stringify(got)}`, `wanted: ${JSON.stringify(wanted)}`]);
export function done() {
	console.log(`1..${count}`);
	process.exitCode = failed ? 1 : 0;
}

export const executable = process.env.CHROMIUM || '/usr/bin/chromium';
export async function open(more = {}) {
	return chromium.launchPersistentContext(mkdtempSync(join(process.cwd(), 'profile-')), {
		executablePath: executable, headless: true, viewport: { width: 1280, height: 900 }, ...more,
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
			'--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
	});
}

/* A tab that notes whatever a page must not do. */
export async function tab(context) {
	const page = await context.newPage(), notes = [];
	page.on('request', r => { if (!/^(file|data|blob|about):/.test(r.url())) notes.push(`asks for ${r.url()}`); });
	page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') notes.push(`console: ${m.text()}`); });
	page.on('pageerror', e => notes.push(`error: ${e.message}`));
	page.on('dialog', d => { notes.push(`dialog: ${d.message()}`); d.dismiss().catch(() => {}); });
	page.on('popup', () => notes.push('opens a window'));
	return { page, notes, take: () => notes.splice(0) };
}

export const url = (...parts) => pathToFileURL(join(process.cwd(), ...parts)).href;
export function files(dir, end = '') {
	return readdirSync(dir, { recursive: true }).map(f => join(dir, f)).filter(f => f.endsWith(end) && statSync(f).isFile()).sort();
}
export const read = f => readFileSync(f, 'utf8');
export const inside = (dir, f) => relative(dir, f);

export function colep(...args) {
	const r = spawnSync(process.env.COLEP, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
	return { status: r.status, out: r.stdout, err: r.stderr };
}

/* Chance that is the same on every run. */
export function chance(seed) {
	let s = seed >>> 0;
	return n => { s = (Math.imul(s, 1664525) + 1013904223) >>> 0; return Math.floor(s / 4294967296 * n); };
}
