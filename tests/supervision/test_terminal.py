from supervision.terminal import print_table, printable


def test_in_a_pipe_no_line_is_folded(capsys) -> None:
    path = "/nodes/node-1/" + "x" * 300
    print_table(("path", "state"), [(path, "running"), ("/", 3)])
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["path", "state"],
        [path, "running"],
        ["/", "3"],
    ]


def test_what_others_wrote_is_text(capsys) -> None:
    print_table(("said",), [("[red]markup[/red]",), ("\x1b[2J",)])
    assert "[red]markup[/red]" in (out := capsys.readouterr().out)
    assert "\x1b" not in out
    assert printable("a\nb") == "'a\\nb'"
