"""Killing with the real program: of everything that seems to be a Spark JVM nobody is ended, of what is one only the one that was
named; what is stopped, stubborn, dead or orphaned is ended as its state wants it."""
import os
import time

from cluster import main
from killing import EVERYTHING, Console, outcome, ticks
from zoo import Zoo, alive


def test_the_zoo():
    with Zoo() as zoo, Console() as console:
        animals = [(animal.what, animal.pid) for animal in zoo.impostors()]
        twins = zoo.twins()
        animals += [('a child that forked', twins.twin), ('ourselves', os.getpid()), ('process 1', 1)]
        nobody, inside = zoo.of_nobody(), zoo.in_pid_namespace()
        if nobody:
            animals.append(("another user's", nobody.pid))
        if inside:
            animals.append(('of another PID namespace', inside.outside))
        for at in range(0, len(animals), 4):  # a few at a time
            wave = [(what, pid, console.kill(pid, '--if', EVERYTHING, '--force-after', '1s')) for what, pid in animals[at:at + 4]]
            for what, pid, process in wave:
                answer = console.says(process, 1)
                assert answer['state'] == 'refused', (what, answer)
                assert alive(pid), (what, answer)
        reasons = {'another user\'s': 'sudo -u nobody', 'process 1': 'never signals it', 'ourselves': 'runs below process'}
        for what, words in reasons.items():
            for name, pid in animals:
                if name == what:
                    assert words in outcome(console.says(console.kill(pid), 1)), what
        assert 'kill step' not in console.audit('list')


def test_only_the_one_that_was_named():
    with Zoo() as zoo, Console() as console:
        one, other = zoo.driver(conf=['spark.app.name=one']), zoo.driver(conf=['spark.app.name=other'])
        answer = console.says(console.kill(one.pid), 1)  # nothing is wrong with it
        assert 'its JVM is' in outcome(answer) and 'unless --if names more' in outcome(answer), answer
        answer = console.says(console.kill(one.pid, '--if', EVERYTHING), 0)
        assert answer['action']['target'] == f'java {one.pid} (SparkSubmit, one)', answer
        assert f':{one.ui}' in answer['action']['proof'] and 'nothing came back' in answer['action']['proof'], answer
        steps = ' '.join(answer['action']['steps'])
        assert 'thread dump saved in dumps/' in steps and 'SIGTERM to java' in steps and 'SIGKILL' not in steps, steps
        assert not alive(one.pid) and alive(other.pid)
        assert console.says(console.kill(other.pid, start=ticks(other.pid) + 1), 1)['state'] == 'refused'
        assert alive(other.pid)


def test_as_its_state_wants_it():
    with Zoo() as zoo, Console() as console:
        stopped, stubborn, zombie = zoo.stopped(), zoo.stubborn(), zoo.zombie(52)
        runs = [console.kill(stopped.pid, '--if', EVERYTHING), console.kill(stubborn.pid, '--if', EVERYTHING, '--force-after', '1s'),
                console.kill(zombie.java, start=ticks(zombie.java))]
        steps = [' '.join(console.says(run, 0)['action']['steps']) for run in runs]
        assert 'SIGCONT: it is stopped' in steps[0] and 'SIGKILL' not in steps[0], steps[0]
        assert 'SIGKILL to java' in steps[1], steps[1]
        assert f'SIGTERM to python {zombie.python}' in steps[2] and 'dump' not in steps[2], steps[2]
        assert not any(map(alive, (stopped.pid, stubborn.pid, zombie.python)))


def test_a_terminal_decides():
    """Without --yes and without a terminal nothing is asked and nothing is done."""
    with Zoo() as zoo, Console() as console:
        driver = zoo.driver()
        process = console.start('kill', '--pid', f'{driver.pid}@{ticks(driver.pid)}')
        out = process.communicate(timeout=500)[0]
        assert process.returncode == 64 and alive(driver.pid), out
        before = time.monotonic()
        answer = console.says(console.kill(driver.pid, '--if', EVERYTHING, '--dry-run'), 0)
        assert alive(driver.pid) and answer['dry_run'] and time.monotonic() - before < 60
        assert 'SIGTERM' in answer['plan']['steps'], answer


def test_nothing_to_do():
    """A dry run of one that has ended says what --yes says of it."""
    with Zoo() as zoo, Console() as console:
        driver = zoo.driver()
        start = ticks(driver.pid)
        driver.process.kill()
        driver.process.wait()
        for more in (), ('--dry-run',):
            answer = console.says(console.kill(driver.pid, *more, start=start), 0)
            assert f'nothing to do: java {driver.pid} has ended' in outcome(answer), answer
        assert answer['state'] == 'nothing to do' and answer['action'] is None, answer


main([test_only_the_one_that_was_named, test_as_its_state_wants_it, test_a_terminal_decides, test_nothing_to_do],
     beside=4, alone=[test_the_zoo])  # in which this process is an animal, too: no other test's JVMs below it
