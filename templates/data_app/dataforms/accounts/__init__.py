"""Who may use an app: accounts, their sessions and tokens, and how people and programs sign in."""
