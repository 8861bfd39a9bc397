"""Commands and examples as the documents tell them."""

from sam_macro import ROOT


def block(document, text):
    """The block of code in a document that has this text in it."""
    parts = (ROOT / document).read_text().split("\n```")
    blocks = [part.split("\n", 1)[1] for part in parts[1::2] if text in part]
    assert len(blocks) == 1, f"{document} has {len(blocks)} blocks with {text}"
    return blocks[0]
