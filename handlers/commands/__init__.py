"""What control planes say: one write path, whichever door it came through."""
