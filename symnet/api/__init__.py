"""The flat namespace: what `import symnet as mx` offers beside classes and operators."""
