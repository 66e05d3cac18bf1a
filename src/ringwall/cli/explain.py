"""``ringwall explain``: one question, its answer, and every hop."""

import click

from ringwall import pipeline
from ringwall.cli import deliver, exits, say
from ringwall.report import json, table
from ringwall.report.outputs import failed_files

_IDS = """\b
An ID is one of
  ns/name[Deployment]  a workload; [Kind] where the name alone is not clear
  ns/pod[Pod]          one pod            svc/ns/name  a Service
  node/NAME            a node             i-..., eni-...
  eks-api/CLUSTER      the API server     internet
  10.0.1.5, 203.0.113.0/24
with CLUSTER! or ACCOUNT:REGION! in front where several are loaded.

\b
A PORT is one of tcp/443, tcp/8000-8010, udp/53, sctp/80, icmp, icmp/8,
proto/47, all.

The exit code is 0 whatever the verdict, 2 for a question that cannot be asked, 3 where a file
could not be read.
"""


@click.command("explain", epilog=_IDS)
@deliver.options("table", "json")
@click.option("--from", "src", required=True, metavar="ID", help="Who sends.")
@click.option("--to", "dst", required=True, metavar="ID", help="Who receives.")
@click.option("--port", required=True, metavar="PORT", help="On which port.")
def command(
    targets: tuple[str, ...],
    format_: str,
    output: str | None,
    src: str,
    dst: str,
    port: str,
) -> int:
    """Say whether one thing reaches another, with every hop."""
    deliver.check(output)
    reading = pipeline.read(targets)
    say.oddities(reading.facts)
    answer = pipeline.explain(reading, src, dst, port)
    if format_ == "json":
        deliver.put(json.render(answer), output)
    else:
        deliver.put(table.explain(answer, deliver.look(output)), output)
    return exits.FAILED if failed_files(reading.facts) else exits.OK
