"""Two threads of one driver that wait for each other's lock in Java, for good.

A Python thread has a thread of its own in the JVM, which owns the locks that it takes there; Python
itself only waits for answers. argv: the control folder; `go` lets them take the second lock, until
then Spark has something to do.
"""
import threading
import time

from pyspark.sql import SparkSession

import control


def take_both(first, second, both_hold_one):
    first.lock()
    both_hold_one.wait()
    control.wait_for("go")
    second.lock()


def main():
    spark = SparkSession.builder.appName("ledger-sync").getOrCreate()
    locks = [spark._jvm.java.util.concurrent.locks.ReentrantLock() for _ in range(2)]
    both_hold_one = threading.Barrier(2)
    threads = [threading.Thread(target=take_both, args=(*pair, both_hold_one))
               for pair in (locks, reversed(locks))]
    for thread in threads:
        thread.start()
    control.write_facts(spark)
    while not control.asked("go"):
        spark.range(1000).count()
        time.sleep(0.5)
    control.done("locked")
    for thread in threads:
        thread.join()


main()
