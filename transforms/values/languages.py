"""In which language a text is: Cantonese, written Chinese, English, or a mixture."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

LANGUAGES = ("yue", "zh", "en", "mixed")
HAN = r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{20000}-\x{2FA1F}]"
LATIN = r"(?-u:\b)(?:[a-z]['’a-z]+|i)(?-u:\b)"
OTHER = r"\p{Hiragana}|\p{Katakana}|\p{Hangul}|\p{Thai}|\p{Cyrillic}|\p{Arabic}|\p{Devanagari}"
UNSAID = r"https?://\S+|www\.\S+|\S+@\S+|@\w+"
CANTONESE = (
    "[嘅咗佢哋唔喺啲嗰冇嘢嚟咁咩乜噉畀俾瞓攞揾搵諗啱嘥攰嘞啩喎㗎嗮啫嘛咪黐嬲氹揸嚿喇]|(?:^|[^關关干體体])係(?:[^數数]|$)|係咁|即係|都係|唔係|而家|依家|點解|點樣|邊個|邊度|"
    "幾時|睇|幫襯|鍾意|好似|成日|琴日|尋日|聽日|今日|得閒|食咗|話俾|多謝晒|梗係|定係|仲有|仲要|仲係|俾人|咁多|呢個|呢間|呢度|返工|番工|好食|"
    "幾錢|几钱|幾多|幾耐|抵買|抵食|[靚靓](?:[^麗丽]|$)|[呀㗎喎][\\s!！?？。~]*$|(?:^|[^尚從从])未[\\s?？呀]*$|点解|点样|系咪|"
    "好正|食左|買左|用左|左之後|黎講|黎到|既食|既野|有d|呢d|果d"
)
WRITTEN = "[的了是這这那們们嗎吗沒没很也還还吧呢]|什麼|什么|怎麼|怎么|不是|因為|因为"
ENGLISH = (
    r"\b(?:the|a|an|and|is|are|was|were|am|be|been|i|i'm|i've|it's|you|your|we|my|me|it|to|of|in|on|for|not|no|this|that|"
    r"with|have|has|do|does|did|don't|can|can't|will|would|at|but|so|they|what|how|why|when|if|from|just|please|thanks)\b"
)
LEAST_WORDS, LEAST_SHARE = 6, 0.2


def language_of(texts: Sequence[str | None]) -> list[str | None]:
    """One per text: yue (Cantonese as spoken), zh (written Chinese), en or mixed; null where no word is of these.

    Mixed: Chinese and Latin words each make at least a fifth (two characters count as a word) and are two or more, so
    that one brand or app amid Chinese does not. Of Chinese, words that only one of the two uses decide. Six Latin words
    without one of the commonest of English are another language.
    """
    text = pl.Series("text", texts, pl.String).str.to_lowercase().str.replace_all(UNSAID, " ")
    counts = {"han": HAN, "latin": LATIN, "other": OTHER, "yue": CANTONESE, "zh": WRITTEN, "en": ENGLISH}
    found = text.to_frame().select(pl.col("text").str.count_matches(p).alias(n) for n, p in counts.items())
    han, latin = pl.col("han") / 2, pl.col("latin")
    words = pl.max_horizontal(han + latin, 1)
    is_english = (latin > 0) & ((latin < LEAST_WORDS) | (pl.col("en") > 0))
    is_spoken = (pl.col("yue") > 0) & (pl.col("yue") * 2 >= pl.col("zh"))
    language = (
        pl.when(pl.col("other") > pl.col("han") / 2 + latin)
        .then(None)
        .when((han >= 1) & (latin >= 2) & (han / words >= LEAST_SHARE) & (latin / words >= LEAST_SHARE))
        .then(pl.lit("mixed"))
        .when((han >= latin) & (han > 0))
        .then(pl.when(is_spoken).then(pl.lit("yue")).otherwise(pl.lit("zh")))
        .when(is_english)
        .then(pl.lit("en"))
    )
    return found.select(language.alias("language"))["language"].to_list()
