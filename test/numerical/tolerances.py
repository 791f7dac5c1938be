"""How far a kernel may be from the same computation in double: every bound, with its reason.

u is the unit roundoff of the element type (half the distance from 1 to the next number).
Bounds are worst cases of rounding, so they hold for any order of summation and any
vectorisation; a wrong formula or a wrong element is far outside them.
"""

import ml_dtypes
import numpy as np

# Half an ulp at 1, and the smallest positive number that is not subnormal.
UNIT = {
    np.dtype(np.float64): 2.0**-53,
    np.dtype(np.float32): 2.0**-24,
    np.dtype(np.float16): 2.0**-11,
    np.dtype(ml_dtypes.bfloat16): 2.0**-8,
}
TINY = {
    np.dtype(np.float64): 2.0**-1022,
    np.dtype(np.float32): 2.0**-126,
    np.dtype(np.float16): 2.0**-14,
    np.dtype(ml_dtypes.bfloat16): 2.0**-126,
}

# exp, tanh, erf from libm or a polynomial: the worst measured error is below 5 ulp = 10 u.
FUNCTION = 10


def unit(dtype):
    return UNIT[np.dtype(dtype)]


def elementwise(dtype, value, operations=1):
    """`operations` roundings of numbers no larger than the result."""
    return operations * unit(dtype) * np.abs(value) + TINY[np.dtype(dtype)]


def activation(dtype, x, value):
    """A product of x and a function whose absolute error is FUNCTION · u of a number ≤ 2.

    Half precision is computed in float and rounded once; its u is larger than all of that.
    """
    return (FUNCTION + 6) * unit(dtype) * (np.abs(x) + np.abs(value)) + TINY[np.dtype(dtype)]


def summed(dtype, length, magnitude):
    """A sum of `length` rounded terms: length · u · Σ|terms| (Higham 2002, §3.1, (3.5))."""
    return (length + 2) * unit(dtype) * magnitude + TINY[np.dtype(dtype)]


def multiplied(dtype, length, value):
    """A product of `length` factors: length · u · |product|."""
    return (length + 1) * unit(dtype) * np.abs(value) + TINY[np.dtype(dtype)]


def softmax(dtype, length, spread, value):
    """x − max is rounded (|x − max| · u in the exponent), exp is a function, the sum has
    `length` terms of one sign, then one division. Half precision sums in float."""
    inner = unit(dtype) if unit(dtype) < 2.0**-20 else 2.0**-24
    relative = (spread + 2 * FUNCTION + length + 4) * inner + 2 * unit(dtype)
    return relative * np.abs(value) + TINY[np.dtype(dtype)]


def norm(dtype, length, magnitude):
    """`magnitude` is max|x| / deviation · |scale| + |shift|: the mean is off by length · u ·
    max|x|, the variance relatively by about 2 length · u; half precision sums in float."""
    inner = unit(dtype) if unit(dtype) < 2.0**-20 else 2.0**-24
    return ((4 * length + 16) * inner + 2 * unit(dtype)) * magnitude + TINY[np.dtype(dtype)]
