"""The management API over HTTPS: sign-in, proof of possession of the device key, calls."""

import json
import time

from . import http
from .device import unb64


class ApiError(Exception):
    """The server answered with an error status."""

    def __init__(self, method, target, response):
        self.status = response.status
        try:
            content = response.json()
        except ValueError:
            content = {}
        self.error = content.get("error", content) if isinstance(content, dict) else {}
        self.reason = self.error.get("reason", "")
        self.advice = self.error.get("advice", "")
        self.detail = self.error.get("detail", "")
        super().__init__(f"{method} {target}: {self.status} {self.reason} {self.detail} "
                         f"{response.text[:300]}")


class Admin:
    """Somebody who signs in over HTTPS with a device and calls the API."""

    def __init__(self, installation, device, certificate=None):
        """`certificate`: shown in the TLS handshake (certificates.ClientCertificate)."""
        self.installation = installation
        self.device = device
        self.certificate = certificate
        self.token = None

    # -- requests

    def raw(self, method, target, body=None, headers=None):
        """A request without a token."""
        data = b"" if body is None else json.dumps(body).encode()
        merged = {"Content-Type": "application/json"} if data else {}
        merged.update(headers or {})
        return http.request(self.installation.ports["https"], method, target, data or None, merged,
                            authority=self.installation.authority,
                            certificate=self.certificate)

    def authorised_headers(self, method, target, data, **changes):
        proof = self.device.http_proof(method, target, data, self.token, **changes)
        return {"Authorization": f"Bearer {self.token}", "Conclave-Proof": proof}

    def call(self, method, target, body=None, retry=True):
        if self.token is None:
            self.sign_in()
        data = b"" if body is None else json.dumps(body).encode()
        response = self.raw(method, target, body, self.authorised_headers(method, target, data))
        if response.status == 401 and retry:  # the access token has a short life
            self.sign_in()
            return self.call(method, target, body, retry=False)
        if response.status == 429 and retry:  # as every client should: it says when to come back
            time.sleep(response.json()["retry_after_ms"] / 1000)
            return self.call(method, target, body, retry=False)
        if response.status >= 400:
            raise ApiError(method, target, response)
        return response.json() if response.body else {}

    def get(self, target):
        return self.call("GET", "/api/v1" + target)

    def post(self, target, body=None):
        return self.call("POST", "/api/v1" + target, body if body is not None else {})

    def patch(self, target, body):
        return self.call("PATCH", "/api/v1" + target, body)

    def put(self, target, body=None):
        return self.call("PUT", "/api/v1" + target, body)

    def delete(self, target):
        return self.call("DELETE", "/api/v1" + target)

    def refused(self, method, target, body=None):
        """The error with which a call is refused; fails when it succeeds."""
        try:
            result = self.call(method, "/api/v1" + target, body)
        except ApiError as error:
            return error
        raise AssertionError(f"{method} {target} succeeded: {result}")

    # -- sign-in

    def set_up(self, secret, name, password):
        response = self.raw("POST", "/api/v1/setup",
                            {"secret": secret, "name": name, "password": password})
        if response.status >= 400:
            raise ApiError("POST", "/api/v1/setup", response)

    def sign_in(self):
        hello = self.raw("POST", "/api/v1/session/hello", {})
        if hello.status >= 400:
            raise ApiError("POST", "/api/v1/session/hello", hello)
        nonce_text = hello.json()["nonce"]
        nonce = unb64(nonce_text)
        origin = f"https://127.0.0.1:{self.installation.ports['https']}"
        if self.device.device:
            step, params = "prove", self.device.prove_params(nonce, "origin", origin.encode())
        else:
            step, params = "enrol", self.device.enrol_params(nonce, "origin", origin.encode())
        params["hello"] = nonce_text
        target = f"/api/v1/session/{step}"
        response = self.raw("POST", target, params, {"Origin": origin})
        if response.status >= 400:
            raise ApiError("POST", target, response)
        result = response.json()
        self.device.signed_in(result)
        self.token = result["access_token"]
        return result

    # -- what tests need

    def create_tenant(self, domain):
        return self.post("/tenants", {"domain": domain})

    def create_user(self, domain, name, password, roles=("member",), display_name=None, **more):
        from .installation import Person
        made = self.post(f"/tenants/{domain}/users",
                         dict({"name": name, "password": password, "roles": list(roles),
                               "display_name": display_name or name.capitalize()}, **more))
        return Person(f"{name}@{domain}", password, made["user"])


__all__ = ["Admin", "ApiError"]
