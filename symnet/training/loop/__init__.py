"""The training loop: options, devices, ranks, resuming."""
