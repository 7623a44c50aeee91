#!/usr/bin/env python3
"""Ending what Spark runs, with the real program against the stand-in cluster in the manner of 3.5 and of 4.3: a job and a stage
through the driver's UI, an application and a driver through the master, by the verb and by the key. Each is asked once, by POST,
and what Spark says afterwards is the proof."""
import json
import os
import re
import subprocess
import time

from cluster import Cluster, each, main, wait_for
from console import Console
from killing import SPARKOPS

SCRIPT = '''
master version={0}
job a version={0} kind=standalone deploy=cluster interval=60s took=59s up=10m
job b version={0} kind=standalone deploy=cluster interval=60s took=59s up=10m
'''
PATHS = {'spark-job': '/jobs/job/kill/', 'stage': '/stages/stage/kill/', 'application': '/app/kill/', 'driver': '/driver/kill/'}
ANY = ['--yes', '--if', 'unknown,healthy,initializing,stale,degraded', '--timeout', '60s']
TABLES = {'spark-job': 'spark-job', 'stage': 'stage', 'application': 'cluster-app', 'driver': 'cluster-driver'}


class Lab:
    """A cluster with two drivers, and a console that knows it by a configuration."""

    def __init__(self, version):
        self.world = Cluster(SCRIPT.format(version), start=False)
        self.folder = self.world.folder.name
        self.trace = os.path.join(self.folder, 'trace')
        self.world.command += ['--trace', self.trace]
        self.world.start()
        self.config = os.path.join(self.folder, 'sparkops.yaml')
        with open(self.config, 'w', encoding='utf-8') as out:
            json.dump({'interval': '300ms', 'jobs': [{'name': name, 'ui': self.world.job(name)['ui']} for name in 'ab'],
                       'clusters': [{'name': 'lab', 'master': self.world.ready['master']}]}, out)
        self.instead = []  # of an outcome, on the screen
        self.options = ['--config', self.config, '--no-discover', '--state-dir', os.path.join(self.folder, 'state')]

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.world.__exit__(*what)

    def run(self, *args):
        """Exit code and the object it printed."""
        done = subprocess.run([SPARKOPS, *args, '--json', '--timeout', '30s', *self.options], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=300, check=False)
        assert done.stdout.startswith('{'), (done.returncode, done.stdout, done.stderr)
        return done.returncode, json.loads(done.stdout)

    def kill(self, *args):
        done = subprocess.run([SPARKOPS, 'kill', *args, '--json', *self.options], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=300, check=False)
        said = json.loads(done.stdout)
        assert said['exit'] == done.returncode, said
        return said

    def says(self, words, *args):
        """What it printed, when those words are in it: on a busy machine some targets have not answered in time."""
        said = self.kill(*args)
        return said if words in json.dumps(said) else None

    def rows(self, table):
        return self.run('--once', table)[1][table]

    def application(self):
        return self.world.application('a').rpartition('/')[2]

    def outcome(self):
        """What the audit says of the only action that there was."""
        done = subprocess.run([SPARKOPS, 'audit', 'list', '--json', *self.options[:2], *self.options[3:]], capture_output=True,
                              text=True, timeout=300, check=False)
        rows = json.loads(done.stdout)['audit'] if done.returncode == 0 else []
        return next((row for row in rows if row['kind'] == 'outcome'), None)

    def changes(self):
        """All requests but reads, and reads that would end something in 3.5."""
        with open(self.trace, encoding='utf-8') as file:
            lines = [line.strip() for line in file]
        return [line for line in lines if ' GET ' not in line or '/kill' in line]

    def number(self, kind):
        """Of what runs now, of job a; a stage has its job's number there."""
        running = self.world.json(self.world.application('a') + '/jobs?status=running')
        return str(running[0]['jobId'])

    def name(self, kind):
        """What is to be ended, and how it is called on the command line."""
        if kind == 'application':
            return self.application(), ['--application', self.application()]
        if kind == 'driver':
            driver = self.world.json(self.world.ready['master'] + '/json/')['activedrivers'][0]['id']
            return driver, ['--driver', driver]
        return self.number(kind), ['--job', 'a', '--' + kind, self.number(kind)]


def is_asked_once(lab, kind):
    posts = lab.changes()
    assert len(posts) == 1 and ' POST ' in posts[0] and PATHS[kind] in posts[0] and ' 302 ' in posts[0], posts


def test_by_the_verb(version_and_kind):
    version, kind = version_and_kind
    with Lab(version) as lab:
        thing, named = lab.name(kind)
        assert thing in json.dumps(lab.rows(TABLES[kind])), kind
        said = wait_for(lambda: lab.says('unless --if names more', *named, '--yes'), 'its refusal')
        # nobody here knows whose driver it is
        assert ('its verdict is unknown' if kind == 'driver' else 'its job is ') in said['says'], said
        said = lab.kill(*named, '--dry-run', '--timeout', '60s')
        assert (said['exit'], said['state']) == (0, 'would act'), said
        assert any(PATHS[kind] in step and 'sent once' in step for step in said['plan']['steps']), said
        assert not lab.changes()
        said = lab.kill(*named, *ANY)
        assert (said['exit'], said['state']) == (0, 'done'), said
        assert re.search(' is (FAILED|KILLED|gone with its application)', said['action']['proof']), said
        is_asked_once(lab, kind)
        if kind in ('application', 'driver'):
            over = f'nothing to do: {kind} {thing} is KILLED'
            for more in ANY, ['--dry-run']:
                assert wait_for(lambda: lab.says(over, *named, *more), over)['exit'] == 0
            is_asked_once(lab, kind)
            master = lab.world.json(lab.world.ready['master'] + '/json/')
            assert len(master['activeapps']) == 1, 'the other one goes on'


def press(console, key, then):
    console.seen = b''
    console.type(key.encode())
    console.shows(then.encode())
    console.rest()


def answer(console, lab, kind, thing):
    """K in the first row of the table, which is what runs of job a, what it wants typed, Enter; its outcome. On a busy machine a
    look is late at times, and a question about a place that does not answer takes nothing: then it is asked again. So is a key that
    came at once behind the one before. What stood there instead of an outcome is kept for who reads of the failure."""
    press(console, ':table ' + TABLES[kind], TABLES[kind])
    press(console, '\r', thing)
    console.seen = b''
    console.type(b'K')
    end = time.monotonic() + 20
    while b'to confirm' not in console.seen and time.monotonic() < end:
        console.pump(0.05)
    lab.instead.append(console.seen[-2000:])
    if b'to confirm' not in console.seen:
        return None
    console.rest()
    console.pump(0.6)  # it is deaf for a moment
    for letter in thing[-4:] if kind == 'driver' else 'a':
        press(console, letter, letter)
    console.type(b'\r')
    end = time.monotonic() + 20
    while time.monotonic() < end:
        console.pump(0.1)
        done = lab.outcome()
        if done:
            return done
    lab.instead.append(console.seen[-2000:])
    console.type(b'\033')
    console.rest()
    return None


def test_by_the_key(version_and_kind):
    version, kind = version_and_kind
    with Lab(version) as lab:
        console = Console(SPARKOPS, *lab.options)
        try:
            console.shows(b'healthy')
            thing, _ = lab.name(kind)
            done = next(filter(None, (answer(console, lab, kind, thing) for _ in range(8))), None) or lab.outcome()
            assert done, lab.instead
            assert (done['action'], done['state']) == ('kill-spark', 'done'), done
            is_asked_once(lab, kind)
            console.type(b'\003')
            assert console.ends() == 0
        finally:
            console.end()


def test_a_hold_stops_the_kill_of_its_application():
    with Lab('4.3') as lab:
        wait_for(lambda: lab.rows('jobs')[0]['application_id'], "the job's application")
        assert lab.run('hold', '--job', 'a', '--reason', 'vacuum', '--yes')[0] == 0
        said = wait_for(lambda: lab.says('a is held', '--application', lab.application(), *ANY[:3]), 'its refusal')
        assert (said['exit'], said['state']) == (1, 'refused'), said
        assert not lab.changes()


KINDS = [(version, kind) for version in ('3.5', '4.3') for kind in PATHS]
main([*each(test_by_the_verb, *KINDS), *each(test_by_the_key, *KINDS), test_a_hold_stops_the_kill_of_its_application], beside=3)
