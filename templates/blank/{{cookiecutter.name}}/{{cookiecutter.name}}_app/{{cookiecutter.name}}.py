"""The app: one page, with a state of its own in every browser tab. All of it is yours to change."""

import reflex as rx


class Counter(rx.State):
    """What one browser tab counts."""

    count: int = 0

    @rx.event
    def add(self) -> None:
        """Count one more."""
        self.count += 1


def index() -> rx.Component:
    """Return the page at /."""
    return rx.container(
        rx.vstack(
            rx.heading("{{ cookiecutter.name }}", size="8"),
            rx.text("Edit ", rx.code("{{ cookiecutter.name }}_app/{{ cookiecutter.name }}.py"), ", then restart the app."),
            rx.button("Count: ", Counter.count, on_click=Counter.add),
            spacing="5",
            min_height="85vh",
            justify="center",
        ),
    )


app = rx.App()
app.add_page(index, route="/", title="{{ cookiecutter.name }}")
