"""HTTP requests to one server, on a connection each; no redirects, no proxies."""

import http.client
import json
import ssl


class Response:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json.loads(self.body)


def request(port, method, target, body=None, headers=None, authority=None, timeout=20,
            host="127.0.0.1", certificate=None):
    """HTTPS when an authority file is given, else plain HTTP to a loopback listener."""
    if authority:
        context = ssl.create_default_context(cafile=str(authority))
        if certificate:
            context.load_cert_chain(certificate.file)
        connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, target, body=body, headers=headers or {})
        return Response(connection.getresponse())
    finally:
        connection.close()
