"""Events in a deployed stack: by the table's stream, the functions, the bus and the queue, to a customer's endpoint.

Deployed functions send to public addresses only. The rehearsal has a network of its own, in which this machine has one.
"""

import http.server
import json
import pathlib
import queue
import ssl
import threading
import time

import standardwebhooks

# Public as far as a function can tell; tests/gates/rehearsal.sh gives it to the loopback interface.
PUBLIC_ADDRESS = "25.0.0.1"
PATIENCE = 60  # seconds


class Endpoint:
    """A customer's endpoint, which answers with the given statuses, and then with 204."""

    def __init__(self, *statuses):
        self.statuses, self.arrived = list(statuses), queue.Queue()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = endpoint.statuses.pop(0) if endpoint.statuses else 204
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                endpoint.arrived.put((status, dict(self.headers.items()), body.decode()))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer((PUBLIC_ADDRESS, 0), Handler)
        self.uri = f"http://{PUBLIC_ADDRESS}:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def next(self, secret):
        """The next request: its status, its event's id, its event. Its signature is verified."""
        status, headers, body = self.arrived.get(timeout=PATIENCE)
        headers = {name.lower(): value for name, value in headers.items()}
        event = standardwebhooks.Webhook(secret).verify(body, headers)
        assert headers["user-agent"].startswith("customer-registry/"), headers
        assert headers["webhook-id"] == event["id"], headers
        return status, event["id"], event


def rehearse(cloud, stack, api, issuer):
    bus = Subscription(cloud, stack)
    endpoint = Endpoint(204, 500)
    new = {"username": "hooked", "webhook_uri": endpoint.uri, "line_secret": "made-up"}
    anna = api.call("POST", "/customers", new).body["id"]
    path = f"/customers/{anna}"
    secret = api.call("GET", f"{path}/webhook").body["secret"]

    def arrives(kind, version):
        status, identifier, event = endpoint.next(secret)
        assert (event["type"], event["version"]) == (kind, version), event
        assert identifier == f"{anna}.{version}", identifier
        assert event["data"]["id"] == anna, event
        assert event["data"]["line_secret"] == "********", event
        return status

    assert arrives("customer.created", 1) == 204
    assert api.call("PATCH", path, {"name": "Anna"}).status == 200
    assert arrives("customer.updated", 2) == 500
    assert arrives("customer.updated", 2) == 204, "it is not sent again under its id"
    assert api.call("DELETE", path).status == 200
    assert arrives("customer.deleted", 3) == 204
    assert api.call("POST", f"{path}/restore").status == 200
    assert arrives("customer.restored", 4) == 204

    sent = api.call("POST", f"{path}/webhook/test")
    assert sent.status == 202, sent
    _, identifier, event = endpoint.next(secret)
    assert (identifier, event["type"]) == (sent.body["id"], "webhook.test"), event

    rotated = api.call("POST", f"{path}/webhook/rotate").body
    assert api.call("PATCH", path, {"name": "Anna Ltd"}).status == 200
    status, headers, body = endpoint.arrived.get(timeout=PATIENCE)
    headers = {name.lower(): value for name, value in headers.items()}
    for one in (secret, rotated["secret"]):
        standardwebhooks.Webhook(one).verify(body, headers)

    told = bus.events(anna, 5)
    kinds = sorted(event["detail-type"] for event in told)
    expected = ["created", "deleted", "restored", "updated", "updated"]
    assert kinds == [f"customer.{kind}" for kind in expected], kinds
    assert all(event["source"] == "customers" for event in told), told

    given_up(cloud, stack, endpoint, anna, rotated["secret"])
    gone(api, anna)
    rebound(api)
    untrusted(api, issuer)
    return (
        "5 changes and a test, signed; a failed one sent again; 5 events on the bus; one fed back; "
        "a name that became private blocked; a certificate that no authority signed refused"
    )


class Subscription:
    """A queue of the rehearsal's own that a rule of the bus fills."""

    def __init__(self, cloud, stack):
        events, self.sqs = cloud.client("events"), cloud.client("sqs")
        self.url = self.sqs.create_queue(QueueName="rehearsal-events")["QueueUrl"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]
        bus = stack.outputs()["EventBusName"]
        pattern = json.dumps({"source": ["customers"]})
        events.put_rule(Name="rehearsal", EventBusName=bus, EventPattern=pattern)
        targets = [{"Id": "queue", "Arn": attributes["QueueArn"]}]
        events.put_targets(Rule="rehearsal", EventBusName=bus, Targets=targets)
        self.remove = lambda: (
            events.remove_targets(Rule="rehearsal", EventBusName=bus, Ids=["queue"]),
            events.delete_rule(Name="rehearsal", EventBusName=bus),
        )

    def events(self, customer, count):
        """The events of a customer, as the rule passes them on."""
        found = []
        for _ in range(PATIENCE):
            received = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            events = [json.loads(one["Body"]) for one in received.get("Messages", [])]
            found += [event for event in events if event["detail"]["id"].startswith(customer)]
            for one in received.get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=one["ReceiptHandle"])
            if len(found) >= count:
                self.remove()
                return found
        raise AssertionError(f"{len(found)} of {count} events are on the bus")


def given_up(cloud, stack, endpoint, customer, secret):
    """A delivery from the dead-letter queue is delivered. The emulator has no StartMessageMoveTask: this moves it."""
    sqs, queues = cloud.client("sqs"), stack.resources()
    event = {"id": f"{customer}.5", "type": "customer.updated", "version": 5}
    body = {"id": event["id"], "customer_id": customer, "is_test": False, "event": event}
    failed = queues["FailedDeliveries"]
    sqs.send_message(QueueUrl=failed, MessageBody=json.dumps(body), MessageGroupId=customer)
    (message,) = sqs.receive_message(QueueUrl=failed, WaitTimeSeconds=1)["Messages"]
    sqs.send_message(QueueUrl=queues["Deliveries"], MessageBody=message["Body"], MessageGroupId=customer)
    sqs.delete_message(QueueUrl=failed, ReceiptHandle=message["ReceiptHandle"])
    _, identifier, _ = endpoint.next(secret)
    assert identifier == event["id"], identifier


def rebound(api):
    """A name that is public at the first attempt, and this machine's own at the second."""
    endpoint, hosts = Endpoint(), pathlib.Path("/etc/hosts")
    before = hosts.read_text()
    hosts.write_text(f"{before}\n{PUBLIC_ADDRESS} rebound.example.com\n")
    uri = endpoint.uri.replace(PUBLIC_ADDRESS, "rebound.example.com")
    path = f"/customers/{api.call('POST', '/customers', {'username': 'rebound', 'webhook_uri': uri}).body['id']}"
    assert endpoint.arrived.get(timeout=PATIENCE)[0] == 204
    hosts.write_text(f"{before}\n127.0.0.1 rebound.example.com\n")
    assert api.call("PATCH", path, {"name": "rebound"}).status == 200
    page = wait_for(api, path, lambda page: page["last_failure"])
    blocked = "blocked: the host of webhook_uri has the address 127.0.0.1, which is not public"
    assert page["last_failure"]["reason"] == blocked, page
    assert endpoint.arrived.empty(), "the second event was sent"


def untrusted(api, issuer):
    """An endpoint whose certificate no authority of the web has signed."""
    endpoint = Endpoint()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issuer.certificate, issuer.private)
    endpoint.server.socket = context.wrap_socket(endpoint.server.socket, server_side=True)
    new = {"username": "untrusted", "webhook_uri": endpoint.uri.replace("http://", "https://")}
    path = f"/customers/{api.call('POST', '/customers', new).body['id']}"
    reason = wait_for(api, path, lambda page: page["last_failure"])["last_failure"]["reason"]
    assert reason == "no connection: invalid peer certificate: UnknownIssuer", reason
    assert endpoint.arrived.empty(), "it was trusted"


def wait_for(api, path, condition):
    """The page of a webhook once it satisfies a condition."""
    for _ in range(PATIENCE * 2):
        page = api.call("GET", f"{path}/webhook").body
        if condition(page):
            return page
        time.sleep(0.5)
    raise AssertionError(page)


def gone(api, customer):
    """An endpoint that answers 410 is disabled."""
    endpoint = Endpoint(410)
    assert api.call("PATCH", f"/customers/{customer}", {"webhook_uri": endpoint.uri}).status == 200
    endpoint.arrived.get(timeout=PATIENCE)
    page = wait_for(api, f"/customers/{customer}", lambda page: page["state"] == "disabled")
    assert page["reason"] == "the endpoint answered 410 Gone", page
