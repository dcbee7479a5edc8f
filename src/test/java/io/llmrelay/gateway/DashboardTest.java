package io.llmrelay.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.llmrelay.chat.FailureKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every expression of the dashboard and the alerts names series and labels that a run has. */
class DashboardTest {
  private static final Path DASHBOARD = Path.of("conf/grafana-dashboard.json");
  private static final Path ALERTS = Path.of("conf/prometheus-alerts.yaml");

  /** A series, and its label matchers. */
  private static final Pattern SERIES =
      Pattern.compile("\\b((?:llmrelay|gen_ai_client)_\\w+)(?:\\{([^}]*)})?");

  private static final Pattern MATCHER = Pattern.compile("(\\w+)(=~|!~|!=|=)\"([^\"]*)\"");
  private static final Pattern GROUPING = Pattern.compile("\\bby \\(([^)]*)\\)");
  private static final Pattern LEGEND = Pattern.compile("\\{\\{(\\w+)}}");

  private static MixedRun run;

  @BeforeAll
  static void run() throws Exception {
    run = new MixedRun();
  }

  @AfterAll
  static void close() {
    run.close();
  }

  @Test
  void dashboardNamesSeriesThatExist() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    Set<Integer> ids = new HashSet<>();
    for (JsonNode panel : dashboard.get("panels")) {
      assertThat(ids.add(panel.get("id").intValue())).isTrue();
      for (JsonNode target : panel.get("targets")) {
        Set<String> labels = check(target.get("expr").textValue());
        Matcher legend = LEGEND.matcher(target.get("legendFormat").textValue());
        while (legend.find()) {
          assertThat(labels).as(panel.get("title").textValue()).contains(legend.group(1));
        }
      }
    }
    assertThat(ids).hasSizeGreaterThan(10);
  }

  @Test
  void alertsNameSeriesThatExist() throws IOException {
    List<String> names = new ArrayList<>();
    for (JsonNode group : new YAMLMapper().readTree(ALERTS.toFile()).get("groups")) {
      for (JsonNode rule : group.get("rules")) {
        names.add(rule.get("alert").textValue());
        check(rule.get("expr").textValue());
        assertThat(rule.get("annotations").get("summary").textValue()).isNotBlank();
        assertThat(rule.get("labels").get("severity").textValue()).isIn("warning", "critical");
      }
    }
    assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(5);
  }

  /** Checks the series of an expression and returns the labels by which it groups. */
  private static Set<String> check(String expression) {
    Set<String> labels = new HashSet<>();
    Matcher series = SERIES.matcher(expression);
    int count = 0;
    while (series.find()) {
      count++;
      List<MixedRun.Sample> samples =
          run.samples.stream().filter(sample -> sample.name().equals(series.group(1))).toList();
      assertThat(samples).as(series.group(1)).isNotEmpty();
      samples.forEach(sample -> labels.addAll(sample.labels().keySet()));
      if (series.group(2) != null) {
        checkMatchers(series.group(2), samples);
      }
    }
    assertThat(count).as(expression).isPositive();
    Set<String> grouping = new HashSet<>();
    Matcher by = GROUPING.matcher(expression);
    while (by.find()) {
      grouping.addAll(Arrays.asList(by.group(1).split(", *")));
    }
    assertThat(labels).as(expression).containsAll(grouping);
    return grouping;
  }

  private static void checkMatchers(String text, List<MixedRun.Sample> samples) {
    Matcher matcher = MATCHER.matcher(text);
    while (matcher.find()) {
      String label = matcher.group(1);
      Set<String> known = new HashSet<>();
      samples.forEach(sample -> known.add(sample.labels().get(label)));
      assertThat(known).as(label).doesNotContainNull();
      if (label.equals("error_type")) {
        Arrays.stream(FailureKind.values()).map(FailureKind::code).forEach(known::add);
      }
      assertThat(known).containsAll(Arrays.asList(matcher.group(3).split("\\|")));
    }
  }
}
