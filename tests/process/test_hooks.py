#!/usr/bin/env python3
"""The two example hooks of the man page, taken out of the page as it is installed and run: by hand, and by `sparkops replay`
against a streaming job of the stand-in cluster, whose failed batches' ranges are then processed exactly once."""
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cluster import ROOT, Cluster, main, program

SPARKOPS = os.path.join(ROOT, os.environ.get('O', 'build'), 'sparkops')
# A batch a minute; three of them failed, each with a range of its own.
SCRIPT = '''
job health-analytics version=3.5 up=2h batch=120 last=15s rate=5 interval=60s
job health-analytics fail Timeout x3 since 40m until 20m
'''


def hook(name):
    page = subprocess.run([SPARKOPS, '--generate', 'man'], capture_output=True, text=True, check=True, timeout=300).stdout
    text = page.split('.\\" begin %s\n' % name)[1].split('.\\" end %s\n' % name)[0]
    return text.replace('\\&', '').replace('\\-', '-').replace('\\e', '\\')


class Job:
    """What the hooks need of a streaming job: a source that can be read again, a sink, and the keys beside it."""

    def __init__(self, world):
        self.folder = world.folder.name
        self.sink = os.path.join(self.folder, 'sink.db')
        self.world = world.job('health-analytics')
        self.entries = []
        for name in sorted(os.listdir(self.world['dlq'])):
            with open(os.path.join(self.world['dlq'], name), 'rb') as f:
                self.entries += [(line, json.loads(line)) for line in f.read().splitlines()]
        assert len(self.entries) == 3, self.entries
        self.ranges = [(e['context']['last_ts'], e['timestamp']) for _, e in self.entries]
        with contextlib.closing(self.connect()) as db, db:
            db.execute('CREATE TABLE records (ts TEXT, user INTEGER, steps INTEGER)')
            db.execute('CREATE TABLE steps (ts TEXT, user INTEGER, steps INTEGER)')
            db.execute('CREATE TABLE replayed (key TEXT PRIMARY KEY)')
            at = datetime.fromisoformat(min(self.ranges)[0]) - timedelta(minutes=2)
            while at < datetime.fromisoformat(max(self.ranges)[1]) + timedelta(minutes=2):
                db.execute('INSERT INTO records VALUES (?, ?, ?)', (at.isoformat(), at.second % 7, at.minute))
                at += timedelta(seconds=5)

    def connect(self):
        return sqlite3.connect(self.sink, timeout=300)

    def ask(self, sql):
        with contextlib.closing(self.connect()) as db:
            return db.execute(sql).fetchall()

    def in_range(self, low, high):
        return [row for row in self.ask('SELECT ts, user, steps FROM records ORDER BY ts') if low < row[0] <= high]

    def processed(self):
        return sorted(self.ask('SELECT ts, user, steps FROM steps'))

    def check(self, ranges):
        """Each record of those ranges once, and no other."""
        want = sorted(row for low, high in ranges for row in self.in_range(low, high))
        assert len(want) >= 10 * len(ranges) and self.processed() == want, (want, self.processed())


def process(db, low, high):
    db.execute('INSERT INTO steps SELECT ts, user, steps FROM records WHERE ts > ? AND ts <= ?', [low, high])


class Server(ThreadingHTTPServer):
    """The server that a job has already, with the route of the man page in it."""
    daemon_threads = True

    def __init__(self, job):
        super().__init__(('127.0.0.1', 0), Handler)
        self.job, self.route, self.seen = job, {}, []
        exec(compile(hook('hook-http'), 'hook-http', 'exec'), self.route)
        self.thread = threading.Thread(target=self.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *what):
        self.shutdown()
        self.server_close()
        self.thread.join()


class Handler(BaseHTTPRequestHandler):
    def answer(self, status):
        self.server.seen.append((self.command, self.path, self.headers['X-Sparkops-Attempt'], status))
        self.send_response(status)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with contextlib.closing(self.server.job.connect()) as db:
            self.answer(self.server.route['replay'](db, self.headers, body, process))

    def do_GET(self):
        with contextlib.closing(self.server.job.connect()) as db:
            self.answer(self.server.route['replayed'](db, self.path.rsplit('/', 1)[1]))

    def log_message(self, *_):
        pass


def command_file(job):
    path = os.path.join(job.folder, 'replay.py')
    program(path, hook('hook-command'))
    return path


def test_the_command_by_hand():
    with Cluster(SCRIPT) as world:
        job = Job(world)
        path = command_file(job)
        assert len(hook('hook-command').splitlines()) <= 20

        def run(line, key):
            return subprocess.run([path], input=line, env={'PATH': os.environ['PATH'], 'SINK': job.sink, 'SPARKOPS_KEY': key},
                                  capture_output=True, timeout=300).returncode
        assert [run(job.entries[0][0], key) for key in ('a', 'a', 'a')] == [0, 100, 100]
        job.check(job.ranges[:1])
        assert run(b'{"no": "context"}', 'b') not in (0, 75, 100, 101)
        # What fails leaves neither output nor key: the same key may come again.
        with contextlib.closing(job.connect()) as db, db:
            db.execute('ALTER TABLE records RENAME TO gone')
        assert run(job.entries[1][0], 'c') not in (0, 75, 100, 101)
        with contextlib.closing(job.connect()) as db, db:
            db.execute('ALTER TABLE gone RENAME TO records')
        assert run(job.entries[1][0], 'c') == 0
        job.check(job.ranges[:2])


def test_the_route_by_hand():
    with Cluster(SCRIPT) as world:
        job, route = Job(world), {}
        exec(compile(hook('hook-http'), 'hook-http', 'exec'), route)
        with contextlib.closing(job.connect()) as db:
            def post(line, key, how=process):
                return route['replay'](db, {'Idempotency-Key': key}, line, how)
            assert route['replayed'](db, 'a') == 404
            assert [post(job.entries[0][0], 'a') for _ in range(3)] == [200, 409, 409]
            assert route['replayed'](db, 'a') == 200

            def half(db, low, high):
                process(db, low, high)
                raise RuntimeError('in the middle')
            assert post(job.entries[1][0], 'b', half) == 422
            assert route['replayed'](db, 'b') == 404
            assert post(job.entries[1][0], 'b') == 200
        job.check(job.ranges[:2])


def sparkops(job, replay, *args):
    config = os.path.join(job.folder, 'sparkops.yaml')
    with open(config, 'w', encoding='utf-8') as f:
        json.dump({'jobs': [{'name': 'health-analytics', 'health': job.world['health'], 'dlq': job.world['dlq'],
                             'replay': dict(replay, unit=['{context.last_ts}'], rate='600/min', settle='100ms')}]}, f)
    done = subprocess.run([SPARKOPS, *args, '--config', config, '--no-discover', '--state-dir', os.path.join(job.folder, 'state'), '--json'],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.returncode, json.loads(done.stdout)


def replay_all(job, how):
    code, said = sparkops(job, how, 'replay', '--job', 'health-analytics', '--all', '--dry-run')
    assert (code, said['state'], job.processed()) == (0, 'would act', []), said
    code, said = sparkops(job, how, 'replay', '--job', 'health-analytics', '--all', '--yes')
    assert (code, said['state']) == (0, 'done'), said
    job.check(job.ranges)
    _, seen = sparkops(job, how, '--once', '--timeout', '30s', 'dlq')
    assert [row['state'] for row in seen['dlq']] == ['done'] * 3, seen
    # A second night's cron finds nothing to do.
    code, said = sparkops(job, how, 'replay', '--job', 'health-analytics', '--all', '--yes')
    assert code == 0, said
    job.check(job.ranges)
    return seen['dlq']


def test_the_command_by_sparkops():
    with Cluster(SCRIPT) as world:
        job = Job(world)
        rows = replay_all(job, {'command': [command_file(job)], 'env': {'SINK': job.sink}})
        assert {row['proof'] for row in rows} == {'hook'}, rows
        assert sorted(key for key, in job.ask('SELECT key FROM replayed')) == sorted(row['hash'][:32] for row in rows)


def test_the_route_by_sparkops():
    with Cluster(SCRIPT) as world:
        job = Job(world)
        with Server(job) as server:
            url = 'http://127.0.0.1:%d' % server.server_port
            rows = replay_all(job, {'http': {'method': 'POST', 'url': url + '/replay/{batch_id}'},
                                    'probe': {'url': url + '/replayed/{key}', 'first': True}})
            assert {row['proof'] for row in rows} == {'probe'}, rows
            posts = [(path, attempt, status) for method, path, attempt, status in server.seen if method == 'POST']
            assert sorted(posts) == sorted(('/replay/%d' % e['batch_id'], '1', 200) for _, e in job.entries), posts


if __name__ == '__main__':
    main([test_the_command_by_hand, test_the_route_by_hand, test_the_command_by_sparkops, test_the_route_by_sparkops], beside=4)
