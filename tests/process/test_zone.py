#!/usr/bin/env python3
"""A job in another zone writes times without a zone: one look, with a health endpoint that takes its time, must still read
its dead-letter queue in the job's zone and never call it stale."""
import datetime
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

OUT = os.environ.get('O', 'build')
ZONE = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
NOW = datetime.datetime.now(ZONE)
WRITTEN = NOW - datetime.timedelta(seconds=90)


def naive(t):
    return t.replace(tzinfo=None).isoformat()


class Job(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        time.sleep(0.4)  # slower than reading a file
        now = datetime.datetime.now(ZONE)
        health = {'status': 'degraded', 'last_batch_id': 7, 'last_processed_at': naive(now), 'errors_count': 1,
                  'errors_by_type': {'Timeout': 1}, 'batches_processed': 7, 'records_processed': 70,
                  'start_time': naive(NOW - datetime.timedelta(hours=2)),
                  'uptime_seconds': (now - NOW).total_seconds() + 7200, 'version': '1.0'}
        answers = {'/health': health, '/health/detailed': health, '/health/ready': {'ready': True},
                   '/health/live': {'alive': True}}
        body = json.dumps(answers.get(self.path, {})).encode()
        self.send_response(200 if self.path in answers else 404)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    home = tempfile.mkdtemp(prefix='sparkops-zone.')
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Job)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(f'{home}/failed_batches_{WRITTEN:%Y%m%d}.json', 'w', encoding='utf-8') as f:
        f.write(json.dumps({'batch_id': 6, 'timestamp': naive(WRITTEN), 'error': {'type': 'Timeout', 'message': 'x'}}) + '\n')
    with open(home + '/config.yaml', 'w', encoding='utf-8') as f:
        f.write(f'jobs:\n  - {{name: far, health: "http://127.0.0.1:{server.server_port}", dlq: {home}}}\n')
    done = subprocess.run([f'{OUT}/sparkops-asan', '--once', '--json', '--no-discover', '--timeout', '20s', '--config',
                           home + '/config.yaml', '--state-dir', home + '/state'],
                          capture_output=True, text=True, check=False, timeout=300)
    server.shutdown()
    shutil.rmtree(home, ignore_errors=True)
    said = json.loads(done.stdout)
    job, entry = said['jobs'][0], said['dlq'][0]
    at = datetime.datetime.fromisoformat(entry['at'].replace('Z', '+00:00'))
    last = datetime.datetime.fromisoformat(said['errors'][0]['last_at'].replace('Z', '+00:00'))
    checks = {'the entry is dated in the job\'s zone': abs((at - WRITTEN).total_seconds()) < 0.01,
              'so is the error': abs((last - WRITTEN).total_seconds()) < 0.01,
              'it is one of the last 5 minutes': job['errors_5m'] == 1,
              'the job is degraded, not stale': job['verdict'] == 'degraded'}
    for what, ok in checks.items():
        print('ok' if ok else 'FAILED', what)
    if not all(checks.values()):
        print(done.stdout[:3000], done.stderr[:500])
    print(f'{sum(checks.values())} passed, {len(checks) - sum(checks.values())} failed')
    return 0 if all(checks.values()) else 1


sys.exit(main())
