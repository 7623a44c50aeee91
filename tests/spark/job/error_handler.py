"""Errors of a streaming job, classified, and the dead-letter queue they end in.

Entries are what Python's json.dumps makes of them, NaN and lone surrogates included: that is what
the console has to read in the field, so nothing here is tidied up.
"""
import glob
import json
import os
import sys
import threading
from datetime import datetime


class Timeout(Exception):
    """Stands for requests.exceptions.Timeout: the tests want no package but Spark."""


class ServerSelectionTimeoutError(Exception):
    """Stands for pymongo.errors.ServerSelectionTimeoutError."""


class ErrorHandler:
    total_errors = 0
    errors_by_type = {}
    _lock = threading.Lock()

    def log_error(self, batch_id, error, error_type, context=None, recommendation=""):
        with ErrorHandler._lock:
            ErrorHandler.total_errors += 1
            counts = ErrorHandler.errors_by_type
            counts[error_type] = counts.get(error_type, 0) + 1
        print(f"batch {batch_id} failed: {error_type}: {error}", file=sys.stderr, flush=True)
        return {
            "type": error_type,
            "message": str(error),
            "recommendation": recommendation,
            "action": "Continue to next batch",
        }

    def handle_mongodb_error(self, batch_id, error, context=None):
        return self.log_error(batch_id, error, "ServerSelectionTimeoutError", context,
            "Retry after 30 seconds - Check MongoDB connection")

    def handle_request_timeout(self, batch_id, error, context=None):
        return self.log_error(batch_id, error, "Timeout", context,
            "Retry after 60 seconds - Check API availability")

    def handle_schema_mismatch(self, batch_id, error, context=None):
        return self.log_error(batch_id, error, "SchemaError", context,
            "Check data schema and collection structure")

    def handle_generic_error(self, batch_id, error, context=None):
        return self.log_error(batch_id, error, type(error).__name__, context,
            "Review stack trace and DLQ entry")


class DeadLetterQueue:
    def __init__(self, directory):
        self.directory = directory

    def get_dlq_filename(self):
        return os.path.join(self.directory, f"failed_batches_{datetime.now():%Y%m%d}.json")

    def write_failed_batch(self, batch_id, error_details, context, sample_records):
        os.makedirs(self.directory, exist_ok=True)
        entry = {
            "batch_id": batch_id,
            "timestamp": datetime.now().isoformat(),
            "error": error_details,
            "context": context,
            "sample_records": sample_records[:5],
        }
        with open(self.get_dlq_filename(), "a", encoding="utf-8") as file:
            file.write(json.dumps(entry, default=str) + "\n")

    def entries(self):
        for name in sorted(glob.glob(os.path.join(self.directory, "failed_batches_*.json"))):
            with open(name, encoding="utf-8") as file:
                yield from (json.loads(line) for line in file if line.strip())

    def get_dlq_stats(self):
        types, seen = {}, []
        for entry in self.entries():
            kind = entry["error"]["type"]
            types[kind] = types.get(kind, 0) + 1
            seen.append({"batch_id": entry["batch_id"], "timestamp": entry["timestamp"],
                "error_type": kind})
        return {
            "total_entries": len(seen),
            "error_types": types,
            "first_error": seen[0] if seen else None,
            "last_error": seen[-1] if seen else None,
            "dlq_directory": self.directory,
        }
