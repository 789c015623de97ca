"""Write the registry's interface, code and source hashes where Python reads them, or compare them.

``python -m scripts.export_abi`` compiles ``contracts/`` with the pinned compiler and writes
``protocol/abi/RootsealRegistry.json``; ``--check`` compares instead, and exits with 1 on a
difference. Needs Node and ``npm ci``. Contracts that only
tests use are not exported.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from protocol.primitives import hash_keccak, render_hex

CONTRACT_NAME: Final = "RootsealRegistry"
CONTRACT_PATH: Final = f"contracts/{CONTRACT_NAME}.sol"
REPOSITORY: Final = Path(__file__).resolve().parent.parent
ARTEFACT: Final = REPOSITORY / "protocol" / "abi" / f"{CONTRACT_NAME}.json"


class ExportError(Exception):
    """The compiler did not run, or left something else than expected."""


def compile_contracts(repository: Path) -> None:
    """Compile everything anew.

    Raises:
        ExportError: Hardhat is not installed, or the sources do not compile.
    """
    hardhat = repository / "node_modules" / ".bin" / "hardhat"
    if not hardhat.exists():
        message = "Hardhat is not installed: run npm ci."
        raise ExportError(message)
    command = [str(hardhat), "compile", "--force"]
    outcome = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if outcome.returncode != 0:
        raise ExportError(outcome.stderr.strip())


def load_build(repository: Path) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return the compiler's output for the registry and its parsed metadata.

    Raises:
        ExportError: not exactly one build holds the registry.
    """
    builds = [
        outputs[CONTRACT_PATH][CONTRACT_NAME]
        for path in sorted((repository / "artifacts" / "build-info").glob("*.json"))
        if CONTRACT_PATH in (outputs := json.loads(path.read_bytes())["output"]["contracts"])
    ]
    if len(builds) != 1:
        message = f"Expected one build of {CONTRACT_NAME}, found {len(builds)}: remove artifacts/."
        raise ExportError(message)
    return builds[0], json.loads(builds[0]["metadata"])


def hash_sources(repository: Path, metadata: Mapping[str, object]) -> dict[str, str]:
    """Return the SHA-256 of each of our files that the registry is compiled from."""
    sources = metadata["sources"]
    names = [name for name in sources if name.startswith("contracts/")]  # type: ignore[attr-defined]
    return {name: hashlib.sha256((repository / name).read_bytes()).hexdigest() for name in names}


def read_library_version(repository: Path) -> str:
    """Return the version of the one library that the registry is compiled from."""
    package = repository / "node_modules" / "@openzeppelin" / "contracts" / "package.json"
    return str(json.loads(package.read_bytes())["version"])


def describe_compiler(repository: Path, metadata: Mapping[str, object]) -> dict[str, object]:
    """Return everything that decides which bytes come out, beside the sources."""
    settings = {
        name: value
        for name, value in metadata["settings"].items()  # type: ignore[attr-defined]
        if name in ("evmVersion", "metadata", "optimizer", "viaIR")
    }
    version = metadata["compiler"]["version"]  # type: ignore[index]
    library = read_library_version(repository)
    return {"solc": version, "settings": settings, "@openzeppelin/contracts": library}


def build_artefact(repository: Path) -> dict[str, object]:
    """Return what is committed: interface, code, its hash, sources and compiler."""
    output, metadata = load_build(repository)
    evm: Mapping[str, Mapping[str, str]] = output["evm"]  # type: ignore[assignment]
    code = evm["deployedBytecode"]["object"]
    return {
        "contractName": CONTRACT_NAME,
        "sources": hash_sources(repository, metadata),
        "abi": output["abi"],
        "bytecode": "0x" + evm["bytecode"]["object"],
        "deployedBytecode": "0x" + code,
        "codeHash": render_hex(hash_keccak(bytes.fromhex(code))),
        "compiler": describe_compiler(repository, metadata),
    }


def render_artefact(artefact: Mapping[str, object]) -> str:
    """Return the artefact as text, in one form only."""
    return json.dumps(artefact, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare the artefact; return the exit code."""
    parser = argparse.ArgumentParser(description="Export the registry's interface and code.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args(arguments)
    try:
        compile_contracts(REPOSITORY)
        text = render_artefact(build_artefact(REPOSITORY))
    except ExportError as error:
        print(error, file=sys.stderr)
        return 1
    if not options.check:
        ARTEFACT.write_text(text, encoding="utf-8")
        return 0
    if ARTEFACT.read_text(encoding="utf-8") == text:
        return 0
    print(f"{ARTEFACT.relative_to(REPOSITORY)} is not what contracts/ compile to.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
