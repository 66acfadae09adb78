"""`make bench`: Kinderrechtenwijzer and stock Rasa on the same machine, in the same run, on the same questions.

- `projects`  the two Rasa projects: ours, and what `rasa init` would train on our questions
- `training`  trains one of them, in a process of its own
- `worker`    one side, in a process of its own, pinned to one core: answers and measures itself
- `sides`     starts workers and asks them in turn
- `growth`    the cost as topics, training questions and conversations grow
- `report`    table, JSON and picture
"""
