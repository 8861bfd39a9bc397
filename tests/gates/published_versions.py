"""Holds that whatever changes a function's settings publishes a version, for the alias serves nothing else.

SAM's macro names a version by a hash of the function's properties as they are written: of `!Ref MemorySize`, not of
its value. So each version has a description with those values, for CloudFormation replaces a version whose
description changes, and publishes one.
Usage: python tests/gates/published_versions.py   (with tests/gates/requirements-sam.txt)
"""

from decided_templates import references
from sam_macro import source, transformed

# What is no part of a version.
UNVERSIONED = {"ReservedConcurrentExecutions"}


def decides(template, value):
    """The parameters that decide a value: those it refers to, and those of its conditions."""

    def conditions(part):
        if isinstance(part, list):
            return {name for one in part for name in conditions(one)}
        if not isinstance(part, dict):
            return set()
        found = {name for one in part.values() for name in conditions(one)}
        if "Fn::If" in part:
            found |= references(template["Conditions"][part["Fn::If"][0]])
        return found

    return (references(value) | conditions(value)) & set(template["Parameters"])


def versions(template):
    """Each function's version: its logical id and its properties."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::Lambda::Version":
            yield resource["Properties"]["FunctionName"]["Ref"], name, resource


def main():
    template = transformed()
    count = 0
    for function, name, version in versions(template):
        properties = template["Resources"][function]["Properties"]
        versioned = {key: value for key, value in properties.items() if key not in UNVERSIONED}
        description = version["Properties"].get("Description")
        missing = decides(template, versioned) - references(description)
        assert not missing, f"{name} stays as it is when {missing} change"
        named = references(properties["Environment"]) - {"AWS::StackName"}
        missing = named - references(description)
        assert not missing, f"{name} stays as it is when {missing} are replaced"
        assert version["DeletionPolicy"] == "Retain", f"`live` cannot go back to {name} after new code"
        count += 1
    changed = transformed(text=source().replace("s3://bucket/key", "s3://bucket/other"))
    before, after = ({name for _, name, _ in versions(one)} for one in (template, changed))
    assert not before & after, f"new code, and the same version: {before & after}"
    print(f"published: {count} versions follow their functions")


if __name__ == "__main__":
    main()
