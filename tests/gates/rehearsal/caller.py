"""Calls of a deployed API."""

import dataclasses
import http.client
import json


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: dict


class Api:
    """The API with this id, called by whom the token names."""

    def __init__(self, cloud, identifier, token):
        # The emulator chooses an API by the name of the host.
        self.host = f"{identifier}.execute-api.localhost"
        self.url = f"http://{self.host}:{cloud.port}"
        self.port, self.token = cloud.port, token

    def call(self, method, path, body=None, **headers):
        headers |= {"Host": f"{self.host}:{self.port}", "Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers |= {"Content-Type": "application/json"}
            body = json.dumps(body)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return Answer(answer.status, dict(answer.getheaders()), json.loads(text) if text else {})
