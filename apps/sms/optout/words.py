"""The words that alone are a wish: to leave, to come back, to be helped; and yes. Values only; any thread.

Sources: [T] Twilio's and [B] Braze's documented keywords, [A] AWS's, [C] CTIA's Messaging Principles, [F] the words
that the FCC names in its rule on revoking consent (47 CFR 64.1200(a)(10)). Words without a source are ours: what
operators of the country print under their texts, or what the word is in the language.
"""

# ruff: noqa: RUF001  letters of other scripts look like ours

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """How much somebody wants no more: texts of this sender, or of all of us."""

    THIS = "this"
    ALL = "all"


class Wish(StrEnum):
    STOP = "stop"
    STOP_ALL = "stop-all"
    START = "start"
    HELP = "help"
    #: An opt-in only for somebody who was asked.
    YES = "yes"


#: Everywhere: by language only to be read. What is a common word of another language stands in `LOCAL`.
WORDS: Final[Mapping[str, Mapping[Wish, str]]] = {
    "en": {  # [T] [B] [A] [C] [F]: stop, end, cancel, unsubscribe, quit, revoke, opt out, stopall, remove
        Wish.STOP: "STOP, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, OPT OUT, OPT-OUT, REMOVE, UNSUB, STOP TEXTS",
        Wish.STOP_ALL: "STOPALL, STOP ALL, STOP-ALL, UNSUBSCRIBE ALL, OPT OUT ALL, REMOVE ALL, CANCEL ALL",
        Wish.START: "START, UNSTOP, RESUBSCRIBE, OPT IN, OPTIN, OPT-IN, SUBSCRIBE",  # [T] START, UNSTOP
        Wish.HELP: "HELP, INFO",  # [T] [B] [C]
        Wish.YES: "YES, Y",  # [T] [B] YES
    },
    "fr": {  # [T] ARRET, ARRETT, ARRETE; [A] ARRET
        Wish.STOP: "ARRÊT, ARRET, ARRETT, ARRÊTE, ARRETE, ARRÊTEZ, ARRÊTER, DÉSABONNER, DÉSABONNEMENT, DÉSINSCRIRE",
        Wish.START: "COMMENCER, REPRENDRE, RÉABONNER",
        Wish.HELP: "AIDE",
        Wish.YES: "OUI",
    },
    "es": {
        Wish.STOP: "ALTO, BAJA, PARAR, PARE, CANCELAR, DETENER, DAR DE BAJA, DARME DE BAJA, ANULAR",
        Wish.START: "INICIAR, COMENZAR, EMPEZAR, REANUDAR",
        Wish.HELP: "AYUDA",
        Wish.YES: "SÍ",
    },
    "pt": {
        Wish.STOP: "PARAR, SAIR, CANCELAR, REMOVER, DESCADASTRAR, DESINSCREVER",
        Wish.START: "INICIAR, COMEÇAR, VOLTAR A RECEBER",
        Wish.HELP: "AJUDA",
        Wish.YES: "SIM",
    },
    "de": {
        Wish.STOP: "STOPP, ABMELDEN, ABBESTELLEN, ABMELDUNG, STOPPEN, AUFHÖREN, KÜNDIGEN",
        Wish.START: "ANMELDEN, WIEDER ANMELDEN",
        Wish.HELP: "HILFE",
        Wish.YES: "JA",
    },
    "it": {
        Wish.STOP: "FERMA, FERMATE, BASTA, CANCELLA, CANCELLAMI, ANNULLA, DISISCRIVIMI, DISISCRIZIONE",
        Wish.START: "INIZIA, RIPRENDI",
        Wish.HELP: "AIUTO",
        Wish.YES: "SÌ",
    },
    "nl": {
        Wish.STOP: "AFMELDEN, STOPPEN, UITSCHRIJVEN, OPZEGGEN",
        Wish.START: "AANMELDEN",
        Wish.HELP: "HULP",
        Wish.YES: "JA",
    },
    "sv": {Wish.STOP: "STOPP, AVSLUTA, AVREGISTRERA, AVPRENUMERERA", Wish.HELP: "HJÄLP", Wish.YES: "JA"},
    "nb": {Wish.STOP: "STOPP, AVSLUTT, AVMELD, MELD AV", Wish.HELP: "HJELP", Wish.YES: "JA"},
    "da": {Wish.STOP: "AFMELD, AFMELDING, FRAMELD", Wish.HELP: "HJÆLP", Wish.YES: "JA"},
    "fi": {Wish.STOP: "LOPETA, PERUUTA, SEIS", Wish.HELP: "APUA, OHJE", Wish.YES: "KYLLÄ"},
    "pl": {Wish.STOP: "REZYGNUJĘ, REZYGNACJA, WYPISZ, WYREJESTRUJ", Wish.HELP: "POMOC", Wish.YES: "TAK"},
    "cs": {Wish.STOP: "ODHLÁSIT, ZRUŠIT, KONEC", Wish.HELP: "POMOC", Wish.YES: "ANO"},
    "hu": {Wish.STOP: "LEIRATKOZÁS, LEIRATKOZOM", Wish.HELP: "SEGÍTSÉG", Wish.YES: "IGEN"},
    "ro": {Wish.STOP: "DEZABONARE, DEZABONEAZĂ, OPREȘTE", Wish.HELP: "AJUTOR", Wish.YES: "DA"},
    "el": {Wish.STOP: "ΣΤΟΠ, ΔΙΑΓΡΑΦΗ, ΔΙΑΚΟΠΗ", Wish.HELP: "ΒΟΗΘΕΙΑ", Wish.YES: "ΝΑΙ"},
    "ru": {
        Wish.STOP: "СТОП, ОТПИСКА, ОТПИСАТЬСЯ, ОТПИШИТЕ, ОТМЕНА",
        Wish.START: "СТАРТ, ПОДПИСАТЬСЯ",
        Wish.HELP: "ПОМОЩЬ, СПРАВКА",
        Wish.YES: "ДА",
    },
    "uk": {Wish.STOP: "СТОП, ВІДПИСАТИСЯ, ВІДМІНА", Wish.HELP: "ДОПОМОГА", Wish.YES: "ТАК"},
    "tr": {Wish.STOP: "İPTAL, DURDUR, ÜYELİKTEN ÇIK", Wish.START: "BAŞLAT", Wish.HELP: "YARDIM", Wish.YES: "EVET"},
    "ar": {
        Wish.STOP: "توقف, قف, إلغاء, إلغاء الاشتراك, أوقف, إيقاف, ستوب",
        Wish.START: "ابدأ, اشتراك, ابدا",
        Wish.HELP: "مساعدة, معلومات",
        Wish.YES: "نعم",
    },
    "fa": {Wish.STOP: "لغو, توقف, لغو ۱۱, لغو 11", Wish.START: "شروع", Wish.HELP: "راهنما, کمک", Wish.YES: "بله"},
    "ur": {Wish.STOP: "بند, بند کرو, روکیں", Wish.HELP: "مدد", Wish.YES: "جی ہاں"},
    "he": {Wish.STOP: "הסר, הסרה, הסירו, עצור, הפסק", Wish.START: "התחל", Wish.HELP: "עזרה", Wish.YES: "כן"},
    "hi": {
        Wish.STOP: "रोकें, रोको, बंद, बंद करो, बंद करें, स्टॉप",
        Wish.START: "शुरू, शुरू करें",
        Wish.HELP: "मदद, सहायता",
        Wish.YES: "हाँ, हां",
    },
    "bn": {Wish.STOP: "বন্ধ, বন্ধ করুন, থামুন", Wish.HELP: "সাহায্য", Wish.YES: "হ্যাঁ"},
    "ta": {Wish.STOP: "நிறுத்து, நிறுத்தவும்", Wish.HELP: "உதவி", Wish.YES: "ஆம்"},
    "th": {Wish.STOP: "ยกเลิก, หยุด", Wish.HELP: "ช่วยเหลือ", Wish.YES: "ใช่"},
    "vi": {Wish.STOP: "DỪNG, HỦY, HUỶ, TỪ CHỐI", Wish.HELP: "TRỢ GIÚP", Wish.YES: "CÓ"},
    "id": {Wish.STOP: "BERHENTI, BATAL, HENTIKAN", Wish.START: "MULAI", Wish.HELP: "BANTUAN", Wish.YES: "YA"},
    "tl": {Wish.STOP: "TIGIL, HINTO, ITIGIL", Wish.HELP: "TULONG", Wish.YES: "OO"},
    "sw": {Wish.STOP: "SIMAMISHA, ONDOA, JITOE", Wish.HELP: "MSAADA, USAIDIZI", Wish.YES: "NDIYO"},
    "ht": {Wish.STOP: "KANPE, SISPANN", Wish.HELP: "ÈD", Wish.YES: "WI"},
    "zh": {
        Wish.STOP: "退订, 退訂, 停止, 停止发送, 取消, 取消订阅, 取消訂閱, 退出, 拒收",
        Wish.STOP_ALL: "全部退订, 全部退訂",
        Wish.START: "开始, 開始, 订阅, 訂閱",
        Wish.HELP: "帮助, 幫助",
        Wish.YES: "是, 好",
    },
    "ja": {
        Wish.STOP: "停止, 配信停止, 解除, 配信解除, 登録解除, ストップ, やめて, 退会",
        Wish.START: "再開, 配信再開, スタート",
        Wish.HELP: "ヘルプ, 助けて",
        Wish.YES: "はい",
    },
    "ko": {
        Wish.STOP: "수신거부, 수신 거부, 중지, 그만, 해지, 스톱",
        Wish.START: "시작, 수신동의",
        Wish.HELP: "도움말, 도움",
        Wish.YES: "예, 네",
    },
}

#: Only for somebody whose language it is: elsewhere the word means something else.
LOCAL: Final[Mapping[str, Mapping[Wish, str]]] = {
    "tr": {Wish.STOP: "RET, RED, DUR, ÇIK"},  # RET and RED are printed under Turkish texts
    "zh": {Wish.STOP: "TD, T, N"},  # [A] TD; printed under Chinese texts
    "fr": {Wish.STOP: "FIN"},
    "es": {Wish.STOP: "FIN, SALIR, NO MÁS", Wish.START: "ALTA"},
    "pt": {Wish.STOP: "FIM, PARE, BASTA"},
    "de": {Wish.STOP: "ENDE, AUS, RAUS"},
    "nl": {Wish.STOP: "UIT, EINDE"},
    "pl": {Wish.STOP: "NIE, KONIEC"},
    "sv": {Wish.STOP: "SLUTA, AVBRYT"},
    "sw": {Wish.STOP: "ACHA"},
    "hi": {Wish.STOP: "BAND, BAND KARO, ROKO"},
    "en": {Wish.STOP: "STP, SOTP, STPO, TSOP, STOPP"},  # typed in a hurry
}

#: Said around a word, they change nothing: "ok stop please".
_SAID_ANYWAY = (
    "please pls plz plse kindly just now ok okay hi hello hey thanks thank you thx ty u sir maam immediately again"
    " today asap sorry already no nope wrong number person svp merci por favor gracias bitte danke jetzt"
    " obrigado obrigada prego grazie lutfen"
)
FILLERS: Final = frozenset(_SAID_ANYWAY.split())
