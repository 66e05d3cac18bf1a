"""Kubernetes objects, in the API's words, with the fields that a network question needs.

Defaults are the API server's. Nothing here can hold a Secret or the environment of an
application: fields that are not named below are never decoded.
Source of fields and defaults: kubernetes.io API reference (core/v1, apps/v1, batch/v1,
networking.k8s.io/v1, rbac.authorization.k8s.io/v1).
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from ringwall.facts.words import (
    PRIVATE,
    Account,
    Address,
    Arn,
    Name,
    PortName,
    ResourceId,
    Setting,
    Word,
)

Port = Annotated[int, Meta(ge=1, le=65535)]
Protocol = Annotated[str, Meta(pattern=r"\A(TCP|UDP|SCTP)\Z", extra={PRIVATE: None})]
Labels = dict[Name, Name]


class _Object(Struct, frozen=True, rename="camel", omit_defaults=True):
    pass


class _Strict(Struct, frozen=True, rename="camel", omit_defaults=True, forbid_unknown_fields=True):
    """A policy: a field that we do not know might decide, so it is refused, never dropped."""


class OwnerReference(_Object, frozen=True):
    """Who made this object."""

    kind: Name
    name: Name
    uid: ResourceId = ""
    controller: bool = False


class ObjectMeta(_Object, frozen=True):
    """Name, labels, owner. ``annotations`` holds an allow-list only (see the reader)."""

    name: Name
    namespace: Name = ""
    labels: Labels | None = None
    annotations: dict[Name, Name] | None = None
    owner_references: tuple[OwnerReference, ...] | None = None
    uid: ResourceId = ""
    resource_version: Word = ""


class Object(_Object, frozen=True):
    """What has a name of its own; every kind that is read is one."""

    metadata: ObjectMeta


class Namespace(Object, frozen=True):
    """A namespace and its labels."""


class NodeAddress(_Object, frozen=True):
    """One address of a node; ``type`` is InternalIP, ExternalIP, Hostname …"""

    type: Word
    address: Address


class NodeSpec(_Object, frozen=True):
    """``provider_id`` (``aws:///eu-west-1a/i-…``) joins a node to its instance."""

    provider_id: ResourceId = field(default="", name="providerID")


class NodeStatus(_Object, frozen=True):
    """The node's addresses."""

    addresses: tuple[NodeAddress, ...] | None = None


class Node(Object, frozen=True):
    """A machine that runs pods."""

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class ContainerPort(_Object, frozen=True):
    """A declared port; only its name matters to policies, declaring opens nothing."""

    container_port: Port
    name: PortName = ""
    protocol: Protocol = "TCP"
    host_port: int = 0


class Container(_Object, frozen=True):
    """A container: name and ports."""

    name: Name = ""
    ports: tuple[ContainerPort, ...] | None = None
    restart_policy: Word = ""


class PodOS(_Object, frozen=True):
    """The operating system that a pod says it is for: ``linux`` or ``windows``."""

    name: Word = ""


class PodSpec(_Object, frozen=True):
    """What of a pod's specification concerns its place in the network."""

    containers: tuple[Container, ...] | None = None
    init_containers: tuple[Container, ...] | None = None
    node_name: Name = ""
    host_network: bool | None = None
    service_account_name: Name = ""
    dns_policy: Word = "ClusterFirst"
    node_selector: Labels | None = None
    os: PodOS | None = None


class PodIP(_Object, frozen=True):
    """One of a pod's addresses (at most one per family)."""

    ip: Address = ""


class PodStatus(_Object, frozen=True):
    """Phase and addresses."""

    phase: Word = ""
    pod_ip: Address = field(default="", name="podIP")
    pod_ips: tuple[PodIP, ...] | None = field(default=None, name="podIPs")


class Pod(Object, frozen=True):
    """A pod, as it runs or as a manifest declares it."""

    spec: PodSpec
    status: PodStatus = PodStatus()


class TemplateMeta(_Object, frozen=True):
    """The labels that a controller gives to its pods."""

    labels: Labels | None = None


class PodTemplate(_Object, frozen=True):
    """What a controller's pods look like."""

    metadata: TemplateMeta = TemplateMeta()
    spec: PodSpec = PodSpec()


class ControllerSpec(_Object, frozen=True):
    """A controller's template; ``replicas`` is as written (a Deployment's default is 1)."""

    template: PodTemplate | None = None
    replicas: int | None = None


class _Controller(Object, frozen=True):
    spec: ControllerSpec


class Deployment(_Controller, frozen=True):
    """apps/v1 Deployment."""


class ReplicaSet(_Controller, frozen=True):
    """apps/v1 ReplicaSet."""


class ReplicationController(_Controller, frozen=True):
    """v1 ReplicationController."""


class StatefulSet(_Controller, frozen=True):
    """apps/v1 StatefulSet."""


class Agent(Struct, frozen=True, omit_defaults=True):
    """What a DaemonSet tells of the network engine it runs: image, flags and settings.

    ``flags`` and ``settings`` are allow-lists of the engines' own switches.
    """

    container: Name
    image: Name = ""
    flags: tuple[Setting, ...] = ()
    settings: dict[Word, Setting] = {}


class DaemonSet(_Controller, frozen=True):
    """apps/v1 DaemonSet; ``agents`` is filled for network engines in their namespaces."""

    agents: tuple[Agent, ...] = ()


class Job(_Controller, frozen=True):
    """batch/v1 Job."""


class JobTemplate(_Object, frozen=True):
    """The Job that a CronJob makes."""

    spec: ControllerSpec = ControllerSpec()


class CronJobSpec(_Object, frozen=True):
    """Holds the template two levels down."""

    job_template: JobTemplate = JobTemplate()


class CronJob(Object, frozen=True):
    """batch/v1 CronJob."""

    spec: CronJobSpec


class ServicePort(_Object, frozen=True):
    """A Service's port; ``target_port`` is a number or the name of a container port."""

    port: Port
    name: PortName = ""
    protocol: Protocol = "TCP"
    target_port: int | PortName | None = None
    node_port: int = 0


class ServiceSpec(_Object, frozen=True):
    """Which pods a Service stands for and how it is reached."""

    type: Word = "ClusterIP"
    selector: Labels | None = None
    ports: tuple[ServicePort, ...] | None = None
    cluster_ip: Address = field(default="", name="clusterIP")
    cluster_ips: tuple[Address, ...] | None = field(default=None, name="clusterIPs")
    external_ips: tuple[Address, ...] | None = field(default=None, name="externalIPs")
    external_name: Name = ""
    external_traffic_policy: Word = ""
    load_balancer_class: Name = ""
    load_balancer_source_ranges: tuple[Address, ...] | None = None


class ServiceIngress(_Object, frozen=True):
    """Where a load balancer that serves a Service answers."""

    hostname: Name = ""


class LoadBalancerStatus(_Object, frozen=True):
    """The load balancers that serve a Service."""

    ingress: tuple[ServiceIngress, ...] | None = None


class ServiceStatus(_Object, frozen=True):
    """What became of a Service of type LoadBalancer."""

    load_balancer: LoadBalancerStatus | None = None


class Service(Object, frozen=True):
    """v1 Service."""

    spec: ServiceSpec = ServiceSpec()
    status: ServiceStatus = ServiceStatus()


class IngressServicePort(_Object, frozen=True):
    """The Service port that an Ingress sends to."""

    number: int = 0
    name: PortName = ""


class IngressService(_Object, frozen=True):
    """The Service that an Ingress sends to."""

    name: Name
    port: IngressServicePort = IngressServicePort()


class IngressBackend(_Object, frozen=True):
    """Where an Ingress sends a request."""

    service: IngressService | None = None


class IngressPath(_Object, frozen=True):
    """One path of a host."""

    backend: IngressBackend = IngressBackend()


class IngressHttp(_Object, frozen=True):
    """The paths of a host."""

    paths: tuple[IngressPath, ...] | None = None


class IngressRule(_Object, frozen=True):
    """One host."""

    host: Name = ""
    http: IngressHttp | None = None


class IngressSpec(_Object, frozen=True):
    """Hosts, paths and the backend for the rest."""

    default_backend: IngressBackend | None = None
    rules: tuple[IngressRule, ...] | None = None


class Ingress(Object, frozen=True):
    """networking.k8s.io/v1 Ingress."""

    spec: IngressSpec = IngressSpec()


class Requirement(_Strict, frozen=True):
    """One expression of a label selector."""

    key: Name
    operator: Word
    values: tuple[Name, ...] | None = None


class LabelSelector(_Strict, frozen=True):
    """All of its labels and expressions must hold; empty selects everything."""

    match_labels: Labels | None = None
    match_expressions: tuple[Requirement, ...] | None = None


class IPBlock(_Strict, frozen=True):
    """A block of addresses without its exceptions."""

    cidr: Address
    except_: tuple[Address, ...] | None = field(default=None, name="except")


class Peer(_Strict, frozen=True):
    """Pods by label, pods of namespaces by label, both at once, or a block of addresses."""

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class PolicyPort(_Strict, frozen=True):
    """A protocol (TCP where missing) and a port, a range, or the name of a container port."""

    protocol: Word | None = None
    port: int | PortName | None = None
    end_port: int | None = None


class IngressPolicyRule(_Strict, frozen=True):
    """Who may come in, and to which ports."""

    from_: tuple[Peer, ...] | None = field(default=None, name="from")
    ports: tuple[PolicyPort, ...] | None = None

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The peers; none means all."""
        return self.from_ or ()


class EgressPolicyRule(_Strict, frozen=True):
    """Who may be reached, and on which ports."""

    to: tuple[Peer, ...] | None = None
    ports: tuple[PolicyPort, ...] | None = None

    @property
    def peers(self) -> tuple[Peer, ...]:
        """The peers; none means all."""
        return self.to or ()


class NetworkPolicySpec(_Strict, frozen=True):
    """networking.k8s.io/v1 NetworkPolicySpec, before defaulting of ``policy_types``."""

    pod_selector: LabelSelector | None = None
    ingress: tuple[IngressPolicyRule, ...] | None = None
    egress: tuple[EgressPolicyRule, ...] | None = None
    policy_types: tuple[Word, ...] | None = None


class NetworkPolicy(Object, frozen=True):
    """networking.k8s.io/v1 NetworkPolicy."""

    spec: NetworkPolicySpec = NetworkPolicySpec()


class ServiceAccount(Object, frozen=True):
    """v1 ServiceAccount."""


class PolicyRule(_Object, frozen=True):
    """One grant of a role."""

    verbs: tuple[Name, ...] = ()
    api_groups: tuple[Name, ...] | None = None
    resources: tuple[Name, ...] | None = None
    resource_names: tuple[Name, ...] | None = None
    non_resource_urls: tuple[Name, ...] | None = field(default=None, name="nonResourceURLs")


class Role(Object, frozen=True):
    """rbac.authorization.k8s.io/v1 Role."""

    rules: tuple[PolicyRule, ...] | None = None


class AggregationRule(_Object, frozen=True):
    """Which ClusterRoles, by their labels, give an aggregated one its rules."""

    cluster_role_selectors: tuple[LabelSelector, ...] | None = None


class ClusterRole(Object, frozen=True):
    """rbac.authorization.k8s.io/v1 ClusterRole; the control plane overwrites the ``rules`` of one
    that has an ``aggregation_rule``."""

    rules: tuple[PolicyRule, ...] | None = None
    aggregation_rule: AggregationRule | None = None


class RoleRef(_Object, frozen=True):
    """The role that a binding grants."""

    kind: Word
    name: Name


class Subject(_Object, frozen=True):
    """Who a binding grants it to."""

    kind: Word
    name: Name
    namespace: Name = ""


class RoleBinding(Object, frozen=True):
    """rbac.authorization.k8s.io/v1 RoleBinding."""

    role_ref: RoleRef
    subjects: tuple[Subject, ...] | None = None


class ClusterRoleBinding(Object, frozen=True):
    """rbac.authorization.k8s.io/v1 ClusterRoleBinding."""

    role_ref: RoleRef
    subjects: tuple[Subject, ...] | None = None


class IamMapping(_Object, frozen=True):
    """One item of ``mapRoles`` or ``mapUsers``: an IAM principal and who it is in the cluster.

    ``arn`` is the item's ``rolearn`` or ``userarn``; it may hold ``*`` and ``?``.
    """

    arn: Arn
    username: Name = ""
    groups: tuple[Name, ...] = ()


class AwsAuth(_Object, frozen=True):
    """What ``kube-system/aws-auth`` says: ``mapRoles``, ``mapUsers`` and ``mapAccounts``."""

    roles: tuple[IamMapping, ...] = ()
    users: tuple[IamMapping, ...] = ()
    accounts: tuple[Account, ...] = ()


class ConfigMap(Object, frozen=True):
    """A ConfigMap of kube-system: of those that configure a network engine the switches we know,
    of ``aws-auth`` its mappings, of others nothing but that they are there."""

    data: dict[Word, Setting] | None = None
    aws_auth: AwsAuth | None = None


class CustomResourceDefinition(Object, frozen=True):
    """A CRD of a network engine (its name tells the engine); others are not kept."""


class SelectorTerm(_Object, frozen=True):
    """Names AWS objects by id or by tags that all must fit (``*`` is any value)."""

    id: ResourceId = ""
    tags: dict[Name, Name] | None = None


class AdvancedNetworking(_Object, frozen=True):
    """Whether EKS Auto Mode gives its nodes public addresses; None leaves it to the subnet."""

    associate_public_ip_address: bool | None = field(default=None, name="associatePublicIPAddress")


class NodeClassSpec(_Object, frozen=True):
    """The network switches of an EKS Auto Mode NodeClass, and where its nodes stand."""

    network_policy: Word = ""
    network_policy_event_logs: Word = ""
    subnet_selector_terms: tuple[SelectorTerm, ...] | None = None
    advanced_networking: AdvancedNetworking | None = None


class NodeClass(Object, frozen=True):
    """eks.amazonaws.com/v1 NodeClass (EKS Auto Mode)."""

    spec: NodeClassSpec = NodeClassSpec()


class InstanceMetadata(_Object, frozen=True):
    """The instance metadata service of Karpenter's nodes, with the defaults of its v1 API."""

    http_endpoint: Word = "enabled"
    http_tokens: Word = "required"
    http_put_response_hop_limit: int = 1


class EC2NodeClassSpec(_Object, frozen=True):
    """What of Karpenter's nodes concerns the network; None leaves the address to the subnet."""

    subnet_selector_terms: tuple[SelectorTerm, ...] | None = None
    associate_public_ip_address: bool | None = field(default=None, name="associatePublicIPAddress")
    metadata_options: InstanceMetadata = InstanceMetadata()


class EC2NodeClass(Object, frozen=True):
    """karpenter.k8s.aws/v1 EC2NodeClass."""

    spec: EC2NodeClassSpec = EC2NodeClassSpec()


class NodePoolSpec(_Object, frozen=True):
    """How far a node pool may grow: ``limits`` are quantities of ``cpu``, ``memory``, ``nodes``
    and other resources; ``replicas`` makes it one of fixed size."""

    limits: dict[Name, Setting | int | float] | None = None
    replicas: int | None = None


class NodePool(Object, frozen=True):
    """karpenter.sh/v1 NodePool, of Karpenter or EKS Auto Mode."""

    spec: NodePoolSpec = NodePoolSpec()
