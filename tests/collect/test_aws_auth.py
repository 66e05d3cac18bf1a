"""The ConfigMap ``aws-auth``: its mappings are read, the rest of it and of others is not."""

import json

import pytest

from ringwall.facts import k8s
from ringwall.facts.fact import Facts
from ringwall.facts.k8s import AwsAuth, IamMapping
from tests.support import facts_of

# The shape of the EKS user guide ("Add IAM principals to your Amazon EKS cluster").
RECORDED = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: |
    - groups:
      - system:bootstrappers
      - system:nodes
      rolearn: arn:aws:iam::111122223333:role/my-role
      username: system:node:{{EC2PrivateDNSName}}
  mapUsers: |
    - groups:
      - system:masters
      userarn: arn:aws:iam::111122223333:user/admin
      username: admin
  mapAccounts: |
    - "444455556666"
    - 012345670123
  notes: kept by nobody
"""


def config_map(**data: str) -> str:
    """A dump of the ConfigMap with these texts."""
    name = {"name": "aws-auth", "namespace": "kube-system"}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": name, "data": data})


def auth_of(facts: Facts) -> AwsAuth:
    ((_, body),) = facts.of(k8s.ConfigMap)
    assert body.aws_auth is not None
    return body.aws_auth


def test_roles_users_and_accounts_are_read() -> None:
    assert auth_of(facts_of(RECORDED)) == AwsAuth(
        roles=(
            IamMapping(
                "arn:aws:iam::111122223333:role/my-role",
                "system:node:{{EC2PrivateDNSName}}",
                ("system:bootstrappers", "system:nodes"),
            ),
        ),
        users=(IamMapping("arn:aws:iam::111122223333:user/admin", "admin", ("system:masters",)),),
        accounts=("444455556666", "012345670123"),
    )


def test_nothing_else_of_it_is_kept() -> None:
    ((_, body),) = facts_of(RECORDED).of(k8s.ConfigMap)

    assert body.data == {}


def test_no_other_config_map_has_mappings() -> None:
    elsewhere = RECORDED.replace("name: aws-auth", "name: aws-auth-backup")

    ((_, body),) = facts_of(f"{elsewhere}awsAuth: {{roles: [{{arn: x}}]}}\n").of(k8s.ConfigMap)

    assert (body.data, body.aws_auth) == ({}, None)


def test_names_of_fields_are_taken_in_any_case() -> None:
    """As aws-iam-authenticator's own ``aws-auth-crazy-case-keys.yaml`` has them."""
    text = "- rOlEaRn: arn:aws:iam::111122223333:role/a\n  UsErNaMe: b\n  gRoUpS: [c]\n"

    found = auth_of(facts_of(config_map(mapRoles=text)))

    assert found.roles == (IamMapping("arn:aws:iam::111122223333:role/a", "b", ("c",)),)


def test_a_permission_set_stands_for_the_roles_that_it_makes() -> None:
    text = (
        "- sso: {accountID: '111122223333', permissionSetName: Admins}\n  groups: system:masters\n"
    )

    found = auth_of(facts_of(config_map(mapRoles=text)))

    arn = "arn:aws:iam::111122223333:role/AWSReservedSSO_Admins_*"
    assert found.roles == (IamMapping(arn, "", ("system:masters",)),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- rolearn: [", "`mapRoles` is not YAML"),
        ("rolearn: arn:aws:iam::111122223333:role/a", "`mapRoles` is not a list"),
        ("&a [*a]", "`mapRoles` is not YAML"),
        ("[" * 5000, "`mapRoles` is not YAML"),
        ("!!python/object/apply:os.system [id]", "`mapRoles[0]` has no `rolearn`"),
        ("- username: admin", "`mapRoles[0]` has no `rolearn`"),
        ("- 7", "`mapRoles[0]` has no `rolearn`"),
    ],
    ids=["broken", "mapping", "itself", "deep", "tag", "no arn", "number"],
)
def test_what_is_no_mapping_is_named_and_the_rest_is_used(text: str, problem: str) -> None:
    user = "- userarn: arn:aws:iam::111122223333:user/admin\n"

    facts = facts_of(config_map(mapRoles=text, mapUsers=user))

    (gap,) = facts.gaps
    assert gap.code == "invalid-object"
    assert gap.needs == (
        f"input.yaml: {problem} in configmap/kube-system/aws-auth; the rest is used; correct it"
    )
    assert len(auth_of(facts).users) == 1


def test_a_message_does_not_quote_the_text() -> None:
    facts = facts_of(config_map(mapRoles="- token: hunter2\n- [hunter2", mapAccounts="- hunter2"))

    assert "hunter2" not in str(facts.gaps)
    assert len(facts.gaps) == 2


def test_anchors_do_not_multiply_groups_without_end() -> None:
    names = ", ".join(f"g{i}" for i in range(1000))
    items = "".join(f"- {{rolearn: arn{i}, groups: *names}}\n" for i in range(1000))
    text = f"- {{rolearn: arn, groups: &names [{names}]}}\n{items}"

    facts = facts_of(config_map(mapRoles=text))

    assert len(auth_of(facts).roles) == 10
    assert "names more than 10000 groups" in facts.gaps[0].needs
