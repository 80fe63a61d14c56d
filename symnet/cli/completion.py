"""`symnet completion`: the script by which a shell completes commands and options."""

import argparse
from collections.abc import Iterator

from ._parsing import Commands, add_command

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Add `completion`."""
    parser = add_command(
        commands,
        "completion",
        _run,
        "Print the script by which a shell completes symnet's commands, options and files.",
        "  source <(symnet completion bash)                (for this shell)\n"
        "  symnet completion bash >> ~/.bash_completion    (for all that are opened from now on)\n"
        "  symnet completion zsh >> ~/.zshrc",
    )
    parser.add_argument("shell", choices=_SCRIPTS, help="the shell")


def _run(options: argparse.Namespace) -> int:
    from . import parser

    leaves = list(_parsers(parser(), ""))
    paths = "|".join(f'"{path}"' for path, _ in leaves[1:])
    words = "".join(f'        "{path}") {_words(each)} ;;\n' for path, each in leaves)
    values = "".join(
        f'        "{path} {option}") words="{_choices(action)}" ;;\n'
        for path, each in leaves
        for action in each._actions
        for option in action.option_strings
        if action.choices is not None
    )
    print(_SCRIPTS[options.shell].format(paths=paths, words=words, values=values), end="")
    return 0


def _parsers(
    parser: argparse.ArgumentParser, path: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each parser with the words that lead to it, as "rec list"."""
    yield path, parser
    for name, inner in _inner(parser).items():
        yield from _parsers(inner, f"{path} {name}".strip())


def _inner(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the commands of a parser by name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _words(parser: argparse.ArgumentParser) -> str:
    """Return what may stand next: commands or words of a choice, and options."""
    words = filter(None, (_choices(each) for each in parser._actions if not each.option_strings))
    options = (option for each in parser._actions for option in each.option_strings)
    return f'words="{" ".join(words)}" options="{" ".join(options)}"'


def _choices(action: argparse.Action) -> str:
    return " ".join(map(str, action.choices or ()))


_BASH = """\
_symnet() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}"
    local path="" words="" options="" place
    for ((place = 1; place < COMP_CWORD; place++)); do
        case "${{path:+$path }}${{COMP_WORDS[place]}}" in
            {paths}) path="${{path:+$path }}${{COMP_WORDS[place]}}" ;;
        esac
    done
    case "$path" in
{words}    esac
    if [[ "$current" == -* ]]; then words="$options"; fi
    case "$path $before" in
{values}    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    # Where that finds nothing, the shell completes files.
}}
complete -o default -o bashdefault -F _symnet symnet
"""
_ZSH = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" + _BASH

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH}
