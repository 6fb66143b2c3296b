"""`mailpixel` and `python -m mailpixel`. Ctrl-C ends the program without a word also while it is still being loaded."""

import signal


def main() -> None:
    """Load the command line, run it and exit."""
    on_interrupt = signal.getsignal(signal.SIGINT)
    if on_interrupt is signal.default_int_handler:  # not where the shell has it ignored
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mailpixel.cli import main as run

    signal.signal(signal.SIGINT, on_interrupt)
    run()


if __name__ == "__main__":
    main()
