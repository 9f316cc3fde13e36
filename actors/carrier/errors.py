"""What can go wrong between us and a carrier, apart from its verdicts on single pieces."""

from actors.errors import ActorsError


class CarrierError(ActorsError):
    """Root of this folder's errors."""

    title = "A carrier could not be served"


class WrongNumber(CarrierError):
    """Not an E.164 number, a short code or a sender's name."""

    title = "Not a number"
    status = 422


class NetworkFailed(CarrierError):
    """The file that stands for the network of the simulated carriers cannot be opened, read or written."""

    title = "The simulated network does not work"
    status = 503


class HungUp(CarrierError):
    """The carrier cut the connection."""


class LinkBroken(CarrierError):
    """The thread that speaks with the carrier ended, or cannot be stopped."""


class WrongSignature(CarrierError):
    """A webhook that does not prove that it comes from the carrier."""

    title = "Wrong signature"
    status = 403


class WrongWebhook(CarrierError):
    """A webhook that proves where it comes from and cannot be understood; `field` names what is wrong."""

    title = "Not a webhook of this carrier"
    status = 422


class BodyTooLarge(CarrierError):
    """No text is so long."""

    title = "The body is too large"
    status = 413
