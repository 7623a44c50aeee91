#!/usr/bin/env python3
"""The Spark JVMs of this host by the real program, without a configuration: what is one, what only seems to be one, in which state,
and what of a dead one is still to be seen."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from cluster import ROOT, main, wait_for
from zoo import SUBMIT, Zoo, state

OUT = os.path.join(ROOT, os.environ.get('O', 'build'))
SPARKOPS = os.environ.get('SPARKOPS_ASAN', os.path.join(OUT, 'sparkops-asan'))
KEYS = ['id', 'pid', 'started_at', 'user', 'role', 'main_class', 'application_id', 'executor_id', 'job', 'ports', 'heap_used_bytes',
        'heap_max_bytes', 'gc_pct', 'cpu_pct', 'rss_bytes', 'limit_bytes', 'verdict', 'exit_code', 'evidence']


class Console:
    """Looks again and again, as a script does that reads a line each time."""

    def __init__(self, *options):
        self.home = tempfile.TemporaryDirectory(prefix='jvms-test-')
        self.process = subprocess.Popen(
            [SPARKOPS, '--json', '--every', '0.5s', '--interval', '0.5s', '--no-discover', *options, 'jvms'],
            env={**os.environ, 'HOME': self.home.name, 'XDG_CONFIG_HOME': self.home.name, 'XDG_STATE_HOME': self.home.name},
            stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.process.terminate()
        self.process.stdout.close()
        self.process.wait(300)
        self.home.cleanup()

    def rows(self):
        line = self.process.stdout.readline()
        assert line, 'the program has ended'
        return {row['pid']: row for row in json.loads(line)['jvms']}

    def until(self, condition, what):
        """The first picture that pleases."""
        return wait_for(lambda: next((rows for rows in [self.rows()] if condition(rows)), None), what)


def once(program=SPARKOPS, **more):
    with tempfile.TemporaryDirectory(prefix='jvms-test-') as home:
        os.chmod(home, 0o755)  # another user looks for a configuration there
        done = subprocess.run([program, '--once', '--json', '--no-discover', '--timeout', '30s', 'jvms'], capture_output=True, text=True, check=False,
                              env={**os.environ, 'HOME': home, 'XDG_CONFIG_HOME': home, 'XDG_STATE_HOME': home}, **more)
        assert 'Sanitizer' not in done.stderr, done.stderr
        return {row['pid']: row for row in json.loads(done.stdout)['jvms']}


def test_roles_and_ports():
    with Zoo() as zoo:
        pair = zoo.pyspark(name='copy')
        driver = zoo.driver()
        executor = zoo.executor(3, 'app-20261121000000-0007', driver_rpc=driver.rpc)
        rows = once()
        row = rows[pair.java]
        assert list(row) == KEYS, list(row)
        assert row['role'] == 'driver' and row['main_class'] == SUBMIT and row['application_id'] is None
        assert {pair.ui, pair.gateway, pair.rpc} <= set(row['ports']) and row['ports'] == sorted(row['ports'])
        with open(f'/proc/{pair.java}/stat', encoding='utf-8') as file:
            assert row['id'] == f'{pair.java}@{file.read().rsplit(")", 1)[1].split()[19]}'
        assert row['rss_bytes'] > 0 and row['cpu_pct'] is not None and row['heap_max_bytes'] > 0
        assert row['exit_code'] is None and row['heap_used_bytes'] > 0 and row['gc_pct'] is not None
        # A driver's application is known from its executors: they name one of its ports.
        assert rows[driver.pid]['application_id'] == 'app-20261121000000-0007'
        row = rows[executor.pid]
        assert (row['role'], row['executor_id'], row['application_id']) == ('executor', '3', 'app-20261121000000-0007')
        assert pair.python not in rows


def test_what_only_seems_to_be_one():
    with Zoo() as zoo:
        animals = zoo.impostors()
        real = zoo.driver()
        rows = once()
        assert real.pid in rows
        for animal in animals:
            assert animal.pid not in rows, animal.what


def test_dead_ones():
    with Zoo() as zoo:
        pair, other = zoo.pyspark(), zoo.pyspark()
        with Console() as console:
            console.until(lambda rows: pair.java in rows and other.java in rows, 'both JVMs')
            zoo.tell(pair.java, 'die 52')
            other_id = console.rows()[other.java]['id']
            os.kill(other.java, signal.SIGKILL)
            rows = console.until(lambda rows: all(rows[p.java]['exit_code'] is not None for p in (pair, other)), 'both exit codes')
            assert rows[pair.java]['exit_code'] == 52 and rows[other.java]['exit_code'] == 137
            assert rows[pair.java]['main_class'] == SUBMIT and rows[other.java]['id'] == other_id  # what was known stays
            assert rows[pair.java]['ports'] == []
            zoo.tell(pair.python, 'leave')  # the zombie goes with its Python
            console.until(lambda rows: pair.java not in rows and other.java in rows, 'the end of the first')
        # A zombie that nobody saw alive: by its Python and its exit code.
        assert once()[other.java]['exit_code'] == 137
        assert once()[other.java]['role'] == 'driver'


def test_states():
    with Zoo() as zoo:
        stopped, orphan = zoo.stopped(), zoo.orphan()
        wait_for(lambda: state(orphan.java) == 'S', 'the orphan')
        rows = once()
        assert rows[stopped.pid]['verdict'] == 'stopped', rows[stopped.pid]
        assert len(rows[stopped.pid]['evidence']) >= 2, rows[stopped.pid]
        assert 'its Python' in ' '.join(rows[orphan.pid]['evidence']), rows[orphan.pid]


def test_changes():
    """Vanishing, appearing and changing between looks is no error."""
    with Zoo() as zoo, Console() as console:
        changeling, twins = zoo.changeling(), zoo.twins()
        rows = console.until(lambda rows: changeling.pid in rows and twins.pid in rows, 'both')
        assert twins.twin not in rows
        changeling.become()
        console.until(lambda rows: changeling.pid not in rows, 'the change')
        late = zoo.driver()
        rows = console.until(lambda rows: late.ui in rows.get(late.pid, {'ports': []})['ports'], 'the new driver with its UI')
        late.process.kill()
        late.process.wait()
        console.until(lambda rows: late.pid not in rows, 'its end')


def test_long_command_line():
    with Zoo() as zoo:
        driver = zoo.long_command()
        row = once()[driver.pid]
        assert row['role'] == 'driver' and row['main_class'] == SUBMIT


def test_other_user():
    """As seen by root, with everything; as seen by another user, with less, and that is said."""
    with Zoo() as zoo:
        other = zoo.of_nobody()
        if not other:
            print('not root: no JVM of another user')
            return
        row = once()[other.pid]
        assert row['user'] == 'nobody' and other.ui in row['ports'] and row['heap_used_bytes'] > 0
        ours = zoo.pyspark()
        zoo.tell(ours.java, 'die 52')
        wait_for(lambda: state(ours.java) == 'Z', 'the zombie')
        roots = zoo.driver()
        program = os.path.join(zoo.folder, 'sparkops')
        shutil.copy(SPARKOPS, program)
        rows = once(program, user='nobody', group='nogroup', extra_groups=[])
        assert rows[other.pid]['ports'], rows[other.pid]
        row = rows[roots.pid]
        assert row['role'] == 'driver' and row['user'] == 'root' and row['cpu_pct'] is not None
        # what needs root's rights is not known, which is not 0
        assert row['ports'] == [] and row['heap_used_bytes'] is None and row['gc_pct'] is None, row
        assert rows.get(ours.java, {}).get('exit_code') is None


def test_hidepid():
    """A /proc that hides other users' processes: said at the source, with the way around it."""
    with tempfile.TemporaryDirectory(prefix='jvms-test-') as home:
        os.chmod(home, 0o755)
        program = shutil.copy(SPARKOPS, home)
        script = f'mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid 65534 --regid 65534 --clear-groups {program} --once --json --no-discover targets'
        done = subprocess.run(['unshare', '--mount', '--pid', '--fork', 'sh', '-c', script], capture_output=True, text=True, check=False,
                              env={**os.environ, 'HOME': home, 'XDG_CONFIG_HOME': home, 'XDG_STATE_HOME': home})
        if 'targets' not in done.stdout:
            print('not permitted: no /proc of our own', done.stderr.strip())
            return
        row = next(row for row in json.loads(done.stdout)['targets'] if row['source'] == 'jvm')
        assert row['state'] == 'ok' and row['where'] == 'this host', row
        assert 'hidepid=' in row['problem'] and 'sudo sparkops' in row['problem'], row


def test_pid_namespace():
    with Zoo() as zoo:
        inside = zoo.in_pid_namespace()
        if not inside:
            print('not permitted: no PID namespace')
            return
        row = once()[inside.outside]
        assert row['pid'] == inside.outside and inside.ui in row['ports']


main([test_roles_and_ports, test_what_only_seems_to_be_one, test_dead_ones, test_states, test_changes, test_long_command_line,
      test_other_user, test_hidepid, test_pid_namespace])
