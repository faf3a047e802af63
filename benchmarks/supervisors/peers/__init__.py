"""Every supervisor that is compared, by name, in the order of the tables."""

from benchmarks.supervisors.adapter import Adapter
from benchmarks.supervisors.peers.circus import Circus
from benchmarks.supervisors.peers.daemontools import Daemontools
from benchmarks.supervisors.peers.ours import Protoddfd
from benchmarks.supervisors.peers.pm2 import Pm2
from benchmarks.supervisors.peers.raw import RawC, RawPython
from benchmarks.supervisors.peers.runit import Runit, RunitLog
from benchmarks.supervisors.peers.s6 import S6, S6Log
from benchmarks.supervisors.peers.supervisord import Supervisord

OURS = Protoddfd.name
ADAPTERS: dict[str, type[Adapter]] = {
    each.name: each
    for each in (
        *(RawC, RawPython, Supervisord, Circus, Pm2),
        *(S6, S6Log, Runit, RunitLog, Daemontools, Protoddfd),
    )
}
