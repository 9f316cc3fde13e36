"""What can be wrong with a simulated phone."""

from apps.sms.errors import SmsError


class NotSimulated(SmsError):
    """The number is served by no simulated carrier, so nobody can text it from here."""

    title = "No simulated carrier"
    status = 404
