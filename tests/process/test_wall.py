#!/usr/bin/env python3
"""The wall as a process: deaf but for Ctrl-C, no cursor and no title, lit on a console of the kernel, its configuration
read again, OLD when its backend stands still; and the systemd unit that `make install` brings."""
import ctypes
import os
import random
import re
import shutil
import subprocess
import tempfile
import time

from cluster import ROOT, main, wait_for
from test_readonly import Console, every_key, lives, played, polls, requests_but_reads

MONKEY = int(os.environ.get('MONKEY_BYTES', 200_000))
PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17


def config_of(folder):
    return os.path.join(folder, 'config.yaml')


def wall(folder, *options, **how):
    return Console(folder, '--config', config_of(folder), '--wall', *options, **how)


def deaf_but_for_ctrl_c():
    seed = int(os.environ.get('SEED', time.time()))
    print('seed', seed)
    rng = random.Random(seed)
    with played() as (folder, world, trace):
        with wall(folder, strace=True) as console:
            console.shows('in trouble')
            console.keys(every_key())
            # without Ctrl-C and Ctrl-backslash; Ctrl-Z is among them
            console.keys(bytes(b for b in rng.randbytes(MONKEY) if b not in (3, 28)))
            console.seen = b''
            console.shows('\033[')  # its clock goes on
            assert console.process.poll() is None
            polls(console, trace)
            console.leave()
            assert console.calls() == [], console.calls()[:10]
        assert requests_but_reads(trace) == []
        assert lives(world), 'its JVM is gone or stopped'


def no_cursor_no_title():
    with played() as (folder, _, __):
        for term, blank in (('xterm-256color', False), ('linux', True)):
            with wall(folder, term=term) as console:
                console.shows('in trouble')
                while_shown = console.seen
                console.leave()
                # the mark of synchronized output is all that comes with a private parameter, beside what begins and ends it
                assert b'\033]' not in while_shown, 'an OSC string'
                assert b'\033[?25h' not in while_shown, 'the cursor was shown'
                assert (b'\033[9;0]' in while_shown) == blank
                assert b'\033[?25h' in console.seen[len(while_shown):], 'the cursor comes back at the end'


def a_changed_file_is_read_again():
    with played() as (folder, _, __), wall(folder) as console:
        console.shows('DEMO')
        with open(config_of(folder), encoding='utf-8') as f:
            text = f.read()

        def write(new):
            with open(config_of(folder) + '.new', 'w', encoding='utf-8') as f:
                f.write(new)
            os.rename(config_of(folder) + '.new', config_of(folder))
        write(text.replace('label: DEMO', 'label: KELLER'))
        console.shows('KELLER')
        write(text + 'broken: [\n')
        console.shows('in trouble: see its log')
        write(text.replace('label: DEMO', 'label: TURM'))
        console.shows('TURM')
        console.leave()


def old_when_the_backend_stands_still():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]

    def each_other_thread(pid, *requests):
        for tid in map(int, os.listdir(f'/proc/{pid}/task')):
            for request in requests if tid != pid else ():
                assert libc.ptrace(request, tid, None, None) == 0, os.strerror(ctypes.get_errno())
                if request == PTRACE_INTERRUPT:
                    os.waitpid(tid, 0x40000000)

    with played() as (folder, _, __), wall(folder, '--interval', '1s', '--ascii') as console:
        console.shows('in trouble')
        each_other_thread(console.process.pid, PTRACE_SEIZE, PTRACE_INTERRUPT)
        console.seen = b''
        console.shows('OLD:')
        each_other_thread(console.process.pid, PTRACE_DETACH)
        console.seen = b''
        console.shows('in trouble')
        console.leave()


def the_unit_is_installed():
    with tempfile.TemporaryDirectory(prefix='sparkops-install.') as folder:
        out = subprocess.run(['make', '--no-print-directory', '-s', 'install', f'PREFIX={folder}'], cwd=ROOT, text=True,
                             capture_output=True, check=False)
        assert out.returncode == 0, out.stderr
        unit = os.path.join(folder, 'lib/systemd/system/sparkops-wall@.service')
        with open(unit, encoding='utf-8') as f:
            text = f.read()
        assert f'ExecStart={folder}/bin/sparkops --wall\n' in text and '@BINDIR@' not in text
        for line in ('Restart=always', 'TTYPath=/dev/%I', 'User=sparkops', 'TERM=linux', 'StandardInput=tty'):
            assert line in text, line
        if shutil.which('systemd-analyze'):
            verified = subprocess.run(['systemd-analyze', 'verify', '--man=no', unit], capture_output=True, text=True, check=False)
            assert verified.returncode == 0 and 'sparkops' not in verified.stderr, verified.stderr
        with open(os.path.join(folder, 'lib/sysusers.d/sparkops.conf'), encoding='utf-8') as f:
            assert re.search(r'^u sparkops ', f.read(), re.M)
        out = subprocess.run(['make', '--no-print-directory', '-s', 'uninstall', f'PREFIX={folder}'], cwd=ROOT, check=True)
        assert [files for _, _, files in os.walk(folder) if files] == []


if __name__ == '__main__':
    main([deaf_but_for_ctrl_c, no_cursor_no_title, a_changed_file_is_read_again, old_when_the_backend_stands_still,
          the_unit_is_installed], beside=3)
