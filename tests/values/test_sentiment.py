"""Polarity of texts, their language, and who asks for a human."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sentiment import SETS, area, read_set
from transforms.clean.events import WORDING, with_wording
from transforms.values.asks_human import asks_for_human
from transforms.values.languages import language_of
from transforms.values.sentiment import explain_polarity, polarity
from warehouse import ROOT

DATA = ROOT.parent / "shared" / "data"
PRAISE = [
    "間餐廳好好食，服務又好正！",
    "呢個app幾好用，客服好有耐性",
    "這家店服務很好，下次還會再來",
    "这个手机很好用，物流也快，五星好评",
    "Quick and friendly, highly recommended",
    "個經理超nice，very helpful",
    "👍👍",
]
BLAME = [
    "等咗成個鐘都冇人聽電話，好嬲",
    "成日斷線，網絡又慢，唔會再用",
    "態度極差，再也不會光顧",
    "质量很差，客服不理人，要求退款",
    "Charged twice and nobody answers the phone",
    "個app成日crash，really disappointed",
    "😡😡",
]
NEITHER = [
    "你好，想問下幾點開門？",
    "请问怎么改地址",
    "What time do you open?",
    "12345",
    "http://example.com",
    "",
    None,
]
TURNED = [
    ("好食", "唔好食"),
    ("呢間嘢抵", "呢間嘢唔抵"),
    ("我喜歡", "我不喜歡"),
    ("我会推荐", "我不会推荐"),
    ("I am happy with it", "I am not happy with it"),
    ("It works", "It never works"),
]
words = st.text(alphabet="好差唔冇靚慢but not good bad,。!😡👍 \n", max_size=40)


@pytest.mark.parametrize("text", PRAISE)
def test_praise_is_above_zero(text: str) -> None:
    assert polarity([text])[0] > 0.2


@pytest.mark.parametrize("text", BLAME)
def test_blame_is_below_zero(text: str) -> None:
    assert polarity([text])[0] < -0.2


@pytest.mark.parametrize(
    "text",
    [
        "is this good?", "do you have a better size?", "is it broken?", "好唔好用㗎？", "呢隻靚唔靚？", "係咪好難用？",
        "質量好不好？", "can I return damaged items?", "What is the best phone?", "好用嗎", "壞咗可以換嗎", "my agent",
        "please connect me to an agent",
    ],
)  # fmt: skip
def test_who_asks_has_told_no_opinion(text: str) -> None:
    assert polarity([text]) == [0.0]


def test_questions_that_complain_or_say_what_they_ask_count() -> None:
    for text in ("點解咁慢？", "why is it so slow?", "有冇搞錯？咁貴", "Are you serious?! this is awful"):
        assert polarity([text])[0] < -0.2
    assert polarity(["Great product, isn't it?"])[0] > 0.2
    assert polarity(["Is it good? It is terrible."]) == polarity(["It is terrible."])


def test_no_opinion_and_no_text_are_zero() -> None:
    assert polarity(NEITHER) == [0.0] * len(NEITHER)
    assert explain_polarity(None) == []


@pytest.mark.parametrize(("glad", "turned"), TURNED)
def test_negation_flips(glad: str, turned: str) -> None:
    above, below = polarity([glad, turned])
    assert above > 0 > below


def test_what_stands_after_but_counts_more() -> None:
    assert polarity(["食物好味，但係服務好差"])[0] < 0 < polarity(["服務好差，但係食物好味"])[0]
    assert polarity(["nice staff but slow"])[0] < polarity(["slow but nice staff"])[0]


def test_both_ways_of_writing_weigh_the_same() -> None:
    assert polarity(["態度惡劣", "非常滿意"]) == polarity(["态度恶劣", "非常满意"])


def test_a_score_is_explained_by_the_words_as_written() -> None:
    moved = explain_polarity("服務態度惡劣，But the food is GREAT")
    assert {word for word, _ in moved} == {"惡劣", "GREAT"}
    assert [weight > 0 for _, weight in moved] == [True, False]


def test_a_word_within_a_word_is_none() -> None:
    assert polarity(["glove", "badminton", "好似", "正常"]) == [0.0] * 4


@given(st.lists(words, max_size=5))
def test_texts_are_scored_one_by_one_and_within_bounds(texts: list[str]) -> None:
    scores = polarity(texts)
    assert scores == [polarity([text])[0] for text in texts]
    assert polarity(texts[::-1]) == scores[::-1]
    assert all(-1 <= score <= 1 for score in scores)
    assert all(
        (score == 0) == (round(sum(w for _, w in explain_polarity(t)), 9) == 0)
        for t, score in zip(texts, scores, strict=True)
    )


@pytest.mark.parametrize(("name", "least"), [("openrice", 0.93), ("twitter_airline", 0.9)])
def test_real_texts(name: str, least: float) -> None:
    if not (DATA / name).is_dir():
        pytest.skip(f"{name} is not at {DATA}")
    texts = read_set(SETS[name])
    praise, blame = (polarity(texts.filter(pl.col("label") == x)["text"].to_list()) for x in ("praise", "blame"))
    assert area(praise, blame) >= least


def test_languages() -> None:
    told = {
        "呢間嘢好食到喊": "yue",
        "佢哋話聽日先有貨": "yue",
        "這家店的菜很好吃": "zh",
        "这个手机很好用": "zh",
        "the agent was great": "en",
        "我想 book 枱 for two people tonight": "mixed",
        "呢個app好正": "yue",
        "😀 12345": None,
        "@shop https://example.com": None,
        "Selamat pagi saya mahu bertanya tentang akaun": None,
        "ありがとうございます": None,
        "": None,
        None: None,
    }
    assert dict(zip(told, language_of(list(told)), strict=True)) == told


ASKS = [
    "轉真人",
    "搵真人",
    "我要同真人講",
    "轉人工",
    "人工客服",
    "可唔可以搵個真人同我講",
    "我要找人工客服",
    "转人工",
    "有冇真人呀",
    "唔該搵個職員覆我",
    "搵唔到真人",
    "唔好再用機械人覆我",
    "點解唔轉真人",
    "I want to speak to a human",
    "Talk to a real person please",
    "representative",
    "agent please",
    "connect me to a live agent",
    "why can't I speak to a real person",
    "I don't want to talk to a bot",
    "I don't want a refund, I need a human",
    "get me a manager, I want to talk to someone",
    "駁去客服",
    "唔該駁去真人",
    "幫我駁去職員",
    "轉接職員",
    "請轉接客服",
    "轉接客戶服務員",
    "接線生",
    "搵接線生",
    "我要接線生",
    "唔該接返接線生",
    "叫接線生聽電話",
    "要人手處理",
    "可唔可以人手跟進",
    "轉人手",
    "唔該轉人手服務",
    "人手客服",
    "supervisor",
    "supervisor please",
    "I want a supervisor",
    "get me a supervisor",
    "let me speak to your supervisor",
    "escalate to supervisor",
    "real person",
    "real person please",
    "can a real person call me",
    "give me a real person",
    "我想同real person傾",
    "我要搵agent",
    "轉agent唔該",
    "pls 轉 live agent",
    "可唔可以搵個 human 同我講",
    "唔該 transfer 我去 CS",
    "想talk to 真人",
    "call你哋supervisor出嚟",
    "我要投訴,叫你哋經理聽電話",
    "叫你哋上司聽",
    "幫我搵返個人嚟講",
    "有冇人可以幫我",
    "可唔可以幫我轉去客戶服務主任",
    "駁我去客服啦",
    "唔該幫我接駁職員",
    "轉線俾職員唔該",
    "請將我轉介到專員",
    "想搵接線生傾",
    "有沒有接線生",
    "唔該叫你哋主管聽電話",
    "我想搵 supervisor",
    "搵個supervisor嚟",
    "需要真人跟進",
    "希望有真人回覆",
    "我想要人手回覆",
    "唔要機械人答我",
    "唔好再俾機械人覆我",
    "你係咪機械人?我要真人",
    "按0轉接線生",
    "轉返真人服務得唔得",
    "我要同你哋經理講",
    "我要見經理",
    "Speak to a human now",
    "I need to speak to someone in charge",
    "Get me your manager",
    "I demand to speak with your supervisor",
    "please transfer me to the complaints team",
    "connect to representative",
    "I want someone to call me",
    "talk to rep",
    "can you get someone to help me",
    "could a member of staff contact me",
    "我想call客服",
    "幫我 connect 去 live agent 唔該",
    "有冇 real person 呀",
    "可唔可以 transfer 去真人",
]
ASKS_NOT = [
    "唔使轉真人",
    "唔需要真人客服，我自己搞掂",
    "不用轉人工了",
    "真人秀好好睇",
    "人工智能好犀利",
    "人工客服態度好差",
    "尋日同真人講咗",
    "轉咗真人之後好快搞掂",
    "人工費好貴",
    "我同朋友講咗",
    "I don't need an agent",
    "the agent was great",
    "no need to transfer me to an agent",
    "I spoke to an agent yesterday",
    "I had to speak to a manager last time",
    "great to talk to a real person",
    "real estate agent",
    "駁去邊個機場",
    "駁線費用幾多",
    "電話駁唔到",
    "耳機接線生鏽",
    "接線板壞咗",
    "人手一部手機",
    "人手袋幾錢",
    "人手織嘅頸巾",
    "人手不足所以遲咗",
    "人手短缺",
    "already spoke to supervisor",
    "the supervisor was very helpful",
    "my supervisor bought this for me",
    "my agent told me the price",
    "travel agent price list",
    "real estate agent",
    "agent said it's done",
    "is the agent fee included",
    "cleaning agent 洗潔劑",
    "this product is for a real person sized doll",
    "a real person would not wear this",
    "personal data",
    "in person pickup",
    "pick up in person",
    "one person or two person set?",
    "how many people can use this",
    "job as customer service representative",
    "職員話冇貨",
    "職員好有禮貌",
    "客服好好人",
    "我同事買咗兩件",
    "轉俾同事用",
    "經理話可以退",
    "主任級員工優惠",
    "客服部門喺邊",
    "請問客服時間",
    "call 咗你哋三次",
    "打俾我老婆先",
    "有人打電話俾我推銷",
    "我打電話俾你哋",
    "速遞員打電話俾我但我冇接",
    "電話俾人偷咗",
    "唔該幫我查單",
    "可以打折嗎",
    "請打包",
    "想要人手一份",
    "人手縫製",
    "自動回覆功能點設定",
    "AI 相機好唔好用",
    "電腦壞咗",
    "bot 字母",
    "機械人吸塵機",
    "有冇人試過呢隻牌子",
    "冇人想要",
    "搵人代購",
    "找人幫忙安裝要錢嗎",
    "叫人送貨得唔得",
    "有冇大人細路尺寸",
    "支持人民幣嗎",
    "need a person to sign for delivery?",
    "Is the manager's choice vegan",
    "have you asked customer service hours",
    "customer service was great",
    "customer support hours?",
    "the operator's seat is broken",
    "auto renewal stop",
    "stop auto renewal please",
    "I am a customer service manager",
    "no agent has contacted me yet",
    "thanks to your agent",
    "agent was rude to me",
    "the agent hung up on me",
    "",
    None,
]


@pytest.mark.parametrize("text", ASKS)
def test_who_asks_for_a_human(text: str) -> None:
    assert asks_for_human([text]) == [True]


@pytest.mark.parametrize("text", ASKS_NOT)
def test_who_declines_or_tells_of_one_does_not_ask(text: str | None) -> None:
    assert asks_for_human([text]) == [False]


def test_events_get_the_wording_of_their_text() -> None:
    events = pl.DataFrame({"text": ["轉真人", None, "好正", "轉真人"], "place": [1, 2, 3, 4]})
    found = with_wording(events)
    assert found["place"].to_list() == [1, 2, 3, 4]
    assert found["asks_human"].to_list() == [True, None, False, True]
    assert found["polarity"].is_null().to_list() == [False, True, False, False]
    none = with_wording(pl.DataFrame({"text": [None]}, schema={"text": pl.String}))
    assert {name: none.schema[name] for name in WORDING} == WORDING
