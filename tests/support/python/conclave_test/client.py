"""A WebSocket client of conclave.v1 that holds every answer and event to the schemas."""

import json
import queue
import threading
import time

import wsproto
from wsproto.events import (AcceptConnection, BytesMessage, CloseConnection, Ping, Pong,
                            RejectConnection, Request, TextMessage)

from .channel import Channel, Closed, ExporterChannel, TlsChannel
from .device import unb64
from .schema import schemas

WAIT = 15  # seconds; a test that runs into it has failed


class Refused(Exception):
    """The server answered with an error."""

    def __init__(self, method, error):
        data = error.get("data", {})
        self.method = method
        self.code = error["code"]
        self.reason = data.get("reason", "")
        self.advice = data.get("advice", "")
        self.detail = data.get("detail", "")
        self.path = data.get("path")
        self.retry_after_ms = data.get("retry_after_ms", 0)
        self.error = error
        super().__init__(f"{method}: {self.code} {self.reason} {self.detail} {self.path or ''}")


class Rejected(Exception):
    """The server did not upgrade the connection."""

    def __init__(self, status):
        self.status = status
        super().__init__(f"HTTP {status}")


class Client:
    """One connection. Thread-safe `call`; events and answers are read by a thread of its own."""

    def __init__(self, channel, path="/ws", subprotocol="conclave.v1", validate=True, wait=WAIT,
                 read=True):
        self.channel = channel
        self.validate = validate
        self.wait = wait
        self.hello = None
        self.close_code = None
        self.close_reason = ""
        self.session = None
        self.subprotocol = None
        self.requests = 0
        self._problem = None
        self._events = []
        self._answers = {}
        self._changed = threading.Condition()
        self._next_id = 0
        self._socket = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self._lock = threading.Lock()
        self._reader = None
        self._pauser = threading.Event()
        self._pauser.set()
        self._upgrade(path, subprotocol)
        if read:
            self._reader = threading.Thread(target=self._read, daemon=True)
            self._reader.start()
            self._wait(lambda: self.hello is not None or self.closed, "session.hello")
            if self.hello is None:
                raise Closed(f"closed with {self.close_code} before the hello")

    # -- connection

    def _upgrade(self, path, subprotocol):
        headers = []
        if self.channel.origin:
            headers.append((b"Origin", self.channel.origin.encode()))
        peer = self.channel.socket.getpeername()
        request = Request(host=f"{peer[0]}:{peer[1]}", target=path,
                          subprotocols=[subprotocol] if subprotocol else [], extra_headers=headers)
        self.channel.send(self._socket.send(request))
        end = time.monotonic() + self.wait
        self._early = []
        while time.monotonic() < end:
            data = self.channel.recv(1)
            if data is None:
                continue
            try:
                self._socket.receive_data(data or None)
            except wsproto.utilities.RemoteProtocolError as error:
                raise Rejected(0) from error  # closed without an answer
            for event in self._socket.events():
                if isinstance(event, AcceptConnection):
                    self.subprotocol = event.subprotocol
                    self._early = []
                elif isinstance(event, RejectConnection):
                    raise Rejected(event.status_code)
                elif isinstance(event, CloseConnection):
                    raise Rejected(0)
                else:
                    self._early.append(event)
            if self.subprotocol is not None or self._early:
                return
            if not data:
                raise Rejected(0)
        raise TimeoutError("no answer to the upgrade")

    def _read(self):
        try:
            text = []
            self._handle(self._early, text)
            while True:
                self._pauser.wait()
                data = self.channel.recv(0.5)
                if data is None:
                    continue
                self._socket.receive_data(data or None)
                self._handle(self._socket.events(), text)
                if not data:
                    break
        except (wsproto.utilities.ProtocolError, Closed, OSError) as error:
            self.close_reason = self.close_reason or str(error)
        except AssertionError as error:
            self._problem = error
        with self._changed:
            if self.close_code is None:
                self.close_code = 1006
            self._changed.notify_all()

    def _handle(self, events, text):
        for event in events:
            if isinstance(event, TextMessage):
                text.append(event.data)
                if event.message_finished:
                    whole = "".join(text)
                    text.clear()
                    self._frame(whole)
            elif isinstance(event, BytesMessage):
                raise AssertionError("the server sent a binary frame")
            elif isinstance(event, Ping):
                self._raw(event.response())
            elif isinstance(event, CloseConnection):
                with self._changed:
                    if self.close_code is None:
                        self.close_code = event.code
                        self.close_reason = event.reason or ""
                    self._changed.notify_all()
                try:
                    self._raw(event.response())
                except (Closed, wsproto.utilities.LocalProtocolError):
                    pass  # both ends closed at once

    def _frame(self, text):
        frame = json.loads(text)
        assert frame.get("jsonrpc") == "2.0", text
        if "method" in frame:
            assert "id" not in frame, text
            if self.validate:
                schemas().check_event(frame["method"], frame["params"])
            with self._changed:
                if frame["method"] == "session.hello":
                    self.hello = frame["params"]
                else:
                    self._events.append((frame["method"], frame["params"]))
                self._changed.notify_all()
            return
        with self._changed:
            self._answers[json.dumps(frame.get("id"))] = frame
            self._changed.notify_all()

    def _raw(self, event):
        with self._lock:
            self.channel.send(self._socket.send(event))

    def send_text(self, text):
        """A frame as it is, for tests of wrong input."""
        self._raw(TextMessage(data=text))

    def send_bytes(self, data):
        self._raw(BytesMessage(data=data))

    def ping(self):
        self._raw(Ping(payload=b"test"))

    def pause_reading(self):
        """Stops reading from the socket: the slow client."""
        self._pauser.clear()

    def go_on_reading(self):
        self._pauser.set()

    @property
    def closed(self):
        return self.close_code is not None

    def close(self):
        """Politely."""
        if not self.closed:
            try:
                self._raw(CloseConnection(code=1000))
                self._wait(lambda: self.closed, "close", 3)
            except (Closed, TimeoutError, wsproto.utilities.LocalProtocolError):
                pass  # it is going down all the same
        self.drop()

    def drop(self):
        """As a lost network does it."""
        self._pauser.set()
        self.channel.hang_up()
        # A read that is under way must not meet another file under the same descriptor.
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(5)
        self.channel.close()

    def wait_closed(self, timeout=None):
        self._wait(lambda: self.closed, "the end of the connection", timeout)
        return self.close_code

    def _wait(self, ready, what, timeout=None):
        end = time.monotonic() + (self.wait if timeout is None else timeout)
        with self._changed:
            while not ready():
                self._check()
                rest = end - time.monotonic()
                if rest <= 0:
                    raise TimeoutError(f"waited in vain for {what}; events: {self._events[-5:]}")
                self._changed.wait(min(rest, 0.5))
        self._check()

    def _check(self):
        if self._problem is not None:
            raise self._problem

    # -- requests

    def start(self, method, params=None, request_id=None):
        """Sends and does not wait; gives the id for `finish`."""
        with self._changed:
            self._next_id += 1
            request_id = self._next_id if request_id is None else request_id
            self.requests += 1
        self.send_text(json.dumps({"jsonrpc": "2.0", "id": request_id, "method": method,
                                   "params": params or {}}))
        return request_id

    def finish(self, method, request_id, timeout=None):
        key = json.dumps(request_id)
        self._wait(lambda: key in self._answers or self.closed, f"the answer to {method}", timeout)
        with self._changed:
            if key not in self._answers:
                raise Closed(f"{method}: closed with {self.close_code} {self.close_reason}")
            frame = self._answers.pop(key)
        if "error" in frame:
            schemas().check_error(frame["error"])
            raise Refused(method, frame["error"])
        if self.validate:
            schemas().check_result(method, frame["result"])
        return frame["result"]

    def call(self, method, params=None, timeout=None, **more):
        params = dict(params or {}, **more)
        return self.finish(method, self.start(method, params), timeout)

    def refused(self, method, params=None, **more):
        """The reason with which a request is refused; fails when it succeeds."""
        try:
            result = self.call(method, params, **more)
        except Refused as error:
            return error
        raise AssertionError(f"{method} {params or more} succeeded: {result}")

    # -- events

    def events(self, name=None):
        with self._changed:
            return [params for method, params in self._events if name in (None, method)]

    def clear_events(self):
        with self._changed:
            self._events.clear()

    def take_events(self):
        """All that came since the last call, as (method, params)."""
        with self._changed:
            taken, self._events = self._events, []
            return taken

    def wait_event(self, name, match=lambda params: True, timeout=None):
        found = []

        def look():
            for method, params in self._events:
                if method == name and match(params):
                    found.append(params)
                    return True
            return self.closed

        self._wait(look, f"event {name}", timeout)
        if not found:
            raise Closed(f"closed with {self.close_code} before {name}")
        return found[0]

    def entries(self, room):
        """Everything that events have brought of a room, in the order of arrival."""
        return [entry for params in self.events("room.entries") if params["room"] == room
                for entry in params["entries"]]

    def wait_entry(self, room, match, timeout=None):
        def has(params):
            return params["room"] == room and any(match(e) for e in params["entries"])
        params = self.wait_event("room.entries", has, timeout)
        return next(e for e in params["entries"] if match(e))

    # -- sign-in

    @property
    def nonce(self):
        return unb64(self.hello["nonce"])

    def enrol(self, device, **changes):
        kind, value = self.channel.binding
        params = device.enrol_params(self.nonce, kind, value)
        params.update(changes)
        return self._signed_in(device, self.call("session.enrol", params))

    def prove(self, device, **changes):
        kind, value = self.channel.binding
        params = device.prove_params(self.nonce, kind, value)
        params.update(changes)
        return self._signed_in(device, self.call("session.prove", params))

    def resume(self, device, handle):
        return self._signed_in(device, self.call("session.resume", {"handle": handle}))

    def _signed_in(self, device, result):
        device.signed_in(result)
        self.session = result
        self.device = device
        return result

    # -- shorthands that most tests use

    def send(self, room, text, **more):
        return self.call("message.send", room=room, client_id=self.device.next_client_id(),
                         text=text, **more)

    def act(self, method, room, **more):
        """message.edit, message.react, …: with the device's next client_id."""
        return self.call(method, room=room, client_id=self.device.next_client_id(), **more)

    def history(self, room, **more):
        return self.call("message.history", room=room, **more)

    def sync_all(self, cursor=None, tail=50, limit=200):
        """Every page from a cursor to the end: ({room: page entry}, {key: state}, cursor,
        pages)."""
        rooms, states, pages = {}, {}, 0
        while True:
            params = {"tail": tail, "limit": limit}
            if cursor:
                params["cursor"] = cursor
            page = self.call("sync.since", params)
            pages += 1
            for room in page["rooms"]:
                rooms[room["room"]] = room
            for state in page["states"]:
                states[state["key"]] = state
            cursor = page["cursor"]
            if not page["more"]:
                return rooms, states, cursor, pages


def connect(installation, binding="loopback", **options):
    """A new connection to an installation's server, not signed in."""
    ports = installation.ports
    if binding == "loopback":
        channel = Channel("127.0.0.1", ports["ws"])
    elif binding == "origin":
        channel = TlsChannel("127.0.0.1", ports["https"], installation.authority)
    elif binding == "tls-exporter":
        channel = ExporterChannel("127.0.0.1", ports["https"], installation.authority)
    else:
        raise ValueError(binding)
    return Client(channel, **options)
