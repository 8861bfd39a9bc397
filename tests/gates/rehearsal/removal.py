"""`sam delete` leaves what the template means to stay, and nothing else."""

from collections import Counter

from botocore.exceptions import ClientError

STAYS = {"Retain", "RetainExceptOnCreate"}


class Account:
    """Whether a resource is there, by its type and its physical id."""

    def __init__(self, cloud):
        gateway, functions, cognito = (cloud.client(one) for one in ("apigatewayv2", "lambda", "cognito-idp"))
        iam, logs = cloud.client("iam"), cloud.client("logs")
        events, queues = cloud.client("events"), cloud.client("sqs")
        self.looks = {
            "AWS::ApiGatewayV2::Api": lambda name: gateway.get_api(ApiId=name),
            "AWS::Cognito::UserPool": lambda name: cognito.describe_user_pool(UserPoolId=name),
            "AWS::Cognito::UserPoolDomain": lambda name: cognito.describe_user_pool_domain(Domain=name)[
                "DomainDescription"
            ],
            "AWS::DynamoDB::Table": lambda name: cloud.client("dynamodb").describe_table(TableName=name),
            "AWS::Events::EventBus": lambda name: events.describe_event_bus(Name=name),
            "AWS::IAM::ManagedPolicy": lambda name: iam.get_policy(PolicyArn=name),
            "AWS::IAM::Role": lambda name: iam.get_role(RoleName=name),
            "AWS::Lambda::EventSourceMapping": lambda name: functions.get_event_source_mapping(UUID=name),
            "AWS::Lambda::Function": lambda name: functions.get_function(FunctionName=name),
            "AWS::Logs::LogGroup": lambda name: [
                one
                for one in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
                if one["logGroupName"] == name
            ],
            "AWS::SQS::Queue": lambda name: queues.get_queue_attributes(QueueUrl=name),
        }
        # These are parts of one of the above and go with it.
        self.parts = {
            "AWS::ApiGatewayV2::Stage",
            "AWS::Lambda::Alias",
            "AWS::Lambda::Permission",
            "AWS::Lambda::Version",
        }
        # The pool stays, and these parts of it go.
        self.in_pool = {
            "AWS::Cognito::UserPoolClient": lambda pool: cognito.list_user_pool_clients(UserPoolId=pool)[
                "UserPoolClients"
            ],
            "AWS::Cognito::UserPoolResourceServer": lambda pool: cognito.list_resource_servers(
                UserPoolId=pool, MaxResults=10
            )["ResourceServers"],
        }

    def has(self, kind, name):
        try:
            return bool(self.looks[kind](name))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            gone = ("NotFound", "NoSuchEntity", "NonExistentQueue", "QueueDoesNotExist")
            assert any(one in code for one in gone), error
            return False


def removal(cloud, checkout, stack):
    """Deletes a stack. How many resources of each type stayed."""
    account, ids, template = Account(cloud), stack.resources(), stack.template()["Resources"]
    kinds = {name: template[name]["Type"] for name in ids}
    unknown = set(kinds.values()) - set(account.looks) - account.parts - set(account.in_pool)
    assert not unknown, f"nobody looks for {unknown}"
    looked_at = [name for name in ids if kinds[name] in account.looks]
    for name in looked_at:
        assert account.has(kinds[name], ids[name]), f"{name} is not there before the removal"

    command = ["sam", "delete", "--no-prompts", "--stack-name", stack.name, "--region", cloud.region]
    text, succeeded = checkout.run(*command)
    assert succeeded, text

    stayed = [name for name in looked_at if account.has(kinds[name], ids[name])]
    meant = [name for name in looked_at if template[name].get("DeletionPolicy") in STAYS]
    assert stayed == meant, f"{stayed} stayed, and {meant} are meant to"
    for pool in (ids[name] for name in stayed if kinds[name] == "AWS::Cognito::UserPool"):
        for kind, look in account.in_pool.items():
            assert not look(pool), f"{kind} is left"
    return Counter(kinds[name].rsplit("::", 1)[1] for name in stayed)
