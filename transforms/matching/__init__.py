"""Who is who: records of one person found in any table, by a model that learns from the table itself."""

from transforms.matching.learned import ModelError
from transforms.matching.match import Match, match_people
from transforms.matching.settings import MatchSettings
from transforms.matching.table import MatchError

__all__ = ["Match", "MatchError", "MatchSettings", "ModelError", "match_people"]
