"""Answers to the exercises of "Six friends"."""

from book_code import Answers

EQUATIONS = {}


def tidy(names):
    return [" ".join(name.split()).casefold() for name in names]


def share(train, test, *, people=False, clean=tidy):
    train, test = set(clean(train)), clean(test)
    test = sorted(set(test)) if people else test
    return sum(name not in train for name in test) / len(test)


ANSWERS = {
    "dialogues_needed": Answers(right=[400 * 16, 6400.0], wrong=[1600, 100, 800]),
    "label_in_the_mask": Answers(right=[(2 * 0.79 + 0.4) / 3, 0.66],
                                 wrong=[0.79, 0.595, 0.40, 0.527]),
    "above_chance": Answers(
        right=[lambda accuracy, commonest: 1 - (1 - accuracy) / (1 - commonest)],
        wrong=[lambda accuracy, commonest: accuracy - commonest,
               lambda accuracy, commonest: accuracy / commonest - 1,
               lambda accuracy, commonest: max((accuracy - commonest) / (1 - commonest), 0)]),
    "convincing": Answers(
        right=["identity - shuffled and identity - none"],
        wrong=["identity − static", "identity - shuffled", "identity − none", "all of them"]),
    "share_new": Answers(
        right=[share],
        wrong=[lambda train, test: share(train, test, people=True),
               lambda train, test: share(train, test, clean=list),
               lambda train, test: 1 - share(train, test)]),
}
