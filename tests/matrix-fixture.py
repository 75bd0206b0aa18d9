#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes a document of a matrix as `strain matrix run` writes it.

	matrix-fixture.py OUT ID=OUTCOME... [MEMBER=VALUE...]

ID is kernel/arch/machine/cmdline/job; the order of the cells is that of the
arguments, or N in ID#N=OUTCOME. Members: matrix=NAME digest=TEXT unsealed=1
started=SECONDS hostile=1 (texts that try to be markup and control codes)
only=EXPR note=TEXT.
"""
import json
import sys

CASES = ("nop", "switch/pipe", "fault/anon?bytes=4M", "io-uring/poll@tmpfs", "hugepage/mthp")
TAIL = ["[    1.000000] strain: the job begins", "[    2.500000] BUG: unable to handle page fault",
	"[    2.500100] RIP: 0010:do_anonymous_page+0x1a2/0x6c0",
	"[    2.600000] Kernel panic - not syncing: Fatal exception"]
GRAVITY = ("panic", "oops", "fail", "hang", "no-boot", "truncated", "timeout", "qemu-failed",
	   "broken", "interrupted", "pass", "skipped")
EXIT = {"panic": 1, "oops": 1, "fail": 1, "hang": 124, "interrupted": 130, "pass": 0, "skipped": 4}
HOSTILE = "</script><script>alert(1)</script>\x1b[31m\u202e\"'&"


def metric(number, case, kernel):
	value = 1000.0 * (1 + CASES.index(case)) * (1 + number / 50)
	return {"id": "ops", "name": "operations", "unit": "ops/s", "kind": "rate",
		"better": "higher", "primary": True, "version": 0, "median": value,
		"cpu_median": value * 1.25, "trials": 3, "percentiles": {"p99": 12.5 + kernel}}


def case_of(case, number, outcome, hostile):
	of = {"id": case, "outcome": "pass", "stressor": case.split("/")[0],
	      "checks_evaluated": 10, "metrics": [metric(number, case, number)]}
	if case == "hugepage/mthp" and number == 0:
		of.update(outcome="skip", reason="kernel 6.1 has no mTHP", remedy="a kernel from 6.8 on",
			  metrics=[], checks_evaluated=0)
	if case == "switch/pipe" and outcome == "fail":
		of.update(outcome="fail", reason=HOSTILE if hostile else "a byte came twice",
			  checks_failed=["order"])
	return of


def report_of(number, outcome, hostile):
	return {"sealed": True, "outcome": outcome, "exit_code": 1 if outcome == "fail" else 0,
		"seed": "7", "started": 1795290000.5, "seconds": 20.25, "boot_id": f"boot-{number}",
		"kernel": {"release": f"6.{number}"}, "machine": {"hypervisor": "tcg"},
		"cases": [case_of(c, number, outcome, hostile) for c in CASES]}


def cell_of(name, number, order, outcome, hostile):
	kernel, arch, machine, cmdline, job = name.split("/")
	cell = {"id": name, "order": order,
		"kernel": {"name": kernel, "source": "series:" + kernel},
		"arch": arch,
		"machine": {"name": machine, "cpus": 1, "memory": 1 << 30, "nodes": [], "disks": []},
		"cmdline": {"name": cmdline, "append": ""},
		"job": {"name": job, "kind": "run", "argv": ["--class", "guest"], "modules": [],
			"commands": [], "settings": {}, "timeout": 600, "quiet": 0, "exact": False,
			"timed": False},
		"outcome": outcome}
	if outcome == "interrupted":
		return {**cell, "reason": "did not run"}
	if outcome == "skipped":
		return {**cell, "reason": f"the archive has no kernel '{kernel}' for {arch}"}
	cell["kernel"].update(release=f"{kernel}.7-{arch}", package="linux-image-" + kernel,
			      version=f"{kernel}.7-1", digest="d" * 64)
	cell.update(started=1795290000.5 + number, seconds=31.5 + number, cpu_seconds=29.125,
		    boot_seconds=2.75 + number / 10, accel="tcg", emulator="QEMU 7.2.22",
		    digest="c" * 64, report_file=f"cells/{name.replace('/', '_')}/report.json",
		    console_file=f"cells/{name.replace('/', '_')}/console.log")
	if outcome in ("pass", "fail"):
		cell["report"] = report_of(number, outcome, hostile)
	if outcome == "fail":
		cell["reason"] = "1 of 5 cases failed"
	elif outcome != "pass":
		cell.update(reason=HOSTILE if hostile else "Kernel panic - not syncing: Fatal exception",
			    console_tail=TAIL + [HOSTILE] if hostile else TAIL)
	return cell


def main():
	cells, counts, option = [], {}, {}
	for word in sys.argv[2:]:
		key, _, value = word.rpartition("=")
		if "/" not in key:
			option[key] = value
			continue
		name, _, order = key.partition("#")
		cells.append((name, int(order) if order else len(cells), value))
		counts[value] = counts.get(value, 0) + 1
	hostile = "hostile" in option
	worst = next((w for w in GRAVITY if w in counts), "skipped")
	document = {
		"schema": "strain-matrix/1", "sealed": "unsealed" not in option, "outcome": worst,
		"exit_code": EXIT.get(worst, 5), "counts": counts,
		"tool": {"name": "strain", "version": "0.1.0", "commit": "0123456789ab"},
		"command": ["strain", "matrix", "run", "x.json"],
		"matrix": {"name": option.get("matrix", "x"), "about": HOSTILE if hostile else "a test",
			   "file": "x.json", "digest": option.get("digest", "a" * 64),
			   "cells_in_file": len(cells)},
		"started": float(option.get("started", 1795290000.5)), "seconds": 192.5,
		"host": {"release": "6.18.44", "machine": "x86_64", "cpus": 2, "memory": 1 << 34},
		"cells": [cell_of(name, i, order, outcome, hostile)
			  for i, (name, order, outcome) in enumerate(cells)]}
	if "only" in option:
		document["matrix"]["only"] = option["only"]
	if "note" in option:
		document["notes"] = [option["note"]]
	with open(sys.argv[1], "w", encoding="utf-8") as out:
		json.dump(document, out, indent=1)


main()
