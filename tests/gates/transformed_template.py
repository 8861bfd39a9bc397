"""Transforms template.yaml as CloudFormation's SAM macro does, and holds what comes out to what the template means.

The macro has ways of its own with conditions: what reads well in the template may deploy as something else.
Usage: python tests/gates/transformed_template.py   (with tests/gates/requirements-sam.txt)
"""

import os
import pathlib

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

NO_VALUE = {"Ref": "AWS::NoValue"}


class ManagedPolicies:
    """Stands in for IAM's list of managed policies: any name has an ARN."""

    def load(self):
        names = ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSCodeDeployRoleForLambda"]
        return {name: f"arn:aws:iam::aws:policy/{name}" for name in names}


def transformed():
    text = (pathlib.Path(__file__).parents[2] / "template.yaml").read_text()
    # The macro sees code that `sam deploy` has uploaded.
    template = yaml_parse(text.replace("CodeUri: .", "CodeUri: s3://bucket/key"))
    return transform(template, {}, ManagedPolicies())["Resources"]


def of_type(resources, kind):
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


resources = transformed()
body = resources["Api"]["Properties"]["Body"]

routes = 0
for path, methods in body["paths"].items():
    for method, route in methods.items():
        expected = [{"NONE": []}] if (path, method) == ("/{proxy+}", "options") else [{"Jwt": []}]
        assert route["security"] == expected, f"{method} {path}: {route['security']}"
        assert "Aliaslive" in str(route["x-amazon-apigateway-integration"]["uri"]), f"{path} calls no alias"
        routes += 1

condition, cors, otherwise = body["x-amazon-apigateway-cors"]["Fn::If"]
assert (condition, otherwise) == ("Cors", NO_VALUE), "CORS is there without an origin"
assert {"allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders", "maxAge"} == set(cors), cors

audience = body["components"]["securitySchemes"]["Jwt"]["x-amazon-apigateway-authorizer"]["jwtConfiguration"]["audience"]
assert audience["Fn::If"][2] == {"Fn::Split": [",", {"Ref": "JwtAudience"}]}, audience

functions = of_type(resources, "AWS::Lambda::Function")
roles = [role for name, role in of_type(resources, "AWS::IAM::Role").items() if name.removesuffix("Role") in functions]
assert len(roles) == len(functions), "a function shares a role"
for role in roles:
    assert role["PermissionsBoundary"] == {"Ref": "FunctionBoundary"}, role

groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
assert len(groups) == len(functions)
for group in groups.values():
    condition, guarded, in_dev = group["AlarmConfiguration"]["Fn::If"]
    assert condition == "Guarded" and len(guarded["Alarms"]) == 2 and in_dev == {}, group["AlarmConfiguration"]

print(f"transformed: {len(functions)} functions, {routes} routes, {len(resources)} resources")
