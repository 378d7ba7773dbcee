import random

from pipeline.reputation.words import are_alike, count_naming, log_odds

CALM = ["Die Lieferung kam zu spät.", "Das Personal war unfreundlich.", "Die Ware war kaputt.", "Parkplatz zu klein."]


def test_planted_phrase_comes_first_with_its_counts():
    now = ["Mir wurde doppelt abgebucht!", "Schon wieder doppelt abgebucht."] * 4 + CALM
    signs = log_odds(now, CALM * 15, language="de")
    assert (signs[0].term, signs[0].n_now, signs[0].n_reference) == ("doppelt abgebucht", 8, 0)
    assert signs[0].z > 1.96


def test_a_new_phrase_in_five_reviews_is_found_against_a_large_reference():
    now = ["kettle exploded"] * 5 + ["late again"] * 55
    assert log_odds(now, ["late again"] * 600, language="en")[0].term == "kettle exploded"


def test_a_phrase_is_not_repeated_by_its_words():
    signs = log_odds(["doppelt abgebucht"] * 8, CALM * 10, language="de")
    assert [sign.term for sign in signs] == ["doppelt abgebucht"]


def test_a_review_counts_a_term_once():
    signs = log_odds(["Refund refund REFUND, please refund"] * 6, ["late delivery"] * 40, language="en")
    assert all(sign.n_now == 6 for sign in signs)


def test_support_is_five_and_three_where_reviews_are_few():
    filler = ["fine words about nothing special"] * 30
    assert not log_odds(["charged twice"] * 4 + filler, filler * 4, language="en")
    few = log_odds(["charged twice"] * 3 + filler[:5], filler * 4, language="en")
    assert [sign.term for sign in few] == ["charged twice"]
    assert not log_odds(["charged twice"] * 2 + filler[:5], filler * 4, language="en")


def test_same_texts_and_empty_sides_have_no_signs():
    assert log_odds(CALM * 5, CALM * 20, language="de") == []
    assert log_odds([], CALM) == []
    assert log_odds(CALM, []) == []


def test_stop_words_and_masks_and_addresses_never_show():
    now = ["[EMAIL] und <phone> oder https://shop.example/x wurde doppelt abgebucht"] * 8
    terms = {sign.term for sign in log_odds(now, CALM * 10)}
    assert terms == {"doppelt abgebucht"}


def test_a_negation_stays_with_its_word():
    signs = log_odds(["The app doesn't work"] * 8, ["The app is slow"] * 30, language="en")
    assert signs[0].term == "doesn't work"


def test_german_nouns_keep_their_capital():
    signs = log_odds(["Die Mahnung kam sofort", "MAHNUNG!", "Mahnung, Mahnung"] * 4, CALM * 10, language="de")
    assert "Mahnung" in {sign.term for sign in signs}


def test_at_most_top_terms_are_given_strongest_first():
    words = ["alpha", "bravo", "charlie", "delta", "echoed", "foxtrot", "golfer", "hotels", "india", "juliett"]
    now = [". ".join(words)] * 10
    signs = log_odds(now, ["nothing of that kind"] * 60, top=5)
    assert len(signs) == 5
    assert [sign.z for sign in signs] == sorted((sign.z for sign in signs), reverse=True)


def test_random_texts_of_one_kind_seldom_give_a_sign():
    generator = random.Random(3)  # noqa: S311
    vocabulary = [f"word{chr(97 + k // 26)}{chr(97 + k % 26)}" for k in range(200)]
    texts = [". ".join(generator.sample(vocabulary, 12)) for _ in range(1500)]
    found = [len(log_odds(texts[k : k + 50], texts[500:], top=50)) for k in range(0, 500, 50)]
    assert sum(found) / len(found) < 0.5


def test_a_phrase_may_have_three_words_with_any_in_the_middle():
    now = ["What a waste of money", "It is a waste of money!", "Pure waste of money", "waste of money"] * 3
    assert [sign.term for sign in log_odds(now, ["slow delivery again"] * 40, language="en")] == ["waste of money"]


def test_a_longer_phrase_stands_for_the_shorter_one_only_where_most_say_it():
    now = ["bring back the inbox"] * 3 + ["bring back our old bundles"] * 12
    terms = [sign.term for sign in log_odds(now, ["slow delivery again"] * 60, language="en")]
    assert terms[0].startswith("bring back")
    assert "bring" not in terms


def test_forms_of_one_word_are_not_told_twice():
    now = ["It charges. They charged. The charge stands."] * 9
    signs = log_odds(now, ["slow delivery again"] * 60, language="en")
    assert sum("charge" in sign.term.casefold() for sign in signs) == 1


def test_counting_takes_every_form_of_a_word():
    texts = ["I was charged", "it charges me", "nothing of the kind", "CHARGE!", "[charge]"]
    assert count_naming(texts, ["charge"]) == 3
    assert are_alike("quote", "quotes")
    assert not are_alike("app", "apple")
