"""Where a command speaks: people and programs on channels of their own, and a question that only yes answers with yes."""

import json
import sys
from io import BytesIO, StringIO, TextIOWrapper
from textwrap import dedent

import pytest

from pipeline.commands.terminal import Terminal
from pipeline.errors import RefusedError, UsageError
from tests.pipeline.commands.pseudo_terminal import at_terminal, type_in

# Two channels


def test_people_read_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.say("Done: 5 rows are in V2.")
    terminal.give({"rows": 5})
    assert capsys.readouterr() == ("Done: 5 rows are in V2.\n", "")


def test_with_json_programs_read_standard_output_and_people_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(as_json=True)
    terminal.say("Done: 5 rows are in V2.")
    with terminal.progress.stage("load", total=5) as advance:
        advance(5)
    terminal.give({"rows": 5, "folder": "runs/Zoë"})
    out, err = capsys.readouterr()
    assert json.loads(out) == {"rows": 5, "folder": "runs/Zoë"}
    assert err.startswith("Done: 5 rows are in V2.\nload ")


def test_a_line_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    line = "V1 ([/red]heimdall on db) " + 200 * "x"
    Terminal().say(line)
    assert capsys.readouterr().out == f"{line}\n"


# Questions


def test_without_a_terminal_and_without_force_a_run_does_not_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO("y\n"))
    with pytest.raises(RefusedError, match="nobody to ask") as refused:
        Terminal().require_answerable(force=False)
    assert "--force" in refused.value.next_step
    Terminal().require_answerable(force=True)


def test_at_a_terminal_a_run_may_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "")
    Terminal().require_answerable(force=False)


def test_a_closed_standard_input_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(RefusedError, match="nobody to ask"):
        Terminal().require_answerable(force=False)
    Terminal().require_answerable(force=True)


@pytest.mark.usefixtures("_own_interruption")
@pytest.mark.parametrize("answer", ["y\n", "Y\n", "yes\n", " YES \n", "y"])
def test_yes_is_a_yes(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, answer)
    Terminal().confirm("Write 5 rows?")


@pytest.mark.usefixtures("_own_interruption")
@pytest.mark.parametrize("answer", ["\n", "", "n\n", "no\n", "yess\n", "j\n", "\ny\n"])
def test_anything_else_is_a_no(answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, answer)
    with pytest.raises(RefusedError, match="Not confirmed; nothing was written") as refused:
        Terminal().confirm("Write 5 rows?")
    assert refused.value.exit_code == 8


@pytest.mark.usefixtures("_own_interruption")
@pytest.mark.parametrize(("as_json", "is_screen", "asks_on_output"), [(False, True, True), (False, False, False), (True, True, False)])
def test_the_question_is_asked_where_somebody_sees_it(
    as_json: bool, is_screen: bool, asks_on_output: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in(monkeypatch, "y\n")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: is_screen)
    Terminal(as_json=as_json).confirm("Write 5 rows to V2 ([odin] on db:5432)?")
    out, err = capsys.readouterr()
    assert (out if asks_on_output else err) == "Write 5 rows to V2 ([odin] on db:5432)? [y/N] "
    assert (err if asks_on_output else out) == ""


# A word that must be typed


@pytest.mark.usefixtures("_own_interruption")
@pytest.mark.parametrize("typed", ["odin\n", " odin \n", "odin"])
def test_the_word_itself_is_an_assent(typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    type_in(monkeypatch, typed)
    Terminal().require_typed("odin", "Type odin: ")
    assert "Type odin: " in capsys.readouterr().err


@pytest.mark.usefixtures("_own_interruption")
@pytest.mark.parametrize("typed", ["", "\n", "y\n", "yes\n", "Odin\n", "odin2\n", "\nodin\n"])
def test_any_other_word_is_none(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, typed)
    with pytest.raises(RefusedError, match="nothing was changed") as refused:
        Terminal().require_typed("odin", "Type odin: ")
    assert refused.value.exit_code == 8


@pytest.mark.parametrize("stdin", [StringIO("odin\n"), None])
def test_a_word_that_no_terminal_sends_is_none(stdin: StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(RefusedError, match="nobody to type") as refused:
        Terminal().require_typed("odin", "Type odin: ")
    assert "--force" not in refused.value.next_step


# Passwords


@pytest.mark.parametrize(
    ("sent", "password"), [("pass word \n", "pass word "), ("pass\r\n", "pass"), ("pass\nmore\n", "pass"), (" \n", " "), ("Zoë", "Zoë")]
)
def test_a_password_is_the_first_line_without_its_line_break(sent: str, password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO(sent, newline=""))
    assert Terminal().password("Password: ") == password


@pytest.mark.parametrize("stdin", [StringIO(""), StringIO("\n"), StringIO("\nmore\n"), None])
def test_without_a_password_there_is_nothing_to_check(stdin: StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(UsageError, match="no password") as refused:
        Terminal().password("Password: ")
    assert refused.value.exit_code == 2


def test_a_password_that_is_no_text_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    for errors in ("strict", "surrogateescape"):
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"geheim\xff\n"), encoding="utf-8", errors=errors))
        with pytest.raises(UsageError, match="no text") as refused:
            Terminal().password("Password: ")
        assert "geheim" not in str(refused.value)


def test_at_a_terminal_a_password_is_typed_unseen() -> None:
    ask = """
        from pipeline.commands.terminal import Terminal
        print([Terminal().password("Password: ")])
    """
    assert at_terminal(dedent(ask), typed={"Password: ": "geheim\n"}) == ("Password: \n['geheim']\n", 0)


def test_ctrl_d_is_no_password() -> None:
    ask = """
        from pipeline.commands.terminal import Terminal
        from pipeline.errors import UsageError
        try:
            Terminal().password("Password: ")
        except UsageError as error:
            raise SystemExit(error.exit_code)
    """
    assert at_terminal(dedent(ask), typed={"Password: ": "\x04"})[1] == 2


def test_ctrl_c_ends_the_question() -> None:
    for ask in ('password("Q: ")', 'require_typed("odin", "Q: ")', 'confirm("Q:")'):
        code = f"import polars\nfrom pipeline.commands.terminal import Terminal\nTerminal().{ask}"
        shown, _ = at_terminal(code, typed={"Q: ": "\x03", "Q: [y/N] ": "\x03"})
        assert "KeyboardInterrupt" in shown, ask


def test_an_answer_is_read_only_when_it_is_there() -> None:
    """A read that waits would not hear a Ctrl-C that came a moment before it."""
    ask = """
        import io, select, sys
        from pipeline.commands.terminal import Terminal
        class Keyboard(io.TextIOWrapper):
            def readline(self):
                assert is_there, "nothing is there"
                return super().readline()
        def look(*streams):
            global is_there
            if not is_there:
                print("waits", end="", flush=True)
            found = really_look(*streams)
            is_there = bool(found[0])
            return found
        is_there, really_look, select.select, sys.stdin = False, select.select, look, Keyboard(sys.stdin.detach())
        Terminal().require_typed("odin", "Q: ")
    """
    assert at_terminal(dedent(ask), typed={"Q: waits": "odin\n"})[1] == 0


# Errors


def test_an_error_is_told_to_people_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().complain("It went wrong.", "Do this.", exit_code=5)
    assert capsys.readouterr() == ("", "Error: It went wrong.\nDo this.\n")


def test_a_program_that_waits_for_json_gets_the_error_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(as_json=True).complain("It went wrong.", "Do this.", exit_code=5)
    out, err = capsys.readouterr()
    assert json.loads(out) == {"problem": "It went wrong.", "next_step": "Do this.", "exit_code": 5}
    assert err == "Error: It went wrong.\nDo this.\n"


def test_a_program_gets_one_document_only(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(as_json=True)
    terminal.give({"verdict": "failed"})
    terminal.complain("It went wrong.", "Do this.", exit_code=5)
    assert json.loads(capsys.readouterr().out) == {"verdict": "failed"}
