"""Why something happened: the values that are known today.

The fields that carry them are open (`Code`): a service that reads a reason from a newer one treats it as
"some other reason" and passes it on. Only `Compensation` is closed, because the order service decides by it.
"""

from enum import StrEnum
from typing import Final

UNSPECIFIED: Final = "unspecified"
"""The reason where none is given."""


class StockRefusal(StrEnum):
    """Why inventory reserved nothing (`InventoryReservationFailed`)."""

    OUT_OF_STOCK = "out_of_stock"
    STOCK_UNAVAILABLE = "stock_unavailable"
    """The stock could not be reached; everything that was held has been released."""
    CANCELLED = "cancelled"
    """The order had failed before its items were reserved, and it is not known why."""


class PaymentRefusal(StrEnum):
    """Why payment kept no money (`PaymentFailed`)."""

    PAYMENT_DECLINED = "payment_declined"
    GATEWAY_UNAVAILABLE = "gateway_unavailable"
    """The gateway did not answer in time; the charge has been voided."""
    VOIDED = "voided"
    """The charge had been voided, and why was not recorded: the process that did it has died."""


class ShippingRefusal(StrEnum):
    """Why nothing was shipped and never will be (`ShippingFailed`)."""

    ADDRESS_NOT_SERVED = "address_not_served"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    CARRIER_UNAVAILABLE = "carrier_unavailable"
    """The carrier did not answer in time; the booking has been voided."""
    VOIDED = "voided"
    """The booking had been voided, and why was not recorded: the process that did it has died."""


class CancellationReason(StrEnum):
    """Who requests the cancellation (`OrderCancellationRequested`)."""

    CUSTOMER = "customer"
    DEADLINE = "deadline"


class RejectionReason(StrEnum):
    """Why a cancellation came to nothing (`OrderCancellationRejected`)."""

    ALREADY_SHIPPED = "already_shipped"


class Compensation(StrEnum):
    """Which compensation could not be done (`CompensationFailed`)."""

    REFUND = "refund"
    RELEASE = "release"
