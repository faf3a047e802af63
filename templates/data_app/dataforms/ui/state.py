"""What one browser tab sees and does. Every handler asks the database and turns the answer into `shapes`.

The one State class of an app, put together from a mixin a subject: its name is part of every bundle.
"""

import reflex as rx

from dataforms.ui.state_board import BoardState
from dataforms.ui.state_calendar import CalendarState
from dataforms.ui.state_dashboard import DashboardState
from dataforms.ui.state_filters import FilterState
from dataforms.ui.state_import import ImportState
from dataforms.ui.state_people import PeopleState
from dataforms.ui.state_syncs import SyncState


class Ui(
    SyncState, BoardState, CalendarState, DashboardState, FilterState, ImportState, PeopleState, rx.State
):
    """All that the pages know of one tab."""
