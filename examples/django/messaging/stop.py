"""What ends the service for good."""


class Stop(Exception):  # noqa: N818 - it is no error of the program
    """Something that trying again does not mend: one sentence for people, and the exit code 2."""

    exit_code = 2
