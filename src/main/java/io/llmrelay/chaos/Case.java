package io.llmrelay.chaos;

import java.util.ArrayList;
import java.util.List;

/**
 * One request of a row.
 *
 * @param name the name of its primary
 * @param streaming whether it asks for a stream rather than a whole answer
 * @param alone whether there is no fallback
 * @param gateway whether it is sent to the gateway rather than on the event bus
 * @param strict whether one failure opens a circuit
 */
record Case(String name, boolean streaming, boolean alone, boolean gateway, boolean strict) {

  /** Returns the requests of a row. The gateway does not know dialects, so one suffices for it. */
  static List<Case> of(Row row, String dialect) {
    List<Case> all = new ArrayList<>();
    int clients = dialect.equals("openai") ? 2 : 1;
    for (int i = 0; i < clients * 4; i++) {
      all.add(new Case("primary" + i, (i & 1) == 0, (i & 2) != 0, (i & 4) != 0, false));
    }
    if (!row.circuit().equals(Row.NONE)) {
      all.add(new Case("primary" + all.size(), true, false, false, true));
    }
    all.removeIf(one -> !row.includes(one.streaming(), one.alone()));
    return all;
  }

  /** Returns the requests of a row for streams that another backend can resume. */
  static List<Case> resumed(Row row, String dialect) {
    List<Case> all = of(row, dialect);
    all.removeIf(one -> !one.streaming() || one.alone() || one.strict());
    return all;
  }
}
