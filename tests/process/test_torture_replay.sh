#!/bin/bash
# kill -9 at every failpoint of a replay and at random instants (tests/torture/replay.c): nothing lost, nothing sent twice
# without a person, all doubt shown. ROUNDS=100000 by hand.
exec "$O/torture-replay"
