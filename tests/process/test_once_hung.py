#!/usr/bin/env python3
"""One look at a job that died before it: --once says that it hangs, how long, and no less at the next run; a verb knows it at once."""
import os
import re
import subprocess
import tempfile

import cluster

SPARKOPS = os.environ.get('SPARKOPS') or os.path.join(cluster.ROOT, os.environ.get('O', 'build'), 'sparkops')
SCRIPT = '''job a version=3.5 up=12d batch=10733 rate=410 interval=20s
job a jvm pyspark
job a fault stale since 6m12
job a fault hang
job b interval=20s
job b fault dead
'''


def sparkops(folder, *arguments):
    command = [SPARKOPS, *arguments, '--config', os.path.join(folder, 'jobs.yaml'), '--state-dir', os.path.join(folder, 'state')]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return run.returncode, run.stdout


def seconds(age):
    return sum(int(n) * (60 if unit == 'm' else 1) for n, unit in re.findall(r'(\d+)(m|s?)', age) if n)


def first_line(folder, job):
    code, out = sparkops(folder, '--once', '--text', '--timeout', '20s', '--job', job)
    return code, out.splitlines()[0]


def one_look_at_what_hung_before():
    with tempfile.TemporaryDirectory(prefix='once-test-') as folder, \
            cluster.Cluster(SCRIPT, '--config-out', os.path.join(folder, 'jobs.yaml')):
        ages = []
        for _ in range(2):
            code, line = first_line(folder, 'a')
            said = re.match(r'CRITICAL: a hung (\d+m\d\d) ', line)
            assert code == 2 and said, (code, line)
            ages.append(seconds(said.group(1)))
        assert 372 <= ages[0] <= ages[1], ages
        code, out = sparkops(folder, 'kill', '--job', 'a', '--yes', '--dry-run')
        assert code == 0 and 'nobody accepts' in out, (code, out)


def what_nothing_dates_has_no_age():
    with tempfile.TemporaryDirectory(prefix='once-test-') as folder, \
            cluster.Cluster(SCRIPT, '--config-out', os.path.join(folder, 'jobs.yaml')):
        code, line = first_line(folder, 'b')
        assert re.match(r'\w+: b unreachable \|', line), line
        again, line = first_line(folder, 'b')
        assert again == code and re.match(r'\w+: b unreachable [0-9.]+s', line), line  # since the run before


cluster.main([one_look_at_what_hung_before, what_nothing_dates_has_no_age], beside=2)
