"""What boards, calendars, galleries and dashboards are where a spec names none, and what they ask."""
