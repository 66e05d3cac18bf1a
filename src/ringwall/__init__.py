"""Ringwall finds every open way into and inside an Amazon EKS cluster."""

__version__ = "0.1.0"
