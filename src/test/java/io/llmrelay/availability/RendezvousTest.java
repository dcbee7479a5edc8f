package io.llmrelay.availability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Keys keep to their nodes, in proportion to the weights. */
class RendezvousTest {
  private static final int KEYS = 20_000;

  private static int preferred(String key, List<String> nodes, double... weights) {
    int best = -1;
    double lowest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < nodes.size(); i++) {
      double weight = weights.length == 0 ? 1 : weights[i];
      double score = Rendezvous.score(Rendezvous.hash(key), Rendezvous.hash(nodes.get(i)), weight);
      if (score < lowest) {
        best = i;
        lowest = score;
      }
    }
    return best;
  }

  @Test
  void eachNodeGetsTheShareOfItsWeight() {
    int[] counts = new int[4];
    for (int i = 0; i < KEYS; i++) {
      counts[preferred("session-" + i, List.of("a", "b", "c", "d"), 1, 2, 5, 0)]++;
    }
    assertThat(counts[0] / (double) KEYS).isCloseTo(0.125, offset(0.02));
    assertThat(counts[1] / (double) KEYS).isCloseTo(0.25, offset(0.02));
    assertThat(counts[2] / (double) KEYS).isCloseTo(0.625, offset(0.02));
    assertThat(counts[3]).isZero();
  }

  @Test
  void onlyTheShareOfARemovedNodeMoves() {
    int moved = 0;
    for (int i = 0; i < KEYS; i++) {
      int before = preferred("s" + i, List.of("a", "b", "c", "d"));
      int after = preferred("s" + i, List.of("a", "b", "c"));
      assertThat(before == 3 || before == after).isTrue();
      moved += before == 3 ? 1 : 0;
    }
    assertThat(moved / (double) KEYS).isCloseTo(0.25, offset(0.02));
  }
}
