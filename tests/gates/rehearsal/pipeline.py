"""The roles of the pipeline, and their boundary around the functions of a stack."""

import json

from samtranslator.yaml_helper import yaml_parse

from documents import block
from sam_macro import ROOT
from stack import Stack

PROVIDER = "arn:aws:iam::000000000000:oidc-provider/token.actions.githubusercontent.com"


def boundary(cloud, checkout):
    """Makes the roles for `customers-dev` by the command of docs/operations.md. The ARN of their boundary."""
    role = yaml_parse((ROOT / "deployment/role.yaml").read_text())
    # The emulator has no such type. With OidcProvider, AWS does not make it either.
    del role["Resources"]["Provider"]
    (trust,) = role["Resources"]["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    trust["Principal"]["Federated"] = {"Ref": "OidcProvider"}
    (checkout.folder / "deployment/role.yaml").write_text(json.dumps(role))

    command = block("docs/operations.md", "--template-file deployment/role.yaml").replace("prod", "dev").rstrip()
    text, succeeded = checkout.run("bash", "-euc", f"{command} OidcProvider={PROVIDER}")
    assert succeeded, text
    return Stack(cloud, "pipeline-customers-dev").outputs()["FunctionBoundary"]


def limit(cloud, stack, policy):
    """Sets the boundary of each function's role to what the template says, which the emulator leaves out. How many."""
    template, ids, iam = stack.template()["Resources"], stack.resources(), cloud.client("iam")
    assert "FunctionBoundary" not in ids, "the stack made its own boundary"
    roles = [name for name in ids if template[name]["Type"] == "AWS::IAM::Role"]
    for name in roles:
        said = stack.resolved(template[name]["Properties"]["PermissionsBoundary"])
        assert said == policy, f"{name} has {said}"
        iam.put_role_permissions_boundary(RoleName=ids[name], PermissionsBoundary=said)
    return len(roles)
