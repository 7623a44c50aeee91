#!/usr/bin/env python3
"""Discovery by the real program without a configuration: a driver and its Python become one job with UI, health and queue, at once and
for as long as they live; what is asked is asked once and by GET; --print-config writes down what was found. Where that is permitted all of it happens in namespaces of its own, so
that no other sparkops of this host asks the same ports; names are this test's own anyway."""
import fcntl
import http.server
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

from cluster import ROOT, Cluster, main, wait_for
from zoo import Zoo, state

OUT = os.path.join(ROOT, os.environ.get('O', 'build'))
SPARKOPS = os.environ.get('SPARKOPS_ASAN', os.path.join(OUT, 'sparkops-asan'))
NAME = f'found-{os.getpid()}'
tempfile.tempdir = '/tmp'  # what is open below /dev, where a folder in memory may be, is no log of a job
HEALTH = {'status': 'healthy', 'last_batch_id': 7, 'errors_count': 0, 'batches_processed': 7, 'records_processed': 70, 'uptime_seconds': 60}


def alone():
    """Begins this test again where nobody else is: processes and network of its own; False where that is not permitted."""
    if os.environ.get('DISCOVER_ALONE'):
        with socket.socket() as any_socket:  # the loopback device of a new network is down
            request = struct.pack('16sh14x', b'lo', 0x1)
            fcntl.ioctl(any_socket, 0x8914, request)  # SIOCSIFFLAGS, IFF_UP
        return True
    unshare = ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc']
    if subprocess.run([*unshare, 'true'], capture_output=True, check=False).returncode:
        return False
    sys.stdout.flush()
    os.execvpe('unshare', [*unshare, sys.executable, *sys.argv], {**os.environ, 'DISCOVER_ALONE': '1'})


class Answers:
    """An HTTP server that answers paths with JSON and writes down every request."""

    def __init__(self, answers):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_one_request(self):
                super().handle_one_request()
                if getattr(self, 'command', None):
                    seen.append((self.command, self.path))
                    self.command = None

            def do_GET(self):
                body = json.dumps(answers.get(self.path)).encode()
                self.send_response(200 if self.path in answers else 404)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def ui_answers(name):
    return Answers({'/api/v1/version': {'spark': '3.5.9'}, '/api/v1/applications': [{'id': 'app-1', 'name': name, 'attempts': []}]})


def run(*options, **more):
    with tempfile.TemporaryDirectory(prefix='discover-test-') as home:
        done = subprocess.run([SPARKOPS, *options], capture_output=True, text=True, check=False,
                              env={**os.environ, 'HOME': home, 'XDG_CONFIG_HOME': home, 'XDG_STATE_HOME': home}, **more)
        assert 'Sanitizer' not in done.stderr, done.stderr
        return done


class Console:
    def __init__(self, *options):
        self.home = tempfile.TemporaryDirectory(prefix='discover-test-')
        self.process = subprocess.Popen(
            [SPARKOPS, '--json', '--every', '0.3s', '--interval', '0.5s', *options], stdout=subprocess.PIPE,
            env={**os.environ, 'HOME': self.home.name, 'XDG_CONFIG_HOME': self.home.name, 'XDG_STATE_HOME': self.home.name})

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.terminate()
        self.process.stdout.close()
        assert self.process.wait(300) in (0, 143, -15), self.process.returncode
        self.home.cleanup()

    def picture(self):
        line = self.process.stdout.readline()
        assert line, 'the program has ended'
        return Picture(json.loads(line))

    def until(self, condition, what):
        return wait_for(lambda: next((p for p in [self.picture()] if condition(p)), None), what)


class Picture:
    """What one line said of the jobs of this test."""

    def __init__(self, said):
        self.jobs = {j['name']: j for j in said['jobs'] if j['name'].startswith(NAME)}
        self.targets = {(t['source'], t['job']): t for t in said['targets'] if (t['job'] or '').startswith(NAME)}

    def where(self, source, job=NAME):
        return self.targets.get((source, job), {}).get('where')


def url(port):
    return f'http://127.0.0.1:{port}'


def health_port(pair):
    """Where its Python listens for everybody's health requests: a queue as long as Flask's."""
    lines = subprocess.run(['ss', '-Hltnp'], capture_output=True, text=True, check=True).stdout.splitlines()
    return next(int(line.split()[3].rsplit(':', 1)[1]) for line in lines
                if f'pid={pair.python},' in line and line.split()[2] == '128')


def test_a_job_is_found_whole():
    with tempfile.TemporaryDirectory(prefix='discover-dlq-') as dlq, Zoo() as zoo, ui_answers(NAME) as ui, \
            Answers({'/health': HEALTH, '/health/detailed': HEALTH,
                     '/health/dlq': {'dlq': {'total_entries': 0, 'dlq_directory': dlq}}}) as health, Console() as console:
        pair = zoo.pyspark(name=NAME, env={'WORLD_UI': str(ui.port), 'WORLD_HEALTH': f'0,{health.port}'})
        p = console.until(lambda p: p.where('dlq'), 'the job with its queue')
        at = health_port(pair)
        assert p.where('spark') == url(pair.ui) and p.where('health') == url(at) and p.where('dlq') == dlq, p.targets
        by = p.targets['spark', NAME]['found_by']
        assert by == f'java {pair.java} listens on :{pair.ui}, its python {pair.python} on :{at}', by
        assert list(p.jobs) == [NAME]
        assert {r[0] for r in ui.seen + health.seen} == {'GET'}, ui.seen + health.seen
        # it ends: the job stays, its driver is missed
        zoo.tell(pair.python, 'leave')
        p = console.until(lambda p: p.targets['spark', NAME]['found_by'].endswith('; it has ended'), 'the end')
        p = console.until(lambda p: p.jobs[NAME]['verdict'] in ('crashed', 'ended'), 'what became of it')
        # and begins again: the same job
        again = zoo.pyspark(name=NAME, env={'WORLD_UI': str(ui.port), 'WORLD_HEALTH': f'0,{health.port}'})
        p = console.until(lambda p: p.where('spark') == url(again.ui), 'the restart')
        assert list(p.jobs) == [NAME], p.jobs
        console.until(lambda p: p.jobs[NAME]['restarts'] == 1, 'the restart to be counted')


def test_a_python_below_its_jvm():
    with Zoo() as zoo, ui_answers(NAME) as ui:
        job = zoo.submitted(name=NAME, env={'WORLD_UI': str(ui.port)})
        said = Picture(json.loads(run('--once', '--json').stdout))
        assert list(said.jobs) == [NAME] and said.where('health') == url(job.health), said.targets
        by = said.targets['health', NAME]['found_by']
        assert by == f'java {job.pid} listens on :{job.ui}, its python {job.python} on :{job.health}', by
        text = run('--print-config').stdout
        assert f'command: ["{zoo.folder}/java"' in text and f'cwd: "{zoo.folder}"' in text, text


def test_a_configured_job_has_the_logs_of_its_jvm():
    with Cluster(f'job {NAME} up=1h jvm pyspark memory=512\njob {NAME}-b up=1h\n') as world, \
            Zoo() as zoo, tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        zoo.pyspark(name=NAME + '-other')
        file.write(f'discover: false\njobs: [{{name: {NAME}, ui: "{world.job(NAME)["ui"]}"}}]\n')
        file.flush()
        said = Picture(json.loads(run('--once', '--json', '--config', file.name).stdout))
        assert list(said.jobs) == [NAME] and not said.where('health'), said.targets
        assert said.where('log') == os.path.join(world.job(NAME)['work'], NAME + '.log'), said.targets


def queue_of(port):
    """Connections that nobody took, by the kernel's table; -1: nobody listens."""
    for table in ('/proc/net/tcp', '/proc/net/tcp6'):
        with open(table, encoding='ascii') as file:
            for line in file.readlines()[1:]:
                word = line.split()
                if word[3] == '0A' and int(word[1].rsplit(':', 1)[1], 16) == port:
                    return int(word[4].split(':')[1], 16)
    return -1


def test_each_port_is_asked_once():
    with Zoo() as zoo, ui_answers(NAME) as ui, Answers({'/health': HEALTH}) as health:
        pair = zoo.pyspark(name=NAME, env={'WORLD_UI': str(ui.port), 'WORLD_HEALTH': f'0,{health.port}'})
        done = run('--print-config')
        assert done.returncode == 0 and NAME in done.stdout, done
        assert not IS_ALONE or ui.seen == [('GET', '/api/v1/version'), ('GET', '/api/v1/applications')], ui.seen
        # the question and the poll that asks for the queue's folder
        assert health.seen[0] == ('GET', '/health'), health.seen
        assert not IS_ALONE or health.seen.count(('GET', '/health/dlq')) <= 1, health.seen
        assert all(method == 'GET' for method, _ in health.seen)
        # gateway, RPC and block manager never accept: a connection would still wait there
        assert queue_of(pair.gateway) == 0 and queue_of(pair.rpc) == 0


def test_two_of_one_name():
    with Zoo() as zoo:
        pairs = [zoo.pyspark(name=NAME), zoo.pyspark(name=NAME)]
        said = Picture(json.loads(run('--once', '--json').stdout))
        assert sorted(said.jobs) == [NAME, NAME + '-2'], said.jobs
        assert {said.where('spark', NAME), said.where('spark', NAME + '-2')} == {url(p.ui) for p in pairs}


def test_a_configured_job_claims_its_driver():
    with Zoo() as zoo, tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
        pair = zoo.pyspark(name=NAME)
        file.write(f'jobs: [{{name: {NAME}-mine, match: {{app_name: {NAME}}}}}]\n')
        file.flush()
        said = Picture(json.loads(run('--once', '--json', '--config', file.name).stdout))
        assert list(said.jobs) == [NAME + '-mine'], said.jobs
        assert said.where('spark', NAME + '-mine') == url(pair.ui), said.targets
        assert said.targets['spark', NAME + '-mine']['found_by'].startswith(f'config; java {pair.java} '), said.targets


def test_a_hung_driver_is_listed_and_left_alone():
    with Zoo() as zoo:
        pair = zoo.pyspark(name=NAME)
        zoo.tell(pair.java, 'hang')
        with socket.create_connection(('127.0.0.1', pair.ui)):
            assert queue_of(pair.ui) == 1
            said = Picture(json.loads(run('--once', '--json').stdout))
            assert list(said.jobs) == [NAME], said.jobs
            assert said.where('spark') is None, said.targets
            assert queue_of(pair.ui) == 1


def test_a_stopped_driver():
    with Zoo() as zoo:
        driver = zoo.stopped()
        done = json.loads(run('--once', '--json').stdout)
        assert any(j['pid'] == driver.pid and j['role'] == 'driver' for j in done['jvms'])
        assert not any(t['where'] == url(driver.ui) for t in done['targets'])
        assert queue_of(driver.ui) == 0


def test_a_driver_that_died_before():
    """Nobody saw it alive; its Python, which tries on, shows whose it was."""
    with tempfile.TemporaryDirectory(prefix='discover-test-') as folder:
        java, script = os.path.join(folder, 'java'), os.path.join(folder, NAME + '-died.py')
        shutil.copy('/bin/sh', java)
        with open(script, 'w', encoding='ascii') as file:
            file.write(f"""# a job of pyspark
import http.server, json, subprocess
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(json.dumps({HEALTH!r}).encode())
    def log_message(self, *_):
        pass
http.server.HTTPServer.request_queue_size = 16  # 5 is what PySpark's own server has, which is not asked
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
dead = subprocess.Popen([{java!r}, '-c', 'exit 52'])
print(dead.pid, server.server_address[1], flush=True)
server.serve_forever()
""")
        env = {**os.environ, 'PYSPARK_PYTHON': sys.executable, 'PYSPARK_SUBMIT_ARGS': '--conf spark.x.password=canary pyspark-shell'}
        python = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True, cwd=folder, env=env)
        try:
            pid, port = (int(word) for word in python.stdout.readline().split())
            wait_for(lambda: state(pid) == 'Z', 'the end of the JVM')
            said = json.loads(run('--once', '--json').stdout)
            text = run('--print-config').stdout
        finally:
            python.kill()
            python.wait()
            python.stdout.close()
        jvm = next(j for j in said['jvms'] if j['pid'] == pid)
        assert (jvm['job'], jvm['verdict'], jvm['exit_code']) == (NAME + '-died', 'dead', 52), jvm
        target = next(t for t in said['targets'] if t['where'] == url(port))
        assert (target['source'], target['job'], target['state']) == ('health', NAME + '-died', 'ok'), target
        assert any(i['job'] == NAME + '-died' for i in said['incidents']), said['incidents']
        assert re.search(r'# restart: .*PYSPARK_PYTHON, PYSPARK_SUBMIT_ARGS|# restart: .*PYSPARK_SUBMIT_ARGS, PYSPARK_PYTHON', text), text
        assert 'canary' not in text


def test_a_cluster_is_found():
    master = {'url': f'spark://{NAME}:7077', 'workers': [], 'aliveworkers': 0, 'cores': 0, 'coresused': 0, 'memory': 0, 'memoryused': 0,
              'activeapps': [], 'completedapps': [], 'status': 'ALIVE'}
    worker = {'id': 'w', 'masterurl': f'spark://{NAME}:7077', 'cores': 4, 'coresused': 1, 'executors': [{'id': 0}], 'finishedexecutors': []}
    history = {'/api/v1/version': {'spark': '3.5.9'}, '/api/v1/applications?limit=100': []}
    with Zoo() as zoo, Answers({'/json/': master}) as at_master, Answers({'/json/': worker}) as at_worker, Answers(history) as at_history:
        daemons = {}
        for what, answers in (('master.Master', at_master), ('worker.Worker', at_worker), ('history.HistoryServer', at_history)):
            options = ['-Dspark.history.ui.port=0'] if 'history' in what else []
            daemons[what] = zoo.java('-cp', '/opt/spark/conf', *options, f'org.apache.spark.deploy.{what}', '--webui-port', '0',
                                     env={'WORLD_UI': str(answers.port)})
        said = json.loads(run('--once', '--json').stdout)
        found = {(t['source'], t['where']): t for t in said['targets']}
        at = {what: url(daemon.ui) for what, daemon in daemons.items()}
        target = found['master', at['master.Master']]
        assert target['state'] == 'ok' and target['found_by'] == f'java {daemons["master.Master"].java} listens on :{daemons["master.Master"].ui}', target
        assert found['service', at['worker.Worker']]['state'] == 'ok', found
        assert found['service', at['history.HistoryServer']]['state'] == 'ok', found
        rows = {r['kind']: r['says'] for r in json.loads(run('--once', '--json', 'service').stdout)['service'] if r['where'] in at.values()}
        assert rows == {'worker': '1 executor, 1 of 4 cores', 'history': '0 applications'}, rows


def test_what_was_found_is_written_down():
    with Zoo() as zoo, Answers({'/health': HEALTH}) as health:
        secret = 'canary-of-' + NAME
        pair = zoo.pyspark(name=NAME, script='/srv/job.py', env={'WORLD_HEALTH': f'0,{health.port}'})
        zoo.driver(conf=[f'spark.app.name={NAME}-scala', f'spark.hadoop.fs.s3a.secret.key={secret}'])
        text = run('--print-config').stdout
        assert secret not in text
        mine = text[text.index(f'"{NAME}"'):]
        mine = mine[:mine.index('\n  # ') if '\n  # ' in mine else None]
        assert f'ui: "{url(pair.ui)}"' in mine and f'health: "{url(health_port(pair))}"' in mine, mine
        assert f'match: {{app_name: "{NAME}"}}' in mine and 'expect: sometimes' in mine, mine
        assert re.search(r'# restart: \{(systemd|command: \[)', mine), mine
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
            file.write(text)
            file.flush()
            assert run('--check', '--config', file.name).returncode == 0
        # with the restarts in force, too
        with tempfile.NamedTemporaryFile('w', suffix='.yaml') as file:
            file.write(text.replace('    # restart: ', '    restart: '))
            file.flush()
            done = run('--check', '--config', file.name)
            assert done.returncode == 0, done.stderr
        assert NAME not in run('--print-config', '--no-discover').stdout


def test_nothing_is_looked_for():
    with Zoo() as zoo:
        zoo.pyspark(name=NAME)
        done = run('--once', '--text', '--no-discover')
        assert done.returncode == 3 and 'discovery is off' in done.stdout, done.stdout
        assert NAME not in done.stdout


def test_another_user_sees_less():
    if os.geteuid() != 0:
        return
    with Zoo() as zoo, tempfile.TemporaryDirectory(prefix='discover-test-') as home:
        driver = zoo.driver(conf=[f'spark.app.name={NAME}'])
        os.chmod(home, 0o777)
        program = os.path.join(home, 'sparkops')
        subprocess.run(['cp', os.path.join(OUT, 'sparkops'), program], check=True)
        done = subprocess.run([program, '--once', '--json'], capture_output=True, text=True, check=False, user='nobody',
                              group='nogroup', extra_groups=[], cwd=home, env={**os.environ, 'HOME': home, 'XDG_STATE_HOME': home})
        assert NAME in Picture(json.loads(done.stdout)).jobs, done.stdout[:500]
        text = subprocess.run([program, '--print-config'], capture_output=True, text=True, check=False, user='nobody',
                              group='nogroup', extra_groups=[], cwd=home, env={**os.environ, 'HOME': home, 'XDG_STATE_HOME': home}).stdout
        assert f'java {driver.pid} of root' in text and '# not seen: ' in text, text[:3000]
        assert state(driver.pid)


IS_ALONE = alone()
main([test_a_job_is_found_whole, test_a_python_below_its_jvm, test_a_configured_job_has_the_logs_of_its_jvm,
      test_each_port_is_asked_once, test_two_of_one_name, test_a_configured_job_claims_its_driver,
      test_a_hung_driver_is_listed_and_left_alone, test_a_stopped_driver, test_a_driver_that_died_before, test_a_cluster_is_found, test_what_was_found_is_written_down, test_nothing_is_looked_for,
      test_another_user_sees_less])
