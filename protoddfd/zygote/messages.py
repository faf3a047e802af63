"""What crosses the zygote's socket: msgpack structs, one a packet, descriptors beside them.

A newer daemon talks to an older zygote: fields may be added with defaults, never renamed or removed.
"""

import msgspec

PROTOCOL = 1
PACKET_MAX = 192 * 1024
"""Bytes of one packet, under the least send buffer that Linux gives by default."""
DESCRIPTORS_MAX = 253
"""Descriptors that one packet can carry (the kernel's SCM_MAX_FD)."""

EXIT_LOCKED = 98
"""Status of a forked child whose slot is held by another process."""
EXIT_NOT_SET_UP = 97
"""Status of a forked child that could not open its output, its folder or its lock file."""

MARKER = "PROTODDF_INSTANCE"
"""The environment variable that every instance has, and with it what it starts: `app.slot.life`."""


class MessageTooLarge(ValueError):
    """A message does not fit into one packet."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    """Base of all that is sent; unknown fields are ignored, so that versions can differ."""


class Instance(Message, frozen=True, kw_only=True):
    """One life of one slot of an app."""

    app: str
    slot: int
    life: int


class Hello(Message, frozen=True, kw_only=True):
    """The first message of a controller; a higher generation replaces the controller there is."""

    generation: int
    protocol: int = PROTOCOL


class Hold(Message, frozen=True, kw_only=True):
    """Keep the descriptors that come with this packet under `key`, in place of older ones."""

    key: str


class Release(Message, frozen=True, kw_only=True):
    """Close what is held under `key`."""

    key: str


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one instance may use; None: as much as there is.

    The zygote sets `open_files`, and `processes` where no cgroup of the instance does it. Memory and
    processor time are left to cgroups and to whoever samples: a bound on the address space would break
    programs that reserve much and use little.
    """

    memory_mib: int | None = None
    cpu_percent: int | None = None
    processes: int | None = None
    open_files: int | None = None


class Start(Instance, frozen=True, kw_only=True):
    """What forks and spawns have in common.

    `stdout` and `stderr` are FIFOs; None: the zygote's log. `cgroups` are folders that the process is in
    before it runs anything. What it leaves behind has `strays_grace_s` to end before it is killed.
    """

    env: dict[str, str] = {}
    stdout: str | None = None
    stderr: str | None = None
    oom_score_adj: int | None = None
    limits: Limits | None = None
    cgroups: list[str] = []
    strays_grace_s: float = 2.0


class Fork(Start, frozen=True, kw_only=True):
    """Serve a Reflex app in a forked child, on the two sockets held under the app's name.

    `env` is laid over the zygote's environment. Before the zygote is preloaded, a fork waits for that.
    """

    folder: str
    module: str
    bundle: str
    title: str = ""


class Spawn(Start, frozen=True, kw_only=True):
    """Start a command in a session of its own.

    `env` is laid over the environment that the zygote was started with, before Reflex's switches.
    """

    argv: list[str]
    cwd: str


class Keep(Message, frozen=True, kw_only=True):
    """Have the FIFOs at `paths` open: instances write to them that an earlier zygote started."""

    paths: list[str]


class Ack(Message, frozen=True, kw_only=True):
    """Forget these exits: the controller has dealt with them."""

    ids: list[int]


class Shutdown(Message, frozen=True, kw_only=True):
    """End the zygote. Children live on and are found again by their locks."""


class Child(Instance, frozen=True, kw_only=True):
    """A living process; `start_time` is in clock ticks since boot, as /proc/PID/stat has it.

    `ending`: it has ended, and Exited follows when all that it left behind has ended too.
    """

    pid: int
    start_time: int
    ending: bool = False


class Exited(Instance, frozen=True, kw_only=True):
    """A process ended, and all that it had started; `status` is its exit status, or minus its signal.

    `strays` counts the processes that it left behind and that were ended after it.
    """

    id: int
    pid: int
    status: int
    strays: int = 0


class Held(Message, frozen=True, kw_only=True):
    """`count` of the descriptors that come with this packet, in order, belong to `key`."""

    key: str
    count: int


class Welcome(Message, frozen=True, kw_only=True):
    """The answer to Hello, in as many packets as it takes; `more` says that another follows.

    Until `preloaded`, commands are started and forks wait; Preloaded follows.
    """

    pid: int
    start_time: int
    version: str
    protocol: int = PROTOCOL
    children: list[Child] = []
    exits: list[Exited] = []
    held: list[Held] = []
    preload_error: str | None = None
    preloaded: bool = True
    more: bool = False


class Preloaded(Message, frozen=True, kw_only=True):
    """Apps can be forked from now on; with an `error` they cannot, and only commands are started."""

    error: str | None = None


class Refused(Message, frozen=True, kw_only=True):
    """The controller may not, or no longer, speak; the connection ends with this."""

    reason: str
    generation: int


class Started(Child, frozen=True, kw_only=True):
    """A Fork or Spawn was carried out."""


class StartFailed(Instance, frozen=True, kw_only=True):
    """A Fork or Spawn was not carried out. Kinds: locked, not_held, not_served, os."""

    kind: str
    reason: str


class HoldFailed(Message, frozen=True, kw_only=True):
    """Descriptors for `key` did not arrive; what was held before stays."""

    key: str
    reason: str


Request = Hello | Hold | Release | Keep | Fork | Spawn | Ack | Shutdown
Notification = Started | StartFailed | Exited | HoldFailed | Preloaded | Refused
Reply = Welcome | Notification

Key = tuple[str, int, int]
"""An app, a slot and a life: one instance."""


def marker(instance: Instance) -> str:
    """Return the value of MARKER for an instance."""
    return f"{instance.app}.{instance.slot}.{instance.life}"


def marked(text: str) -> Key | None:
    """Return the instance that a value of MARKER names; None when it names none."""
    parts = text.rsplit(".", 2)
    if len(parts) != 3 or not parts[0] or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return parts[0], int(parts[1]), int(parts[2])


_encoder = msgspec.msgpack.Encoder()
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode


def encode(message: Message) -> bytes:
    """Return the packet of `message`; raises MessageTooLarge."""
    packet = _encoder.encode(message)
    if len(packet) > PACKET_MAX:
        raise MessageTooLarge(f"{type(message).__name__} takes {len(packet)} bytes of {PACKET_MAX}")
    return packet
