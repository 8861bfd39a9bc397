"""Hooks of the contract fuzzer."""

import os
import re

import schemathesis

UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Splits the schemas of conditions into forms, without changing their meaning.

    From a pattern for a header field, the fuzzer generates only letters and digits, so it would never send a valid
    condition. Given several forms, it sends all of them. One names all the versions that a customer may have here, so
    that customers are erased.
    """
    schemas = raw_schema["components"]["schemas"]
    condition, tags = schemas["EntityTagCondition"], schemas["EntityTags"]
    condition["anyOf"] = [{"const": "*"}, {"pattern": condition.pop("pattern")}]
    versions = ", ".join(f'"{version}"' for version in range(1, 101))
    tags["anyOf"] = [{"const": versions}, {"pattern": tags.pop("pattern")}]


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Replaces a valid id by another valid one, which is or was in use.

    The fuzzer sends many requests to customers that it created, but it almost never erases one, nor finds an event of
    the customer in the path. So some requests go to the customer that contract-fuzz.sh erased.
    """
    parameters = path_parameters or {}
    customer, event = str(parameters.get("id", "")), str(parameters.get("event", ""))
    if not re.fullmatch(UUID, customer):
        return path_parameters
    if int(customer[-8:], 16) % 6 == 0:
        parameters["id"] = customer = os.environ["FUZZ_ERASED"]
    if re.fullmatch(f"{UUID}[.][1-9][0-9]*", event):
        parameters["event"] = f"{customer}.1"
    return parameters
