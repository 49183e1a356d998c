r"""k-means: each point joins its nearest centre, each centre moves to the mean of its points.

Arthur & Vassilvitskii (2007), "k-means++: the advantages of careful seeding", Proceedings of the
18th ACM-SIAM Symposium on Discrete Algorithms, 1027-1035. The two half-steps are Lloyd's, of 1957
(doi:10.1109/TIT.1982.1056489).

    D_i^2 = \min_j \lVert x_i - \mu_j \rVert^2          (1)  to the nearest centre so far
    p_i = D_i^2 / \sum_l D_l^2                          (2)  chance to be the next centre
    z_i = \arg\min_j \lVert x_i - \mu_j \rVert^2        (3)  assign
    \mu_j = \frac{1}{n_j} \sum_{z_i = j} x_i            (4)  update: the mean of the points of j
    J = \sum_i \lVert x_i - \mu_{z_i} \rVert^2          (5)  inertia: neither half adds to it

Where: points your points; k centres; seeding first centres; centroids your centres; scaled equal
spread; iterations iterations; data your table; image your image; seed seed; xy points; z nearest
centre; p chance to be the next centre; mu centres; ways ways of the centres; field whose region it
is; over part of the plane; axes axes; inertia inertia; sizes points of each centre; names centres;
iteration iterations finished; said this half-step; picture the image in k colours.

What to watch: Both half-steps lower the inertia, yet where it ends depends on where it began.

Try: seeding=first  what if the first points that come are the centres?
Try: points=moons k=2  does it find the two moons?
Try: image=china k=8  how few colours make a photograph?
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

import numpy as np

import mlwidgets as ml

from .clusters import Figure, Seen, read
from .many import Floats, Groups, Ints, lifted, nearest, squared

BLOBS, NONE = ml.Points("blobs:300"), ml.Points()
Drawn = Annotated[ml.Points, ml.PointsKind(least=1)]
NOTHING = "Assign: nothing changes any more."
Seeding = Literal["k-means++", "random", "first"]


class Half(Seen):
    said: str


class Clusters(NamedTuple):
    """What a finished run has found: centres (k, d), the centre of each point (n,), the inertia."""

    mu: Floats
    z: Ints
    J: float


def seeds(X: Floats, k: int, seeding: Seeding, seed: int) -> Iterator[tuple[int, Floats]]:
    """The first centres one by one, each a point, and the chance p that each point had."""
    rng = np.random.default_rng(seed)
    p = np.full(len(X), 1 / len(X))
    D2 = np.full(len(X), np.inf)
    for j in range(k):
        i = j if seeding == "first" else int(rng.choice(len(X), p=p))
        yield i, p
        if seeding == "k-means++":
            D2 = np.minimum(D2, squared(X, X[i]))  # (1)
            D2[i] = 0
            p = D2 / D2.sum() if D2.any() else p  # (2)
        elif seeding == "random":
            p = np.where(np.arange(len(X)) == i, 0, p)
            p = p / (p.sum() or 1)


@ml.algorithm(
    ml.Scatter(
        *("xy", "Points", "and the centres they join"),
        labels="z",
        values="p",
        marks="mu",
        trail="ways",
        axes="axes",
        field="field",
        over="over",
        draws="points",
        moves="centroids",
        wide=True,
    ),
    ml.Words("said", "This half-step"),
    ml.Picture("picture", "The image", "in as many colours"),
    ml.Line("inertia", title="Inertia", note="sum of squared distances", hue="error"),
    ml.Bars("sizes", "Points of each centre", labels="names", lo=0),
    step="half-step",
)
def kmeans(
    points: Annotated[Drawn, ml.Unless("data"), ml.Unless("image")] = BLOBS,
    k: Annotated[int, ml.Range(1, 64)] = 5,
    seeding: Seeding = "k-means++",
    centroids: ml.Live[Annotated[ml.Points, ml.PointsKind(most=64)]] = NONE,
    scaled: bool = False,
    iterations: Annotated[int, ml.Range(1, 300)] = 50,
    data: Annotated[ml.Table | None, ml.Unless("image")] = None,
    image: Annotated[ml.Image, ml.ImageKind(channels=3)] | None = None,
    seed: ml.Seed = 0,
) -> ml.Frames[Half]:
    cloud = read(points, data, image, scaled)
    X = cloud.X
    k = min(k, len(X))  # while points are drawn there are few
    figure, hand = Figure(cloud, k), centroids
    unlike = f" Your {len(hand)} centres are not {k}: they are left out." * bool(hand)
    mu = np.full((k, X.shape[1]), np.nan)

    def taken(now: ml.Points) -> bool:
        """Has a hand moved the centres?"""
        nonlocal hand, mu
        if now is hand or len(now) != k:
            return False
        hand, mu = now, cloud.moved(mu, now.xy)
        return True

    if len(hand) == k:
        mu = cloud.moved(np.zeros_like(mu), hand.xy)
    else:
        now = yield Half(**figure.frame(mu), said=f"{cloud.said}, and no centre yet.{unlike}")
        for j, (i, p) in enumerate(seeds(X, k, seeding, seed)):
            mu[j] = X[i]
            chance = f"a point whose chance was {p[i]:.2g}"
            first = seeding == "first"
            said = f"Centre {j + 1} of {k}: {'the next point that came' if first else chance}."
            now = yield Half(**figure.frame(mu, p=None if first else p), said=said)
        taken(now)

    L, groups, iteration = lifted(X), Groups(X, k), 0
    while True:
        z = nearest(L, mu)  # (3)
        changed = groups.join(z)
        said = f"Assign: {changed:,} points change." if changed else NOTHING
        J = groups.inertia(mu)  # (5)
        if taken((yield Half(**figure.frame(mu, z, J, iteration), said=said))):
            continue
        if not changed or iteration == iterations:
            return Clusters(mu + cloud.mean, z, J)
        before, lost = mu, groups.rescue(mu)
        n = groups.n[:, None]
        mu = np.where(n > 0, groups.S / np.maximum(n, 1), mu)  # (4)
        far, iteration = float(np.sqrt(squared(mu, before).max())), iteration + 1
        said = f"Update: centres move by up to {far:.3g}."
        for j in lost:
            said += f" Centre {j + 1} had lost all its points: it takes the farthest."
        J = groups.inertia(mu)  # (5)
        taken((yield Half(**figure.frame(mu, z, J, iteration), said=said)))
