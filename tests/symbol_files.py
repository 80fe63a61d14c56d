"""The symbol file of docs/semantics §2.10 in two dialects, shared by the tests of the file format.

It holds ``SoftmaxOutput(FullyConnected(data, num_hidden=10, name='fc1', attrs={'mood': 'calm'}),
name='softmax')``. Lines that end with a comma end with comma and space, as in every file that MXNet
wrote.
"""

WRITTEN = """\
{
  "nodes": [
    {
      "op": "null",
      "name": "data",
      "inputs": []
    },
    {
      "op": "null",
      "name": "fc1_weight",
      "attrs": {"__mood__": "calm"},
      "inputs": []
    },
    {
      "op": "null",
      "name": "fc1_bias",
      "attrs": {"__mood__": "calm"},
      "inputs": []
    },
    {
      "op": "FullyConnected",
      "name": "fc1",
      "attrs": {
        "__mood__": "calm",
        "num_hidden": "10"
      },
      "inputs": [[0, 0, 0], [1, 0, 0], [2, 0, 0]]
    },
    {
      "op": "null",
      "name": "softmax_label",
      "inputs": []
    },
    {
      "op": "SoftmaxOutput",
      "name": "softmax",
      "inputs": [[3, 0, 0], [4, 0, 0]]
    }
  ],
  "arg_nodes": [0, 1, 2, 4],
  "node_row_ptr": [0, 1, 2, 3, 4, 5, 6],
  "heads": [[5, 0, 0]],
  "attrs": {"mxnet_version": ["int", 10901]}
}""".replace(",\n", ", \n")

OLD = """\
{
  "nodes": [
    {
      "op": "null",
      "param": {},
      "name": "data",
      "inputs": [],
      "backward_source_id": -1
    },
    {
      "op": "null",
      "param": {},
      "name": "fc1_weight",
      "inputs": [],
      "backward_source_id": -1,
      "attr": {"mood": "calm"}
    },
    {
      "op": "null",
      "param": {},
      "name": "fc1_bias",
      "inputs": [],
      "backward_source_id": -1,
      "attr": {"mood": "calm"}
    },
    {
      "op": "FullyConnected",
      "param": {
        "no_bias": "False",
        "num_hidden": "10"
      },
      "name": "fc1",
      "inputs": [[0, 0], [1, 0], [2, 0]],
      "backward_source_id": -1,
      "attr": {"mood": "calm"}
    },
    {
      "op": "null",
      "param": {},
      "name": "softmax_label",
      "inputs": [],
      "backward_source_id": -1
    },
    {
      "op": "SoftmaxOutput",
      "param": {
        "grad_scale": "1",
        "ignore_label": "-1",
        "multi_output": "False",
        "use_ignore": "False"
      },
      "name": "softmax",
      "inputs": [[3, 0], [4, 0]],
      "backward_source_id": -1
    }
  ],
  "arg_nodes": [0, 1, 2, 4],
  "heads": [[5, 0]]
}""".replace(",\n", ", \n")
