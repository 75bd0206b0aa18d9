/* SPDX-License-Identifier: GPL-2.0-or-later */
"use strict";
(function () {
	const root = document.documentElement;
	const tools = document.getElementById("tools");
	const cases = document.querySelectorAll("details.case");
	const what = tools.dataset.what || "case";

	function make(tag, text, parent) {
		const e = document.createElement(tag);

		if (text)
			e.textContent = text;
		parent.append(e);
		return e;
	}

	/* --- colours: what the system wants, light, dark --- */

	const themes = ["auto", "light", "dark"];
	let theme = 0;
	const themeButton = make("button", "", tools);

	function setTheme(number) {
		theme = Math.max(number, 0) % themes.length;
		themeButton.textContent = "Colours: " + themes[theme];
		if (theme)
			root.dataset.theme = themes[theme];
		else
			delete root.dataset.theme;
	}
	function stored() {
		try {
			return themes.indexOf(localStorage.getItem("strain-theme"));
		} catch (e) {
			return 0;
		}
	}
	themeButton.type = "button";
	themeButton.addEventListener("click", function () {
		setTheme(theme + 1);
		try {
			localStorage.setItem("strain-theme", themes[theme]);
		} catch (e) {
			/* a page from a file may keep nothing */
		}
	});
	setTheme(stored());

	/* --- cases: open all, find --- */

	const openButton = make("button", "Open all " + what + "s", tools);
	let opened = false;

	openButton.type = "button";
	openButton.addEventListener("click", function () {
		opened = !opened;
		openButton.textContent = (opened ? "Close all " : "Open all ") + what + "s";
		for (const c of cases)
			c.open = opened;
	});

	const find = make("input", "", tools);

	find.type = "search";
	find.placeholder = "Find a " + what;
	find.setAttribute("aria-label", find.placeholder);
	find.addEventListener("input", function () {
		const wanted = find.value.toLowerCase();

		for (const c of cases)
			c.hidden = !c.firstElementChild.textContent.toLowerCase().includes(wanted);
		for (const h of document.querySelectorAll("h3.stressor")) {
			let any = false;

			for (let e = h.nextElementSibling; e && e.matches(".case"); e = e.nextElementSibling)
				any = any || !e.hidden;
			h.hidden = !any;
		}
	});

	if (!cases.length) {
		openButton.remove();
		find.remove();
	}

	function openTarget() {
		const target = location.hash && document.getElementById(location.hash.slice(1));

		if (target && target.matches("details")) {
			target.hidden = false;
			target.open = true;
			target.scrollIntoView();
			target.firstElementChild.focus({ preventScroll: true });
		}
	}
	addEventListener("hashchange", openTarget);
	openTarget();

	/* --- tables: a row that explains moves with the one before it --- */

	function key(row, column) {
		const cell = row[0].cells[column];
		const text = cell.dataset.v || cell.textContent.trim();

		return text === "" || isNaN(text) ? text : Number(text);
	}
	function order(a, b) {
		if (typeof a === "number" && typeof b === "number")
			return a - b;
		return String(a).localeCompare(String(b), "en", { numeric: true });
	}
	function sort(table, head) {
		const body = table.tBodies[0];
		const column = head.cellIndex;
		const down = head.getAttribute("aria-sort") === "ascending";
		const rows = [];

		for (const r of body.rows)
			if (r.matches(".why") && rows.length)
				rows[rows.length - 1].push(r);
			else
				rows.push([r]);
		rows.sort(function (a, b) {
			return order(key(a, column), key(b, column)) * (down ? -1 : 1);
		});
		for (const r of rows)
			body.append(...r);
		for (const h of table.tHead.rows[0].cells)
			h.removeAttribute("aria-sort");
		head.setAttribute("aria-sort", down ? "descending" : "ascending");
	}
	for (const table of document.querySelectorAll("table.sort"))
		for (const head of table.tHead.rows[0].cells) {
			if (head.matches(".skip"))
				continue;
			const button = document.createElement("button");

			button.type = "button";
			button.append(...head.childNodes);
			head.append(button);
			button.addEventListener("click", function () {
				sort(table, head);
			});
		}
}());
