"""Which role a column has by its name alone: what people call their columns, in English and Chinese."""

from __future__ import annotations

import re

ROLES = (
    "full_name", "given_name", "middle_name", "surname", "birth_date", "gender", "email", "phone", "national_id",
    "handle", "address", "postcode", "city", "district",
)  # fmt: skip
"""Roles that a column may be given."""
NAMES = {
    "full_name": (
        "name fullname displayname namefull nameen namezh englishname chinesename completename legalname"
        " nameenglish namechinese 姓名 全名 名稱 名称 中文姓名 英文姓名 中文名 英文名 客戶姓名 客户姓名"
        " 會員姓名 会员姓名"
    ),
    "given_name": "givenname givennames firstname fname forename forenames firstnames namefirst given 名 名字",
    "middle_name": "middlename middlenames middleinitial middle mname minit",
    "surname": "surname lastname lname familyname secondname namelast sname family 姓 姓氏",
    "birth_date": "birthdate dateofbirth dob birthday birthdt dobdate born bday 出生日期 生日 出生年月日 出生日",
    "gender": "gender sex 性別 性别",
    "email": (
        "email emailaddress mail emailid emailaddr workemail homeemail personalemail 電郵 电邮 電郵地址"
        " 电邮地址 郵箱 邮箱 電子郵件 电子邮件 電子郵箱 电子邮箱 電子信箱"
    ),
    "phone": (
        "phone phonenumber phoneno tel telephone telephonenumber telno mobile mobilenumber mobileno"
        " mobilephone cell cellphone cellphonenumber cellnumber homephone workphone dayphone eveningphone"
        " whatsapp 電話 电话 電話號碼 电话号码 手機 手机 手機號碼 手机号码 手機號 手机号 流動電話 聯絡電話"
        " 联系电话 聯絡號碼 行動電話 移动电话"
    ),
    "national_id": (
        "nationalid nationalidnumber idcard idcardno idcardnumber hkid hkidno hkidnumber ssn socsecid"
        " socialsecuritynumber passport passportno passportnumber nationalinsurancenumber nino 身份證 身份证"
        " 身份證號碼 身份证号 身份证号码 身分證號碼 身份證號 護照號碼 护照号码"
    ),
    "handle": (
        "handle username userhandle screenname loginname twitter twitterhandle instagram nickname 用戶名"
        " 用户名 暱稱 昵称"
    ),
    "address": (
        "address addressline fulladdress streetaddress street streetname streetnumber streetno housenumber"
        " houseno unitnumber unit flat floor block building estate pobox addr 地址 住址 通訊地址 通讯地址"
        " 聯絡地址 詳細地址 街道 大廈 屋苑"
    ),
    "postcode": "postcode postalcode zip zipcode zippostalcode 郵編 邮编 郵政編碼 邮政编码 郵遞區號",
    "city": "city town suburb locality municipality cityname 城市 市",
    "district": "district state county province region area statecode statename 區 区 地區 地区 區域 省 省份",
}
"""Role → names of columns, in small letters, without blanks and punctuation."""
BY_NAME = {name: role for role, names in NAMES.items() for name in names.split()}
OWNER_WORDS = (
    "customer client contact member user person people patient employee applicant account site company organisation"
    " organization store shop business restaurant venue recipient guest billing shipping mailing home primary"
    " current residential permanent cust the your 客戶 客户 會員 会员"
)
OWNERS = frozenset(OWNER_WORDS.split())
"""Words before a name that say whose it is, not what it is."""
NUMBERED = frozenset({"email", "phone", "address"})
"""Roles of which a table may have several columns with a number behind."""
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+|[^\W\d_a-zA-Z]+")


def guess_role(column: str) -> str | None:
    """The role of a column with this name; None if the name does not tell."""
    words = [word.lower() for word in WORD.findall(column)]
    while words:
        name = "".join(words)
        bare = name.rstrip("0123456789")
        if name in BY_NAME:
            return BY_NAME[name]
        if bare != name and BY_NAME.get(bare) in NUMBERED:
            return BY_NAME[bare]
        # mailing_address_city is the city, customer_name the name.
        if words[0] not in OWNERS and words[:1] != ["address"]:
            return None
        words = words[1:]
    return None
