"""Checks that deployment/role.yaml allows the actions that CloudFormation needs. The schemas of CloudFormation's
registry, which come with cfn-lint, name the actions that create, read, update and delete each type of resource. A grant
on a name counts for nothing if its action does not support such a resource; cfn-lint's copy of AWS's reference says so.
Usage: python tests/gates/role_permissions.py   (with tests/gates/requirements-sam.txt)
"""

import fnmatch
import json
import pathlib
import re

import cfnlint
from decided_templates import decided, environments
from sam_macro import ROOT, transformed, yaml_parse

DATA = pathlib.Path(cfnlint.__file__).parent / "data"
SCHEMAS = DATA / "schemas"
REFERENCE = json.loads((DATA / "AdditionalSpecs/Policies.json").read_text())
POLICIES = ["ComputePolicy", "DataPolicy", "WatchPolicy"]

# Actions that the registry names for properties that the template does not set.
UNUSED = {
    "AWS::ApiGatewayV2::Stage": ["apigateway:TagResource", "apigateway:UntagResource"],  # POST /tags grants the same.
    "AWS::Backup::BackupVault": ["backup:Put*", "backup:DeleteBackupVault?*", "backup-storage:Mount"],
    "AWS::CodeDeploy::DeploymentGroup": ["codedeploy:RegisterOnPremisesInstance"],
    "AWS::Cognito::UserPool": ["kms:*", "iam:CreateServiceLinkedRole", "cognito-idp:AddCustomAttributes"],
    "AWS::Cognito::UserPoolClient": ["iam:CreateServiceLinkedRole"],
    "AWS::Cognito::UserPoolDomain": ["kms:*", "cloudfront:updateDistribution"],
    "AWS::DynamoDB::Table": [
        # For imports and replicas. The role must not have these permissions.
        "dynamodb:*Item",
        "dynamodb:Query",
        "dynamodb:Scan",
        "dynamodb:ImportTable",
        "dynamodb:*Replica",
        "dynamodb:*Kinesis*",
        "dynamodb:PutResourcePolicy",
        "dynamodb:DeleteResourcePolicy",
        "iam:CreateServiceLinkedRole",
        "kinesis:*",
        "logs:*",
        "s3:*",
    ],
    "AWS::Events::Archive": ["kms:*"],
    "AWS::Events::EventBus": ["kms:*", "events:PutPermission", "events:RemovePermission"],
    "AWS::IAM::Role": ["iam:DeleteRolePermissionsBoundary"],
    "AWS::KMS::Key": ["kms:DisableKey", "kms:EnableKey", "kms:DisableKeyRotation"],
    "AWS::Lambda::Alias": ["lambda:*ProvisionedConcurrencyConfig"],
    "AWS::Lambda::Function": [
        "ec2:*",
        "elasticfilesystem:*",
        "s3files:*",
        "kms:*",
        "lambda:*CodeSigningConfig",
        "lambda:AssociateRuntimeAlias",
        "lambda:PassCapacityProvider",
        "lambda:PutFunctionRecursionConfig",
        "lambda:PutFunctionScalingConfig",
        "lambda:PutRuntimeManagementConfig",
    ],
    "AWS::Lambda::Version": [
        "lambda:PutFunctionScalingConfig",
        "lambda:PutProvisionedConcurrencyConfig",
        "lambda:PutRuntimeManagementConfig",
    ],
    "AWS::Logs::LogGroup": [
        "firehose:*",
        "s3:*",
        "logs:*BearerTokenAuthentication",
        "logs:PutDataProtectionPolicy",
        "logs:*IndexPolicy",
        "logs:DeleteResourcePolicy",
        "logs:DeleteRetentionPolicy",
        "logs:PutLogGroupDeletionProtection",
    ],
    "AWS::SNS::Topic": ["sns:PutDataProtectionPolicy"],
}
# The guide to CloudFormation's macros names this resource; the reference does not.
UNLISTED = ["arn:x:cloudformation:x:aws:transform/Serverless-2016-10-31"]
# These resources outlive the stack, so the role need not delete them.
KEPT = ["AWS::Cognito::UserPool", "AWS::DynamoDB::Table"]


ROLE = yaml_parse((ROOT / "deployment/role.yaml").read_text())["Resources"]
# The boundary is the role's, so that the role cannot change it.
BOUNDARY = {"PermissionsBoundary": "arn:aws:iam::111122223333:policy/pipeline/boundary"}


def listed(value):
    return value if isinstance(value, list) else [value]


def statements(document):
    return [statement.get("Fn::If", [None, statement])[1] for statement in document["Statement"]]


def allowed():
    """The actions that the execution role's policies allow."""
    for policy in POLICIES:
        for statement in statements(ROLE[policy]["Properties"]["PolicyDocument"]):
            yield from listed(statement["Action"])


def named(value):
    """The ARN that a statement's resource stands for, with a letter for each part that is not known."""
    match value:
        case {"Fn::Sub": text}:
            text = text.replace("${ArtifactBucket.Arn}", "arn:aws:s3:::bucket")
            return re.sub(r"\$\{[^}]+\}|\*", "x", text)
        case {"Fn::GetAtt": ["ArtifactBucket", "Arn"]}:
            return "arn:aws:s3:::bucket"
        case {"Fn::GetAtt": ["ExecutionRole", "Arn"]}:
            return "arn:x:iam::x:role/x"
    return value


def supported(action):
    """The ARNs that an action can be granted on, as patterns."""
    service, name = action.split(":")
    actions, types = (REFERENCE[service][part] for part in ("Actions", "Resources"))
    for one in [key for key in actions if fnmatch.fnmatchcase(key, name.lower())]:
        for kind in actions[one].get("Resources", []):
            yield from (re.sub(r"\$\{[^}]+\}", "[^:]*", text) for text in types[kind.lower()]["ARNFormats"])


def grants_without_effect():
    """Actions that are granted on a name, where AWS's reference has no such resource for them."""
    documents = [one["Properties"]["PolicyDocument"] for one in ROLE.values() if one["Type"] == "AWS::IAM::ManagedPolicy"]
    documents += [policy["PolicyDocument"] for policy in ROLE["DeployRole"]["Properties"]["Policies"]]
    for statement in [one for document in documents for one in statements(document)]:
        names = [named(one) for one in listed(statement["Resource"])]
        for action in listed(statement["Action"]) if names not in (["*"], UNLISTED) else []:
            if not any(re.fullmatch(pattern, name) for pattern in supported(action) for name in names):
                yield f"{action} on {names}"


def boundary_actions(resources):
    document = resources["FunctionBoundary"]["Properties"]["PolicyDocument"]
    return {action for statement in document["Statement"] for action in listed(statement["Action"])}


def deployed_types():
    for _, values in environments():
        values = values | BOUNDARY
        for resource in decided(transformed(values), values)["Resources"].values():
            yield resource["Type"]


def schema(kind):
    names = json.loads((SCHEMAS / "providers/eu-central-1.json").read_text())
    name = names[kind][0] if isinstance(names[kind], list) else names[kind]
    return json.loads((SCHEMAS / f"resources/{name}.json").read_text())


def matches(action, patterns):
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def main():
    actions, types = set(allowed()), sorted(set(deployed_types()))
    faults = []
    for kind in types:
        for operation in ["create", "read", "update"] + ([] if kind in KEPT else ["delete"]):
            needed = schema(kind)["handlers"].get(operation, {}).get("permissions", [])
            missing = [one for one in needed if not matches(one, actions) and not matches(one, UNUSED.get(kind, []))]
            if missing:
                faults.append(f"{operation} {kind}: {', '.join(missing)}")
    assert not faults, "deployment/role.yaml lacks:\n" + "\n".join(faults)
    faults = list(grants_without_effect())
    assert not faults, "deployment/role.yaml allows without effect:\n" + "\n".join(faults)
    own = boundary_actions(yaml_parse((ROOT / "template.yaml").read_text())["Resources"])
    assert boundary_actions(ROLE) == own, f"the two boundaries differ: {boundary_actions(ROLE) ^ own}"
    # published_versions.py relies on this: a new description replaces a version.
    assert "/properties/Description" in schema("AWS::Lambda::Version")["createOnlyProperties"]
    print(f"role: {len(actions)} actions suffice for {len(types)} types of resources")


if __name__ == "__main__":
    main()
