"""A made-up production cluster and its VPC, as the files that a collection would hold.

``plan`` decides what there is and where; the other files only write it down, each one its part, in
the words of ``kubectl get -o json`` and ``aws … describe-*``.
"""
