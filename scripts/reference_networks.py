"""The networks of make_reference.py: layers in initbench's config syntax, and how values are drawn."""

NETWORKS = [
    {
        "name": "deep_tanh_mlp",
        "seed": 1,
        "input": {"features": 12},
        "classes": 5,
        "batch": 16,
        "gain": 1.3,
        "model": {
            "activation": "tanh",
            "layers": [{"type": "dense", "units": 24, "repeat": 8}, {"type": "output"}],
        },
    },
    {
        "name": "selu_mlp",
        "seed": 2,
        "input": {"features": 10},
        "classes": 4,
        "batch": 16,
        "gain": 1.0,
        "model": {
            "activation": "selu",
            "layers": [{"type": "dense", "units": 28, "repeat": 6}, {"type": "output"}],
        },
    },
    {
        "name": "lenet",
        "seed": 3,
        "input": {"height": 14, "width": 14, "channels": 1},
        "classes": 10,
        "batch": 12,
        "gain": 1.41,
        "model": {
            "activation": "relu",
            "layers": [
                {"type": "conv2d", "channels": 6, "kernel": 5, "padding": "same"},
                {"type": "max_pool2d", "size": 2},
                {"type": "conv2d", "channels": 16, "kernel": 3},
                {"type": "max_pool2d", "size": 2},
                {"type": "dense", "units": 40},
                {"type": "dense", "units": 28},
                {"type": "output"},
            ],
        },
    },
    {
        # Odd sizes: "same" with a stride pads one zero more after than before.
        "name": "strided_batch_norm_cnn",
        "seed": 4,
        "input": {"height": 11, "width": 12, "channels": 2},
        "classes": 6,
        "batch": 12,
        "gain": 1.41,
        "model": {
            "activation": "relu",
            "layers": [
                {"type": "conv2d", "channels": 8, "kernel": 3, "stride": 2, "padding": "same",
                 "bias": False, "norm": "batch"},
                {"type": "conv2d", "channels": 10, "kernel": [3, 2], "stride": [2, 1],
                 "padding": "same", "bias": False, "norm": "batch"},
                {"type": "conv2d", "channels": 12, "kernel": 3, "stride": 2, "padding": 1,
                 "activation": "tanh"},
                {"type": "global_avg_pool"},
                {"type": "dense", "units": 16, "bias": False, "norm": "batch"},
                {"type": "output"},
            ],
        },
    },
    {
        "name": "residual_layer_norm_mlp",
        "seed": 5,
        "input": {"features": 14},
        "classes": 5,
        "batch": 16,
        "gain": 1.41,
        "model": {
            "activation": "gelu",
            "layers": [
                {"type": "dense", "units": 20},
                {"type": "residual", "repeat": 3, "scale": 0.5, "layers": [
                    {"type": "dense", "units": 24, "norm": "layer"},
                    {"type": "dense", "units": 20, "activation": "linear"}]},
                {"type": "residual", "shortcut": "projection", "layers": [
                    {"type": "dense", "units": 16, "norm": "layer", "activation": "silu"}]},
                {"type": "output"},
            ],
        },
    },
    {
        "name": "grouped_cnn",
        "seed": 6,
        "input": {"height": 9, "width": 9, "channels": 4},
        "classes": 5,
        "batch": 10,
        "gain": 1.41,
        "model": {
            "activation": "leaky_relu",
            "layers": [
                {"type": "conv2d", "channels": 12, "kernel": 3, "groups": 2,
                 "padding": "circular"},
                {"type": "conv2d", "channels": 12, "kernel": 3, "groups": 4, "dilation": 2,
                 "padding": "same", "activation": "elu"},
                {"type": "conv2d", "channels": 12, "kernel": [5, 3], "groups": 12,
                 "padding": [2, 0], "activation": "softplus"},
                {"type": "conv2d", "channels": 8, "kernel": 3, "dilation": [1, 2],
                 "padding": "circular", "bias": False},
                {"type": "avg_pool2d", "size": [3, 2]},
                {"type": "dense", "units": 24},
                {"type": "output"},
            ],
        },
    },
]
