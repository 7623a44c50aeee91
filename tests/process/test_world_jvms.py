"""Jobs that are played by processes: the world's answers come through ports that a java and a python3 own, and each fault of a
process shows from outside as it does on a real one."""
import contextlib
import os
import signal
import socket

from cluster import Cluster, main, port_of, refused, wait_for
from zoo import Zoo, alive, command_line, listeners, own_processes, state

SCRIPT = 'job a up=1h jvm pyspark memory=512\njob b up=1h kind=standalone jvm gc=Parallel executors=2\njob c up=1h\n'


def silent(world, url):
    """Connects and gets no byte."""
    try:
        world.get(url + '/api/v1/version', timeout=1)
        return False
    except TimeoutError:
        return True


def commands(world):
    """{pid: command line} of its processes."""
    return {pid: command_line(pid) for pid in own_processes(world)}


def pair_of(world):
    """(python, java) of job a now: both are others after a restart."""
    python = next(pid for pid, words in commands(world).items() if '/srv/jobs/a.py' in words)
    with open(f'/proc/{python}/task/{python}/children', encoding='utf-8') as file:
        return python, int(file.read().split()[0])


def executors(world):
    """{executor id: pid}"""
    return {int(words[words.index('--executor-id') + 1]): pid for pid, words in commands(world).items() if '--executor-id' in words}


def test_who_owns_the_ports():
    with Cluster(SCRIPT + 'master jvm\n') as world:
        a, b, c = (world.job(name) for name in 'abc')
        for pid, url in ((a['java'], a['ui']), (a['python'], a['health']), (b['java'], b['ui'])):
            assert port_of(url) in {port for _, _, port, _ in listeners(pid)}, url
        assert 'java' not in c
        for job in (a, b, c):
            assert world.json(job['ui'] + '/api/v1/applications')[0]['name'] == job['name']
            assert world.json(job['health'] + '/health')['status'] == 'healthy'
        assert {app['name'] for app in world.json(world.ready['master'] + '/json/')['activeapps']} == {'b'}
        environment = dict(world.json(world.application('a') + '/environment')['sparkProperties'])
        assert environment['spark.ui.port'] == str(port_of(a['ui'])), 'what it says is what its command line says'
        assert f'spark.ui.port={port_of(a["ui"])}' in command_line(a['java'])
        assert executors(world).keys() == {0, 1}


def test_faults_of_a_process():
    with Cluster(SCRIPT) as world:
        job = world.job('a')
        java = job['java']
        for fault in ('hang', 'thrash', 'dump', 'stop'):
            world.order('job a fault ' + fault)
            assert silent(world, job['ui']), fault
            assert (state(java) == 'T') == (fault == 'stop')
            assert world.json(job['health'] + '/health'), 'its Python answers'
            world.order('job a well')
            assert world.json(job['ui'] + '/api/v1/version')
        assert [name for name in os.listdir(job['work']) if name.endswith('.hprof')] == [f'java_pid{java}.hprof']
        world.order('job a fault strand')
        assert refused(job['ui']) and len(listeners(java)) == 1, 'the gateway stays'
        world.order('job a well')
        assert world.json(job['ui'] + '/api/v1/version') and alive(java)
        for port in ('ui', 'health'):
            world.order(f'job a.{port} fault dead')
            wait_for(lambda port=port: refused(job[port]), 'a closed port')
            world.order(f'job a.{port} well')
            assert world.get(job[port] + '/')[0]


def test_faults_that_end_it():
    with Cluster(SCRIPT) as world:
        job = world.job('a')
        for fault in ('dead52', 'oom', 'crippled', 'orphan'):
            python, java = pair_of(world)
            world.order('job a fault ' + fault)
            if fault in ('dead52', 'oom'):
                wait_for(lambda java=java: state(java) == 'Z', 'a zombie')
                wait_for(lambda: refused(job['ui']), 'its ports to close')
                assert alive(python), 'its Python lives on'
            else:
                assert silent(world, job['ui'])
            if fault == 'orphan':
                wait_for(lambda python=python: not alive(python), 'the end of its Python')
                assert alive(java)
            world.order('job a well')
            assert pair_of(world) != (python, java) and world.json(job['ui'] + '/api/v1/version')
        with open(os.path.join(job['work'], 'a.log'), encoding='utf-8') as file:
            log = file.read()
        for text in ('ERROR SparkUncaughtExceptionHandler: Uncaught exception in thread', 'java.lang.OutOfMemoryError: Java heap space',
                     'thrown from the UncaughtExceptionHandler in thread "Spark Context Cleaner"', 'Py4JNetworkError: Answer from Java side is empty'):
            assert text in log, text


def test_the_dead_session_is_tried_again():
    with Zoo() as zoo:
        pair = zoo.pyspark(env={'WORLD_RETRY': '50'})
        zoo.tell(pair.java, 'crippled')
        wait_for(lambda: 'ConnectionRefusedError: [Errno 111] Connection refused' in open(zoo.log, encoding='utf-8').read(), 'a retry')
        assert alive(pair.java), 'it lives on and keeps its ports'


def test_lost_executors_and_restart():
    with Cluster(SCRIPT) as world:
        before, driver = executors(world), world.job('b')['java']
        world.order('job b fault losing 2')
        wait_for(lambda: executors(world).keys() == {2, 3}, 'other executors')
        wait_for(lambda: not any(map(alive, before.values())), 'the end of the lost')
        world.order('job b log WARN TaskSetManager Lost task 3.2 in stage 41.0')
        with open(os.path.join(world.job('b')['work'], 'b.log'), encoding='utf-8') as file:
            log = file.read()
        assert 'ERROR TaskSchedulerImpl: Lost executor 1 on 127.0.0.1: Command exited with code 52' in log
        assert ' WARN TaskSetManager: Lost task 3.2 in stage 41.0\n' in log
        world.order('job b restart')
        wait_for(lambda: not alive(driver), 'the end of the old driver')
        assert world.json(world.job('b')['ui'] + '/api/v1/version')


def test_nobody_is_given_the_ports_of_the_dead():
    """A test that proves a port free must not find another test's server there."""
    with Cluster(SCRIPT) as world, Zoo() as zoo:
        pair = zoo.pyspark()
        for python, java in pair_of(world), (pair.pid, pair.java):
            ports = {port for pid in (python, java) for _, _, port, _ in listeners(pid)}
            assert len(ports) >= 5, ports
            for pid in (python, java):
                os.kill(pid, signal.SIGKILL)
            for port in ports:
                wait_for(lambda port=port: refused(f'http://127.0.0.1:{port}'), 'the end of both')
                with socket.socket() as other:
                    with contextlib.suppress(OSError):
                        other.bind(('127.0.0.1', port))
                    assert other.getsockname()[1] == 0, port


main([test_who_owns_the_ports, test_faults_of_a_process, test_faults_that_end_it, test_the_dead_session_is_tried_again,
      test_lost_executors_and_restart, test_nobody_is_given_the_ports_of_the_dead], beside=4)
