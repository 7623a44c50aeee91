"""The zoo's animals are what they claim to be, as /proc shows it, and none is left."""
import os
import signal
import subprocess

from cluster import main, wait_for
from zoo import SUBMIT, Zoo, alive, command_line, maps_libjvm, state


def test_impostors():
    with Zoo() as zoo:
        seen = {}
        for animal in zoo.impostors():
            has_class = SUBMIT in command_line(animal.pid)
            is_java = os.path.basename(zoo.exe(animal.pid)) == 'java'
            seen[animal.what] = (is_java, maps_libjvm(animal.pid), has_class)
            assert not all(seen[animal.what]), animal.what
        # Each of the three signs alone, and each two, are had by one that is none.
        assert {(False, False, True), (True, False, True), (True, True, False)} <= set(seen.values()), seen
        pids = [process.pid for process in zoo.started]
    assert all(state(pid) is None for pid in pids)


def test_dead_and_stopped():
    with Zoo() as zoo:
        for status in (52, 3):
            pair = zoo.zombie(status)
            with open(f'/proc/{pair.java}/stat', encoding='utf-8') as file:
                assert file.read().split()[-1] == str(status << 8)
            assert command_line(pair.java) == [] and alive(pair.python)
            # Spark's own exit removes the counters, ExitOnOutOfMemoryError leaves them.
            assert any(map(os.path.exists, zoo.traces(pair.java))) == (status == 3)
        orphan = zoo.orphan()
        wait_for(lambda: open(f'/proc/{orphan.java}/stat', encoding='utf-8').read().rsplit(')', 1)[1].split()[1] != str(orphan.python), 'another parent')
        assert alive(orphan.java)
        assert state(zoo.stopped().pid) == 'T'
        stubborn = zoo.stubborn()
        stubborn.process.terminate()
        zoo.tell(stubborn.pid, 'heap 40')  # still takes orders
        assert alive(stubborn.pid)
        zoo.tell(stubborn.pid, 'well')
        assert stubborn.process.wait(300) == 143, 'as Spark ends on SIGTERM'


def test_odd_ones():
    with Zoo() as zoo:
        changeling = zoo.changeling()
        before = open(f'/proc/{changeling.pid}/stat', encoding='utf-8').read().rsplit(')', 1)[1].split()[19]
        changeling.become()
        assert open(f'/proc/{changeling.pid}/stat', encoding='utf-8').read().rsplit(')', 1)[1].split()[19] == before
        assert not maps_libjvm(changeling.pid)
        twins = zoo.twins()
        assert command_line(twins.twin) == command_line(twins.pid) and maps_libjvm(twins.twin)
        assert len('\0'.join(command_line(zoo.long_command().pid))) > 100_000
        other = zoo.of_nobody()
        if other:
            assert os.stat(f'/proc/{other.pid}').st_uid != 0 and os.path.exists(f'/tmp/hsperfdata_nobody/{other.pid}')
        else:
            print('not root: no JVM of another user')
        inside = zoo.in_pid_namespace()
        if inside:
            with open(f'/proc/{inside.outside}/status', encoding='utf-8') as file:
                ids = next(line.split()[1:] for line in file if line.startswith('NSpid:'))
            assert ids == [str(inside.outside), str(inside.java)]
        else:
            print('not permitted: no PID namespace')


def test_ends_what_it_started():
    """Also when what is in it fails."""
    pids = []
    try:
        with Zoo() as zoo:
            pair, hung = zoo.pyspark(), zoo.driver()
            zoo.tell(hung.pid, 'hang')
            pids += [pair.pid, pair.java, hung.pid]
            pair.process.send_signal(signal.SIGSTOP)
            raise KeyError('on purpose')
    except KeyError:
        pass
    assert not any(alive(pid) for pid in pids)
    left = subprocess.run(['ls', '/tmp/hsperfdata_root'], capture_output=True, text=True, check=False).stdout.split()
    assert not {str(pid) for pid in pids} & set(left)


main([test_impostors, test_dead_and_stopped, test_odd_ones, test_ends_what_it_started])
