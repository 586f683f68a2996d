"""A tiny image network as an ONNX file (onnx.proto3), for tests: one convolution of 1 by 1, the mean of each channel, shares of 1."""

import struct


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def message(field, body):
    body = body.encode() if isinstance(body, str) else body
    return varint(field << 3 | 2) + varint(len(body)) + body


def node(kind, inputs, output, attributes=b""):
    return b"".join(message(1, name) for name in inputs) + message(2, output) + message(3, output) + message(4, kind) + attributes


def attribute(name, kind, field, *values):
    return message(5, message(1, name) + b"".join(number(field, value) for value in values) + number(20, kind))


def value(name, sizes):
    shape = b"".join(message(1, number(1, size)) for size in sizes)
    return message(1, name) + message(2, message(1, number(1, 1) + message(2, shape)))


def classifier(rows, side=224):
    """`rows`: for each share, what red, green and blue in 0..1 add to its logit."""
    weights = b"".join(struct.pack("<f", weight) for row in rows for weight in row)
    tensor = b"".join(number(1, size) for size in (len(rows), 3, 1, 1)) + number(2, 1) + message(8, "w") + message(9, weights)
    kernel = attribute("kernel_shape", 7, 8, 1, 1)
    graph = (message(1, node("Conv", ["input", "w"], "map", kernel)) + message(1, node("GlobalAveragePool", ["map"], "mean")) +
             message(1, node("Flatten", ["mean"], "flat", attribute("axis", 2, 3, 1))) +
             message(1, node("Softmax", ["flat"], "output", attribute("axis", 2, 3, 1))) + message(2, "tiny") + message(5, tensor) +
             message(11, value("input", [1, 3, side, side])) + message(12, value("output", [1, len(rows)])))
    return number(1, 7) + message(7, graph) + message(8, message(1, "") + number(2, 11))
