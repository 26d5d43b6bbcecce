#!/usr/bin/env python3
"""Writes pair_moments_cases.cpp: E[(phi(u) - phi(v))^2] / 2 and E[phi'(u) phi'(v)] for u, v of
variance q and correlation 1 - gap.

Needs numpy. Gauss-Legendre panels in both directions, refined towards every kink, the inner ones
along the kink's line; exact to about 1e-13. The formulas are written here again, not taken from the
program.
"""
import math

import numpy as np

import cases_file

SCALE, ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
REACH = 12.0  # standard deviations
BULK = np.linspace(-REACH, REACH, 25)

erf = np.vectorize(math.erf)
erfc = np.vectorize(math.erfc)


def logistic(x):
    e = np.exp(-np.abs(x))
    return np.where(x > 0, 1 / (1 + e), e / (1 + e))


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def sech2(x):
    e = np.exp(-2 * np.abs(x))
    return 4 * e / (1 + e)**2


def density(x):
    return np.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def cdf(x):
    return erfc(-x / math.sqrt(2)) / 2


def gelu_tanh_gate(x):
    return logistic(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))


def gelu_tanh_slope(x):
    gate = gelu_tanh_gate(x)
    inner = 2 * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)
    return gate + x * gate * (1 - gate) * inner


def negative(f, x):
    return f(np.minimum(x, 0))


# name: (value, derivative, points where either is not smooth)
ACTIVATIONS = {
    "relu6": (lambda x: np.clip(x, 0, 6), lambda x: ((x > 0) & (x < 6)) * 1.0, [0, 6]),
    "elu": (lambda x: np.where(x > 0, x, negative(np.expm1, x)),
            lambda x: negative(np.exp, x), [0]),
    "selu": (lambda x: SCALE * np.where(x > 0, x, ALPHA * negative(np.expm1, x)),
             lambda x: SCALE * np.where(x > 0, 1, ALPHA * negative(np.exp, x)), [0]),
    "gelu": (lambda x: x * cdf(x), lambda x: cdf(x) + x * density(x), [0]),
    "gelu_tanh": (lambda x: x * gelu_tanh_gate(x), gelu_tanh_slope, [0]),
    "silu": (lambda x: x * logistic(x),
             lambda x: logistic(x) * (1 + x * (1 - logistic(x))), [0]),
    "mish": (lambda x: x * np.tanh(softplus(x)),
             lambda x: np.tanh(softplus(x)) + x * sech2(softplus(x)) * logistic(x), [0]),
    "tanh": (np.tanh, sech2, [0]),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x), [0]),
    "hardtanh": (lambda x: np.clip(x, -1, 1), lambda x: (np.abs(x) < 1) * 1.0, [-1, 1]),
    "softplus": (softplus, logistic, [0]),
    "softsign": (lambda x: x / (1 + np.abs(x)), lambda x: 1 / (1 + np.abs(x))**2, [0]),
}


def offsets(scale):
    """Ends of panels on both sides of 0: doubling from a quarter of `scale`."""
    ends, end = [], min(scale / 4, 1)
    while end < 2 * REACH:
        ends.append(end)
        end *= 2
    return np.array([-e for e in reversed(ends)] + [0] + ends)


def panels(edges):
    """Points and weights of the panels between sorted edges (..., n)."""
    half = (edges[..., 1:] - edges[..., :-1]) / 2
    middle = (edges[..., 1:] + edges[..., :-1]) / 2
    points = middle[..., None] + half[..., None] * NODES
    weights = half[..., None] * WEIGHTS
    shape = edges.shape[:-1] + (-1,)
    return points.reshape(shape), weights.reshape(shape)


def pair_moments(name, q, gap):
    value, slope, kinks = ACTIVATIONS[name]
    c, s, root = 1 - gap, math.sqrt(gap * (2 - gap)), math.sqrt(q)
    # Of the outer integrand: its own features, and those of the inner one, smoothed over s.
    ends = [k / (root * f) + offsets(w) for k in kinks for f in ({1, c} if c else {1})
            for w in {1 / root, s}]
    edges = np.unique(np.clip(np.concatenate([BULK, *ends]), -REACH, REACH))
    z, weight = panels(edges)
    squares, slopes = 0.0, 0.0
    for begin in range(0, z.size, 200):
        a, w = z[begin:begin + 200], weight[begin:begin + 200]
        inner = [((k / root - c * a) / s)[:, None] + offsets(1 / (root * s)) for k in kinks]
        inner.append(np.tile(BULK, (a.size, 1)))
        edges = np.sort(np.clip(np.concatenate(inner, axis=1), -REACH, REACH), axis=1)
        b, v = panels(edges)
        v = v * density(b)
        # u - v = sqrt(q) (gap z1 - s z2)
        x, y = root * a[:, None], root * (c * a[:, None] + s * b)
        outer = w * density(a)
        squares += np.sum(outer[:, None] * v * (value(x) - value(y))**2) / 2
        slopes += np.sum(outer[:, None] * v * slope(x) * slope(y))
    return squares, slopes


def main():
    lines = []
    for name in ACTIVATIONS:
        for q in (1e-4, 1.0, 100.0, 1e6):
            for gap in (1e-3, 0.5, 1.5):
                squares, slopes = pair_moments(name, q, gap)
                lines.append(f'      {{"{name}", {q:g}, {gap:g}, {squares:.13g}, {slopes:.13g}}},\n')
    cases_file.write("make_pair_moments.py", "pair_moments_cases.h", "PairMomentCase",
                     "pair_moment_cases", lines)


if __name__ == "__main__":
    main()
