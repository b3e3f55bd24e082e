"""Topic exchanges' rule."""

from itertools import accumulate
from operator import or_


def topic_matches(pattern: str, key: str) -> bool:
    """Whether a routing key matches: `*` is one word, `#` any number of words, an empty key has none.

    Time is the product of both lengths, whatever the pattern.
    """
    words = key.split(".") if key else []
    reached = [True, *(False for _ in words)]  # reached[i]: the pattern so far matches the first i words
    for part in pattern.split(".") if pattern else []:
        if part == "#":
            reached = list(accumulate(reached, or_))
        else:
            steps = zip(reached, words, strict=False)
            reached = [False, *(ok and part in ("*", word) for ok, word in steps)]
    return reached[-1]
