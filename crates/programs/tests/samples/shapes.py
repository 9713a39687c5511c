import math
from dataclasses import dataclass
from typing import Optional


@dataclass
class Point:
    x: float
    y: float = 0.0

    def __add__(self, other: "Point") -> "Point":
        return Point(self.x + other.x, self.y + other.y)

    def distance(self, other):
        return math.sqrt((self.x - other.x) ** 2 + (self.y - other.y) ** 2)


class Shape:
    count = 0

    def __init__(self, name: str, corners: Optional[list[Point]] = None) -> None:
        super().__init__()
        self.name = name
        self.corners = corners if corners is not None else []
        Shape.count += 1

    @property
    def perimeter(self) -> float:
        total = 0
        for i in range(len(self.corners)):
            total += self.corners[i].distance(self.corners[(i + 1) % len(self.corners)])
        return total

    @classmethod
    def square(cls, side: float, origin=Point(0, 0)):
        return cls(
            "square",
            [
                origin,
                origin + Point(side, 0),  # right
                origin + Point(side, side),
                origin + Point(0, side),
            ],
        )

    @staticmethod
    def bounds(points, pad=0):
        xs = [p.x for p in points]
        ys = [p.y for p in points]
        return (min(xs) - pad, min(ys) - pad), (max(xs) + pad, max(ys) + pad)


def area(points):
    total = 0.0
    for a, b in zip(points, points[1:] + points[:1]):
        total += a.x * b.y - b.x * a.y
    return abs(total) / 2


def inside(point, *, low=Point(0, 0), high):
    return low.x <= point.x < high.x and low.y <= point.y < high.y


def centre(points):
    assert points, "no points"
    n = len(points)
    return Point(sum(p.x for p in points) / n, sum(p.y for p in points) / n)
