"""The folder through which a test speaks to a job, and the job to the test.

`facts.json` says where everything is once the job runs; a file that the test makes is a request.
"""
import json
import os
import sys
import time

FOLDER = sys.argv[1]


def path(name):
    return os.path.join(FOLDER, name)


def write_facts(spark, **more):
    facts = {
        "application_id": spark.sparkContext.applicationId,
        "ui": spark.sparkContext.uiWebUrl,
        "jvm_pid": spark._jvm.java.lang.ProcessHandle.current().pid(),
        "python_pid": os.getpid(),
        **more,
    }
    with open(path("facts.json.new"), "w") as file:
        json.dump(facts, file)
    os.rename(path("facts.json.new"), path("facts.json"))


def asked(name):
    return os.path.exists(path(name))


def wait_for(name):
    while not asked(name):
        time.sleep(0.05)


def done(name):
    open(path(name), "w").close()
