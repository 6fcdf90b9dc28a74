/* tests/browser/write.mjs SITE NODE SITE2: write.html from file://: every kind is filled in, saved and adopted, and the node
 * then finds no error in it; personal data is not saved; a saved file opens again as it was; every language is spoken,
 * and saves the same; a keyboard is enough; without scripts it says so. */
import { ok, is, done, open, tab, url, colep } from './lib.mjs';
import { readFileSync, writeFileSync } from 'node:fs';

const [site, node, twins] = process.argv.slice(2);
const context = await open(), { page, take } = await tab(context);

async function fresh(of = site) {
	await page.goto(url(of, 'write.html'));
	await page.waitForSelector('#write:not([hidden])');
}
async function fields() {		/* of the form as it stands: what kind of control each is */
	return page.$$eval('#form .field', all => all.map(f => {
		const c = f.querySelector('[id^="f-"],[id^="s-"]');
		return { id: c.id, need: /\*$/.test(f.firstChild.textContent), as: c.getAttribute('role') === 'group' ? 'boxes' : c.localName,
			options: Array.from(c.querySelectorAll('option,input'), o => o.value).filter(Boolean) };
	}));
}
/* Something right for a field that is needed. */
async function fill(f, kind) {
	const name = f.id.slice(2), id = '#' + f.id;
	const known = { 'f-title': 'Radio contact: "first" \\ lessons', 'f-owner': kind === 'meeting' || kind === 'exercise' ? 'bps' : 'bg', 'f-tlp': 'TLP:GREEN', 'f-lang': 'en', 'f-summary': 'What was seen: a short text, with {odd} marks.',
		'f-countries': kind === 'exercise' ? 'XA' : 'Bulgaria, mk', 'f-country': kind === 'exercise' ? 'XA' : 'BG', 'f-from': kind === 'request' ? 'bg' : 'mt-bps-2022-colep-2', 'f-number': '4', 'f-start': '2027-05', 'f-verified': '2026-10-01', 'f-code': 'BG', 'f-name': 'Bulgaria', 'f-unit': 'Migration desk' };
	if (f.as === 'boxes')
		await page.check(`${id} input[value="${f.options[0]}"]`);
	else if (f.as === 'select')
		await page.selectOption(id, f.options.includes(known[f.id]) ? known[f.id] : f.options[0]);
	else if (f.id.startsWith('s-'))
		await page.fill(id, `Not stated.\n\n# A heading of one's own\n\n| A | B |\n|---|---|\n| ${name} | é |`);
	else if (f.id !== 'f-date')
		await page.fill(id, known[f.id] ?? 'bg');
}
async function save() {
	const [file] = await Promise.all([page.waitForEvent('download', { timeout: 5000 }).catch(() => null), page.click('#save')]);
	if (!file) return { state: await page.textContent('#state') };
	const to = 'saved-' + file.suggestedFilename();
	await file.saveAs(to);
	return { name: file.suggestedFilename(), to, text: readFileSync(to, 'utf8'), state: await page.textContent('#state') };
}

await fresh();
is('the page works from a folder with a blank in its name', take(), []);
const kinds = await page.$$eval('#kind option', o => o.map(x => x.value));
is('it knows all kinds', kinds.length, 11);

for (const kind of kinds) {
	const wrong = [];
	await fresh();
	await page.selectOption('#kind', kind);
	for (const f of await fields())
		if (f.need || f.id === 'f-countries' || (kind === 'contact' && f.id === 'f-country') || (kind === 'case-study' && f.id === 's-6'))
			await fill(f, kind);
	await page.fill('#f-title', `A ${kind}: "quoted" \\ and odd`);
	const file = await save();
	wrong.push(...take());
	if (!file.text) { ok(`a ${kind} is saved`, [file.state, await page.textContent('#found')]); continue; }
	if (!/\.colep\.md$/.test(file.name)) wrong.push('named ' + file.name);
	if (await page.textContent('#found')) wrong.push('left to mend: ' + await page.textContent('#found'));
	const taken = colep('-C', node, 'adopt', '--by', 'border officer, bg', file.to);
	const id = taken.out.trim().split('\t').find(x => /^[0-9a-f]{40}$/.test(x));
	if (taken.status || !id) wrong.push(`adopt: exit ${taken.status}: ${taken.out}${taken.err}`);
	else {
		const shown = colep('-C', node, 'log', '--json').out.split('\n')[0];
		if (!JSON.parse(shown).id) wrong.push('log: ' + shown);
		const check = colep('-C', node, 'check', '--json');
		if (check.status) wrong.push(check.out);
		const text = colep('-C', node, 'show', JSON.parse(shown).id).out;
		if (kind !== 'contact' && kind !== 'participant' && !text.includes('### A heading')) wrong.push('no text: ' + text);
	}
	ok(`a ${kind} is written, saved, adopted and without an error`, wrong);
	if (kind === 'case-study') {
		await fresh();
		await page.setInputFiles('#open', file.to);
		await page.waitForFunction(() => document.getElementById('state').textContent !== '');
		is('a saved file opens again and is saved as it was', (await save()).text, file.text);
	}
}

await fresh();
for (const f of await fields()) if (f.need) await fill(f, 'lesson');
await page.fill('#s-0', 'Ask +1 202 555 0123 for a list.');
let told = await save();
is('a telephone number is not saved', [told.text, /\+1\s?\*\*\*|\+1 \*\*\*23/.test(await page.textContent('#found'))], [undefined, true]);
ok('and the whole of it stands nowhere but in what was typed', (await page.textContent('body')).includes('555 0123') ? ['it does'] : []);
await page.click('summary');
await page.fill('#f-lint-ok', 'PD02 number of a form');
told = await save();
ok('unless it is said to be a false alarm', told.text?.includes('lint-ok:\n- PD02 number of a form') ? [] : [told.state, told.text]);
await page.fill('#s-0', 'See <script>alert(1)</script> here.');
is('raw HTML is not saved', (await save()).text, undefined);
await page.fill('#s-0', '');
told = await save();
ok('what is missing is told, and the file is saved all the same', told.text && /Observation/.test(await page.textContent('#found')) ? [] : [told.state]);

const languages = await page.$$eval('#language option', o => o.map(x => x.value)), odd = [];
for (const l of languages) {
	await page.selectOption('#language', l);
	const said = await page.innerText('main'), main = await page.getAttribute('main', 'lang'), dir = await page.getAttribute('main', 'dir');
	if (main !== l || dir !== (/^(ar|fa|ur)$/.test(l) ? 'rtl' : 'ltr')) odd.push(`${l}: lang ${main}, dir ${dir}`);
	if (/(?:form|key|kind|head|hint)\.[a-z]/.test(said)) odd.push(`${l}: a word is missing: ${said.match(/(?:form|key|kind|head|hint)\.[a-z-]*/)[0]}`);
	if (l !== 'en' && said.includes('Write a document')) odd.push(`${l}: still English`);
	if (await page.inputValue('#f-title') === '') odd.push(`${l}: what was typed is gone`);
}
ok(`it speaks ${languages.join(' ')} and keeps what was typed`, odd.concat(languages.length > 1 ? [] : ['one language only']));
/* In a language of other letters: labels, headings and what there is to choose from. Codes and names of institutions are as they are. */
await fresh();
await page.selectOption('#language', 'fa');
for (const kind of kinds) {
	await page.selectOption('#kind', kind);
	is(`nothing of a ${kind} is in English in another language`, await page.evaluate(() => {
		const names = Array.from(document.querySelectorAll('#f-institutions input'), x => x.value);
		return Array.from(document.querySelectorAll('#form h2, #form summary, #form .label, #form label[for], #form bdi, #form option'))
			.filter(e => !e.closest('#f-tlp') && !names.includes(e.value || e.previousElementSibling?.value))
			.map(e => e.textContent.replace(/ \(.*/, '')).filter(s => /[A-Za-z]{3}/.test(s));
	}), []);
}
/* What is chosen from is named as everywhere else, without its code; one thing is not asked for "with commas". */
await fresh();
for (const kind of kinds) {
	await page.selectOption('#kind', kind);
	is(`what there is to choose from for a ${kind} is in words, and hints fit`, await page.evaluate(() => {
		const named = Array.from(document.querySelectorAll('#form option')).filter(e => e.value && (e.textContent.includes(`(${e.value})`) || /^[a-z]/.test(e.textContent)));
		const hints = Array.from(document.querySelectorAll('#form .hint')).filter(e => /with commas/.test(e.textContent) && e.parentNode.querySelector('select'));
		return [...named, ...hints].map(e => e.textContent);
	}), []);
}

await fresh();
await page.fill('#s-0', 'See <script>alert(1)</script> here.');
told = await save();
const marks = () => page.$$eval('#form [aria-invalid]', all => all.map(e => e.id)), marked = await marks();
await page.type('#f-title', 'T');
await page.waitForFunction(() => !document.getElementById('f-title').hasAttribute('aria-invalid'), null, { timeout: 3000 }).catch(() => 0);
is('what is missing stays marked when a save failed and somebody types', [told.text, marked.length > 2, await marks()], [undefined, true, marked.filter(x => x !== 'f-title')]);
await page.fill('#s-0', '');
await save();

/* What is filled in by keys alone: Tab from the top of the page, letters, arrows, Space; Enter on the last button. */
async function typed(language) {
	const known = { 'f-title': 'Radio contact', 'f-summary': 'What was seen.', 'f-countries': 'BG, MK' }, groups = new Set();
	await fresh();
	await page.selectOption('#language', language);
	await page.evaluate(() => document.activeElement.blur());
	for (let i = 0; i < 300; i++) {
		await page.keyboard.press('Tab');
		const at = await page.evaluate(() => {
			const e = document.activeElement, field = e.closest('#form .field');
			return { id: e.id, as: e.localName === 'input' ? e.type : e.localName, name: e.name, empty: !e.value, need: field !== null && /\*$/.test(field.firstChild.textContent) };
		});
		if (at.id === 'kind') await page.keyboard.press('End').then(() => page.keyboard.press('Home')).then(() => page.keyboard.press('ArrowDown'));
		else if (at.id === 'save') {
			const [file] = await Promise.all([page.waitForEvent('download', { timeout: 5000 }).catch(() => null), page.keyboard.press('Enter')]);
			if (!file) return { kind: await page.inputValue('#kind'), text: null, said: await page.textContent('#found') };
			await file.saveAs('typed.md');
			return { kind: await page.inputValue('#kind'), text: readFileSync('typed.md', 'utf8'), said: await page.textContent('#found') };
		} else if (!at.need) continue;
		else if (at.as === 'checkbox') { if (!groups.has(at.name)) { groups.add(at.name); await page.keyboard.press('Space'); } }
		else if (at.as === 'select') { if (at.empty) await page.keyboard.press('ArrowDown'); }
		else if (at.as === 'textarea' && at.id !== 'f-summary') await page.keyboard.type('Not stated.');
		else if (at.empty) await page.keyboard.type(known[at.id] || 'bg');
	}
	return { text: null, said: 'the keyboard did not come to the last button' };
}
const byKeys = await typed('en');
ok(`a ${byKeys.kind} is written by keyboard alone`, byKeys.text && !byKeys.said ? [] : [byKeys.said, byKeys.text]);
writeFileSync('typed.colep.md', byKeys.text || '');
const adopted = colep('-C', node, 'adopt', '--by', 'border officer, bg', 'typed.colep.md');
is('and adopted', [adopted.status, adopted.err.includes('error')], [0, false]);
const but = r => ({ ...r, text: r.text?.replace(/^owner: .*/m, 'owner: the first of the alphabet') });
for (const l of ['fa', 'bg']) is(`whoever fills it in in ${l} saves the same`, but(await typed(l)), but(byKeys));
await fresh();
await page.selectOption('#language', 'fa');
ok('countries are called in its language', (await page.textContent('#f-owner')).includes('بلغارستان') && (await page.$eval('#f-owner option[value=mk]', o => o.textContent)).includes('مقدونی') ? [] : ['no']);
for (const f of await fields()) if (f.need) await fill(f, 'lesson');
await page.fill('#f-countries', 'بلغارستان, North Macedonia');
ok('and known by its name there, and in English', /^countries: \[BG, MK\]$/m.test((await save()).text) ? [] : ['no']);

writeFileSync('bad.md', '---\nkind: nothing\n---\n');
await page.setInputFiles('#open', 'bad.md');
await page.waitForTimeout(300);
ok('a file it cannot read is said so', (await page.textContent('#state')).length ? [] : ['nothing said']);
is('and nothing was asked for or went wrong', take(), []);
/* Two names that are alike have their codes behind them. */
await fresh(twins);
await page.selectOption('#kind', 'case-study');
is('what two codes are called is told apart', await page.$$eval('#f-channels bdi', all => all.map(e => e.textContent)), ['Desk (desk-a)', 'Desk (desk-b)', 'Telephone']);
is('and no name has a code that needs none', await page.$$eval('#f-owner option', all => all.map(e => e.textContent).filter(s => s.includes('('))), []);
/* On paper there is no file to open, nor a word that asks for one. */
await fresh();
await page.emulateMedia({ media: 'print' });
is('on paper each label has its field below', await page.$$eval('#write label[for]', all =>
	all.filter(l => l.offsetHeight && !document.getElementById(l.htmlFor).offsetHeight).map(l => l.textContent)), []);
await page.emulateMedia({ media: 'screen' });
await page.selectOption('#kind', 'request');
await page.check('#f-to input[value=mk]');
const long = () => page.$$eval('#f-to label', all => all.filter(l => l.offsetHeight).map(l => l.textContent.trim())), short = () => page.$$eval('#f-topics label', all => all.filter(l => l.offsetHeight).length);
const many = (await long()).length, few = await short();
await page.emulateMedia({ media: 'print' });
is('of some 250 countries there are those chosen', [many > 200, await long()], [true, ['North Macedonia']]);
is('and room to write others', await page.$eval('#f-to', e => e.offsetHeight > 50), true);
is('what one can look through is there to tick', [few > 10, await short()], [true, few]);
await context.close();

const still = await open({ javaScriptEnabled: false }), plain = await tab(still);
await plain.page.goto(url(site, 'write.html'));
ok('without scripts it says what to do, and shows no form', await plain.page.isVisible('noscript p') && !await plain.page.isVisible('#write') ? [] : ['not']);
await still.close();
done();
