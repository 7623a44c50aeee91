"""The stand-in cluster as a program: it says when it is ready, ends when it should, leaves nothing behind, names every mistake
of a script, and keeps many connections at once."""
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile

from cluster import ROOT, WORLD, Cluster, main, port_of, program, refused, wait_for

HOLDER = '''
import subprocess, sys, time
world = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
print(world.pid, world.stdout.readline().decode().strip(), flush=True)
time.sleep(600)
'''


def alive(pid):
    """A zombie is not alive: the one who should reap it may be slow."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] != 'Z'
    except FileNotFoundError:
        return False


def test_ends_and_leaves_nothing():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Cluster('job a fail Timeout x9 since 9d\njob a up=1h\n', start=False) as world:
            config = os.path.join(world.folder.name, 'config.yaml')
            world.command += ['--config-out', config]
            world.start()
            made, ui = world.ready['dir'], world.job('a')['ui']
            assert os.path.exists(config) and os.listdir(world.job('a')['dlq'])
            held = socket.create_connection(('127.0.0.1', port_of(ui)))
            world.process.send_signal(number)
            assert world.process.wait(300) == 0
            assert not os.path.exists(made) and not os.path.exists(config) and refused(ui)
            assert world.process.stdout.read() == b'', 'one line and no more'
            held.close()


def test_keeps_what_was_there():
    with tempfile.TemporaryDirectory() as folder:
        kept = os.path.join(folder, 'kept')
        with open(kept, 'w', encoding='utf-8') as file:
            file.write('mine')
        with Cluster('job a fail Timeout\njob a up=1h\n', '--dir', folder) as world:
            assert len(os.listdir(folder)) == 3 and world.stop() == 0
        assert os.listdir(folder) == ['kept']


def test_ends_with_its_parent():
    for option in ([], ['--parent-pid']):
        with tempfile.TemporaryDirectory() as folder:
            # With the option it must end with a process that is not its parent.
            watched = subprocess.Popen(['sleep', '600'])
            command = [WORLD, '--dir', folder, *option, *([str(watched.pid)] if option else [])]
            holder = subprocess.Popen([sys.executable, '-c', HOLDER, *command], stdout=subprocess.PIPE)
            try:
                pid, line = holder.stdout.readline().decode().split(' ', 1)
                ready = json.loads(line)
                assert alive(pid) and ready['pid'] == int(pid)
                (watched if option else holder).kill()
                (watched if option else holder).wait()
                wait_for(lambda: not alive(pid), 'the end')
                assert os.listdir(folder) == []
            finally:
                for process in (watched, holder):
                    process.kill()
                    process.wait()
                holder.stdout.close()


def check(script):
    with tempfile.NamedTemporaryFile('w', suffix='.world') as file:
        file.write(script)
        file.flush()
        done = subprocess.run([WORLD, '--check', '--script', file.name], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.replace(file.name, 'S').splitlines()


def test_mistakes():
    code, said = check('job a up=1h # good\n\nat soon job a well\njob b fault dead\njob a fault ded\njob a rat=3\n'
                       'job a heap=300\nat 1s job a rate=3\njob a fail\njob a fail X y3\nnonsense\njob a.ui fault slow 3s since 1m\n')
    assert code == 78
    wanted = ('S:3: `soon`', 'S:4: there is no job `b`', 'S:5: there is no fault `ded`', 'S:6: cannot set rat', 'S:7: cannot set heap',
              'S:8: properties', 'S:9: fail needs', 'S:10: cannot read `y3`', 'S:11: a line is')
    assert len(said) == len(wanted), said
    for begin in wanted:
        assert any(line.startswith(begin) for line in said), (begin, said)


def test_orders():
    with Cluster('job a up=1h\n') as world:
        for line, wrong in (('job a fault ded', 'no fault'), ('job b well', 'no job'), ('job a rate=1', 'now'), ('at 1s job a well', 'now')):
            try:
                world.order(line)
                raise RuntimeError(line)
            except AssertionError as problem:
                assert wrong in str(problem), problem
        world.process.stdin.write(b'job a fail Timeout\njob a fail Timeout\n')
        world.process.stdin.flush()
        assert [json.loads(world.process.stdout.readline()) for _ in range(2)] == [{'done': True}] * 2
        assert world.json(world.job('a')['health'] + '/health')['errors_count'] == 2
        world.process.stdin.close()
        assert world.process.wait(300) == 0, 'the end of its orders is its end'


def test_options():
    def status(*options):
        return subprocess.run([WORLD, *options], capture_output=True, check=False, timeout=300).returncode
    assert [status('--nope'), status('--jobs', 'x'), status('--fast', '0'), status('surplus'), status('--script', '/nowhere')] == [
        64, 64, 64, 64, 78]
    assert status('--help') == 0
    assert check(open(os.path.join(ROOT, 'tests', 'world', 'demo.world'), encoding='utf-8').read()) == (0, [])


def test_the_demo():
    """What the first look at `make demo` finds."""
    script = open(os.path.join(ROOT, 'tests', 'world', 'demo.world'), encoding='utf-8').read()
    with Cluster(script) as world:
        def said(name):
            return world.json(world.job(name)['health'] + '/health/detailed')
        assert said('silver-binance')['seconds_since_last_batch'] >= 372
        assert said('health-analytics')['errors_by_type'] == {'ServerSelectionTimeoutError': 2, 'SchemaError': 1}
        assert said('bronze-okx')['status'] == 'initializing'
        assert said('migration')['errors_by_type'] == {'OutOfMemoryError': 1, 'Py4JNetworkError': 1}
        lost = [e for e in world.json(world.application('migration') + '/allexecutors') if not e['isActive']]
        assert len(lost) == 3
        for name in ('bronze-kraken', 'bronze-coinbase', 'silver-kraken', 'checkins-sync'):
            assert said(name)['seconds_since_last_batch'] < 60
            assert len(world.json(world.application(name) + '/jobs')) > 50, 'a past to draw'
        kraken = said('bronze-kraken')
        wait_for(lambda: said('bronze-kraken')['last_batch_id'] > kraken['last_batch_id'], 'its numbers to move')
        assert said('bronze-kraken')['records_processed'] > kraken['records_processed']


STUB = '''#!/bin/sh
cat "$2" >"$0.new" && mv "$0.new" "$0.config"
[ "$5" = stay ] && exec sleep 600
exit 3
'''


def test_leaving_the_demo_ends_its_cluster():
    """tests/world/demo with a console that leaves at once, and with one that is left by a hang-up."""
    demo = os.path.join(ROOT, 'tests', 'world', 'demo')
    for stays in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            os.symlink(WORLD, os.path.join(folder, 'world'))
            console = os.path.join(folder, 'sparkops')
            program(console, STUB)
            process = subprocess.Popen([demo, *(['stay'] if stays else [])], env={**os.environ, 'O': folder, 'TMPDIR': folder},
                                       start_new_session=True)
            try:
                if stays:
                    wait_for(lambda: os.path.exists(console + '.config'), 'the console')
                    os.killpg(process.pid, signal.SIGHUP)
                code = process.wait(300)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            assert code == (129 if stays else 3), code
            with open(console + '.config', encoding='utf-8') as file:
                config = file.read()
            assert 'name: migration' in config
            port = int(config.split('health: http://127.0.0.1:')[1].split()[0])
            wait_for(lambda: refused(f'http://127.0.0.1:{port}'), 'the cluster to end')
            wait_for(lambda: len(os.listdir(folder)) == 3, 'its folders to go')


def test_many_connections():
    """Two hundred jobs, each asked again and again on one connection that stays."""
    with Cluster(None, '--jobs', '200', '--parts', 'health,ui') as world:
        hosts = [http.client.HTTPConnection('127.0.0.1', port_of(job[key]), timeout=300)
                 for job in world.ready['jobs'] for key in ('health', 'ui')]
        own = set()
        for turn in range(3):
            for host in hosts:
                host.request('GET', '/health/live')
            for host in hosts:
                answer = host.getresponse()
                answer.read()
                assert answer.status in (200, 302)
                if turn:
                    assert (id(host), host.sock.getsockname()) in own, 'the same connection'
                own.add((id(host), host.sock.getsockname()))
        for host in hosts:
            host.close()


def test_ports():
    with Cluster('job a up=1h\njob b up=1h\n') as world:
        used = port_of(world.job('b')['ui'])
        with Cluster('job a up=1h\n', '--ports-from', str(used), start=False) as other:
            done = subprocess.run(other.command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 1 and f'port {used}' in done.stderr and done.stdout == '', done
            assert not os.path.exists(os.path.join(other.folder.name, 'made'))


def test_trace():
    with tempfile.NamedTemporaryFile() as file, Cluster('job a up=1h\n', '--trace', file.name) as world:
        world.get(world.job('a')['health'] + '/health?x=1')
        world.get(world.ready['master'] + '/json')
        found = [line.split()[1:6] for line in file.read().decode().splitlines()]
        assert found == [['a', 'health', 'GET', '/health?x=1', '200'], ['master', 'master', 'GET', '/json', '302']], found


main([test for name, test in sorted(globals().items()) if name.startswith('test_')], beside=4)
