"""What nodes are made from: launch templates, launch configurations and node classes.

What a blueprint says of a node to come, and the nodes that were made from it. A managed node group
without a launch template of its owner's is its own blueprint: EKS writes the template behind it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ringwall.check.audit import Audit
from ringwall.check.finding import Finding
from ringwall.check.rule import Rule
from ringwall.check.scope import Machine
from ringwall.facts import aws, k8s
from ringwall.facts.fact import Key
from ringwall.reach.definition.pods import Node
from ringwall.reach.definition.world import cluster_tag

LISTS: Final = "nodegroup AutoScalingGroups"
KINDS: Final = "ec2nodeclass nodeclass"
"""What tells which blueprints there are: keys of AWS answers, and kinds of Kubernetes."""
_CLASS_LABELS: Final = {
    "karpenter.k8s.aws/ec2nodeclass": "ec2nodeclass",
    "eks.amazonaws.com/nodeclass": "nodeclass",
}
_CLASS_TAGS: Final = {
    "karpenter.k8s.aws/ec2nodeclass": "ec2nodeclass",
    "eks:kubernetes-node-class-name": "nodeclass",
}


class Setting(NamedTuple):
    """What one version of a blueprint says: whether nodes get a public address (None leaves it to
    the subnet), whether the metadata service is off, its hop limit (None: not stated)."""

    where: str
    public: bool | None
    metadata_off: bool
    hop_limit: int | None


@dataclass
class Blueprint:
    """One blueprint, what its versions in use say, and the nodes made from it.

    ``clusters``: those that use it; ``subnets``: where it launches, as far as that is known;
    ``needs``: what was not read of what it says; ``states_metadata``: whether it can say anything
    of the metadata service.
    """

    id: str
    clusters: set[str] = field(default_factory=set)
    machines: list[Machine] = field(default_factory=list)
    settings: set[Setting] = field(default_factory=set)
    subnets: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)
    states_metadata: bool = True

    @property
    def cluster(self) -> str:
        """The cluster that uses it, empty where that is not one."""
        return next(iter(self.clusters)) if len(self.clusters) == 1 else ""

    def finding(
        self,
        rule: Rule,
        status: str,
        reason: str,
        nodes: Iterable[Machine] = (),
        **evidence: object,
    ) -> Finding:
        """What a rule says about it; ``nodes``: those concerned, else all of them."""
        names = [machine.id for machine in nodes or self.machines]
        told = {"nodes": len(self.machines), "needs": sorted(self.needs), **evidence}
        return rule.finding(
            status,
            self.id,
            reason=reason,
            cluster=self.cluster,
            objects=[self.id, *names[:20]],
            count=max(1, len(names)),
            examples=names or [self.id],
            evidence={name: value for name, value in told.items() if value != []},
        )


def blueprints(audit: Audit) -> list[Blueprint]:
    """Every blueprint of nodes in scope, in order of id."""
    return _Reading(audit).all()


def each_blueprint(audit: Audit, rule: Rule) -> Iterator[Blueprint | Finding]:
    """Every blueprint, or that there is none."""
    found = blueprints(audit)
    if not found:
        reason = "no node and nothing that makes nodes was read"
        yield rule.finding("not-applicable", "nodes", reason=reason)
    yield from found


class _Reading:
    """Puts blueprints together from pools, node classes and running nodes."""

    def __init__(self, audit: Audit) -> None:
        self.audit, facts = audit, audit.facts
        self.found: dict[str, Blueprint] = {}
        self.groups = dict(facts.of(aws.Nodegroup))
        self.scaling = dict(facts.of(aws.AutoScalingGroup))
        self.configurations = dict(facts.of(aws.LaunchConfiguration))
        self.nodes = {
            node.instance or node.id: node
            for cluster in audit.net.world.clusters.values()
            for node in cluster.nodes.values()
        }
        self.versions: dict[str, list[aws.LaunchTemplateVersion]] = defaultdict(list)
        versions = list(facts.of(aws.LaunchTemplateVersion))
        templates = list(facts.of(aws.LaunchTemplate))
        for _, version in versions:
            self.versions[version.launch_template_id].append(version)
        self.named = {body.launch_template_name: body.launch_template_id for _, body in versions}
        for _, template in templates:
            self.named[template.launch_template_name] = template.launch_template_id
        self.scopes = {version.launch_template_id: key.scope for key, version in versions}
        self.scopes |= {template.launch_template_id: key.scope for key, template in templates}

    def all(self) -> list[Blueprint]:
        self._node_classes()
        for key in self.groups:
            self._node_group(key)
        self._scaling_groups()
        for machine in self.audit.scope.machines:
            self._made(machine).machines.append(machine)
        if self.audit.scope.is_whole:
            for template in self.versions:
                self._template(aws.TemplateReference(template), "")
        return [self.found[name] for name in sorted(self.found)]

    def _blueprint(self, name: str, cluster: str = "") -> Blueprint:
        one = self.found.setdefault(name, Blueprint(name))
        one.clusters |= {cluster} - {""}
        return one

    # node classes

    def _node_classes(self) -> None:
        for key, ec2 in self.audit.facts.of(k8s.EC2NodeClass):
            one, options = self._class(key), ec2.spec.metadata_options
            off = options.http_endpoint == "disabled"
            public = ec2.spec.associate_public_ip_address
            one.settings.add(Setting(str(key), public, off, options.http_put_response_hop_limit))
            self._select(one, ec2.spec.subnet_selector_terms)
        for key, auto in self.audit.facts.of(k8s.NodeClass):
            one, networking = self._class(key), auto.spec.advanced_networking
            public = networking.associate_public_ip_address if networking else None
            one.settings.add(Setting(str(key), public, False, None))
            one.states_metadata = False
            self._select(one, auto.spec.subnet_selector_terms)

    def _class(self, key: Key) -> Blueprint:
        return self._blueprint(str(key), self.audit.net.world.eks_names.get(key.scope, key.scope))

    def _select(self, one: Blueprint, terms: tuple[k8s.SelectorTerm, ...] | None) -> None:
        """The subnets that terms select: by id, and by tags those that were read."""
        one.subnets |= {term.id for term in terms or ()} - {""}
        for name, (_, subnet) in self.audit.fabric.subnets.items():
            tags = {tag.key: tag.value for tag in subnet.tags or ()}
            if any(_selects(term, tags) for term in terms or ()):
                one.subnets.add(name)

    # node groups and Auto Scaling groups

    def _node_group(self, key: Key) -> Blueprint:
        group = self.groups[key]
        template, cluster = group.launch_template, group.cluster_name
        if template and (template.id or template.name):
            reference = aws.TemplateReference(template.id, template.name, template.version)
            one = self._template(reference, cluster)
        else:
            one = self._blueprint(str(key), cluster)
            for behind in self._behind(key):
                for reference in _references(self.scaling[behind]):
                    self._use(one, reference)
        one.subnets |= set(group.subnets or ())
        return one

    def _scaling_groups(self) -> None:
        managed = {behind for key in self.groups for behind in self._behind(key)}
        for key, group in self.scaling.items():
            cluster = cluster_tag(group.tags)
            if key not in managed and (cluster or self.audit.scope.is_whole):
                self._scaling_group(key, cluster)

    def _behind(self, key: Key) -> set[Key]:
        """The Auto Scaling groups of a node group that were read."""
        resources = self.groups[key].resources or aws.NodegroupResources()
        names = {scaling.name for scaling in resources.auto_scaling_groups or ()}
        found = (_named(self.scaling, Key(key.scope, "asg", name)) for name in names)
        return {behind for behind in found if behind}

    def _scaling_group(self, key: Key, cluster: str) -> Blueprint:
        group = self.scaling[key]
        found = [self._template(reference, cluster) for reference in _references(group)]
        if group.launch_configuration_name:
            name = group.launch_configuration_name
            found.append(self._configuration(Key(key.scope, "launchconfiguration", name), cluster))
        for one in found:
            one.subnets |= set(filter(None, group.vpc_zone_identifier.split(",")))
        return found[0] if found else self._blueprint(str(key), cluster)

    def _configuration(self, key: Key, cluster: str) -> Blueprint:
        one = self._blueprint(str(key), cluster)
        read = _named(self.configurations, key)
        if read is None:
            one.needs.add("aws autoscaling describe-launch-configurations")
        else:
            body = self.configurations[read]
            options = body.metadata_options or aws.MetadataOptions()
            one.settings.add(_setting(one.id, body.associate_public_ip_address, options))
        return one

    # launch templates

    def _template(self, reference: aws.TemplateReference, cluster: str) -> Blueprint:
        name = reference.launch_template_id or self.named.get(reference.launch_template_name, "")
        named = self._template_id(name) or f"lt/{reference.launch_template_name}"
        one = self._blueprint(named, cluster)
        self._use(one, reference)
        return one

    def _template_id(self, name: str) -> str:
        """A template's id, with its account and region where they are stated."""
        return str(Key(self.scopes.get(name, ""), "lt", name)) if name else ""

    def _use(self, one: Blueprint, reference: aws.TemplateReference) -> None:
        """Adds what a version says, or that it was not read."""
        name = reference.launch_template_id or self.named.get(reference.launch_template_name, "")
        version = _chosen(self.versions.get(name, []), reference.version)
        if version is None:
            which = f"--launch-template-id {name}" if name else "--launch-template-name "
            which += "" if name else reference.launch_template_name
            one.needs.add(f"aws ec2 describe-launch-template-versions {which}")
            return
        data, where = version.launch_template_data, f"{name} version {version.version_number}"
        interfaces = data.network_interfaces or ()
        said = {interface.associate_public_ip_address for interface in interfaces}
        public = True if True in said else False if False in said else None
        one.settings.add(_setting(where, public, data.metadata_options or aws.MetadataOptions()))
        one.subnets |= {interface.subnet_id for interface in interfaces} - {""}

    # running nodes

    def _made(self, machine: Machine) -> Blueprint:
        """What a node was made from, as its labels and tags tell; else the node itself."""
        instance = self.audit.fabric.instances.get(machine.instance)
        tags = {tag.key: tag.value for tag in (instance[1].tags if instance else ()) or ()}
        node = self.nodes.get(machine.instance or machine.id)
        if key := self._class_of(machine, node, tags):
            return self._blueprint(str(key), machine.cluster)
        label = node.labels.get("eks.amazonaws.com/nodegroup", "") if node else ""
        name, account = tags.get("eks:nodegroup-name", label), instance[0].scope if instance else ""
        if group := _named(self.groups, Key(account, "nodegroup", f"{machine.cluster}/{name}")):
            return self._node_group(group)
        behind = Key(account, "asg", tags.get("aws:autoscaling:groupName", ""))
        if scaling := _named(self.scaling, behind):
            return self._scaling_group(scaling, machine.cluster)
        if template := tags.get("aws:ec2launchtemplate:id"):
            version = tags.get("aws:ec2launchtemplate:version", "")
            return self._template(aws.TemplateReference(template, version=version), machine.cluster)
        if name:
            return self._blueprint(f"nodegroup/{machine.cluster}/{name}", machine.cluster)
        return self._blueprint(machine.id, machine.cluster)

    def _class_of(self, machine: Machine, node: Node | None, tags: dict[str, str]) -> Key | None:
        """The node class that a node names, by its labels or by the tags of its instance."""
        labels, scope = (node.labels, node.cluster) if node else ({}, machine.cluster)
        told = [(kind, labels[name]) for name, kind in _CLASS_LABELS.items() if name in labels]
        told += [(kind, tags[name]) for name, kind in _CLASS_TAGS.items() if name in tags]
        return Key(scope, *told[0]) if told else None


def _named(read: Collection[Key], key: Key) -> Key | None:
    """The one of that key; where one of both does not state its account, the only one of that
    name."""
    if key in read:
        return key
    same = [one for one in read if one.name == key.name and not (one.scope and key.scope)]
    return same[0] if len(same) == 1 else None


def _references(group: aws.AutoScalingGroup) -> Iterator[aws.TemplateReference]:
    """Every launch template that an Auto Scaling group uses."""
    if group.launch_template:
        yield group.launch_template
    mixed = group.mixed_instances_policy and group.mixed_instances_policy.launch_template
    if mixed:
        told = (override.launch_template_specification for override in mixed.overrides or ())
        yield from filter(None, (mixed.launch_template_specification, *told))


def _chosen(
    versions: list[aws.LaunchTemplateVersion], wanted: str
) -> aws.LaunchTemplateVersion | None:
    """The version that a number, `$Latest` or `$Default` (or nothing) means."""
    if wanted == "$Latest":
        return max(versions, key=lambda version: version.version_number, default=None)
    if wanted in ("", "$Default"):
        return next((version for version in versions if version.default_version), None)
    return next((v for v in versions if str(v.version_number) == wanted), None)


def _setting(where: str, public: bool | None, options: aws.MetadataOptions) -> Setting:
    off = options.http_endpoint == "disabled"
    return Setting(where, public, off, options.http_put_response_hop_limit)


def _selects(term: k8s.SelectorTerm, tags: dict[str, str]) -> bool:
    """Whether a term selects a subnet by its tags; `*` is any value."""
    wanted = term.tags or {}
    return bool(wanted) and all(
        key in tags and value in ("*", tags[key]) for key, value in wanted.items()
    )
