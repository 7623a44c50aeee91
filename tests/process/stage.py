"""What tests of restart and recover play on: a world with one job that has a JVM, somebody who starts it again, and the program
with a configuration that says so."""
import http.server
import json
import os
import subprocess
import tempfile
import threading
import time

from cluster import ROOT, Cluster, program

OUT = os.path.join(ROOT, os.environ.get('O', 'build'))
SPARKOPS = os.path.join(OUT, 'sparkops-torture')
ANY = 'healthy,degraded,unknown,idle,busy,unreachable,stale,unhealthy,initializing,ended'
FACTS = '''restart: {command: ["HERE/start"]}
facts: {failed_table: {log: 'Migrating table (\\S+) \\(attempt'}}
resume: {http: {url: "KEEPER/resume", body: '{"resume_from": "{from}"}'}, values: {from: {ask: "table", default: "{failed_table}"}}}'''
JOB = '''
job a version=3.5 up=45m batch=42 last=15s rate=10 interval=1s
job a jvm pyspark
'''


class Keeper:
    """Starts the job again when asked: POST /restart; remembers what came. It stands for a service that lives beside the job."""

    def __init__(self, world):
        keeper = self
        self.world, self.came, self.at, self.does = world, [], [], 'restart'  # `at`: when

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
                keeper.at.append(time.monotonic())
                keeper.came.append((self.path, body, dict(self.headers)))
                if self.path.startswith('/restart') and keeper.does == 'restart':
                    world.order('job a restart')
                self.send_response(200)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = 'http://127.0.0.1:%d' % self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def paths(self):
        return [path for path, _, _ in self.came]


class Stage:
    """A world with job `a`, who starts it again, and a configuration that says so."""

    def __init__(self, script='', hooks=None, fast=None):
        self.world = Cluster(JOB + script, *(['--fast', str(fast)] if fast else []))
        self.folder = tempfile.TemporaryDirectory(prefix='recover-test-')
        self.keeper = Keeper(self.world)
        self.speed = '10'  # how much faster than written sparkops waits
        self.state = os.path.join(self.folder.name, 'state')
        self.path = self.folder.name
        self.write('start', '#!/bin/sh\nexec curl -fsS -X POST %s/restart >&2\n' % self.keeper.url)
        self.config(hooks or 'restart: {command: ["%s/start"]}' % self.path)

    def write(self, name, text):
        program(os.path.join(self.path, name), text)

    def config(self, hooks):
        if 'ready:' not in hooks:
            hooks += '\nready: {within: 600s}'
        lines = ''.join('    %s\n' % line for line in hooks.replace('KEEPER', self.keeper.url).replace('HERE', self.path).splitlines())
        with open(self.world.ready['config'], encoding='utf-8') as file:
            text = file.read().replace('  - name: a\n', '  - name: a\n' + lines).replace('interval: 2s', 'interval: 300ms', 1)
        self.write('config.yaml', text)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.keeper.stop()
        self.world.__exit__(*what)
        self.folder.cleanup()

    def command(self, *args):
        return [SPARKOPS, args[0], '--config', self.path + '/config.yaml', '--state-dir', self.state, *args[1:]]

    def env(self, **more):
        return {**os.environ, 'SPARKOPS_SPEED': self.speed, 'HOME': self.path, 'PATH': self.path + ':' + os.environ['PATH'], **more}

    def run(self, *args, fail=None):
        """Exit code and the outcome as an object."""
        more = {'SPARKOPS_FAIL': fail} if fail else {}
        done = subprocess.run(self.command(*args, '--json'), env=self.env(**more), capture_output=True, text=True, timeout=500, check=False)
        if fail:
            return done.returncode, done.stdout[-1500:]
        assert done.stdout.startswith('{'), (done.returncode, done.stdout, done.stderr)
        return done.returncode, json.loads(done.stdout)

    def steps(self):
        """What the audit keeps of the last action: names of its steps."""
        done = subprocess.run(self.command('audit', 'list', '--json'), env=self.env(), capture_output=True, text=True, check=True)
        return done.stdout

    def hang(self):
        """The job's JVM hangs, and the console would say so."""
        self.world.order('job a fault hang')

    def driver(self):
        return self.world.json(self.world.job('a')['ui'] + '/api/v1/applications')[0]['id']


def gone(pid):
    """Ended: not there, or a zombie."""
    try:
        with open('/proc/%d/stat' % pid, encoding='utf-8') as file:
            return file.read().rpartition(')')[2].split()[0] in 'ZX'
    except OSError:
        return True


def says(outcome, *texts):
    whole = json.dumps(outcome)
    for text in texts:
        assert text in whole, (text, outcome)


def old_pair(stage):
    job = stage.world.job('a')
    return {'java': job['java'], 'python': job['python']}
