"""Words that everything stands on: errors, types, devices, names, the log, paths, parameters."""
