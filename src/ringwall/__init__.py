"""Ringwall finds every open way into and inside an Amazon EKS cluster."""

TYPE_CHECKING = False  # typing's, without the time that its import takes
if TYPE_CHECKING:
    from ringwall.net import Net

__version__ = "0.1.0"


def load(*targets: str) -> "Net":
    """The network that files and folders tell of.

    ``net.reach(...)``, ``net.explain(...)``, ``net.with_change(...)`` and ``net.diff(other)`` ask
    it. Raises InputError where nothing of the targets could be read.
    """
    from ringwall import pipeline
    from ringwall.net import Net

    return Net(pipeline.read(targets).facts)
