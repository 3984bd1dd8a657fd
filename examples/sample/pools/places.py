"""Where fictional customers live: real districts, streets that do not exist."""

from __future__ import annotations

from random import Random

_DISTRICTS = """
Central and Western/中西區|Wan Chai/灣仔區|Eastern/東區
Southern/南區|Yau Tsim Mong/油尖旺區|Sham Shui Po/深水埗區
Kowloon City/九龍城區|Wong Tai Sin/黃大仙區|Kwun Tong/觀塘區
Kwai Tsing/葵青區|Tsuen Wan/荃灣區|Tuen Mun/屯門區
Yuen Long/元朗區|North/北區|Tai Po/大埔區
Sha Tin/沙田區|Sai Kung/西貢區|Islands/離島區
"""
_STREETS = """
Kam Fung Street/錦楓街|Wing Sau Road/永秀道|Lok Ching Lane/樂澄里
Hoi Yuet Street/海悅街|Tin Sum Path/天芯徑|Pak Lin Road/柏蓮路
Shun On Terrace/信安臺|Ming Yuen Street/明遠街|Cheuk Wah Avenue/卓華大道
Ka Fai Street/家輝街|Long Hin Road/朗軒道|Yan Tak Lane/恩德里
"""
DISTRICTS = [tuple(pair.split("/")) for line in _DISTRICTS.split("\n") if line for pair in line.split("|")]
STREETS = [tuple(pair.split("/")) for line in _STREETS.split("\n") if line for pair in line.split("|")]
_ABROAD = {"CN": ("Shenzhen", "深圳"), "MO": ("Macao", "澳門")}


def draw_district(rng: Random, region: str) -> tuple[str, str]:
    """A district in English and Chinese; over the border it is the city."""
    if region in _ABROAD:
        return _ABROAD[region]
    english, chinese = rng.choice(DISTRICTS)
    return english, chinese


def draw_address(rng: Random, district: tuple[str, str]) -> tuple[str, str]:
    """A flat in a street that does not exist, in English and Chinese."""
    street, road = rng.choice(STREETS)
    flat, floor, number = rng.choice("ABCDEFGH"), rng.randint(1, 45), rng.randint(1, 240)
    return (
        f"Flat {flat}, {floor}/F, {number} {street}, {district[0]}",
        f"{district[1]}{road}{number}號{floor}樓{flat}室",
    )
