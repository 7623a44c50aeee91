"""Runs `sparkops kill` with a state folder of its own, also the build that stops or ends itself at a failpoint."""
import json
import os
import signal
import subprocess
import tempfile

from cluster import ROOT, wait_for
from zoo import state

SPARKOPS = os.environ.get('SPARKOPS') or os.path.join(ROOT, 'build', 'sparkops')
TORTURE = os.environ.get('SPARKOPS_TORTURE') or SPARKOPS + '-torture'
EVERYTHING = 'busy,idle,unknown,stopped,hung,stranded,orphan,dead,thrashing,healthy,initializing,ended,stale,crashed'


class Console:
    """Runs verbs with a state folder of its own; what still runs in the end is ended by its pid."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix='kill-test-')
        self.started = []

    def __enter__(self):
        return self

    def __exit__(self, *what):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()
        self.folder.cleanup()

    def start(self, *arguments, program=SPARKOPS, **env):
        process = subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env={**os.environ, 'XDG_STATE_HOME': self.folder.name, 'XDG_CONFIG_HOME': self.folder.name, **env})
        self.started.append(process)
        return process

    def kill(self, pid, *more, start=None, **keywords):
        return self.start('kill', '--pid', f'{pid}@{start or ticks(pid)}', '--yes', '--json', '--timeout', '3s', *more, **keywords)

    def says(self, process, code):
        """The object that a verb printed, with that exit code."""
        out, err = process.communicate(timeout=500)
        assert process.returncode == code, (process.returncode, code, out, err)
        return json.loads(out)

    def audit(self, *words):
        return self.start('audit', *words).communicate(timeout=500)[0]


def ticks(pid):
    with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as file:
        return int(file.read().rsplit(')', 1)[1].split()[19])


def outcome(answer):
    return (answer['action'] or {}).get('outcome') or answer['says'] or ''


def stop_at(console, name, pid, *more):
    """sparkops, stopped by itself at that failpoint."""
    process = console.kill(pid, '--if', EVERYTHING, *more, program=TORTURE, SPARKOPS_FAIL=f'{name}=stop', SPARKOPS_SPEED='5')
    wait_for(lambda: state(process.pid) == 'T' or process.poll() is not None, f'the stop at {name}')
    assert process.poll() is None, (name, process.communicate()[0])
    return process
