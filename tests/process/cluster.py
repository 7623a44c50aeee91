"""The stand-in cluster for process tests written in Python: starts it, ends it (also on failure), asks it.

    with Cluster(script) as world:
        status, headers, body = world.get(world.job('a')['health'] + '/health')
        world.order('job a fault dead')
"""
import concurrent.futures
import functools
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import unittest
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORLD = os.environ.get('WORLD') or os.path.join(ROOT, os.environ.get('O', 'build'), 'world')
FIXTURE = os.path.join(ROOT, 'tests', 'fixture', 'world')


class Cluster:
    def __init__(self, script=None, *options, start=True):
        self.folder = tempfile.TemporaryDirectory(prefix='world-test-')
        self.command = [WORLD, '--orders', '--dir', os.path.join(self.folder.name, 'made'), *options]
        if script is not None:
            path = os.path.join(self.folder.name, 'script')
            with open(path, 'w', encoding='utf-8') as out:
                out.write(script)
            self.command += ['--script', path]
        self.process = None
        if start:
            self.start()

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        assert line, 'the stand-in cluster did not start'
        self.ready = json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.stop()
        self.folder.cleanup()

    def stop(self):
        """Its exit code; it must end by itself when told to."""
        if self.process is None:
            return None
        self.process.terminate()
        try:
            code = self.process.wait(300)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            self.process.stdin.close()
            self.process = None
        return code

    def order(self, line):
        """Carries out one line of a script, now; done when it returns."""
        self.process.stdin.write(line.encode() + b'\n')
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer == {'done': True}, (line, answer)

    def job(self, name):
        return next(job for job in self.ready['jobs'] if job['name'] == name)

    def get(self, url, method='GET', timeout=300):
        """Status, headers and body of one request on a connection of its own; redirects are not followed."""
        parts = urllib.parse.urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
        try:
            connection.request(method, parts.path + ('?' + parts.query if parts.query else ''))
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def json(self, url):
        status, _, body = self.get(url)
        assert status == 200, (url, status, body[:200])
        return json.loads(body)

    def application(self, name):
        """The URL of a job's application in its UI's REST interface."""
        base = self.job(name)['ui'] + '/api/v1/applications'
        return base + '/' + self.json(base)[0]['id']


def program(path, text):
    """A script to be run. It is written by another process: what this one has open, others that it starts at the same time inherit
    for a moment, and what somebody may still write to cannot be run."""
    subprocess.run(['install', '-m', '700', '/dev/stdin', path], input=text.encode(), check=True)


def port_of(url):
    return urllib.parse.urlsplit(url).port


def connect(url, timeout=300):
    return socket.create_connection(('127.0.0.1', port_of(url)), timeout)


def refused(url):
    try:
        connect(url).close()
    except ConnectionRefusedError:
        return True
    return False


def wait_for(condition, what, deadline=300):
    """Polls until the condition holds; its value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, 'waited in vain for ' + what
        time.sleep(0.02)


def each(test, *values):
    """The test with each of the values: a test of its own, which has it in its name."""
    for value in values:
        one = functools.partial(test, value)
        one.__name__ = f'{test.__name__} {value}'
        yield one


def main(tests, beside=1, alone=()):
    """Runs the functions, so many beside each other as each has its own world, and those that must be alone before them; prints
    what failed and `N passed, N failed`."""
    def why(test):
        try:
            test()
        except Exception:  # a test may fail in any way
            return traceback.format_exc()
        return None

    with concurrent.futures.ThreadPoolExecutor(beside) as pool:
        told = list(map(why, alone))
        told += map(why, tests) if beside == 1 else pool.map(why, tests)  # some want the first thread: signals
        tests = [*alone, *tests]
        report(len(tests), [(test.__name__, text) for test, text in zip(tests, told) if text])


def main_of_cases(beside):
    """The same for the cases of the program; those of a class that prepares something for all of them stay together."""
    def bad(part):
        result = unittest.TestResult()
        part.run(result)
        return result.failures + result.errors

    parts = []
    for cases in unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__']):
        together = any(type(case).setUpClass.__func__ is not unittest.TestCase.setUpClass.__func__ for case in cases)
        parts += [cases] if together else cases
    with concurrent.futures.ThreadPoolExecutor(beside) as pool:
        report(sum(part.countTestCases() for part in parts), [(case.id(), text) for some in pool.map(bad, parts) for case, text in some])


def report(tests, failed):
    """Ends the program."""
    for name, text in failed:
        print('FAILED', name)
        print(text, end='')
    print(f'{tests - len(failed)} passed, {len(failed)} failed')
    sys.exit(len(failed) > 0)
