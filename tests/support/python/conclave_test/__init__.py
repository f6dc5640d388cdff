"""The test kit: installations made with the real programs, and clients that hold them to the
schemas. Start with installation.py and client.py."""

from .api import Admin, ApiError
from .channel import Closed
from .client import Client, Refused, Rejected
from .device import Device, DeviceKey, b64, transcript, unb64
from .installation import PASSWORD, Installation, Person, StartFailed, prepared, program, until
from .processes import alive, children, core_limit, end, slow_factor, status_field, wait_until
from .schema import ROOT, schemas

__all__ = [
    "Admin", "ApiError", "Client", "Closed", "Device", "DeviceKey", "Installation", "PASSWORD",
    "Person", "ROOT", "Refused", "Rejected", "StartFailed", "alive", "b64", "children",
    "core_limit",
    "end", "prepared", "program", "schemas", "slow_factor", "status_field", "transcript", "unb64",
    "until", "wait_until",
]
