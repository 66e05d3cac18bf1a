"""What is kept of the ConfigMap ``aws-auth``: which IAM principals are whom in the cluster.

Its three keys hold YAML text. Names of fields are taken in any case, as the authenticator does
(aws-iam-authenticator, ``pkg/mapper/configmap``: JSON decoding of Go); scalars stay text, so that
an account id with a leading zero stays what it is. No message quotes what the text holds, but for
the names of fields that are read here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ringwall.collect.files.loader import TWICE, BadYamlError, Parsed, single
from ringwall.collect.intake import MOST_TOLD
from ringwall.facts.k8s import AwsAuth, IamMapping

NAME: Final = ("kube-system", "aws-auth")
_MOST_GROUPS: Final = 10_000
"""Anchors can make a short text name any number of groups."""
_FIELDS: Final = frozenset(
    "rolearn userarn username groups sso accountid permissionsetname partition".split()
)


class Found(NamedTuple):
    """The mappings that can be read, one sentence about each part that cannot, and for each thing
    that is odd in the text of a key that key and one sentence."""

    auth: AwsAuth
    problems: list[str]
    odd: list[tuple[str, str]]


def read(data: Mapping[str, str]) -> Found:
    """What the ConfigMap says."""
    reader = _Reader(data)
    roles = tuple(reader.mappings("mapRoles", "rolearn"))
    users = tuple(reader.mappings("mapUsers", "userarn"))
    auth = AwsAuth(roles, users, tuple(reader.accounts()))
    return Found(auth, _most(reader.problems), reader.odd)


def _most(problems: list[str]) -> list[str]:
    more = len(problems) - MOST_TOLD
    if more <= 0:
        return problems
    return [*problems[:MOST_TOLD], f"{more} more parts like these cannot be read"]


class _Reader:
    """Reads the texts, and gathers what is wrong with them."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data = data
        self.problems: list[str] = []
        self.odd: list[tuple[str, str]] = []

    def mappings(self, key: str, named: str) -> Iterator[IamMapping]:
        told = 0
        for i, item in enumerate(self._items(key)):
            fields = _fields(item)
            arn = fields.get(named) or (_of_sso(fields.get("sso")) if named == "rolearn" else "")
            groups = tuple(_groups(fields.get("groups")))
            told += len(groups)
            if told > _MOST_GROUPS:
                most = f"`{key}` names more than {_MOST_GROUPS} groups up to `{key}[{i}]`"
                self.problems.append(most)
                return
            if isinstance(arn, str) and arn:
                username = fields.get("username")
                yield IamMapping(arn, username if isinstance(username, str) else "", groups)
            else:
                self.problems.append(f"`{key}[{i}]` has no `{named}`")

    def accounts(self) -> Iterator[str]:
        for i, item in enumerate(self._items("mapAccounts")):
            if isinstance(item, str) and item.isdecimal():
                yield item
            else:
                self.problems.append(f"`mapAccounts[{i}]` is not an account id")

    def _items(self, key: str) -> list[Any]:
        """The list that a key's text holds; an empty text holds none."""
        try:
            found = single(self.data.get(key, ""), as_text=True)
        except BadYamlError as error:
            self.problems.append(f"`{key}` is not valid YAML ({error})")
            return []
        if found is None or found.value in (None, ""):
            return []
        if isinstance(found.value, list):
            self.odd += _odd(key, found)
            return found.value
        self.problems.append(f"`{key}` is not a list")
        return []


def _odd(key: str, found: Parsed) -> Iterator[tuple[str, str]]:
    """What is odd in a text; names that are not those of fields may be anything."""
    for one in found.odd:
        known = one.text.lower() in _FIELDS
        message = one.message if known else TWICE.replace("`{}`", "a key")
        yield key, f"{message} (line {one.line + 1} of `{key}`)"


def _fields(item: object) -> dict[str, Any]:
    """Fields by name; of names that differ in case the last in order counts, as Go sorts them
    before it decodes them."""
    return {key.lower(): item[key] for key in sorted(item)} if isinstance(item, dict) else {}


def _groups(value: object) -> Iterator[str]:
    """A list of names; one name alone counts as well, as the EKS user guide has it."""
    given = [value] if isinstance(value, str) else value
    for name in given if isinstance(given, list) else ():
        if isinstance(name, str) and name:
            yield name


def _of_sso(value: object) -> str:
    """The roles of an Identity Center permission set, as a pattern of ARNs (``SSOArnLike``)."""
    fields = _fields(value)
    account, name = fields.get("accountid"), fields.get("permissionsetname")
    if not (isinstance(account, str) and isinstance(name, str) and account and name):
        return ""
    partition = fields.get("partition")
    partition = partition if isinstance(partition, str) and partition else "aws"
    return f"arn:{partition}:iam::{account}:role/AWSReservedSSO_{name}_*"
