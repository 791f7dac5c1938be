#!/usr/bin/env python3
"""Embeds sentences with a BERT-like encoder: embed.py MODEL.onnx TOKENIZER.json SENTENCE…

Prints how alike each pair of sentences is. Needs the packages attune and numpy only.
"""

import sys

import attune
import numpy as np
from wordpiece import WordPiece


def embed(model, ids, mask):
    """The mean over the tokens that are no padding, at length one."""
    hidden = model(ids, mask)
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    path, tokenizer, *sentences = sys.argv[1:]
    try:
        model = attune.compile(path)
        vectors = embed(model, *WordPiece(tokenizer).encode(sentences))
    except attune.Error as error:
        sys.exit(f"{path}: {error}")
    for row in vectors @ vectors.T:
        print(" ".join(f"{value:.4f}" for value in row))


if __name__ == "__main__":
    main()
