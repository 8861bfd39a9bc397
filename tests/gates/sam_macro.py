"""Runs SAM's macro on template.yaml as CloudFormation does."""

import logging
import os
import pathlib

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

ROOT = pathlib.Path(__file__).parents[2]

# The macro warns of feature toggles and metrics that are not used here.
logging.disable(logging.WARNING)


class ManagedPolicies:
    """Replaces IAM's list of managed policies."""

    def load(self):
        names = ["AWSLambdaBasicExecutionRole", "AWSXrayWriteOnlyAccess", "AWSCodeDeployRoleForLambda"]
        return {name: f"arn:aws:iam::aws:policy/{name}" for name in names}


def source():
    """The template's text, as if `sam deploy` had uploaded the code."""
    return (ROOT / "template.yaml").read_text().replace("CodeUri: .", "CodeUri: s3://bucket/key")


def transformed(parameters=None, text=None):
    """The template as transformed by the macro, for these parameter values."""
    return transform(yaml_parse(text or source()), dict(parameters or {}), ManagedPolicies())
