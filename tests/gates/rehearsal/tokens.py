"""Tokens: from the stack's own user pool, as README.md tells, and from an issuer of yours, as docs/tokens.md tells."""

import json
import time

from cryptography.hazmat.primitives.asymmetric import rsa

import history
from caller import Api
from documents import block
from issuer import AUDIENCE, sign
from routes import make_routes


def settings(checkout):
    """The API tests' environment variables, by the commands of docs/rehearsal.md."""
    commands, _, test = block("docs/rehearsal.md", "CUSTOMERS_TOKEN_COMMAND=").rpartition("\n")
    assert test == "cargo test -p tests --test api", test
    text, succeeded = checkout.run("bash", "-euc", f"{commands}\nenv --null")
    assert succeeded, text
    names = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
    found = {name: value for name, value in names.items() if name.startswith("CUSTOMERS_")}
    # The emulator recognises the token endpoint by its host name, but has no certificate for it, so use http.
    endpoint = found["CUSTOMERS_TOKEN_ENDPOINT"].replace("https://", "http://")
    return found | {"CUSTOMERS_TOKEN_ENDPOINT": endpoint}


def by_client_credentials(checkout, settings):
    """A token, by the command of README.md."""
    names = {name.removeprefix("CUSTOMERS_"): value for name, value in settings.items()}
    checkout.environment |= names
    text, succeeded = checkout.run("bash", "-c", block("README.md", "grant_type=client_credentials"))
    assert succeeded and "access_token" in text, text
    return json.loads(text)["access_token"]


def customers(cloud, checkout, stack, issuer):
    """Follows docs/tokens.md from the deployment to what a customer's token opens. The number of calls."""
    page = "docs/tokens.md"
    _, environment, *parameters = block(page, "deploy.sh").split()
    written = "https://login.example.com/"
    parameters = [one.replace(written, issuer.url) for one in parameters]
    assert f"JwtIssuer={issuer.url}" in parameters and f"JwtAudience={AUDIENCE}" in parameters, parameters
    assert environment == "dev"
    checkout.deploy("issuer", *parameters)
    assert "UserPoolId" not in stack.outputs(), "a stack with an issuer of yours makes a user pool"
    api = make_routes(cloud, stack)

    claims = [json.loads(block(page, text)) | {"iss": issuer.url} for text in ('"scope"', '"customer_id"')]
    operator = Api(cloud, api, issuer.token(**claims[0]))
    own, other = (
        operator.call("POST", "/customers", {"username": name, "line_secret": "made-up"}).body["id"]
        for name in ("anna", "berta")
    )
    claims[1] |= {"customer_id": own}
    path, theirs = f"/customers/{own}", f"/customers/{other}"
    customer = Api(cloud, api, issuer.token(**claims[1]))
    history.page(operator, path, bool)  # so that its first event can be sent again
    count = 0
    for method, path_called, body, status in [
        ("GET", path, None, 200),
        ("PATCH", path, {"name": "Anna", "webhook_uri": "https://no-such-host.invalid/"}, 200),
        ("PATCH", path, {"username": "carla"}, 403),
        ("PATCH", path, {"permission_ids": []}, 403),
        ("GET", f"{path}/webhook", None, 200),
        ("POST", f"{path}/webhook/rotate", None, 200),
        ("POST", f"{path}/webhook/test", None, 202),
        ("GET", f"{path}/events", None, 200),
        ("POST", f"{path}/events/{own}.1/redeliver", None, 202),
        ("GET", theirs, None, 404),
        ("PATCH", theirs, {"name": "Anna"}, 404),
        ("GET", f"{theirs}/webhook", None, 404),
        ("POST", f"{theirs}/webhook/rotate", None, 404),
        ("POST", f"{theirs}/webhook/test", None, 404),
        ("GET", f"{theirs}/events", None, 404),
        ("POST", f"{theirs}/events/{other}.1/redeliver", None, 404),
        ("GET", "/customers", None, 403),
        ("GET", "/customers?username=anna", None, 403),
        ("POST", "/customers", {"username": "carla"}, 403),
        ("DELETE", path, None, 403),
        ("POST", f"{path}/restore", None, 403),
        ("POST", f"{path}/erase", None, 403),
        ("GET", "/permissions", None, 200),
    ]:
        answer = customer.call(method, path_called, body)
        assert answer.status == status, f"a customer's {method} {path_called}: {answer}"
        count += 1
    assert customer.call("GET", path).body["line_secret"] == "made-up"
    assert customer.call("GET", f"{path}/webhook").body["secret"].startswith("whsec_")

    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for name, token in {
        "another audience": issuer.token(**claims[1] | {"aud": "another-service"}),
        "another issuer": issuer.token(**claims[1] | {"iss": issuer.url.rstrip("/")}),
        "another key": sign(stranger, claims[1]),
        "its end": issuer.token(**claims[1] | {"exp": int(time.time()) - 60}),
    }.items():
        answer = Api(cloud, api, token).call("GET", path)
        assert answer.status == 401, f"a token with {name}: {answer}"
        count += 1
    return api, count
