"""What the visitor of a browser tab may do with the table that it shows: pages offer nothing else."""

from dataforms.spec import Entity
from dataforms.ui.live import Live
from dataforms.ui.shapes_login import May
from dataforms.ui.state_app import AppState

EVERYTHING: May = {"create": True, "update": True, "delete": True}


class RightsState(AppState, mixin=True):
    """The rights to one table; the database enforces them, and those to single records, in any case."""

    may: May = EVERYTHING

    def _allow(self, app: Live, entity: Entity) -> None:
        self.may = {
            "create": app.database.may("create", entity.name),
            "update": app.database.may("update", entity.name),
            "delete": app.database.may("delete", entity.name),
        }
