"""The JSON Schemas of the contracts, made from the types and shipped beside this file.

``python -m ringwall.report.schema`` writes them anew.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from ringwall.check.asks.documents import (
    BLAST_RADIUS,
    EXPOSED,
    RULE_USE,
    WHO_CAN_REACH,
    BlastRadiusReport,
    ExposedReport,
    RuleUseReport,
    WhoCanReachReport,
)
from ringwall.facts.snapshot import SNAPSHOT, Manifest
from ringwall.reach.answers import Explanation
from ringwall.reach.documents import (
    DIFF,
    GROUPED,
    REACH,
    WHAT_IF,
    DiffReport,
    GroupedReport,
    ReachReport,
    WhatIfReport,
)
from ringwall.reach.explain import SCHEMA as EXPLAIN
from ringwall.report.outputs import AUDIT, AuditReport
from ringwall.report.snapshot import INFO, SnapshotReport

FOLDER: Final = Path(__file__).parent / "schemas"
CONTRACTS: Final[dict[str, type[Struct]]] = {
    AUDIT: AuditReport,
    EXPLAIN: Explanation,
    REACH: ReachReport,
    GROUPED: GroupedReport,
    DIFF: DiffReport,
    WHAT_IF: WhatIfReport,
    EXPOSED: ExposedReport,
    WHO_CAN_REACH: WhoCanReachReport,
    BLAST_RADIUS: BlastRadiusReport,
    RULE_USE: RuleUseReport,
    SNAPSHOT: Manifest,
    INFO: SnapshotReport,
}


def file_of(contract: str) -> Path:
    """Where a contract's schema is shipped: ``ringwall/audit/v1`` is ``audit-v1.json``."""
    return FOLDER / f"{contract.removeprefix('ringwall/').replace('/', '-')}.json"


def schema_of(contract: str) -> dict[str, Any]:
    """A contract's JSON Schema (draft 2020-12)."""
    (top,), parts = msgspec.json.schema_components(
        [CONTRACTS[contract]], ref_template="#/$defs/{name}"
    )
    body = parts.pop(top["$ref"].rpartition("/")[2])
    body["properties"]["schema"] = {"const": contract}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **body,
        "title": contract,
        "$defs": dict(sorted(parts.items())),
    }


def text_of(contract: str) -> str:
    """A contract's schema as it is shipped."""
    return msgspec.json.format(msgspec.json.encode(schema_of(contract)), indent=2).decode() + "\n"


def write() -> None:
    """Writes every schema to its file."""
    for contract in CONTRACTS:
        file_of(contract).write_text(text_of(contract), encoding="utf-8")


if __name__ == "__main__":
    write()
