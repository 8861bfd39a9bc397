"""A deployed stack: what CloudFormation says of it."""

import json
import re

from decided_templates import decided


class Stack:
    def __init__(self, cloud, name):
        self.cloud, self.name = cloud, name
        self.formation = cloud.client("cloudformation")

    def describe(self):
        return self.formation.describe_stacks(StackName=self.name)["Stacks"][0]

    def status(self):
        return self.describe()["StackStatus"]

    def outputs(self):
        return {one["OutputKey"]: one["OutputValue"] for one in self.describe()["Outputs"]}

    def parameters(self):
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.describe()["Parameters"]}

    def resources(self):
        """The physical id of each resource, by its logical id."""
        pages = self.formation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        found = [one for page in pages for one in page["StackResourceSummaries"]]
        return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}

    def template(self):
        """The template after SAM's transform, with its conditions evaluated."""
        body = self.formation.get_template(StackName=self.name, TemplateStage="Processed")["TemplateBody"]
        return decided(json.loads(body) if isinstance(body, str) else body, self.parameters())

    def resolved(self, value):
        """A value of the template with what it refers to in place."""
        names = self.parameters() | self.resources()
        names |= {
            "AWS::Region": self.cloud.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": self.name,
        }

        def resolve(part):
            match part:
                case {"Ref": name}:
                    return names[name]
                case {"Fn::Sub": str(text)}:
                    return re.sub(r"\$\{([^}]+)\}", lambda found: names[found[1]], text)
                case {"Fn::Split": [separator, text]}:
                    return resolve(text).split(separator)
                case dict():
                    return {name: resolve(one) for name, one in part.items()}
                case list():
                    return [resolve(one) for one in part]
            return part

        return resolve(value)
