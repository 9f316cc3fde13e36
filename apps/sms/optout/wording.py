"""Sentences that ask for no more texts, or for texts again, as people write them. Values only; any thread.

Patterns, by language, of the beginning of a clause: folded as clauses are, so that accents do not matter. What somebody
else may stop ("I can't stop texting you"), and how one is told to ("reply STOP to end"), begins with something else.
Ours; 47 CFR 64.1200(a)(10) asks for what a reasonable person would understand.
"""

# ruff: noqa: E501  a pattern is read better on one line; letters of other scripts look like ours

from collections.abc import Mapping
from typing import Final

_TEXTS = r"(?:text|txt|sms|message|msg|mesage|notification|alert|update|reminder|communication|contact|spam|email|mail|call|crap|stuff|bs)"
_SOME_TEXTS = rf"(?:(?:me|us|all|any|of|these|those|this|the|your|ur|yr|more|so|many|annoying|stupid|text|sms|spam|further|automated|political) )*{_TEXTS}(?:s|es|ing|ings)?\b"
_WRITING = r"(?:text|txt|texting|txting|textin|messaging|msging|message|msg|contact|contacting|bother|bothering|spam|spamming|harassing|sms|smsing|writing)"
_OATH = r"(?:(?:fucking|fuckin|freaking|bloody|goddamn|damn|ever|already) )*"
_ME = r"(?:me|us|my (?:phone|number|cell|mobile)|this (?:phone|number|cell))\b"
#: May come before any of the English ones.
POLITE: Final = (
    r"(?:(?:please|pls|plz|kindly|just|ok|okay|hi|hello|hey|sorry|no|nope|so|and|now|then|again|thanks|thank you|"
    r"(?:can|could|would|will) (?:you|u|ya)(?: (?:guys|people|all))?|i (?:want|need|would like|ask|asked|told|am asking|have asked) (?:you|u)(?: (?:guys|people))? to|"
    r"(?:you|u) (?:need|have) to|i (?:want|wish|would like|need|have decided|wanna|am going) to|id like (?:you )?to|how (?:do|can) i|i said|wrong number|for the last time|"
    r"im asking you to|im going to|for the love of \w+|for gods sake|for fucks sake|fucking|i have to|let me|may i|can i|could i) )*"
)

#: No more texts.
STOP: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        rf"(?:{_OATH}(?:stop|quit|cease) {_OATH}{_WRITING}(?: {_ME}| (?:any ?more|again|this|these|now|please|here)\b|$))",
        rf"(?:stop|quit|end) (?:receiving|getting) {_SOME_TEXTS}$",
        rf"(?:stop|quit) it with (?:the|these|your|all|all the) (?:\w+ )?{_TEXTS}s?",
        r"(?:im |i am )?(?:no longer|not) interested (?:please |so )?(?:remove|stop|unsubscribe|take me off)",
        r"(?:these|your|the|all these) (?:texts?|messages?|msgs?|sms) (?:need to|have to|must|should) (?:stop|end|cease)",
        r"(?:i )?(?:do not|dont) want (?:(?:any|more|your|these|this|to (?:receive|get)) )+(?:\w+ )?(?:text|message|msg|sms)s?",
        r"(?:can i |may i |i want to |i would like to |id like to |please )*(?:be|get) (?:removed|taken off|deleted|unsubscribed|dropped)(?: (?:from|off|this|the|your)\b| please| now|$)",
        r"i (?:do not|dont|no longer) (?:want|wish) to be (?:on|in|part of) (?:your|this|the|any) (?:\w+ )?(?:lists?|group|texts?)",
        r"i (?:did not|didnt|never|do not|dont) (?:consent|agree|ask|opt in|sign up)(?: to| for)?(?: \w+){0,3} (?:texts?|messages?|sms)",
        r"(?:do not|dont|never) (?:ever )?(?:call or text|text or call|call or message|contact or text|text or email) me\b",
        r"how (?:to|do i|can i|do you|does one) (?:stop|end|unsubscribe|cancel|opt out)(?: (?:of|from))?(?: (?:these|this|the|your|getting|receiving))*(?: \w+)? ?(?:texts?|messages?|sms|list)?$",
        r"enough (?:with|of) (?:the|these|your|all the) (?:\w+ )?(?:texts?|messages?|spam)",
        r"(?:stop|quit|cease|end) all (?:communications?|contact)(?: with me| to me|$)",
        r"(?:im|i am) on the do not call",
        r"block me$|(?:my )?consent (?:is )?(?:revoked|withdrawn)",
        r"(?:do me a favou?r and )(?:stop|quit) (?:text|messag|contact)\w+",
        r"(?:remove|delete) (?:this|my) (?:\w+ )?number(?: please| now|$)",
        r"i (?:choose|choose to|want to|have|hereby) ?(?:to )?(?:opt out|unsubscribe|opted out)",
        r"(?:you|u) (?:may|can|must|should) (?:no longer|not) (?:text|contact|message)(?: me| us| this number|$)",
        r"(?:take|remove|delete|get|want) (?:me |us |myself )?(?:off|from|out of) (?:of )?(?:(?:your|ur|this|the|all|these) )*(?:\w+ )?(?:list|lists|database|texts?)(?! of\b)",
        rf"(?:stop|quit|cease) sending (?:{_SOME_TEXTS}|me\b(?: (?:these|this|any|things?|anything))?$|(?:these|this)$)",
        rf"(?:stop|quit|cease|end|cancel|discontinue) {_SOME_TEXTS}$",
        rf"(?:stop|quit|cease|end|cancel|discontinue) (?:all|these|those|your|the|any|further) (?:\w+ )?{_TEXTS}(?:s|es)?(?: (?:please|now|to (?:me|my|this)|immediately|thanks|asap|from you)\b|$)",
        r"(?:take|remove|delete|get|drop|strike|scratch|cross) (?:me|us|my (?:name|number|phone|contact|info)(?: number)?|this number) (?:off$|(?:off|from|out of|of) (?:of )?(?:(?:your|ur|this|the|all|these) )*(?:\w+ )?(?:lists?|database|system|texts?|group|contacts|everything)\b)",
        r"(?:take|remove|delete|drop) (?:me|my (?:number|name|contact|info|phone number))(?: (?:please|now|asap|immediately|thanks|permanently))?$",
        rf"(?:do not|dont|never|donot|please no) (?:ever )?(?:text|txt|message|msg|contact|sms|bother|write|write to|spam) {_ME}(?: (?:again|any ?more|ever|please|at all|no more|back|anything)\b|$)",
        r"(?:do not|dont|never|donot) (?:ever )?send (?:me|us)? ?(?:any|these|this|more|your|text|message|msg|sms|another)\b",
        rf"(?:no more|enough) (?:of )?{_SOME_TEXTS}",
        r"leave (?:me|us) (?:the \w+ )?alone(?: (?:please|now|already))?$",
        r"(?:lose|forget|erase) my number",
        r"un ?subscribe(?: (?:me|us|please|now|all|thanks|asap|(?:from|to) (?:this|these|your|the|all|everything)\b(?: \w+)?(?: \w+)?|this (?:number|phone)|my (?:number|phone)))*$",
        r"(?:be |get )un ?subscribed\b",
        r"(?:im |i am )?opt(?:ing)? (?:me |us )?out(?: (?:of|from|please|now|thanks|all|completely)\b.*)?$",
        r"(?:cancel|end|stop|terminate) (?:my |this |the )?(?:subscription|membership|texting|alerts?)\b",
        r"i (?:(?:really|still) )?(?:do not|dont|no longer|never) (?:want|wish|like|need|care) (?:to )?(?:(?:be )?(?:receive|receiving|get|getting|contacted|texted|messaged|hear from (?:you|u|ya))\b|(?:(?:any|more|your|these|this|ur) )+(?:\w+ )?(?:text|message|msg|sms|update|alert)s?)",
        r"(?:i )?(?:want|wanna|would like|wish|id like) (?:out of|off) (?:of )?(?:this|your|the) (?:\w+ )?(?:list|group|texts?|messages?)\b",
        r"(?:i )?(?:revoke|withdraw|rescind)(?:ing)? (?:my |all )?(?:consent|permission)\b",
        r"(?:you|u) (?:do not|dont|no longer) have (?:my )?(?:consent|permission)\b",
        r"(?:(?:please|pls|plz|kindly) (?:just )?stop(?: now)?|(?:no more|stop) (?:please|pls|plz|thanks))$",
        r"stop (?:everything|it all)$",
        r"(?:go away|get lost|piss off|fuck off|f off)$",
    ),
    "fr": (
        r"(?:sil (?:vous|te) plait |svp |merci d )*(?:arretez?r?|cessez?r?|stoppez?r?) (?:sil (?:vous|te) plait )?(?:avec )?(?:vos|les|ces|tes|tous (?:ces|vos|les)) (?:sms|messages?|textos?|envois?)",
        r"(?:sil (?:vous|te) plait |svp |merci d )*(?:arretez?r?|cessez?r?) de (?:menvoyer|mecrire|me spammer|nous|me contacter|mimportuner|mharceler|me (?:deranger|texter|ecrire|envoyer|harceler)|envoyer)",
        r"(?:merci de )?ne (?:me|m) ?(?:contactez|envoyez|ecrivez|ecris|contacte) (?:plus|pas)",
        r"ne (?:menvoyez|mecrivez|menvoie|mecris) plus",
        r"(?:je )?(?:ne )?(?:veux|souhaite|desire) (?:plus|pas) (?:recevoir|de (?:vos|ces)|etre contacte)",
        r"jai (?:deja )?demande (?:darreter|de ne plus|a etre retire)",
        r"(?:merci de )?ne plus (?:me|m)(?: |en)?(?:contacter|envoyer|ecrire|deranger|voyer)",
        r"(?:veuillez|merci de|pouvez vous) (?:me )?(?:retirer|desabonner|desinscrire|supprimer|enlever)",
        r"je me (?:desinscris|desabonne)|stop (?:a la )?(?:pub|sms|messages?)\b",
        r"plus (?:de|aucun) (?:sms|messages?|textos?)",
        r"(?:retirez|enlevez|supprimez|rayez|otez) (?:moi|mon (?:numero|nom))",
        r"(?:je (?:veux|voudrais|souhaite) )?(?:me )?(?:desabonnez|desinscrivez|desabonner|desinscrire)(?: moi| de\b|$)",
        r"(?:laissez|laisse|fichez|foutez) moi (?:tranquille|en paix|la paix)",
    ),
    "es": (
        r"(?:por favor )?(?:dejen?|pare|paren|para|basta|cesen|deja|cese) (?:ya )?de (?:mandar|enviar|escribir|molestar|contactar|textear)\w*",
        r"(?:por favor )?(?:ya )?no (?:me )?(?:manden?|envien?|escriban?|contacten?|molesten?|mandes|envies|escribas|contactes|molestes)(?: mas| ya| nunca|$)",
        r"(?:ya )?no (?:quiero|deseo) (?:recibir|(?:mas )?(?:mensajes|textos|sms)|sus mensajes|estos mensajes|que me (?:escriban|manden|envien|contacten))",
        r"(?:por favor )?(?:no mas|(?:ya )?basta de|alto a) (?:los |tantos )?(?:mensajes|textos|sms)",
        r"(?:por favor )?(?:quiteme|quitenme|saquenme|saqueme|borrenme|borreme|eliminenme|eliminen|borren|quiten|remuevanme|sacame|quitame)(?: de\b| mi numero| ya|$)",
        r"(?:quiero |deseo |por favor )*(?:darme|denme|deme|dame) de baja",
        r"(?:quiero |deseo )?cancelar (?:la |mi )?(?:suscripcion|los mensajes)",
        r"(?:por favor )?(?:borrar|eliminar|quitar|remover|borren|eliminen) (?:mi|este) numero",
        r"(?:dejenme|dejame|deje me) en paz",
    ),
    "de": (
        r"(?:bitte )?(?:keine|nicht mehr) (?:weiteren |mehr )?(?:sms|nachrichten|mitteilungen|texte|schreiben|schicken)",
        r"(?:bitte )?(?:hor|hort|horen sie) (?:bitte |endlich )?(?:auf|damit auf)",
        r"(?:bitte )?(?:schreib|schreibt|schreiben sie|schicken sie|schickt|sendet|senden sie|kontaktieren sie) (?:mir|mich) (?:bitte )?(?:nicht|keine|nichts)(?: mehr| weiteren|$)",
        r"(?:ich )?(?:will|mochte|mochten) (?:keine (?:weiteren |mehr )?(?:sms|nachrichten|texte)|nichts mehr (?:von|horen|bekommen)|(?:keine|nicht) mehr (?:sms|nachrichten|kontaktiert))",
        r"(?:bitte )?(?:nehmen sie|nehmt|nimm|loschen sie|loscht|losche|streichen sie|entfernen sie|tragen sie|tragt) (?:mich|meine nummer)(?: bitte)?(?: von\b| aus\b|$)",
        r"(?:bitte )?(?:meine nummer|mich) (?:bitte )?(?:loschen|abmelden|austragen|entfernen|streichen)",
        r"(?:ich )?(?:mochte|will) (?:mich )?abmelden",
        r"(?:bitte )?(?:nachrichten|sms) (?:stoppen|abbestellen|einstellen)",
        r"(?:bitte )?(?:aufhoren|nicht mehr (?:anschreiben|schreiben|kontaktieren|melden|texten))",
        r"(?:bitte )?(?:mich )?(?:von|aus) (?:der|ihrer|eurer|dieser) liste (?:nehmen|streichen|entfernen|loschen)",
        r"(?:bitte )?(?:lass|lasst|lassen sie) mich (?:bitte |endlich )?in ruhe",
    ),
    "pt": (
        r"(?:por favor )?(?:pare|parem|para|deixe|deixem|chega) de (?:me )?(?:mandar|enviar|escrever|incomodar|contatar|contactar|mensagens)",
        r"(?:por favor )?nao (?:me )?(?:mande|mandem|envie|enviem|escreva|escrevam|incomode|contate|contactem)(?: mais|$)",
        r"nao (?:quero|desejo) (?:mais )?(?:receber|mensagens|sms|suas|essas|contato)",
        r"(?:por favor )?(?:chega de|sem mais|nada de) (?:mensagens|sms)",
        r"(?:por favor )?(?:me )?(?:tire|tira|tirem|remova|remove|removam|retire|retirem|apague|exclua)(?: me)? (?:da|do|dessa|desta|meu numero)",
        r"(?:quero )?(?:cancelar|sair) (?:a |da |minha |desta |dessa )?(?:inscricao|assinatura|lista)",
        r"(?:por favor )?(?:quero|gostaria de|desejo) (?:sair|cancelar|me descadastrar)(?: da\b| dessa\b| desta\b| disso|$)",
        r"(?:me )?deixe?m? (?:me )?em paz",
    ),
    "it": (
        r"(?:per favore )?(?:smettila|smettetela|smetta|smettete|smetti|basta|finitela) (?:di (?:mandar|inviar|scriver|messaggiar|contattar)\w*|con (?:i |gli |questi )?(?:messaggi|sms))",
        r"(?:per favore )?(?:non )?(?:mi )?(?:mandate|inviate|scrivete|mandatemi|inviatemi|scrivetemi|contattate|contattatemi) (?:piu|mai piu)",
        r"non (?:mi )?(?:mandate|inviate|scrivete|scrivere|contattate|contattatemi|scrivetemi|mandatemi|inviatemi) (?:piu|mai)",
        r"non (?:voglio|desidero) (?:piu )?(?:ricevere|messaggi|sms|i vostri|essere contattat)\w*",
        r"(?:toglietemi|cancellatemi|rimuovetemi|toglimi|cancellami|rimuovimi)\b",
        r"basta (?:con )?(?:i |questi )?(?:messaggi|sms)",
        r"lasciatemi in pace|lasciami in pace",
    ),
    "nl": (
        r"(?:stop|hou|houd|kap) (?:\w+ )?(?:met|op met) (?:sms\w*|berichten|sturen|mij|me|deze|die|appen|het)",
        r"(?:geen|niet meer) (?:sms|berichten|smsjes|sturen|smsen)",
        r"(?:ik )?wil (?:geen|niet)(?: meer)? (?:berichten|sms\w*|ontvangen)",
        r"(?:haal|verwijder|schrap) (?:mij|me|mijn nummer)",
        r"(?:ik )?(?:wil|zou) (?:me |mij )(?:graag )?(?:uitschrijven|afmelden)",
        r"(?:laat) (?:mij|me) met rust",
    ),
    "pl": (
        r"(?:prosze )?(?:nie|przestan|przestancie) (?:juz )?(?:pisz|piszcie|wysylaj|wysylajcie|przysylajcie|pisac|wysylac)",
        r"nie chce (?:juz |wiecej )*(?:sms\w*|wiadomosci)",
        r"nie (?:chce|zycze sobie) (?:juz |wiecej |otrzymywac|dostawac)",
        r"(?:prosze )?(?:usuncie|usun|wypiszcie|wypisz) (?:mnie|moj numer)",
    ),
    "ru": (
        r"(?:пожалуиста )?(?:хватит|прекратите|перестаньте|перестань|прекрати) (?:мне |уже )?(?:писать|слать|присылать|отправлять|рассылку|спам|спамить|беспокоить)",
        r"(?:пожалуиста )?(?:больше )?не (?:пишите|пиши|присылаите|шлите|отправляите|беспокоите)(?: мне| больше|$)",
        r"(?:я )?(?:больше )?не хочу (?:больше )?(?:получать|ваши|этих)",
        r"(?:удалите|уберите|отпишите|исключите) (?:меня|мои номер)",
        r"(?:больше )?мне (?:больше )?не (?:пишите|пиши|звоните|присылайте)",
        r"(?:оставьте|оставь) меня в покое|отстаньте|отстань|отвалите",
    ),
    "tr": (
        r"(?:lutfen )?(?:artik )?(?:bana )?(?:bir daha )?(?:mesaj|sms) (?:atma|atmayin|gonderme|gondermeyin|istemiyorum|yollamayin)",
        r"(?:lutfen )?(?:beni|numarami) (?:listeden|listenizden)? ?(?:cikarin|cikar|silin|sil)",
        r"(?:listeden|listenizden|abonelikten) cikmak istiyorum",
        r"(?:beni )?rahat (?:birakin|birak)",
        r"(?:lutfen )?(?:mesaj|sms) (?:almak )?istemiyorum",
    ),
    "id": (
        r"(?:tolong )?(?:jangan|stop|berhenti) (?:lagi )?(?:kirim|kirimi|mengirim|sms|hubungi|menghubungi)",
        r"(?:tolong )?hapus (?:saya|nomor saya)",
    ),
    "vi": (r"(?:xin |lam on )?(?:dung|ngung) (?:gui|nhan tin)", r"toi khong muon nhan"),
    "ar": (
        r"(?:من فضلك |رجاء |ارجو )?(?:توقف|توقفوا|اوقفوا|كفوا) (?:الرسائل|رسائلكم|عن|ارسال|الرسائل|هذه)",
        r"(?:من فضلك |رجاء )?لا (?:ترسل|ترسلوا|تراسلني|تراسلوني|تتصلوا|اريد)",
        r"(?:احذف|احذفوا|ازل|ازيلوا|شيلوا) (?:رقمي|اسمي|ني)",
        r"(?:كفى|كفايه|بس) (?:رسائل|من الرسائل)",
        r"اتركني وشاني|دعني وشاني|الغوا اشتراكي|الغي اشتراكي",
    ),
    "fa": (r"(?:لطفا )?(?:ديگر|ديگه) (?:پيام|پيامك|اس ام اس) (?:نفرست|نفرستيد|نديد)", r"(?:لطفا )?پيام(?:ك)? نفرستيد"),
    "hi": (
        r"(?:कृपया |प्लीज |मुझे )*(?:मैसेज|मेसेज|संदेश|एसएमएस|सन्देश)(?: भेजना| करना)? (?:मत|बंद|न)",
        r"(?:कृपया |मुझे )*(?:और )?(?:मैसेज|मेसेज|संदेश) (?:नहीं|नही) (?:चाहिए|भेजें|भेजो)",
        r"(?:please |plz |mujhe |muje )*(?:message|msg|sms|text) (?:mat|bhejna band|band|nahi chahiye|na)(?: (?:karo|bhejo|kijiye|bheje|karna))?$",
        r"(?:कृपया |ये |यह |सब )*(?:बंद करो|बंद करें|बंद कीजिए|रोको|रोकिए)",
        r"मुझे (?:परेशान मत|लिस्ट से)",
    ),
    "ur": (r"(?:براه كرم |مجهے )?(?:ميسج|پيغام|ايس ايم ايس) (?:مت|نه) ?(?:بھيجو|بھيجيں|كرو|كريں)?",),
    "bn": (r"(?:দয়া করে )?(?:আর )?(?:মেসেজ|এসএমএস|বার্তা) (?:পাঠাবেন না|দেবেন না|বন্ধ)",),
    "he": (
        r"(?:בבקשה )?(?:תפסיקו|תפסיק|להפסיק|הפסיקו) (?:לשלוח|לסמס|להטריד|לי)",
        r"(?:בבקשה )?(?:אל תשלחו|לא לשלוח|אל תשלח)",
        r"(?:בבקשה )?(?:תורידו|תסירו|הסירו|תמחקו|תוריד) אותי",
    ),
    "zh": (
        r"(?:以后|以後)?(?:请|請|麻烦|麻煩|求)?(?:你们|你們|你|您)?(?:不要|别|別|勿|停止|不用)(?:再)?(?:给我|給我|向我|跟我)?(?:发|發|寄|打扰|打擾|骚扰|騷擾|联系|聯繫|傳)(?:送|短信|簡訊|信息|讯息|訊息|我|消息|了|$)",
        r"(?:请|請)?(?:把我|将我|將我)(?:从|從)?.*(?:删除|刪除|移除|除名)",
        r"(?:我要)?(?:退订|退訂|取消订阅|取消訂閱)",
        r"我?(?:不想|不要|不愿)(?:再)?(?:收到|接收|收)",
        r"(?:我要|我想|请帮我|請幫我|帮我|怎么|如何)(?:退订|退訂|取消订阅|取消訂閱)",
    ),
    "ja": (
        r"(?:もう)?(?:メッセージ|メール|sms|ショートメール|連絡)(?:を|は)?(?:もう)?(?:送らない|送るな|送るのをやめ|送信しない|しない|いらない|いりません|不要|やめて|止めて|停止|来ない)",
        r"(?:もう)?(?:送らないで|送ってこないで|連絡しないで|やめてください|止めてください|配信をやめて|配信を止めて|配信を停止)",
        r"(?:配信|送信|登録)を?(?:停止|解除|中止|やめ|止め)",
        r"(?:リスト|名簿|登録)から.*(?:削除|外して|消して|抜いて)",
    ),
    "ko": (
        r"(?:제발 |더 이상 |이제 )*(?:문자|메시지|메세지|연락)(?:를|을|는|좀)? ?(?:그만|보내지|하지|안 ?보내|중단|멈춰)",
        r"(?:문자 )?수신 ?거부",
        r"(?:제발 |이제 )?그만 (?:보내|연락|하)",
        r"(?:더 이상 )?(?:보내지 마|연락하지 마)",
    ),
    "th": (r"(?:กรุณา|โปรด|ช่วย)?(?:อย่า|หยุด|เลิก)(?:ส่ง|ติดต่อ)",),
    "tl": (
        r"(?:pakiusap )?(?:huwag|wag|tigilan) (?:mo |nyo |ninyo )?(?:na |nang )?(?:akong |ako |ang )?(?:i ?text|itext|magtext|mag text|padalhan|guluhin|pagtext)",
    ),
}
#: Texts again.
START: Final = (
    r"(?:start|resume|restart) (?:texting|messaging|sending)\b",
    r"(?:re ?subscribe me|subscribe me|sign me (?:back )?up|add me back|put me back|opt me (?:back )?in)(?: (?:again|please|on the list|to the list|now))*$",
    r"(?:resubscribe|unstop) me\b",
)
#: Not only this sender's: everything.
ALL: Final = r"\b(?:all|everything|every|toutes?|tous|tout|todos?|todas?|tutti|tutte|alle[ns]?|allem|все|всех|hepsi|semua|الكل|جميع|सभी)\b|所有|全部|すべて|全て|모든|모두"
NOT_ALL: Final = r"\b(?:at all|thats all|you all)\b"
#: Of one word, at the beginning or the end of a longer text.
SENTENCES: Final = frozenset(
    ("stop", "stopp", "please stop", "unsubscribe", "opt out", "no more", "parar", "arret", "arretez")
)
