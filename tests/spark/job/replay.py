"""The way back in for a batch that failed: the route of the man page, which the test has put into the control
folder, on the server that the job has already.
"""
import os
import sqlite3
from contextlib import closing

from pyspark.sql import SparkSession

import sink


class Replay:
    """POST /replay/{batch_id} with an entry of the dead-letter queue; GET /replayed/{key}."""

    def __init__(self, path, hook):
        self.path, self.route = path, {}
        with open(hook) as file:
            exec(compile(file.read(), hook, "exec"), self.route)

    @classmethod
    def of(cls, folder, the_sink):
        """None where no route was put."""
        hook = os.path.join(folder, "hook_http.py")
        return cls(the_sink.path, hook) if os.path.exists(hook) else None

    def opened(self):
        return closing(sqlite3.connect(self.path, timeout=20))

    def post(self, headers, body):
        with self.opened() as db:
            return self.route["replay"](db, headers, body, process)

    def state(self, key):
        with self.opened() as db:
            return self.route["replayed"](db, key)


def process(db, low, high):
    """By Spark, as a batch is: without it nothing comes in."""
    spark = SparkSession.getActiveSession() or SparkSession.builder.getOrCreate()
    rows = sink.records(db, low, high)
    if rows:
        sink.write(db, spark.createDataFrame(rows, "ts string, user int, steps long").collect())
