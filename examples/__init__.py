"""Programs that show lockfree at work; run from the repository's root."""
