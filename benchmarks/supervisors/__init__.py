"""Process supervisors side by side, ours among them, in one run on one machine."""
