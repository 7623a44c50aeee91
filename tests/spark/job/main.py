"""A Structured Streaming job as the field runs them: rate source, foreachBatch, a trigger of 2 s.

argv: the folder through which the test speaks to it. There
  facts.json      is written once the query runs: where everything is
  fail-N-KIND     makes one batch fail (schema, timeout, mongo); taken in the order of the names
  hold            makes the running batch wait while it exists, `held` says that it does
When the JVM dies the Python process stays, endpoints and all, as such jobs do.
"""
import glob
import json
import os
import sys
import time
from datetime import datetime

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

import health_check
from error_handler import DeadLetterQueue, ErrorHandler, ServerSelectionTimeoutError, Timeout

control = sys.argv[1]
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
    context = {"batch_id": batch_id, "last_ts": datetime.now().isoformat(), "records_queried": 0,
        "drift": float("nan"), "tag": "\ud800"}
    try:
        wait_while_held()
        batch = batch.selectExpr("concat('user', value % 7) AS userId", "value AS steps", "timestamp")
        records = batch.count()
        context["records_queried"] = records
        fail_if_asked(batch)
        health_check.update_batch_status(batch_id, records_processed=records)
    except Exception as error:
        details = handle(error, batch_id, context)
        dlq.write_failed_batch(batch_id, details, context, samples(batch))
        health_check.update_error_status(details["type"])


def write_facts(facts):
    name = os.path.join(control, "facts.json")
    with open(name + ".new", "w") as file:
        json.dump(facts, file)
    os.rename(name + ".new", name)


def main():
    port = health_check.start_health_check_server(port=0, dlq=dlq)
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
    })
    try:
        query.awaitTermination()
    except Exception as error:
        print(f"the query ended: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    while True:
        time.sleep(60)


main()
