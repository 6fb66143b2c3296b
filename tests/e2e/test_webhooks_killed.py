"""A sender of webhooks that is killed without notice, as a real process: everything arrives, each once by id."""

from collections import Counter
from pathlib import Path

from tests.support.processes import wait_until
from tests.support.receiver import Post, a_receiver
from tests.support.sending import sending


def test_a_killed_sender_posts_again_what_was_under_way_with_the_same_ids(tmp_path: Path) -> None:
    with sending(tmp_path) as sender, a_receiver() as receiver:
        sender.add(receiver.url)
        ids = sender.log(60)
        held: set[str] = set(ids[20:])

        def answer(post: Post) -> int:
            wait_until(lambda: post.id not in held, "never let go", 60)
            return 204

        receiver.answer = answer
        sender.start()
        wait_until(lambda: len(receiver.accepted) >= 20, "nothing comes", 60)
        wait_until(lambda: len(receiver.posts) >= 36, "the window is not full", 60)
        sender.kill()
        assert len({post.id for post in receiver.posts}) == 36, "no more than a window is under way"
        held.clear()
        sender.start(later_s=60)
        wait_until(lambda: set(receiver.ids) == set(ids), "something is lost", 60)
        wait_until(sender.is_idle, "the position does not move", 60)
        again = {id for id, number in Counter(post.id for post in receiver.posts).items() if number > 1}
        assert again <= set(ids[:36])
        assert sender.registry.count_letters("crm").waiting == 0
