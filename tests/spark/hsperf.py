"""The counters that a JVM keeps in /tmp/hsperfdata_USER/PID, read by the test itself."""
import getpass
import struct


def counters(pid):
    """{name: number} of one JVM; empty where there is no such file."""
    try:
        with open(f"/tmp/hsperfdata_{getpass.getuser()}/{pid}", "rb") as file:
            data = file.read()
        at, count = struct.unpack_from("<ii", data, 24)
        found = {}
        for _ in range(count):
            length, name_at, vector = struct.unpack_from("<iii", data, at)
            kind, value_at = data[at + 12], struct.unpack_from("<i", data, at + 16)[0]
            if kind == ord("J") and not vector:
                name = data[at + name_at:data.index(b"\0", at + name_at)].decode()
                found[name] = struct.unpack_from("<q", data, at + value_at)[0]
            at += length
        return found
    except (OSError, ValueError, struct.error):
        return {}


class Heap:
    """Of a JVM under G1, as Spark's are: each generation's maximum is that of the whole heap."""

    def __init__(self, pid):
        read = counters(pid)
        spaces = (f"sun.gc.generation.{gen}.space.{space}.used"
                  for gen in (0, 1) for space in range(3))
        self.used = sum(read.get(name, 0) for name in spaces)
        self.max = read.get("sun.gc.generation.1.maxCapacity")
        self.old = read.get("sun.gc.generation.1.space.0.used", 0)
        self.full = read.get("sun.gc.collector.1.invocations", 0)
