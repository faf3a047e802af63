"""Our own daemon as the comparison of supervisors drives it; and the others, where they are installed."""

import shutil

import msgspec
import pytest

from benchmarks.supervisors.adapter import Adapter, Site
from benchmarks.supervisors.build import build
from benchmarks.supervisors.install import default_peers
from benchmarks.supervisors.logs import logged
from benchmarks.supervisors.measure import QUICK, measured
from benchmarks.supervisors.peers import ADAPTERS, OURS
from benchmarks.supervisors.survival import survival

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.timeout(180)]
BRIEF = msgspec.structs.replace(
    QUICK, settle_s=0.3, calls=3, commands=1, rate_s=0.1, crashes=2, idle_s=0.0, log_bytes=20_000_000
)
OTHERS = [name for name, kind in ADAPTERS.items() if name != OURS and "survival" in kind.what]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    return Site(default_peers(), build(tmp_path_factory.mktemp("bin")))


@pytest.fixture
def kind(
    request: pytest.FixtureRequest, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> type[Adapter]:
    found: type[Adapter] = ADAPTERS[request.param]
    if not found(site, tmp_path_factory.mktemp("work")).is_installed():
        pytest.skip(f"{request.param} is not installed: python -m benchmarks.supervisors.install")
    return found


@pytest.mark.parametrize("kind", [OURS], indirect=True)
def test_ours_is_measured(site: Site, kind: type[Adapter]) -> None:
    it = measured(kind, site, 3, BRIEF)
    assert it.errors == {}
    assert set(it.memory_mib) == {"daemon", "zygote", "logger", "workers"}
    assert None not in (it.boot_s, it.start_all_s, it.stop_all_s, it.status_one_per_s)
    assert it.crashes is not None
    assert it.crashes.lost == 0


@pytest.mark.long
@pytest.mark.parametrize("kind", [OURS], indirect=True)
@pytest.mark.parametrize("parts", ADAPTERS[OURS].killed, ids="-".join)
def test_programs_survive_the_end_of_any_part_of_ours(
    site: Site, kind: type[Adapter], parts: tuple[str, ...]
) -> None:
    it = survival(kind, site, 3, parts, BRIEF)
    assert (it.alive, it.kept, it.doubles, it.missing, it.restarts, it.told_right) == (3, 2, 0, 0, 1, 3)
    assert it.lines is not None
    assert it.lines.twice == 0
    assert it.lines.lost == (it.lines.lost_of_killed if "logger" in parts else 0)


@pytest.mark.long
@pytest.mark.parametrize("kind", [OURS], indirect=True)
def test_every_line_gets_into_our_files(site: Site, kind: type[Adapter]) -> None:
    it = logged(kind, site, BRIEF)
    assert (it.lost, it.split, it.in_order) == (0, 0, True)


@pytest.mark.long
@pytest.mark.parametrize("kind", OTHERS, indirect=True)
def test_every_other_supervisor_is_measured(site: Site, kind: type[Adapter]) -> None:
    it = measured(kind, site, 3, BRIEF)
    assert it.errors == {}
    assert it.crashes is not None
    assert it.crashes.lost == 0
    assert None not in (it.boot_s, it.start_all_s, it.stop_all_s, it.status_all_s, it.status_one_per_s)
