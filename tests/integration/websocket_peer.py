"""One WebSocket case with Debian's python3-autobahn as the other side: an implementation of RFC
6455 that shares nothing with the server, and that can be told to break the rules."""

import asyncio
import json

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.compress import PerMessageDeflateOffer

PROBE = "after the case"


def request(request_id):
    """A session.ping whose answer brings the id back: what an echo is elsewhere."""
    return b'{"jsonrpc":"2.0","id":"' + request_id + b'","method":"session.ping","params":{}}'


class Peer(WebSocketClientProtocol):
    """Plays a case once the server has said hello, then asks a question to see whether the
    connection still serves."""

    def onConnect(self, response):
        self.case = self.factory.case
        self.seen = self.factory.seen
        self.extensions = response.extensions

    def onMessage(self, payload, isBinary):
        if isBinary:
            return self.seen.append("binary frame")
        frame = json.loads(payload)
        if frame.get("method") == "session.hello":
            return asyncio.ensure_future(self.play())
        if frame.get("id") == PROBE:
            self.seen.append("open")
            return self.sendClose(1000)
        if "error" in frame:
            return self.seen.append(f"error {frame['error']['code']}")
        expected = self.factory.ids.pop(0) if self.factory.ids else None
        if frame["id"] != expected:
            self.seen.append(f"answer to {frame['id']!r}, not {expected!r}")
        else:
            self.seen.append("answer")

    def onPong(self, payload):
        if self.factory.pings and payload == self.factory.pings[0]:
            self.factory.pings.pop(0)
            self.seen.append("pong")
        else:
            self.seen.append(f"strange pong {payload!r}")

    def onClose(self, wasClean, code, reason):
        if "open" not in self.seen:
            said = self.remoteCloseCode
            if said is not None:
                self.seen.append(f"close {said}")
            else:
                self.seen.append("close without code" if wasClean else f"cut: {code} {reason}")
        if not self.factory.done.done():
            self.factory.done.set_result(None)

    async def play(self):
        if self.extensions:
            self.seen.append(f"extensions {self.extensions}")
        for frame in self.case.frames:
            if self.state != self.STATE_OPEN and not self.case.closes:
                return
            self.put(frame)
            await asyncio.sleep(0)  # the transport writes in between
        if not self.case.closes:
            self.sendFrame(1, request(PROBE.encode()))

    def put(self, frame):
        if frame.opcode == 9:
            self.factory.pings.append(frame.payload)
        if frame.opcode == 8 and self.case.closes:
            self.state = self.STATE_OPEN  # ours to break: a second close, frames after it
        self.sendFrame(frame.opcode, frame.payload, frame.fin, frame.rsv,
                       chopsize=frame.chop or None)


async def _run(port, case, timeout):
    loop = asyncio.get_running_loop()
    factory = WebSocketClientFactory(f"ws://127.0.0.1:{port}/ws", protocols=["conclave.v1"])
    factory.protocol = Peer
    factory.setProtocolOptions(maskClientFrames=case.mask, openHandshakeTimeout=timeout,
                               closeHandshakeTimeout=timeout, echoCloseCodeReason=True)
    if case.compress:
        factory.setProtocolOptions(perMessageCompressionOffers=[PerMessageDeflateOffer()])
    factory.case, factory.seen, factory.done = case, [], loop.create_future()
    factory.ids, factory.pings = list(case.ids), []
    await loop.create_connection(factory, "127.0.0.1", port)
    await asyncio.wait_for(factory.done, timeout)
    return outcome(factory.seen)


def outcome(seen):
    """In words. Of a connection that ends only the end counts: an answer that was on its way may be
    lost with it."""
    if seen and seen[-1] != "open":
        return seen[-1]
    said = []
    for each in seen[:-1]:
        count = seen.count(each)
        words = each if count == 1 else f"{count} times {each}"
        if words not in said:
            said.append(words)
    return ", ".join(sorted(said) + ["open"])


def play(port, case, timeout=15):
    """What the server did, as the table words it."""
    return asyncio.run(_run(port, case, timeout))
