"""What happens between two steps of a kill: a victim that changes or ends while sparkops is stopped there is let go; a kill that was
itself killed is settled by the next one."""
import signal

from cluster import each, main
from killing import EVERYTHING, TORTURE, Console, stop_at, ticks
from zoo import Zoo, alive


def test_one_that_changes_at(name):
    with Zoo() as zoo, Console() as console:
        changeling = zoo.changeling()
        process = stop_at(console, name, changeling.pid)
        changeling.become()
        process.send_signal(signal.SIGCONT)
        answer = console.says(process, 1)
        assert answer['state'] == 'refused' and alive(changeling.pid), answer


def test_one_that_ends_at(name):
    with Zoo() as zoo, Console() as console:
        driver = zoo.driver()
        process = stop_at(console, name, driver.pid)
        driver.process.kill()
        driver.process.wait()
        process.send_signal(signal.SIGCONT)
        console.says(process, 0)


def test_a_kill_that_was_killed():
    with Zoo() as zoo, Console() as console:
        for name in ('kill.dumped', 'kill.term', 'kill.termed'):
            driver = zoo.driver()
            start = ticks(driver.pid)
            process = console.kill(driver.pid, '--if', EVERYTHING, program=TORTURE, SPARKOPS_FAIL=name, SPARKOPS_SPEED='5')
            process.communicate(timeout=500)
            assert process.returncode == -signal.SIGKILL, name
            assert name != 'kill.term' or alive(driver.pid)
            answer = console.says(console.kill(driver.pid, '--if', EVERYTHING, start=start), 0)
            assert answer['state'] == 'done' and not alive(driver.pid), (name, answer)
        verdict = console.audit('verify')
        assert 'unbroken' in verdict, verdict


main([*each(test_one_that_changes_at, 'kill.held', 'kill.captured', 'kill.dumped', 'kill.term'),
      *each(test_one_that_ends_at, 'kill.captured', 'kill.dumped', 'kill.verified', 'kill.termed'), test_a_kill_that_was_killed], beside=4)
