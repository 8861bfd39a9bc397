"""A token issuer of the rehearsal's own, as docs/tokens.md describes one: on loopback, over HTTPS.

Besides what API Gateway asks for, it answers `/token/CALLER` with a token: an operator's, a reader's or a customer's.
"""

import base64
import datetime
import ipaddress
import json
import pathlib
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

AUDIENCE = "customers-api"
KEY_ID = "rehearsal"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Issuer:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = folder / "issuer.pem"
        self.private = folder / "issuer.key"
        self.certificate.write_bytes(self._self_signed().public_bytes(serialization.Encoding.PEM))
        self.private.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.private)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        # With a trailing slash, like Auth0's: it is significant.
        self.url = f"https://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _self_signed(self):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
        now = datetime.datetime.now(datetime.timezone.utc)
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        return builder.add_extension(address, critical=False).sign(self.key, hashes.SHA256())

    def _handler(issuer):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                documents = {
                    "/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": issuer.url + "keys"},
                    "/keys": {"keys": [issuer.public_key()]},
                }
                _, place, caller = ("/" + self.path).rsplit("/", 2)
                document = issuer.token(**claims_of(caller)) if place == "token" else documents.get(self.path)
                self.send_response(200 if document else 404)
                self.end_headers()
                self.wfile.write((document if place == "token" else json.dumps(document)).encode())

            def log_message(self, *_):
                pass

        return Handler

    def public_key(self):
        numbers = self.key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "kid": KEY_ID,
            "use": "sig",
            "alg": "RS256",
            "n": number(numbers.n),
            "e": number(numbers.e),
        }

    def token(self, **claims):
        """A token with these claims added to the standard ones."""
        return sign(self.key, {"iss": self.url, "aud": AUDIENCE} | claims)


def claims_of(caller):
    """The claims of a caller who is named as in the tests: `operator`, `reader` or `customer:UUID`."""
    kind, _, customer = caller.partition(":")
    if kind == "customer":
        return {"sub": customer, "customer_id": customer}
    return {"sub": kind, "scope": {"operator": "customers/write", "reader": "customers/read"}[kind]}


def sign(key, claims):
    now = int(time.time())
    header = {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}
    parts = [header, {"iat": now - 5, "exp": now + 3600} | claims]
    signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64url(signature)}"
