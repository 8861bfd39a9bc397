"""Hooks of the contract fuzzer."""

import schemathesis


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
    tags["anyOf"] = [{"enum": ['"2"', '"1", "2", "3", "4"']}, {"pattern": tags.pop("pattern")}]
