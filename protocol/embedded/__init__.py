"""The embedded chain: an Ethereum chain of one's own, run in this process and kept in one file.

It answers the JSON-RPC methods that Rootseal asks of any node, by Prague's rules, so that the code
which runs against it is the code that runs against a public network (ADR 0009). Processes share
the file: each mines its own transactions under the file's write lock and reads the others' blocks.
Whoever can write the file can write the chain; it proves nothing to strangers.

Importing this package is cheap: the EVM (py-evm) is loaded when a chain is made or opened.
"""

from protocol.embedded.opening import create_embedded, open_embedded

__all__ = ["create_embedded", "open_embedded"]
