"""Policy languages: what each says, read into gates."""
