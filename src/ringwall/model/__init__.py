"""What the facts mean: endpoints with their addresses, and the gates and links between them."""
