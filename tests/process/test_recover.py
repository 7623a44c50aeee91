#!/usr/bin/env python3
"""Recover by the real program: a stand-in job whose process hangs, is dead or is gone is ended, started again, seen ready, told where
to go on, and proved by its first batch; one that does not come back, and one that came back by itself."""
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import threading

from cluster import main, wait_for
from stage import ANY, FACTS, OUT, Stage, gone, old_pair, says
from zoo import kept_ports


# --- recover

def recovered(stage, outcome, old):
    says(outcome, 'it works again', 'first ')
    assert gone(old['java']) and gone(old['python'])
    assert stage.keeper.paths().count('/restart') == 1, stage.keeper.came


def heal(script, *texts, hooks=None):
    """The job is brought into that state and recovered."""
    with Stage(hooks=hooks) as stage:
        old = old_pair(stage)
        for line in script:
            stage.world.order('job a ' + line)
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 0, outcome
        recovered(stage, outcome, old)
        says(outcome, *texts)


def test_a_hung_pair():
    heal(['fault hang'], 'SIGTERM to java', 'SIGKILL to java', 'SIGTERM to python', ' free')


def test_a_dead_one_whose_python_retries():
    heal(['fault dead52'], 'SIGTERM to python', ' free')


def test_one_that_thrashes():
    heal(['fault thrash'], 'SIGTERM to java', ' free')


def test_one_without_its_context():
    heal(['fault strand'], 'SIGTERM to java', ' free')


def test_one_that_is_stopped():
    heal(['fault stop'], 'SIGTERM to java', 'SIGCONT', ' free')


def test_one_that_is_gone():
    with Stage() as stage:
        old = old_pair(stage)
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: all(map(gone, old.values())), 'the end of both')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 0, outcome
        recovered(stage, outcome, old)


def test_one_that_is_gone_and_nobody_listens():
    """Not only out of reach: it should run, its addresses are of this host and refuse, and no process of it is left."""
    with Stage() as stage, contextlib.closing(kept_ports(1)[0]) as left:
        free = 'http://127.0.0.1:%d' % left.getsockname()[1]
        old, job = old_pair(stage), stage.world.job('a')
        with open(stage.path + '/config.yaml', encoding='utf-8') as file:
            text = file.read().replace(job['health'], free).replace(job['ui'], free)
        stage.write('config.yaml', text)
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: all(map(gone, old.values())), 'the end of both')
        stage.write('start', '#!/bin/sh\necho told >> %s/told; exit 5\n' % stage.path)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 2 and os.path.exists(stage.path + '/told'), outcome


def test_three_at_once_start_it_once():
    with Stage() as stage:
        for pid in old_pair(stage).values():
            os.kill(pid, signal.SIGKILL)
        all_three = [subprocess.Popen(stage.command('recover', '--job', 'a', '--yes', '--if', ANY), env=stage.env(),
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(3)]
        said = [one.communicate(timeout=120)[0] for one in all_three]
        assert stage.keeper.paths() == ['/restart'], (stage.keeper.paths(), said)
        assert 0 in [one.returncode for one in all_three], said
        for one, text in zip(all_three, said):
            assert one.returncode == 0 or 'wait for it' in text or 'with --yes only' in text or 'came back' in text, said


def test_a_healthy_one_is_left_alone():
    with Stage() as stage:
        old = old_pair(stage)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 1 and not stage.keeper.came, outcome
        says(outcome, 'with --yes only hung, crashed')
        assert not gone(old['java']) and not gone(old['python'])


def test_a_service_keeps_its_python():
    """It is asked to restart: what it was asked through must live."""
    hooks = 'restart: {http: {url: "KEEPER/restart"}}'
    with Stage(hooks=hooks) as stage:
        stage.world.order('job a fault hang')
        stage.keeper.does = 'nothing'
        old = old_pair(stage)
        stage.config(hooks + '\nready: {url: "KEEPER/", status: 501, within: 5s}')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 2, outcome
        says(outcome, 'SIGKILL to java', 'did not come back')
        assert 'to python' not in json.dumps(outcome), outcome
        assert gone(old['java']) and not gone(old['python'])


def test_it_came_back_by_itself():
    """A manager is faster: nothing is started beside what it started."""
    with Stage(hooks='restart: {command: ["HERE/start"], wait: 300s}') as stage:
        stage.hang()
        old = old_pair(stage)

        def watch():
            wait_for(lambda: ' free' in stage.steps(), 'the end of the old pair')
            stage.world.order('job a restart')

        thread = threading.Thread(target=watch)
        thread.start()
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        thread.join()
        assert code == 0 and not stage.keeper.came, (outcome, stage.keeper.came)
        says(outcome, 'came back by itself')


def test_a_port_that_is_not_free_stops_it():
    """What is left of it, or somebody else, listens where its health is: a new one could not."""
    with Stage() as stage, contextlib.closing(socket.create_server(('127.0.0.1', 0))) as left:
        port = left.getsockname()[1]
        with open(stage.path + '/config.yaml', encoding='utf-8') as file:
            text = file.read().replace(stage.world.job('a')['health'], 'http://127.0.0.1:%d' % port)
        stage.write('config.yaml', text)
        old = old_pair(stage)
        for pid in old.values():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: all(map(gone, old.values())), 'the end of both')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', ANY)
        assert code == 2 and not stage.keeper.came, outcome
        says(outcome, ':%d is held by python3 %d' % (port, os.getpid()))


# --- from where

def out_of_memory(stage, how='dead52'):
    stage.world.order('job a log INFO Migrator Migrating table AGENTSVES (attempt 1/3)')
    stage.world.order('job a log ERROR Executor java.lang.OutOfMemoryError: Java heap space')
    stage.world.order('job a log INFO Migrator Migrating table NEXT (attempt 1/3)')
    stage.world.order('job a fault ' + how)


def test_it_goes_on_where_it_failed_and_the_same_again_needs_a_word():
    with Stage(hooks=FACTS) as stage:
        out_of_memory(stage)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 0, outcome
        assert stage.keeper.came[-1][:2] == ('/resume', '{"resume_from": "AGENTSVES"}'), stage.keeper.came
        out_of_memory(stage)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 1, outcome
        says(outcome, 'AGENTSVES', 'again=same')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--set', 'again=same')
        assert code == 0, outcome
        assert stage.keeper.paths() == ['/restart', '/resume'] * 2


def test_the_question_says_with_what_and_why():
    with Stage(hooks=FACTS) as stage:
        out_of_memory(stage)
        done = subprocess.run(stage.command('recover', '--job', 'a', '--dry-run', '--json'), env=stage.env(), capture_output=True, text=True,
                              check=False)
        plan = json.loads(done.stdout)['plan']
        assert done.returncode == 0 and not stage.keeper.came, done
        python = stage.world.job('a')['python']
        says(plan, 'is dead already and goes with its python', 'SIGTERM python %d, SIGKILL if it lives after 30 s' % python, 'wait 10 s', 'restart: run', 'resume: POST', 'from=AGENTSVES',
             'it ran out of memory at AGENTSVES, and the same memory is used again: spark.driver.memory (not collected)')
        [ask] = plan['asks']
        assert ask['name'] == 'from' and ask['ask'] == 'table' and ask['default'] == 'AGENTSVES', ask
        assert 'Migrating table AGENTSVES (attempt 1/3)' in ask['evidence'], ask
        assert 'in the same way' not in json.dumps(plan), plan


def test_the_question_says_what_memory_would_be_enough():
    with Stage(hooks=FACTS) as stage:
        out_of_memory(stage, 'hang')
        done = subprocess.run(stage.command('recover', '--job', 'a', '--dry-run', '--json'), env=stage.env(), capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0 and not stage.keeper.came, done
        plan = json.loads(done.stdout)['plan']
        says(plan, 'SIGTERM java', 'SIGKILL if it lives after 30 s', 'end python', ' free',
             'the same memory is used again: spark.driver.memory 2g; enough would be 3g (measured need x 1.5)')


def test_a_detached_job_outlives_who_started_it():
    """The command is the job: the stand-in pair itself."""
    python = os.path.join(OUT, 'world-jvm', 'python3')
    hooks = ('restart: {command: ["%s", job.py], cwd: HERE, detach: true, '
             'env: {PYSPARK_SUBMIT_ARGS: "--conf spark.app.name=own --conf spark.ui.port=0 pyspark-shell"}}\n'
             'match: {app_name: own}\nready: {within: 300s}' % python)
    with Stage(hooks=hooks) as stage:
        with open(stage.path + '/config.yaml', encoding='utf-8') as file:
            lines = [line for line in file if ' health:' not in line and ' ui:' not in line]
        stage.write('config.yaml', ''.join(lines))
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome  # it does nothing, and that is said
        says(outcome, 'runs as process', 'it came back (java', 'but no batch or Spark job')
        pid = int(re.search(r'runs as process (\d+)', json.dumps(outcome)).group(1))
        try:
            assert not gone(pid)
            assert os.getsid(pid) == pid and os.readlink('/proc/%d/fd/1' % pid) == stage.state + '/output/a.log'
            with open('/proc/%d/task/%d/children' % (pid, pid), encoding='utf-8') as file:
                java = int(file.read().split()[0])
        finally:
            os.kill(pid, signal.SIGKILL)
        os.kill(java, signal.SIGKILL)


if __name__ == '__main__':
    main([test_a_hung_pair, test_a_dead_one_whose_python_retries, test_one_that_thrashes, test_one_without_its_context,
          test_one_that_is_stopped, test_one_that_is_gone,
          test_one_that_is_gone_and_nobody_listens, test_three_at_once_start_it_once, test_a_healthy_one_is_left_alone,
          test_a_service_keeps_its_python,
          test_it_came_back_by_itself,
          test_it_goes_on_where_it_failed_and_the_same_again_needs_a_word, test_the_question_says_with_what_and_why,
          test_the_question_says_what_memory_would_be_enough, test_a_detached_job_outlives_who_started_it],
         # what another test begins would have its listener, too, until it is the other program
         beside=4, alone=[test_a_port_that_is_not_free_stops_it])
