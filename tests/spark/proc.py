"""Processes of a test: started with a mark in their environment, ended by pid, proved gone.

Spark's processes start others in groups of their own, so the group is only the polite way; the mark
is inherited by all of them and finds what is left. Nothing is ever ended by its name.
"""
import os
import signal
import socket
import subprocess
import time
import uuid

MARK_NAME = "SPARKOPS_SPARK_TEST"
MARK = uuid.uuid4().hex
_started, _kept = [], []


def environment(**more):
    """The least that a JVM, Python and a terminal need: nothing of the caller's Spark gets in."""
    keep = {name: os.environ[name] for name in ("PATH", "HOME", "JAVA_HOME", "TMPDIR")
            if name in os.environ}
    keep.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", PYTHONDONTWRITEBYTECODE="1",
                **{MARK_NAME: MARK})
    keep.update(more)
    return keep


def start(argv, log, env, cwd):
    """Start in a session of its own, output to the file `log`."""
    with open(log, "ab") as out:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out,
                                   stderr=subprocess.STDOUT, env=env, cwd=cwd,
                                   start_new_session=True)
    _started.append(process)
    return process


def free_port():
    """Of this run from now on: the kernel gives it to nobody, and a JVM or Python's server that binds it by number can."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _kept.append(kept)
    return kept.getsockname()[1]


def wait_for(what, seconds, every=0.1):
    """Call `what` until it answers something true; None after the deadline."""
    end = time.monotonic() + seconds
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            return None
        time.sleep(every)


def alive(pid):
    """Running; a zombie is not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


def children(parent):
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                if int(file.read().rsplit(")", 1)[1].split()[1]) == parent:
                    found.append(int(name))
        except OSError:
            continue
    return found


def marked():
    """Every living process that carries the mark of this run."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if f"{MARK_NAME}={MARK}".encode() in file.read() and alive(int(name)):
                    found.append(int(name))
        except OSError:
            continue
    return found


def _signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except OSError:
        pass


def reap():
    for process in _started:
        process.poll()


def stop_all():
    """End everything of this run; answers what could not be ended, as command lines."""
    for process in reversed(_started):
        _signal_group(process, signal.SIGTERM)
    for pid in marked():    # what others started for us, in sessions of their own
        try:
            os.kill(pid, signal.SIGTERM)
        except OSError:
            pass
    wait_for(lambda: reap() or not marked(), 8)
    for process in _started:
        _signal_group(process, signal.SIGKILL)
    for pid in marked():
        try:
            os.kill(pid, signal.SIGKILL)
        except OSError:
            pass
    wait_for(lambda: reap() or not marked(), 60)
    left = [f"{pid}: {' '.join(command_line(pid))[:200]}" for pid in marked()]
    _started.clear()
    return left
