"""Byte channels under a WebSocket: plain, TLS through ssl, TLS through OpenSSL (for the exporter).

All non-blocking with a lock around each call, since neither TLS library allows a reader and a
writer thread on one connection at once; waiting happens outside the lock.
"""

import select
import socket
import ssl
import threading

import OpenSSL.SSL


class Closed(Exception):
    """The other end is gone."""


class Channel:
    """Plain TCP."""

    binding = ("loopback", b"")
    origin = None

    def __init__(self, host, port, timeout=10):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self._lock = threading.Lock()
        self._closed = False
        self._secure(host)
        self.socket.setblocking(False)

    def _secure(self, host):
        pass

    def _read_some(self):
        return self.socket.recv(65536)

    def _write_some(self, data):
        return self.socket.send(data)

    _want_read = (BlockingIOError, ssl.SSLWantReadError, OpenSSL.SSL.WantReadError)
    _want_write = (ssl.SSLWantWriteError, OpenSSL.SSL.WantWriteError)
    _gone = (OSError, OpenSSL.SSL.Error)

    def recv(self, timeout=None):
        """Some bytes, b"" at the end, None after `timeout` seconds without any."""
        while True:
            if self._closed:
                return b""
            try:
                with self._lock:
                    return self._read_some()
            except self._want_read:
                try:
                    ready, _, _ = select.select([self.socket], [], [], timeout)
                except (OSError, ValueError):
                    return b""  # our own side closed it meanwhile
                if not ready:
                    return None
            except self._want_write:
                select.select([], [self.socket], [], timeout)
            except (OpenSSL.SSL.ZeroReturnError, OpenSSL.SSL.SysCallError, ValueError):
                return b""
            except self._gone:
                return b""

    def send(self, data):
        view = memoryview(data)
        while view:
            if self._closed:
                raise Closed()
            try:
                with self._lock:
                    sent = self._write_some(bytes(view[:65536]))
                view = view[sent:]
            except self._want_write + (BlockingIOError,):
                _, ready, _ = select.select([], [self.socket], [], self.timeout)
                if not ready:
                    raise Closed("the server does not read")
            except self._want_read:
                select.select([self.socket], [], [], 1)
            except self._gone as error:
                raise Closed(str(error)) from error

    def hang_up(self):
        """Ends the connection; who reads it wakes up. The descriptor stays until close()."""
        self._closed = True
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other end was faster

    def close(self):
        self.hang_up()
        self.socket.close()


class TlsChannel(Channel):
    """TLS as a browser does it: the sign-in is bound to the Origin header."""

    def __init__(self, host, port, authority, timeout=10, origin=None, certificate=None):
        """`certificate`: the client's own (certificates.ClientCertificate)."""
        self._authority = str(authority)
        self._certificate = certificate
        self.origin = origin or f"https://{host}:{port}"
        self.binding = ("origin", self.origin.encode())
        super().__init__(host, port, timeout)

    def _secure(self, host):
        context = ssl.create_default_context(cafile=self._authority)
        if self._certificate:
            context.load_cert_chain(self._certificate.file)
        self.socket = context.wrap_socket(self.socket, server_hostname=host)
        self.version = self.socket.version()


class ExporterChannel(Channel):
    """TLS as a native client does it: the sign-in is bound to the connection (RFC 9266)."""

    def __init__(self, host, port, authority, timeout=10):
        self._authority = str(authority)
        super().__init__(host, port, timeout)

    def _secure(self, host):
        import ipaddress
        context = OpenSSL.SSL.Context(OpenSSL.SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(OpenSSL.SSL.TLS1_3_VERSION)
        context.load_verify_locations(self._authority)
        context.set_verify(OpenSSL.SSL.VERIFY_PEER, lambda _c, _x, _e, _d, good: bool(good))
        self.socket.setblocking(True)
        connection = OpenSSL.SSL.Connection(context, self.socket)
        try:
            ipaddress.ip_address(host)
        except ValueError:
            connection.set_tlsext_host_name(host.encode())
        connection.set_connect_state()
        connection.do_handshake()
        self.raw, self.socket = self.socket, connection
        exported = connection.export_keying_material(b"EXPORTER-Channel-Binding", 32)
        self.binding = ("tls-exporter", exported)

    def recv(self, timeout=None):
        if self.socket.pending():
            timeout = 0
        return super().recv(timeout)

    def hang_up(self):
        self._closed = True
        try:
            self.raw.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other end was faster

    def close(self):
        self.hang_up()
        self.raw.close()
