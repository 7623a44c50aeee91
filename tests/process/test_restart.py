#!/usr/bin/env python3
"""Restart by the real program: by a command, a unit or a request; and what goes on behind each step of a restart or a recover after
kill -9 of sparkops."""
import os
import signal
import stat
import subprocess

from cluster import each, main
from stage import ANY, FACTS, Stage, gone, old_pair, says


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
    hooks = '''restart: {http: {method: POST, url: "KEEPER/restart"}}
resume: {http: {url: "KEEPER/resume", body: '{"from": "{from}", "only": {only}}'}, values: {from: {ask: "table"}, only: {default: "false"}}}'''
    with Stage(hooks=hooks) as stage:
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


if __name__ == '__main__':
    main([*each(test_recover_goes_on_behind, 'recover.jvm', 'recover.python', 'recover.ended', 'recover.free', 'recover.waited', 'restart.before',
                  'restart.sent', 'recover.begun', 'recover.ready', 'resume.before', 'resume.sent', 'recover.resumed'),
          *each(test_restart_goes_on_behind, 'restart.before', 'restart.sent', 'restart.started', 'restart.ready'),
          test_a_command_restarts_it, test_a_command_beside_what_works_says_what_stays,
          test_a_request_restarts_and_resumes_it, test_a_unit_restarts_it,
          test_a_unit_that_fails_says_so_at_once, test_a_command_that_fails_says_what_it_said,
          test_a_detached_job_that_ends_again, test_it_does_not_come_back, test_without_a_hook_the_line_is_shown], beside=4)
