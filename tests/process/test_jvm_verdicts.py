"""Stand-in JVMs that hang, are stopped, thrash, lose their context, their Python or their life: the verdict of each with its
evidence, and that of its job, in `--json --every`, beside one that is well all the time."""
import json
import os
import subprocess
import tempfile
import threading
import time

from cluster import ROOT, Cluster, main

SPARKOPS = os.path.join(ROOT, os.environ.get('O', 'build'), 'sparkops')
# Fault, verdicts of JVM and job, what the evidence says, seconds after which it is waited for in vain: how soon it must be there is
# proved look by look in tests/unit and tests/spark, since a loaded machine makes everything late.
FAULTS = {
    'dead52': ('dead', 'crashed', ['exit code 52: out of memory', 'its parent python'], 90),
    'stop': ('stopped', 'hung', ['stopped by a signal', 'threads stand still'], 90),
    'strand': ('stranded', 'crashed', ['nothing listens at its UI', 'still listens on'], 90),
    'orphan': ('orphan', 'crashed', ['its Python parent is gone', 'still listens on'], 90),
    'thrash': ('thrashing', 'degraded', ['full collections a minute', 'old generation full'], 110),
    'hang': ('hung', 'hung', ['nobody accepts', 'under 1 % CPU for'], 120),
    'deadlock': ('hung', 'hung', ['are in a Java deadlock', 'waits for'], 120),
}
NEED_TWO = {'thrashing', 'hung', 'stopped', 'stranded', 'orphan'}


class Watch:
    """sparkops itself, looking every second; lines are its snapshots, with the time at which they came."""

    def __init__(self, world, folder):
        self.process = subprocess.Popen(
            [SPARKOPS, '--json', '--every', '1s', '--interval', '1s', '--no-discover', '--config', world.ready['config'], '--state-dir', folder],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), json.loads(line)))

    def stop(self):
        self.process.terminate()
        self.process.wait(300)
        self.reader.join()
        self.process.stdout.close()

    def wait(self, condition, what, deadline):
        """The first line from now on for which it holds."""
        at, end = len(self.lines), time.monotonic() + deadline
        while True:
            for when, line in self.lines[at:]:
                if condition(line):
                    return when, line
                at += 1
            assert self.process.poll() is None, 'sparkops ended'
            assert time.monotonic() < end, f'waited {deadline} s in vain for {what}: ' + tell(self.lines[-1][1] if self.lines else {}, what)
            time.sleep(0.05)


def tell(line, name):
    return json.dumps([{key: row.get(key) for key in ('job', 'name', 'pid', 'verdict', 'evidence')}
                       for row in line.get('jvms', []) + line.get('jobs', []) if name in (row.get('job'), row.get('name'))], indent=1)


def row_of(line, name):
    return next(row for row in line['jobs'] if row['name'] == name)


def jvm_of(line, name):
    return next((row for row in line['jvms'] or [] if row['job'] == name and row['role'] != 'executor'), None)


def is_well(line, names):
    return all(jvm_of(line, name) and jvm_of(line, name)['verdict'] in ('busy', 'idle') and row_of(line, name)['verdict'] == 'healthy' for name in names)


def check(line, name, java, ui):
    verdict, of_job, says, _ = FAULTS[name]
    jvm, job = jvm_of(line, name), row_of(line, name)
    evidence = ' / '.join(jvm['evidence'])
    assert jvm['pid'] == java == job['pid'], (name, jvm['pid'], java, job['pid'])
    assert all(part in evidence for part in says), (name, evidence)
    assert any(evidence_of_job.startswith(f'java {java}: ') for evidence_of_job in job['evidence']), job['evidence']
    if verdict in NEED_TWO:
        assert sum(any(ch.isdigit() for ch in part) for part in jvm['evidence']) >= 2, jvm['evidence']
    if verdict == 'dead':
        assert jvm['exit_code'] == 52 and jvm['ports'] in ([], None)
    if verdict in ('orphan', 'stopped', 'hung', 'thrashing'):
        assert ui in jvm['ports'], (name, jvm['ports'])
    assert job['verdict'] == of_job, (name, job['verdict'], job['evidence'])


def verdicts(line, name):
    return (jvm_of(line, name) or {}).get('verdict'), row_of(line, name)['verdict']


def check_steady(lines, name):
    """A verdict that was given stays as long as the fault does."""
    verdict, of_job, _, _ = FAULTS[name]
    first = next(i for i, (_, line) in enumerate(lines) if verdicts(line, name) == (verdict, of_job))
    for _, line in lines[first:]:
        assert verdicts(line, name) == (verdict, of_job), tell(line, name)


def test_verdicts():
    names = list(FAULTS) + ['well']
    # Without a batch nothing moves, which is when the threads of a driver are looked at.
    script = '\n'.join(f'job {name} jvm pyspark memory=512' for name in names)
    with Cluster(script) as world, tempfile.TemporaryDirectory(prefix='verdicts-') as folder:
        watch = Watch(world, folder)
        try:
            watch.wait(lambda line: is_well(line, names), 'well', 60)
            first = len(watch.lines)
            # What needs the longest window first; each is looked for on its own, all at the same time.
            for name in reversed(FAULTS):
                world.order(f'job {name} fault {name}')
            began = time.monotonic()
            for name, (verdict, of_job, _, within) in FAULTS.items():
                _, line = watch.wait(lambda line, name=name, verdict=verdict, of_job=of_job:
                                     verdicts(line, name) == (verdict, of_job), name, max(began + within - time.monotonic(), 0.1))
                check(line, name, world.job(name)['java'], int(world.job(name)['ui'].rsplit(':', 1)[1]))
            for _, line in watch.lines[first:]:
                assert jvm_of(line, 'well')['verdict'] in ('busy', 'idle'), jvm_of(line, 'well')['evidence']
                assert row_of(line, 'well')['verdict'] == 'healthy', row_of(line, 'well')['evidence']
            for name in FAULTS:
                check_steady(watch.lines[first:], name)
            # What goes on again is well again: connections that waited are taken, and it is asked again.
            for name in ('stop', 'hang'):
                world.order(f'job {name} well')
                watch.wait(lambda line, name=name: is_well(line, [name]), f'{name} to be well again', 90)
        finally:
            watch.stop()


if __name__ == '__main__':
    main([test_verdicts])
