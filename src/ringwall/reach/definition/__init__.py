"""May this packet go from here to there?

The definition of the product: it judges one packet straight from facts, gate by gate, the way the
specifications read, and records every step. It knows no sets and shares no code with the engine.

``packet``, ``truth`` and ``path`` are its words; ``world`` finds facts by what they say;
``networkpolicy``, ``security_group`` and ``nacl`` are the gates; ``service`` and ``fabric`` choose
where a packet goes next; ``enforcer`` tells who polices; ``judge`` walks a packet through it all.
"""
