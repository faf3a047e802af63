"""The app. It shows what appspec.json describes; this file is yours to change.

Add pages of your own below, for example:

    app.add_page(lambda: rx.heading("Hello"), route="/hello", title="Hello")
"""

from dataforms.app import create_app

app = create_app()
