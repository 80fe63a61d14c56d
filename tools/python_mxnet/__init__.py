"""What `record_python_mxnet.py` records, one module for each file it writes."""
