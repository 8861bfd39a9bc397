"""A second deployment, a failed one that is rolled back, and moving an alias back."""

import json

from documents import block
from history import page

FUNCTION = "ListPermissions"
# What `GET /permissions` says, and what it says in code that was changed: as long, so that a binary can be patched.
FIRST = "Calls, conferences and recordings"
SECOND = "Calls, conferences and rehearsals"
THIRD = "Calls, conferences and unfinished"


def change_code(checkout, before, after):
    """New code for a function: its binary with another text in it."""
    binary = checkout.build / FUNCTION / "bootstrap"
    code = binary.read_bytes()
    assert len(before) == len(after) and before.encode() in code, f"the binary has no {before}"
    binary.write_bytes(code.replace(before.encode(), after.encode()))


def told(api):
    """What the deployed code says."""
    answer = api.call("GET", "/permissions")
    assert answer.status == 200, answer
    return [one["detail"] for one in answer.body["result"]]


def served(cloud, stack):
    """The settings that each function's alias serves."""
    functions = cloud.client("lambda")
    ids = stack.resources()
    aliases = [name.removesuffix("Aliaslive") for name in ids if name.endswith("Aliaslive")]
    return {
        name: functions.get_function_configuration(FunctionName=ids[name], Qualifier="live") for name in aliases
    }


def restored_table(cloud, table, name):
    """A copy of a table, as a restore makes it."""
    dynamodb = cloud.client("dynamodb")
    dynamodb.restore_table_to_point_in_time(
        SourceTableName=table, TargetTableName=name, UseLatestRestorableTime=True
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name)


def prepared(checkout, name, events):
    """Gives restored tables what a restore leaves out, by the commands of docs/recovery.md. The ARN of the stream."""
    commands = block("docs/recovery.md", "update-continuous-backups")
    names = f"RESTORED={name} RESTORED_EVENTS={events}"
    text, succeeded = checkout.run("bash", "-euc", f"{names}\n{commands}\necho \"$STREAM\"")
    assert succeeded, text
    return text.splitlines()[-1]


def second_deployment(cloud, checkout, stack, api):
    """Changed code, memory and tables: each reaches the traffic."""
    assert FIRST in told(api)
    anna = api.call("POST", "/customers", {"username": "before-the-restore"})
    path = f"/customers/{anna.body['id']}"
    before = api.call("PATCH", path, {"name": "twice written"})
    page(api, path, lambda events: len(events) == 2)
    old = stack.outputs()["TableName"]
    restored_table(cloud, old, "customers-dev-restored")
    restored_table(cloud, stack.outputs()["EventsTableName"], "customers-dev-events-restored")
    versions = {name: one["Version"] for name, one in served(cloud, stack).items()}

    change_code(checkout, FIRST, SECOND)
    stream = prepared(checkout, "customers-dev-restored", "customers-dev-events-restored")
    restored = ["ExistingTable=customers-dev-restored", f"ExistingTableStream={stream}"]
    checkout.deploy("dev", "MemorySize=512", *restored, "ExistingEventsTable=customers-dev-events-restored")

    assert SECOND in told(api), "the changed code does not serve"
    for name, settings in served(cloud, stack).items():
        assert settings["Version"] != versions[name], f"{name} serves its old version"
        assert settings["MemorySize"] == 512, f"{name} serves with {settings['MemorySize']} MB"
        variables = settings["Environment"]["Variables"]
        assert variables["TABLE_NAME"] == "customers-dev-restored", f"{name} serves {variables}"
        assert variables.get("EVENTS_TABLE", "customers-dev-events-restored") == "customers-dev-events-restored", variables
    after = api.call("GET", path)
    assert (after.status, after.body) == (200, before.body), f"{before} is {after} in the restored table"
    etags = [{name.lower(): value for name, value in one.headers.items()}["etag"] for one in (before, after)]
    assert etags == ['"2"', '"2"'], etags
    assert [event["version"] for event in page(api, path, bool)] == [2, 1], "the history is not the restored one"
    new = api.call("POST", "/customers", {"username": "after-the-restore"}).body["id"]
    key = {"pk": {"S": f"customer#{new}"}}
    dynamodb = cloud.client("dynamodb")
    assert "Item" in dynamodb.get_item(TableName="customers-dev-restored", Key=key), "the write went elsewhere"
    assert "Item" not in dynamodb.get_item(TableName=old, Key=key), "the write went into the old table"


def failed_deployment(cloud, checkout, stack, api):
    """New code, and a resource that cannot be created: everything is rolled back."""
    before = served(cloud, stack)
    change_code(checkout, SECOND, THIRD)
    template = checkout.build / "template.yaml"
    whole = template.read_text()
    broken = json.loads(whole)
    broken["Resources"]["Impossible"] = {
        "Type": "AWS::Logs::LogStream",
        "DependsOn": [f"{name}Aliaslive" for name in before],
        "Properties": {"LogGroupName": "there-is-no-such-group"},
    }
    template.write_text(json.dumps(broken))
    said = checkout.deploy("dev", "MemorySize=1024", succeeds=False)
    template.write_text(whole)

    assert stack.status() == "UPDATE_ROLLBACK_COMPLETE", stack.status()
    for text in ["Impossible", "UPDATE_ROLLBACK_COMPLETE", "The previous version serves again"]:
        assert text in said, f"deploy.sh does not say {text}: {said}"
    assert SECOND in told(api) and THIRD not in told(api), "the code of the failed deployment serves"
    for name, settings in served(cloud, stack).items():
        assert settings["MemorySize"] == 512, f"{name} serves with {settings['MemorySize']} MB"
        assert settings["CodeSha256"] == before[name]["CodeSha256"], f"{name} serves other code"


def way_back(cloud, checkout, stack, api):
    """Moves one function's alias to its first version, and asks which one the stack recorded, by the commands of
    docs/operations.md."""
    commands = block("docs/operations.md", "update-alias")
    function = stack.resources()[FUNCTION]
    versions = cloud.client("lambda").list_versions_by_function(FunctionName=function)["Versions"]
    first = min(int(one["Version"]) for one in versions if one["Version"] != "$LATEST")
    for written, here in {
        "customers-prod": stack.name,
        "GetCustomer": FUNCTION,
        "--function-version 7": f"--function-version {first}",
    }.items():
        assert written in commands, f"docs/operations.md does not have {written}"
        commands = commands.replace(written, here)
    before = served(cloud, stack)[FUNCTION]["Version"]
    text, succeeded = checkout.run("bash", "-euc", commands)
    assert succeeded, text
    assert FIRST in told(api), "the first version does not serve"
    command = block("docs/operations.md", "list-stack-resources")
    command = command.replace("customers-prod", stack.name).replace("GetCustomer", FUNCTION)
    text, succeeded = checkout.run("bash", "-euc", command)
    assert succeeded and text.strip().rsplit(":", 1)[-1] == before, f"{before} was recorded, not {text}"
