"""What a data flow has delivered through the data door, where the other side reads."""
