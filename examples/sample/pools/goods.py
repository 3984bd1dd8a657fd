"""What the fictional shop sells."""

from __future__ import annotations

# item | category | price in HKD
_GOODS = """
Pu-erh tea cake 普洱茶餅|Food|168|Egg rolls 蛋卷|Food|78|Mooncake box 月餅禮盒|Food|288
XO sauce XO醬|Food|118|Dried scallops 瑤柱|Food|368
Milk tea powder 奶茶粉|Food|49.9|Face cream 面霜|Beauty|259|Sheet mask 面膜|Beauty|99
Lipstick 唇膏|Beauty|189|Shampoo 洗頭水|Beauty|65.5
Hand soap 洗手液|Beauty|35.9|Sunscreen SPF50 防曬|Beauty|139|Umbrella 雨傘|Home|129
Vacuum flask 保溫杯|Home|198|Rice cooker 電飯煲|Home|599
Air fryer 氣炸鍋|Home|799|Dehumidifier 抽濕機|Home|1980|Towel 毛巾|Home|45
Bed linen set 床單套裝|Home|459|Mahjong set 麻雀|Home|688
Headphones 耳機|Electronics|899|USB-C charger 充電器|Electronics|149
Power bank 尿袋|Electronics|199|Coffee machine 咖啡機|Electronics|1290
Electric fan 風扇|Electronics|269|Smart watch 智能手錶|Electronics|1598
Phone case 電話殼|Electronics|59.9|Backpack 背囊|Fashion|349
Running shoes 跑鞋|Fashion|699|Polo shirt 恤衫|Fashion|159|Silk scarf 絲巾|Fashion|239
Suitcase 行李箱|Fashion|880|Leather belt 皮帶|Fashion|179
Children's book 童書|Toys|88|Jigsaw puzzle 砌圖|Toys|109
Building blocks 積木|Toys|329|Toy car, "Mini Bus" 小巴車仔|Toys|69
Yoga mat 瑜伽墊|Sport|149|Badminton racket 羽毛球拍|Sport|429
Hiking pole 行山杖|Sport|219
"""
_CELLS = [cell for line in _GOODS.split("\n") if line for cell in line.split("|")]
NAMES = _CELLS[0::3]
CATEGORIES = _CELLS[1::3]
PRICES_HKD = [float(price) for price in _CELLS[2::3]]
SKUS = [f"{category[:2].upper()}{100 + number}" for number, category in enumerate(CATEGORIES)]


def price_in(currency: str, number: int) -> float:
    """Price of an item abroad is a round one, so that its worth in HKD has no fraction of a cent."""
    hkd = PRICES_HKD[number]
    return hkd if currency == "HKD" else max(10.0, round(hkd / {"CNY": 1.08, "MOP": 0.97, "USD": 7.8}[currency], -1))
