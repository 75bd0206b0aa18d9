#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what strain report wrote, as strictly as its readers.

format-check.py FORMAT FILE     prints what it found, a line each; 1 and why
                                when it is not valid
format-check.py FORMAT FILE...  prints only what is wrong

Of ktap the lines are PATH: RESULT [DIRECTIVE]; of junit SUITE/CLASS/NAME:
RESULT [TYPE]; of kcidb PATH: STATUS [NUMBER UNIT]; of prom and openmetrics
NAME{LABELS} VALUE; of csv the rows with '|' between columns.
"""
import csv
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))


class Invalid(Exception):
    pass


def want(condition, what):
    if not condition:
        raise Invalid(what)


def no_controls(text):
    for at, c in enumerate(text):
        want(c == "\n" or not (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0),
             f"control character {ord(c):#x} at {at}: {text[max(0, at - 40):at + 20]!r}")


# --- ktap ---------------------------------------------------------------------

RESULT = re.compile(r"(ok|not ok) ([1-9][0-9]*) ([^#]*[^# ])( # (SKIP|XFAIL|TIMEOUT|ERROR)( .*)?)?$")
FAILED = {"TIMEOUT", "ERROR"}


class Ktap:
    """A version line, a plan, then as many results; below each its subtests."""

    def __init__(self, text):
        want(text.endswith("\n"), "the last line does not end")
        no_controls(text)
        self.lines = text.split("\n")[:-1]
        self.at = 0
        self.found = []

    def line(self, depth):
        """The next line, less its indentation; NULL when it is of a higher level."""
        if self.at == len(self.lines):
            return None
        line = self.lines[self.at]
        indent = len(line) - len(line.lstrip(" "))
        want(indent % 2 == 0, f"odd indentation: {line!r}")
        return line[2 * depth:] if indent >= 2 * depth else None

    def level(self, depth, path):
        """All of one level; has any of it failed, were all skipped?"""
        want(self.line(depth) == "KTAP version 1", f"no version line at {self.at}")
        self.at += 1
        plan = re.fullmatch(r"1\.\.([0-9]+)", self.line(depth) or "")
        want(plan, f"no plan at {self.at}")
        self.at += 1
        failed, skipped, number, below = False, True, 0, None
        while number < int(plan[1]):
            line = self.line(depth)
            want(line is not None, f"{number} results of {plan[1]} in {path!r}")
            if line.startswith("  KTAP"):
                want(below is None, "subtests twice")
                start = len(self.found)
                below = self.level(depth + 1, path + ["?"])
                children = self.found[start:]
                continue
            self.at += 1
            if line.startswith("# "):
                continue
            result = RESULT.fullmatch(line)
            want(result, f"neither result nor diagnostic: {line!r}")
            number += 1
            want(int(result[2]) == number, f"number {result[2]}, not {number}: {line!r}")
            good, directive = result[1] == "ok", result[5]
            want(good == (directive not in FAILED) or (not good and not directive),
                 f"directive and result differ: {line!r}")
            name = path + [result[3]]
            if below is not None:
                want(below[0] != good, f"the parent of a failure: {line!r}")
                want(below[1] == (directive == "SKIP"), f"parent of what was skipped: {line!r}")
                for child in children:
                    child[0][len(path)] = result[3]
            else:
                self.found.append((name, result[1] + (f" {directive}" if directive else "")))
            failed |= not good
            skipped &= directive == "SKIP"
            below = None
        return failed, skipped


def ktap(text):
    parser = Ktap(text)
    parser.level(0, [])
    want(parser.at == len(parser.lines), f"more after the plan: {parser.lines[parser.at:][:1]}")
    return [f"{'/'.join(path)}: {result}" for path, result in parser.found]


# --- junit --------------------------------------------------------------------

def junit(text):
    schema = os.path.join(HERE, "junit.xsd")
    done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, "-"],
                          input=text.encode(), capture_output=True, check=False)
    want(done.returncode == 0, done.stderr.decode(errors="replace")[-2000:])
    found = []
    for suite in ElementTree.fromstring(text.encode()):
        cases = suite.findall("testcase")
        want(int(suite.get("tests")) == len(cases), "tests")
        for attribute, name in ("failures", "failure"), ("errors", "error"), ("skipped", "skipped"):
            want(int(suite.get(attribute)) == len(suite.findall(f"testcase/{name}")), attribute)
        for case in cases:
            result = case[0].tag if len(case) else "passed"
            kind = case[0].get("type") if len(case) and case[0].get("type") else ""
            found.append(f"{suite.get('name')}/{case.get('classname')}/{case.get('name')}: "
                         f"{result} {kind}".rstrip())
            want(not len(case) or case[0].get("message"), "a result without a message")
    return found


# --- kcidb --------------------------------------------------------------------

def no_null(value, where):
    want(value is not None, f"null at {where}")
    if isinstance(value, dict):
        for key, member in value.items():
            no_null(member, f"{where}.{key}")
    elif isinstance(value, list):
        for i, member in enumerate(value):
            no_null(member, f"{where}[{i}]")


def kcidb(text):
    import jsonschema

    with open(os.path.join(HERE, "kcidb-5.3.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft202012Validator.check_schema(schema)
    doc = json.loads(text)
    for error in jsonschema.Draft202012Validator(schema).iter_errors(doc):
        raise Invalid(f"{'/'.join(map(str, error.absolute_path))}: {error.message[:500]}")
    ids = {}
    for kind in "checkouts", "builds", "tests", "issues", "incidents":
        ids[kind] = [o["id"] for o in doc.get(kind, [])]
        want(len(set(ids[kind])) == len(ids[kind]), f"an id twice among {kind}")
        for o in doc.get(kind, []):
            want(o["id"].startswith(o["origin"] + ":"), f"{o['id']} is not of {o['origin']}")
    for build in doc.get("builds", []):
        want(build["checkout_id"] in ids["checkouts"], "a build without its checkout")
    for test in doc.get("tests", []):
        want(not ids["builds"] or test["build_id"] in ids["builds"], "a test without its build")
        no_null({k: v for k, v in test.items() if k != "misc"}, test["id"])
        want("number" not in test or test["status"] in ("FAIL", "ERROR", "PASS", "DONE"),
             "a number of what did not run")
    for incident in doc.get("incidents", []):
        want(incident["issue_id"] in ids["issues"], "an incident without its issue")
        want(incident["test_id"] in ids["tests"], "an incident without its test")
    found = []
    for test in doc.get("tests", []):
        number = test.get("number")
        found.append(f"{test['path']}: {test['status']}" + (
            f" {number['value']:.6g} {number.get('unit', '')}".rstrip() if number else ""))
    found += [f"incident: {i['test_id']}" for i in doc.get("incidents", [])]
    return found


# --- prometheus and openmetrics -----------------------------------------------

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\})? '
                    r"([-+0-9.e]+|NaN|[+-]Inf)$")


def families(text, strict):
    """What the textfile collector asks for: one HELP and one TYPE before the
    samples, families in one piece, no timestamp, no series twice."""
    want(text == "" or text.endswith("\n"), "the last line does not end")
    no_controls(text)
    seen, series, name, kind = set(), set(), None, None
    lines = text.split("\n")[:-1]
    if strict:
        want(lines and lines[-1] == "# EOF", "no end mark")
        lines = lines[:-1]
    for line in lines:
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            want(name not in seen, f"family twice: {name}")
            seen.add(name)
            kind = None
        elif line.startswith("# TYPE "):
            want(line.split(" ")[2] == name and not kind, f"TYPE: {line}")
            kind = line.split(" ")[3]
            want(kind in ("gauge", "info", "stateset") if strict else kind == "gauge", line)
        elif line.startswith("# UNIT "):
            want(strict and kind and line.split(" ")[2] == name, f"UNIT: {line}")
            want(name.endswith("_" + line.split(" ")[3]), f"the name has not the unit: {line}")
        else:
            sample = SAMPLE.fullmatch(line)
            want(sample, f"no sample: {line[:300]!r}")
            want(sample[1] in (name, f"{name}_info" if kind == "info" else name) and kind,
                 f"sample outside its family: {line[:100]}")
            want(sample[1] + (sample[2] or "") not in series, f"series twice: {line[:300]}")
            series.add(sample[1] + (sample[2] or ""))


def samples(parsed):
    found = []
    for family in parsed:
        want(family.samples, f"a family without samples: {family.name}")
        for sample in family.samples:
            want(sample.timestamp is None, "a timestamp")
            labels = ",".join(f"{k}={v}" for k, v in sample.labels.items())
            found.append(f"{sample.name}{{{labels}}} {sample.value:.12g}")
    return found


def prom(text):
    from prometheus_client.parser import text_string_to_metric_families

    families(text, False)
    return samples(text_string_to_metric_families(text))


def openmetrics(text):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    families(text, True)
    try:
        return samples(text_string_to_metric_families(text))
    except ValueError as error:
        raise Invalid(str(error)) from error


# --- csv ----------------------------------------------------------------------

def csv_rows(text):
    want(text.endswith("\r\n"), "the last row does not end")
    want(text.count("\n") == text.count("\r\n") == text.count("\r"), "an end of line inside")
    no_controls(text.replace("\r\n", "\n"))
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    want(len(set(rows[0])) == len(rows[0]), "a column twice")
    for row in rows:
        want(len(row) == len(rows[0]), f"{len(row)} columns, not {len(rows[0])}: {row}")
        for cell in row:
            want(not re.match(r"[=+@]|-[^0-9]", cell), f"a formula: {cell!r}")
    return ["|".join(row) for row in rows]


# --- markdown and text --------------------------------------------------------

def markdown(text):
    no_controls(text)
    columns = None
    for line in text.split("\n"):
        want(line.startswith("    ") or not re.search(r"(?<!\\)<|(?<!\\)`", line),
             f"markup: {line[:300]!r}")
        if not line.startswith("|"):
            columns = None
            continue
        n = len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))
        want(columns in (None, n), f"{n} cells, not {columns}: {line[:300]!r}")
        columns = n
    return text.split("\n")


def plain(text):
    no_controls(text)
    return text.split("\n")


FORMATS = {"ktap": ktap, "junit": junit, "kcidb": kcidb, "prom": prom, "csv": csv_rows,
           "openmetrics": openmetrics, "markdown": markdown, "text": plain}


def check(kind, path):
    """Lines found, and what is wrong or ""."""
    try:
        with open(path, encoding="utf-8", newline="") as f:
            return FORMATS[kind](f.read()), ""
    except (Invalid, ValueError, csv.Error) as error:
        return [], f"{kind}: {os.path.basename(path)}: {str(error)[:1000]}"


def main():
    kind, paths = sys.argv[1], sys.argv[2:]
    results = [check(kind, path) for path in paths]
    wrong = [error for _, error in results if error]
    print("\n".join(wrong or results[0][0] if len(paths) == 1 else wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
