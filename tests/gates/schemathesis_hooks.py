"""Hooks of the contract fuzzer."""

import schemathesis


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Splits the schema of a condition into its two forms, without changing its meaning.

    From a pattern for a header field, the fuzzer generates only letters and digits, so it would never send a valid
    condition. Given two forms, it sends both.
    """
    condition = raw_schema["components"]["schemas"]["EntityTagCondition"]
    condition["anyOf"] = [{"const": "*"}, {"pattern": condition.pop("pattern")}]
