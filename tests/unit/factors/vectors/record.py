"""record.py OUT: has Chromium's virtual authenticators answer requests for WebAuthn, and writes
what they answered."""

import base64
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PAGE_PORT, DRIVER_PORT = 18743, 18744
ORIGIN = f"http://localhost:{PAGE_PORT}"

# Name, algorithm, attestation, protocol, transport, can verify its user.
CASES = [
    ("es256 none", -7, "none", "ctap2", "usb", False),
    ("es256 packed", -7, "direct", "ctap2", "usb", False),
    ("es256 verified", -7, "none", "ctap2", "internal", True),
    ("es256 u2f", -7, "direct", "ctap1/u2f", "usb", False),
    ("es256 enterprise packed verified", -7, "direct", "ctap2_1", "internal", True),
    ("eddsa none", -8, "none", "ctap2", "usb", False),
    ("rs256 none", -257, "none", "ctap2", "usb", False),
    ("rs256 packed", -257, "direct", "ctap2", "usb", False),
]

SCRIPT = r"""
const [wanted, done] = arguments;
const bytes = (text) => Uint8Array.from(
    atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
const create = async () => {
  const made = await navigator.credentials.create({publicKey: {
    challenge: bytes(wanted.challenge),
    rp: {id: 'localhost', name: 'Conclave'},
    user: {id: bytes(wanted.user), name: 'ada', displayName: 'Ada'},
    pubKeyCredParams: [{type: 'public-key', alg: wanted.algorithm}],
    attestation: wanted.attestation,
    authenticatorSelection: {
      residentKey: wanted.verified ? 'required' : 'discouraged',
      userVerification: wanted.verified ? 'required' : 'discouraged'}}});
  return {credential: text(made.rawId), client_data: text(made.response.clientDataJSON),
          attestation: text(made.response.attestationObject)};
};
const get = async () => {
  const got = await navigator.credentials.get({publicKey: {
    challenge: bytes(wanted.challenge), rpId: 'localhost',
    allowCredentials: [{type: 'public-key', id: bytes(wanted.credential)}],
    userVerification: wanted.verified ? 'required' : 'discouraged'}});
  const {response} = got;
  return {credential: text(got.rawId), client_data: text(response.clientDataJSON),
          authenticator_data: text(response.authenticatorData),
          signature: text(response.signature),
          user_handle: response.userHandle ? text(response.userHandle) : null};
};
(wanted.credential ? get() : create()).then(done, (error) => done({error: String(error)}));
"""


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>page</title>")

    def log_message(self, *ignored):
        pass


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(["chromedriver", f"--port={DRIVER_PORT}"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)
        options = {"binary": "/usr/bin/chromium",
                   "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage",
                            f"--user-data-dir={profile}"]}
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "webauthn:virtualAuthenticators": True,
            "goog:chromeOptions": options}}})
        self.version = made["capabilities"]["browserVersion"]
        self.session = f"/session/{made['sessionId']}"
        self.call("POST", self.session + "/url", {"url": ORIGIN + "/"})

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{DRIVER_PORT}{path}", method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)["value"]

    def ask(self, **wanted):
        answer = self.call("POST", self.session + "/execute/async",
                           {"script": SCRIPT, "args": [wanted]})
        if "error" in answer:
            raise SystemExit(f"{wanted}: {answer['error']}")
        return dict(challenge=wanted["challenge"], **answer)

    def end(self):
        self.call("DELETE", self.session)
        self.driver.terminate()


def random_text(length):
    return base64.urlsafe_b64encode(os.urandom(length)).rstrip(b"=").decode()


def record(browser, name, algorithm, attestation, protocol, transport, verified):
    authenticator = browser.call("POST", browser.session + "/webauthn/authenticator", {
        "protocol": protocol, "transport": transport, "hasResidentKey": verified,
        "hasUserVerification": verified, "isUserVerified": verified, "isUserConsenting": True})
    user = random_text(16)
    registration = browser.ask(challenge=random_text(32), user=user, algorithm=algorithm,
                               attestation=attestation, verified=verified)
    assertions = [browser.ask(challenge=random_text(32), credential=registration["credential"],
                              verified=verified) for _ in range(2)]
    browser.call("DELETE", f"{browser.session}/webauthn/authenticator/{authenticator}")
    return {"name": name, "rp_id": "localhost", "origin": ORIGIN, "user_handle": user,
            "registration": registration, "assertions": assertions}


def main(out):
    page = http.server.ThreadingHTTPServer(("127.0.0.1", PAGE_PORT), Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        vectors = [record(browser, *case) for case in CASES]
        browser.end()
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"made_with": f"Chromium {browser.version}", "vectors": vectors}, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
