"""The same training as a PyTorch user writes it: modules in a Sequential, statistics of every layer
on logged steps from hooks, torch.optim.SGD, data already in memory as one tensor."""

import collections
import json
import struct

import torch
import torch.nn.functional as functional

import rows


def read_safetensors(path):
    """Tensors by name."""
    content = path.read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length].decode("utf-8"))
    header.pop("__metadata__", None)
    data = bytearray(content[8 + length:])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = values.reshape(entry["shape"]).clone()
    return tensors


def network(row):
    """A Sequential whose modules with weights have the names that initbench gives its layers."""
    modules, channels, side, features = collections.OrderedDict(), 1, row.side, None
    counts = collections.Counter()

    def add(module, name=None):
        modules[name or "plain%d" % len(modules)] = module

    for layer in rows.single_layers(row):
        if layer["type"] == "conv2d":
            padding = layer["kernel"] // 2 if layer["padding"] == "same" else 0
            counts["conv"] += 1
            add(torch.nn.Conv2d(channels, layer["channels"], layer["kernel"], padding=padding),
                "conv%d" % counts["conv"])
            add(torch.nn.ReLU())
            side += 2 * padding - layer["kernel"] + 1
            channels = layer["channels"]
        elif layer["type"] == "max_pool2d":
            add(torch.nn.MaxPool2d(layer["size"]))
            side //= layer["size"]
        else:
            if features is None:
                add(torch.nn.Flatten())
                features = channels * side * side
            units = layer.get("units", rows.CLASSES)
            linear = torch.nn.Linear(features, units)
            features = units
            if layer["type"] == "dense":
                counts["dense"] += 1
                add(linear, "dense%d" % counts["dense"])
                add(torch.nn.ReLU())
            else:
                add(linear, "output")
    return torch.nn.Sequential(modules)


class Watch:
    """Hooks that keep what logged steps need: z, its gradient, and the activation."""

    def __init__(self, model):
        self.on = False
        self.layers = []  # (module, record)
        children = list(model.children())
        for place, module in enumerate(children):
            if not isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)):
                continue
            record = {}
            self.layers.append((module, record))
            module.register_forward_hook(self.keeper(record, "z", True))
            if place + 1 < len(children) and isinstance(children[place + 1], torch.nn.ReLU):
                children[place + 1].register_forward_hook(self.keeper(record, "a", False))

    def keeper(self, record, name, with_gradient):
        def keep(_module, _inputs, output):
            if self.on:
                if with_gradient:
                    output.retain_grad()
                record[name] = output
        return keep

    def statistics(self):
        """The columns of layers.csv that need activations and gradients, as numbers."""
        table = []
        with torch.no_grad():
            for module, record in self.layers:
                z, a = record["z"], record.get("a", record["z"])
                units = a.transpose(0, 1).reshape(a.shape[1], -1)
                z_var, z_mean = torch.var_mean(z, unbiased=False)
                a_var, a_mean = torch.var_mean(a, unbiased=False)
                delta = z.grad
                table.append(torch.stack((
                    z_mean, z_var, z.square().mean(), a_mean, a_var, a.square().mean(),
                    (a == 0).float().mean(), (units == 0).all(1).float().mean(),
                    (delta.norm() * len(delta) ** 0.5), module.weight.grad.norm(),
                    module.bias.grad.norm(), module.weight.norm(),
                    module.weight.std(unbiased=False))).tolist())
                record.clear()
        return table


class Training:
    def __init__(self, row, weights, inputs, labels, lr, memory_format=torch.contiguous_format):
        self.row, self.labels = row, labels
        self.inputs = inputs.to(memory_format=memory_format)
        self.model = network(row).to(memory_format=memory_format)
        if weights is not None:
            self.model.load_state_dict(weights)
        self.watch = Watch(self.model)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=lr)
        self.step = 0

    def run(self, steps):
        """Trains for so many steps; the losses of logged ones and the rows of statistics."""
        losses, table = [], []
        batches = len(self.labels) // self.row.batch
        for _ in range(steps):
            begin = self.step % batches * self.row.batch
            chosen = slice(begin, begin + self.row.batch)
            self.watch.on = self.step % self.row.log_every == 0
            loss = functional.cross_entropy(self.model(self.inputs[chosen]), self.labels[chosen])
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if self.watch.on:
                losses.append(loss.item())
                table.append(self.watch.statistics())
                before = [module.weight.detach().clone() for module, _ in self.watch.layers]
            self.optimizer.step()
            if self.watch.on:
                with torch.no_grad():
                    for (module, _), old, own in zip(self.watch.layers, before, table[-1]):
                        own.append(((module.weight - old).norm() / old.norm()).item())
            self.step += 1
        return losses, table
