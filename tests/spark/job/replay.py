"""What the streaming job has processed, and the way back in for a batch that failed.

`processed.jsonl` in the control folder stands for the table that the job writes to: a line per range of
rows, with who wrote it. A range that a failed batch held is read again from the source and written
under the key of its replay, once: the same key again is answered with 409.
"""
import json
import os
import threading


class Processed:
    def __init__(self, folder):
        self.file, self.lock = os.path.join(folder, "processed.jsonl"), threading.Lock()

    def rows(self):
        try:
            with open(self.file) as file:
                return [json.loads(line) for line in file]
        except OSError:
            return []

    def add(self, first, last, **by):
        """False: that batch, or that key, is there already."""
        with self.lock:
            if any(all(row.get(name) == value for name, value in by.items()) for row in self.rows()):
                return False
            with open(self.file, "a") as file:
                file.write(json.dumps({"first": first, "last": last, **by}) + "\n")
                file.flush()
                os.fsync(file.fileno())
            return True

    def has(self, key):
        return any(row.get("key") == key for row in self.rows())


class Replay:
    """POST /replay/{batch_id} with an entry of the dead-letter queue; GET /replayed/{key}."""

    def __init__(self, processed, read_range):
        self.processed, self.read_range = processed, read_range
        self.lock = threading.Lock()

    def post(self, batch_id, key, body):
        try:
            entry = json.loads(body)
            first, last = entry["context"]["first"], entry["context"]["last"]
        except (ValueError, KeyError, TypeError) as error:
            return 400, {"error": f"no entry with a range: {error}"}
        if not key:
            return 400, {"error": "no Idempotency-Key"}
        with self.lock:
            if self.processed.has(key):
                return 409, {"key": key, "already": True}
            rows = self.read_range(first, last)
            self.processed.add(first, last, key=key)
        return 200, {"key": key, "batch_id": batch_id, "rows": rows}

    def state(self, key):
        done = self.processed.has(key)
        return (200 if done else 404), {"key": key, "replayed": done}
