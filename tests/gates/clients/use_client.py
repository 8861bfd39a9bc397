"""Uses every operation of the Python client generated from openapi.yaml, and checks the answers.

Usage: PYTHONPATH=FOLDER python use_client.py URL   (FOLDER contains the generated package `registry`)
"""

import sys
import time
from uuid import uuid4

import httpx
from registry import AuthenticatedClient, Client
from registry.api.customers import (
    create_customer,
    delete_customer,
    erase_customer,
    get_customer,
    list_customers,
    put_customer,
    restore_customer,
    update_customer,
)
from registry.api.events import list_events, redeliver_event
from registry.api.permissions import list_permissions
from registry.models import (
    AuthorKind,
    Customer,
    CustomerPatch,
    DeliveryState,
    ErasedCustomer,
    EventSent,
    GatewayMessage,
    NewCustomer,
    Problem,
    WebhookMethod,
)

ALIVE = "9999-01-01 00:00:00.000000"
url = sys.argv[1]
operator = AuthenticatedClient(base_url=url, token="operator", raise_on_unexpected_status=True)


def expect(answer, status, kind):
    """Returns the answer's content, after checking its status and type."""
    assert answer.status_code == status, answer
    assert isinstance(answer.parsed, kind), answer
    return answer.parsed


def refused(answer, status, code):
    problem = expect(answer, status, Problem)
    assert (problem.status, problem.code) == (status, code), problem
    return problem


voice = next(one for one in list_permissions.sync(client=operator).result if one.name == "voice")

# Create.
new = NewCustomer(username="gerda", webhook_uri="https://example.com/hooks", permission_ids=[voice.id])
created = create_customer.sync_detailed(client=operator, body=new, idempotency_key="a-key")
gerda = expect(created, 201, Customer)
tag = created.headers["etag"]
assert (gerda.username, gerda.permission_ids, gerda.tm_delete) == ("gerda", [voice.id], ALIVE), gerda
assert gerda.webhook_method is WebhookMethod.POST, gerda
refused(create_customer.sync_detailed(client=operator, body=NewCustomer("GERDA")), 409, "username_taken")
unknown = NewCustomer(username="hanna", permission_ids=[uuid4()])
problem = refused(create_customer.sync_detailed(client=operator, body=unknown), 400, "invalid")
assert [(one.pointer, one.code) for one in problem.errors] == [("/permission_ids/0", "not_allowed")], problem

# Get and list.
assert get_customer.sync(gerda.id, client=operator) == gerda
assert get_customer.sync_detailed(gerda.id, client=operator, if_none_match=tag).status_code == 304
refused(get_customer.sync_detailed(uuid4(), client=operator), 404, "customer_not_found")
page = list_customers.sync(client=operator, page_size=100)
assert (page.result, page.next_page_token) == ([gerda], ""), page
assert list_customers.sync(client=operator, username="Gerda").result == [gerda]

# Update: only the first of two updates with the same tag takes effect.
patch = CustomerPatch(name="Gerda Ltd", webhook_method=None)
updated = update_customer.sync_detailed(gerda.id, client=operator, body=patch, if_match=tag)
gerda = expect(updated, 200, Customer)
assert (gerda.name, gerda.webhook_method) == ("Gerda Ltd", WebhookMethod.NONE), gerda
assert updated.headers["etag"] != tag
stale = update_customer.sync_detailed(gerda.id, client=operator, body=patch, if_match=tag)
refused(stale, 412, "precondition_failed")
patch = CustomerPatch(webhook_method=WebhookMethod.PUT)
gerda = expect(put_customer.sync_detailed(gerda.id, client=operator, body=patch, if_match="*"), 200, Customer)
assert (gerda.name, gerda.webhook_method) == ("Gerda Ltd", WebhookMethod.PUT), gerda

# Delete and restore.
refused(delete_customer.sync_detailed(gerda.id, client=operator, if_match=f'{tag}, "9"'), 412, "precondition_failed")
deleted = expect(delete_customer.sync_detailed(gerda.id, client=operator), 200, Customer)
assert deleted.tm_delete != ALIVE, deleted
assert list_customers.sync(client=operator).result == []
assert list_customers.sync(client=operator, deleted=True).result == [deleted]
assert restore_customer.sync(gerda.id, client=operator) == gerda
refused(restore_customer.sync_detailed(gerda.id, client=operator), 409, "customer_not_deleted")

# The history: an event appears shortly after its change.
changes = ["restored", "deleted", "updated", "updated", "created"]
for _ in range(100):
    page = list_events.sync(gerda.id, client=operator)
    if len(page.result) == len(changes):
        break
    time.sleep(0.1)
assert [event.type_ for event in page.result] == [f"customer.{change}" for change in changes], page
newest, page = page.result[0], list_events.sync(gerda.id, client=operator, page_size=4)
assert (newest.by.kind, newest.by.subject, newest.data) == (AuthorKind.OPERATOR, "operator", gerda), newest
assert (newest.delivery.state, newest.delivery.attempts) == (DeliveryState.PENDING, []), newest
assert list_events.sync(gerda.id, client=operator, page_token=page.next_page_token).next_page_token == "", page
sent = expect(redeliver_event.sync_detailed(gerda.id, newest.id, client=operator), 202, EventSent)
assert sent.id == newest.id, sent
refused(redeliver_event.sync_detailed(gerda.id, f"{gerda.id}.99", client=operator), 404, "event_not_found")

# Erase.
refused(erase_customer.sync_detailed(gerda.id, client=operator, if_match="*"), 428, "precondition_required")
refused(erase_customer.sync_detailed(gerda.id, client=operator, if_match=tag), 409, "customer_not_deleted")
tag = delete_customer.sync_detailed(gerda.id, client=operator).headers["etag"]
erased = expect(erase_customer.sync_detailed(gerda.id, client=operator, if_match=tag), 200, ErasedCustomer)
assert (erased.id, erased.by.kind) == (gerda.id, AuthorKind.OPERATOR), erased
refused(get_customer.sync_detailed(gerda.id, client=operator), 410, "customer_erased")

# Other callers, and an error that comes from API Gateway itself.
reader = AuthenticatedClient(base_url=url, token="reader")
refused(delete_customer.sync_detailed(gerda.id, client=reader), 403, "forbidden")
refused(list_permissions.sync_detailed(client=Client(base_url=url)), 401, "unauthenticated")
gateway = httpx.MockTransport(lambda request: httpx.Response(401, json={"message": "Unauthorized"}))
nobody = Client(base_url=url, httpx_args={"transport": gateway})
message = expect(get_customer.sync_detailed(gerda.id, client=nobody), 401, GatewayMessage)
assert message.message == "Unauthorized", message
