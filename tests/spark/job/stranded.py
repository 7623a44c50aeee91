"""A job whose SparkContext was stopped under it: the JVM lives, the UI is closed, no retry helps.

argv: the control folder; `go` stops the context from inside the JVM, as its own event loop or a
cluster does; this Python goes on with the session that it has.
"""
import sys
import time

from pyspark.sql import SparkSession

import control


def main():
    spark = SparkSession.builder.appName("nightly-export").getOrCreate()
    control.write_facts(spark)
    is_stopped = False
    while True:
        try:
            spark.range(1000).count()
        except Exception as error:
            print(f"export failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        if not is_stopped and control.asked("go"):
            spark.sparkContext._jsc.sc().stop()
            is_stopped = True
        time.sleep(1)


main()
