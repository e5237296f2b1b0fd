"""Widgets that work with a kernel (as ipywidgets) and without (their JavaScript does the sums)."""

from mlsan.widgets.calibration_bench import CalibrationBench, nearest_mean_accuracy

__all__ = ["CalibrationBench", "nearest_mean_accuracy"]
