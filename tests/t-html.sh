#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# strain report html: valid, whole without its script, nothing from elsewhere,
# hostile text stays text, bounded; in a browser at two widths.
#
# tests/run: beside others
. "${0%/*}/lib.sh"

"$python" -c 'import html5lib' 2>/dev/null || python=''
page_ok() { # DESCRIPTION PAGE [WORD]...
	description=$1
	shift
	if [ -n "$python" ]; then
		ok "$description" "$python" -W ignore "$SRC/tests/page-check.py" "$@"
	else
		skip "$description" "python3-html5lib is not installed"
	fi
}

# --- one report --------------------------------------------------------------

# A busy machine may keep a worker from its CPU for a whole trial.
for timeout in 300ms 1s 5s; do
	run "$STRAIN" run --nop 1 --switch 1 --switch-method pipe --timeout $timeout \
		--slice 30ms --trials 3 --report "$TMP/run.json"
	[ "$rc" = 5 ] || break
done
is "a run passes" "$rc" 0
run "$STRAIN" report html "$TMP/run.json" -o "$TMP/run.html"
is "its page is made" "$rc$err" 0
page_ok "the page is valid" "$TMP/run.html" nop switch/pipe "p99" "Over time" \
	"Counters per operation" "Checks" "No complaint was seen"
like "it says how the run ended" "$(cat "$TMP/run.html")" '<h1>All 2 cases that ran passed</h1>'
unlike "nothing is fetched" "$(cat "$TMP/run.html")" 'https?://'

# --- hostile text ------------------------------------------------------------

unit=$BUILD/obj-asan/unit/report
mkdir "$TMP/fix"
ok "the fixture is written" "$unit" --write "$TMP/fix"
sed 's/anon/<script>x()<\/script>\&\\"\\u0027\\u202e\\u001b/g' \
	"$TMP/fix/sealed.json" >"$TMP/hostile.json"
run "$STRAIN" report html "$TMP/hostile.json" -o "$TMP/hostile.html"
is "a page of hostile names is made" "$rc$err" 0
page_ok "it is valid and has no other script" "$TMP/hostile.html" '<script>x()</script>&"'
like "it opens with what did not pass" "$(cat "$TMP/hostile.html")" 'What did not pass'
like "it has the kernel's log" "$(cat "$TMP/hostile.html")" '<pre class=log tabindex=0>'

# --- a comparison ------------------------------------------------------------

sed 's/"release": "[^"]*"/"release": "6.1.7"/' "$TMP/run.json" >"$TMP/base.json"
run "$STRAIN" report html "$TMP/base.json" --against "$TMP/run.json" -o "$TMP/two.html"
is "a page of two sides is made" "$rc$err" 0
page_ok "it is valid" "$TMP/two.html" 6.1.7 kernel.release "What moved" inconclusive
like "it draws intervals" "$(cat "$TMP/two.html")" '<path class=z '
like "it draws both sides' latencies" "$(cat "$TMP/two.html")" '<path class=hb '

# --- large -------------------------------------------------------------------

cat >"$TMP/large.py" <<'EOF'
import copy, json, sys
doc = json.load(open(sys.argv[1]))
case = max(doc["cases"], key=lambda c: len(c["metrics"]))
bulk = [t for t in doc["bulk"]["trials"] if t["case"] == case["case"]]
cases, all_bulk = [], []
for i in range(92):
    c = copy.deepcopy(case)
    c["id"], c["case"] = f"switch/m{i}", i
    for m in c["metrics"]:
        for key, v in m.items():
            if isinstance(v, list):
                m[key] = (v * 5)[:5]
        for key, v in m.get("percentiles", {}).items():
            m["percentiles"][key] = (v * 5)[:5]
    c["trials"] = (c["trials"] * 5)[:5]
    cases.append(c)
    for b in (bulk * 5)[:5]:
        b = copy.deepcopy(b)
        b["case"] = i
        for s in b["slices"]:
            for key in "start", "seconds", "cpu_seconds", "wait_seconds", "flags":
                s[key] = (s[key] * 512)[:512]
            s["start"] = [n * .1 for n in range(512)]
            s["columns"] = s["columns"][:1]
            s["columns"][0]["values"] = (s["columns"][0]["values"] * 512)[:512]
        all_bulk.append(b)
doc["cases"], doc["bulk"]["trials"] = cases, all_bulk
json.dump(doc, open(sys.argv[2], "w"))
EOF
ok "a report of 92 cases and 5 trials of 512 slices is made" \
	/usr/bin/python3 "$TMP/large.py" "$TMP/run.json" "$TMP/large.json"
run "$STRAIN_FAST" report html "$TMP/large.json" -o "$TMP/large.html"
is "its page is made" "$rc$err" 0
size=$(wc -c <"$TMP/large.html")
ok "its page is below 2 MB" test "$size" -lt 2000000

# --- in a browser --------------------------------------------------------------

for browser in chromium chromium-browser google-chrome ''; do
	[ -n "$browser" ] && have "$browser" && break
done
# What the page is once its script and this one have run.
cat >"$TMP/probe.js" <<'EOF'
<script>
addEventListener("load", function () {
	const out = [];
	const root = document.documentElement;
	document.querySelectorAll("details").forEach(d => d.open = true);
	const wide = [...document.querySelectorAll("main *")].filter(e =>
		e.getBoundingClientRect().right > innerWidth + 1 &&
		!e.closest(".scroll, pre, svg") && getComputedStyle(e).position !== "absolute");
	out.push("width " + innerWidth);
	out.push("overflow " + (root.scrollWidth > innerWidth) + " " +
		wide.slice(0, 3).map(e => e.tagName + "." + e.className).join(","));
	const cut = [...document.querySelectorAll(".scroll > table.cards")].filter(e =>
		e.parentNode.scrollWidth > e.parentNode.clientWidth + 1);
	out.push("cut " + cut.length);
	const longest = [...document.querySelectorAll("table.sort")]
		.sort((a, b) => b.rows.length - a.rows.length)[0];
	const button = longest.querySelector("th button");
	const head = button.closest("th");
	const first = () => head.closest("table").tBodies[0].rows[0].textContent;
	button.click();
	const up = first();
	out.push("sort " + head.getAttribute("aria-sort"));
	button.click();
	out.push("again " + head.getAttribute("aria-sort") + " " + (up !== first()));
	out.push("focus " + [...document.querySelectorAll("button, input, summary, [tabindex]")]
		.every(e => e.tabIndex >= 0));
	const back = () => getComputedStyle(document.body).backgroundColor;
	const theme = document.querySelector("#tools button");
	const colours = [1, 2, 3].map(() => { theme.click(); return back(); });
	out.push("themes " + new Set(colours).size);
	const search = document.querySelector("#tools input");
	search.value = "nop";
	search.dispatchEvent(new Event("input"));
	out.push("shown " + document.querySelectorAll("details.case:not([hidden])").length);
	parent.postMessage(out.join("; "), "*");
});
</script>
EOF
in_browser() { # PAGE WIDTH
	sed -e "/^<\/body>/{r $TMP/probe.js
N}" "$1" >"$TMP/probed.html"
	# a window cannot be narrower than 500 pixels, a frame can
	cat >"$TMP/frame.html" <<EOF
<!DOCTYPE html><title>nothing</title>
<script>addEventListener("message", e => { document.title = e.data; });</script>
<iframe src="probed.html" style="width:$2px;height:900px;border:0"></iframe>
EOF
	rm -rf "$TMP/profile"
	timeout -k 5 120 "$browser" --headless=new --no-sandbox --disable-gpu \
		--disable-dev-shm-usage --user-data-dir="$TMP/profile" \
		--window-size=1400,1000 --virtual-time-budget=5000 \
		--dump-dom "file://$TMP/frame.html" 2>/dev/null </dev/null |
		sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' | head -n 1
}
if [ -z "$browser" ]; then
	skip "the page fits into 390 and 1280 pixels" "chromium is not installed (tools/install-deps browser)"
else
	for page in run two; do
		for width in 390 1280; do
			seen=$(in_browser "$TMP/$page.html" $width)
			like "$page: nothing is wider than $width pixels" "$seen" \
				"width $width; overflow false ;"
			like "$page: no table of metrics or sides is cut at $width pixels" \
				"$seen" "; cut 0;"
			like "$page: tables sort at $width" "$seen" \
				'sort ascending; again descending true'
			like "$page: reached by keyboard, two schemes, a search at $width" \
				"$seen" 'focus true; themes 2; shown 1$'
		done
	done
fi
finish
