"""Hooks of the contract fuzzer."""

import re

import schemathesis

UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

deleted = []


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Splits the schemas of conditions into forms, without changing their meaning.

    From a pattern for a header field, the fuzzer generates only letters and digits, so it would never send a valid
    condition. Given several forms, it sends all of them. The version of a customer that was created and then deleted
    is 2, so the fuzzer also erases customers.
    """
    schemas = raw_schema["components"]["schemas"]
    condition, tags = schemas["EntityTagCondition"], schemas["EntityTags"]
    condition["anyOf"] = [{"const": "*"}, {"pattern": condition.pop("pattern")}]
    tags["anyOf"] = [{"enum": ['"2"', '"2", "3", "4", "5", "6", "7", "8"']}, {"pattern": tags.pop("pattern")}]


@schemathesis.hook
def after_call(context, case, response):
    """Remembers the customers that were deleted."""
    if (case.method, case.path, response.status_code) == ("DELETE", "/customers/{id}", 200):
        deleted.append(response.json()["id"])


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Replaces a valid id by another valid one, which exists.

    The fuzzer sends many requests to customers that it created, but from the schema alone it almost never erases one
    that is deleted, nor redelivers an event of the customer in the path.
    """
    parameters = path_parameters or {}
    customer, event = str(parameters.get("id", "")), str(parameters.get("event", ""))
    if not re.fullmatch(UUID, customer):
        return path_parameters
    number = int(customer[-8:], 16)
    if deleted and number % 2 and context.operation.path == "/customers/{id}/erase":
        parameters["id"] = deleted[number % len(deleted)]
    if re.fullmatch(f"{UUID}[.][1-9][0-9]*", event):
        parameters["event"] = f"{customer}.1"
    return parameters
