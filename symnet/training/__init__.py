"""Training: initializers, optimizers, metrics, callbacks, stores, and the loop."""
