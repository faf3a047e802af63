"""Pages besides tables and forms: details, boards, calendars, galleries, dashboards."""
