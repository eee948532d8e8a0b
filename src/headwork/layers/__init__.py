"""Parts that several models share: embeddings, recurrence, convolution, pooling, the Transformer core."""
