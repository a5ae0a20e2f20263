"""Lock-free queues and an event collector."""
