"""Classes with one race each, and their twins without it. Each file: the reason, `Broken`, `Fixed`, SPEC, RULES."""
