#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports against the published schemas.

report-schema.py SCHEMA-DIR valid FILE...    every report, sealed or lines, is valid
report-schema.py SCHEMA-DIR mutate FILE      every small damage to it is noticed

"valid" also refuses members that the schema does not name: readers must live
with those, but this version must not write them.
"""
import copy
import json
import sys

import jsonschema

DOCUMENT = "strain-report-1.schema.json"
LINES = "strain-report-1-lines.schema.json"
COMPARISON = "strain-comparison-1.schema.json"
TREND = "strain-trend-1.schema.json"
SELFCHECK = "strain-selfcheck-1.schema.json"
MATRIX = "strain-matrix-1.schema.json"
MATRIX_FILE = "strain-matrix-file-1.schema.json"
CRASH = "strain-crash-1.schema.json"


def load_schemas(directory):
    schemas = []
    for name in (DOCUMENT, LINES, COMPARISON, TREND, SELFCHECK, MATRIX, MATRIX_FILE,
                 CRASH):
        with open(f"{directory}/{name}", encoding="utf-8") as f:
            schemas.append(json.load(f))
        jsonschema.Draft202012Validator.check_schema(schemas[-1])
    return schemas


def validators(schemas):
    """One for each, that finds the others by their $id."""
    store = {schema["$id"]: schema for schema in schemas}
    try:
        import referencing  # of jsonschema 4.18 and newer

        registry = referencing.Registry().with_resources(
            (name, referencing.Resource.from_contents(schema))
            for name, schema in store.items())
        return [jsonschema.Draft202012Validator(schema, registry=registry)
                for schema in schemas]
    except ImportError:
        return [jsonschema.Draft202012Validator(
            schema, resolver=jsonschema.RefResolver(schema["$id"], schema, store))
            for schema in schemas]


# What others build upon is closed by them.
BASES = {"run", "end", "when", "usage", "case_definition", "metric_definition",
         "check_definition", "bulk_of_case"}


def closed(schemas):
    """The same schemas, refusing members that no part of them names."""

    def close(schema, base=False):
        if isinstance(schema, dict):
            for value in schema.values():
                close(value)
            if schema.get("type") == "object" and "properties" in schema and not base:
                schema["unevaluatedProperties"] = False
        elif isinstance(schema, list):
            for value in schema:
                close(value)

    schemas = copy.deepcopy(schemas)
    document, *others = (schema["$defs"] for schema in schemas)
    for name, value in document.items():
        close(value, name in BASES)
    for other in others:
        close(other)
    document["bulk"]["properties"]["trials"]["items"]["unevaluatedProperties"] = False
    return schemas


def read(path):
    """Values of a file with the index of the validator for each."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    first = text.split("\n", 1)[0]
    try:
        is_lines = "line" in json.loads(first)
    except ValueError:
        is_lines = False
    if is_lines:
        return [(1, json.loads(line)) for line in text.splitlines()]
    value = json.loads(text)
    kinds = {"strain-comparison": 2, "strain-trend": 3, "strain-selfcheck": 4,
             "strain-matrix": 5, "strain-matrix-file": 6, "strain-crash": 7}
    return [(kinds.get(str(value.get("schema", "")).split("/")[0], 0), value)]


def check(kinds, path):
    bad = 0
    for kind, value in read(path):
        for error in list(kinds[kind].iter_errors(value))[:5]:
            where = "/".join(str(part) for part in error.absolute_path)
            print(f"{path}: {where}: {error.message[:300]}")
            bad += 1
    return bad


def damages(value, path=()):
    """Ways to damage one member: take it away, change its type, add another."""
    if isinstance(value, dict):
        yield path + ("unheard_of",), "add"
        for key in value:
            yield path + (key,), "remove"
            yield path + (key,), "type"
            yield from damages(value[key], path + (key,))
    elif isinstance(value, list) and value:
        yield path + (0,), "type"
        for i in range(len(value) if path == ("cases",) else 1):
            yield from damages(value[i], path + (i,))


def damaged(document, path, how):
    document = copy.deepcopy(document)
    parent = document
    for part in path[:-1]:
        parent = parent[part]
    if how == "remove":
        del parent[path[-1]]
    elif how == "add":
        parent[path[-1]] = 1
    else:
        parent[path[-1]] = [{"never": "valid"}] if not isinstance(
            parent[path[-1]], list) else {"never": ["valid"]}
    return document


# Members that a report may well be without.
OPTIONAL = {
    "method", "fs", "ops", "mutation", "remedy", "shared_blame", "known_issue", "variant",
    "cpu_rates", "medians", "cpu_medians", "slices", "counts", "mins", "maxs", "percentiles",
    "stuck", "notes", "worker_ops", "fractions", "missing", "kernel", "failed_checks", "bulk",
    "cflags", "minor_faults", "major_faults", "voluntary_switches", "involuntary_switches",
    "unwatched", "dropped", "oom_pids", "kind", "order", "state", "wchan", "syscall", "stack",
    "signal", "oom", "type", "device", "mkfs", "mount", "reason",
}
# Objects whose member names are data.
OPEN = {"settings", "options", "machine", "sysctl", "libraries", "environment", "counters",
        "gauges", "fractions", "missing", "percentiles"}


def optional(path):
    return path[-1] in OPTIONAL or any(part in OPEN for part in path[:-1]) or (
        path[0] == "kernel" and len(path) > 1)


def is_open(path):
    """Is the member's name data?"""
    return any(part in OPEN for part in path[:-1]) or (
        path[0] == "kernel" and len(path) > 1)


def small(value, path=()):
    """The document with one member of every list and few facts, but all cases."""
    if isinstance(value, dict):
        keys = list(value)
        if path and path[0] in ("machine", "kernel", "sysctl"):
            keys = keys[:2]
        return {key: small(value[key], path + (key,)) for key in keys}
    if isinstance(value, list):
        objects = value and isinstance(value[0], (dict, list))
        members = value[:1] if objects and path != ("cases",) else value
        return [small(member, path + (0,)) for member in members]
    return value


def mutate(schemas, path):
    kind, document = read(path)[0]
    if kind:
        return mutate_verdicts(schemas, kind, path, document)
    document = small(document)
    plain, strict = validators(schemas)[0], validators(closed(schemas))[0]
    tried = missed = 0
    if not strict.is_valid(document):
        print(f"{path}: is not valid to begin with")
        return 1
    for where, how in damages(document):
        if how == "remove" and (where[-1] in OPTIONAL or is_open(where)):
            continue
        if how == "add" and (is_open(where) or where[-2:-1] == ("counts",)):
            continue
        tried += 1
        validator = strict if how == "add" else plain
        if validator.is_valid(damaged(document, where, how)):
            print(f"{path}: not noticed: {how} {'/'.join(map(str, where))}")
            missed += 1
    print(f"{tried} damaged reports, {missed} taken for valid")
    return missed


def mutate_verdicts(schemas, kind, path, document):
    plain, strict = validators(schemas)[kind], validators(closed(schemas))[kind]
    tried = missed = 0
    if not strict.is_valid(document):
        print(f"{path}: is not valid to begin with")
        return 1
    for where, how in damages(document):
        # trials by outcome: the words are data
        if kind == 2 and where[0] == "outcomes" and len(where) == 4 and where[2] in ("base", "new"):
            continue
        tried += 1
        if (strict if how == "add" else plain).is_valid(damaged(document, where, how)):
            print(f"{path}: not noticed: {how} {'/'.join(map(str, where))}")
            missed += 1
    print(f"{tried} damaged documents, {missed} taken for valid")
    return missed


def main():
    schemas = load_schemas(sys.argv[1])
    if sys.argv[2] == "mutate":
        return 1 if mutate(schemas, sys.argv[3]) else 0
    bad = sum(check(validators(schemas), path) + check(validators(closed(schemas)), path)
              for path in sys.argv[3:])
    return 1 if bad else 0


sys.exit(main())
