"""An application on the standalone master: cached data on two executors and tasks that run.

argv: the folder through which the test speaks to it. There `facts.json` says where everything is
once two tasks run and go on running; `oom` makes one task ask for more than the heap of an executor,
`oom-done` says that its job has failed and that the two tasks run again. No Python worker is
started: what is measured is JVM only.
"""
import json
import os
import sys
import threading
import time

from pyspark.sql import SparkSession

control = sys.argv[1]
HEAPS_FULL = 900_000_000    # bytes in one string, executors have 512 MB
resting = threading.Event()


def path(name):
    return os.path.join(control, name)


def run_and_say(spark, what, query):
    try:
        spark.sql(query).collect()
    except Exception as error:
        print(f"{what} ended: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr, flush=True)


def busy(spark):
    """Two tasks, one for each executor, which hold a sorted heap and sleep until interrupted."""
    spark.sparkContext.setJobGroup("busy", "two long tasks", interruptOnCancel=True)
    run_and_say(spark, "the long tasks",
        "SELECT java_method('java.lang.Thread', 'sleep', id * 0 + 3600000L) FROM "
        "(SELECT id FROM range(0, 200000, 1, 2) SORT BY hash(id))")


def keep_busy(spark):
    """Whoever ends them, they begin again."""
    while not resting.is_set():
        busy(spark)
        time.sleep(1)


def start_busy(spark):
    resting.clear()
    thread = threading.Thread(target=keep_busy, args=(spark,), daemon=True)
    thread.start()
    return thread


def running_tasks(spark):
    tracker = spark.sparkContext.statusTracker()
    stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    return sum(stage.numActiveTasks for stage in stages if stage)


def wait_for_two_tasks(spark):
    while running_tasks(spark) < 2:
        time.sleep(0.1)


def run_out_of_memory(spark):
    spark.sparkContext.setJobGroup("oom", "more than a heap", interruptOnCancel=True)
    run_and_say(spark, "the big task",
        f"SELECT max(length(repeat(cast(id AS string), {HEAPS_FULL}))) FROM range(0, 1, 1, 1)")


def main():
    spark = SparkSession.builder.appName("nightly-batch").getOrCreate()
    data = spark.range(0, 200000, 1, 8).selectExpr("id", "sha2(cast(id AS string), 256) AS padding").cache()
    print("cached rows:", data.count(), file=sys.stderr, flush=True)
    run_and_say(spark, "the failing task",
        "SELECT count(if(id < 0, 0, raise_error('no such table'))) FROM range(0, 1, 1, 1)")
    thread = start_busy(spark)
    wait_for_two_tasks(spark)
    with open(path("facts.json.new"), "w") as file:
        json.dump({
            "application_id": spark.sparkContext.applicationId,
            "ui": spark.sparkContext.uiWebUrl,
            "jvm_pid": spark._jvm.java.lang.ProcessHandle.current().pid(),
        }, file)
    os.rename(path("facts.json.new"), path("facts.json"))
    while not os.path.exists(path("oom")):
        time.sleep(0.1)
    resting.set()
    spark.sparkContext.cancelJobGroup("busy")
    thread.join()
    run_out_of_memory(spark)
    start_busy(spark)
    wait_for_two_tasks(spark)
    open(path("oom-done"), "w").close()
    while True:
        time.sleep(60)


main()
