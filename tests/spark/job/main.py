"""A Structured Streaming job as the field runs them: rate source, foreachBatch, a trigger of 2 s.

argv: the folder through which the test speaks to it, and the port of the health endpoints (0: a free
one). There
  facts.json      is written once the query runs: where everything is
  fail-N-KIND     makes one batch fail (schema, timeout, mongo); taken in the order of the names
  hold            makes the running batch wait while it exists, `held` says that it does
  break-KIND      takes it out of action: oom (the JVM ends with 52), strand (its SparkContext is
                  stopped), thrash (endless collections); once
  sink.db         is what it reads and writes (sink.py)
  hook_http.py    when it is there before the start: the route by which a failed batch comes in again
When the JVM dies the Python process stays, endpoints and all, and tries again and again, as such jobs
do. Started again it goes on from its checkpoint.
"""
import glob
import json
import os
import sys
import threading
import time
from datetime import datetime

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

import health_check
import thrash
from error_handler import DeadLetterQueue, ErrorHandler, ServerSelectionTimeoutError, Timeout
from replay import Replay
from sink import Sink

HEAPS_FULL = 900_000_000    # bytes in one string, the driver has 512 MB
RETRY_SECONDS = 3

control = sys.argv[1]
sink = Sink(control)
dlq = DeadLetterQueue(os.path.join(control, "dlq"))
errors = ErrorHandler()


def wait_while_held():
    held = os.path.join(control, "held")
    while os.path.exists(os.path.join(control, "hold")):
        open(held, "w").close()
        time.sleep(0.05)
    if os.path.exists(held):
        os.unlink(held)


def fail_if_asked(batch):
    asked = sorted(glob.glob(os.path.join(control, "fail-*")))
    if not asked:
        return
    os.unlink(asked[0])
    kind = asked[0].rsplit("-", 1)[1]
    if kind == "schema":
        batch.select("heartRate").count()
    if kind == "timeout":
        raise Timeout("API request timed out")
    raise ServerSelectionTimeoutError(
        "localhost:27017: [Errno 111] Connection refused, Timeout: 30s, Topology Description: <none>")


def handle(error, batch_id, context):
    if isinstance(error, ServerSelectionTimeoutError):
        return errors.handle_mongodb_error(batch_id, error, context)
    if isinstance(error, Timeout):
        return errors.handle_request_timeout(batch_id, error, context)
    if isinstance(error, AnalysisException):
        return errors.handle_schema_mismatch(batch_id, error, context)
    return errors.handle_generic_error(batch_id, error, context)


def samples(batch):
    try:
        return [row.asDict() for row in batch.limit(5).collect()]
    except Exception as error:
        return [{"unreadable": type(error).__name__}]


def process_batch(batch, batch_id):
    low = datetime.now().isoformat()
    context = {"batch_id": batch_id, "last_ts": low, "records_queried": 0, "drift": float("nan"), "tag": "\ud800"}
    try:
        wait_while_held()
        batch = batch.selectExpr("concat('user', value % 7) AS userId", "value AS steps", "timestamp")
        low, high, records = sink.take((int(row["userId"][4:]), row["steps"]) for row in batch.collect())
        context.update(last_ts=low, records_queried=records)
        fail_if_asked(batch)
        sink.end(batch_id, low, high, True)
        health_check.update_batch_status(batch_id, records_processed=records)
    except Exception as error:
        details = handle(error, batch_id, context)
        dlq.write_failed_batch(batch_id, details, context, samples(batch))
        sink.end(batch_id, low, datetime.now().isoformat(), False)
        health_check.update_error_status(details["type"])


def write_facts(facts):
    name = os.path.join(control, "facts.json")
    with open(name + ".new", "w") as file:
        json.dump(facts, file)
    os.rename(name + ".new", name)


def run_out_of_memory(spark):
    rows = spark.range(1000).selectExpr(f"length(repeat(cast(id AS string), {HEAPS_FULL})) AS n")
    rows.selectExpr("max(n)").collect()


def collect_without_end(spark):
    heap = thrash.Heap(spark)
    heap.fill()
    thrash.strain(heap)


WAYS = {
    "oom": run_out_of_memory,
    "strand": lambda spark: spark.sparkContext._jsc.sc().stop(),
    "thrash": collect_without_end,
}


def break_if_asked(spark):
    """What was asked is taken first: the next one to be started has forgotten it."""
    while True:
        for kind, way in WAYS.items():
            name = os.path.join(control, "break-" + kind)
            if os.path.exists(name):
                os.unlink(name)
                try:
                    way(spark)
                except Exception as error:
                    print(f"{kind}: {type(error).__name__}: {str(error)[:200]}", file=sys.stderr, flush=True)
        time.sleep(0.1)


def try_again(spark):
    attempt = 0
    while True:
        attempt += 1
        try:
            spark.range(1).count()
        except Exception as error:
            print(f"attempt {attempt} failed: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr,
                flush=True)
        time.sleep(RETRY_SECONDS)


def main():
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    port = health_check.start_health_check_server(port=port, dlq=dlq, replays=Replay.of(control, sink))
    spark = SparkSession.builder.appName("health-analytics").getOrCreate()
    rate = spark.readStream.format("rate").option("rowsPerSecond", 10).load()
    query = (rate.writeStream.queryName("health-analytics").foreachBatch(process_batch)
        .trigger(processingTime="2 seconds")
        .option("checkpointLocation", os.path.join(control, "checkpoint")).start())
    write_facts({
        "application_id": spark.sparkContext.applicationId,
        "ui": spark.sparkContext.uiWebUrl,
        "health": f"http://127.0.0.1:{port}",
        "dlq": dlq.directory,
        "jvm_pid": spark._jvm.java.lang.ProcessHandle.current().pid(),
        "python_pid": os.getpid(),
    })
    threading.Thread(target=break_if_asked, args=(spark,), daemon=True).start()
    try:
        query.awaitTermination()
    except Exception as error:
        print(f"the query ended: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    try_again(spark)


main()
