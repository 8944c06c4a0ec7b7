"""What can be wrong with what is stored, told apart by what the caller does next."""


class Unreadable(Exception):
    """This record is none of ours, or broken: set it aside, with the reason, and go on."""


class Tampered(Exception):
    """What is stored is not what was written: stop, and tell whoever answers for the service."""


class Unavailable(Exception):
    """Something outside does not answer: wait, and try again; nothing is lost."""


class Unsuitable(Exception):
    """Something outside is set up so that facts would be lost: have it set right, then start again."""
