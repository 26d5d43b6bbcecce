#!/usr/bin/env python3
"""Writes gaussian_moments_cases.cpp: E[phi^2] and E[phi'^2] under N(0, q), by mpmath with 30 digits.

Needs mpmath. The formulas are written here again, not taken from the program.
"""
from mpmath import (cos, erf, exp, expm1, log1p, mp, mpf, pi, quad, sin, sqrt, tanh)

import cases_file

mp.dps = 30
SCALE, ALPHA = mpf("1.0507009873554804934193349852946"), mpf("1.6732632423543772848170429916717")


def logistic(x):
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def softplus(x):
    return x + log1p(exp(-x)) if x > 0 else log1p(exp(x))


def gelu_tanh_gate(x):
    return logistic(2 * sqrt(2 / pi) * (x + mpf("0.044715") * x**3))


def gelu_tanh_slope(x):
    gate = gelu_tanh_gate(x)
    return gate + x * gate * (1 - gate) * 2 * sqrt(2 / pi) * (1 + 3 * mpf("0.044715") * x**2)


def sech2(x):
    e = exp(-2 * abs(x))
    return 4 * e / (1 + e)**2


def density(x):
    return exp(-x * x / 2) / sqrt(2 * pi)


def cdf(x):
    return (1 + erf(x / sqrt(2))) / 2


# name: (value, derivative, points where either is not smooth)
ACTIVATIONS = {
    "linear": (lambda x: x, lambda x: mpf(1), []),
    "relu": (lambda x: max(x, 0), lambda x: mpf(x > 0), [0]),
    "leaky_relu": (lambda x: x if x > 0 else x / 100, lambda x: mpf(1) if x > 0 else mpf("0.01"),
                   [0]),
    "prelu": (lambda x: x if x > 0 else x / 4, lambda x: mpf(1) if x > 0 else mpf("0.25"), [0]),
    "relu6": (lambda x: min(max(x, 0), 6), lambda x: mpf(0 < x < 6), [0, 6]),
    "elu": (lambda x: x if x > 0 else expm1(x), lambda x: mpf(1) if x > 0 else exp(x), [0]),
    "selu": (lambda x: SCALE * (x if x > 0 else ALPHA * expm1(x)),
             lambda x: SCALE * (mpf(1) if x > 0 else ALPHA * exp(x)), [0]),
    "gelu": (lambda x: x * cdf(x), lambda x: cdf(x) + x * density(x), []),
    "gelu_tanh": (lambda x: x * gelu_tanh_gate(x), gelu_tanh_slope, []),
    "silu": (lambda x: x * logistic(x),
             lambda x: logistic(x) * (1 + x * (1 - logistic(x))), []),
    "mish": (lambda x: x * tanh(softplus(x)),
             lambda x: tanh(softplus(x)) + x * sech2(softplus(x)) * logistic(x), []),
    "tanh": (tanh, sech2, []),
    "sigmoid": (logistic, lambda x: logistic(x) * logistic(-x), []),
    "hardtanh": (lambda x: min(max(x, -1), 1), lambda x: mpf(abs(x) < 1), [-1, 1]),
    "softplus": (softplus, logistic, []),
    "softsign": (lambda x: x / (1 + abs(x)), lambda x: 1 / (1 + abs(x))**2, [0]),
    "erf": (erf, lambda x: 2 / sqrt(pi) * exp(-x * x), []),
    "sin": (sin, cos, []),
}


def expectation(f, q, breaks):
    root = sqrt(q)
    points = {mpf(0), *[mpf(b) for b in breaks]}
    for step in (mpf(1) / 2, 1, 2, 4, 8, 16, 32):  # the features of phi
        points |= {-step, step}
    for step in range(1, 13):  # the bulk of the normal law
        points |= {-step * root, step * root}
    reach = 12 * root
    inner = sorted(p for p in points if abs(p) <= reach)
    return quad(lambda x: f(x) * density(x / root) / root, inner)


def moments(name, q):
    value, slope, breaks = ACTIVATIONS[name]
    if name == "sin":  # oscillates too fast for quadrature
        return (1 - exp(-2 * q)) / 2, (1 + exp(-2 * q)) / 2
    return (expectation(lambda x: value(x)**2, q, breaks),
            expectation(lambda x: slope(x)**2, q, breaks))


def main():
    lines = []
    for name in ACTIVATIONS:
        for power in (-8, -4, -1, 0, 1, 2, 4, 8):
            second, slope = moments(name, mpf(10)**power)
            lines.append(f'      {{"{name}", 1e{power}, {mp.nstr(second, 16)}, '
                         f"{mp.nstr(slope, 16)}}},\n")
    cases_file.write("make_gaussian_moments.py", "gaussian_moments_cases.h", "GaussianMomentCase",
                     "gaussian_moment_cases", lines)


if __name__ == "__main__":
    main()
