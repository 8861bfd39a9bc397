"""Transforms template.yaml as CloudFormation's SAM macro does, and checks that the result is what the template means.

The macro may treat conditions in unexpected ways, so that a correct-looking template deploys something else.
Usage: python tests/gates/transformed_template.py   (with tests/gates/requirements-sam.txt)
"""

from sam_macro import transformed

NO_VALUE = {"Ref": "AWS::NoValue"}


def of_type(resources, kind):
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


resources = transformed()["Resources"]
body = resources["Api"]["Properties"]["Body"]

routes = 0
for path, methods in body["paths"].items():
    for method, route in methods.items():
        expected = [{"NONE": []}] if (path, method) == ("/{proxy+}", "options") else [{"Jwt": []}]
        assert route["security"] == expected, f"{method} {path}: {route['security']}"
        assert "Aliaslive" in str(route["x-amazon-apigateway-integration"]["uri"]), f"{path} does not call an alias"
        routes += 1

condition, cors, otherwise = body["x-amazon-apigateway-cors"]["Fn::If"]
assert (condition, otherwise) == ("Cors", NO_VALUE), "CORS must be off without an origin"
assert {"allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders", "maxAge"} == set(cors), cors

audience = body["components"]["securitySchemes"]["Jwt"]["x-amazon-apigateway-authorizer"]["jwtConfiguration"]["audience"]
condition, more, own = audience["Fn::If"][1]["Fn::If"]
assert (condition, own) == ("OtherClients", [{"Ref": "UserPoolClient"}]), audience
assert more == {"Fn::Split": [",", {"Fn::Sub": "${UserPoolClient},${MoreClients}"}]}, audience
assert audience["Fn::If"][2] == {"Fn::Split": [",", {"Ref": "JwtAudience"}]}, audience

functions = of_type(resources, "AWS::Lambda::Function")
roles = [role for name, role in of_type(resources, "AWS::IAM::Role").items() if name.removesuffix("Role") in functions]
assert len(roles) == len(functions), "some functions share a role"
boundary = {"Fn::If": ["OwnBoundary", {"Ref": "FunctionBoundary"}, {"Ref": "PermissionsBoundary"}]}
for role in roles:
    assert role["PermissionsBoundary"] == boundary, role

groups = of_type(resources, "AWS::CodeDeploy::DeploymentGroup")
assert len(groups) == len(functions)
for name, group in groups.items():
    alarm = name.replace("DeploymentGroup", "CanaryAlarm")
    condition, watched, at_once = group["AlarmConfiguration"]["Fn::If"]
    assert condition == "Canary" and at_once == {}, group["AlarmConfiguration"]
    assert watched["Alarms"] == [{"Name": {"Ref": alarm}}], f"{name} does not watch exactly its own function"

print(f"transformed: {len(functions)} functions, {routes} routes, {len(resources)} resources")
