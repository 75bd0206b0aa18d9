# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs that are interrupted or killed, and what they must not leave behind."""

import os
import random
import signal
import subprocess
import tempfile
import time

# What belongs to the machine and must be as it was.

def loops_on(where):
    listed = subprocess.run(["losetup", "-a"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True).stdout
    return [line for line in listed.splitlines() if where in line]


def undo_logs_of(pid):
    try:
        return [f for f in os.listdir("/run/strain") if "-%d-" % pid in f]
    except OSError:
        return []


def groups_of(pids):
    """Cgroups that one of these made: a leader, which puts its pid into the name."""
    return [where for where, _, _ in os.walk("/sys/fs/cgroup")
            if any("/strain-%d-" % p in where for p in pids)]


def machine_state():
    state = {}
    for path in ("/proc/sys/vm/nr_hugepages", "/proc/self/mountinfo",
                 "/sys/kernel/mm/transparent_hugepage/enabled"):
        if os.path.exists(path):
            with open(path) as f:
                state[path] = f.read()
    return state


def descendants(pid):
    """Processes of the tree below @pid, itself not among them."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open("/proc/%s/stat" % entry) as f:
                    fields = f.read().rsplit(")", 1)[1].split()
                parents[int(entry)] = int(fields[1])
            except OSError:
                pass
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        below = [p for p, parent in parents.items() if parent == at]
        found += below
        todo += below
    return found


def state(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "X"


def alive(pids):
    return [p for p in pids if state(p) not in "XZ"]


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def comm(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return ""


class Started:
    """A run that goes on until it is told otherwise."""

    def __init__(self, args):
        self.where = tempfile.mkdtemp(prefix="strain-test.", dir="/tmp")
        self.path = os.path.join(self.where, "report.json")
        self.before = machine_state()
        self.process = subprocess.Popen(
            args + ["--report", self.path, "--temp-path", self.where],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        # a leader, and a worker where it is not the only task itself
        for least, seconds in ((1, 10), (2, 0.5)):
            wait_for(lambda n=least: len(descendants(self.process.pid)) >= n or
                     self.process.poll() is not None, seconds)
        time.sleep(random.uniform(0.05, 0.3))
        self.family = descendants(self.process.pid)

    def send(self, pid, number):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass

    def strike(self, pick, name):
        """SIGKILL for one of the processes called @name, surely while it works:
        some of them live for one round only."""
        for _ in range(50):
            victims = [p for p in descendants(self.process.pid) if comm(p) == name]
            if victims:
                victim = pick(victims)
                self.send(victim, signal.SIGSTOP)
                if wait_for(lambda: state(victim) in "TZX", 5) and state(victim) == "T":
                    self.send(victim, signal.SIGKILL)
                    return True
        return False

    def end(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True

    def leftovers(self):
        """What is still there, given a moment to go."""
        def left():
            files = [f for f in os.listdir(self.where) if f != "report.json"]
            now = machine_state()
            changed = [k for k in now if now[k] != self.before[k]]
            return (files + changed + alive(self.family) + loops_on(self.where) +
                    groups_of(self.family) + undo_logs_of(self.process.pid))

        wait_for(lambda: not left(), 8)
        found = left()
        subprocess.run(["rm", "-rf", self.where], check=True)
        return found

    def read(self):
        with open(self.path) as f:
            return f.read()
