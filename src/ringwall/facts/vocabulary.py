"""Words that tell nothing about anybody, and therefore stay when a text is redacted.

``PUBLISHED`` are words of the APIs and of the objects that every cluster or account has; they stay
wherever they stand alone between separators. ``SENTENCES`` are the words of the messages that
readers write; they stay in messages only, outside of quotes.
"""

from functools import cache
from typing import Final

from msgspec import Struct, structs

from ringwall.facts import aws, k8s

PUBLISHED: Final = frozenset(
    # Kubernetes: domains, parts of label and annotation keys
    "kubernetes io k8s k8s-app vpcresources pod-index org sigs app apps alpha beta name "
    "instance version component part-of managed-by created-by tier role env environment "
    "team metadata hostname os arch linux windows amd64 arm64 topology region zone "
    "compute failure-domain node instance-type node-role control-plane worker "
    "pod-template-hash pod-template-generation controller-revision-hash controller-uid "
    "job-name job-completion-index pod-name apps-pod-index statefulset batch service "
    "service-name service-account policy pod-security enforce enforce-version audit warn "
    "privileged baseline restricted latest int str array object bool float true false on "
    "off yes no none null all any enabled disabled "
    # Kubernetes: objects of every cluster
    "default kube-system kube-public kube-node-lease kube-dns kube-proxy coredns core-dns "
    "aws-node eks-pod-identity-agent ebs-csi-node ebs-csi-controller "
    "aws-load-balancer-controller cluster-autoscaler metrics-server kube-root-ca crt "
    "aws-auth amazon-vpc-cni cilium-config calico-node calico-system tigera-operator "
    "cilium cilium-agent kube-router canal antrea antrea-agent weave-net "
    "kube-network-policies istio-system linkerd istio aws-eks-nodeagent "
    "aws-network-policy-agent amazon-k8s-cni karpenter eksctl projectcalico crd tigera "
    # Kubernetes: kinds
    "namespace namespaces nodes pod pods deployment deployments replicaset replicasets "
    "replicationcontroller replicationcontrollers statefulsets daemonset daemonsets job "
    "jobs cronjob cronjobs svc services ing ingress ingresses ingressclass endpoints "
    "endpointslice endpointslices networkpolicy networkpolicies netpol adminnetworkpolicy "
    "adminnetworkpolicies baselineadminnetworkpolicy baselineadminnetworkpolicies "
    "clusternetworkpolicy clusternetworkpolicies applicationnetworkpolicy "
    "applicationnetworkpolicies globalnetworkpolicy globalnetworkpolicies hostendpoint "
    "hostendpoints tiers ciliumnetworkpolicy ciliumnetworkpolicies "
    "ciliumclusterwidenetworkpolicy ciliumclusterwidenetworkpolicies authorizationpolicy "
    "authorizationpolicies peerauthentication peerauthentications requestauthentication "
    "server serverauthorization gateway gateways gatewayclass httproute httproutes "
    "grpcroute tcproute tlsroute udproute targetgroupbinding targetgroupbindings "
    "virtualservice serviceentry sidecar destinationrule targetgrouppolicy servicenetwork "
    "securitygrouppolicy securitygrouppolicies eniconfig eniconfigs nodeclass nodeclasses "
    "ec2nodeclass ec2nodeclasses nodepool nodepools provisioner provisioner-name "
    "serviceaccount serviceaccounts secret secrets configmap configmaps role roles "
    "rolebinding rolebindings clusterrole clusterroles clusterrolebinding "
    "clusterrolebindings customresourcedefinition customresourcedefinitions "
    "persistentvolume persistentvolumes persistentvolumeclaim persistentvolumeclaims "
    "storageclass storageclasses resourcequota limitrange horizontalpodautoscaler "
    "poddisruptionbudget priorityclass lease leases event events controllerrevision "
    "mutatingwebhookconfiguration validatingwebhookconfiguration apiservice "
    "certificatesigningrequest csidriver csinode volumeattachment list "
    # Kubernetes: what is set and counted
    "always never defaultdeny enable-network-policy enable-ipv6 enable-policy-event-logs "
    "enable-network-policy-controller enable-windows-ipam enable-policy "
    "policy-cidr-match-mode enable-k8s-networkpolicy cpu memory ephemeral-storage nvidia "
    "gpu hugepages "
    # Kubernetes: users, groups, roles and what they may
    "system masters authenticated unauthenticated anonymous serviceaccounts bootstrappers "
    "node-proxier node-bootstrapper monitoring basic-user discovery public-info-viewer "
    "service-account-issuer-discovery cluster-admin admin edit view controller "
    "bootstrap-signer kube-controller-manager kube-scheduler kubelet-api-admin user group "
    "users groups username selfsubjectaccessreviews selfsubjectreviews "
    "selfsubjectrulesreviews get watch create update patch delete deletecollection "
    "impersonate bind escalate api apis healthz livez readyz openapi openid jwks "
    "well-known openid-configuration proxy exec attach portforward log status scale "
    "ephemeralcontainers token tokenreviews subjectaccessreviews authentication "
    "authorization rbac networking extensions admissionregistration apiextensions "
    "coordination storage certificates autoscaling scheduling flowcontrol apiregistration "
    # ports that have a name of their own
    "http https http2 grpc dns dns-tcp metrics web-hook webhook tcp udp sctp icmp icmpv6 "
    "ssh tls proto health probe "
    # AWS: partitions, services, ids, tags
    "arn aws aws-cn aws-us-gov aws-eusc aws-iso aws-iso-b aws-iso-e aws-iso-f amazon "
    "amazonaws com cn amazon-elb amazon-rds amazon-aws ec2 eks elb elbv2 "
    "elasticloadbalancing iam sts s3 dynamodb rds elasticache kafka msk es opensearch efs "
    "elasticfilesystem ecr dkr logs kms ssm secretsmanager lambda sqs sns cloudwatch "
    "guardduty config cloudformation cloudtrail vpce vpc-endpoint stack stack-name "
    "stack-id logical-id cluster clusters cluster-name owned shared nodegroup "
    "nodegroup-name nodegroup-type addon addons addon-manager addon-cluster-admin "
    "kubernetes-node-class-name fargate fargateprofile fargate-profile compute-type "
    "access-entry access-policy cluster-access-policy assumed-role instance-profile root "
    "resource internal internet-facing nlb alb nlb-ip external instance ip target "
    "target-type scheme aws-load-balancer-type aws-load-balancer-scheme "
    "aws-load-balancer-internal aws-load-balancer-security-groups "
    "aws-load-balancer-security-group-prefix-lists aws-load-balancer-nlb-target-type "
    "load-balancer-source-ranges inbound-cidrs security-groups net gwy loadbalancer "
    "eks:cluster-name groupname ec2launchtemplate id ec2spot fleet-request-id "
    "servicecatalog owner application justification purpose ticket project cost-center "
    "costcenter managed terraform pulumi launch-wizard vpc security sg tbd todo n a na "
    "mapaccounts maproles mapusers head post put by pl prefix-list "
    "elasticnetworkinterface network network-interface subnet for nat interface branch "
    "trunk efa public private main kubernetes-network cni amazon-eks ami bottlerocket al2 "
    "al2023 amazonekscni amazoneksclusteradminpolicy amazoneksadminpolicy "
    "amazoneksadminviewpolicy amazonekseditpolicy amazoneksviewpolicy "
    "amazoneksautonodepolicy amazoneksautomodepolicy expires expiry ttl general-purpose "
    "rdsnetworkinterface redshiftnetworkinterface dbproxy do not delete mount eni "
    "endpoint transit amazon-elasticache amazon-elasticsearch amazon-redshift "
    # AWS: the lists of answers
    "accessentries accessentry accountid addonversions associatedaccesspolicies "
    "autoscalinggroups availabilityzones carriergateways configurationitems "
    "configurationvalues customergateways dbclusters dbinstances dbproxies dbsubnetgroups "
    "dhcpoptions domainstatuslist egressonlyinternetgateways eksclusters entries "
    "fargateprofilenames firewall firewallpolicy firewalls flowlogs "
    "identityproviderconfigs instanceconnectendpoints instances instancetypes "
    "internetgateways ippermissions ippermissionsegress ipranges ipv6ranges prefixlistids "
    "useridgrouppairs cidrip cidripv4 cidripv6 keypairs launchconfigurations "
    "launchtemplates launchtemplateversions listeners loadbalancerdescriptions "
    "loadbalancers localgatewayroutetables managedprefixlists natgateways networkacls "
    "networkinterfaces nodegroups podidentityassociations prefixlists regions "
    "replicationgroups reservations resourceidentifiers routetables rules "
    "securitygrouprules securitygroups securitygroupvpcassociations subnets "
    "tagdescriptions targetgroups targethealthdescriptions transitgatewayattachments "
    "transitgatewayconnects transitgatewaypeeringattachments transitgatewaypropagations "
    "transitgatewayroutetables transitgateways transitgatewaystaticroutes "
    "transitgatewayvpcattachments volumes vpcblockpublicaccessexclusions "
    "vpcblockpublicaccessoptions vpcendpoints vpcpeeringconnections vpcs vpnconnections "
    "vpngateways "
    # endpoints, verdicts and files
    "internet local block eni eks-api kind direction egress peer from to sgrule acl asg "
    "lt ltversion launchconfiguration waivers waiver ringwall toml json yaml yml zip "
    "stdin items template spec tmp temp temporary debug test quickfix quick fix remove me "
    "strict standard prng hashrandom".split()
)
"""Compared without regard to capitals."""

MARKS: Final = frozenset("tmp temp temporary debug test todo fargate ip ec2".split())
"""Words that say something of an object from inside of its name: they stay between hyphens."""

SENTENCES: Final = frozenset(
    "connections a above account action add again alias aliases allow allowed ambiguous an anchor "
    "anchors and another answer answers apiversion applied archive archives are argo "
    "argocd argoproj array as at aws_vpc_k8s_cni_custom_network_cfg "
    "aws_vpc_k8s_cni_externalsnat awsreservedsso bad be belong beside beyond binary bits "
    "bool boolean both but byte bytes calico_networking_backend call calling can cannot "
    "canonical cd change changed char character characters collect column comma concerns "
    "contains content context control convert copy correct could counts d decode decoding "
    "deeply delimiter denied deny describe-access-entry describe-addon "
    "describe-auto-scaling-groups describe-cluster describe-egress-only-internet-gateways "
    "describe-flow-logs describe-instances describe-internet-gateways "
    "describe-launch-configurations describe-launch-template-versions "
    "describe-launch-templates describe-load-balancers describe-managed-prefix-lists "
    "describe-nat-gateways describe-network-acls describe-network-interfaces "
    "describe-nodegroup describe-prefix-lists describe-route-tables "
    "describe-security-group-rules describe-security-groups describe-subnets "
    "describe-tags describe-vpcs destination destinations did differs directive directory "
    "document documents does doesnotexist double duplicate each early else empty "
    "enable-k8s-networkpolicy enable-network-policy-controller enable-policy "
    "enable-windows-ipam enable_ipv6 enable_pod_eni enable_prefix_delegation enclosed end "
    "ends entry enum error escape every exactly exist exists expected expecting extra "
    "facts failed faster field file files find first fit float flow folder for found "
    "further gap get-managed-prefix-list-entries gib give go got handle has have helm "
    "here hidden hold holds how ids images in incomplete indent indentation indicator inf "
    "input inside int into invalid ipv4 is it item its itself keep kept keys kinds known "
    "last leading leads least leave left length levels lie like line link links listed "
    "lists loadbalancerattributes loadbalancerlisteners loadbalancertargethealth "
    "localgateways make makes malformed manager many map mapping mappings mark mask "
    "matching max-items may mb mean merges meta mib million missing more most move much "
    "names nan needs neither nest nests network_policy_enforcing_mode new no-paginate "
    "nobody nor not nothing notin numbers numeric object objects occurrence octet odd of "
    "one only operation or other out over own pages parsing part partition parts passed "
    "passes perform permission permissions permissionsetname place plain pod-eni "
    "pod_security_group_enforcing_mode podidentityassociation policy-cidr-match-mode "
    "prefix property put queryinfo quote quoted quotes raises range read reads refused "
    "refuses regex regular release release-name release-namespace render required resolve "
    "responsemetadata rest results rolearn rolled route rule run said save say says "
    "scalar scanning second securitygrouprulearn seems seq sequence sets several sgr sh "
    "short simple snapshot snapshots so some sound source sources spaces sso stand stands "
    "start str stream strictly string such symbolic t tab tag takes terminated text texts "
    "than that the their them these they things this those timestamp told too tool "
    "top-level touch tracking-id trailing truncated tt twice undefined unexpected unicode "
    "unknown unpack unquoted unterminated until up updateids used userarn utf-16 utf-32 "
    "utf-8 utf8 valid versions was were what where whether which while with without words "
    "write written you z".split()
)
"""Words of messages, compared without regard to capitals."""


@cache
def fields() -> frozenset[str]:
    """The names of fields in the sources' own spelling."""
    found: set[str] = set()
    for module in (aws, k8s):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Struct):
                found |= {field.encode_name for field in structs.fields(kind)}
    return frozenset(found)
