"""What touches the operating system: one thing per module, and no decisions."""
