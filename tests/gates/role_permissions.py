"""Checks that deployment/role.yaml allows the actions that CloudFormation needs. The schemas of CloudFormation's
registry, which come with cfn-lint, name the actions that create, read, update and delete each type of resource.
Usage: python tests/gates/role_permissions.py   (with tests/gates/requirements-sam.txt)
"""

import fnmatch
import json
import pathlib

import cfnlint
from decided_templates import decided, environments
from sam_macro import ROOT, transformed, yaml_parse

SCHEMAS = pathlib.Path(cfnlint.__file__).parent / "data/schemas"
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
    "AWS::Events::EventBus": ["kms:*"],
    "AWS::IAM::ManagedPolicy": ["iam:*GroupPolicy", "iam:*UserPolicy"],
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
# These resources outlive the stack, so the role need not delete them.
KEPT = ["AWS::Cognito::UserPool", "AWS::DynamoDB::Table"]


def allowed():
    """The actions that the execution role's policies allow."""
    role = yaml_parse((ROOT / "deployment/role.yaml").read_text())
    for policy in POLICIES:
        for statement in role["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]:
            statement = statement.get("Fn::If", [None, statement])[1]
            actions = statement["Action"]
            yield from [actions] if isinstance(actions, str) else actions


def deployed_types():
    for _, values in environments():
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
    # published_versions.py relies on this: a new description replaces a version.
    assert "/properties/Description" in schema("AWS::Lambda::Version")["createOnlyProperties"]
    print(f"role: {len(actions)} actions suffice for {len(types)} types of resources")


if __name__ == "__main__":
    main()
