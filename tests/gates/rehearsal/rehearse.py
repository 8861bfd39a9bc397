"""Rehearses a deployment's life on an emulated cloud. tests/gates/rehearsal.sh starts it; docs/rehearsal.md tells more.

Usage: python rehearse.py CLOUD_VENV BINARIES [--without-webhooks]   (with tests/gates/requirements-sam.txt)
"""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import changes  # noqa: E402
import history  # noqa: E402
import pipeline  # noqa: E402
import tokens  # noqa: E402
import webhooks  # noqa: E402
from caller import Api  # noqa: E402
from checkout import Checkout  # noqa: E402
from cloud import Cloud  # noqa: E402
from issuer import Issuer  # noqa: E402
from removal import removal  # noqa: E402
from roles import Roles  # noqa: E402
from routes import make_routes  # noqa: E402
from sam_macro import ROOT  # noqa: E402
from stack import Stack  # noqa: E402


@contextlib.contextmanager
def step(name):
    """Says that a step begins, what it saw, and how long it took."""
    print(f"-- {name}", flush=True)
    seen, started = [], time.monotonic()
    yield seen.append
    print(f"   {'; '.join(seen) or 'done'} ({time.monotonic() - started:.0f} s)", flush=True)


def api_tests(settings, *names):
    """Runs the API tests, or those with such names, against a deployed API. The line with their result, and what they left
    out. Tests that fail are shown and run once more, by themselves: one has failed once and never again, and why was not
    found. Locally no test has a second chance."""
    succeeded, text = run_tests(settings, *names)
    lines = text.splitlines()
    left_out = {line[line.index("left out") :] for line in lines if "left out: " in line}
    (result,) = (line for line in lines if line.startswith("test result"))
    if not succeeded:
        failed = {line.split()[1] for line in lines if line.startswith("test ") and line.endswith(" FAILED")}
        print(text, flush=True)
        print(f"   run again: {', '.join(sorted(failed))}", flush=True)
        succeeded, text = run_tests(settings, "--exact", *sorted(failed))
        assert succeeded and failed, text
        result += f"; {len(failed)} passed when run again"
    return result, left_out


def run_tests(settings, *arguments):
    """Whether these API tests succeed, and what they print."""
    # `--nocapture` would print what a test says in the middle of another one's line.
    command = ["cargo", "test", "--locked", "--workspace", "--test", "api", "--", "--show-output", *arguments]
    run = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return run.returncode == 0, run.stdout


def program(folder, name, text):
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def main():
    # Turns SIGTERM into SystemExit, so that `finally` stops the emulator.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    venv, binaries = (pathlib.Path(one).resolve() for one in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        issuer = Issuer(work)
        with step("the cloud starts, with IAM enforced"):
            cloud = Cloud(venv / "bin/ministack", work, issuer.certificate)
        try:
            rehearse(work, cloud, issuer, venv, binaries)
        except BaseException:
            print(f"the end of the emulator's log:\n{cloud.log.read_text()[-5000:]}", file=sys.stderr)
            raise
        finally:
            cloud.end()


def rehearse(work, cloud, issuer, venv, binaries):
    tools = f"{pathlib.Path(sys.executable).parent}:{venv / 'bin'}"
    # curl connects to the emulator, whatever the host.
    (work / ".curlrc").write_text(f'connect-to = "::127.0.0.1:{cloud.port}"\n')
    checkout = Checkout(work / "checkout", cloud, binaries, tools)
    checkout.environment |= {"CURL_HOME": str(work)}
    checkout.add_environment("issuer")
    stack = Stack(cloud, "customers-dev")

    with step("the pipeline's roles, as docs/operations.md tells"):
        boundary = pipeline.boundary(cloud, checkout)
    with step("sam deploy, as README.md tells, within their boundary") as saw:
        checkout.deploy("dev", f"PermissionsBoundary={boundary}")
        saw(f"{pipeline.limit(cloud, stack, boundary)} roles")
        identifier = make_routes(cloud, stack)
    with step("a token by client credentials, as README.md tells"):
        settings = tokens.settings(checkout)
        api = Api(cloud, identifier, tokens.by_client_credentials(checkout, settings))
    with step("the smoke test, by deployment/smoke.sh") as saw:
        saw(smoke(work, cloud, checkout))
    with step("the API tests of callers, with tokens of the stack's own pool") as saw:
        # The emulator serves the API under another host name than AWS.
        assert settings["CUSTOMERS_URL"].startswith(f"https://{identifier}.execute-api."), settings["CUSTOMERS_URL"]
        result, left_out = api_tests(settings | {"CURL_HOME": str(work), "CUSTOMERS_URL": api.url}, "callers::")
        assert left_out == {"left out: the issuer gives no token to a customer"}, left_out
        saw(result)
    with step("each kind of change arrives at a customer's endpoint and on the bus") as saw:
        without_webhooks = "--without-webhooks" in sys.argv
        saw("left out" if without_webhooks else webhooks.rehearse(cloud, stack, api, issuer))
    with step("the history has each event with its deliveries, and one is sent again") as saw:
        saw("left out" if without_webhooks else history.deliveries(api))
    with step("a deleted customer is erased") as saw:
        saw(history.erasure(cloud, stack, api))
    with step("each statement of each role is taken away") as saw:
        saw(f"{Roles(cloud, stack, api).prove()} statements, each refused without")

    with step("docs/tokens.md: tokens for customers, from an issuer of a platform's own") as saw:
        other = Stack(cloud, "customers-issuer")
        identifier, count = tokens.customers(cloud, checkout, other, issuer)
        saw(f"{count} calls answered as it says")
    with step("all API tests, with tokens of that issuer") as saw:
        command = f'#!/bin/sh\nexec curl --silent --fail --cacert "{issuer.certificate}" "{issuer.url}token/$1"\n'
        url, command = Api(cloud, identifier, "").url, str(program(work, "token.sh", command))
        result, left_out = api_tests({"CUSTOMERS_URL": url, "CUSTOMERS_TOKEN_COMMAND": command})
        assert not left_out, left_out
        saw(result)

    with step("a second deployment: code, memory and tables take effect for live calls"):
        changes.second_deployment(cloud, checkout, stack, api)
    with step("a deployment that fails half-way: the previous version serves"):
        changes.failed_deployment(cloud, checkout, stack, api)
    with step("one function's alias goes back, as docs/operations.md tells"):
        changes.way_back(cloud, checkout, stack, api)
    # The first serves tables that are not its own; the second has no user pool.
    for one, kept, count in [(stack, "UserPool", 1), (other, "Table", 2)]:
        with step(f"sam delete of {one.name}") as saw:
            left = removal(cloud, checkout, one)
            assert left == {"LogGroup": 17, kept: count}, left
            saw(f"left: 17 log groups, {count} {kept}")
    print("rehearsed")


def smoke(work, cloud, checkout):
    """The smoke test's last line. smoke.sh passes AWS's addresses; this wrapper replaces them with the emulator's."""
    customers = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "debug" / "customers"
    command = program(
        work,
        "smoke",
        f"""#!/bin/sh
set -eu
export CUSTOMERS_TOKEN_ENDPOINT="http://${{CUSTOMERS_TOKEN_ENDPOINT#https://}}"
CUSTOMERS_TOKEN=$({ROOT}/tests/gates/token.sh operator)
export CUSTOMERS_TOKEN
api=${{2#https://}}
exec {customers} smoke "http://${{api%%.*}}.execute-api.localhost:{cloud.port}"
""",
    )
    text, succeeded = checkout.run("deployment/smoke.sh", "dev", str(command))
    assert succeeded, text
    return text.splitlines()[-1].strip()


if __name__ == "__main__":
    main()
