"""A driver whose heap is full of what it still needs: it collects, and collects, and goes on.

argv: the control folder; `go` fills the heap. What stays free is less than what the next requests
want, so nearly each of them makes a full collection, which frees what the one before left behind.
"""
import sys

from pyspark.sql import SparkSession

import control

MIB = 1 << 20
LEFT_FREE, REQUEST = 14 * MIB, 4 * MIB


def free(runtime):
    return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory()


def fill(spark, kept):
    """Live data until little is free after a collection."""
    jvm, new_array = spark._jvm, spark._sc._gateway.new_array
    runtime = jvm.java.lang.Runtime.getRuntime()
    for size in (32 * MIB, 8 * MIB, 2 * MIB):
        jvm.java.lang.System.gc()
        while free(runtime) > LEFT_FREE + size:
            kept.append(new_array(jvm.long, size // 8 - 8))
    jvm.java.lang.System.gc()
    return free(runtime)


def main():
    spark = SparkSession.builder.appName("wide-report").getOrCreate()
    spark.range(1000).count()
    control.write_facts(spark)
    control.wait_for("go")
    kept, failed = [], 0
    print("free with the heap full:", fill(spark, kept) // MIB, "MiB", flush=True)
    control.done("full")
    while True:
        try:
            spark._sc._gateway.new_array(spark._jvm.long, REQUEST // 8)
        except Exception as error:
            failed += 1
            print(f"request failed ({failed}): {str(error)[:200]}", file=sys.stderr, flush=True)


main()
