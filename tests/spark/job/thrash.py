"""A driver whose heap is full of what it still needs: it collects, and collects, and goes on.

argv: the control folder; `go` fills the heap. What stays free is less than what the next requests
want, so nearly each of them makes a full collection, which frees what the one before left behind.
How much that is differs from host to host, so more is kept for as long as hardly anything is
collected; a request that fails, or takes the thread that asked with it, is part of it.
"""
import sys
import time

from pyspark.sql import SparkSession

import control

MIB = 1 << 20
LEFT_FREE, REQUEST = 14 * MIB, 4 * MIB
ENOUGH_A_SECOND = 4


class Heap:
    def __init__(self, spark):
        self.spark, self.jvm = spark, spark._jvm
        self.runtime = self.jvm.java.lang.Runtime.getRuntime()
        beans = self.jvm.java.lang.management.ManagementFactory.getGarbageCollectorMXBeans()
        self.full = next(bean for bean in beans if "Old" in bean.getName())
        self.kept, self.failed = [], 0

    def free(self):
        runtime = self.runtime
        return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory()

    def request(self, size):
        """The array, or None: each failure is said, none is the end."""
        try:
            return self.spark._sc._gateway.new_array(self.jvm.long, size // 8 - 8)
        except Exception as error:
            self.failed += 1
            print(f"request failed ({self.failed}): {str(error)[:200]}", file=sys.stderr, flush=True)
            if isinstance(error, OSError):  # its JVM is gone
                time.sleep(1)
            return None

    def fill(self):
        """Live data until little is free after a collection."""
        for size in (32 * MIB, 8 * MIB, 2 * MIB):
            self.jvm.java.lang.System.gc()
            while self.free() > LEFT_FREE + size:
                if not self.keep(size):
                    break
        self.jvm.java.lang.System.gc()

    def keep(self, size):
        array = self.request(size)
        self.kept += [array] if array is not None else []
        return array is not None

    def collected(self):
        try:
            return self.full.getCollectionCount(), time.monotonic()
        except Exception:
            return 0, time.monotonic()


def strain(heap):
    was, at = heap.collected()
    while True:
        heap.request(REQUEST)
        if time.monotonic() - at < 2:
            continue
        count, now = heap.collected()
        if count - was < ENOUGH_A_SECOND * (now - at):
            heap.keep(MIB)
        was, at = count, now


def main():
    spark = SparkSession.builder.appName("wide-report").getOrCreate()
    spark.range(1000).count()
    control.write_facts(spark)
    control.wait_for("go")
    heap = Heap(spark)
    heap.fill()
    control.done("full")
    strain(heap)


if __name__ == "__main__":
    main()
