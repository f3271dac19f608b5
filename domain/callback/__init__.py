"""What the control plane was told, and how often we had to try."""
