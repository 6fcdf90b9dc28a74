// live.js: answers while somebody types, on pages that `colep serve` gives. Without it the form works as ever.
(() => {
	"use strict";
	const input = document.querySelector("header form.search input[name=q]");
	if (!input)
		return;
	const box = document.createElement("div");
	let wait = 0, last = "", asked = null;
	box.className = "live";
	box.hidden = true;
	input.form.after(box);
	input.setAttribute("autocomplete", "off");
	const ask = async () => {
		const q = input.value.trim();
		if (q === last)
			return;
		last = q;
		if (asked)
			asked.abort();
		if (q.length < 2) {
			box.hidden = true;
			return;
		}
		asked = new AbortController();
		try {
			const url = new URL("live", input.form.action);
			url.searchParams.set("q", q);
			const reply = await fetch(url, { signal: asked.signal });
			if (!reply.ok)
				throw new Error(reply.status);
			const page = new DOMParser().parseFromString(await reply.text(), "text/html");
			box.replaceChildren(...page.body.childNodes);
			box.hidden = false;
		} catch (e) {
			if (e.name === "AbortError")	// overtaken by the next letter
				return;
			box.hidden = true;		// the node is gone or cannot answer: the form will say so
			last = "";
		}
	};
	input.addEventListener("input", () => {
		clearTimeout(wait);
		wait = setTimeout(ask, 40);
	});
	document.addEventListener("keydown", (e) => {
		if (e.key !== "Escape" || box.hidden)
			return;
		e.preventDefault();			// a search box would lose its letters
		box.hidden = true;
		input.focus();
	});
})();
