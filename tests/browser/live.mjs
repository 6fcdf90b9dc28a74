/* tests/browser/live.mjs URL PID: what live.js shows while somebody types, on the pages of the `serve` at URL, which runs
 * as PID and is ended here, to see what a page says then. */
import { ok, is, done, open } from './lib.mjs';

const [home, pid] = process.argv.slice(2), context = await open(), page = await context.newPage(), bad = [];
let asked = [];

page.on('request', r => {
	if (!r.url().startsWith(home)) bad.push(`asks for ${r.url()}`);
	else if (r.url().startsWith(home + 'live?')) asked.push(new URL(r.url()).searchParams.get('q'));
});
page.on('pageerror', e => bad.push(`error: ${e.message}`));
const input = 'header input[name=q]', links = () => page.$$eval('.live a', v => v.map(a => a.getAttribute('href')));
const shown = () => page.isVisible('.live');
const settle = () => page.waitForTimeout(150);		/* longer than the script waits for the next letter */
async function typed(text, delay = 0) {
	await page.fill(input, '');
	await settle();
	asked = [];
	await page.type(input, text, { delay });
}

await page.goto(home + 'd/cs-mk-2022-taiwan.html');
is('nothing is shown before somebody types', await shown(), false);
await typed('h');
await settle();
is('one letter asks for nothing', asked, []);
await typed('hawal', 120);
await page.waitForSelector('.live a');
ok('a word that is not finished finds', (await links()).includes('/d/ll-bg-2022-hawala.html') ? [] : await links());
is('each pause asked with what stood there', asked, ['ha', 'haw', 'hawa', 'hawal']);
ok('how many there are is said politely', /^Documents found: \d+$/.test(await page.textContent('.live [role=status]')) ? [] : ['no']);
ok('a title has its language', await page.$eval('.live a', a => a.lang && a.dir) ? [] : ['no']);
ok('they stand below the box that is typed into', await page.evaluate(() => {
	const box = document.querySelector('header input[name=q]').getBoundingClientRect(), live = document.querySelector('.live').getBoundingClientRect();
	return live.top >= box.bottom && live.top < box.bottom + 100 && live.left >= 0 && live.right <= innerWidth;
}) ? [] : ['elsewhere']);
await typed('smuggling of migrants');
await page.waitForFunction(() => document.querySelectorAll('.live a').length > 1);
await settle();
ok('letters typed in haste ask but a few times, at last with all of them', asked.length < 8 && asked.at(-1) === 'smuggling of migrants' ? [] : asked);
ok('eight at most', (await links()).length <= 8 ? [] : await links());
await page.keyboard.press('Escape');
is('Escape puts the answers away', await shown(), false);
is('and the letters stay, with the keyboard', await page.$eval(input, i => [i.value, document.activeElement === i]), ['smuggling of migrants', true]);
await page.keyboard.press('Backspace');
await page.waitForSelector('.live a');
ok('the next letter brings answers back');
await page.fill(input, '');
await settle();
is('an empty box has none', await shown(), false);

/* An answer that comes late: the first is held until the second is there. */
let release;
await page.route(u => u.searchParams.get('q') === 'ha', async route => {
	await new Promise(r => { release = r; });
	await route.continue().catch(() => {});
});
await typed('ha');
await settle();
await page.type(input, 'wala');
await page.waitForSelector('.live li:first-child a[href*=hawala]');
const now = await links();
release();
await settle();
is('an answer that is overtaken is not shown', await links(), now);
await page.unroute(() => true);
await page.unrouteAll();

await page.keyboard.press('Enter');
await page.waitForURL(u => u.pathname === '/search' && u.searchParams.get('q') === 'hawala');
ok('Enter leads to the page of all hits', await page.isVisible('main mark') ? [] : ['none marked']);
await page.route(u => u.pathname === '/live', route => route.fulfill({ status: 500, body: 'x' }));
await typed('border');
await settle();
is('an answer that is a failure shows nothing', await shown(), false);
await page.unrouteAll();
process.kill(Number(pid));
await page.waitForTimeout(200);
await typed('police');
await settle();
is('a node that is gone shows nothing', await shown(), false);
ok('nothing was asked elsewhere, no error', bad);
await context.close();
done();
