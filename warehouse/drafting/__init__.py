"""Contracts drafted from files: what their columns mean, with the evidence, and what stays open as a question.

    read_sample → measure → suggest roles → decide_table → relate → place → write_contract

Nothing here guesses what matters (currency, order of dates, decimal sign, whose an account is, what an amount counts)
in silence: it has evidence that is shown, or becomes a question, and a contract with an open question is refused.
"""
