"""Inputs of encoders."""

import numpy as np


def token_feeds(batch, seq, vocabulary, seed=0):
    """Random tokens with ragged padding: every row has its own length, at least one token."""
    generator = np.random.default_rng([seed, batch, seq])
    lengths = generator.integers(1, seq + 1, batch)
    lengths[0] = seq
    mask = (np.arange(seq) < lengths[:, None]).astype(np.int64)
    ids = generator.integers(1, vocabulary, (batch, seq)) * mask
    return {"input_ids": ids.astype(np.int64), "attention_mask": mask}
