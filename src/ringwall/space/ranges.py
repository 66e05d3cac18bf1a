"""Sets of integers as sorted, disjoint ranges that do not touch; every operation is one sweep."""

from bisect import bisect_right
from collections.abc import Iterable
from math import inf
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""(low, high) pairs, both ends included, in one canonical form: equal sets are equal tuples."""


def merged(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """The canonical form of pairs in any order, overlapping or touching. Each has low <= high."""
    done: list[tuple[int, int]] = []
    last, end = 0, -2
    for low, high in sorted(pairs):
        if done and low <= end + 1:
            if high > end:
                end = high
                done[-1] = (last, end)
        else:
            done.append((low, high))
            last, end = low, high
    return tuple(done)


def union(a: Ranges, b: Ranges) -> Ranges:
    """What lies in either."""
    if not a or not b:
        return a or b
    return merged((*a, *b))  # sorting two sorted runs is one linear merge


def intersection(a: Ranges, b: Ranges) -> Ranges:
    """What lies in both."""
    done: list[tuple[int, int]] = []
    i = j = 0
    while i < len(a) and j < len(b):
        low = max(a[i][0], b[j][0])
        high = min(a[i][1], b[j][1])
        if low <= high:
            done.append((low, high))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return tuple(done)


def difference(a: Ranges, b: Ranges) -> Ranges:
    """What lies in ``a`` and not in ``b``."""
    if not a or not b:
        return a
    done: list[tuple[int, int]] = []
    j = 0
    for low, high in a:
        while j < len(b) and b[j][1] < low:
            j += 1
        at = j
        while at < len(b) and b[at][0] <= high:
            if b[at][0] > low:
                done.append((low, b[at][0] - 1))
            low = b[at][1] + 1
            at += 1
        if low <= high:
            done.append((low, high))
        j = max(j, at - 1)
    return tuple(done)


def subset(a: Ranges, b: Ranges) -> bool:
    """Whether all of ``a`` lies in ``b``."""
    j = 0
    for low, high in a:
        while j < len(b) and b[j][1] < low:
            j += 1
        if j == len(b) or b[j][0] > low or b[j][1] < high:
            return False
    return True


def holds(a: Ranges, value: int) -> bool:
    """Whether one integer lies in it; a bisection."""
    i = bisect_right(a, (value, inf)) - 1
    return i >= 0 and value <= a[i][1]


def size(a: Ranges) -> int:
    """How many integers lie in it."""
    return sum(high - low + 1 for low, high in a)
