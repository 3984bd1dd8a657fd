"""How each customer is to be served: automate, assist or human, with the reasons. Written against Narwhals.

All is read from the customer's own row, so that anybody can work the decision out again from what was published.
"""

from __future__ import annotations

import narwhals as nw

from transforms.engine import Frame
from warehouse.contracts.service_rules import Condition, ServiceRule, ServiceRules, Signal

DIGITS = 6
"""Digits of the score, so that a threshold is met as it is read."""


def flag_consents(consent: Frame, rules: ServiceRules) -> Frame:
    """One row per customer with a consent: the columns that rules make of consents, null where no answer is known.

    `consent` is customer_consent: customer_id, purpose, is_granted.
    """
    granted = nw.col("is_granted")
    for name, words in rules.consents.items():
        is_meant = (~granted & nw.col("purpose").is_in(words.withdrawn)) | (
            granted & nw.col("purpose").is_in(words.granted)
        )
        is_asked = nw.col("purpose").is_in([*words.withdrawn, *words.granted])
        consent = consent.with_columns(nw.when(is_asked).then(is_meant.cast(nw.Int64)).alias(name))
    flags = consent.group_by("customer_id").agg(*(nw.col(name).max() for name, _ in rules.consents.items()))
    return flags.with_columns(nw.col(name) == 1 for name, _ in rules.consents.items())


def decide_service(profile: Frame, rules: ServiceRules) -> Frame:
    """The customers with service_mode, service_score and service_reasons.

    The first rule that holds decides on the mode, else the score. The reasons are the codes of all rules that hold;
    where none does, of the signals that made the score more than automate; null where nothing did.
    """
    weighed = profile.with_columns(service_score=_score(rules.score.signals))
    score = nw.col("service_score")
    by_score = nw.when(score >= rules.score.human).then(nw.lit("human")).otherwise(
        nw.when(score >= rules.score.assist).then(nw.lit("assist")).otherwise(nw.lit("automate"))
    )  # fmt: skip
    mode, holds_any = by_score, nw.lit(False)
    for rule in reversed(rules.rules):
        mode = nw.when(_holds(rule)).then(nw.lit(rule.mode)).otherwise(mode)
        holds_any = holds_any | _holds(rule)
    codes = [nw.when(_holds(rule)).then(nw.lit(rule.code)) for rule in rules.rules]
    is_weighed = ~holds_any & (score >= rules.score.assist)
    codes += [nw.when(is_weighed & (_share(s) > 0)).then(nw.lit(s.code)) for s in rules.score.signals]
    reasons = nw.concat_str(codes, separator=", ", ignore_nulls=True) if codes else nw.lit("")
    decided = weighed.with_columns(service_mode=mode, service_reasons=reasons)
    return decided.with_columns(service_reasons=nw.when(nw.col("service_reasons") != "").then("service_reasons"))


def _holds(rule: ServiceRule) -> nw.Expr:
    """Do all conditions hold?"""
    holds = nw.lit(True)
    for condition in rule.conditions:
        holds = holds & _meets(condition)
    return holds


def _meets(condition: Condition) -> nw.Expr:
    """Does the column compare so? A null meets no condition."""
    value = condition.value
    if isinstance(value, bool | str):
        return (nw.col(condition.column) == value).fill_null(False)
    number = nw.col(condition.column).cast(nw.Float64)
    compared = {
        "is": number == value,
        "at_least": number >= value,
        "at_most": number <= value,
        "above": number > value,
        "below": number < value,
    }
    return compared[condition.comparison].fill_null(False)


def _share(signal: Signal) -> nw.Expr:
    """How much of a signal's weight counts, from 0 to 1."""
    share = (nw.col(signal.column).cast(nw.Float64) - signal.low) / (signal.high - signal.low)
    return nw.when(share >= 1).then(nw.lit(1.0)).otherwise(nw.when(share > 0).then(share).otherwise(nw.lit(0.0)))


def _score(signals: tuple[Signal, ...]) -> nw.Expr:
    """The sum of all signals."""
    total = nw.lit(0.0)
    for signal in signals:
        total = total + _share(signal) * signal.weight
    return total.round(DIGITS)
