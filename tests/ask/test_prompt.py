import pytest

from wizard.ask.prompt import Choice, InvalidAnswer, Prompt, Value, parse_answer, title

SPLITS = (Choice(value="train", title="Train"), Choice(value="validation", title="Validation"))
CASES = (Choice(value="Aa", title="Aa"), Choice(value="aa", title="aa"))
LABELS = (Choice(value=1, title="1 to 1000"), Choice(value=0, title="0 to 999"))


def asked(kind: str, default: Value | None = None, choices: tuple[Choice, ...] = ()) -> Prompt:
    return Prompt(key="key", kind=kind, text="?", default=default, choices=choices)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("question", "words", "meant"),
    [
        (asked("text", "a"), "", "a"),
        (asked("text", "a"), " b ", "b"),
        (asked("number", 480), "1,024", 1024),
        (asked("number", 480), "256px", 256),
        (asked("number", 480), "256 pixels", 256),
        (asked("choice", "train", SPLITS), "2", "validation"),
        (asked("choice", "train", SPLITS), "Validation", "validation"),
        (asked("choices", ["train"], SPLITS), "1, 2", ["train", "validation"]),
        (asked("choices", ["train"], SPLITS), "validation", ["validation"]),
        (asked("choice", "aa", CASES), "aa", "aa"),
        (asked("choice", "aa", CASES), "Aa", "Aa"),
        (asked("choice", 1, LABELS), "0", 0),
        (asked("choice", 1, LABELS), "1", 1),
        (asked("choice", 1, LABELS), "0 to 999", 0),
        (asked("text", ""), " ", ""),
        (asked("file"), " cookies.txt ", "cookies.txt"),
        (asked("path", "a", SPLITS), "2", "validation"),
        (asked("path", "a", SPLITS), "./2", "./2"),
        (asked("path", "a", SPLITS), "3", "3"),
        (asked("path", "a", SPLITS), "", "a"),
        (asked("secret", ""), " back? ", " back? "),
        (asked("secret", ""), "", ""),
        (asked("secret", ""), "pasted\n", "pasted"),
    ],
)
def test_words_mean_an_answer_of_the_questions_kind(question: Prompt, words: str, meant: Value) -> None:
    assert parse_answer(question, words) == meant


@pytest.mark.parametrize(
    ("question", "words", "why"),
    [
        (asked("text"), "", "no default"),
        (asked("number", 1), "many", "'many' is not a whole number"),
        (asked("number", 1), "4.5", "'4.5' is not a whole number"),
        (asked("choice", "train", SPLITS), "3", "not one of the choices: train, validation"),
        (asked("choices", ["train"], SPLITS), "1,test", "'test' is not one of the choices"),
    ],
)
def test_unknown_words_are_refused_with_the_reason(question: Prompt, words: str, why: str) -> None:
    with pytest.raises(InvalidAnswer, match=why):
        parse_answer(question, words)


def test_an_answer_is_shown_by_its_title() -> None:
    assert title(asked("choices", [], SPLITS), ["train", "validation"]) == "Train, Validation"
    assert title(asked("choice", 1, LABELS), 0) == "0 to 999"
    assert title(asked("number"), 480) == "480"


def test_a_secret_is_never_shown() -> None:
    assert title(asked("secret", ""), "hunter2") == "given"
    assert title(asked("secret", ""), "") == "not given"


@pytest.mark.parametrize("kind", ["path", "file"])
@pytest.mark.parametrize(
    "typed", ["~/raw data", "$HOME/raw data", "'~/raw data'", "/home/me/raw data", "file:///home/me/raw%20data"]
)
def test_a_path_is_shown_with_the_home_folder_as_a_tilde_however_it_was_typed(
    kind: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert title(asked(kind), typed) == "~/raw data"


@pytest.mark.parametrize("typed", ["", "raw", "/data/raw", "'/data/$x'", "$NOWHERE/raw", "https://example.org"])
def test_any_other_path_is_shown_as_it_was_given(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOWHERE", raising=False)
    assert title(asked("path"), typed) == typed
