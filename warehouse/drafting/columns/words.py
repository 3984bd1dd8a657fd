"""What the words in a column's or a file's name speak of: English, Chinese, German, romanised, and others in part.

A name is taken apart into words, compounds (Bestellnummer) and characters (訂單編號), so that names that nobody listed
are understood by their parts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

STEMS = {
    "id": "id ids no nr nummer number num nums numero code key ref reference uuid guid kennung schluessel hao"
    " bianhao haoma bango 編號 编号 號 号 號碼 号码 代碼 代码 單號 单号 番号 流水號 流水号 序號 序号",
    "order": "order orders invoice invoices receipt receipts bestell bestellung bestellungen auftrag auftrags"
    " auftraege rechnung rechnungs rechnungen beleg belege bon kauf kaeufe einkauf verkauf verkaeufe transaction"
    " transactions transaktion txn trx purchase purchases sale sales checkout basket charge charges payment"
    " payments dingdan jiaoyi xiaoshou commande commandes achat facture pedido pedidos compra factura venta ordine"
    " ordini acquisto bestelling aankoop 訂單 订单 交易 發票 发票 單據 单据 收據 收据 銷售 销售 訂購 订购 購買 购买"
    " 注文 購入 帳單 账单 booking bookings buchung buchungen umsaetze",
    "line": "line lines lineitem zeile zeilen position positionen pos posten row mingxi ligne linea 明細 明细 行"
    " 項次 项次 品項 项目 明細行",
    "customer": "customer customers client clients member members user users buyer buyers kunde kunden kd mitglied"
    " mitglieder kaeufer nutzer benutzer account accounts konto cust patient shopper shoppers loyalty subscriber"
    " contact contacts person people personen kehu huiyuan guke yonghu maijia cliente clientes klant klanten membre"
    " miembro socio utente acheteur comprador kokyaku kaiin payer donor guest crm card karte carte tarjeta kaart"
    " 客戶 客户 會員 会员 顧客 顾客 用戶 用户 買家 买家 成員 客人 帳戶 账户 帳號 账号 お客様 会社員 テナント"
    " kontakt kontakte adressbuch stammdaten",
    "name": "name names fullname nom nombre nome naam xingming mingzi mingcheng shimei 姓名 名稱 名称 名字 全名"
    " 氏名 稱謂 收件人 收货人",
    "given": "first given forename firstname fname givenname vorname vornamen rufname prenom voornaam xian 名",
    "surname": "last surname lastname lname family familyname nachname nachnamen familienname zuname apellido"
    " apellidos cognome achternaam xing 姓 姓氏",
    "middle": "middle mname",
    "email": "email emails mail mails epost correo courriel youxiang dianyou emailaddress 電郵 电邮 郵箱 邮箱"
    " 電子郵件 电子邮件 電子信箱 メール 郵件 邮件",
    "phone": "phone phones tel telephone telefon telefono telefone mobile mobil cell cellphone handy handynummer"
    " rufnummer telefonnummer mobilnummer festnetz dianhua shouji whatsapp fon msisdn movil portable telefoon gsm"
    " denwa 電話 电话 手機 手机 流動電話 行動 聯絡 携帯",
    "fax": "fax telefax 傳真 传真",
    "time": "date dates time times datetime on at datum zeit uhrzeit zeitpunkt timestamp ts tag when day fecha hora"
    " data heure jour riqi shijian dag tijd hizuke nichiji 日期 時間 时间 日 時 时 日時 dt",
    "birth": "birth birthday birthdate dob born geburt geburts geburtstag geburtsdatum geb bday shengri chusheng"
    " naissance nacimiento nascita geboorte 生日 出生 誕生 生年月日",
    "amount": "amount amounts amt betrag betraege summe wert paid revenue value umsatz erloes zahlbetrag jine zonge"
    " montant importe monto importo bedrag valor kingaku sum spend turnover rechnungsbetrag 金額 金额 金 款 實付"
    " 实付 付款 實收 实收 售",
    "total": "total gesamt gesamtbetrag endbetrag gesamtsumme totaal totale grand zongji heji 總額 总额 總計 总计"
    " 合計 合计 總 总",
    "price": "unitprice einzelpreis stueckpreis price prices preis preise danjia jiage prix precio prezzo prijs"
    " tanka kakaku rate 單價 单价 價格 价格 價錢 售價 售价 價 价 価格 単価",
    "unit": "unit einzel stueckpreis stueck each einzelpreis unitprice unitario unitaire danjia tanka 單價 单价"
    " 単価",
    "quantity": "quantity qty menge anzahl pieces pcs stueck stueckzahl qte quantite cantidad quantita aantal"
    " shuliang suryo units 數量 数量 件數 件数 個数",
    "currency": "currency waehrung cur ccy curr bizhong huobi devise moneda valuta tsuka monnaie 幣別 币别 幣種"
    " 币种 貨幣 货币 通貨 貨幣單位",
    "status": "status state stand zustand stage phase zhuangtai estado statut stato jotai situation 狀態 状态 狀況"
    " 状况 状況",
    "item": "item items product products article artikel artikelnummer sku produkt produkte ware waren goods asin"
    " ean barcode stock stockcode shangpin chanpin huohao articulo producto produit prodotto shohin merchandise"
    " 商品 產品 产品 貨品 货品 貨號 货号 品號 品号 款式 製品 物品",
    "description": "description desc bezeichnung beschreibung descripcion miaoshu artikelname 描述 說明 说明 品名"
    " 商品名 產品名稱 detail details",
    "text": "text message messages content body comment comments nachricht nachrichten inhalt kommentar neirong"
    " mensaje texto contenu post posts tweet tweets review reviews rezension fulltext note notes notiz feedback"
    " caption 內容 内容 留言 訊息 讯息 消息 評論 评论 備註 备注 帖子 貼文 微博 本文 問題 问题",
    "social": "social post posts tweet tweets feed mentions beitrag beitraege weibo facebook instagram twitter 帖子"
    " 貼文 微博 reviews review",
    "subject": "subject title betreff titel thema asunto sujet zhuti biaoti topic 主題 主题 標題 标题 件名",
    "channel": "channel via kanal source medium origin qudao laiyuan canal platform 渠道 來源 来源 平台 途徑 quelle"
    " 門市 门店 filiale store shop",
    "category": "category categories type kategorie typ art leibie fenlei categoria tipo reason grund department"
    " airline brand marke purpose zweck 類別 类别 分類 分类 類型 类型 種類",
    "purpose": "purpose zweck consent permission einwilligung mudi 用途 目的 同意",
    "decision": "decision answer granted consented choice entscheidung antwort opt 決定 决定 授權 授权 回覆",
    "gender": "gender sex geschlecht anrede salutation title titel xingbie sexo genre sesso geslacht 性別 性别 稱呼"
    " 称呼",
    "language": "language lang locale sprache yuyan langue idioma lingua taal gengo 語言 语言 言語",
    "address": "address addresses addr street adresse anschrift strasse str hausnummer dizhi direccion indirizzo"
    " adres rue calle via jusho building flat floor house 地址 住址 街道 住所 大廈",
    "district": "city town district suburb ort stadt wohnort state region province county country land location"
    " locality municipality area diqu chengshi ville ciudad citta pays pais estado quyu bundesland 地區 地区 城市"
    " 區 区 區域 区域 省 省份 市 國家 国家 都道府県",
    "postcode": "zip postcode postal plz postleitzahl zipcode youbian postalcode cp cap codepostal 郵編 邮编"
    " 郵政編碼 邮政编码 郵遞區號 郵便番号",
    "handle": "handle username screen nick nickname login screenname userhandle alias nicheng 用戶名 用户名 暱稱"
    " 昵称",
    "national": "ssn soc sec passport hkid national ausweis personalausweis nino dni nif shenfenzheng idcard taxid"
    " 身份證 身份证 身分證 護照 护照",
    "refund": "refund refunds refunded erstattet erstattung rueckerstattung rueckerstattet retoure gutschrift"
    " tuikuan returned reembolso remboursement 退款 退貨 退货 返金",
    "resolved": "resolved solved closed geloest erledigt geschlossen abgeschlossen jiejue resolu cerrado resuelto"
    " 解決 解决 結案 结案 關閉 关闭 完成",
    "created": "created opened eingang eingegangen erstellt angelegt chuangjian cree creado creation submitted"
    " requested posted sent published written geschrieben placed ordered bestell bestelldatum sold purchased bought"
    " kaufdatum booked gebucht xiadan 創建 创建 建立 下單 下单 開單 开单 登錄 發佈 发布 提交 交易 sale purchase"
    " order verkauft gekauft commande pedido invoice rechnungsdatum 訂單 订单",
    "later": "updated modified changed shipped dispatched delivered delivery due cancelled canceled last expires"
    " expiry geaendert versendet versand geliefert liefer lieferung faellig storniert fulfilled closed processed"
    " refund refunded login seen gengxin xiugai fahuo 更新 修改 發貨 发货 出貨 到期 取消 最後 最后 received"
    " exported synced imported emitted extracted loaded paid bezahlt valuta wertstellung",
    "joined": "joined registered signup registration beitritt registriert anmeldung since seit zhuce 註冊 注册 加入"
    " 入會 入会",
    "agent": "agent assignee assigned bearbeiter mitarbeiter sachbearbeiter cashier staff employee kassierer clerk"
    " verkaeufer salesperson kefu seller operator owner 客服 專員 专员 處理人 处理人 經手人 店員 店员 担当",
    "author": "requester submitter author reporter sender absender verfasser autor auteur poster from 發件人 作者"
    " 發帖人 提交人",
    "ticket": "ticket tickets case cases anfrage anfragen issue issues conversation vorgang fall support helpdesk"
    " desk inquiry inquiries enquiry enquiries complaint complaints beschwerde gongdan request requests 工單 工单"
    " 查詢 查询 投訴 投诉 咨詢 问い合わせ",
    "thread": "thread conversation parent reply replied inreplyto",
    "sentiment": "sentiment stimmung polarity qinggan 情緒 情绪 情感",
    "rating": "rating stars score bewertung sterne nps csat pingfen puntuacion note 評分 评分 星",
    "like": "like likes favorite favorites favourites gefaellt dianzan 讚 赞 點讚 点赞",
    "count": "count counts zahl anzahl shu",
    "reply": "reply replies antworten huifu 回覆數 回复数",
    "debit": "debit debits soll belastung withdrawal zhichu debe debito 支出 借方 借 提款 出金",
    "credit": "credit credits haben gutschrift deposit shouru haber 收入 貸方 贷方 貸 贷 存款 存入 入金",
    "beside": "tax vat mwst ust steuer discount rabatt shipping versandkosten fee gebuehr tip balance saldo cost"
    " kosten points punkte subtotal zwischensumme credit limit budget weight gewicht tariff 稅 税 折扣 運費 运费"
    " 優惠 优惠 餘額 余额 結餘 结余 積分 积分 手續費 手续费 成本 confidence",
    "net": "net netto jing 淨額 净额",
    "gross": "gross brutto mao 毛額",
    "valid": "valid effective gueltig 生效",
    "company": "company organisation organization firma unternehmen gongsi org merchant 公司 機構",
    "ship": "shipping versand ship lieferadresse 收貨 收货 送貨",
    "page": "url link href website avatar image icon 網址 网址",
    "web": "session visit click pageview event events",
    "direction": "direction richtung sens drcr debitcredit 收/支 收支 借貸 借贷 收付",
    "deleted": "deleted is_deleted removed geloescht 刪除 删除",
    "zone": "timezone zone zeitzone utc gmt 時區 时区",
}  # fmt: skip
"""What is spoken of → the words that speak of it, umlauts written out."""
SHORT = frozenset({"id", "no", "nr", "at", "on", "kd", "ts", "dt"})
"""Stems of two letters that may end a compound, or begin one."""
HEADS = ("nummer", "datum", "betrag", "kanal", "status", "preis", "menge", "adresse", "strasse", "konto", "waehrung")
"""The last part of a German compound says what it is, also where the first is not known."""
ACRONYM = re.compile(r"\b(?:[A-Za-z]\.){2,}")
"""As D.O.B. is written."""
LINKS = ("", "s", "n", "en", "es", "er")
"""What German puts between the parts of a compound."""
WORD = re.compile(r"[A-Z]?[a-zß-ÿ]+|[A-ZÀ-Þ]+(?![a-zß-ÿ])|\d+|[^\W\d_a-zA-ZÀ-ÿ]+")
LATIN = re.compile(r"[a-z]+")
SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})


def build_index() -> dict[str, frozenset[str]]:
    """Stem → what it speaks of."""
    found: dict[str, set[str]] = {}
    for concept, stems in STEMS.items():
        for stem in stems.split():
            found.setdefault(stem, set()).add(concept)
    return {stem: frozenset(concepts) for stem, concepts in found.items()}


INDEX = build_index()
LONGEST_SIGNS = max(len(stem) for stem in INDEX if not stem.isascii())


@lru_cache(maxsize=10_000)
def read_name(name: str) -> frozenset[str]:
    """What a name speaks of, as {customer, id} of Kundennummer; nothing for a name of unknown words."""
    return frozenset(concept for stem in split_name(name) for concept in INDEX.get(stem, ()))


@lru_cache(maxsize=10_000)
def split_name(name: str) -> tuple[str, ...]:
    """The stems that a name is made of, those that are not known among them."""
    plain = unicodedata.normalize("NFC", name.strip()).replace("E-Mail", "Email").replace("e-mail", "email")
    plain = ACRONYM.sub(lambda found: found[0].replace(".", ""), plain)
    words = [fold(word) for word in WORD.findall(unicodedata.normalize("NFKC", plain).translate(SPELT_OUT))]
    stems: list[str] = []
    while words:
        if len(words) > 1 and LATIN.fullmatch(words[0]) and words[0] + words[1] in INDEX:  # Post Code, User Name
            stems.append(words.pop(0) + words.pop(0))
            continue
        word = words.pop(0)
        stems += split_word(word) if LATIN.fullmatch(word) else split_signs(word)
    return tuple(stems)


def fold(word: str) -> str:
    """A Latin word in small letters without accents; any other as it is."""
    bare = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    return bare if LATIN.fullmatch(bare) else unicodedata.normalize("NFC", word)


def split_word(word: str) -> list[str]:
    """A word of Latin letters as the stems it is made of; itself where it is one, or no stems make it."""
    if word in INDEX:
        return [word]
    if parts := find_parts(word):
        return parts
    head = next((head for head in HEADS if word.endswith(head) and len(word) > len(head) + 2), None)
    return [head] if head else [word]


def find_parts(word: str) -> list[str] | None:
    """Stems that make up a whole word with no more than a linking sound between them, the longest first."""
    for end in range(len(word), 1, -1):
        head = word[:end]
        if head not in INDEX or (end < 3 and head not in SHORT):
            continue
        if end == len(word):
            return [head]
        for link in LINKS:
            rest = word[end:]
            if rest.startswith(link) and len(rest) - len(link) >= 2 and (tail := find_parts(rest[len(link) :])):
                return [head, *tail]
    return None


def split_signs(word: str) -> list[str]:
    """A word without spaces between its words, as Chinese is written: the longest known one at each place."""
    stems, place = [], 0
    while place < len(word):
        sizes = range(min(LONGEST_SIGNS, len(word) - place), 0, -1)
        size = next((n for n in sizes if word[place : place + n] in INDEX), 0)
        if size:
            stems.append(word[place : place + size])
        place += size or 1
    return stems
