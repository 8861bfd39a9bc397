"""Runs the scripts in deployment/ with fake SAM and AWS CLIs, and checks what they refuse, which arguments they pass
on, and what they print when a deployment or its smoke test fails.
Usage: python tests/gates/deployment_scripts.py
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
MACHINES = {"arm64": 0xB7, "x86_64": 0x3E}

SAM = """#!/bin/sh
echo "sam $*" >> "$CALLS"
exit "$EXIT_STATUS"
"""
SMOKE = """#!/bin/sh
echo "$* with $CUSTOMERS_TOKEN $CUSTOMERS_TOKEN_ENDPOINT $CUSTOMERS_CLIENT_ID $CUSTOMERS_CLIENT_SECRET" >> "$CALLS"
[ -z "$STOPPABLE" ] || { trap 'echo stopped >> "$CALLS"; exit 1' TERM; while :; do sleep 0.1; done; }
exit "$EXIT_STATUS"
"""
AWS = """#!/bin/sh
echo "aws $*" >> "$CALLS"
case "$*" in
*ApiUrl*) echo https://api.example.com ;;
*UserPoolId*) echo "$POOL" ;;
*TokenEndpoint*) echo https://tokens.example.com ;;
*ClientId*) echo client ;;
*describe-user-pool-client*) echo a-secret ;;
*StackStatus*) echo UPDATE_ROLLBACK_COMPLETE ;;
*ExistingTableStream*) echo "$STACK_STREAM" ;;
*RoleARN*) echo "${STACK_ROLE:-None}" ;;
*describe-stack-events*LogicalResourceId==*) echo "$STACK_EVENTS" ;;
*describe-stack-events*) echo "GetCustomerAliaslive UPDATE_FAILED Rolled back by CodeDeploy" ;;
esac
"""


def executable(path, machine):
    """Writes a program for this processor: the start of the Python interpreter, with the machine in its ELF header."""
    program = bytearray(pathlib.Path(sys.executable).resolve().read_bytes()[:4096])
    program[18:20] = machine.to_bytes(2, "little")
    path.write_bytes(program)


class Deployment:
    """One run of a script, in a checkout in which `sam build` has been run."""

    def __init__(self, *arguments, script="deploy.sh", built="arm64", exit_status=0, stop=None, config="", **variables):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "deployment").mkdir()
            for file in ["samconfig.toml", "deployment/deploy.sh", "deployment/smoke.sh"]:
                shutil.copy(ROOT / file, folder / file)
            settings = (folder / "samconfig.toml").read_text()
            (folder / "samconfig.toml").write_text(settings.replace("Backups=true", f"Backups=true{config}"))
            if built:
                function = folder / ".aws-sam/build/GetCustomer"
                function.mkdir(parents=True)
                executable(function / "bootstrap", MACHINES[built])
            for tool, text in [("sam", SAM), ("aws", AWS), ("customers", SMOKE)]:
                (folder / tool).write_text(text)
                (folder / tool).chmod(0o755)
            calls, summary = folder / "calls", folder / "summary"
            calls.touch()
            given = {"CALLS": calls, "GITHUB_STEP_SUMMARY": summary, "EXIT_STATUS": exit_status} | variables
            given["STOPPABLE"] = stop or ""
            environment = {"PATH": f"{folder}:{os.environ['PATH']}"} | {key: str(one) for key, one in given.items()}
            command = [folder / "deployment" / script, *arguments]
            pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            # In the background of a script, as in CI, SIGINT is ignored, and a shell cannot trap what it finds ignored.
            default = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
            with subprocess.Popen(command, env=environment, text=True, preexec_fn=default, **pipes) as run:
                while stop and "smoke https" not in calls.read_text():
                    time.sleep(0.1)
                if stop:
                    # The script alone, as a pipeline does.
                    run.send_signal(stop)
                _, self.error = run.communicate()
            self.status = run.returncode
            self.calls = calls.read_text()
            self.summary = summary.read_text() if summary.exists() else ""


def check(name, holds, deployment):
    assert holds, f"{name}: exit {deployment.status}\n{deployment.calls}\n{deployment.error}\n{deployment.summary}"


def main():
    one = Deployment("production")
    check("an unknown environment", one.status == 2 and "production" in one.error and not one.calls, one)

    one = Deployment("dev", built=None)
    check("nothing built", one.status == 2 and "sam build" in one.error and "sam" not in one.calls, one)

    one = Deployment("dev", built="x86_64")
    check("another processor", one.status == 2 and "same Architecture" in one.error and "sam " not in one.calls, one)

    one = Deployment("dev", "Architecture=x86_64", built="x86_64")
    wanted = "--parameter-overrides Environment=dev LogRetentionDays=14 Architecture=x86_64"
    check("more parameters", one.status == 0 and wanted in one.calls, one)
    check("dev may be deleted", "termination-protection" not in one.calls, one)

    one = Deployment("prod", "Rollout=at-once")
    check("prod's parameters", "--config-env prod" in one.calls and "Backups=true Rollout=at-once" in one.calls, one)
    check("prod is protected", "--stack-name customers-prod --enable-termination-protection" in one.calls, one)

    for given, config in [("ExistingTable=", ""), ('ExistingTable=""', ""), ("", r" ExistingTable=\"\"")]:
        one = Deployment("prod", *filter(None, [given]), config=config)
        check(f"an emptied parameter: {given or config}", 'Backups=true ExistingTable=""\n' in one.calls, one)

    stream = "arn:aws:dynamodb:eu-central-1:111122223333:table/customers-prod-restored/stream/2026-11-01T00:00:00.000"
    one = Deployment("prod", "ExistingTable=customers-prod-restored", f"ExistingTableStream={stream}")
    check("a table with its stream", one.status == 0, one)
    one = Deployment("prod", "ExistingTable=customers-prod-other", STACK_STREAM=stream)
    refused = one.status == 2 and "not a stream of customers-prod-other" in one.error and "sam " not in one.calls
    check("a table with the stream of an earlier one", refused, one)
    one = Deployment("prod", "ExistingTable=", STACK_STREAM=stream)
    check("no table any more", one.status == 0, one)

    role = "arn:aws:iam::111122223333:role/pipeline/execution"
    one = Deployment("prod", STACK_ROLE=role)
    refused = one.status == 2 and "export ARTIFACT_BUCKET" in one.error and "sam " not in one.calls
    check("the pipeline's stack without its bucket", refused, one)
    one = Deployment("prod", STACK_ROLE=role, ARTIFACT_BUCKET="artifacts")
    check("the pipeline's stack with its bucket", "--no-resolve-s3 --s3-bucket artifacts" in one.calls, one)

    boundary = "arn:aws:iam::111122223333:policy/pipeline/boundary"
    one = Deployment("prod", FUNCTION_BOUNDARY=boundary, EXECUTION_ROLE=role, ARTIFACT_BUCKET="artifacts")
    check("the pipeline's boundary", f" PermissionsBoundary={boundary}" in one.calls, one)
    check("the pipeline's role", f"--role-arn {role}" in one.calls, one)

    one = Deployment("prod", exit_status=1, STACK_EVENTS="UPDATE_ROLLBACK_COMPLETE UPDATE_IN_PROGRESS")
    check("a failure", one.status == 1, one)
    for said in ["customers-prod failed: UPDATE_ROLLBACK_COMPLETE", "GetCustomerAliaslive", "canary alarm"]:
        check(f"a failure that says {said}", said in one.summary and said in one.error, one)
    one = Deployment("prod", exit_status=1, STACK_EVENTS="")
    told = "Nothing was changed" in one.summary and "canary alarm" not in one.summary
    check("a failure before anything changed, after an earlier rollback", told, one)

    smoke = {"script": "smoke.sh", "POOL": "pool"}
    one = Deployment("dev", "customers", **smoke)
    wanted = "smoke https://api.example.com with  https://tokens.example.com client a-secret"
    check("the stack's own client", one.status == 0 and wanted in one.calls, one)

    one = Deployment("dev", "customers", CUSTOMERS_TOKEN="a-token", **smoke)
    check("a token", "with a-token" in one.calls and "cognito-idp" not in one.calls, one)

    one = Deployment("dev", "customers", **smoke | {"POOL": ""})
    check("another issuer", one.status == 2 and "CUSTOMERS_TOKEN" in one.error, one)

    one = Deployment("dev", "customers", exit_status=1, **smoke)
    check("a failed smoke test", one.status == 1 and "customers-dev failed" in one.summary, one)
    for stop in [signal.SIGINT, signal.SIGTERM]:
        stopped = Deployment("dev", "customers", stop=stop, **smoke)
        told_once = stopped.calls.count("stopped") == 1
        check(f"a smoke test that {stop.name} stops", stopped.status == 1 and told_once, stopped)
    check("no secret is shown", "a-secret" not in one.summary + one.error, one)
    print("deployment: the scripts refuse, pass on and report what they should")


if __name__ == "__main__":
    main()
