"""Models in and out: published folders into headwork's own form, and back, and into ONNX."""
