"""CloudFormation's SAM macro, run on template.yaml here as CloudFormation runs it there."""

import logging
import os
import pathlib

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]

# It warns of features that are switched off and of figures that nobody collects.
logging.disable(logging.WARNING)


class ManagedPolicies:
    """Stands in for IAM's list of managed policies: any name has an ARN."""

    def load(self):
        names = ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSCodeDeployRoleForLambda"]
        return {name: f"arn:aws:iam::aws:policy/{name}" for name in names}


def source():
    """The template's text, with code that `sam deploy` has uploaded."""
    return (ROOT / "template.yaml").read_text().replace("CodeUri: .", "CodeUri: s3://bucket/key")


def transformed(parameters=None, text=None):
    """What the macro makes of the template with these values of its parameters."""
    return transform(yaml_parse(text or source()), dict(parameters or {}), ManagedPolicies())
