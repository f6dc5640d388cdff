"""Just enough of PKCS#11 to look at a token as a thief with the PIN would: through the module
itself,
without any of our code in between. The server must be stopped."""

import ctypes
import os
import struct

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
ULONG = ctypes.c_ulong

CLASS, VALUE, LABEL, KEY_TYPE, TOKEN, PRIVATE = 0x0, 0x11, 0x3, 0x100, 0x1, 0x2
SENSITIVE, ENCRYPT, DECRYPT, WRAP, UNWRAP = 0x103, 0x104, 0x105, 0x106, 0x107
SIGN, VERIFY, DERIVE = 0x108, 0x10A, 0x10C
EXTRACTABLE, LOCAL, NEVER_EXTRACTABLE, ALWAYS_SENSITIVE = 0x162, 0x163, 0x164, 0x165
MODIFIABLE, COPYABLE, ALLOWED_MECHANISMS, UNWRAP_TEMPLATE = 0x170, 0x171, 0x40000600, 0x40000212
PRIVATE_KEY, SECRET_KEY = 0x3, 0x4
AES_CBC_PAD, AES_ECB, AES_KEY_WRAP, AES_KEY_WRAP_PAD = 0x1085, 0x1081, 0x2109, 0x210A
USAGES = {"encrypt": ENCRYPT, "decrypt": DECRYPT, "wrap": WRAP, "unwrap": UNWRAP, "sign": SIGN,
          "verify": VERIFY, "derive": DERIVE}
CKR_OK = 0


class Attribute(ctypes.Structure):
    _fields_ = [("type", ULONG), ("value", ctypes.c_void_p), ("size", ULONG)]


class Mechanism(ctypes.Structure):
    _fields_ = [("mechanism", ULONG), ("parameter", ctypes.c_void_p), ("size", ULONG)]


def _template(values):
    """Attributes from {type: bytes or bool or int}; keeps the buffers alive beside them."""
    kept, out = [], (Attribute * len(values))()
    for place, (kind, value) in enumerate(values.items()):
        if isinstance(value, bool):
            data = bytes([value])
        elif isinstance(value, int):
            data = struct.pack("@L", value)
        else:
            data = value
        buffer = ctypes.create_string_buffer(data, len(data) or 1)
        kept.append(buffer)
        out[place] = Attribute(kind, ctypes.cast(buffer, ctypes.c_void_p), len(data))
    return out, kept


class Token:
    """A logged-in session on the installation's token. A context manager."""

    def __init__(self, installation):
        self.configuration = str(installation.state / "token" / "softhsm2.conf")
        self.library = ctypes.CDLL(MODULE)
        self.pin = (installation.state / "token" / "pin").read_text().strip()

    def __enter__(self):
        os.environ["SOFTHSM2_CONF"] = self.configuration  # read by C_Initialize
        try:
            self._must(self.library.C_Initialize(None), "C_Initialize")
        finally:
            del os.environ["SOFTHSM2_CONF"]
        count = ULONG(0)
        self._must(self.library.C_GetSlotList(1, None, ctypes.byref(count)), "C_GetSlotList")
        slots = (ULONG * count.value)()
        self._must(self.library.C_GetSlotList(1, slots, ctypes.byref(count)), "C_GetSlotList")
        self.session = ULONG(0)
        self._must(self.library.C_OpenSession(slots[0], 0x6, None, None,
                                              ctypes.byref(self.session)),
                   "C_OpenSession")
        self._must(self.library.C_Login(self.session, 1, self.pin.encode(), len(self.pin)),
                   "C_Login")
        return self

    def __exit__(self, *_):
        self.library.C_Finalize(None)

    @staticmethod
    def _must(status, what):
        assert status == CKR_OK, f"{what}: 0x{status:x}"

    def objects(self, **match):
        """Handles; match by class or label."""
        values = {}
        if "kind" in match:
            values[CLASS] = match["kind"]
        if "label" in match:
            values[LABEL] = match["label"].encode()
        template, _kept = _template(values)
        count = ULONG(len(values))
        self._must(self.library.C_FindObjectsInit(self.session, template, count), "find")
        found = []
        handles = (ULONG * 256)()
        count = ULONG(0)
        while True:
            self._must(self.library.C_FindObjects(self.session, handles, 256, ctypes.byref(count)),
                       "find")
            if count.value == 0:
                break
            found += list(handles[:count.value])
        self.library.C_FindObjectsFinal(self.session)
        return found

    def keys(self):
        return self.objects(kind=SECRET_KEY) + self.objects(kind=PRIVATE_KEY)

    def read(self, handle, kind):
        """(status, bytes)."""
        one = (Attribute * 1)(Attribute(kind, None, 0))
        status = self.library.C_GetAttributeValue(self.session, ULONG(handle), one, ULONG(1))
        size = one[0].size
        if status != CKR_OK or size in (0, ULONG(-1).value):
            return status, b""
        buffer = ctypes.create_string_buffer(size)
        one[0].value = ctypes.cast(buffer, ctypes.c_void_p)
        status = self.library.C_GetAttributeValue(self.session, ULONG(handle), one, ULONG(1))
        return status, buffer.raw[:size] if status == CKR_OK else b""

    def flag(self, handle, kind):
        status, data = self.read(handle, kind)
        assert status == CKR_OK, f"attribute 0x{kind:x}: 0x{status:x}"
        return data[:1] == b"\x01"

    def label(self, handle):
        return self.read(handle, LABEL)[1].decode(errors="replace")

    def mechanisms(self, handle):
        data = self.read(handle, ALLOWED_MECHANISMS)[1]
        return [value for (value,) in struct.iter_unpack("@L", data)]

    # -- attacks; each gives the status

    def change(self, handle, kind, value):
        template, _kept = _template({kind: value})
        return self.library.C_SetAttributeValue(self.session, ULONG(handle), template, ULONG(1))

    def copy(self, handle, changes):
        template, _kept = _template(changes)
        new = ULONG(0)
        return self.library.C_CopyObject(self.session, ULONG(handle), template, ULONG(len(changes)),
                                         ctypes.byref(new))

    def wrap(self, wrapping, target, mechanism):
        how = Mechanism(mechanism, None, 0)
        out = ctypes.create_string_buffer(8192)
        size = ULONG(8192)
        return self.library.C_WrapKey(self.session, ctypes.byref(how), ULONG(wrapping),
                                      ULONG(target),
                                      out, ctypes.byref(size))

    def unwrap(self, handle, blob, template, mechanism=AES_KEY_WRAP_PAD):
        how = Mechanism(mechanism, None, 0)
        attributes, _kept = _template(template)
        new = ULONG(0)
        status = self.library.C_UnwrapKey(self.session, ctypes.byref(how), ULONG(handle), blob,
                                          ULONG(len(blob)), attributes, ULONG(len(template)),
                                          ctypes.byref(new))
        return status, new.value

    def start(self, operation, handle, mechanism, parameter=None):
        """C_EncryptInit, C_SignInit, …: whether the key may begin to be used so."""
        buffer = ctypes.create_string_buffer(parameter, len(parameter)) if parameter else None
        how = Mechanism(mechanism, ctypes.cast(buffer, ctypes.c_void_p) if buffer else None,
                        len(parameter) if parameter else 0)
        return getattr(self.library, f"C_{operation}Init")(self.session, ctypes.byref(how),
                                                           ULONG(handle))
