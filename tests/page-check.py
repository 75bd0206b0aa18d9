# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks a page of strain report html: page-check.py [--files] PAGE [WORD]...

Parse errors by html5lib, ids and what refers to them, names of images, nothing
from elsewhere, no script but the page's own, contrast of the colours, and that
each WORD is in its text. With --files links may also be relative paths. Says what is wrong, one line each.
"""
import re
import sys

import html5lib

files = sys.argv[1] == "--files"
if files:
    del sys.argv[1]
wrong = []
text = open(sys.argv[1], encoding="utf-8", newline="").read()
parser = html5lib.HTMLParser(namespaceHTMLElements=False)
tree = parser.parse(text)
for (line, column), code, data in parser.errors[:20]:
    wrong.append(f"{line}:{column}: {code} {data}")
elements = [e for e in tree.iter() if isinstance(e.tag, str)]


def name(element):
    return element.tag.split("}")[-1]


# --- ids, references ---

ids = [e.get("id") for e in elements if e.get("id")]
wrong += [f"id twice: {i}" for i in set(ids) if ids.count(i) > 1]
for e in elements:
    for key in "aria-labelledby", "aria-describedby", "aria-controls", "for":
        for word in (e.get(key) or "").split():
            if word not in ids:
                wrong.append(f"{key} of nothing: {word}")
    href = e.get("href")
    path = files and re.fullmatch(r"[A-Za-z0-9._+-][A-Za-z0-9._+/-]*", href or "")
    if href and not path and not (href.startswith("#") and href[1:] in ids):
        wrong.append(f"link to nothing: {href}")
    if e.get("src") or e.get("data") or e.get("action"):
        wrong.append(f"from elsewhere: <{name(e)}>")
    wrong += [f"handler: {k}" for k in e.keys() if k.startswith("on")]
    style = e.get("style") or (e.text or "" if name(e) == "style" else "")
    if "url(" in style or "@import" in style:
        wrong.append("style from elsewhere")

# --- for who does not see it ---

for e in elements:
    if name(e) == "svg":
        first = e[0] if len(e) else None
        if e.get("role") != "img" or first is None or name(first) != "title" or not first.text:
            wrong.append("svg without role or title")
    if name(e) == "th" and e.get("scope") not in ("row", "col"):
        wrong.append("th without scope")
    if name(e) in ("script", "iframe", "object", "embed", "img", "form", "link", "base"):
        if name(e) != "script" or e.keys():
            wrong.append(f"<{name(e)}>")
if sum(name(e) == "script" for e in elements) != 1:
    wrong.append("more than one script")
if sum(name(e) == "h1" for e in elements) != 1:
    wrong.append("not one h1")
if tree.get("lang") != "en":
    wrong.append("no language")

# --- colours: WCAG 2 level AA ---


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= .03928 else ((c + .055) / 1.055) ** 2.4 for c in parts]
    return .2126 * parts[0] + .7152 * parts[1] + .0722 * parts[2]


def contrast(a, b):
    a, b = sorted((luminance(a), luminance(b)))
    return (b + .05) / (a + .05)


schemes = [dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", block))
           for block in re.findall(r"\{([^{}]*--back: #[^{}]*)\}", text)]
if len(schemes) != 3 or schemes[1] != schemes[2]:
    wrong.append("not two schemes, the dark one twice")
for s in schemes:
    for back in "back", "card":
        for colour in "text", "muted", "link", "good", "bad", "odd":
            if contrast(s[colour], s[back]) < 4.5:
                wrong.append(f"{colour} on {back}: {contrast(s[colour], s[back]):.2f}")
        for colour in "base", "new", "warm":
            if contrast(s[colour], s[back]) < 3:
                wrong.append(f"{colour} on {back}: {contrast(s[colour], s[back]):.2f}")

words = "".join(t for e in elements if name(e) not in ("script", "style")
                for t in (e.text or "", e.tail or ""))
words += "".join(e.tail or "" for e in elements)
wrong += [f"not there: {w}" for w in sys.argv[2:] if w not in words]
print("\n".join(wrong[:30]))
sys.exit(bool(wrong))
