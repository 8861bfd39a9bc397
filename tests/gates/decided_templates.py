"""Checks what each environment deploys against CloudFormation's rules: the template, transformed by SAM's macro and
with its conditions evaluated.

Each result is checked twice. cfn-lint knows CloudFormation's resources. The search for circular dependencies counts
what CloudFormation counts and cfn-lint may not: DependsOn, and every Ref, GetAtt and Sub anywhere in a resource,
UpdatePolicy included.
Usage: python tests/gates/decided_templates.py   (with tests/gates/requirements-sam.txt)
"""

import graphlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

from sam_macro import ROOT, transformed

# Options that any environment may use, all at once.
OPTIONS = {
    "AlarmEmail": "operations@example.com",
    "JwtIssuer": "https://issuer.example.com/",  # Auth0's end with a slash, too
    "JwtAudience": "customers,console",
    "CorsOrigins": "https://console.example.com",
    "DomainName": "customers.example.com",
    "CertificateArn": "arn:aws:acm:eu-central-1:111122223333:certificate/0a1b2c3d",
    "HostedZoneId": "Z0123456789",
    "DefaultEndpoint": "false",
    "ReservedConcurrency": "20",
    "Backups": "true",
    "ExistingTable": "customers-restored",
    "ExistingTableStream": "arn:aws:dynamodb:eu-central-1:111122223333:table/customers-restored/stream/2026-11-01T00:00:00.000",
    "ExistingEventsTable": "customers-events-restored",
    "Rollout": "at-once",
    "PermissionsBoundary": "arn:aws:iam::111122223333:policy/pipeline/boundary",
}
# Options that exclude some of those: callers in the stack's own user pool, and a domain before its record exists.
OTHER_OPTIONS = {"MoreClients": "1h57kf5cpq17m0eml12EXAMPLE,2h57kf5cpq17m0eml12EXAMPLE"} | {
    name: OPTIONS[name] for name in ["DomainName", "CertificateArn"]
}
# Unused parameters: an environment uses only some of them.
IGNORED = ["W2001"]


def environments():
    """The parameter values of each environment in samconfig.toml, first as they are, then with every option."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    for name in ["dev", "staging", "prod"]:
        given = config[name]["deploy"]["parameters"]["parameter_overrides"]
        pairs = given.split(" ") if isinstance(given, str) else given
        values = dict(pair.split("=", 1) for pair in pairs)
        yield name, values
        if name != "staging":  # the same as prod with smaller values
            yield f"{name} with every option", values | OPTIONS
        if name == "dev":
            yield f"{name} with other options", values | OTHER_OPTIONS


def decided(template, given):
    """The template with its conditions evaluated for these parameter values, which become the defaults."""
    values = {name: str(one["Default"]) for name, one in template["Parameters"].items()} | given
    conditions = template.get("Conditions", {})

    def holds(condition):
        ((function, argument),) = condition.items()
        match function:
            case "Condition":
                return holds(conditions[argument])
            case "Fn::Equals":
                left, right = (values[one["Ref"]] if isinstance(one, dict) else str(one) for one in argument)
                return left == right
            case "Fn::Not":
                return not holds(argument[0])
            case "Fn::And":
                return all(map(holds, argument))
            case "Fn::Or":
                return any(map(holds, argument))
        raise ValueError(f"not a condition: {condition}")

    nothing = object()

    def plain(value):
        if value == {"Ref": "AWS::NoValue"}:
            return nothing
        if isinstance(value, dict) and "Fn::If" in value:
            condition, if_so, otherwise = value["Fn::If"]
            return plain(if_so if holds(conditions[condition]) else otherwise)
        if isinstance(value, dict):
            members = {name: plain(one) for name, one in value.items()}
            return {name: one for name, one in members.items() if one is not nothing}
        if isinstance(value, list):
            return [one for one in map(plain, value) if one is not nothing]
        return value

    result = {name: part for name, part in template.items() if name not in ("Conditions", "Rules", "Metadata")}
    result["Parameters"] = {
        name: one | {"Default": int(values[name]) if one["Type"] == "Number" else values[name]}
        for name, one in template["Parameters"].items()
    }
    for part in ["Resources", "Outputs"]:
        present = {
            name: {key: one for key, one in entry.items() if key != "Condition"}
            for name, entry in template[part].items()
            if "Condition" not in entry or holds(conditions[entry["Condition"]])
        }
        result[part] = plain(present)
    return result


def references(value):
    """Every logical id that a value refers to."""
    if isinstance(value, list):
        return {name for one in value for name in references(one)}
    if not isinstance(value, dict):
        return set()
    found = set()
    for function, argument in value.items():
        match function, argument:
            case "Ref", str():
                found.add(argument)
            case "Fn::GetAtt", [str() as name, *_]:
                found.add(name)
            case "Fn::GetAtt", str():
                found.add(argument.split(".")[0])
            case "Fn::Sub", str():
                found |= named(argument)
            case "Fn::Sub", [text, variables]:
                found |= (named(text) - set(variables)) | references(variables)
            case "DependsOn", _:
                found |= {argument} if isinstance(argument, str) else set(argument)
            case _:
                found |= references(argument)
    return found


def named(text):
    """The logical ids in the text of an Fn::Sub."""
    return {name.split(".")[0] for name in re.findall(r"\$\{([^!}][^}]*)\}", text)}


def circle(resources):
    """A circle of resources that depend on each other, if there is one. Its first resource is repeated at the end."""
    graph = {name: references(one) & set(resources) for name, one in resources.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1][::-1]
    return None


def dangling(template):
    """References to resources and parameters that this environment does not have."""
    known = set(template["Resources"]) | set(template["Parameters"])
    parts = [template["Resources"], template["Outputs"]]
    return {name for name in references(parts) if name not in known and not name.startswith("AWS::")}


def lint(template):
    """Runs cfn-lint on the template."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "template.json"
        file.write_text(json.dumps(template, indent=1))
        command = [pathlib.Path(sys.executable).parent / "cfn-lint", "--ignore-checks", *IGNORED, "--", file]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def faults():
    for name, values in environments():
        template = decided(transformed(values), values)
        resources = template["Resources"]
        if found := circle(resources):
            yield f"{name}: a circular dependency: {' -> '.join(found)}"
        if found := dangling(template):
            yield f"{name}: refers to missing resources or parameters: {', '.join(sorted(found))}"
        outcome = lint(template)
        if outcome.returncode:
            yield f"{name}: cfn-lint:\n{outcome.stdout}{outcome.stderr}"
        print(f"decided: {name}: {len(resources)} resources")


if __name__ == "__main__":
    found = list(faults())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
