#!/usr/bin/env python3
"""Restart and recover by the real program: a stand-in job whose process hangs, is dead or is gone is ended, started again by a command, a
unit or a request, seen ready, told where to go on, and proved by its first batch; one that does not come back, and one that came back by
itself; the same again after kill -9 of sparkops behind each step."""
import contextlib
import http.server
import json
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time

from cluster import ROOT, Cluster, main, wait_for

OUT = os.path.join(ROOT, os.environ.get('O', 'build'))
SPARKOPS = os.path.join(OUT, 'sparkops-torture')
JOB = '''
job a version=3.5 up=45m batch=42 last=15s rate=10 interval=1s
job a jvm pyspark
'''


class Keeper:
    """Starts the job again when asked: POST /restart; remembers what came. It stands for a service that lives beside the job."""

    def __init__(self, world):
        keeper = self
        self.world, self.came, self.does = world, [], 'restart'

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('Content-Length') or 0)).decode()
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
        with open(os.path.join(self.path, name), 'w', encoding='utf-8') as out:
            out.write(text)
        os.chmod(os.path.join(self.path, name), 0o700)

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
        done = subprocess.run(self.command(*args, '--json'), env=self.env(**more), capture_output=True, text=True, timeout=120, check=False)
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


# --- restart

def test_a_command_restarts_it():
    with Stage() as stage:
        before = stage.driver()
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 0, outcome
        says(outcome, 'it works again', 'first ')
        assert stage.driver() != before and stage.keeper.paths() == ['/restart']


def test_a_request_restarts_and_resumes_it():
    hooks = '''restart: {http: {method: POST, url: "KEEPER/restart"}}
resume: {http: {url: "KEEPER/resume", body: '{"from": "{from}", "only": {only}}'}, values: {from: {ask: "table"}, only: {default: "false"}}}'''
    with Stage(hooks=hooks) as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 1 and not stage.keeper.came, (outcome, stage.keeper.came)
        says(outcome, '--set from=')
        code, outcome = stage.run('restart', '--job', 'a', '--yes', '--set', 'from=AGENTS "VES"')
        assert code == 0, outcome
        assert [(path, body) for path, body, _ in stage.keeper.came] == [
            ('/restart', ''), ('/resume', '{"from": "AGENTS \\\\"VES\\\\"", "only": false}'.replace('\\\\', '\\'))], stage.keeper.came


def test_a_unit_restarts_it():
    with Stage(hooks='restart: {systemd: migration.service}') as stage:
        stage.write('systemctl', '#!/bin/sh\necho "$@" >> %s/calls\n[ "$1" = show ] && { echo ActiveState=active; exit 0; }\n'
                    'exec curl -fsS -X POST %s/restart\n' % (stage.path, stage.keeper.url))
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 0, outcome
        with open(stage.path + '/calls', encoding='utf-8') as file:
            assert file.readline() == 'restart migration.service\n'


def test_a_unit_that_fails_says_so_at_once():
    with Stage(hooks='restart: {systemd: migration.service}') as stage:
        stage.write('systemctl', '#!/bin/sh\n[ "$1" = show ] && printf "ActiveState=failed\\nResult=exit-code\\nExecMainStatus=3\\n"\nexit 0\n')
        stage.world.order('job a fault dead')
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome
        says(outcome, 'unit migration.service is failed', 'exit code 3')


def test_a_command_that_fails_says_what_it_said():
    with Stage(hooks='restart: {command: [/bin/sh, -c, "echo no such table; exit 4"]}') as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome
        says(outcome, 'exit 4', 'no such table')


def test_a_detached_job_that_ends_again():
    with Stage(hooks='restart: {command: [/bin/sh, -c, "echo out of luck; exit 9"], detach: true}') as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 1, outcome  # the old one still runs
        says(outcome, 'still runs', 'V ends it first')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', 'healthy,busy,idle,unknown,degraded')
        assert code == 2, outcome
        says(outcome, 'ended again with exit code 9', 'out of luck')
        path = stage.state + '/output/a.log'
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


def test_it_does_not_come_back():
    with Stage(hooks='restart: {command: ["HERE/start"]}\nready: {within: 20s}') as stage:
        stage.keeper.does = 'nothing'
        stage.world.order('job a fault dead')
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome
        says(outcome, 'it did not come back', 'not ready within 20 s')


def test_without_a_hook_the_line_is_shown():
    with Stage() as stage:
        stage.config('quiet_after: 15m')
        done = subprocess.run(stage.command('restart', '--job', 'a', '--dry-run'), env=stage.env(), capture_output=True, text=True,
                              check=False)
        assert done.returncode == 1, done
        assert 'restart: {command: [' in done.stdout + done.stderr, done


# --- recover

def recovered(stage, outcome, old):
    says(outcome, 'it works again', 'first ')
    assert gone(old['java']) and gone(old['python'])
    assert stage.keeper.paths().count('/restart') == 1, stage.keeper.came


def old_pair(stage):
    job = stage.world.job('a')
    return {'java': job['java'], 'python': job['python']}


ANY = 'healthy,degraded,unknown,idle,busy,unreachable,stale,unhealthy,initializing,ended'


def heal(script, *texts, hooks=None):
    """The job is brought into that state and recovered."""
    with Stage(hooks=hooks) as stage:
        old = old_pair(stage)
        for line in script:
            stage.world.order('job a ' + line)
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 0, outcome
        recovered(stage, outcome, old)
        says(outcome, *texts)


def test_a_hung_pair():
    heal(['fault hang'], 'SIGTERM to java', 'SIGKILL to java', 'SIGTERM to python', ' free')


def test_a_dead_one_whose_python_retries():
    heal(['fault dead52'], 'SIGTERM to python', ' free')


def test_one_that_thrashes():
    heal(['fault thrash'], 'SIGTERM to java', ' free')


def test_one_without_its_context():
    heal(['fault strand'], 'SIGTERM to java', ' free')


def test_one_that_is_stopped():
    heal(['fault stop'], 'SIGTERM to java', 'SIGCONT', ' free')


def test_one_that_is_gone():
    with Stage() as stage:
        old = old_pair(stage)
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: all(map(gone, old.values())), 'the end of both')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 0, outcome
        recovered(stage, outcome, old)


def test_a_healthy_one_is_left_alone():
    with Stage() as stage:
        old = old_pair(stage)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 1 and not stage.keeper.came, outcome
        says(outcome, 'with --yes only hung, crashed')
        assert not gone(old['java']) and not gone(old['python'])


def test_a_service_keeps_its_python():
    """It is asked to restart: what it was asked through must live."""
    hooks = 'restart: {http: {url: "KEEPER/restart"}}'
    with Stage(hooks=hooks) as stage:
        stage.world.order('job a fault hang')
        stage.keeper.does = 'nothing'
        old = old_pair(stage)
        stage.config(hooks + '\nready: {url: "KEEPER/", status: 501, within: 5s}')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 2, outcome
        says(outcome, 'SIGKILL to java', 'did not come back')
        assert 'to python' not in json.dumps(outcome), outcome
        assert gone(old['java']) and not gone(old['python'])


def test_it_came_back_by_itself():
    """A manager is faster: nothing is started beside what it started."""
    with Stage(hooks='restart: {command: ["HERE/start"], wait: 300s}') as stage:
        stage.hang()
        old = old_pair(stage)

        def watch():
            wait_for(lambda: gone(old['python']), 'the end of the old pair')
            stage.world.order('job a restart')

        thread = threading.Thread(target=watch)
        thread.start()
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        thread.join()
        assert code == 0 and not stage.keeper.came, (outcome, stage.keeper.came)
        says(outcome, 'came back by itself')


def test_a_port_that_is_not_free_stops_it():
    """What is left of it, or somebody else, listens where its health is: a new one could not."""
    with Stage() as stage, contextlib.closing(socket.create_server(('127.0.0.1', 0))) as left:
        port = left.getsockname()[1]
        with open(stage.path + '/config.yaml', encoding='utf-8') as file:
            text = file.read().replace(stage.world.job('a')['health'], 'http://127.0.0.1:%d' % port)
        stage.write('config.yaml', text)
        old = old_pair(stage)
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: all(map(gone, old.values())), 'the end of both')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 2 and not stage.keeper.came, outcome
        says(outcome, ':%d is held by python3 %d' % (port, os.getpid()))


# --- from where

FACTS = '''restart: {command: ["HERE/start"]}
facts: {failed_table: {log: 'Migrating table (\\S+) \\(attempt'}}
resume: {http: {url: "KEEPER/resume", body: '{"resume_from": "{from}"}'}, values: {from: {ask: "table", default: "{failed_table}"}}}'''


def out_of_memory(stage, how='dead52'):
    stage.world.order('job a log INFO Migrator Migrating table AGENTSVES (attempt 1/3)')
    stage.world.order('job a log ERROR Executor java.lang.OutOfMemoryError: Java heap space')
    stage.world.order('job a log INFO Migrator Migrating table NEXT (attempt 1/3)')
    stage.world.order('job a fault ' + how)


def test_it_goes_on_where_it_failed_and_the_same_again_needs_a_word():
    with Stage(hooks=FACTS) as stage:
        out_of_memory(stage)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 0, outcome
        assert stage.keeper.came[-1][:2] == ('/resume', '{"resume_from": "AGENTSVES"}'), stage.keeper.came
        out_of_memory(stage)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 1, outcome
        says(outcome, 'AGENTSVES', 'again=same')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--set', 'again=same')
        assert code == 0, outcome
        assert stage.keeper.paths() == ['/restart', '/resume'] * 2


def test_the_question_says_with_what_and_why():
    with Stage(hooks=FACTS) as stage:
        out_of_memory(stage)
        done = subprocess.run(stage.command('recover', '--job', 'a', '--dry-run', '--json'), env=stage.env(), capture_output=True, text=True,
                              check=False)
        plan = json.loads(done.stdout)['plan']
        assert done.returncode == 0 and not stage.keeper.came, done
        says(plan, 'is dead already', 'end python', 'wait 10 s', 'restart: run', 'resume: POST', 'from=AGENTSVES',
             'it ran out of memory at AGENTSVES, and the same memory is used again: spark.driver.memory (not collected)')
        [ask] = plan['asks']
        assert ask['name'] == 'from' and ask['ask'] == 'table' and ask['default'] == 'AGENTSVES', ask
        assert 'Migrating table AGENTSVES (attempt 1/3)' in ask['evidence'], ask


def test_the_question_says_what_memory_would_be_enough():
    with Stage(hooks=FACTS) as stage:
        out_of_memory(stage, 'hang')
        done = subprocess.run(stage.command('recover', '--job', 'a', '--dry-run', '--json'), env=stage.env(), capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0 and not stage.keeper.came, done
        plan = json.loads(done.stdout)['plan']
        says(plan, 'SIGTERM java', 'SIGKILL if it lives after 30 s', 'end python', ' free',
             'the same memory is used again: spark.driver.memory 2g; enough would be 3g (measured need x 1.5)')


def test_a_detached_job_outlives_who_started_it():
    """The command is the job: the stand-in pair itself."""
    python = os.path.join(OUT, 'world-jvm', 'python3')
    hooks = ('restart: {command: ["%s", job.py], cwd: HERE, detach: true, '
             'env: {PYSPARK_SUBMIT_ARGS: "--conf spark.app.name=own --conf spark.ui.port=0 pyspark-shell"}}\n'
             'match: {app_name: own}\nready: {within: 300s}' % python)
    with Stage(hooks=hooks) as stage:
        with open(stage.path + '/config.yaml', encoding='utf-8') as file:
            lines = [line for line in file if ' health:' not in line and ' ui:' not in line]
        stage.write('config.yaml', ''.join(lines))
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome  # it does nothing, and that is said
        says(outcome, 'runs as process', 'it came back (java', 'but no batch or Spark job')
        pid = int(re.search(r'runs as process (\d+)', json.dumps(outcome)).group(1))
        try:
            assert not gone(pid)
            assert os.getsid(pid) == pid and os.readlink('/proc/%d/fd/1' % pid) == stage.state + '/output/a.log'
            with open('/proc/%d/task/%d/children' % (pid, pid), encoding='utf-8') as file:
                java = int(file.read().split()[0])
        finally:
            os.kill(pid, signal.SIGKILL)
        os.kill(java, signal.SIGKILL)


# --- killed in between

def test_it_goes_on_behind_each_step_after_kill_9():
    for at in ('recover.jvm', 'recover.python', 'recover.ended', 'recover.free', 'recover.waited', 'restart.before', 'restart.sent',
               'recover.begun', 'recover.ready', 'resume.before', 'resume.sent', 'recover.resumed'):
        with Stage(hooks=FACTS) as stage:
            stage.speed = '4'
            old = old_pair(stage)
            stage.world.order('job a log INFO Migrator Migrating table AGENTSVES (attempt 1/3)')
            code, said = stage.run('recover', '--job', 'a', '--yes', '--if', ANY, fail=at)
            assert code == -signal.SIGKILL, (at, code, said)
            code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
            assert code == 0, (at, outcome)
            assert gone(old['java']) and gone(old['python']), at
            if at == 'resume.before':  # this job works by itself: what it does cannot be told from what was asked
                says(outcome, 'taken as received')
                continue
            assert stage.keeper.paths() == ['/restart', '/resume'], (at, stage.keeper.paths(), outcome)
            assert stage.keeper.came[-1][1] == '{"resume_from": "AGENTSVES"}', (at, stage.keeper.came)


def test_a_restart_goes_on_too():
    for at in ('restart.before', 'restart.sent', 'restart.started', 'restart.ready'):
        with Stage(hooks='restart: {http: {url: "KEEPER/restart"}}') as stage:
            stage.speed = '4'
            code, said = stage.run('restart', '--job', 'a', '--yes', fail=at)
            assert code == -signal.SIGKILL, (at, code, said)
            code, outcome = stage.run('restart', '--job', 'a', '--yes')
            assert code == 0 and stage.keeper.paths() == ['/restart'], (at, outcome, stage.keeper.paths())


if __name__ == '__main__':
    main([test_a_command_restarts_it, test_a_request_restarts_and_resumes_it, test_a_unit_restarts_it, test_a_unit_that_fails_says_so_at_once,
          test_a_command_that_fails_says_what_it_said, test_a_detached_job_that_ends_again, test_it_does_not_come_back,
          test_without_a_hook_the_line_is_shown, test_a_hung_pair, test_a_dead_one_whose_python_retries, test_one_that_thrashes,
          test_one_without_its_context, test_one_that_is_stopped, test_one_that_is_gone, test_a_healthy_one_is_left_alone,
          test_a_service_keeps_its_python, test_it_came_back_by_itself, test_a_port_that_is_not_free_stops_it,
          test_it_goes_on_where_it_failed_and_the_same_again_needs_a_word, test_the_question_says_with_what_and_why,
          test_the_question_says_what_memory_would_be_enough,
          test_a_detached_job_outlives_who_started_it, test_it_goes_on_behind_each_step_after_kill_9, test_a_restart_goes_on_too])
