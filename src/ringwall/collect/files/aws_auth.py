"""What is kept of the ConfigMap ``aws-auth``: which IAM principals are whom in the cluster.

Its three keys hold YAML text. Names of fields are taken in any case, as the authenticator does
(aws-iam-authenticator, ``pkg/mapper/configmap``: JSON decoding of Go); scalars stay text, so that
an account id with a leading zero stays what it is. No message quotes what the text holds.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from ringwall.facts.k8s import AwsAuth, IamMapping

NAME: Final = ("kube-system", "aws-auth")
_MOST_GROUPS: Final = 10_000
"""Anchors can make a short text name any number of groups."""


def read(data: Mapping[str, str]) -> tuple[AwsAuth, list[str]]:
    """The mappings that can be read, and one sentence about each part that cannot."""
    problems: list[str] = []
    roles = tuple(_mappings(data, "mapRoles", "rolearn", problems))
    users = tuple(_mappings(data, "mapUsers", "userarn", problems))
    return AwsAuth(roles, users, tuple(_accounts(data, problems))), problems


def _mappings(
    data: Mapping[str, str], key: str, named: str, problems: list[str]
) -> Iterator[IamMapping]:
    told = 0
    for i, item in enumerate(_items(data, key, problems)):
        fields = _fields(item)
        arn = fields.get(named) or (_of_sso(fields.get("sso")) if named == "rolearn" else "")
        groups = tuple(_groups(fields.get("groups")))
        told += len(groups)
        if told > _MOST_GROUPS:
            problems.append(f"`{key}` names more than {_MOST_GROUPS} groups up to `{key}[{i}]`")
            return
        if isinstance(arn, str) and arn:
            username = fields.get("username")
            yield IamMapping(arn, username if isinstance(username, str) else "", groups)
        else:
            problems.append(f"`{key}[{i}]` has no `{named}`")


def _accounts(data: Mapping[str, str], problems: list[str]) -> Iterator[str]:
    for i, item in enumerate(_items(data, "mapAccounts", problems)):
        if isinstance(item, str) and item.isdecimal():
            yield item
        else:
            problems.append(f"`mapAccounts[{i}]` is not an account id")


def _items(data: Mapping[str, str], key: str, problems: list[str]) -> list[Any]:
    """The list that a key's text holds; an empty text holds none."""
    text = data.get(key, "")
    try:
        found = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - makes text, lists, mappings only
        if found in (None, ""):
            return []
        if isinstance(found, list):
            return found
    except (yaml.YAMLError, ValueError, RecursionError):
        problems.append(f"`{key}` is not YAML")
        return []
    problems.append(f"`{key}` is not a list")
    return []


def _fields(item: object) -> dict[str, Any]:
    if not isinstance(item, dict):
        return {}
    return {key.lower(): value for key, value in item.items() if isinstance(key, str)}


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
    partition = fields.get("partition") or "aws"
    return f"arn:{partition}:iam::{account}:role/AWSReservedSSO_{name}_*"
