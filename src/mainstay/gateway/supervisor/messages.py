"""What a supervisor and its workers say to each other: one line of JSON each, over a socket pair."""

from typing import Final

import msgspec

from mainstay.gateway.supervisor.standing import ConfigurationStanding

LINE_BYTES_MAX: Final = 4_194_304
"""A configuration file of the largest size, in base 64, with room to spare."""


class Load(msgspec.Struct, frozen=True, tag="load"):
    """To a worker: run this version. Without text it is what the worker finds itself (environment, demonstration)."""

    sha256: str
    text: bytes = b""


class Configured(msgspec.Struct, frozen=True, tag="configured"):
    """To a worker: how the configuration stands, for `/readyz`."""

    standing: ConfigurationStanding


class Note(msgspec.Struct, frozen=True, tag="note"):
    """To a worker: write down what happened to another one."""

    event: str
    pid: int


class Alert(msgspec.Struct, frozen=True, tag="alert"):
    """To a worker: write down that a file was refused."""

    message: str


class Retire(msgspec.Struct, frozen=True, tag="retire"):
    """To a worker: drain and end, another takes your place. The gateway as a whole stays ready."""


Order = Load | Configured | Note | Alert | Retire


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """From a worker, each second: its event loop lives."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """From a worker: it serves."""


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """From a worker: it runs this version."""

    sha256: str


Report = Beat | Ready | Loaded
