"""The export for recommenders: one folder with the same interactions, items and customers in four forms.

    permission ─→ selection ─→ forms ─→ manifest ─→ audit ─→ folder

`export.export_recommender` is the way in.
"""
