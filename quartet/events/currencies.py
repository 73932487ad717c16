"""The currencies of ISO 4217, and how many decimals their amounts have."""

from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

# Currencies in use in 2026, by the number of decimals that ISO 4217 gives them. Metals, bond units and test
# codes (XAU, XBA, XTS, ...) have no minor unit and cannot be paid with: they are left out.
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF
IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK
MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP
SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER
ZAR ZMW ZWG
"""
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"

MINOR_UNITS: dict[str, int] = {
    code: decimals
    for decimals, codes in ((0, _NO_DECIMALS), (2, _TWO_DECIMALS), (3, _THREE_DECIMALS), (4, _FOUR_DECIMALS))
    for code in codes.split()
}
"""How many decimals an amount in each currency has: 2 for EUR, 0 for JPY."""


def _known_currency(code: str) -> str:
    if code not in MINOR_UNITS:
        raise ValueError("must be an ISO 4217 currency code such as EUR")
    return code


Currency = Annotated[
    str, AfterValidator(_known_currency), WithJsonSchema({"type": "string", "enum": sorted(MINOR_UNITS)})
]
