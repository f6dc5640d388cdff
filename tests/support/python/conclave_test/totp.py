"""An authenticator application: RFC 6238 with SHA-1, six digits, thirty seconds."""

import base64
import hashlib
import hmac
import struct
import time

PERIOD = 30


def code(secret, step=None):
    """The code of a base32 secret, now or at a step."""
    step = int(time.time()) // PERIOD if step is None else step
    seed = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(seed, struct.pack(">Q", step), hashlib.sha1).digest()
    number = struct.unpack_from(">I", mac, mac[-1] & 0x0F)[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


class Application:
    """Knows one secret and never shows a code twice: it goes on with the step after the newest one
    that it showed, which the server takes while it is not more than one ahead."""

    def __init__(self, secret):
        self.secret = secret
        self.last = int(time.time()) // PERIOD - 2

    def code(self):
        """A code that was not shown yet; waits for the clock when all near ones were."""
        now = int(time.time()) // PERIOD
        step = max(self.last + 1, now - 1)
        while step > now + 1:
            time.sleep(0.5)
            now = int(time.time()) // PERIOD
        if step == now - 1 and time.time() % PERIOD > PERIOD - 5:
            step = now  # the server may be a step further when it looks
        self.last = step
        return code(self.secret, step)

    def wrong(self):
        """Six digits that no step near now has."""
        now = int(time.time()) // PERIOD
        near = {code(self.secret, step) for step in range(now - 3, now + 4)}
        return next(f"{n:06d}" for n in range(10) if f"{n:06d}" not in near)
