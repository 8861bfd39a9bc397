"""The history in a deployed stack: what changed, who wrote, what arrived, and that an erasure leaves none of it."""

import time

from webhooks import PATIENCE, Endpoint, Subscription


def page(api, path, condition):
    """The events of a customer, newest first, once they satisfy a condition."""
    for _ in range(PATIENCE * 2):
        answer = api.call("GET", f"{path}/events")
        assert answer.status == 200, answer
        if condition(answer.body["result"]):
            return answer.body["result"]
        time.sleep(0.5)
    raise AssertionError(answer)


def deliveries(api):
    """A customer's events with their attempts, one of which is sent again."""
    endpoint = Endpoint(500)
    anna = api.call("POST", "/customers", {"username": "historic", "webhook_uri": endpoint.uri}).body["id"]
    path = f"/customers/{anna}"
    secret = api.call("GET", f"{path}/webhook").body["secret"]
    assert [endpoint.next(secret)[0] for _ in range(2)] == [500, 204]
    assert api.call("PATCH", path, {"name": "Anna"}).status == 200
    endpoint.next(secret)

    def all_delivered(events):
        return len(events) == 2 and all(one["delivery"]["state"] == "delivered" for one in events)

    updated, created = page(api, path, all_delivered)
    for event, kind, changed in [(updated, "customer.updated", ["name"]), (created, "customer.created", None)]:
        assert event["type"] == kind and event["data"]["id"] == anna, event
        assert changed is None or event["changed"] == changed, event
        assert event["by"]["kind"] == "operator" and event["by"]["subject"], event
    assert updated["data"]["name"] == "Anna" and created["data"]["name"] == "", (updated, created)
    failed, succeeded = created["delivery"]["attempts"]
    assert (failed["status"], failed["error"]) == (500, "the endpoint answered 500"), failed
    assert (succeeded["status"], succeeded["error"], succeeded["next_attempt"]) == (204, None, None), succeeded
    assert failed["timestamp"] < failed["next_attempt"] and failed["timestamp"] < succeeded["timestamp"], created

    again = api.call("POST", f"{path}/events/{anna}.1/redeliver")
    assert (again.status, again.body) == (202, {"id": f"{anna}.1"}), again
    status, identifier, event = endpoint.next(secret)
    assert (status, identifier, event["type"]) == (204, f"{anna}.1", "customer.created"), event
    _, created = page(api, path, lambda events: len(events[-1]["delivery"]["attempts"]) == 3)
    assert created["delivery"]["state"] == "delivered", created
    unknown = api.call("POST", f"{path}/events/{anna}.9/redeliver")
    assert (unknown.status, unknown.body["code"]) == (404, "event_not_found"), unknown
    return "2 events, the first after an attempt that got 500, sent again"


def erasure(cloud, stack, api):
    """A deleted customer is erased: what answers, what is left in both tables, and what is told."""
    bus, tables = Subscription(cloud, stack), Tables(cloud, stack)
    new, key = {"username": "forgotten", "name": "Anna"}, {"Idempotency-Key": "to-be-forgotten"}
    anna = api.call("POST", "/customers", new, **key).body["id"]
    path = f"/customers/{anna}"
    assert api.call("POST", f"{path}/webhook/rotate").status == 200
    early = api.call("POST", f"{path}/erase", **{"If-Match": '"1"'})
    assert (early.status, early.body["code"]) == (409, "customer_not_deleted"), early
    assert api.call("DELETE", path).status == 200
    page(api, path, lambda events: len(events) == 2)
    assert tables.rows(anna) == 2
    for condition, refusal in [({}, (428, "precondition_required")), ({"If-Match": '"1"'}, (412, "precondition_failed"))]:
        refused = api.call("POST", f"{path}/erase", **condition)
        assert (refused.status, refused.body["code"]) == refusal, refused

    erased = api.call("POST", f"{path}/erase", **{"If-Match": '"2"'})
    assert erased.status == 200 and erased.body["id"] == anna and erased.body["by"]["kind"] == "operator", erased
    repeated = api.call("POST", f"{path}/erase", **{"If-Match": '"2"'})
    assert (repeated.status, repeated.body) == (200, erased.body), repeated
    assert tables.rows(anna) == 0, "the history is left"
    for method, part, body in [
        ("GET", "", None),
        ("PATCH", "", {"name": "Anna"}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
        ("GET", "/events", None),
        ("POST", f"/events/{anna}.1/redeliver", None),
        ("GET", "/webhook", None),
        ("POST", "/webhook/rotate", None),
        ("POST", "/webhook/test", None),
    ]:
        answer = api.call(method, path + part, body)
        assert (answer.status, answer.body["code"]) == (410, "customer_erased"), f"{method} {part}: {answer}"

    told = {event["detail-type"]: event["detail"] for event in bus.events(anna, 3)}
    assert sorted(told) == ["customer.created", "customer.deleted", "customer.erased"], told
    last = told["customer.erased"]
    assert (last["id"], last["version"], last["data"]) == (f"{anna}.3", 3, {"id": anna}), last
    # The function that told the erasure has removed what was under way.
    assert tables.rows(anna) == 0, "the history came back"
    assert tables.item(f"customer#{anna}") == {"pk", "erased_at", "version", "written_by"}
    assert tables.item(f"webhook#{anna}") == {"pk", "erased_at"}
    assert tables.item("username#forgotten") is None, "the username is not free"
    other = api.call("POST", "/customers", new, **key)
    assert other.status == 201 and other.body["id"] != anna, f"the username or the idempotency key is not free: {other}"
    return "everything is 410, both tables have no more than a tombstone, the username is free, customer.erased is told"


class Tables:
    """Both tables of a stack, past its API."""

    def __init__(self, cloud, stack):
        self.dynamodb, outputs = cloud.client("dynamodb"), stack.outputs()
        self.customers, self.events = outputs["TableName"], outputs["EventsTableName"]

    def rows(self, customer):
        """How many rows of the history a customer has."""
        return self.dynamodb.query(
            TableName=self.events,
            KeyConditionExpression="customer_id = :id",
            ExpressionAttributeValues={":id": {"S": customer}},
            ConsistentRead=True,
        )["Count"]

    def item(self, key):
        """The names of an item's attributes, if there is one."""
        found = self.dynamodb.get_item(TableName=self.customers, Key={"pk": {"S": key}}, ConsistentRead=True)
        return set(found["Item"]) if "Item" in found else None
