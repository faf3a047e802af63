"""What schemathesis does not know of the registry of formats of OpenAPI; it loads this."""

import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format("date-time-local", st.datetimes().map(lambda moment: moment.isoformat()))
schemathesis.openapi.format("time-local", st.times().map(lambda moment: moment.isoformat()))
