"""Computes the monthly costs from prices and from what each environment deploys, and compares docs/operations.md.

Usage: python tests/gates/monthly_costs.py [--write]   (with tests/gates/requirements-sam.txt)
"""

import sys

from decided_templates import decided, environments
from sam_macro import ROOT, transformed

DOCUMENT = ROOT / "docs/operations.md"
BEGIN, END = "<!-- costs -->\n", "<!-- /costs -->\n"

# US dollars: us-east-1, on demand, without free tiers, as of November 2026.
KEY = 1.00  # KMS, a key for a month
ALARM_METRIC = 0.10  # CloudWatch, a metric that an alarm watches, for a month
DASHBOARD = 3.00  # CloudWatch, for a month
CUSTOM_METRIC = 0.30  # CloudWatch, for a month in which it has values
COGNITO_CLIENT = 6.00  # Cognito, a machine-to-machine client, for a month
COGNITO_TOKEN = 2.25 / 1000  # Cognito, a token for such a client
API_CALL = 1.00e-6  # API Gateway, HTTP API
INVOCATION = 0.20e-6  # Lambda
GIGABYTE_SECOND = 0.0000133334  # Lambda on arm64
READ_UNIT, WRITE_UNIT = 0.125e-6, 0.625e-6  # DynamoDB on demand
TABLE_GIGABYTE = 0.25 + 0.20  # DynamoDB, stored for a month, with point-in-time recovery
BACKUP_GIGABYTE = 0.10  # AWS Backup, a copy of a table, stored for a month; each copy is complete
LOG_GIGABYTE = 0.50  # CloudWatch Logs, ingested
TRACE = 5.00e-6  # X-Ray
QUEUE_REQUEST = 0.40e-6  # SQS
EVENT = 1.00e-6  # EventBridge, a custom event

SECONDS = 730 * 3600  # in a month
# The mix of 100 calls: how many, their read units, their write units. The units are in docs/performance.md.
MIX = [(80, 1, 0), (10, 1, 0), (8, 0, 2), (2, 0, 5)]
CALL_SECONDS, MEMORY = 0.007, 0.25  # 5 of the 7 ms are spent waiting for DynamoDB
CALL_LOG = 0.9e-6  # GB for each call, with the access log
WRITES = 10  # of 100 calls: each is an event, which goes to the bus and to a webhook
ENDPOINT_SECONDS = 0.2  # an endpoint's answer, for which deliver-webhook waits
EVENT_LOG = 1.0e-6  # GB for each event, in the logs of both functions
HISTORY_ROW = 1.0e-6  # GB for each event in the history, with one attempt; up to 1 KB is a write unit
HISTORY_MONTHS = 90 / (365 / 12)  # HistoryDays by default
HISTORY_SECONDS = 0.010  # for the two writes to the history, one in each function
POLLS = 5 * 3 * 60 * 730  # Lambda asks an empty queue five times in parallel, for 20 seconds each
CLIENTS = 3  # each gets a new token every hour


def call():
    """The average costs of a call: DynamoDB, API Gateway with Lambda, and logs."""
    table = sum(share * (reads * READ_UNIT + writes * WRITE_UNIT) for share, reads, writes in MIX) / 100
    return table, API_CALL + INVOCATION + CALL_SECONDS * MEMORY * GIGABYTE_SECOND, CALL_LOG * LOG_GIGABYTE


def event():
    """The costs of an event and its delivery: the bus, the queue, both functions with their logs, DynamoDB, and the history.

    A row of the history is written, updated after the attempt, and stored until it expires, which costs nothing.
    """
    seconds = CALL_SECONDS + HISTORY_SECONDS + ENDPOINT_SECONDS
    functions = 2 * INVOCATION + seconds * MEMORY * GIGABYTE_SECOND + EVENT_LOG * LOG_GIGABYTE
    history = 2 * WRITE_UNIT + HISTORY_ROW * HISTORY_MONTHS * TABLE_GIGABYTE
    # The message is sent, received and deleted; the customer and its webhook are read, and the webhook is written.
    return EVENT, 3 * QUEUE_REQUEST, functions, 2 * READ_UNIT + WRITE_UNIT, history


def backups(resources):
    """The costs of the daily copies of an event's row, if there are any."""
    plans = [one["Properties"]["BackupPlan"] for one in resources.values() if one["Type"] == "AWS::Backup::BackupPlan"]
    copies = sum(rule["Lifecycle"]["DeleteAfterDays"] for plan in plans for rule in plan["BackupPlanRule"])
    return copies * HISTORY_ROW * HISTORY_MONTHS * BACKUP_GIGABYTE


def fixed(resources):
    """The costs without any calls: of the key, the alarms, the dashboard and the client."""

    def count(kind):
        return sum(one["Type"] == kind for one in resources.values())

    alarms = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::CloudWatch::Alarm"]
    watched = sum(sum("MetricStat" in metric for metric in alarm.get("Metrics", [{"MetricStat": 0}])) for alarm in alarms)
    return {
        "key": count("AWS::KMS::Key") * KEY,
        f"alarms on {watched} metrics": watched * ALARM_METRIC,
        "dashboard": count("AWS::CloudWatch::Dashboard") * DASHBOARD,
        "Cognito client": count("AWS::Cognito::UserPoolClient") * COGNITO_CLIENT,
        "polling the queue": POLLS * QUEUE_REQUEST,
    }


def custom_metrics(resources):
    """How many custom metrics have values once there are calls: those in the log lines, and those of the filters."""
    return 10 + sum(one["Type"] == "AWS::Logs::MetricFilter" for one in resources.values())


def dollars(amount):
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"


def tables():
    stacks = {name: decided(transformed(values), values)["Resources"] for name, values in environments()}
    yield "| a month | idle | 1 call a second | 100 | 1,000 |"
    yield "|---|---:|---:|---:|---:|"
    for name in ["dev", "staging", "prod"]:
        parts = fixed(stacks[name])
        row = [sum(parts.values())]
        for rate in [1, 100, 1000]:
            calls = rate * SECONDS
            traces = (1 + 0.05 * (rate - 1)) * SECONDS * TRACE
            tokens = CLIENTS * 730 * COGNITO_TOKEN
            per_call = sum(call()) + WRITES / 100 * (sum(event()) + backups(stacks[name]))
            row.append(row[0] + calls * per_call + traces + tokens + custom_metrics(stacks[name]) * CUSTOM_METRIC)
        yield f"| `{name}` | " + " | ".join(map(dollars, row)) + " |"
    yield ""
    parts = fixed(stacks["prod"])
    yield "Idle, `prod`: " + ", ".join(f"{what} {dollars(price)}" for what, price in parts.items()) + "."
    table, lambda_and_api, logs = (dollars(1e6 * part) for part in call())
    yield f"A million calls of the mix: API Gateway and Lambda {lambda_and_api}, DynamoDB {table}, logs {logs}."
    bus, queue, functions, table, history = (dollars(1e6 * part) for part in event())
    total = dollars(1e6 * sum(event()))
    yield f"A million events with a webhook each: {total}; EventBridge {bus}, SQS {queue}, Lambda and logs {functions}, DynamoDB {table},"
    yield f"history {history}. Daily backups of the history of a million events: {dollars(1e6 * backups(stacks['prod']))}."


def main():
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    computed = before + BEGIN + "\n".join(tables()) + "\n" + END + after
    if "--write" in sys.argv:
        DOCUMENT.write_text(computed)
    assert computed == DOCUMENT.read_text(), "docs/operations.md is out of date: run python tests/gates/monthly_costs.py --write"
    print("costs: docs/operations.md is up to date")


if __name__ == "__main__":
    main()
