"""A network that can be asked: what ``ringwall.load`` gives to a notebook or a program."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from ringwall.collect import change
from ringwall.facts.fact import Delta, Facts, Key

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from ringwall.check.asks.documents import (
        BlastRadiusReport,
        ExposedReport,
        RuleUseReport,
        WhoCanReachReport,
    )
    from ringwall.model.attachments import Attachment
    from ringwall.reach.answers import Explanation
    from ringwall.reach.documents import DiffReport, GroupedReport, ReachReport, WhatIfReport
    from ringwall.reach.engine.grouped import Grouped
    from ringwall.reach.engine.many import Decisions, Ends
    from ringwall.reach.engine.relation import Relation
    from ringwall.reach.engine.rows import Rows
    from ringwall.reach.questions import Net as Questions
    from ringwall.space.addresses import Addresses


class Net:
    """Facts and the answers about them; nothing is computed before it is asked.

    ``reach`` and ``diff`` ask the engine, ``explain`` the definition, which shows every hop.
    """

    def __init__(self, facts: Facts, relation: "Relation | None" = None) -> None:
        self.facts = facts
        self._given = relation

    @cached_property
    def relation(self) -> "Relation":
        """Who reaches whom, as sets; built when it is first asked."""
        from ringwall.reach.engine.relation import Relation

        return self._given or Relation.of(self.facts)

    @cached_property
    def questions(self) -> "Questions":
        """The definition, packet by packet."""
        from ringwall.reach.questions import Net as Questions

        return Questions(self.facts)

    def reach(
        self,
        src: str | None = None,
        dst: str | None = None,
        port: str | None = None,
        *,
        pods: bool = False,
    ) -> "ReachReport":
        """Every open connection, or those from ``src``, to ``dst``, on ``port``; ``pods``: pod by
        pod instead of by workload. Raises UsageError for words that mean nothing, and for more
        than a million rows."""
        from ringwall.reach.engine.rows import reach

        return reach(self.relation, src, dst, port, pods=pods)

    def rows(
        self,
        src: str | None = None,
        dst: str | None = None,
        port: str | None = None,
        *,
        pods: bool = False,
    ) -> "Rows":
        """The same connections one by one, however many they are: made while they are read, as
        objects or as text. Raises UsageError for words that mean nothing."""
        from ringwall.reach.engine.rows import Rows, asked

        return Rows(self.relation, asked(self.relation, src, dst, port, pods=pods))

    def explain(self, src: str, dst: str, port: str) -> "Explanation":
        """One question with every hop and gate. Raises UsageError."""
        from ringwall.reach.explain import explain

        return explain(self.questions, src, dst, port)

    def exposed(self, port: str | None = None) -> "ExposedReport":
        """What the Internet reaches, and through what. Raises UsageError."""
        from ringwall.check.asks.exposed import exposed

        return exposed(self.questions, self.relation, port)

    def who_can_reach(
        self, dst: str, port: str | None = None, own: "Addresses | None" = None
    ) -> "WhoCanReachReport":
        """Who reaches one thing; ``own`` are the networks to be told apart as one's own. Raises
        UsageError."""
        from ringwall.check.asks.who_can_reach import who_can_reach

        return who_can_reach(self.relation, dst, port, own)

    def blast_radius(self, src: str, own: "Addresses | None" = None) -> "BlastRadiusReport":
        """What one thing reaches if it is taken over; ``own`` as above. Raises UsageError."""
        from ringwall.check.asks.blast_radius import blast_radius

        return blast_radius(self.relation, src, own)

    def rule_use(self, rule: str) -> "RuleUseReport":
        """What only this security-group rule opens, named ``sgr-…`` or
        ``sg-…:ingress:tcp/22:0.0.0.0/0``. Raises UsageError."""
        from ringwall.check.asks.rule_use import revoked

        (key,) = revoked(self.facts, rule)
        return self.rule_use_of(key)

    def rule_use_of(self, key: Key) -> "RuleUseReport":
        """The same of the rule that a fact is. Raises UsageError."""
        from ringwall.check.asks.rule_use import rule_use

        without = self.with_change({key: (self.facts[key], None)})
        return rule_use(self.questions, self.relation, without.relation, key)

    def with_change(
        self,
        delta: Delta | None = None,
        *,
        delete: Iterable[str] = (),
        apply: Iterable[str] = (),
        revoke: Iterable[str] = (),
    ) -> "Net":
        """This network with facts added, deleted or replaced; this one stays as it is.

        ``delete`` names objects (``networkpolicy/shop/web``), ``apply`` files of manifests,
        ``revoke`` security-group rules (``sgr-…``); ``delta`` is a change of facts as such. Only
        what the change can touch is computed anew; all of it where a file brings something that is
        not read, or not followed. Raises UsageError and InputError.
        """
        return self.changed(
            change.asked(self.facts, delta, delete=delete, apply=apply, revoke=revoke)
        )

    def changed(self, asked: change.Change) -> "Net":
        """This network after a change that was read."""
        if not (asked.gaps or asked.assumes):
            relation = self.relation.rebuild(asked.delta)
            return Net(relation.facts, relation)
        facts = self.facts.apply(asked.delta)
        gaps, assumes = (*facts.gaps, *asked.gaps), (*facts.assumes, *asked.assumes)
        return Net(Facts(facts.values(), gaps, facts.warnings, assumes))

    def reach_grouped(self) -> "GroupedReport":
        """The complete relation between classes of like endpoints."""
        from ringwall.reach.engine.grouped import grouped

        return grouped(self.relation)

    def rows_grouped(self) -> "Grouped":
        """The same, whose rows are made while they are read."""
        from ringwall.reach.engine.grouped import Grouped

        return Grouped(self.relation)

    def what_if(
        self,
        *,
        delete: Iterable[str] = (),
        apply: Iterable[str] = (),
        revoke: Iterable[str] = (),
    ) -> "WhatIfReport":
        """What such a change (see ``with_change``) would open and close (see ``diff``)."""
        return self.what_if_changed(
            change.asked(self.facts, delete=delete, apply=apply, revoke=revoke)
        )

    def what_if_changed(self, asked: change.Change) -> "WhatIfReport":
        """The same of a change that was read."""
        from ringwall.reach.documents import WhatIfReport

        return WhatIfReport.of(self.diff(self.changed(asked)), list(asked.words))

    def decide_many(
        self, src: "Ends", dst: "Ends", protocol: "ArrayLike", port: "ArrayLike"
    ) -> "Decisions":
        """The verdicts of many packets: columns of addresses, protocol numbers and port numbers
        (type · 256 + code for ICMP). ``rules(row)`` of the answer tells every rule that admits one.
        Raises UsageError."""
        from ringwall.reach.engine.many import decide_many

        return decide_many(self.relation.engine, src, dst, protocol, port)

    def resolve(self, address: str, domain: str = "") -> "Attachment":
        """Who holds an address. Raises UsageError where it has several owners."""
        from ringwall.reach.engine.many import resolve

        return resolve(self.relation.engine, address, domain)

    def diff(self, other: "Net") -> "DiffReport":
        """What the other network, the new one, opens and closes, each with a witness. Raises
        UsageError where that is more than a million changes."""
        from ringwall.reach.compare import diff

        return diff(self.relation, other.relation)
