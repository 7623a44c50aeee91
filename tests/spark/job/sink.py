"""Where the streaming job reads and writes: one SQLite file, with what the hooks of the man page want to find in it.

  records   what came in, dated when it came: a batch takes all after the end of the one before
  steps     what the job made of them
  replayed  the keys of the dead letters that went in again
  batches   the job's own: which range each batch took, and whether it was processed

A row that comes a second time, because Spark repeats a batch, is the one that is there already. So a record
is in `steps` once, or it was processed twice.
"""
import contextlib
import os
import sqlite3
from datetime import datetime

TABLES = """
CREATE TABLE IF NOT EXISTS records (ts TEXT, user INTEGER, steps INTEGER UNIQUE);
CREATE TABLE IF NOT EXISTS steps (ts TEXT, user INTEGER, steps INTEGER);
CREATE TABLE IF NOT EXISTS replayed (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS batches (batch_id INTEGER PRIMARY KEY, low TEXT, high TEXT, done INTEGER);
"""


class Sink:
    def __init__(self, folder):
        self.path = os.path.join(folder, "sink.db")
        self.began = datetime.now().isoformat()
        with self.opened() as db:
            db.executescript(TABLES)

    @contextlib.contextmanager
    def opened(self):
        with contextlib.closing(sqlite3.connect(self.path, timeout=20)) as db, db:
            yield db

    def take(self, rows):
        """Rows (user, steps) have come in; answers the range that is a batch's, and how many are in it."""
        with self.opened() as db:
            now = datetime.now().isoformat()
            db.executemany("INSERT OR IGNORE INTO records VALUES (?, ?, ?)", [(now, *row) for row in rows])
            low = db.execute("SELECT max(high) FROM batches").fetchone()[0] or self.began
            return low, now, len(records(db, low, now))

    def end(self, batch_id, low, high, done):
        """One transaction: the batch and what it made, or neither."""
        with self.opened() as db:
            db.execute("REPLACE INTO batches VALUES (?, ?, ?, ?)", (batch_id, low, high, done))
            if done:
                write(db, records(db, low, high))


def records(db, low, high):
    return db.execute("SELECT ts, user, steps FROM records WHERE ts > ? AND ts <= ?", (low, high)).fetchall()


def write(db, rows):
    db.executemany("INSERT INTO steps VALUES (?, ?, ?)", rows)
