"""Words of shops, help desks and forms, and what they mean: the one place for these lists.

A column's own words stand in its contract (`c360.means`), and win over the lists. Words are compared without case,
width, marks and blanks around them: `wc-On_Hold` is `on hold`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.contracts.model import Column

Vocabulary = Mapping[str, str]
"""Word, as `fold_word` writes it → what it means."""


def fold_word(text: str) -> str:
    """A short value without case, width, accents' variants, a shop system's prefix, and with single blanks in it."""
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return re.sub(r"[\s_\-./]+", " ", folded.removeprefix("wc-")).strip(" !.…")


def make_vocabulary(meanings: Mapping[str, Iterable[str]]) -> Vocabulary:
    """Every word with its meaning; a meaning is a word for itself."""
    pairs = [(word, meaning) for meaning, words in meanings.items() for word in (meaning, *words)]
    return {fold_word(word): meaning for word, meaning in pairs}


def words(*lines: str) -> list[str]:
    """The words of lines, which commas part."""
    return [word.strip() for line in lines for word in line.split(",")]


SALE, PENDING, CANCELLED, REFUNDED, PARTLY_REFUNDED, REFUND = (
    "sale", "pending", "cancelled", "refunded", "partly_refunded", "refund"
)  # fmt: skip
ORDER_WORDS = make_vocabulary({
    SALE: words(
        "sales, sold, purchase, purchased, order, ordered, paid, payed, completed, complete, done, processing",
        "processed, in process, in progress, confirmed, approved, accepted, success, successful, succeeded",
        "shipped, partially shipped, dispatched, sent, in transit, out for delivery, delivered",
        "partially delivered, received, fulfilled, partially fulfilled, unfulfilled, invoiced, billed, captured",
        "settled, cleared, posted, ok, placed, ready for pickup, picked up, packed, awaiting shipment",
        "awaiting fulfillment, finished, valid, bezahlt, bestellt, abgeschlossen, erledigt, versandt, versendet",
        "verschickt, geliefert, zugestellt, ausgeliefert, in bearbeitung, bestätigt, fakturiert",
        "teilweise versandt, teilversand, teillieferung, gebucht, erfolgreich, verkauf, verkauft, kauf, payé",
        "payée, payee, paye, terminé, terminée, termine, terminee, expédié, expédiée, expedie, expediee, livré",
        "livrée, livre, livree, en cours, en cours de traitement, en préparation, validé, validée, valide",
        "confirmé, confirmée, confirme, facturé, facturée, vente, achat, réussi, reussi, traité, traitée",
        "expédiée partiellement, pagado, pagada, completado, completada, enviado, enviada, entregado, entregada",
        "procesando, en proceso, en preparación, confirmado, confirmada, facturado, facturada, venta, vendido",
        "compra, finalizado, finalizada, aprobado, aprobada, exitoso, 已付款, 已支付, 支付成功, 付款成功",
        "交易成功, 交易完成, 已完成, 完成, 已發貨, 已发货, 已出貨, 已出货, 已寄出, 待发货, 待發貨, 待出貨, 待收货",
        "待收貨, 已收货, 已收貨, 已送達, 已送达, 已签收, 已簽收, 处理中, 處理中, 已确认, 已確認, 买家已付款",
        "買家已付款, 卖家已发货, 賣家已發貨, 已成交, 成功, 销售, 銷售, 购买, 購買, 已結帳, 已结账, 配送中, 運送中",
        "运输中, 部分发货, 部分發貨, 已處理, 已处理, 待取貨, 待取货, 已取貨, 已取货, 待评价, 待評價, 已評價",
        "已评价, 等待卖家发货, 等待买家确认收货, 支払済, 支払い済み, 支払済み, 入金済み, 入金済, 発送済み, 発送済",
        "出荷済み, 出荷済, 配達完了, 配達済み, 完了, 処理中, 注文確定, 確定, 売上, 購入, 受注, 成立, 発送待ち",
        "出荷待ち, 発送準備中",
    ),
    PENDING: words(
        "draft, checkout draft, auto draft, on hold, onhold, hold, held, unpaid, not paid, awaiting payment",
        "payment pending, pending payment, payment due, awaiting authorization, uncaptured, authorized",
        "authorised, requires payment method, requires capture, requires action, requires confirmation",
        "incomplete, quote, quotation, cart, abandoned, waiting, payment review, pending review, in review",
        "proforma, ausstehend, unbezahlt, nicht bezahlt, zahlung ausstehend, warten auf zahlung",
        "wartet auf zahlung, entwurf, angebot, wartend, zurückgestellt, in wartestellung, zahlung offen",
        "offene zahlung, reserviert, vorgemerkt, angehalten, en attente, en attente de paiement, impayé, impayée",
        "impaye, brouillon, devis, à payer, suspendu, suspendue, pendiente, pendiente de pago, sin pagar",
        "no pagado, impagado, borrador, en espera, presupuesto, a la espera, 待付款, 待支付, 未付款, 未支付",
        "等待付款, 等待买家付款, 等待買家付款, 草稿, 待处理, 待處理, 待审核, 待審核, 待确认, 待確認, 支付中",
        "付款中, 掛起, 挂起, 保留中, 待結帳, 待结账, 未払い, 未入金, 入金待ち, 支払い待ち, 支払待ち, 保留, 下書き",
        "仮注文, 注文確認待ち, 見積",
    ),
    CANCELLED: words(
        "canceled, cancel, cancelation, cancellation, cancelled by customer, cancelled by seller",
        "canceled by customer, void, voided, failed, failure, payment failed, declined, rejected, refused, denied",
        "expired, deleted, trash, trashed, removed, aborted, terminated, lost, error, invalid, annulled, undone",
        "blocked, fraud, dropped, spam, timed out, storniert, storno, stornierung, teilweise storniert",
        "abgebrochen, annulliert, abgelehnt, fehlgeschlagen, gescheitert, gelöscht, geloescht, abgelaufen",
        "verfallen, zurückgewiesen, ungültig, gekündigt, annulé, annulée, annule, annulee, annulation, échoué",
        "échouée, echoue, echouee, échec, refusé, refusée, refuse, refusee, expiré, expirée, expire, expiree",
        "rejeté, rejetée, supprimé, supprimée, abandonné, abandonnée, cancelado, cancelada, anulado, anulada",
        "cancelación, fallido, fallida, fracasado, rechazado, rechazada, caducado, caducada, vencido, vencida",
        "expirado, expirada, eliminado, eliminada, denegado, denegada, 取消, 已取消, 交易关闭, 交易關閉, 已关闭",
        "已關閉, 订单关闭, 訂單關閉, 关闭, 關閉, 作廢, 作废, 已作废, 已作廢, 失败, 失敗, 支付失败, 付款失敗",
        "付款失败, 交易失败, 交易失敗, 已失效, 失效, 已过期, 已過期, 過期, 过期, 拒絕, 拒绝, 已拒絕, 已拒绝",
        "已删除, 已刪除, 撤销, 撤銷, 已撤销, 已撤銷, 逾期, 超时关闭, 超時取消, 卖家取消, 买家取消, キャンセル",
        "キャンセル済み, キャンセル済, 取り消し, 取消し, 取消済み, 無効, 失効, 期限切れ, 決済失敗, 却下, 削除",
        "削除済み, 中止",
    ),
    REFUNDED: words(
        "fully refunded, refunded in full, refund completed, refund complete, refund issued, refund processed",
        "money back, returned, fully returned, charged back, reversed, disputed lost, return completed",
        "return received, erstattet, rückerstattet, zurückerstattet, rueckerstattet, vollständig erstattet",
        "retourniert, zurückgegeben, zurückgeschickt, rückgebucht, gutgeschrieben, remboursé, remboursée",
        "rembourse, remboursee, remboursé intégralement, retourné, retournée, retourne, retournee, reembolsado",
        "reembolsada, devuelto, devuelta, reintegrado, reintegrada, 已退款, 退款成功, 退款完成, 全额退款",
        "全額退款, 已全额退款, 已全額退款, 已退貨, 已退货, 退貨完成, 退货完成, 退货成功, 退貨成功, 返金済み",
        "返金済, 返金完了, 返品済み, 返品済, 返品完了, 全額返金",
    ),
    PARTLY_REFUNDED: words(
        "partially refunded, partly refunded, partial refund, partially returned, partial return, partly returned",
        "teilweise erstattet, teilerstattet, teilweise rückerstattet, teilerstattung, teilretoure",
        "teilweise retourniert, partiellement remboursé, partiellement remboursée, remboursement partiel",
        "remboursé partiellement, remboursée partiellement, parcialmente reembolsado, parcialmente reembolsada",
        "reembolso parcial, reembolsado parcialmente, devolución parcial, 部分退款, 已部分退款, 部分退貨",
        "部分退货, 一部返金, 一部返金済み, 部分返金",
    ),
    REFUND: words(
        "refunds, return, returns, chargeback, reversal, credit note, credit memo, refund payment, erstattung",
        "rückerstattung, rueckerstattung, retoure, rückgabe, rücksendung, gutschrift, rückbuchung, remboursement",
        "retour, avoir, rétrofacturation, reembolso, devolución, devolucion, contracargo, nota de crédito, 退款",
        "退貨, 退货, 退款單, 退货单, 返金, 返品",
    ),
})  # fmt: skip
"""The status or type of an order or its line. `refunded` is an order whose money went back, `refund` a row that is the
money going back."""

OPEN, ACTIVE, CLOSED = "open", "active", "closed"
TICKET_WORDS = make_vocabulary({
    OPEN: words(
        "new, pending, on hold, onhold, hold, in progress, inprogress, reopened, re open, re opened, reopen",
        "unresolved, unsolved, offen, neu, in bearbeitung, wartend, wiedereröffnet, wiedergeöffnet, ausstehend",
        "in arbeit, ungelöst, unerledigt, ouvert, ouverte, nouveau, nouvelle, en cours, en attente, réouvert",
        "réouverte, rouvert, en pause, non résolu, abierto, abierta, nuevo, nueva, en curso, en progreso",
        "en proceso, en espera, pendiente, reabierto, sin resolver, 待處理, 待处理, 處理中, 处理中, 進行中",
        "进行中, 未解決, 未解决, 新建, 新, 待回覆, 待回复, 跟進中, 跟进中, 開啟, 打开, 待跟進, 待跟进, 等待中",
        "重開, 重开, 重新打開, 重新打开, 未處理, 未处理, 掛起, 挂起, 未対応, 対応中, 新規, 保留, 保留中, 処理中",
        "再オープン, オープン, 返信待ち, 確認中",
    ),
    ACTIVE: words(
        "processing, waiting, assigned, unassigned, escalated, started, todo, to do, backlog, triage",
        "waiting on customer, waiting on third party, waiting for customer, awaiting reply",
        "awaiting customer reply, awaiting agent, in review, created, received, acknowledged, answered, replied",
        "snoozed, contacted, scheduled, submitted, working, blocked, queued, customer replied, pending customer",
        "transferred, handed over, bot, accepted, confirmed, wartet auf kunde, zugewiesen, angehalten",
        "beantwortet, eskaliert, rückfrage, assigné, assignée, répondu, asignado, asignada, respondido, 已回覆",
        "已回复, 已分配, 已指派, 已升級, 已升级, 已接單, 已接单, 轉人工, 转人工, 受付, 受付済み",
    ),
    CLOSED: words(
        "solved, resolved, done, completed, complete, finished, cancelled, canceled, deleted, fixed, archived",
        "spam, merged, rejected, duplicate, ended, expired, abandoned, no reply needed, wont fix, won't fix",
        "closed by customer, auto closed, gelöst, geloest, geschlossen, erledigt, abgeschlossen, beendet",
        "storniert, behoben, archiviert, gelöscht, résolu, résolue, resolu, resolue, fermé, fermée, ferme, fermee",
        "clos, close, clôturé, clôturée, cloturé, terminé, terminée, annulé, annulée, archivé, traité, traitée",
        "resuelto, resuelta, cerrado, cerrada, solucionado, solucionada, completado, completada, terminado",
        "finalizado, cancelado, cancelada, archivado, 已解決, 已解决, 已完成, 已關閉, 已关闭, 結束, 结束, 完成",
        "已處理, 已处理, 已結束, 已结束, 已結案, 已结案, 結案, 结案, 已取消, 已辦結, 已办结, 關閉, 关闭, 解決",
        "解决, 處理完成, 处理完成, 已封存, 已归档, 解決済み, 解決済, 完了, クローズ, 対応済み, 対応済, 対応完了",
        "終了, 処理済み, キャンセル",
    ),
})  # fmt: skip
"""The status of a ticket: `open` whatever is said besides, `active` until a time says that it was solved.

Numbers of help desks mean nothing here: each desk numbers its own (`c360.means`)."""

GRANTED, WITHDRAWN = "granted", "withdrawn"
CONSENT_WORDS = make_vocabulary({
    GRANTED: words(
        "grant, given, yes, y, true, 1, opt in, optin, in, agreed, agree, accepted, accept, allowed, allow",
        "subscribed, consented, ja, erteilt, zugestimmt, einverstanden, eingewilligt, oui, accordé, accepté, sí",
        "si, aceptado, concedido, 同意, 是, 已同意, 接受, 訂閱, 订阅, はい, 承諾",
    ),
    WITHDRAWN: words(
        "withdraw, no, n, false, 0, opt out, optout, out, refused, refuse, denied, deny, declined, rejected",
        "revoked, unsubscribed, disagreed, not given, none, never, expired, nein, widerrufen, abgelehnt",
        "verweigert, non, refusé, retiré, rechazado, retirado, revocado, 不同意, 否, 拒絕, 拒绝, 撤回, 已撤回",
        "退訂, 退订, いいえ, 拒否, 撤回済み",
    ),
})  # fmt: skip
"""The answer to a question for consent."""

CUSTOMER, AGENT, BOT = "customer", "agent", "bot"
SPEAKER_WORDS = make_vocabulary({
    CUSTOMER: words(
        "user, end user, client, caller, guest, visitor, requester, member, consumer, kunde, kundin, anrufer",
        "客戶, 客户, 顧客, 顾客, 用戶, 用户, 來電者, 来电者, 會員, 会员",
    ),
    AGENT: words(
        "staff, operator, advisor, adviser, representative, rep, csr, employee, support, service agent, human agent",
        "customer service, customer care, mitarbeiter, mitarbeiterin, berater, beraterin, 客服, 職員, 职员",
        "客服人員, 客服人员, 接線員, 接线员, 坐席",
    ),
    BOT: words(
        "chatbot, voicebot, chat bot, voice bot, virtual agent, virtual assistant, ivr, ai, ai agent, assistant",
        "system, 機械人, 机械人, 機器人, 机器人, 智能客服",
    ),
})  # fmt: skip
"""Who speaks in a turn of a call or chat. Numbers and channels of a recorder (spk_0, left) mean nothing here."""
NOBODY = "unknown_speaker"
"""Type of a turn of which it is not known who spoke it."""

SHOWN, CLICKED = "shown", "clicked"
IMPRESSION_WORDS = make_vocabulary({
    SHOWN: words(
        "impression, impressions, view, viewed, seen, served, displayed, delivered, exposed, not clicked, no click",
        "unclicked, no, n, false, 0, nein, non, 展示, 已展示, 曝光, 已曝光, 未點擊, 未点击, 未点擊, 否",
    ),
    CLICKED: words(
        "click, clicks, click through, clickthrough, tap, tapped, yes, y, true, 1, ja, oui, 點擊, 点击, 已點擊, 已点击",
        "是",
    ),
})  # fmt: skip
"""What became of something that was shown: nothing, or a click. An opened mail is neither: say it by `c360.means`."""

TREATED, HELD_OUT = "treated", "held_out"
ASSIGNMENT_WORDS = make_vocabulary({
    TREATED: words("treat, treatment, treatment group, target, targeted, exposed, contacted, 實驗組, 实验组, 處理組"),
    HELD_OUT: words(
        "hold out, holdout, hold out group, held back, withheld, control, control group, not contacted, untreated",
        "對照組, 对照组, 控制組, 控制组",
    ),
})  # fmt: skip
"""The group of a campaign that a customer was assigned to. `test`, A and B mean what whoever named them had in mind."""

GENDERS = {
    "female": "f female fem woman girl lady mrs ms miss mdm madam w weiblich femme femenino feminino mujer fille frau "
    "madame mme mademoiselle mlle señora señorita sra srta signora 2 女 女性 女士 小姐 太太 夫人 女生 女人 女孩",
    "male": "m male masc man boy gentleman mr mister sir männlich homme masculin masculino hombre garçon herr monsieur "
    "señor sr signor 1 男 男性 先生 男士 男生 男人 男孩",
    "other": "x o other others nonbinary nb enby diverse diverser divers third thirdgender intersex genderqueer "
    "其他 其它 第三性 非二元 跨性別 跨性别",
}
"""1 and 2 are those of ISO 5218; its 0 (not known) and 9 (not applicable) are null."""
GENDER_WORDS = {fold_word(word): gender for gender, row in GENDERS.items() for word in row.split()}

STATUSES: Mapping[str, Vocabulary] = {
    "transactions": ORDER_WORDS,
    "support": TICKET_WORDS,
    "consent": CONSENT_WORDS,
    "orders": ORDER_WORDS,
    "impressions": IMPRESSION_WORDS,
    "campaigns": ASSIGNMENT_WORDS,
}
"""By kind of source, the words that its column with the role `status` may hold."""


def list_spellings(vocabulary: Vocabulary, meaning: str) -> tuple[str, ...]:
    """The words of a meaning in small letters, with each of the signs that may stand for a blank."""
    known = sorted(word for word, means in vocabulary.items() if means == meaning)
    return tuple(dict.fromkeys(word.replace(" ", sign) for word in known for sign in " -_"))


def find_vocabulary(kind: str, role: str | None) -> Vocabulary | None:
    """The words of a column by its source's kind and its role; None where any word is right."""
    if role == "status":
        return STATUSES.get(kind)
    if role == "speaker" and kind == "support":
        return SPEAKER_WORDS
    if role == "event_type" and kind == "transactions":
        return ORDER_WORDS
    return GENDER_WORDS if role == "gender" else None


@lru_cache(maxsize=10_000)
def find_meaning(text: str, kind: str, role: str) -> str | None:
    """What a word means; None if no list knows it."""
    return (find_vocabulary(kind, role) or {}).get(fold_word(text))


def read_means(column: Column) -> dict[str, str]:
    """The column's own words, folded, and what they mean."""
    return {fold_word(word): meaning for word, meaning in column.means.items()}
