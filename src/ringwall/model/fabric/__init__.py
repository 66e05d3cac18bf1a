"""The AWS network: interfaces, the gates before them, and how packets go on between them."""
