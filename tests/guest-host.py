# SPDX-License-Identifier: GPL-2.0-or-later
"""The host's end of a guest's port, for t-matrix-guest.sh.

guest-host.py PROGRAM STEP...: starts PROGRAM --guest over a socket and carries
out the steps, each a line of JSON: {"job": ...} sends one and waits for its end;
{"order": TEXT, "after": ANSWER} sends an order when the answer comes;
{"raw": TEXT} sends bytes; {"slow": SECONDS} reads nothing for so long after the
job was sent. Prints what came, a frame a line: its kind and its payload.
"""

import json
import socket
import struct
import subprocess
import sys
import time
import zlib


def frame(kind, payload=b""):
    return b"sTrF" + kind + b"\0\0\0" + \
        struct.pack("<II", len(payload), zlib.crc32(payload)) + payload


class Port:
    def __init__(self, program):
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(60)
        self.child = subprocess.Popen([program, "--guest=%d" % theirs.fileno()],
                                      pass_fds=[theirs.fileno()])
        theirs.close()
        self.data = b""

    def read(self):
        """The next frame, or None at the end."""
        while True:
            if len(self.data) >= 16:
                size, crc = struct.unpack("<II", self.data[8:16])
                if len(self.data) >= 16 + size:
                    head, payload = self.data[:8], self.data[16:16 + size]
                    assert head[:4] == b"sTrF" and head[5:] == b"\0\0\0", head
                    assert zlib.crc32(payload) == crc, payload
                    self.data = self.data[16 + size:]
                    print(chr(head[4]), payload.decode(), flush=True)
                    return chr(head[4]), payload.decode()
            more = self.ours.recv(65536)
            if not more:
                assert not self.data, "the stream ends within a frame"
                return None
            self.data += more

    def until(self, kind, orders=()):
        orders = list(orders)
        while True:
            got = self.read()
            if got is None or got[0] == kind:
                return got
            if orders and got == ("A", orders[0]["after"]):
                self.ours.sendall(frame(b"O", orders.pop(0)["order"].encode()))


def main():
    port = Port(sys.argv[1])
    assert port.until("H")
    orders, slow = [], 0
    for step in map(json.loads, sys.argv[2:]):
        if "order" in step:
            orders.append(step)
        elif "slow" in step:
            slow = step["slow"]
        elif "raw" in step:
            port.ours.sendall(step["raw"].encode())
        else:
            port.ours.sendall(frame(b"J", json.dumps(step["job"]).encode()))
            time.sleep(slow)
            assert port.until("E", orders)
            orders, slow = [], 0
    port.ours.sendall(frame(b"X"))
    assert port.read() is None
    print("exit", port.child.wait(10))


main()
