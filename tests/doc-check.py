# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks what the documents say against what is there: doc-check.py SRC TABLES PAGE...

TABLES is strain --doc=json, each PAGE a manual page as --doc=man prints it.
Links inside of the project and their anchors, paths of files in it, references
to manual pages, command lines of strain with their options, methods, classes
and matrix files. Says what is wrong, one line each.
"""
import fnmatch
import glob
import json
import os
import re
import shlex
import sys

src, tables, pages = sys.argv[1], json.load(open(sys.argv[2])), sys.argv[3:]
wrong = []

# --- links and paths ---

TOP = ("base|bench|classes|commands|core|docs|kit|man|reports|stressors|tests|tools"
       "|vm-matrix")


def documents():
    for pattern in "*.md", "docs/*.md", "docs/*/*.md":
        yield from sorted(glob.glob(os.path.join(src, pattern)))


def anchors(text):
    """What GitHub makes of the headings of a document."""
    names = []
    text = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for title in re.findall(r"^#+ +(.*?) *$", text, re.M):
        title = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).lower()
        name = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return names


def check_links(path, text):
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = os.path.join(os.path.dirname(path), name) if name else path
        if not os.path.exists(target):
            yield f"link to nothing: {link}"
        elif anchor and target.endswith(".md") and \
                anchor not in anchors(open(target, encoding="utf-8").read()):
            yield f"no such heading: {link}"
    for word in re.findall(r"`([^`\s]+)`", prose):
        if re.fullmatch(rf"(?:{TOP})/[\w./*-]+", word) and \
                "NAME" not in word and not glob.glob(os.path.join(src, word)):
            yield f"no such file: {word}"


# --- the table of the engine's files ---

def check_engine():
    text = open(os.path.join(src, "docs/architecture.md"), encoding="utf-8").read()
    named = []
    for row in re.findall(r"^\| ([\w*, ]+\.c(?:, [\w*]+\.c)*) \|", text, re.M):
        named += row.split(", ")
    files = [os.path.basename(p) for p in glob.glob(src + "/core/*.c")]
    for file in sorted(files):
        if not any(fnmatch.fnmatchcase(file, name) for name in named):
            yield f"docs/architecture.md: core/{file} is in no row"


wrong += check_engine()

# --- command lines ---

commands = {c["name"]: c for c in tables["commands"]}
stressors = {s["name"]: s for s in tables["stressors"]}
classes = {os.path.basename(p)[:-4] for p in glob.glob(src + "/classes/*.job")}
classes |= {tag for s in stressors.values() for tag in s["tags"]}
matrices = {os.path.basename(p)[:-5] for p in glob.glob(src + "/vm-matrix/*.json")}
# Of use to strain itself and its tests.
HIDDEN = {"run --turns", "run --fault-slow", "matrix boot --fault"}
END = {"|", "||", "&&", ";", ">", ">>", "<", "&", "in", "do", "then"}


def find(options, word):
    for o in options:
        if word.startswith("--") and word[2:] in (o["name"], o.get("alias")):
            return o
        if not word.startswith("--") and word[1:2] == o.get("letter"):
            return o
    return None


def check_value(option, value):
    """A value of options that name what the program has."""
    words = set(value.split(","))
    if re.search(r"[^\w,@.:+-]", value):
        return None
    if option["name"] == "class":
        return ", ".join(words - classes)
    if option["name"].endswith("-method"):
        return ", ".join(words - set(option.get("choices", words)))
    return None


def check_words(command, words):
    """What is wrong with the words behind a command."""
    rest = list(commands["run"]["options"])
    rest += [o for s in stressors.values() for o in s["options"]]
    common = [{"name": "help", "argument": 1, "argument_optional": True}]
    options = command["options"] + common
    if command.get("stressor_options"):
        options = options + rest
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--":
            options = rest + common
            continue
        if not re.match(r"--?[A-Za-z]", word):
            continue
        name, equals, value = word.partition("=")
        option = find(options, name)
        if option is None:
            if f"{command['name']} {name}" in HIDDEN:
                continue
            yield f"strain {command['name']} has no option '{name}'"
            continue
        if option.get("type") == "bool":
            continue
        if not equals and not option.get("argument_optional") and \
                (name.startswith("--") or len(name) == 2):
            value = words.pop(0) if words else ""
        said = check_value(option, value)
        if said:
            yield f"strain {command['name']} {name}: there is no {said}"


def check_command(line):
    """A command line that stands in a document."""
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split, lexer.commenters = True, "#"
        words = list(lexer)
    except ValueError:
        return      # a part of a script, whose quotes end elsewhere
    start = next((i for i, w in enumerate(words)
                  if w in ("strain", "./strain")), None)
    if start is None:
        return
    words = words[start + 1:]
    end = next((i for i, w in enumerate(words) if w in END), len(words))
    words = words[:end]
    if not words or not re.fullmatch(r"[a-z-]+", words[0]):
        return
    command = commands.get(words[0])
    if command is None:
        if not words[0].startswith("-"):
            yield f"there is no command: strain {words[0]}"
        return
    if "commands" in command:
        below = {c["name"].split()[-1]: c for c in command["commands"]}
        if len(words) < 2 or words[1].startswith("-"):
            return
        if words[1] not in below:
            if re.fullmatch(r"[a-z]+", words[1]):
                yield f"there is no command: strain {words[0]} {words[1]}"
            return
        command, words = below[words[1]], words[1:]
        if words[0] in ("plan", "run", "fetch") and len(words) > 1 and \
                re.fullmatch(r"[a-z]+", words[1]) and words[1] not in matrices:
            yield f"there is no matrix file: {words[1]}"
    yield from check_words(command, words[1:])


def lines_of_markdown(text):
    """Code blocks line by line, and code within a line."""
    for block in re.findall(r"^ *```.*?\n(.*?)^ *```", text, re.M | re.S):
        for line in re.sub(r"\\\n", " ", block).splitlines():
            yield re.sub(r"^ *(?:- run: )?\$? ?", "", line)
    for code in re.findall(r"`([^`]*)`", re.sub(r"```.*?```", "", text, flags=re.S)):
        yield re.sub(r"\s+", " ", code)


def lines_of_page(text):
    text = re.sub(r'\\\(dq', '"', text)
    text = re.sub(r"\\\(aq", "'", text)
    text = re.sub(r"\\e\n", " ", text).replace("\\-", "-").replace("\\&", "")
    literal = False
    for line in text.splitlines():
        literal = line.startswith(".Bd -literal") or literal and line != ".Ed"
        if line.startswith((".Dl ", ".Ql ")):
            yield line[4:]
        elif literal:
            yield line


# --- all of them ---

shown = 0


def commands_of(path, lines):
    global shown
    for line in lines:
        if not re.match(r"(?:\$ *)?(?:\./)?strain\b", line):
            continue
        shown += 1
        wrong.extend(f"{path}: {said}: {line}" for said in check_command(line))


for path in documents():
    text = open(path, encoding="utf-8").read()
    name = os.path.relpath(path, src)
    wrong += [f"{name}: {said}" for said in check_links(path, text)]
    commands_of(name, lines_of_markdown(text))
known = {os.path.basename(p) for p in pages}
for path in pages:
    text = open(path, encoding="utf-8").read()
    name = os.path.basename(path)
    for to, section in re.findall(r"^\.Xr (strain[a-z-]*) (\d)", text, re.M):
        if to not in known:
            wrong.append(f"{name}: there is no page {to}({section})")
    commands_of(name, lines_of_page(text))
if shown < 50:
    wrong.append(f"only {shown} command lines were found")
print("\n".join(wrong))
sys.exit(bool(wrong))
