#!/usr/bin/env python3
"""Restart by the real program: by a command, a unit or a request; and what goes on behind each step of a restart or a recover after
kill -9 of sparkops."""
import json
import os
import signal
import stat
import subprocess
import time

from cluster import each, main, wait_for
from stage import ANY, FACTS, Stage, gone, old_pair, says

SERVICE = '''restart: {http: {method: POST, url: "KEEPER/restart"}}
resume: {http: {url: "KEEPER/resume", body: '{"from": "{from}", "only": {only}}'}, values: {from: {ask: "table"}, only: {default: "false"}}}'''


# --- restart

def test_a_command_restarts_it():
    with Stage() as stage:
        before = stage.driver()
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 0, outcome
        says(outcome, 'it works again', 'first ')
        assert stage.driver() != before and stage.keeper.paths() == ['/restart']


def test_a_command_beside_what_works_says_what_stays():
    """Nobody here knows whether the command ends the old pair."""
    with Stage() as stage:
        old = old_pair(stage)
        code, outcome = stage.run('restart', '--job', 'a', '--dry-run')
        assert code == 0 and not stage.keeper.came, (outcome, stage.keeper.came)
        says(outcome, 'java %d, python %d: the command must end them; V ends them first' % (old['java'], old['python']))


def test_a_request_restarts_and_resumes_it():
    with Stage(hooks=SERVICE) as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 1 and not stage.keeper.came, (outcome, stage.keeper.came)
        says(outcome, '--set from=')
        code, outcome = stage.run('restart', '--job', 'a', '--yes', '--set', 'from=AGENTS "VES"')
        assert code == 0, outcome
        assert [(path, body) for path, body, _ in stage.keeper.came] == [
            ('/restart', ''), ('/resume', '{"from": "AGENTS \\\\"VES\\\\"", "only": false}'.replace('\\\\', '\\'))], stage.keeper.came


def test_a_unit_restarts_it():
    with Stage(hooks='restart: {systemd: migration.service}') as stage:
        stage.write('systemctl', '#!/bin/sh\necho "$@" >> %s/calls\n[ "$1" = show ] && { echo ActiveState=active; exit 0; }\n'
                    'exec curl -fsS -X POST %s/restart\n' % (stage.path, stage.keeper.url))
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 0, outcome
        with open(stage.path + '/calls', encoding='utf-8') as file:
            assert file.readline() == 'restart migration.service\n'


def test_a_unit_that_fails_says_so_at_once():
    with Stage(hooks='restart: {systemd: migration.service}') as stage:
        stage.write('systemctl', '#!/bin/sh\n[ "$1" = show ] && printf "ActiveState=failed\\nResult=exit-code\\nExecMainStatus=3\\n"\nexit 0\n')
        stage.world.order('job a fault dead')
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome
        says(outcome, 'unit migration.service is failed', 'exit code 3')


def test_a_command_that_fails_says_what_it_said():
    with Stage(hooks='restart: {command: [/bin/sh, -c, "echo no such table; exit 4"]}') as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome
        says(outcome, 'exit 4', 'no such table')


def test_a_detached_job_that_ends_again():
    with Stage(hooks='restart: {command: [/bin/sh, -c, "echo out of luck; exit 9"], detach: true}') as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 1, outcome  # the old one still runs
        says(outcome, 'still runs', 'V ends it first')
        code, outcome = stage.run('recover', '--job', 'a', '--yes', '--if', 'healthy,busy,idle,unknown,degraded')
        assert code == 2, outcome
        says(outcome, 'ended again with exit code 9', 'out of luck')
        path = stage.state + '/output/a.log'
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700


def test_it_does_not_come_back():
    with Stage(hooks='restart: {command: ["HERE/start"]}\nready: {within: 20s}') as stage:
        stage.keeper.does = 'nothing'
        stage.world.order('job a fault dead')
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 2, outcome
        says(outcome, 'it did not come back', 'not ready within 20 s')


def test_without_a_hook_the_line_is_shown():
    with Stage() as stage:
        stage.config('quiet_after: 15m')
        done = subprocess.run(stage.command('restart', '--job', 'a', '--dry-run'), env=stage.env(), capture_output=True, text=True,
                              check=False)
        assert done.returncode == 1, done
        assert 'restart: {command: [' in done.stdout + done.stderr, done


# --- before it

WAITS = 'restart: {command: ["HERE/start"], wait: 20s, wait_after_oom: 40s}'


def waits_first(stage, seconds):
    code, outcome = stage.run('restart', '--job', 'a', '--dry-run')
    assert code == 0, outcome
    says(outcome, '"wait %d s' % seconds)
    assert outcome['plan']['verdict'] and outcome['plan']['evidence'], outcome
    began = time.monotonic()
    code, outcome = stage.run('restart', '--job', 'a', '--yes')
    assert code == 0 and stage.keeper.at[0] - began >= seconds / float(stage.speed), (outcome, stage.keeper.at[0] - began)
    says(outcome, 'waited %d s' % seconds)


def test_after_a_crash_it_waits():
    with Stage(hooks=WAITS) as stage:
        java = old_pair(stage)['java']
        os.kill(java, signal.SIGKILL)
        wait_for(lambda: gone(java), 'its end')
        waits_first(stage, 20)


def test_after_an_out_of_memory_it_waits_longer():
    with Stage(hooks=WAITS) as stage:
        stage.world.order('job a fault dead52')
        waits_first(stage, 40)


def test_what_works_is_not_waited_for():
    """Nothing failed: somebody wants it anew, and the hook ends the old one."""
    with Stage(hooks=WAITS) as stage:
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 0, outcome
        assert 'wait 20 s' not in json.dumps(outcome) and 'waited' not in json.dumps(outcome), outcome


# --- a dry run ends as the run would

def refused_alike(stage, *args, says_so):
    for how in '--dry-run', '--yes':
        code, outcome = stage.run(*args, how)
        assert code == 1 and not stage.keeper.came, (how, outcome, stage.keeper.came)
        says(outcome, says_so)


def test_a_text_where_only_a_number_may_stand():
    with Stage(hooks=SERVICE) as stage:
        stage.world.order('job a fault dead')
        for verb in 'restart', 'recover':
            refused_alike(stage, verb, '--job', 'a', '--set', 'from=T', '--set', 'only=maybe', says_so='maybe')
        done = subprocess.run(stage.command('restart', '--job', 'a', '--set', 'from=T', '--set', 'only=maybe', '--dry-run'), env=stage.env(),
                              capture_output=True, text=True, check=False)
        assert '# resume: nothing to paste' in done.stdout, done


def test_a_memory_that_is_not_known():
    """No process of it is left to tell."""
    with Stage(hooks='restart: {command: ["HERE/start", "{suggested_driver_memory}"]}') as stage:
        for pid in old_pair(stage).values():
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: gone(pid), 'its end')
        refused_alike(stage, 'restart', '--job', 'a', says_so='suggested_driver_memory')


# --- killed in between

def test_recover_goes_on_behind(at):
    with Stage(hooks=FACTS) as stage:
        stage.speed = '4'
        old = old_pair(stage)
        stage.world.order('job a log INFO Migrator Migrating table AGENTSVES (attempt 1/3)')
        code, said = stage.run('recover', '--job', 'a', '--yes', '--if', ANY, fail=at)
        assert code == -signal.SIGKILL, (code, said)
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 0, outcome
        assert gone(old['java']) and gone(old['python'])
        if at == 'resume.before':  # this job works by itself: what it does cannot be told from what was asked
            says(outcome, 'taken as received')
            return
        assert stage.keeper.paths() == ['/restart', '/resume'], (stage.keeper.paths(), outcome)
        assert stage.keeper.came[-1][1] == '{"resume_from": "AGENTSVES"}', stage.keeper.came


def test_restart_goes_on_behind(at):
    with Stage(hooks='restart: {http: {url: "KEEPER/restart"}}') as stage:
        stage.speed = '4'
        code, said = stage.run('restart', '--job', 'a', '--yes', fail=at)
        assert code == -signal.SIGKILL, (code, said)
        code, outcome = stage.run('restart', '--job', 'a', '--yes')
        assert code == 0 and stage.keeper.paths() == ['/restart'], (outcome, stage.keeper.paths())


def resumed_from(stage):
    return [body for path, body, _ in stage.keeper.came if path == '/resume']


def test_what_was_given_outlives_the_cut(cut):
    """It was confirmed with that value: the log, which names another one, decides nothing behind the cut."""
    verb, at = cut
    with Stage(hooks=FACTS) as stage:
        stage.speed = '4'
        stage.world.order('job a log INFO Migrator Migrating table AGENTSVES (attempt 1/3)')
        code, said = stage.run(verb, '--job', 'a', '--yes', '--set', 'from=T9', *(['--if', ANY] if verb == 'recover' else []), fail=at)
        assert code == -signal.SIGKILL, (code, said)
        code, outcome = stage.run(verb, '--job', 'a', '--dry-run')
        says(outcome, 'from=T9', 'as it was confirmed before it was cut off')
        code, outcome = stage.run(verb, '--job', 'a', '--yes')
        assert code == 0 and resumed_from(stage) == ['{"resume_from": "T9"}'], (outcome, stage.keeper.came)


def test_what_is_given_now_counts():
    with Stage(hooks=FACTS) as stage:
        stage.speed = '4'
        code, said = stage.run('restart', '--job', 'a', '--yes', '--set', 'from=T9', fail='restart.started')
        assert code == -signal.SIGKILL, (code, said)
        code, outcome = stage.run('restart', '--job', 'a', '--yes', '--set', 'from=T10')
        assert code == 0 and resumed_from(stage) == ['{"resume_from": "T10"}'], (outcome, stage.keeper.came)


def test_its_memory_and_its_wait_outlive_the_cut():
    """The JVM that told them has ended."""
    hooks = 'restart: {command: ["HERE/start", "{suggested_driver_memory}"]}'
    with Stage(hooks=hooks) as stage:
        stage.world.order('job a log ERROR Executor java.lang.OutOfMemoryError: Java heap space')
        stage.world.order('job a fault thrash')
        code, said = stage.run('recover', '--job', 'a', '--yes', '--if', ANY, '--timeout', '60s', fail='recover.free')
        assert code == -signal.SIGKILL, (code, said)
        code, outcome = stage.run('recover', '--job', 'a', '--dry-run')
        says(outcome, 'wait 10 s', 'starts with what is suggested')
        code, outcome = stage.run('recover', '--job', 'a', '--yes')
        assert code == 0 and stage.keeper.paths() == ['/restart'], outcome


if __name__ == '__main__':
    main([*each(test_recover_goes_on_behind, 'recover.jvm', 'recover.python', 'recover.ended', 'recover.free', 'recover.waited', 'restart.before',
                  'restart.sent', 'recover.begun', 'recover.ready', 'resume.before', 'resume.sent', 'recover.resumed'),
          *each(test_restart_goes_on_behind, 'restart.before', 'restart.sent', 'restart.started', 'restart.ready'),
          *each(test_what_was_given_outlives_the_cut, ('recover', 'recover.free'), ('restart', 'restart.started')),
          test_what_is_given_now_counts, test_its_memory_and_its_wait_outlive_the_cut,
          test_after_a_crash_it_waits, test_after_an_out_of_memory_it_waits_longer, test_what_works_is_not_waited_for,
          test_a_text_where_only_a_number_may_stand, test_a_memory_that_is_not_known,
          test_a_command_restarts_it, test_a_command_beside_what_works_says_what_stays,
          test_a_request_restarts_and_resumes_it, test_a_unit_restarts_it,
          test_a_unit_that_fails_says_so_at_once, test_a_command_that_fails_says_what_it_said,
          test_a_detached_job_that_ends_again, test_it_does_not_come_back, test_without_a_hook_the_line_is_shown], beside=4)
