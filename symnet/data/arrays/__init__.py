"""Providers of what is in memory: arrays, tables, torch datasets, MNIST."""
