"""Providers of CSV files, and columns of Arrow tables."""
