"""What people and programs write where there is nothing to write: `NULL`, `N/A`, `-`, `0`, `guest`, `匿名`.

One vocabulary for every field. A value that is more than such a word (`guest_1234`, `1`, `A0`) is a value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

import polars as pl

from transforms.values.per_distinct import map_distinct
from transforms.values.texts import fold_width

KINDS = ("null", "sign", "number", "nobody")
"""What a placeholder can be: a word for no value (NULL), signs alone, a number that stands for none (0, -1), a word for
nobody (guest)."""
LONGEST = 40
"""Characters of a placeholder at most; the UUID of zeros in braces has 38."""

NULLS = """
    null nul nil none nan na undefined undef unset noid noaccount nodata novalue noentry noname notset notgiven
    nonegiven notavailable notapplicable notprovided notspecified notknown unspecified unassigned notassigned tba
    tbc tbd keine keineangabe keinwert kangabe nichtangegeben nichtvorhanden nichtbekannt entfallt nvt geen leeg
    aucun aucune neant nonrenseigne nonrenseignee noncommunique nondefini sansobjet ninguno ninguna nulo sindato
    sindatos sinespecificar noaplica nodisponible nenhum nenhuma naoinformado nessuno nessuna nondisponibile ingen
    inget saknas нет неизвестен неизвестно пусто لايوجد 無 无 沒有 没有 無資料 无资料 無數據 无数据 空 空值 空白
    未填 未填寫 未填写 未輸入 未输入 未提供 未登記 未登记 未設定 未设置 未指定 未分配 未指派 不適用 不适用 不詳 不详
    不明 待定 待補 待补 なし 無し 未入力 未登録 該当なし 없음 미입력 해당없음 kein 暫無 暂无
    erased anonymised anonymized
"""
NOBODIES = """
    guest anonymous anon unknown nobody noone someone somebody anyone customer client user username member visitor
    buyer shopper consumer account person walkin cash pos counter default dummy fake test testing tester demo
    deleted removed redacted unregistered unidentified notloggedin loggedout generic passerby onetime nouser
    nocustomer cashcustomer cashsale cashsales countersale countersales gast anonym unbekannt unbekannte unbekannter
    laufkunde laufkundschaft barkunde barverkauf tageskunde testkunde anoniem onbekend onbekende klant kassa invite
    invitee visiteur anonyme inconnu inconnue clientdepassage clientcomptoir clientdivers invitado invitada anonimo
    anonima desconocido desconocida mostrador publicogeneral publicoengeneral consumidorfinal clientegeneral
    clientemostrador clientevarios convidado convidada desconhecido desconhecida ospite sconosciuto sconosciuta gosc
    nieznany nepoznato гость аноним тест ضيف مجهول 匿名 訪客 访客 遊客 游客 散客 散戶 散户 過客 过客 過路客 过路客
    路人 客人 顧客 顾客 客戶 客户 會員 会员 買家 买家 未知 某人 無名氏 无名氏 非會員 非会员 未註冊 未注册 未登入
    未登录 零售 零售客 現金 现金 現金客 现金客 門市 门市 門店 门店 門市客 櫃檯 柜台 收銀 收银 臨時 临时 測試 测试
    ゲスト 名無し 不特定 非会員 テスト 게스트 익명 비회원 손님 미상 테스트 void empty blank missing pending leer
    vide vacio vazio vuoto brak asdf asdfgh qwerty kasse theke stammkunde diverse diversekunden instore system 系統
    系统 預設 预设 默認 默认 無名 无名
"""
NOUNS = """
    customers customer clients client users user members member visitors visitor accounts account buyer shopper
    checkout orders order sales sale person kunde kundin kunden nutzer benutzer konto bestellung utilisateur compte
    commande cliente usuario cuenta utente 用戶 用户 客戶 客户 顧客 顾客 客人 會員 会员 買家 买家 帳戶 账户 帳號
    账号 고객 様
"""
"""What may stand behind such a word: `guest checkout`, `匿名用戶`."""
LIMITS = (
    "2147483647", "-2147483648", "4294967295", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
)  # fmt: skip
"""The ends of what a database's integer holds."""
NO_NUMBER = re.compile(r"[-−–‐]\s*(?:1|9+)(?:\.0+)?|0x0+|\+?0+[.,]?0*(?:e[+-]?0+)?", re.IGNORECASE)
NULL_SIGN = re.compile(
    r"(?i:\\+n|#n/?a!?|#(?:ref|value|name|null|num|div/0)[!?]?|k\. ?a\.?|k/a|n[./] ?[dv]\.?|s/n|[+-]?inf)"
    r"|NaT|1\.?#(?:IND|QNAN|INF)"
)
"""What spreadsheets, databases and forms write, of which the letters alone may be somebody's name."""
TEMPLATE = re.compile(r"\$\{[^{}]*\}|\{\{[^{}]*\}\}|%[A-Za-z_]+%|<%.*%>")
"""A field of a template that nothing was put into: `${customer_id}`, `{{ email }}`."""
RUN = re.compile(r"(x)\1{2,}|(ffffffff)f{24}")
SIGNS = {"Sm", "Sc", "Sk"}
"""Unicode categories of mathematical signs, currencies and modifiers."""
QUOTES = "\"'`´‘’“”«»「」『』()[]{}<> "


def fold_mark(text: str) -> str:
    """A short text without case, accents, signs and blanks: `N/A` and `n. a.` are `na`."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", bare))


WORDS = {fold_mark(word): kind for kind, words in (("null", NULLS), ("nobody", NOBODIES)) for word in words.split()}
ENDS = tuple(map(fold_mark, NOUNS.split()))


def placeholder_kinds(s: pl.Series) -> pl.Series:
    """The kind of placeholder (of KINDS) that each text is; null: it is none, or null.

    Most values hold a digit other than zero and cost no more than a search for it.
    """
    text = s.cast(pl.String)
    may_be = ~text.str.contains("[1-9]") | text.str.contains(r"^\W*[-−–‐－]\W*[19]|#") | text.is_in(LIMITS)
    chosen = text.zip_with((may_be & (text.str.len_chars() <= LONGEST)).fill_null(False), text.clear(len(text)))
    return map_distinct(chosen, find_placeholder)


def drop_placeholders(s: pl.Series, kinds: Collection[str] = KINDS) -> pl.Series:
    """The texts without placeholders of some kinds, which are null."""
    text = s.cast(pl.String)
    return text.zip_with(~placeholder_kinds(text).is_in(kinds).fill_null(False), text.clear(len(text)))


@lru_cache(maxsize=1 << 14)
def find_placeholder(text: str) -> str | None:
    """The kind of placeholder that a text is, whatever its case, width, quotes and brackets; None if it is a value."""
    folded = fold_width(text).strip(QUOTES)
    if folded in LIMITS or NO_NUMBER.fullmatch(folded):
        return "number"
    if NULL_SIGN.fullmatch(folded) or TEMPLATE.fullmatch(text.strip()):
        return "null"
    if len(folded) > LONGEST or re.search("[1-9]", folded):
        return None
    word = fold_mark(folded)
    if not word:
        return "sign" if is_signs(folded) else None
    if not word.strip("0"):
        return "number"
    return find_word(word) or find_words(folded)


def find_word(word: str) -> str | None:
    """The kind of a folded word that says nothing, alone or before a noun: `guest`, `guestcheckout`."""
    if word in WORDS or RUN.fullmatch(word):
        return WORDS.get(word, "null")
    return next(("nobody" for end in ENDS if word.endswith(end) and word.removesuffix(end) in WORDS), None)


def find_words(text: str) -> str | None:
    """The kind of the first of several words that all say nothing: `Test Test`, `- N/A -`."""
    kinds = [find_word(word) for word in map(fold_mark, text.split()) if word]
    return kinds[0] if len(kinds) > 1 and all(kinds) else None


def is_signs(text: str) -> bool:
    """True for punctuation, mathematical signs and what was lost in an encoding; an emoji may be somebody's name."""
    return all(c == "\ufffd" or unicodedata.category(c)[0] in "PZC" or unicodedata.category(c) in SIGNS for c in text)
