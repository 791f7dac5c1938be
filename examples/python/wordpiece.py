"""BERT's tokenizer in a few lines, read from a tokenizer.json: lower case, no accents, words and
punctuation apart, each word cut into the longest pieces that the vocabulary has."""

import json
import unicodedata

import numpy as np


class WordPiece:
    """encode(sentences) gives token numbers and which of them are no padding, [batch, seq] each."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.vocabulary = json.load(file)["model"]["vocab"]

    def encode(self, sentences):
        rows = [[self.vocabulary["[CLS]"], *self.pieces(text), self.vocabulary["[SEP]"]]
                for text in sentences]
        ids = np.full((len(rows), max(map(len, rows))), self.vocabulary["[PAD]"], np.int64)
        for row, tokens in zip(ids, rows):
            row[: len(tokens)] = tokens
        return ids, (np.arange(ids.shape[1]) < [[len(r)] for r in rows]).astype(np.int64)

    def pieces(self, text):
        plain = "".join(c for c in unicodedata.normalize("NFD", text.lower())
                        if unicodedata.category(c) != "Mn")
        spaced = "".join(c if c.isalnum() else f" {c} " for c in plain)
        return [piece for word in spaced.split() for piece in self.split(word)]

    def split(self, word):
        found, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            end = next((e for e in range(len(word), start, -1)
                        if mark + word[start:e] in self.vocabulary), None)
            if end is None:
                return [self.vocabulary["[UNK]"]]
            found.append(self.vocabulary[mark + word[start:end]])
            start = end
        return found
