"""A checkout that `sam build` was run in, as far as a deployment looks at it."""

import os
import pathlib
import shutil
import subprocess

from sam_macro import ROOT
from template_copy import write_build


class Checkout:
    def __init__(self, folder, cloud, binaries, sam):
        self.folder, self.binaries = pathlib.Path(folder), binaries
        self.build = self.folder / ".aws-sam/build"
        self.environment = os.environ | cloud.environment | {"PATH": f"{sam}:{os.environ['PATH']}"}
        self.folder.mkdir()
        shutil.copytree(ROOT / "deployment", self.folder / "deployment")
        shutil.copy(ROOT / "samconfig.toml", self.folder)
        write_build(binaries, self.build)

    def add_environment(self, name):
        """An environment besides those of samconfig.toml, like `dev`."""
        config = self.folder / "samconfig.toml"
        text = config.read_text()
        start = text.index("[dev.deploy.parameters]")
        section = text[start : text.index("[staging.deploy.parameters]")]
        section = section.replace("[dev.", f"[{name}.").replace("customers-dev", f"customers-{name}")
        config.write_text(text + "\n" + section)

    def run(self, *command):
        """What a command wrote, and whether it succeeded."""
        run = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return run.stdout, run.returncode == 0

    def deploy(self, environment, *parameters, succeeds=True):
        """Deploys as the README says; what that wrote."""
        text, succeeded = self.run("deployment/deploy.sh", environment, "Architecture=x86_64", *parameters)
        assert succeeded == succeeds, f"deploying {environment}: {text}"
        return text
