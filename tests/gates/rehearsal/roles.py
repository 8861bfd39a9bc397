"""Least privilege: if any single statement of a function's role is removed, its operation is refused."""

import base64
import json
import time
import uuid

from history import page
from sam_macro import ROOT


class Roles:
    """A probe for each statement: something that works, and is refused where the statement is missing."""

    def __init__(self, cloud, stack, api):
        self.api = api
        self.iam, self.functions = cloud.client("iam"), cloud.client("lambda")
        self.ids = stack.resources()
        cold = self.cold_start
        # In the order of the template's statements.
        self.probes = {
            "CreateCustomer": [self.repeat, self.create],
            "GetCustomer": [self.get],
            "ListCustomers": [self.find, self.list],
            "UpdateCustomer": [cold("UpdateCustomer"), self.change, self.rename],
            "DeleteCustomer": [cold("DeleteCustomer"), self.delete],
            "RestoreCustomer": [cold("RestoreCustomer"), self.restore],
            "GetWebhook": [self.webhook, self.secret],
            "RotateWebhookSecret": [self.rotate, self.rotate],
            "TestWebhook": [self.test, self.test],
            "ListEvents": [self.events, self.events],
            "RedeliverEvent": [self.redeliver, self.redeliver, self.redeliver],
            "EraseCustomer": [self.erase, self.erase, self.erase],
            # The last statement is for Lambda, which reports with it what it gave up after hours.
            "PublishEvents": [
                self.published("reach the history"),
                self.published("reach the bus"),
                self.published("reach the queue"),
                None,
            ],
            "DeliverWebhook": [
                self.delivered("could not be attempted or recorded"),
                self.delivered("could not be attempted or recorded"),
                self.delivered("could not be attempted or recorded"),
                self.delivered("AccessDenied"),
            ],
            "ListPermissions": [],
            "UnknownRoute": [],
        }

    def prove(self):
        """The number of statements that were taken away, one at a time."""
        functions = [name.removesuffix("Role") for name in self.ids if name.endswith("Role")]
        assert set(functions) == set(self.probes), f"no probes, or too many: {set(functions) ^ set(self.probes)}"
        proved = 0
        for function, probes in self.probes.items():
            role = self.ids[f"{function}Role"]
            names = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
            policies = {name: self.iam.get_role_policy(RoleName=role, PolicyName=name) for name in names}
            documents = {name: policy["PolicyDocument"] for name, policy in policies.items()}
            statements = [(name, index) for name in names for index in range(len(documents[name]["Statement"]))]
            assert len(statements) == len(probes), f"{function} has {len(statements)} statements, {len(probes)} probes"
            for (name, index), probe in zip(statements, probes):
                if probe is None:
                    continue
                assert probe(), f"{function} is refused although its role is whole"
                self.put(role, name, without(documents[name], index))
                assert not probe(), f"{function} does not need statement {index} of {name}"
                self.put(role, name, documents[name])
                assert probe(), f"{function} is refused although its role is whole again"
                proved += 1
        return proved

    def put(self, role, name, document):
        if document["Statement"]:
            self.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))
        else:
            self.iam.delete_role_policy(RoleName=role, PolicyName=name)

    # The probes: whether it worked.

    def customer(self):
        username = f"probe-{uuid.uuid4()}"
        return username, self.api.call("POST", "/customers", {"username": username}).body["id"]

    def works(self, *call, **headers):
        for _ in range(5):
            answer = self.api.call(*call, **headers)
            # The queue's refusals are 503. A 503 of another operation is a busy machine.
            if answer.status != 503 or call[1].endswith(("/webhook/test", "/redeliver")):
                break
            time.sleep(1)
        assert answer.status in (200, 201, 202, 500, 503), f"{call}: {answer}"
        failed = {500: "internal", 503: "unavailable"}.get(answer.status)
        assert not failed or answer.body["code"] == failed, answer
        return not failed

    def create(self):
        return self.works("POST", "/customers", {"username": f"probe-{uuid.uuid4()}"})

    def repeat(self):
        key = {"Idempotency-Key": f"probe-{uuid.uuid4()}"}
        body = {"username": f"probe-{uuid.uuid4()}"}
        assert self.works("POST", "/customers", body, **key)
        return self.works("POST", "/customers", body, **key)

    def get(self):
        return self.works("GET", f"/customers/{self.customer()[1]}")

    def find(self):
        assert self.list(), "listing failed, although only the find statement was removed"
        return self.works("GET", f"/customers?username={self.customer()[0]}")

    def list(self):
        return self.works("GET", "/customers")

    def change(self):
        return self.works("PATCH", f"/customers/{self.customer()[1]}", {"name": "probed"})

    def rename(self):
        assert self.change(), "the update failed, although only the rename statement was removed"
        return self.works("PATCH", f"/customers/{self.customer()[1]}", {"username": f"probe-{uuid.uuid4()}"})

    def delete(self):
        return self.works("DELETE", f"/customers/{self.customer()[1]}")

    def restore(self):
        path = f"/customers/{self.customer()[1]}"
        assert self.works("DELETE", path)
        return self.works("POST", f"{path}/restore")

    def webhook(self):
        return self.works("GET", f"/customers/{self.customer()[1]}/webhook")

    secret = webhook

    def rotate(self):
        return self.works("POST", f"/customers/{self.customer()[1]}/webhook/rotate")

    def with_webhook(self):
        """The id of a customer whose endpoint nobody serves."""
        identifier = self.customer()[1]
        change = {"webhook_uri": "http://no-such-host.invalid/"}
        assert self.works("PATCH", f"/customers/{identifier}", change)
        return identifier

    def test(self):
        return self.works("POST", f"/customers/{self.with_webhook()}/webhook/test")

    def events(self):
        return self.works("GET", f"/customers/{self.customer()[1]}/events")

    def redeliver(self):
        identifier = self.with_webhook()
        page(self.api, f"/customers/{identifier}", bool)
        return self.works("POST", f"/customers/{identifier}/events/{identifier}.1/redeliver")

    def erase(self):
        path = f"/customers/{self.customer()[1]}"
        assert self.works("DELETE", path)
        page(self.api, path, bool)
        return self.works("POST", f"{path}/erase", **{"If-Match": '"2"'})

    def published(self, missing):
        """A probe of publish-events, called with a batch of one record."""

        def probe():
            batch = json.loads((ROOT / "events/publish-events.json").read_text())
            return missing not in self.invoked("PublishEvents", batch)

        return probe

    def delivered(self, missing):
        """A probe of deliver-webhook, called with a delivery to an endpoint that nobody serves."""

        def probe():
            identifier = self.with_webhook()
            body = {"id": f"{identifier}.1", "customer_id": identifier, "is_test": False, "event": {}}
            batch = json.loads((ROOT / "events/deliver-webhook.json").read_text())
            batch["Records"][0]["body"] = json.dumps(body)
            return missing not in self.invoked("DeliverWebhook", batch)

        return probe

    def invoked(self, function, event):
        """The log of a call of the deployed version."""
        answer = self.functions.invoke(
            FunctionName=self.ids[function], Qualifier="live", Payload=json.dumps(event), LogType="Tail"
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        return base64.b64decode(answer["LogResult"]).decode()

    def cold_start(self, function):
        """A probe of the warm-up read: the function continues if it fails, so the log shows the failure."""

        def probe():
            # A changed variable, which nothing reads, forces a new execution environment, so the next call is a cold
            # start. This affects only $LATEST.
            name = self.ids[function]
            variables = self.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            changed = {"Variables": variables | {"PROBE": str(uuid.uuid4())}}
            self.functions.update_function_configuration(FunctionName=name, Environment=changed)
            answer = self.functions.invoke(FunctionName=name, Payload=b"{}", LogType="Tail")
            log = base64.b64decode(answer["LogResult"]).decode()
            assert '"cold_start":1' in log, f"{function} did not start: {log}"
            return "the first read from the database failed" not in log

        return probe


def without(document, index):
    return document | {"Statement": [one for at, one in enumerate(document["Statement"]) if at != index]}
