"""Checks that every change of a function's settings publishes a new version, because the alias serves only versions.

SAM's macro names a version after a hash of the function's properties as the template writes them: of `!Ref MemorySize`,
not of its value. So each version has a description that contains those values. When a description changes,
CloudFormation replaces the version and so publishes a new one.
Usage: python tests/gates/published_versions.py   (with tests/gates/requirements-sam.txt)
"""

from decided_templates import references
from sam_macro import source, transformed

# Properties that are not part of a version.
UNVERSIONED = {"ReservedConcurrentExecutions"}


def deciding_parameters(template, value):
    """The parameters that a value depends on: those it refers to, and those in its conditions."""

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
    """Each function's version: the function's logical id, the version's, and the version itself."""
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
        missing = deciding_parameters(template, versioned) - references(description)
        assert not missing, f"{name} is not replaced when {missing} change"
        named = references(properties["Environment"]) - {"AWS::StackName"}
        missing = named - references(description)
        assert not missing, f"{name} is not replaced when {missing} are replaced"
        assert version["DeletionPolicy"] == "Retain", f"`live` cannot go back to {name}, as deployments delete it"
        count += 1
    changed = transformed(text=source().replace("s3://bucket/key", "s3://bucket/other"))
    before, after = ({name for _, name, _ in versions(one)} for one in (template, changed))
    assert not before & after, f"new code does not publish new versions: {before & after}"
    print(f"published: {count} versions change with their functions")


if __name__ == "__main__":
    main()
