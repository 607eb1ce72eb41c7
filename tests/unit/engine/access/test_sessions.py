"""Logins of browsers: how long, how many, and what ends them; and how guesses are counted."""

from pipedreamer.engine.access.guesses import MOST, WINDOW_S, Guesses
from pipedreamer.engine.access.sessions import LIFETIME_S, MOST_OF_A_TOKEN, Sessions
from pipedreamer.engine.access.tokens import Token

ADA, BOB = Token("ada", "run", b"a" * 32), Token("bob", "read", b"b" * 32)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_login_lasts_its_time_and_no_longer() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    name = sessions.begin(ADA).encode()
    clock.now += LIFETIME_S - 1
    assert sessions.token(name) == ADA.digest
    clock.now += 1
    assert sessions.token(name) is None


def test_logging_out_ends_one_login_and_leaves_the_others() -> None:
    sessions = Sessions()
    one, other = sessions.begin(ADA).encode(), sessions.begin(ADA).encode()
    sessions.end(one)
    sessions.end(b"never there")
    assert (sessions.token(one), sessions.token(other)) == (None, ADA.digest)


def test_logins_go_with_their_token_and_do_not_come_back_with_it() -> None:
    sessions = Sessions()
    one, other = sessions.begin(ADA).encode(), sessions.begin(BOB).encode()
    sessions.keep([BOB])
    sessions.keep([ADA, BOB])
    assert (sessions.token(one), sessions.token(other)) == (None, BOB.digest)


def test_many_logins_push_out_the_oldest_of_the_same_token_alone() -> None:
    sessions = Sessions()
    bobs = sessions.begin(BOB).encode()
    names = [sessions.begin(ADA).encode() for _ in range(MOST_OF_A_TOKEN + 3)]
    assert [sessions.token(name) is None for name in names] == [True] * 3 + [False] * MOST_OF_A_TOKEN
    assert sessions.token(bobs) == BOB.digest


def test_the_id_itself_is_not_kept() -> None:
    sessions = Sessions()
    name = sessions.begin(ADA)
    assert len(name) == 43
    assert name not in repr(vars(sessions))


def test_logins_that_have_ended_are_forgotten() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    for _ in range(5):
        sessions.begin(ADA)
    clock.now += LIFETIME_S
    sessions.begin(BOB)
    assert len(sessions._sessions) == 1


def test_guesses_are_counted_in_a_window() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    assert [guesses.another() for _ in range(MOST)] == [0] * MOST
    assert guesses.another() == int(WINDOW_S) + 1
    clock.now += WINDOW_S
    assert guesses.another() == 0
