"""Words that say nothing about a cause, by language (ISO 639-1), and the negations that matter beside another word."""

from __future__ import annotations

_LISTS = {
    "en": """a about after again all also am an and any are as at be because been before being but by can could did do
        does doing don down during each even few for from further get got had has have having he her here hers him his
        how i if im in into is it its itself ive just me more most much my myself now of off on once one only or other
        our ours out over own really same she should since so some such than that the their them then there these they
        thing this those through to too under until up us very was we were what when where which while who why will
        with would you your yours""",
    "de": """aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist da dabei dadurch damit
        dann das dass dein dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch
        ein eine einem einen einer eines einfach er es etwas euch euer für gar ganz gegen gibt hab habe haben hat hatte
        hatten hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jede jedem jeden
        jeder jetzt kann können könnte man mal mehr mein meine meinem meinen meiner mich mir mit muss müssen nach noch
        nun nur ob oder ohne schon sehr sei sein seine seinem seinen seiner seit sich sie sind so soll sollte sondern
        sonst über um und uns unser unsere unter vom von vor war waren warum was weil wenn wer werde werden wie wieder
        will wir wird wo wurde wurden zu zum zur zwar""",
    "fr": """à ai alors après au aucun aussi autre aux avant avec avoir bien c ça car ce cela ces cet cette ceux chez
        comme d dans de des donc du elle elles en encore est et été être eu fait faire fois il ils j je l la le les
        leur leurs lui m ma mais me même mes moi mon n ne nos notre nous on ont ou où par pas peu plus pour qu quand
        que qui s sa sans se ses si son sont sous sur t ta te tes toi ton tous tout toute très tu un une va vos votre
        vous y""",
    "es": """a al algo ante antes como con cuando de del desde donde dos el él ella ellas ellos en entre era es esa ese
        eso esta está están este esto estos fue ha han hasta hay he la las le les lo los mas más me mi mis mucho muy
        nos nosotros o os otra otro para pero por porque pues que qué quien se ser si sí sido sin sobre son su sus
        también tan te tiene todo todos tu tus un una uno unos y ya yo""",
    "it": """a ad ai al alla alle allo anche ancora avere aveva c che chi ci come con cosa così da dal dalla dalle
        degli dei del della delle di dopo dove e è ed era essere fa fare gli ha hanno ho i il in io l la le lei li lo
        loro lui ma mi mia mio molto ne nei nel nella no noi o ogni per perché più poi qua quando quanto quello questa
        questo qui se sei si sia sono stata stato su sua sul sulla suo ti tra tu tutti tutto un una uno va vi voi""",
    "nl": """aan al alle alles als altijd andere ben bij dan dat de deze die dit doen door dus een en er erg ge geweest
        haar had hadden heb hebben heeft hem het hier hij hoe hun ik in is ja je jij jullie kan kon kunnen maar me meer
        men met mij mijn na naar nog nu of om omdat ons onze ook op over te tegen toch toen tot u uit uw van veel voor
        waar waren was wat we wel werd wezen wie wij wil wordt ze zeer zei zich zij zijn zo zonder zou""",
    "pt": """a à ao aos as às até com como da das de dela dele depois do dos e é ela elas ele eles em entre era essa
        esse esta está estão este eu foi foram há isso isto já lhe mais mas me mesmo meu meus minha muito na nas no nos
        nós o os ou para pela pelas pelo pelos por porque qual quando que quem se sem ser seu seus só são sua suas
        também te tem ter teve tudo um uma você vocês""",
}

STOP_WORDS: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _LISTS.items()}
ALL_STOP_WORDS: frozenset[str] = frozenset().union(*STOP_WORDS.values())
_NEGATIONS = """no not never nobody nothing without can't cannot didn't doesn't don't isn't wasn't won't couldn't nicht
    kein keine keinen keiner keinem nie niemand nichts ohne pas jamais aucun sans rien nunca nadie sin nada non mai
    nessuno senza niet geen nooit zonder não ninguém sem"""
NEGATIONS: frozenset[str] = frozenset(_NEGATIONS.split())
