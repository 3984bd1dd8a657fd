"""What fictional customers write: Cantonese, written Chinese, English, and all of it mixed, with and without markup."""

from __future__ import annotations

from random import Random

_PLACES = "旺角店 銅鑼灣店 沙田店 網店 the_Mong_Kok_shop the_app 觀塘店 online_shop"
_THINGS = "咖啡機 coffee_machine 茶葉 headphone 雨傘 月餅 backpack 面霜 行李箱 charger 保溫杯 running_shoes"

POSTS = {
    "yue": (
        "啱啱喺{place}買咗{thing}，真係好正！",
        "{thing}等咗兩個禮拜都未到，搞乜鬼呀",
        "今日去{place}，啲staff好好人，推薦俾大家",
        "邊個試過佢哋嘅{thing}？抵唔抵買㗎",
        "{place}條隊排到出街，我放棄喇😅",
        "個{thing}用咗三日就壞，嬲到震",
    ),
    "zh": (
        "在{place}購買的{thing}品質很好，下次會再光顧。",
        "{thing}送貨太慢，包裝也破損，令人失望。",
        "{place}的服務態度一般，環境尚可。",
        "想請問{thing}何時補貨？謝謝。",
    ),
    "en": (
        "Love the new {thing} from {place}!",
        "Still waiting for my {thing}. Two weeks and no news :(",
        "Staff at {place} were super helpful today",
        "Is the {thing} worth it? Asking for a friend",
        "My {thing} broke after three days, don't buy it",
        "Big sale at {place} this weekend",
    ),
    "mixed": (
        "個{thing}好nice，不過delivery慢咗少少",
        "{place} check out 嗰陣個app crash咗兩次…",
        "Thank you {place}! 個{thing} perfect呀",
        "refund咗成個月都未收到錢，customer service完全冇reply",
    ),
}
TICKETS = {
    "yue": (
        "我個{thing}仲未送到，單號查唔到",
        "想退貨，個{thing}有花痕",
        "個app入唔到去，一直轉圈",
        "積分點解少咗嘅？",
        "{place}收多咗我錢",
    ),
    "zh": ("請問訂單何時送達？", "我想更改送貨地址。", "{thing}有瑕疵，希望更換。", "發票遺失，請補發。"),
    "en": (
        "Where is my {thing}?",
        "I was charged twice at {place}.",
        "Please change my delivery address.",
        "The {thing} doesn't switch on.",
    ),
    "mixed": ("我order咗{thing}，但係track唔到", "請問點樣cancel張order？", "個voucher code apply唔到呀"),
}
WANTS_HUMAN = (
    "轉真人",
    "我要同真人講!",
    "請轉接客服人員",
    "I want to talk to a human",
    "transfer去agent唔該",
    "唔好再叫機械人覆我",
)


def write_text(templates: dict[str, tuple[str, ...]], language: str, rng: Random) -> tuple[str, str]:
    """A text and its language (yue, zh, en or mixed), mostly the language its writer prefers."""
    mostly = {"en": [5, 5, 80, 10], "zh-CN": [5, 80, 5, 10]}.get(language, [55, 15, 10, 20])
    kind = rng.choices(["yue", "zh", "en", "mixed"], mostly)[0]
    text = rng.choice(templates[kind]).format(place=draw_word(_PLACES, rng), thing=draw_word(_THINGS, rng))
    return text, kind


def draw_word(words: str, rng: Random) -> str:
    """One of blank-separated words; an underscore stands for a blank."""
    return rng.choice(words.split()).replace("_", " ")


def mark_up(text: str, rng: Random) -> str:
    """The text as a web form may send it: tags and entities."""
    escaped = text.replace("&", "&amp;").replace("'", "&#x27;").replace("!", "&#33;")
    return rng.choice([f"<p>{escaped}</p>", f"{escaped}<br/>&nbsp;", f"<div>{escaped} &amp; thanks &lt;3</div>"])
