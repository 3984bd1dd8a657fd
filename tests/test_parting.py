"""A cluster that people take apart: who must not meet does not, all else stays as together as the evidence has it."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.decided import OBEYED, obey_clusters
from transforms.parting import part_cluster

FATHER, SON, FATHERS_SHOP, SONS_SHOP, POSTS = [(s, i) for s, i in zip("aabbc", "12345", strict=True)]
EVERYBODY = (FATHER, SON, FATHERS_SHOP, SONS_SHOP, POSTS)


def test_two_who_are_not_the_third_stay_together():
    assert part_cluster([FATHER, SON, POSTS], [], [(FATHER, SON), (FATHER, POSTS)], []) == [[SON, POSTS], [FATHER]]


def test_the_others_go_with_whom_the_evidence_ties_them_to():
    evidence = [(SON, SONS_SHOP), (FATHER, FATHERS_SHOP), (FATHERS_SHOP, SONS_SHOP)]
    found = part_cluster(EVERYBODY[:4], [], [(FATHER, SON)], evidence)
    assert found == [[FATHER, FATHERS_SHOP], [SON, SONS_SHOP]]


def test_what_people_linked_outweighs_evidence():
    found = part_cluster(EVERYBODY[:3], [(SON, FATHERS_SHOP)], [(FATHER, SON)], [(FATHER, FATHERS_SHOP)])
    assert found == [[SON, FATHERS_SHOP], [FATHER]]


def test_nobody_without_a_pair_of_his_own_is_left_alone():
    assert part_cluster([FATHER, SON, POSTS], [], [(FATHER, SON)], []) == [[FATHER, POSTS], [SON]]


def test_clusters_are_joined_and_parted_and_nobody_is_lost():
    clusters = pl.DataFrame(
        [(*account, number) for account, number in zip(EVERYBODY, (0, 0, 1, 2, 3), strict=True)],
        schema=["source", "record", "cluster"], orient="row",
    )  # fmt: skip
    obeyed = pl.DataFrame(
        [(*FATHER, *FATHERS_SHOP, True), (*FATHER, *POSTS, True), (*FATHER, *SON, False)], schema=OBEYED, orient="row"
    )
    ends = {c: pl.String for c in OBEYED.names()[:4]}
    edges = pl.DataFrame(schema=ends | {"probability": pl.Float64, "is_joined": pl.Boolean})
    found = obey_clusters(clusters, obeyed, edges)
    number = dict(zip(EVERYBODY, found["cluster"].to_list(), strict=True))
    assert found.select("source", "record").equals(clusters.select("source", "record"))
    assert number[FATHER] == number[FATHERS_SHOP] == number[POSTS]
    assert len({number[FATHER], number[SON], number[SONS_SHOP]}) == 3


accounts = st.sampled_from(EVERYBODY)
pairs = st.lists(st.tuples(accounts, accounts).filter(lambda pair: pair[0] != pair[1]), max_size=8)


@given(apart=pairs, evidence=pairs)
def test_nobody_is_lost_and_nobody_meets_whom_he_must_not(apart, evidence):
    found = part_cluster(EVERYBODY, [], apart, evidence)
    assert sorted(account for group in found for account in group) == sorted(EVERYBODY)
    assert not any(one in group and other in group for group in found for one, other in apart)
    assert found == part_cluster(EVERYBODY[::-1], [], apart[::-1], evidence)
