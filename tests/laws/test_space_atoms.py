"""Atoms are the coarsest cut that leaves every given set whole; masks and sets say the same."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringwall.space.addresses import Addresses, Range
from ringwall.space.atoms import AddressAtoms, ServiceAtoms, bits
from ringwall.space.services import UNIVERSE, ServiceSet
from tests.laws.address_blocks import blocks
from tests.laws.service_words import made, words

service_sets = words.map(made)
many = st.lists(service_sets, max_size=6)
address_sets = st.lists(blocks(), max_size=4).map(lambda texts: Addresses.of(*texts))
many_addresses = st.lists(address_sets, max_size=6)


@given(many)
def test_atoms_are_a_partition_of_all_services(sets: list[ServiceSet]) -> None:
    atoms = ServiceAtoms(sets)
    each = [atoms.services(1 << i) for i in range(len(atoms))]

    assert all(each)
    assert sum(atom.size() for atom in each) == UNIVERSE.size()
    assert atoms.services(atoms.full) == UNIVERSE


@given(many)
def test_two_services_share_an_atom_if_they_lie_in_the_same_sets(sets: list[ServiceSet]) -> None:
    atoms = ServiceAtoms(sets)
    seen: dict[tuple[bool, ...], int] = {}

    for low, high in atoms.services(atoms.full).ranges:
        edges = {low, high, *(e for s in sets for pair in s.ranges for e in (*pair, pair[1] + 1))}
        for code in sorted(edge for edge in edges if low <= edge <= high):
            protocol, number = code >> 16, code & 0xFFFF
            if not UNIVERSE.holds(protocol, number):
                continue
            within = tuple(s.holds(protocol, number) for s in sets)
            atom = atoms.atom_of(protocol, number)
            assert seen.setdefault(within, atom) == atom
    assert len(set(seen.values())) == len(seen)


@given(many)
def test_a_set_is_its_mask(sets: list[ServiceSet]) -> None:
    atoms = ServiceAtoms(sets)

    for services in sets:
        assert atoms.services(atoms.mask(services)) == services


@given(many, st.data())
def test_a_mask_is_its_set(sets: list[ServiceSet], data: st.DataObject) -> None:
    atoms = ServiceAtoms(sets)
    mask = data.draw(st.integers(0, atoms.full))

    assert atoms.mask(atoms.services(mask)) == mask


@given(service_sets, service_sets)
def test_set_operations_are_bit_operations(x: ServiceSet, y: ServiceSet) -> None:
    atoms = ServiceAtoms([x, y])
    a, b = atoms.mask(x), atoms.mask(y)

    assert (atoms.mask(x | y), atoms.mask(x & y), atoms.mask(x - y)) == (a | b, a & b, a & ~b)
    assert (x <= y) == (a & ~b == 0)


@given(many, st.randoms())
def test_the_order_of_the_sets_changes_no_atom(
    sets: list[ServiceSet], shuffle: random.Random
) -> None:
    others = [*sets, *sets[:1]]
    shuffle.shuffle(others)
    one, other = ServiceAtoms(sets), ServiceAtoms(others)

    assert len(one) == len(other)
    assert all(one.services(1 << i) == other.services(1 << i) for i in range(len(one)))


def test_a_set_that_cuts_an_atom_has_no_mask() -> None:
    with pytest.raises(ValueError, match="union of atoms"):
        ServiceAtoms([ServiceSet.parse("tcp/80-90")]).mask(ServiceSet.parse("tcp/80"))


@given(many, many, st.data())
def test_refined_atoms_are_those_of_all_sets_and_masks_keep_their_meaning(
    old: list[ServiceSet], added: list[ServiceSet], data: st.DataObject
) -> None:
    atoms = ServiceAtoms(old)
    finer, remap = atoms.refine(added)
    fresh = ServiceAtoms([*old, *added])
    mask = data.draw(st.integers(0, atoms.full))

    assert [finer.services(1 << i) for i in range(len(finer))] == [
        fresh.services(1 << i) for i in range(len(fresh))
    ]
    assert finer.services(remap(mask)) == atoms.services(mask)
    assert finer.mask(UNIVERSE) == remap(atoms.full)
    assert all(finer.services(finer.mask(services)) == services for services in added)


@given(many, st.lists(st.sampled_from([(6, 0), (6, 80), (6, 65535), (1, 2048), (47, 0), (133, 0)])))
def test_many_services_are_looked_up_as_one_by_one(
    sets: list[ServiceSet], asked: list[tuple[int, int]]
) -> None:
    atoms = ServiceAtoms(sets)
    pairs = np.array(asked, dtype=np.uint16).reshape(-1, 2)

    found = atoms.atoms_of(pairs[:, 0].astype(np.uint8), pairs[:, 1])

    assert found.tolist() == [atoms.atom_of(*pair) for pair in asked]


@pytest.mark.parametrize("asked", [(47, 1), (256, 0), (6, 65536), (5, 70000), (6, -1), (-1, 0)])
def test_services_that_do_not_exist_are_refused(asked: tuple[int, int]) -> None:
    atoms = ServiceAtoms([ServiceSet.of(6, 80)])

    with pytest.raises(ValueError, match="no service"):
        atoms.atom_of(*asked)
    with pytest.raises(ValueError, match="no such service"):
        atoms.atoms_of(np.array([6, asked[0]]), np.array([80, asked[1]]))


@given(many_addresses)
def test_runs_are_neighbours_and_fill_both_families(sets: list[Addresses]) -> None:
    runs = AddressAtoms(sets).runs

    assert Addresses(runs) == Addresses.everything()
    for a, b in pairwise(runs):
        assert b.low == (a.high + 1 if a.family == b.family else 0)


@given(many_addresses)
def test_a_run_lies_in_a_set_or_outside_it(sets: list[Addresses]) -> None:
    atoms = AddressAtoms(sets)

    for run in atoms.runs:
        for addresses in sets:
            assert Addresses([run]) <= addresses or not Addresses([run]) & addresses


@given(many_addresses)
def test_every_border_between_runs_is_a_border_of_a_set(sets: list[Addresses]) -> None:
    borders = {
        (part.family, at) for s in sets for part in s.ranges for at in (part.low, part.high + 1)
    }

    for run in AddressAtoms(sets).runs:
        assert not run.low or (run.family, run.low) in borders


@given(many_addresses, st.data())
def test_address_masks_and_sets_say_the_same(sets: list[Addresses], data: st.DataObject) -> None:
    atoms = AddressAtoms(sets)
    mask = data.draw(st.integers(0, atoms.full))

    assert atoms.mask(atoms.addresses(mask)) == mask
    assert all(atoms.addresses(atoms.mask(s)) == s for s in sets)


@given(many_addresses, st.lists(st.integers(0, (1 << 32) - 1)))
def test_many_addresses_are_looked_up_as_one_by_one(
    sets: list[Addresses], values: list[int]
) -> None:
    atoms = AddressAtoms(sets)

    found = atoms.atoms_of(np.array(values, dtype=np.uint32))

    assert found.tolist() == [atoms.atom_of(4, value) for value in values]
    for value, atom in zip(values, found.tolist(), strict=True):
        assert Addresses([atoms.runs[atom]]).holds(4, value)


def test_an_address_set_that_cuts_a_run_has_no_mask() -> None:
    with pytest.raises(ValueError, match="union of atoms"):
        AddressAtoms([Addresses.of("10.0.0.0/8")]).mask(Addresses.of("10.0.0.0/9"))


def test_masks_of_other_atoms_are_refused() -> None:
    with pytest.raises(ValueError, match="other atoms"):
        ServiceAtoms().services(2)
    with pytest.raises(ValueError, match="other atoms"):
        AddressAtoms([Addresses([Range(4, 0, 1)])]).addresses(-1)


@settings(max_examples=30)
@given(st.sets(st.integers(0, 300)))
def test_bits_are_the_atoms_of_a_mask(atoms: set[int]) -> None:
    assert list(bits(sum(1 << atom for atom in atoms))) == sorted(atoms)
