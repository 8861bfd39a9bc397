"""What the rehearsal deploys: template.yaml without what the emulator cannot do, as `sam build` would leave it.

Everything else is the template's own, so that the copy cannot drift. docs/rehearsal.md says what is left out, and
what holds it instead.
"""

import json
import shutil

from samtranslator.yaml_helper import yaml_parse

from sam_macro import ROOT


def copy(text):
    """The template without CodeDeploy, without metric-math alarms, and without the archive of events."""
    template = yaml_parse(text)
    alarms = [name for name, one in template["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"]
    for name in alarms:
        if "Metrics" in template["Resources"][name]["Properties"]:
            del template["Resources"][name]
    del template["Resources"]["EventArchive"], template["Outputs"]["EventArchiveArn"]
    template["Globals"]["Function"].pop("DeploymentPreference")
    for name, function in functions(template).items():
        function["Properties"].pop("DeploymentPreference")
        function["Properties"]["CodeUri"] = name
    return template


def functions(template):
    return {name: one for name, one in template["Resources"].items() if one["Type"] == "AWS::Serverless::Function"}


def write_build(binaries, folder):
    """Writes the folder that `sam build` would: the template, and a folder for each function with its binary."""
    template = copy((ROOT / "template.yaml").read_text())
    folder.mkdir(parents=True)
    for name, function in functions(template).items():
        (folder / name).mkdir()
        shutil.copy(binaries / function["Metadata"]["BuildProperties"]["Binary"], folder / name / "bootstrap")
    (folder / "template.yaml").write_text(json.dumps(template))
