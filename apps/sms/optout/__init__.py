"""Who wants no more texts, or help, or texts again: words that stand alone, and other reasonable wording. Pure.

recognise("Please stop texting me", "en")    # Stop(scope=this, sure=wording, matched=...)
stands_alone("ARRÊT!")                       # cheap: whether the text is such a word and little else
"""

from apps.sms.optout.recognition import Help, Recognised, Start, Stop, Sure, recognise, stands_alone
from apps.sms.optout.words import Scope

__all__ = ["Help", "Recognised", "Scope", "Start", "Stop", "Sure", "recognise", "stands_alone"]
