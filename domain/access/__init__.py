"""Who may ask, and what is noted of those who may not."""
