"""Who is who: records of one person found in any table, by a model that learns from the table itself."""

from transforms.matching.match import Match, match_people
from transforms.matching.model.trained_model import ModelError
from transforms.matching.records.table import MatchError
from transforms.matching.settings import MatchSettings

__all__ = ["Match", "MatchError", "MatchSettings", "ModelError", "match_people"]
