"""The emulated cloud: its process, and AWS's clients for it."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import boto3

REGION = "eu-central-1"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cloud:
    """ministack, which enforces IAM: every call is signed, and a role may do only what its policies say."""

    def __init__(self, program, folder, trusted):
        """Starts `program`; `trusted` is a file with the certificates of issuers."""
        self.region = REGION
        self.port, other = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        # What a person who deploys would have set. This key is the account's root.
        self.environment = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "SAM_CLI_TELEMETRY": "0",
        }
        settings = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_PORT": str(other),
            "LAMBDA_ACCOUNT_CONCURRENCY": "1000",  # AWS's default; the emulator's depends on the memory of this machine
            "MINISTACK_REGION": REGION,
            "SSL_CERT_FILE": str(trusted),
            "TMPDIR": str(folder),
        }
        self.log = pathlib.Path(folder) / "cloud.log"
        self.process = subprocess.Popen(
            [program],
            env=os.environ | self.environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
            cwd=folder,
            start_new_session=True,  # so that its functions end with it
        )
        self._wait()

    def _wait(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            assert self.process.poll() is None, f"the emulator ended: {self.log.read_text()}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError("the emulator does not listen")

    def client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def end(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
