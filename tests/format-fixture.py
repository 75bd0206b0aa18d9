#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports and comparisons for the tests of strain report.

format-fixture.py SEALED DIR    from a sealed report with all members:
    outcomes.json               a case for each outcome
    comparison.json             each verdict, outcomes, refusals; it gates
    ungated.json                the same in an uncontrolled order
    hostile-N.json              reports whose texts try to break formats
    hostile-c-N.json            comparisons, likewise
    twisted-N.json, twisted-c-N.json
                                the same with members of wrong types or missing,
                                and with numbers of any magnitude
The random ones are the same in every run.
"""
import copy
import json
import random
import sys

HOSTILE = [
    "]]>", "<![CDATA[", "<script>alert(1)</script>", "</testsuite>", "&amp;&#0;&bogus;",
    "\"'`", "|", "a|b\\|c\\", "\\", "\\\\\"", "trailing\\", "#", "# SKIP none", "x # to" "do later",
    "SKIP all", "ok 1 fake", "\nok 1 fake", "\nnot ok 2 fake\n1..9\n", "\n# EOF\n", "\n\n",
    "# HELP x y\n# TYPE x counter\nx 1", "{a=\"b\"}", "le=\"+Inf\"} 9 1234567890",
    "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\x01\x02\x7f", "\x9b31m", "\u0085\u2028\u2029",
    "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\u202egnirts", "\ufeffbom", "\r", "\r\n", "a\rb",
    "\t", ",", "a,b\"c", "=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "=cmd|x",
    "@torvalds see #1", "![x](http://x/y.png)", "[x](javascript:alert(1))", "```\n# big\n```",
    "**bold** _it_ ~~gone~~", "<img src=x onerror=y>", "- item\n- item", "> quote", "$x$",
    "--- | ---", "| a | b |\n|---|---|", "%s%n%d", "../../etc/passwd", "a.b..c", ":", "",
    " ", "  leading", "KTAP version 1", "1..5", "é" * 50, "x" * 20000, "日本語", "👩‍👩‍👧‍👦",
]
# Members whose values are words of the format itself.
KEPT = {"schema", "outcome", "kind", "better", "verdict", "design", "scale", "rate", "line",
        "statistic", "boot_id", "seed", "sequence", "unit_of"}


def outcomes(report):
    words = ["pass", "fail", "broken", "skip", "hang", "killed", "expected-fail",
             "unexpected-pass", "interrupted"]
    doc = copy.deepcopy(report)
    model = next(o for o in doc["cases"] if o["outcome"] == "pass")
    doc["cases"] = []
    for i, word in enumerate(words):
        case = copy.deepcopy(model)
        case.update({"id": f"made/{word}", "stressor": "made", "method": word, "outcome": word,
                     "case": i})
        if word != "pass":
            case["reason"] = f"because of {word}"
        if word in ("expected-fail", "unexpected-pass"):
            case["known_issue"] = "bug 42"
        if word == "fail":
            case["checks"][0]["failed"] = 1
        for k, trial in enumerate(case["trials"]):
            trial["order"] = 1000 * i + k
        doc["cases"].append(case)
    doc["cases"].append({**copy.deepcopy(model), "id": "alone", "stressor": "alone",
                         "case": len(words)})
    doc["kernel_log"] = [{"order": 1000, "time": 1.5, "kind": "warning", "text": "WARNING: at x"},
                         {"order": 0, "time": 1.5, "text": "of a case that passed"}]
    doc["counts"] = {word: 1 + (word == "pass") for word in words}
    return doc


def metric(case, name, verdict, primary=True, **more):
    return {"case": case, "metric": name, "name": name, "variant": None, "statistic": "median",
            "rate": "wall", "unit": "ops/s", "kind": "rate", "better": "higher",
            "primary": primary, "held": None, "design": "alternating", "scale": "log",
            "verdict": verdict, "base": 1000, "new": 950, "change": -0.05, "low": -0.06,
            "high": -0.04, "confidence": 0.95, "p": 0.001, "p_adjusted": 0.004, "n": [8, 8],
            "paired": False, "exact": True, "threshold": 0.02, "floor": None, "missed": None,
            "needed": None, "text": f"it is {verdict}", "values": {"base": [1000], "new": [950]},
            "counters": [{"name": "pgfault", "source": "vmstat", "base": 1, "new": 1.2,
                          "change": 0.2, "p": 0.01}], **more}


def comparison(gates):
    def side(label, kernel):
        return {"label": label, "kernel": kernel, "boots": 4, "trials": 8, "reports": [
            {"path": f"{label}.json", "kernel": kernel, "started": 1795264680, "boot_id": ""}]}

    reason = None if gates else "first all of base, then all of new"
    design = "alternating" if gates else "uncontrolled"
    counts = {"regressed": 1, "improved": 1, "inconclusive": 1, "unchanged": 1}
    metrics = [
        metric("fault/anon", "faults", "regressed"),
        metric("fault/anon", "latency", "improved", kind="latency", unit="ns", better="lower",
               statistic="p99", rate=None, variant="shared"),
        metric("fault/shmem", "faults", "inconclusive", missed=0.08, needed=30),
        metric("switch", "switches", "unchanged", rate="cpu"),
        metric("switch", "wakeups", "regressed", primary=False, low=None, high=None, p=None,
               p_adjusted=None),
    ]
    for one in metrics:
        one["design"] = design
    return {
        "schema": "strain-comparison/1",
        "tool": {"name": "strain", "version": "1", "commit": None},
        "verdict": "regressed", "exit_code": 3, "gates": gates, "gate_reason": reason,
        "counts": counts, "secondary": {**counts, "improved": 0, "inconclusive": 0, "unchanged": 0},
        "method": {"fdr": 0.05, "threshold": 0.02, "confidence": 0.95, "power": 0.8, "seed": "1",
                   "unit": "boot", "paired": False, "rate_rule": "wall", "looks": None, "floor": None},
        "sides": [side("base", "6.12.1"), side("new", "6.13.0")],
        "order": {"design": design, "sequence": "ABBA", "text": "the sides took turns"},
        "environment": [{"name": "kernel.release", "base": "6.12.1", "new": "6.13.0"}],
        "outcomes": [{"case": "parallel-dir/create", "base": {"pass": 5},
                      "new": {"pass": 3, "fail": 2}, "verdict": "regressed", "p": None,
                      "text": "new failure: lost a name"}],
        "metrics": metrics,
        "shapes": [{"case": "fault/anon", "metric": "latency", "variant": None, "distance": 0.2,
                    "p": 0.01, "p_adjusted": 0.02, "verdict": "changed"}],
        "refused": [{"case": "aiol/read", "reason": "options differ"}],
        "only": {"base": ["old/case"], "new": ["new/case"]},
        "notes": ["a note"],
    }


def texts(value, rng, key=None):
    """The same with hostile texts; names of members that are data too."""
    if isinstance(value, dict):
        free = key in ("counters", "gauges", "machine", "kernel", "percentiles", "options", "missing")
        return {(rng.choice(HOSTILE) + k if free and rng.random() < 0.3 else k):
                texts(member, rng, k) for k, member in value.items()}
    if isinstance(value, list):
        return [texts(member, rng, "member" if isinstance(member, dict) else key)
                for member in value]
    if isinstance(value, str) and key not in KEPT and rng.random() < 0.7:
        parts = rng.choices(HOSTILE, k=rng.choice([1, 1, 2, 3]))
        return (value if rng.random() < 0.3 else "") + "".join(parts)
    return value


WRONG = [None, True, False, 0, -1, 1e308, -1e308, 1e-320, 2**62, [], {}, [[]], "text", [None], [{}],
         {"a": 1}, [1e308, -1e308]]


def twist(value, rng, depth=0):
    """The same with a few members of another type, gone or repeated."""
    if isinstance(value, dict):
        return {k: member if depth == 0 and k == "schema" else
                copy.deepcopy(rng.choice(WRONG)) if rng.random() < 0.02 else
                twist(member, rng, depth + 1)
                for k, member in value.items() if depth == 0 or rng.random() > 0.01}
    if isinstance(value, list):
        members = [twist(member, rng, depth + 1) for member in value]
        return members + members[:1] if members and rng.random() < 0.1 else members
    return value


def stretch(value, rng, key=None):
    """The same with numbers of any magnitude, which readers take."""
    if isinstance(value, dict):
        return {k: stretch(member, rng, k) for k, member in value.items()}
    if isinstance(value, list):
        return [stretch(member, rng, key) for member in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or rng.random() > 0.2:
        return value
    # counts are refused when they are none
    if key in ("values", "cpu_rates", "medians", "cpu_medians", "mins", "maxs", "change", "low",
               "high", "50", "90", "99", "99.9"):
        signed = key in ("change", "low", "high")
        return rng.choice([None, 0, 1e308, 1e-320, 5e-324, 2**62] + [-1, -1e308] * signed)
    return value


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        report = json.load(f)

    def write(name, doc):
        with open(f"{sys.argv[2]}/{name}.json", "w", encoding="utf-8") as out:
            json.dump(doc, out)

    every = outcomes(report)
    write("outcomes", every)
    write("comparison", comparison(True))
    write("ungated", comparison(False))
    for n in range(5):
        rng = random.Random(n)
        write(f"hostile-{n}", texts(report if n % 2 else every, rng))
        write(f"hostile-c-{n}", texts(comparison(n % 2 == 0), rng))
        change = stretch if n > 1 else twist
        write(f"twisted-{n}", change(texts(every if n % 2 else report, rng), rng))
        write(f"twisted-c-{n}", change(texts(comparison(n % 2 == 0), rng), rng))


main()
