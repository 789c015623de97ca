"""The registry's interface as web3 wants it."""

import json
from importlib import resources


def load_abi():
    return json.loads(
        resources.files("protocol.abi").joinpath("RootsealRegistry.json").read_text("utf-8")
    )["abi"]
