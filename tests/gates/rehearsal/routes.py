"""Makes the routes and the authorizer of a stack's HTTP API, as API Gateway does from the API's `Body`.

The emulator makes the API and leaves its `Body` alone: this reads it from the deployed template.
"""


def make_routes(cloud, stack):
    """The API's id. What routes there are already, of an earlier deployment, are replaced."""
    gateway = cloud.client("apigatewayv2")
    api = stack.resources()["Api"]
    body = stack.resolved(stack.template()["Resources"]["Api"]["Properties"]["Body"])
    clear(gateway, api)

    authorizers = {}
    for name, scheme in body["components"]["securitySchemes"].items():
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        jwt = authorizer["jwtConfiguration"]
        made = gateway.create_authorizer(
            ApiId=api,
            Name=name,
            AuthorizerType="JWT",
            IdentitySource=[authorizer["identitySource"]],
            JwtConfiguration={"Issuer": jwt["issuer"], "Audience": jwt["audience"]},
        )
        authorizers[name] = made["AuthorizerId"]

    for path, methods in body["paths"].items():
        for method, route in methods.items():
            key = path if path == "$default" else f"{method.upper()} {path}"
            make_route(gateway, api, key, route, authorizers)
    return api


def make_route(gateway, api, key, route, authorizers):
    integration = route["x-amazon-apigateway-integration"]
    made = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=integration["uri"],
        IntegrationMethod=integration["httpMethod"],
        PayloadFormatVersion=integration["payloadFormatVersion"],
    )
    (name,) = route["security"][0]
    security = {"AuthorizationType": "NONE"}
    if name != "NONE":
        security = {"AuthorizationType": "JWT", "AuthorizerId": authorizers[name]}
    gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{made['IntegrationId']}", **security)


def clear(gateway, api):
    for route in gateway.get_routes(ApiId=api)["Items"]:
        gateway.delete_route(ApiId=api, RouteId=route["RouteId"])
    for integration in gateway.get_integrations(ApiId=api)["Items"]:
        gateway.delete_integration(ApiId=api, IntegrationId=integration["IntegrationId"])
    for authorizer in gateway.get_authorizers(ApiId=api)["Items"]:
        gateway.delete_authorizer(ApiId=api, AuthorizerId=authorizer["AuthorizerId"])
