"""What somebody reads before a migration is applied, and the hash with which it is then agreed to. Pure."""

import hashlib
from typing import Literal

import msgspec

from dataforms.digest import digest_of
from dataforms.migrate.difference import Difference, Question
from dataforms.migrate.files import Accepted, slug_of
from dataforms.migrate.renames import written
from dataforms.migrate.report import Loss, Obstacle, Report
from dataforms.migrate.steps import AnyStep, told


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One step in words: `+`, `-` or `~`, what it is about, what happens to that."""

    mark: Literal["+", "-", "~"]
    about: str
    change: str


class Plan(msgspec.Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A migration that was tried on a copy of the data, and not applied."""

    name: str
    """What its file will be called; empty when there is nothing to do."""
    from_: str
    to: str
    renames: dict[str, str]
    changes: tuple[Told, ...]
    questions: tuple[Question, ...]
    """Those without an answer count as removed and added."""
    losses: tuple[Loss, ...]
    """What has to be agreed to."""
    obstacles: tuple[Obstacle, ...]
    """What makes it impossible."""
    hash: str
    """Of all this; an update that names it does this and nothing else."""
    steps: tuple[AnyStep, ...]

    @property
    def accepted(self) -> tuple[Accepted, ...]:
        """The losses as a file keeps them."""
        return tuple(Accepted(kind=loss.kind, name=loss.name, rows=loss.rows) for loss in self.losses)


def plan_of(way: Difference, report: Report, number: int) -> Plan:
    """Return the plan of migration `number` that goes this way and costs this."""
    plan = Plan(
        name=f"{number:04}_{slug_of(way.steps)}" if way.steps else "",
        from_=digest_of(way.old),
        to=digest_of(way.new),
        renames=written(way.renames),
        changes=tuple(
            Told(mark=mark, about=about, change=change) for mark, about, change in map(told, way.steps)
        ),
        questions=way.questions,
        losses=report.losses,
        obstacles=report.obstacles,
        hash="",
        steps=way.steps,
    )
    return msgspec.structs.replace(plan, hash=_hash(plan))


def _hash(plan: Plan) -> str:
    """Return the hash of what a plan does; examples, which are found in any order, are not part of it."""
    costs = (
        *((each.kind, each.name, each.rows) for each in plan.losses),
        *((each.kind, each.name, each.rows) for each in plan.obstacles),
    )
    said = (plan.name, plan.from_, plan.to, plan.renames, plan.steps, costs)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:16]
