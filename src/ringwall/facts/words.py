"""The kinds of text that facts hold, marked by type.

The mark says what a text would tell a stranger about its owner, so that redaction can replace
accounts, names, ARNs, addresses and free text consistently wherever they appear. A field of a
fact is never a bare ``str``: a test walks every type and names the field that is.
"""

from typing import Annotated, Final

from msgspec import Meta

PRIVATE: Final = "private"

Account = Annotated[str, Meta(extra={PRIVATE: "account"})]
"""A twelve-digit AWS account id."""
Name = Annotated[str, Meta(extra={PRIVATE: "name"})]
"""A name that its owner chose: an object, a label, a tag, a namespace."""
ResourceId = Annotated[str, Meta(extra={PRIVATE: "id"})]
"""An id that AWS or Kubernetes gave: ``sg-…``, ``eni-…``, a uid."""
Arn = Annotated[str, Meta(extra={PRIVATE: "arn"})]
"""An Amazon Resource Name: holds account, region and often a name."""
Address = Annotated[str, Meta(extra={PRIVATE: "address"})]
"""An IP address or a CIDR block, in text."""
FreeText = Annotated[str, Meta(extra={PRIVATE: "text"})]
"""A description, written by a person."""
Sentence = Annotated[str, Meta(extra={PRIVATE: "sentence"})]
"""A message that a reader wrote, which quotes what it read."""
Pointer = Annotated[str, Meta(extra={PRIVATE: "pointer"})]
"""The JSON pointer of something in a file: names of fields, and what stands for a field there."""
PortName = Annotated[str, Meta(extra={PRIVATE: "port"})]
"""The name of a container's or Service's port."""
Setting = Annotated[str, Meta(extra={PRIVATE: "setting"})]
"""The value of one of the switches we know: a word, a number, or blocks of addresses."""
Word = Annotated[str, Meta(extra={PRIVATE: None})]
"""A word of a published vocabulary (``TCP``, ``available``, ``eu-west-1a``): tells nothing."""
