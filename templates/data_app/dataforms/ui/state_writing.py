"""How a formatted text in a form would look, in a browser tab."""

from dataforms.query import Record
from dataforms.richtext import html_of
from dataforms.spec import Entity
from dataforms.ui.live import Live
from dataforms.ui.shapes import Preview
from dataforms.ui.state_app import handler
from dataforms.ui.state_form_page import FormPageState

NO_PREVIEW: Preview = {"name": "", "html": ""}


class WritingState(FormPageState, mixin=True):
    """One preview is open at a time."""

    preview: Preview = NO_PREVIEW

    @handler
    def show_preview(self, name: str, text: str) -> None:
        """Show what is typed into the input `name` as it would look; without a name, show the input again."""
        self.preview = {"name": name, "html": html_of(text) if name else ""}

    def _open_form(self, app: Live, entity: Entity, found: Record, *, page: bool = False) -> None:
        super()._open_form(app, entity, found, page=page)
        self.preview = NO_PREVIEW

    def _close_all(self) -> None:
        super()._close_all()
        self.preview = NO_PREVIEW
