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


BAD = "`mapRoles` is not valid YAML"
FOREIGN = "a tag is one that only another tool can resolve; resolve it first"
BOMB = "- &a0 [x]\n" + "".join(f"- &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 8))
"""Seven lines that stand for ten million values."""


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
        ("- rolearn: [", f"{BAD} (did not find expected node content)"),
        ("rolearn: arn:aws:iam::111122223333:role/a", "`mapRoles` is not a list"),
        ("&a [*a]", f"{BAD} (an anchor makes a part of this document hold itself)"),
        ("[" * 5000, f"{BAD} (it nests too deeply (more than 200 levels))"),
        (
            BOMB,
            f"{BAD} (its aliases make more than 1,000,000 further values of it; write out what "
            "they stand for)",
        ),
        ("!!python/object/apply:os.system [id]", f"{BAD} ({FOREIGN})"),
        ("- !!python/name:os.system x", f"{BAD} ({FOREIGN})"),
        ("- ? [a]\n  : b", f"{BAD} (a key is no text)"),
        ("- a: 1\n---\n- a: 2", f"{BAD} (it holds a second document)"),
        ("- username: admin", "`mapRoles[0]` has no `rolearn`"),
        ("- 7", "`mapRoles[0]` has no `rolearn`"),
    ],
    ids=(
        "broken|mapping|itself|deep|bomb|tag|tagged text|key|two documents|no arn|number".split("|")
    ),
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
    items = "".join(f"- {{rolearn: arn{i}, groups: *names}}\n" for i in range(100))
    text = f"- {{rolearn: arn, groups: &names [{names}]}}\n{items}"

    facts = facts_of(config_map(mapRoles=text))

    assert len(auth_of(facts).roles) == 10
    assert "names more than 10000 groups" in facts.gaps[0].needs


def test_a_field_that_stands_twice_is_told_with_its_place_and_the_last_counts() -> None:
    twice = "    - rolearn: arn:aws:iam::111122223333:role/shadow\n"
    text = RECORDED.replace("  mapRoles: |\n", f"  mapRoles: |\n{twice}      username: x\n", 1)
    text = text.replace(
        "    - groups:\n      - system:boot", "      groups:\n      - system:boot", 1
    )

    facts = facts_of(text)

    (odd, of_name) = facts.warnings
    assert [f"{one.origin}: {one.message}" for one in (odd, of_name)] == [
        "input.yaml:7: `rolearn` stands twice in one object, of which the last counts; keep one "
        "(line 6 of `mapRoles`)",
        "input.yaml:7: `username` stands twice in one object, of which the last counts; keep one "
        "(line 7 of `mapRoles`)",
    ]
    (role,) = auth_of(facts).roles
    assert role.arn == "arn:aws:iam::111122223333:role/my-role"


def test_a_name_that_is_no_field_and_stands_twice_is_not_quoted() -> None:
    facts = facts_of(config_map(mapUsers="- {userarn: arn, hunter2: a, hunter2: b}"))

    (odd,) = facts.warnings
    assert f"{odd.origin}: {odd.message}" == (
        "input.yaml#/data/mapUsers: a key stands twice in one object, of which the last counts; "
        "keep one (line 1 of `mapUsers`)"
    )


def test_of_fields_that_differ_in_case_the_last_in_order_counts() -> None:
    """The authenticator makes JSON of the text first, whose keys Go sorts: capitals come first."""
    text = "- rolearn: arn:small\n  ROLEARN: arn:capitals\n"

    (role,) = auth_of(facts_of(config_map(mapRoles=text))).roles

    assert role.arn == "arn:small"


def test_scalars_stay_text_and_null_is_nothing() -> None:
    text = "- {rolearn: arn, username: 007, groups: [on, 1e3, !!int '012', ~]}\n"

    facts = facts_of(config_map(mapRoles=text, mapAccounts="[!!int 012345670123, 0x10, ~]"))

    assert auth_of(facts).roles == (IamMapping("arn", "007", ("on", "1e3", "012")),)
    assert auth_of(facts).accounts == ("012345670123",)
    assert [gap.needs.partition(" is ")[0] for gap in facts.gaps] == [
        "input.yaml: `mapAccounts[1]`",
        "input.yaml: `mapAccounts[2]`",
    ]


def test_a_mapping_can_take_its_fields_from_another() -> None:
    text = "- &one {rolearn: arn1, groups: [g]}\n- {<<: *one, rolearn: arn2}\n"

    facts = facts_of(config_map(mapRoles=text))

    assert auth_of(facts).roles == (IamMapping("arn1", "", ("g",)), IamMapping("arn2", "", ("g",)))
    assert facts.warnings == ()


@pytest.mark.parametrize("text", ["", "null", "~", '""', "# nothing\n"])
def test_a_text_without_a_list_maps_nobody(text: str) -> None:
    facts = facts_of(config_map(mapRoles=text))

    assert (auth_of(facts), facts.gaps) == (AwsAuth(), ())


def test_of_very_many_bad_parts_a_hundred_are_told() -> None:
    twice = "- {userarn: a, userarn: b}\n" * 1000

    facts = facts_of(config_map(mapRoles="- 7\n" * 1000, mapUsers=twice))

    assert len(facts.gaps) == len(facts.warnings) == 101
    assert any("900 more parts like these cannot be read" in gap.needs for gap in facts.gaps)
    assert any("900 more things are odd" in odd.message for odd in facts.warnings)
